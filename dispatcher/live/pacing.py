"""How often a van may report: what comes faster waits, and the newest wins.

Decides by the machine's clock. Every van has a bucket of tokens that fills at a rate; each state
takes one. A state that finds the bucket empty is held until there is a token, and takes the place
of one held before: nothing is lost but what a newer state says better. Connection messages are not
states, and are never held.
"""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Final

RATE_PER_S: Final = 20.0
BURST: Final = 40.0
"""States a second of one van, and at once. Assumed: a van reports at every event and once a
second; a simulated day at 200 times the world's pace stays below as well."""


@dataclass(slots=True)
class _Bucket:
    tokens: float
    filled_s: float


class Pace[K: Hashable, M]:
    """Holds back what comes too fast.

    Parameters
    ----------
    rate_per_s, burst
        How fast a bucket fills, and how much it holds.
    """

    def __init__(self, rate_per_s: float = RATE_PER_S, burst: float = BURST) -> None:
        self._rate_per_s, self._burst = rate_per_s, burst
        self._buckets: dict[K, _Bucket] = {}
        self._held: dict[K, M] = {}

    def __len__(self) -> int:
        return len(self._held)

    def held(self, key: K) -> M | None:
        """Return what is held of somebody."""
        return self._held.get(key)

    def take(self, key: K, message: M, now_s: float) -> M | None:
        """Return the message if it may pass now; else hold it, and return None."""
        if key not in self._held and self._spend(key, now_s):
            return message
        self._held[key] = message
        return None

    def due(self, now_s: float) -> list[M]:
        """Return what was held and may pass now, the longest held first."""
        passing = [key for key in self._held if self._spend(key, now_s)]
        return [self._held.pop(key) for key in passing]

    def forget(self, key: K) -> M | None:
        """Return what is held of somebody, and hold it no more: something else comes behind it."""
        return self._held.pop(key, None)

    def _spend(self, key: K, now_s: float) -> bool:
        bucket = self._buckets.get(key)
        if bucket is None:
            self._buckets[key] = _Bucket(self._burst - 1.0, now_s)
            return True
        filled = bucket.tokens + (now_s - bucket.filled_s) * self._rate_per_s
        bucket.tokens, bucket.filled_s = min(self._burst, filled), now_s
        if bucket.tokens < 1.0:
            return False
        bucket.tokens -= 1.0
        return True

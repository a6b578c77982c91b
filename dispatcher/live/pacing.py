"""How often a van may report, and how much: what comes faster waits, and the newest wins.

Decides by the machine's clock. Every van has a bucket of tokens that fills at a rate; each message
takes one, a large one more, as reading it takes longer. A message that finds too few is held until
there are enough, and takes the place of one held before: nothing is lost but what a newer one says
better. What is held can be let go before its time for the sake of order, on credit: only so much,
or whoever alternates with what is never held would know no pace at all.
"""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Final

RATE_PER_S: Final = 20.0
BURST: Final = 40.0
"""States a second of one van, and at once. Assumed: a van reports at every event and once a
second; a simulated day at 200 times the world's pace stays below as well."""

FREE_BYTES: Final = 8_192
"""A larger message takes more than one token, in proportion. Assumed: four times a usual state. The
slowest that was found, tiny numbers with many digits, take 80 ms for the 256 KiB that a state may
have: at 20 a second one van would keep a core busy, so with 160 KiB a second a twentieth of it."""


@dataclass(slots=True)
class _Bucket:
    tokens: float
    filled_s: float


class Pace[K: Hashable, M]:
    """Holds back what comes too fast.

    Parameters
    ----------
    rate_per_s, burst
        How fast a bucket fills, and how much it holds; nothing takes more than that.
    """

    def __init__(self, rate_per_s: float = RATE_PER_S, burst: float = BURST) -> None:
        self._rate_per_s, self._burst = rate_per_s, burst
        self._buckets: dict[K, _Bucket] = {}
        self._held: dict[K, tuple[M, float]] = {}

    def __len__(self) -> int:
        return len(self._held)

    def held(self, key: K) -> M | None:
        """Return what is held of somebody."""
        held = self._held.get(key)
        return None if held is None else held[0]

    def take(self, key: K, message: M, now_s: float, *, cost: float = 1.0) -> M | None:
        """Return the message if it may pass now; else hold it, and return None."""
        if key not in self._held and self._spend(key, cost, now_s):
            return message
        self._held[key] = message, cost
        return None

    def due(self, now_s: float) -> list[M]:
        """Return what was held and may pass now, the longest held first."""
        held = self._held.items()
        passing = [key for key, (_, cost) in held if self._spend(key, cost, now_s)]
        return [self._held.pop(key)[0] for key in passing]

    def forget(self, key: K, now_s: float) -> M | None:
        """Hold nothing of somebody any more: something else comes behind it.

        Returns
        -------
        M | None
            What was held, if it may pass on credit: a bucket owes as much as it holds at most.
        """
        held = self._held.pop(key, None)
        if held is None or not self._spend(key, held[1], now_s, owing_max=self._burst):
            return None
        return held[0]

    def _spend(self, key: K, cost: float, now_s: float, *, owing_max: float = 0.0) -> bool:
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = self._buckets[key] = _Bucket(self._burst, now_s)
        filled = bucket.tokens + (now_s - bucket.filled_s) * self._rate_per_s
        bucket.tokens, bucket.filled_s = min(self._burst, filled), now_s
        cost = min(cost, self._burst)
        if bucket.tokens + owing_max < cost:
            return False
        bucket.tokens -= cost
        return True


def cost_of(payload: bytes) -> float:
    """Return how many tokens a message takes."""
    return max(1.0, len(payload) / FREE_BYTES)

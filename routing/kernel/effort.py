"""How much of a search is done: in CPU seconds, in iterations, or until somebody says stop.

Decides after how many iterations the clock is looked at. Leaves to ``search`` and ``standby`` what
they make of it.
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

SLICE_S: Final = 0.02
"""How long kernels run between two looks at the clock, about."""

SLICE_ITERATIONS: Final = 1000
"""How many iterations run between two looks, where these are what counts; at most."""


@dataclass(slots=True)
class Effort:
    """How far a search has come, and whether it goes on."""

    seconds: float | None
    iterations: int | None
    stop: Callable[[], bool] | None
    done: int = 0
    begun_s: float = field(default_factory=time.thread_time)
    spent_s: float = 0.0
    rate: float = 1_000.0  # iterations a second, until measured: few, for none can be taken back

    def __post_init__(self) -> None:
        if self.seconds is not None and math.isnan(self.seconds):
            raise ValueError("seconds must be a number")

    def ratio(self) -> float:
        """Return how much of the effort is spent, from 0 to 1."""
        shares = [0.0]
        if self.seconds is not None:
            shares.append(self.spent_s / self.seconds if self.seconds > 0 else 1.0)
        if self.iterations is not None:
            shares.append(self.done / self.iterations if self.iterations > 0 else 1.0)
        return min(1.0, max(shares))

    def ends(self) -> bool:
        """Return whether the search is over."""
        return self.ratio() >= 1.0 or (self.stop is not None and self.stop())

    def slice(self) -> int:
        """Return how many iterations to run until the next look."""
        count = SLICE_ITERATIONS
        if self.seconds is not None:
            count = max(1, int(self.rate * min(SLICE_S, self.seconds / 50)))
        if self.iterations is not None:
            count = min(count, self.iterations - self.done)
        return count

    def after(self, count: int) -> float:
        """Return how much of the effort will be spent after so many more iterations."""
        shares = [0.0]
        if self.seconds:
            shares.append((self.spent_s + count / self.rate) / self.seconds)
        if self.iterations:
            shares.append((self.done + count) / self.iterations)
        return min(1.0, max(shares))

    def count(self, iterations: int) -> None:
        """Note that iterations were run."""
        now_s = time.thread_time() - self.begun_s
        if iterations > 0 and now_s > self.spent_s:
            # Iterations that end early are no measure of those that come next.
            self.rate = min(2 * self.rate, iterations / (now_s - self.spent_s))
        self.done += iterations
        self.spent_s = now_s

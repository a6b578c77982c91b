"""What a running dispatcher counts of itself: whole numbers and sums, nothing formatted.

Counting stands on the way of every message, so it is an addition to a plain dictionary; names,
units and labels are given when somebody asks (``metrics``).
"""

from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from dispatcher.live.following import Follower

BOUNDS_S: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper bounds of the classes of durations, in seconds; the usual ones of Prometheus from a
thousandth on."""


class Timing:
    """How often something took how long, by classes of duration."""

    def __init__(self) -> None:
        self.counts = [0] * (len(BOUNDS_S) + 1)
        self.sum_s = 0.0

    def note(self, took_s: float) -> None:
        """Take note of one duration, in seconds."""
        self.counts[bisect_left(BOUNDS_S, took_s)] += 1
        self.sum_s += took_s

    @property
    def count(self) -> int:
        """Return how many durations were noted."""
        return sum(self.counts)

    def within_s(self, ratio: float) -> float | None:
        """Return the least bound of a class that this share of them kept; None if none was."""
        wanted, so_far = ratio * self.count, 0
        for count, bound_s in zip(self.counts, BOUNDS_S, strict=False):
            so_far += count
            if so_far >= wanted:
                return bound_s
        return None


@dataclass(slots=True)
class Counts:
    """What is counted of one depot, or of what is no depot's.

    Attributes
    ----------
    heard
        Messages by kind: the topic's last parts.
    refused
        Messages that nothing came of, by cause.
    flagged
        Messages that count although something is odd about them, by cause.
    journal_write, journal_failures
        Durable writes of the journal, and those that failed and were tried again.
    solves
        Questions to the planner by kind and outcome, such as ("plan", "answered").
    solve
        How long answers took, by kind.
    followers
        Webhooks that are told of the depot's parcel events, by name.
    """

    heard: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    flagged: Counter[str] = field(default_factory=Counter)
    journal_write: Timing = field(default_factory=Timing)
    journal_failures: int = 0
    solves: Counter[tuple[str, str]] = field(default_factory=Counter)
    solve: dict[str, Timing] = field(
        default_factory=lambda: {"plan": Timing(), "forecast": Timing()}
    )
    followers: dict[str, Follower] = field(default_factory=dict)

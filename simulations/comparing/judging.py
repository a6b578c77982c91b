"""What days lived through say of the ways of running them: every way against the first.

Decides what is significant: a difference in one of the table's headlines whose probability, by
Holm's correction over all headlines of all ways compared, is below 1 - ``LEVEL``. All other metrics
are shown with their intervals and judged by nobody.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from simulations.comparing.paired import LEVEL, Difference, holm, paired_difference
from simulations.comparing.replicating import Lived
from simulations.metrics.table import HEADLINES, METRICS, Metric


@dataclass(frozen=True, slots=True)
class Judged:
    """One metric's difference, and what is thought of it.

    Attributes
    ----------
    p_corrected
        By Holm; None for metrics that are not judged.
    """

    metric: Metric
    difference: Difference
    p_corrected: float | None = None

    @property
    def is_significant(self) -> bool:
        """Return whether the ways are taken to differ in this."""
        return self.p_corrected is not None and self.p_corrected < 1 - LEVEL

    @property
    def is_better(self) -> bool:
        """Return whether the other way has the better mean."""
        return self.difference.mean * self.metric.better > 0


@dataclass(frozen=True, slots=True)
class Comparison:
    """One way against the first; metrics in the order of the table, those that both have."""

    base: str
    other: str
    judged: tuple[Judged, ...]

    @property
    def headlines(self) -> tuple[Judged, ...]:
        """Return the differences that are judged."""
        return tuple(one for one in self.judged if one.metric in HEADLINES)


@dataclass(frozen=True, slots=True)
class Tournament:
    """Ways compared on the same seeds; ``test_count`` differences were judged at once."""

    ways: tuple[str, ...]
    seeds: tuple[int, ...]
    lived: tuple[Lived, ...]
    comparisons: tuple[Comparison, ...]
    test_count: int

    def days(self, way: str, metric: str) -> list[float | None]:
        """Return a metric of each day of a way, in the order of the seeds."""
        return _days(self.lived, way, metric)


def judge(lived: Sequence[Lived]) -> Tournament:
    """Compare every way with the first.

    Parameters
    ----------
    lived
        The days, way by way, each with the same seeds in the same order.
    """
    ways = tuple(dict.fromkeys(one.way for one in lived))
    seeds = tuple(one.seed for one in lived if one.way == ways[0])
    comparisons = [_compared(lived, ways[0], other) for other in ways[1:]]
    tested = [
        one.difference.p
        for comparison in comparisons
        for one in comparison.headlines
        if one.difference.p is not None
    ]
    corrected = iter(holm(tested))
    return Tournament(
        ways=ways,
        seeds=seeds,
        lived=tuple(lived),
        comparisons=tuple(
            replace(
                comparison,
                judged=tuple(
                    replace(one, p_corrected=next(corrected))
                    if one.metric in HEADLINES and one.difference.p is not None
                    else one
                    for one in comparison.judged
                ),
            )
            for comparison in comparisons
        ),
        test_count=len(tested),
    )


def _compared(lived: Sequence[Lived], base: str, other: str) -> Comparison:
    judged = []
    for metric in METRICS:
        difference = paired_difference(
            _days(lived, base, metric.name), _days(lived, other, metric.name)
        )
        if difference is not None:
            judged.append(Judged(metric, difference))
    return Comparison(base, other, tuple(judged))


def _days(lived: Sequence[Lived], way: str, metric: str) -> list[float | None]:
    return [one.metrics[metric] for one in lived if one.way == way]

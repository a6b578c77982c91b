"""Paired differences between two ways of running the same days, and what can be said of them.

Both ways live through the same seeds, so the same demand, incidents and luck: what is drawn for a
day cancels out of the difference, and far fewer days tell two policies apart than if each had days
of its own. Intervals are Student's, of the differences; where several differences are judged at
once, Holm's correction keeps the chance of any false claim at the level.

References
----------
.. [1] A. M. Law, Simulation Modeling and Analysis, 5th ed. 2015, 10.2.1 (paired t) and 11.2
   (common random numbers).
.. [2] S. Holm, A simple sequentially rejective multiple test procedure, Scandinavian Journal of
   Statistics 6 (1979).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, stdev
from typing import Final

from simulations.comparing.student import critical_t, two_sided_p

LEVEL: Final = 0.95
"""Of intervals; 1 - LEVEL is the chance of a false claim, over all claims of a comparison."""


@dataclass(frozen=True, slots=True)
class Difference:
    """How much one way differs from another in one metric.

    Attributes
    ----------
    count
        Days on which both have the metric.
    base, other
        Means over these days.
    mean
        Of the differences, other less base.
    low, high
        The interval that holds the true difference at ``LEVEL``; None with fewer than two days.
    p
        How likely such a difference is where there is none; None as above.
    """

    count: int
    base: float
    other: float
    mean: float
    low: float | None
    high: float | None
    p: float | None


def paired_difference(
    base: Sequence[float | None], other: Sequence[float | None]
) -> Difference | None:
    """Return how the second way differs from the first; None if no day has the metric for both.

    Parameters
    ----------
    base, other
        The metric of each day, in the order of the same seeds.
    """
    pairs = [
        (one, two)
        for one, two in zip(base, other, strict=True)
        if one is not None and two is not None
    ]
    if not pairs:
        return None
    differences = [two - one for one, two in pairs]
    mean, low, high, p = fmean(differences), None, None, None
    if len(pairs) > 1:
        error = stdev(differences) / math.sqrt(len(pairs))
        reach = critical_t(LEVEL, len(pairs) - 1) * error
        low, high = mean - reach, mean + reach
        p = _p(mean, error, len(pairs) - 1)
    return Difference(
        count=len(pairs),
        base=fmean(one for one, _ in pairs),
        other=fmean(two for _, two in pairs),
        mean=mean,
        low=low,
        high=high,
        p=p,
    )


def _p(mean: float, error: float, freedom: int) -> float:
    """Return the test's probability; days that differ all alike leave no doubt."""
    if error == 0:
        return 1.0 if mean == 0 else 0.0
    return two_sided_p(mean / error, freedom)


def holm(probabilities: Sequence[float]) -> list[float]:
    """Return the probabilities corrected for being several, in their order.

    Each is multiplied by how many are not smaller, and none is less than a smaller one's.
    """
    order = sorted(range(len(probabilities)), key=lambda index: probabilities[index])
    corrected = [0.0] * len(probabilities)
    floor = 0.0
    for rank, index in enumerate(order):
        floor = max(floor, min(1.0, (len(order) - rank) * probabilities[index]))
        corrected[index] = floor
    return corrected

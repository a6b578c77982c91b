"""Student's t distribution, as far as intervals and tests on paired differences need it.

Written out because it is two short formulas, and the library that has them is kept to the roads.

References
----------
.. [1] NIST Digital Library of Mathematical Functions, 8.17: the incomplete beta function and its
   continued fraction (8.17.22), https://dlmf.nist.gov/8.17
"""

import math
from functools import cache
from typing import Final

TERMS_MAX: Final = 500
"""Terms of the continued fraction; some dozens are enough for any number of replications."""

SMALL: Final = 1e-15
"""What counts as no difference between two terms, and as nearly zero."""


def two_sided_p(t: float, freedom: int) -> float:
    """Return how likely a ratio at least as far from 0 is where there is no difference.

    Parameters
    ----------
    t
        Mean over its standard error.
    freedom
        Degrees of freedom, at least 1.
    """
    return incomplete_beta(freedom / (freedom + t * t), freedom / 2, 0.5)


@cache
def critical_t(level: float, freedom: int) -> float:
    """Return how far from 0 the ratio lies at most with a probability, by halving intervals.

    Parameters
    ----------
    level
        The probability, such as 0.95.
    freedom
        Degrees of freedom, at least 1.
    """
    low, high = 0.0, 1.0
    while two_sided_p(high, freedom) > 1 - level:
        high *= 2
    for _ in range(200):
        middle = (low + high) / 2
        if two_sided_p(middle, freedom) > 1 - level:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def incomplete_beta(x: float, a: float, b: float) -> float:
    """Return the regularized incomplete beta function I_x(a, b) for x from 0 to 1."""
    if x <= 0 or x >= 1:
        return 0.0 if x <= 0 else 1.0
    if x > (a + 1) / (a + b + 2):  # the fraction converges quickly on the other side
        return 1 - incomplete_beta(1 - x, b, a)
    log_front = (
        math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    )
    return math.exp(log_front) / a * _fraction(x, a, b)


def _fraction(x: float, a: float, b: float) -> float:
    """Return 1 / (1 + d1 / (1 + d2 / (1 + ...))) of DLMF 8.17.22, by Lentz's method."""
    value, upper, lower = SMALL, SMALL, 0.0
    for index in range(TERMS_MAX):
        m = index // 2
        if index == 0:
            term = 1.0
        elif index % 2:
            term = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        else:
            term = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        lower = 1 / _not_zero(1 + term * lower)
        upper = _not_zero(1 + term / upper)
        factor = upper * lower
        value *= factor
        if abs(factor - 1) < SMALL:
            break
    return value


def _not_zero(value: float) -> float:
    return value if abs(value) > SMALL else SMALL

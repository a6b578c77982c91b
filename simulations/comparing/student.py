"""Student's t distribution, as far as intervals and tests on paired differences need it.

The door of scipy's distributions, see ``scipy.special.stdtr`` and ``stdtrit``.
"""

from functools import cache


def two_sided_p(t: float, freedom: int) -> float:
    """Return how likely a ratio at least as far from 0 is where there is no difference.

    Parameters
    ----------
    t
        Mean over its standard error.
    freedom
        Degrees of freedom, at least 1.
    """
    from scipy.special import stdtr  # noqa: PLC0415 - a quarter of a second, not for --help

    return float(2 * stdtr(freedom, -abs(t)))


@cache
def critical_t(level: float, freedom: int) -> float:
    """Return how far from 0 the ratio lies at most with a probability.

    Parameters
    ----------
    level
        The probability, such as 0.95.
    freedom
        Degrees of freedom, at least 1.
    """
    from scipy.special import stdtrit  # noqa: PLC0415 - as above

    return float(stdtrit(freedom, (1 + level) / 2))

"""How hot a search begins and how cold it ends.

Decides both temperatures by what binds; the fall between them is ``search``'s.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from routing.kernel.layout import RICH, STATIONS, TIMED

HOT: Final = 2.5
HOT_MILD: Final = 1.0
HOT_BOUND: Final = 0.3
COLD: Final = 0.01
"""First and last temperature, as shares of the mean leg's cost in the first plan (measured).

``HOT`` is a share of the legs between jobs: long ways from the depot say nothing of what moves
cost. After 700,000 iterations at 1,000 jobs, 1, 1.8 and 2.5 left 2.38, 1.89 and 1.80 %; at 300 and
700 none was better (with the legs to the five nearest jobs, which are about as long).
``HOT_MILD`` is for windows (at 600 jobs 3.0, with 2.5 3.7 %) and plans given. ``HOT_BOUND`` is a
share of all legs, for labels or where vehicles come first; so is ``COLD`` then.
"""

HOT_DRIVEN: Final = 2.0
COLD_DRIVEN: Final = 0.1
"""The same with batteries where vehicles come first, as shares of all legs (measured).

At 0.03 hardly a change is kept, at 0.05 two in a hundred: what comes below 0.1 is lost. On eight
instances of long routes, 10 s and two seeds, 0.3 to 0.01, 0.5 to 0.05, 1 to 0.06 and 2 to 0.1 left
mean gaps of 2.6, 2.6, 1.9 and 1.3 % (the first with another instance in the place of one), on eight
of short ones, one seed, the first 1.9, the last 0.6 %.
"""


def temperatures(
    size: NDArray[np.int64],
    *,
    vehicles_first: bool,
    has_start: bool,
    mean_leg: float,
    mean_between: float,
) -> tuple[float, float]:
    """Return the first and the last temperature of a search.

    Parameters
    ----------
    size
        ``Question.size``.
    vehicles_first
        Whether the number of routes comes before their cost.
    has_start
        Whether the search begins with a plan that it was given.
    mean_leg, mean_between
        Mean cost of a leg in the first plan: of all of them, and of those between two jobs.

    Returns
    -------
    tuple of float
        In scaled cost.
    """
    if vehicles_first and size[RICH] and size[STATIONS]:
        return HOT_DRIVEN * mean_leg, COLD_DRIVEN * mean_leg
    if vehicles_first or size[RICH]:
        return HOT_BOUND * mean_leg, COLD * mean_leg
    hot = HOT_MILD if has_start or size[TIMED] else HOT
    return hot * mean_between, COLD * mean_between

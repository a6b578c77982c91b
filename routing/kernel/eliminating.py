"""What differs while a route is eliminated: how long, how hot, how much and around whom.

Decides with which numbers jobs are moved then. What a plan must be like to be kept is decided in
``recreating``, and which route is emptied in ``annealing``.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from routing.kernel.layout import (
    CLOSES,
    FAR,
    JOB_PLACE,
    JOBS,
    OPENS,
    REMOVED,
    RICH,
    SERVICE,
    VEHICLES,
    Question,
)

ELIMINATION_RATIO: Final = 0.5
ELIMINATION_RATIO_NEAR: Final = 0.8
ABSENT_NEAR: Final = 2
"""Share of the effort for eliminating routes at most, where vehicles count first; and what it may
become while one route less leaves so few jobs absent.

On c103_21, r105_21 and r109_21, 10 s and two seeds each, 0.5 eliminated the last route in none of
six runs and 0.8 in three (measured).
"""

ELIMINATION_PATIENCE: Final = 50
"""Iterations for each job until a route is left alone without which too many jobs stay absent.

Fewer by the square of how many times too many they are: on seven instances of long routes and one
of short ones, 10 s and two seeds, that took the mean gap from 2.0 to 0.8 % (measured).
"""

ABSENT_RATIO: Final = 0.05
ABSENT_RATIO_RICH: Final = 0.1
"""Share of the jobs, of a hundred at least, that is too many if it has not become less for so long.

Measured where a hundred jobs and batteries filled eleven to fifteen routes, one route less left six
jobs absent or fewer within that; where they filled three or four, fourteen or more for 15,000
iterations.
"""

ELIMINATION_HEAT: Final = 0.1
ELIMINATION_HEAT_RICH: Final = 0.005
"""Temperature, as a share of the mean leg's cost in the first plan, without and with labels.

With labels there are a tenth as many iterations in a second, and no time for detours. Without,
the cooler search and what else is done for labels was not seen to help (R104, RC106, two seeds).
"""

ELIMINATION_REMOVED: Final = 7
"""Jobs removed in one iteration on the mean (measured)."""

ABSENCES_FIRST_RICH: Final = 400
"""How often each job counts as absent before it has been, where there are labels.

With 1, as in section 5.2 of the SISR paper, one job that was absent for thousands of iterations was
soon exchanged for a dozen others: on r109_21, twelve routes were short of 5 to 13 jobs all the time
in 25,000 iterations, with 1,000 of 1 to 3 (measured).
"""

WAITING_WEIGHT: Final = 0.2
"""What a second of waiting between two jobs counts, beside one on the way (Vidal et al. 2013, "A
hybrid genetic algorithm with adaptive diversity management for a large class of vehicle routing
problems with time-windows", doi 10.1016/j.cor.2012.07.018, section 4.3). One too late counts 1.
"""


class Elimination:
    """How eliminating routes goes, and whether it is worth going on.

    Parameters
    ----------
    size
        The problem's sizes, as ``Question.size`` has them.

    Attributes
    ----------
    heat
        The temperature, as a share of the mean leg's cost in the first plan.
    """

    def __init__(self, size: NDArray[np.int64]) -> None:
        rich = bool(size[RICH])
        self.heat = ELIMINATION_HEAT_RICH if rich else ELIMINATION_HEAT
        self._jobs, self._vehicles = int(size[JOBS]), int(size[VEHICLES])
        self._many = (ABSENT_RATIO_RICH if rich else ABSENT_RATIO) * max(100, self._jobs)
        self._fewest = (self._vehicles, self._jobs)  # routes allowed, jobs absent
        self._since = 0

    def look(self, iterations: int, *, routes: int, absent: int) -> None:
        """Note that iterations were run, how many routes they were allowed and what was absent."""
        self._since += iterations
        if (routes, absent) < self._fewest:
            self._fewest, self._since = (routes, absent), 0

    def ends(self, spent: float) -> bool:
        """Return whether the last route is left alone, when so much of the effort is spent."""
        allowed, fewest = self._fewest
        near = allowed < self._vehicles and fewest <= ABSENT_NEAR
        if spent >= (ELIMINATION_RATIO_NEAR if near else ELIMINATION_RATIO):
            return True
        patience = ELIMINATION_PATIENCE * self._jobs * (self._many / max(1, fewest)) ** 2
        return fewest > self._many and self._since > patience


def for_elimination(question: Question) -> Question:
    """Return a question as it is put while a route is eliminated.

    Strings are taken out around an absent job of those that could be served just before it or just
    behind it: a route that passes by at another time of day has no room for it to make.

    Parameters
    ----------
    question
        The problem as arrays.

    Returns
    -------
    Question
        The same, with other neighbours in ``around`` and another number of removed jobs.
    """
    size = question.size.copy()
    size[REMOVED] = min(size[REMOVED], ELIMINATION_REMOVED)
    return question._replace(size=size, around=_around_in_time(question))


def _around_in_time(question: Question) -> NDArray[np.int32]:
    """Return the jobs nearest to each one in place and time, by the first profile."""
    rows = np.empty_like(question.around)
    job = question.job[: question.size[JOBS]]
    place, opens, closes = job[:, JOB_PLACE], job[:, OPENS], job[:, CLOSES]
    leaves, leaves_late = opens + job[:, SERVICE], closes + job[:, SERVICE]
    for index in range(len(job)):
        there = question.time[0, place[index], place]
        back = question.time[0, place, place[index]]
        onward = _parted(there, opens, closes, leaves[index], leaves_late[index])
        backward = _parted(back, opens[index], closes[index], leaves, leaves_late)
        parted = np.minimum(onward, backward)
        parted[index] = -1.0
        rows[index] = np.argsort(parted, kind="stable")[1 : rows.shape[1] + 1]
    return rows


def _parted(
    way: NDArray[np.int64],
    opens: NDArray[np.int64],
    closes: NDArray[np.int64],
    leaves: NDArray[np.int64],
    leaves_late: NDArray[np.int64],
) -> NDArray[np.float64]:
    """Return how far jobs are from being served one right behind the other, in seconds."""
    waits = np.maximum(0, opens - leaves_late - way)
    late = np.maximum(0, leaves + way - closes)
    return np.where(way < FAR, way + WAITING_WEIGHT * waits + late, 2.0 * FAR)

"""Cut a plan's routes into neighbourhoods: groups of routes that lie close to each other.

Decides who is whose neighbour. Places have no coordinates here, only travel between them, so the
routes are halved again and again: by whether they lie nearer to the one or to the other of two
routes far apart. Another first route gives other halves, so that borders move from round to round.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from routing.problem import UNREACHABLE_MIN, Problem

ROWS_AT_ONCE: Final = 256
"""Rows of a matrix that are looked at at once, so that no second one is in memory."""


def closeness(problem: Problem, routes: Sequence[Sequence[int]]) -> NDArray[np.float64]:
    """Return how far routes lie apart: from a job of the one to the nearest of the other, on mean.

    Parameters
    ----------
    problem
        A problem without faults.
    routes
        Jobs of each route, none empty.

    Returns
    -------
    numpy.ndarray
        Metres by the first profile, shape (routes, routes), symmetric.
    """
    jobs = [job for route in routes for job in route]
    places = np.array([problem.jobs[job].place for job in jobs])
    sizes = np.array([len(route) for route in routes])
    firsts = np.cumsum(sizes) - sizes
    distance = problem.matrices[0].distance_m
    nearest = np.empty((len(jobs), len(routes)))
    for first in range(0, len(jobs), ROWS_AT_ONCE):
        some = places[first : first + ROWS_AT_ONCE]
        way = np.minimum(distance[np.ix_(some, places)], UNREACHABLE_MIN)
        nearest[first : first + ROWS_AT_ONCE] = np.minimum.reduceat(way, firsts, axis=1)
    apart = np.add.reduceat(nearest, firsts, axis=0) / sizes[:, np.newaxis]
    return np.asarray(apart + apart.T)


def cut(
    apart: NDArray[np.float64],
    sizes: Sequence[int],
    count: int,
    random: np.random.Generator,
) -> list[list[int]]:
    """Return the routes in groups of about equal size, each of routes close to each other.

    Parameters
    ----------
    apart
        What ``closeness`` says.
    sizes
        Jobs of each route.
    count
        How many groups; no more than there are routes.
    random
        Draws the route from which each cut is looked for.

    Returns
    -------
    list of list of int
        Positions of routes, ascending in each group; none is empty.
    """
    weights = np.array(sizes, np.int64)
    groups = _halved(apart, weights, np.arange(len(weights)), count, random)
    return [sorted(group.tolist()) for group in groups]


def _halved(
    apart: NDArray[np.float64],
    sizes: NDArray[np.int64],
    routes: NDArray[np.int64],
    count: int,
    random: np.random.Generator,
) -> list[NDArray[np.int64]]:
    """Cut some routes into so many groups, halving them until one is left of each."""
    if count == 1:
        return [routes]
    drawn = routes[int(random.integers(len(routes)))]
    pole = routes[int(apart[drawn, routes].argmax())]
    opposite = routes[int(apart[pole, routes].argmax())]
    lean = apart[pole, routes] - apart[opposite, routes]
    ordered = routes[np.argsort(lean, kind="stable")]
    left = count // 2
    wanted = sizes[ordered].sum() * left / count
    at = int(np.searchsorted(np.cumsum(sizes[ordered]), wanted)) + 1
    at = min(max(at, left), len(ordered) - (count - left))
    return [
        *_halved(apart, sizes, ordered[:at], left, random),
        *_halved(apart, sizes, ordered[at:], count - left, random),
    ]

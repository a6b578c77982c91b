"""A solution of a benchmark instance, and the steps by which a solver came to it.

Decides what its trajectory ends with: the cost counted from the routes themselves.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from routing.formats.instance import Instance, total_distance
from routing.formats.walk import breaches


@dataclass(frozen=True, slots=True)
class Solution:
    """Routes of nodes (without the depot) for an instance, and how they were found.

    Attributes
    ----------
    routes
        Never empty ones.
    unserved
        Customers left out, as nodes.
    seconds_cpu
        CPU seconds of search.
    trajectory
        ``(seconds, cost)`` of each step of the best solution that served every customer.
    solver
        What found it.
    """

    routes: tuple[tuple[int, ...], ...]
    unserved: tuple[int, ...] = ()
    seconds_cpu: float = 0.0
    trajectory: tuple[tuple[float, float], ...] = ()
    solver: str = ""
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Progress:
    """One step of the best solution: CPU seconds of search, distance, vehicles, left out."""

    seconds: float
    cost: float
    vehicles: int
    unserved: int


OnProgress = Callable[[Progress], None]


def rule_breaking(instance: Instance, routes: Sequence[Sequence[int]]) -> set[int]:
    """Return the numbers of routes that break a rule in floating point."""
    return {one.route for one in breaches(instance, routes) if one.route >= 0}


def finished(
    instance: Instance,
    routes: tuple[tuple[int, ...], ...],
    *,
    seconds: float,
    trajectory: tuple[tuple[float, float], ...],
    solver: str,
    iterations: int | None = None,
) -> Solution:
    """Return a solution that holds, and whose trajectory ends with the cost of its routes.

    A route that breaks a rule in floating point is left out: better customers unserved than
    served against the rules.

    Parameters
    ----------
    instance, routes
        What was solved, and the routes found.
    seconds, trajectory
        CPU seconds, and the steps before the end.
    solver, iterations
        What found it, and in how many iterations, if it counts them.

    Returns
    -------
    Solution
        With the customers that are in no route as ``unserved``.
    """
    breaking = rule_breaking(instance, routes)
    if breaking:
        routes = tuple(route for number, route in enumerate(routes) if number not in breaking)
        trajectory = ()
    served = set(chain.from_iterable(routes))
    unserved = tuple(node for node in instance.customers if node not in served)
    cost = total_distance(instance, routes)
    if not unserved and (not trajectory or trajectory[-1][1] != cost):
        at = trajectory[-1][0] if trajectory else seconds
        same = bool(trajectory) and abs(trajectory[-1][1] - cost) <= 1e-3 * max(1.0, cost)
        trajectory = (*(trajectory[:-1] if same else trajectory), (at if same else seconds, cost))
    facts = {} if iterations is None else {"iterations": iterations}
    return Solution(
        routes=routes,
        unserved=unserved,
        seconds_cpu=seconds,
        trajectory=trajectory,
        solver=solver,
        facts=facts,
    )

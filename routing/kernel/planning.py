"""Plans in and out of the kernel: chains of nodes on one side, routes of visits on the other."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from routing.charging import route_of
from routing.explain import explain
from routing.insertion import jobs_of
from routing.kernel.layout import JOBS, VEHICLES, Question
from routing.objective import plan_cost
from routing.plan import Plan, Route
from routing.problem import Problem


def plan_of(problem: Problem, sequences: Mapping[int, Sequence[int]]) -> Plan:
    """Return the plan in which vehicles drive these jobs in order.

    Parameters
    ----------
    problem
        A problem without faults.
    sequences
        Jobs by vehicle, both as indices.

    Returns
    -------
    Plan
        With the reasons for all other jobs.
    """
    routes: dict[int, Route] = {}
    for vehicle in sorted(sequences):
        route = route_of(problem, vehicle, sequences[vehicle])
        if isinstance(route, Route):
            routes[vehicle] = route
    served = {job for route in routes.values() for job in jobs_of(route)}
    left = [job for job in range(len(problem.jobs)) if job not in served]
    return Plan(
        routes=tuple(routes.values()),
        unserved=explain(problem, routes, left),
        cost=plan_cost(problem, routes.values(), left),
    )


def sequences_of(question: Question, chain: NDArray[np.int64]) -> dict[int, list[int]]:
    """Return the jobs of each vehicle that has any, from the next node of each node."""
    jobs = int(question.size[JOBS])
    found = {}
    for vehicle in range(int(question.size[VEHICLES])):
        sequence = []
        at = int(chain[jobs + vehicle])
        while 0 <= at < jobs:
            sequence.append(at)
            at = int(chain[at])
        if sequence:
            found[vehicle] = sequence
    return found


def chain_of(problem: Problem, plan: Plan) -> NDArray[np.int64]:
    """Return the next node of each node in a plan: what it says of unknown jobs is left out."""
    jobs, vehicles = len(problem.jobs), len(problem.vehicles)
    chain = np.full(jobs + vehicles, -1, np.int64)
    chain[jobs:] = np.arange(jobs + vehicles, jobs + 2 * vehicles)
    for route in plan.routes:
        if not 0 <= route.vehicle < vehicles:
            continue
        at = jobs + route.vehicle
        for job in jobs_of(route):
            if 0 <= job < jobs and chain[job] < 0:
                chain[at] = job
                at = job
                chain[at] = jobs + vehicles + route.vehicle
    return chain

"""Plans in and out of the kernel: chains of nodes on one side, routes of visits on the other."""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from routing.charging import route_of
from routing.concluding import conclude
from routing.kernel.layout import (
    DEPOT,
    FORMER,
    FORMER_TARGET,
    JOBS,
    LABELS,
    NEXT,
    PARENT,
    RICH,
    STATION,
    TARGET,
    VALUE,
    VEHICLES,
    Draft,
    Question,
)
from routing.kernel.promised import reloads_of
from routing.plan import Plan, Route, VisitKind
from routing.problem import Problem
from routing.schedule import Stop, drive


def plan_of(problem: Problem, sequences: Mapping[int, Sequence[Stop]]) -> Plan:
    """Return the plan in which vehicles drive these stops in order.

    Parameters
    ----------
    problem
        A problem without faults.
    sequences
        Jobs, charges and reloads by vehicle. What cannot be driven so is charged anew, or left out.

    Returns
    -------
    Plan
        With the reasons for all other jobs.
    """
    routes: dict[int, Route] = {}
    for vehicle in sorted(sequences):
        route = drive(problem, vehicle, sequences[vehicle])
        if not isinstance(route, Route):
            route = route_of(problem, vehicle, sequences[vehicle])
        if isinstance(route, Route):
            routes[vehicle] = route
    return conclude(problem, routes)


def sequences_of(question: Question, draft: Draft) -> dict[int, list[Stop]]:
    """Return the stops of each vehicle in use, with the charges of its cheapest label."""
    jobs, vehicles = int(question.size[JOBS]), int(question.size[VEHICLES])
    found = {}
    for vehicle in range(vehicles):
        at, end = int(draft.node[jobs + vehicle, NEXT]), jobs + vehicles + vehicle
        sequence = []
        while at != end:
            sequence.append(at)
            at = int(draft.node[at, NEXT])
        if sequence:
            charges = _charges(question, draft, [*sequence, end])
            stops: list[Stop] = []
            for node in sequence:
                stops += [*charges.get(node, []), _stop(question, node)]
            found[vehicle] = [*stops, *charges.get(end, [])]
    return found


def _stop(question: Question, node: int) -> Stop:
    """Return what a job's or a reload's node stands for."""
    if node < question.size[JOBS]:
        return Stop(VisitKind.JOB, node)
    return Stop(VisitKind.RELOAD, int(question.promise[node, DEPOT]))


def _charges(question: Question, draft: Draft, nodes: Sequence[int]) -> dict[int, list[Stop]]:
    """Return the charges just before each node, along the cheapest label of the last one."""
    if not question.size[RICH]:
        return {}
    found = {}
    count = int(draft.rest[nodes[-1], LABELS])
    chosen = int(draft.label[nodes[-1], :count, VALUE].argmin())
    for at in reversed(nodes):
        label = draft.label[at, chosen]
        found[at] = [
            Stop(VisitKind.CHARGE, int(label[station]), int(label[target]))
            for station, target in ((FORMER, FORMER_TARGET), (STATION, TARGET))
            if label[station] >= 0
        ]
        chosen = int(label[PARENT])
    return found


def chain_of(problem: Problem, plan: Plan) -> NDArray[np.int64]:
    """Return the next node of each node in a plan: what it says of unknown jobs is left out."""
    return chain_along(
        problem,
        {
            route.vehicle: [
                visit.index if visit.kind is VisitKind.JOB else LOAD_AGAIN
                for visit in route.visits
                if visit.kind in (VisitKind.JOB, VisitKind.RELOAD)
            ]
            for route in plan.routes
        },
    )


LOAD_AGAIN: Final = -1
"""Stands for a reload among the jobs of a vehicle."""


def chain_along(problem: Problem, routes: Mapping[int, Sequence[int]]) -> NDArray[np.int64]:
    """Return the next node of each node where vehicles serve these jobs in order.

    Parameters
    ----------
    problem
        A problem without faults.
    routes
        Jobs by vehicle, and ``LOAD_AGAIN`` between two trips; what is unknown is left out, and
        so are reloads that a vehicle may not make.

    Returns
    -------
    NDArray[np.int64]
        As ``Draft.best``; -1 for jobs that are in none.
    """
    jobs, vehicles = len(problem.jobs), len(problem.vehicles)
    spans = reloads_of(problem)
    chain = np.arange(spans[-1][1]) + vehicles
    chain[:jobs] = -1
    for vehicle in sorted(routes):
        if not 0 <= vehicle < vehicles:
            continue
        at, (reload, reload_end) = jobs + vehicle, spans[vehicle]
        for job in routes[vehicle]:
            if job == LOAD_AGAIN and reload < reload_end:
                chain[at] = reload
                at = reload
                reload += 1
            elif 0 <= job < jobs and chain[job] < 0:
                chain[at] = job
                at = job
            chain[at] = jobs + vehicles + vehicle
    return chain

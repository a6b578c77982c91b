"""What is repeated elsewhere agrees with the chain, whether an iteration was kept or undone."""

from dataclasses import replace

import numpy as np
import pytest

from routing.kernel.annealing import ANNEAL, ELIMINATE, run
from routing.kernel.effort import Effort
from routing.kernel.layout import (
    ABSENT,
    ARC,
    BEFORE,
    COST,
    FAR,
    JOBS,
    NEXT,
    NO_LEG,
    ROUTE,
    VEHICLES,
    Draft,
    Question,
)
from routing.kernel.search import Objective, _Run
from routing.problem import Window


def legs_of(question: Question, draft: Draft) -> np.ndarray:
    """Return what the legs into and out of each node cost, read off the chain."""
    jobs, vehicles = int(question.size[JOBS]), int(question.size[VEHICLES])
    legs = np.where(np.arange(2 * (jobs + 2 * vehicles)) < 2 * jobs, NO_LEG, 0)
    for at in (*range(jobs), *range(jobs + vehicles, jobs + 2 * vehicles)):
        if draft.node[at, ROUTE] >= 0:
            before, cost = int(draft.node[at, BEFORE]), int(draft.node[at, ARC])
            legs[2 * before + 1] = cost + (FAR if before < jobs <= at else 0)
            legs[2 * at] = cost + (FAR if at < jobs <= before else 0)
    return legs


@pytest.mark.parametrize("task", [ANNEAL, ELIMINATE])
@pytest.mark.parametrize("windows", [False, True])
def test_costs_of_legs_are_those_of_the_chain_after_every_iteration(
    problem_on_grid, job, van, windows, task
):
    points = [(0, 0), *((k * 7 % 20, k * 3 % 17) for k in range(1, 16))]
    spans = [Window(400 * (k % 3), 1500 + 400 * (k % 3)) for k in range(1, 16)]
    jobs = [
        job(f"job-{k}", k, windows=(spans[k - 1],) if windows else (Window(0, 10**8),))
        for k in range(1, 16)
    ]
    free = {"auxiliary_w": 0, "price_per_hour": 0, "price_per_kwh": 0}
    vans = [replace(van, label=f"van-{k}", capacity=(10**6, 5), **free) for k in range(5)]
    search = _Run(
        problem_on_grid(points, jobs, vehicles=vans),
        Objective.VEHICLES_FIRST,
        0,
        Effort(None, 1, None),
        None,
    )
    search.begin(None)
    question, draft = search.question, search.draft
    undone = kept = 0
    for _ in range(300):
        chain, cost = draft.node[:, NEXT].copy(), draft.number[COST]
        run(question, draft, task, 1, search.mean_leg, 1.0, 1, draft.before)
        stays = draft.number[COST] == cost and (draft.node[:, NEXT] == chain).all()
        undone, kept = undone + int(stays), kept + int(not stays)
        assert draft.number[ABSENT] == (draft.node[: len(jobs), ROUTE] < 0).sum()
        assert (draft.legs == legs_of(question, draft)).all()
    assert undone > 10 < kept

"""Problems as arrays: prices stay exact, alike vehicles share a class, pinned jobs keep theirs."""

from dataclasses import replace

import numpy as np
import pytest

from routing.kernel.annealing import seat
from routing.kernel.layout import (
    CLASSES,
    COST,
    END_PLACE,
    HEAVY,
    JOB_PLACE,
    JOBS,
    ONE_TARIFF,
    PER_M,
    RICH,
    START_PLACE,
    TIMED,
    VEHICLES,
)
from routing.kernel.planning import chain_along
from routing.kernel.question import draft_of, question_of, routes_least
from routing.kernel.scale import scale_of
from routing.problem import Matrices, Problem, Station, Window


def plain(problem: Problem) -> Problem:
    """Return a problem without energy, prices of time, and windows that bind."""
    matrices = problem.matrices[0]
    nothing = np.zeros_like(matrices.duration_s)
    vans = [
        replace(v, auxiliary_w=0, price_per_hour=0, price_per_kwh=0, shift_end_s=10**8)
        for v in problem.vehicles
    ]
    jobs = [replace(j, windows=(Window(0, 10**8),)) for j in problem.jobs]
    return replace(
        problem,
        jobs=tuple(jobs),
        vehicles=tuple(vans),
        matrices=(Matrices(matrices.duration_s, matrices.distance_m, nothing, nothing),),
    )


@pytest.fixture
def two_vans(problem_on_grid, job, van):
    vans = [replace(van, label=f"van-{k}") for k in range(2)]
    points = [(0, 0), (1, 0), (5, 5), (9, 9)]
    return problem_on_grid(points, [job("a", 1), job("b", 2), job("c", 3)], vehicles=vans)


@pytest.mark.parametrize(("per_km", "per_hour"), [(20, 1800), (7, 1001), (1000, 0)])
def test_prices_of_metres_and_seconds_become_whole(two_vans, per_km, per_hour):
    vans = [replace(v, price_per_km=per_km, price_per_hour=per_hour) for v in two_vans.vehicles]
    problem = replace(two_vans, vehicles=tuple(vans))
    unit = scale_of(problem, vehicles_first=False).per_unit
    question = question_of(problem, scale_of(problem, vehicles_first=False))
    _, per_m, per_s, _ = (int(question.vehicle[0, k]) for k in (11, 12, 13, 14))
    assert (per_m * 1000, per_s * 3600) == (per_km * unit, per_hour * unit)


def test_vehicles_first_holds_for_many_cheap_ones_against_few_dear_ones(problem_on_grid, job, van):
    small = replace(van, capacity=(10**6, 3), price_fixed=1)
    big = replace(van, capacity=(10**6, 4), price_fixed=10**6)
    vans = [replace(small, label=f"small-{k}") for k in range(4)]
    vans += [replace(big, label=f"big-{k}") for k in range(3)]
    jobs = [job(f"job-{k}", k + 1, demand=(1, 1)) for k in range(12)]
    problem = problem_on_grid([(0, 0), *((1, k) for k in range(12))], jobs, vehicles=vans)
    question = question_of(problem, scale_of(problem, vehicles_first=True))
    few = {4 + k: list(range(4 * k, 4 * k + 4)) for k in range(3)}
    many = {k: list(range(3 * k, 3 * k + 3)) for k in range(4)}
    costs = []
    for routes in (few, many):
        draft = draft_of(question, 0)
        assert seat(question, draft, chain_along(problem, routes)) == 0
        costs.append(int(draft.number[COST]))
    assert costs[0] < costs[1]


def test_alike_vehicles_are_one_class_unless_goods_are_aboard(two_vans):
    def classes(problem: Problem) -> int:
        return int(question_of(problem, scale_of(problem, vehicles_first=False)).size[CLASSES])

    assert classes(two_vans) == 1
    aboard = replace(two_vans.jobs[0], vehicle=1)
    assert classes(replace(two_vans, jobs=(aboard, *two_vans.jobs[1:]))) == 2


def test_a_job_aboard_is_allowed_in_its_class_alone(two_vans):
    problem = replace(two_vans, jobs=(replace(two_vans.jobs[0], vehicle=1), *two_vans.jobs[1:]))
    question = question_of(problem, scale_of(problem, vehicles_first=False))
    assert question.allowed.tolist() == [[0, 1], [1, 1], [1, 1]]


def test_places_are_renumbered_along_a_way_and_legs_stay_what_they_are(
    problem_on_grid, job, two_vans
):
    points = [(0, 0), *((k * 7 % 20, k * 3 % 17) for k in range(1, 13))]
    jobs = [job(f"job-{k}", k) for k in range(1, 13)]
    problem = plain(problem_on_grid(points, jobs, vehicles=two_vans.vehicles))
    matrices = problem.matrices[0]
    matrices.distance_m[2, 5] += 3  # one way is longer than back
    question = question_of(problem, scale_of(problem, vehicles_first=False))
    assert not question.size[RICH]
    stops = np.array([0, *(j.place for j in problem.jobs)])
    here = np.array([question.vehicle[0, START_PLACE], *question.job[:, JOB_PLACE]])
    assert question.vehicle[0, END_PLACE] == here[0]
    price = question.vehicle[0, PER_M]
    priced = matrices.distance_m[np.ix_(stops, stops)] * price
    assert (question.cost[0][np.ix_(here, here)] == priced).all()
    assert (question.cost_to[0] == question.cost[0].T).all()
    along = np.diagonal(question.cost[0], 1)
    assert along.sum() < np.diagonal(matrices.distance_m, 1).sum() * price
    assert (along == [question.cost[0, k, k + 1 :].min() for k in range(len(along))]).all()


def test_only_what_can_bind_is_looked_at(two_vans):
    def flags(problem: Problem) -> tuple[int, ...]:
        size = question_of(problem, scale_of(problem, vehicles_first=False)).size
        return tuple(int(size[k]) for k in (TIMED, RICH, HEAVY, ONE_TARIFF))

    assert flags(two_vans) == (1, 1, 1, 1)
    easy = plain(two_vans)
    assert flags(easy) == (0, 0, 0, 1)
    tight = replace(easy.jobs[0], windows=(Window(0, 60),))
    assert flags(replace(easy, jobs=(tight, *easy.jobs[1:]))) == (1, 0, 0, 1)


def test_the_stations_beside_a_leg_are_those_of_the_least_detour(problem_on_grid, job):
    stations = [Station("far", 2, 11_000), Station("near", 3, 11_000)]
    problem = problem_on_grid([(0, 0), (4, 0), (20, 20), (2, 0)], [job("a", 1)], stations=stations)
    question = question_of(problem, scale_of(problem, vehicles_first=False))
    assert question.beside[0, 1].tolist() == [1, 0, -1, -1]


def test_a_draft_begins_with_every_job_absent(two_vans):
    question = question_of(two_vans, scale_of(two_vans, vehicles_first=False))
    draft = draft_of(question, 7)
    assert draft.absent.tolist() == [0, 1, 2]
    assert len(draft.node) == question.size[JOBS] + 2 * question.size[VEHICLES]
    assert draft.random[0] == draft_of(question, 7).random[0] != draft_of(question, 8).random[0]


def test_room_says_how_many_routes_are_needed_at_least(two_vans):
    heavy = [replace(j, demand=(400_000, 1)) for j in two_vans.jobs]
    assert routes_least(replace(two_vans, jobs=tuple(heavy))) == 2
    assert routes_least(two_vans) == 1

"""A part is a sound problem, means what the whole means, and its plans hold in the whole."""

from dataclasses import replace

import numpy as np
from hypothesis import HealthCheck, given, settings

from routing.checker import check, check_problem
from routing.insertion import jobs_of
from routing.kernel.planning import plan_of
from routing.kernel.search import search
from routing.neighbourhoods.part import part_of, plan_over, routes_in_whole
from routing.neighbourhoods.sharing_out import jobs_shared, vehicles_shared
from routing.plan import Route, VisitKind
from routing.problem import Standing
from routing.schedule import Stop
from tests.properties.rich_problems import KNOWN, rich_problems


def halves(problem, plan):
    """Cut a plan's routes into two parts, whatever they are."""
    routes = {route.vehicle: route for route in plan.routes}
    left = [one.job for one in plan.unserved]
    fleets = [sorted(routes)[::2], sorted(routes)[1::2]]
    served = [[job for v in fleet for job in jobs_of(routes[v])] for fleet in fleets]
    shared = vehicles_shared(problem, fleets, 1)
    jobs = jobs_shared(problem, served, shared, left)
    return [part_of(problem, routes, *both) for both in zip(jobs, shared, strict=True)]


@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(problem=rich_problems(jobs_min=1, vehicles_min=1))
def test_all_of_a_problem_is_a_part_that_means_the_same(problem):
    whole = part_of(problem, {}, range(len(problem.jobs)), range(len(problem.vehicles)))
    assert check_problem(whole.problem) == ()
    told = replace(
        whole.problem,
        jobs=tuple(replace(j, place=whole.places[j.place]) for j in whole.problem.jobs),
        vehicles=tuple(
            replace(v, start_place=whole.places[v.start_place], end_place=whole.places[v.end_place])
            for v in whole.problem.vehicles
        ),
    )
    assert (told.jobs, told.vehicles) == (problem.jobs, problem.vehicles)
    assert told.standing == problem.standing
    for part, all_of_it in zip(whole.problem.matrices, problem.matrices, strict=True):
        chosen = np.ix_(whole.places, whole.places)
        assert np.array_equal(part.duration_s, all_of_it.duration_s[chosen])
        assert np.array_equal(part.energy_b_uwh_per_kg, all_of_it.energy_b_uwh_per_kg[chosen])


@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(problem=rich_problems(among=KNOWN, jobs_min=3, vehicles_min=2, vehicles_max=5))
def test_plans_of_parts_hold_in_the_whole_and_cost_there_what_they_cost_here(problem):
    plan = search(problem, iterations=60).plan
    if len(plan.routes) < 2:
        return
    routes: dict[int, Route] = {}
    left: list[int] = []
    cost = 0
    for part in halves(problem, plan):
        assert check_problem(part.problem) == ()
        started = [v for r in part.start.routes for v in r.visits]
        assert sum(v.kind is VisitKind.JOB for v in started) == len(part.jobs) - len(
            part.start.unserved
        )
        answer = search(part.problem, iterations=60, start=part.start).plan
        assert answer.cost.total <= part.start.cost.total
        routes |= routes_in_whole(part, answer)
        left += [part.jobs[one.job] for one in answer.unserved]
        cost += answer.cost.total
    joined = plan_over(problem, list(routes.values()), left)
    assert check(problem, joined) == ()
    assert joined.cost.total == cost <= plan.cost.total


def test_the_plan_in_force_is_told_to_parts_as_far_as_it_concerns_them(problem_on_grid, job, van):
    vans = [
        replace(van, label="a", sequence=(2, 0), frozen=(2,)),
        replace(van, label="b"),
        replace(van, label="c"),
    ]
    jobs = [job(f"job-{k}", k + 1, unserved_price=5000) for k in range(4)]
    jobs[3] = replace(jobs[3], allowed=(0, 2), vehicle=None)
    standing = Standing(routes=((2, 0), (3, 1), ()), move_price=700, reorder_price=30)
    problem = replace(
        problem_on_grid([(k, 0) for k in range(9)], jobs, vehicles=vans), standing=standing
    )
    part = part_of(problem, {}, [3, 2, 0], [2, 0])
    assert (part.jobs, part.vehicles, part.places) == ((0, 2, 3), (0, 2), (0, 1, 3, 4))
    assert part.problem.vehicles[0].frozen == (1,)
    assert part.problem.vehicles[0].sequence == (1, 0)
    assert part.problem.jobs[2].allowed == (0, 1)
    assert part.problem.standing == Standing(((1, 0), ()), 700, 30)
    # The last one's vehicle is elsewhere: served here it has moved, left out it has not.
    assert [one.unserved_price for one in part.problem.jobs] == [5000, 5000, 4300]
    stops = {v: [Stop(VisitKind.JOB, j) for j in js] for v, js in ((0, (1, 0)), (1, (2,)))}
    here = plan_of(part.problem, stops)
    there = plan_over(problem, list(routes_in_whole(part, here).values()), [1])
    assert there.cost.changes == here.cost.changes + 700
    assert there.routes[1].vehicle == 2
    assert jobs_of(there.routes[1]) == (3,)
    assert check(problem, there) == ()

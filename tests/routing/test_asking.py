"""What vehicles alike say once holds for each of them."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from routing import asking
from routing.asking import alike, asked_alone
from routing.insertion import Insertion, cheapest
from routing.plan import Reason
from routing.problem import Problem, Standing


def said(answer):
    """Return an answer without who gave it."""
    if isinstance(answer, Insertion):
        return answer.cost_more
    return answer[1]


@settings(max_examples=60)
@given(data=st.data())
def test_each_vehicle_says_what_it_would_say_itself(data, any_problem):
    problem: Problem = data.draw(any_problem(vehicles_min=1))
    charges = data.draw(st.lists(st.sampled_from([0, 300_000, 1_500_000]), min_size=3, max_size=3))
    vehicles = tuple(
        replace(vehicle, label=f"{vehicle.label}-{k}", battery_mwh=min(charge, most))
        for vehicle in problem.vehicles
        for most in (vehicle.battery_mwh_max,)
        for k, charge in enumerate(charges)
    )
    bound = tuple(replace(job, vehicle=None, allowed=None) for job in problem.jobs)
    free = tuple(replace(vehicle, frozen=(), sequence=()) for vehicle in vehicles)
    problem = replace(problem, jobs=bound, vehicles=free, standing=None)
    everybody = range(len(vehicles))
    for job in range(len(problem.jobs)):
        found = asked_alone(problem, job, everybody, alike(problem))
        assert list(found) == list(everybody)
        for vehicle, answer in found.items():
            assert said(answer) == said(cheapest(problem, {}, job, (vehicle,)))


def test_vehicles_with_a_route_in_force_are_asked_themselves(problem_on_grid, job, van):
    vans = [replace(van, label=f"van-{k}") for k in range(3)]
    problem = problem_on_grid([(0, 0), (1, 0)], [job("a", 1)], vehicles=vans)
    assert len(set(alike(problem).values())) == 1
    standing = Standing(((), (0,), ()), 100)
    problem = replace(problem, standing=standing)
    groups = alike(problem)
    assert groups[0] == groups[2] != groups[1]
    found = asked_alone(problem, 0, range(3), groups)
    assert said(found[0]) == said(found[2]) == said(found[1]) + 100


def test_a_vehicle_that_is_like_no_other_is_asked_once(problem_on_grid, job, van, monkeypatch):
    far = [(0, 0), (60, 0)]
    problem = problem_on_grid(far, [job("a", 1)], vehicles=[replace(van, battery_mwh=1)])
    asked = []

    def heard(problem, routes, job, vehicles):
        asked.append(tuple(vehicles))
        return cheapest(problem, routes, job, vehicles)

    monkeypatch.setattr(asking, "cheapest", heard)
    found = asked_alone(problem, 0, (0,), alike(problem))
    assert said(found[0]).reason is Reason.RANGE
    assert asked == [(0,)]

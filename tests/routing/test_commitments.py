"""Each promise, kept and broken."""

from dataclasses import replace

import pytest

from routing.plan import Reason, Route, VisitKind
from routing.problem import Depot
from routing.schedule import Stop, drive

RELOAD = Stop(VisitKind.RELOAD, 0)


@pytest.fixture
def problem(problem_on_grid, job, van):
    """Return four jobs, two vans that may load twice, and two depots."""
    points = [(0, 0), (1, 0), (2, 0), (3, 0), (4, 0)]
    vans = [replace(van, label=f"van-{k}", trips_max=3, depot=0) for k in range(2)]
    jobs = [job(name, k + 1) for k, name in enumerate("abcd")]
    asked = problem_on_grid(points, jobs, vehicles=vans)
    return replace(asked, depots=(Depot("d", 0, 60), Depot("e", 1, 60)))


def with_van(problem, index, **changes):
    vans = list(problem.vehicles)
    vans[index] = replace(vans[index], **changes)
    return replace(problem, vehicles=tuple(vans))


def with_job(problem, index, **changes):
    jobs = list(problem.jobs)
    jobs[index] = replace(jobs[index], **changes)
    return replace(problem, jobs=tuple(jobs))


def lacking(problem, vehicle, order):
    """Return reason, position and words of each promise broken; ``R`` stands for a reload."""
    stops = [RELOAD if k == "R" else Stop(VisitKind.JOB, k) for k in order]
    found = drive(problem, vehicle, stops)
    if isinstance(found, Route):
        return []
    return [(lack.reason, lack.position, lack.detail) for lack in found]


def commitment(position, words):
    return [(Reason.COMMITMENT, position, words)]


def test_skills(problem):
    cold = with_job(problem, 1, skills=("cold", "lift"))
    able = with_van(cold, 1, skills=("lift", "cold", "tall"))
    assert lacking(able, 1, [0, 1]) == []
    found = lacking(with_van(cold, 1, skills=("lift",)), 1, [0, 1])
    assert found == [(Reason.SKILLS, 1, "lacks the skill 'cold'")]


def test_allowed(problem):
    assert lacking(with_job(problem, 0, allowed=(1,)), 1, [0]) == []
    words = "is not among the vehicles allowed for it"
    assert lacking(with_job(problem, 0, allowed=(1,)), 0, [0]) == commitment(0, words)


def test_aboard_means_before_the_next_loading(problem):
    pinned = with_job(problem, 0, vehicle=1)
    assert lacking(pinned, 1, [1, 0, "R", 2]) == []
    words = "must deliver goods aboard before it loads again"
    assert lacking(pinned, 1, [1, "R", 0]) == commitment(2, words)
    assert lacking(pinned, 0, [0]) == commitment(0, "has not its goods: 'van-1' has")


def test_once_loaded_nothing_comes_aboard(problem):
    loaded = with_job(with_van(problem, 0, loaded=True), 0, vehicle=0)
    assert lacking(loaded, 0, [0, "R", 1]) == []
    assert lacking(loaded, 0, ["R", 1]) == []
    assert lacking(loaded, 0, [0, 1]) == commitment(1, "has finished loading")


def test_frozen_stops_come_first_and_stay(problem):
    frozen = with_van(problem, 0, frozen=(2, 1, 3))
    words = "must begin with its frozen stops in their order"
    for order in ([2, 1, 3, 0], [2, 1], [1, 3, 0], [3, 0], [2, "R", 1, 0]):
        assert lacking(frozen, 0, order) == []
    for order, at in (([1, 2], 0), ([2, 0, 1], 1), ([0, 3], 0)):
        assert lacking(frozen, 0, order) == commitment(at, words)
    assert lacking(frozen, 1, [2]) == commitment(0, "may not take it: it is frozen for 'van-0'")


def test_a_fixed_sequence_lets_others_between(problem):
    fixed = with_van(problem, 0, sequence=(2, 1, 3))
    for order in ([0, 2, 1, 3], [2, 0, 3], [1, "R", 3]):
        assert lacking(fixed, 0, order) == []
    words = "must keep the order in which it was loaded"
    assert lacking(fixed, 0, [2, 0, 3, 1]) == commitment(3, words)
    assert lacking(fixed, 1, [1, 2]) == []


def test_reloads(problem):
    for order in ([0, "R", 1], ["R", 0, "R", 1]):
        assert lacking(problem, 0, order) == []
    words = "would load for a trip without stops"
    assert lacking(problem, 0, [0, "R"]) == commitment(1, words)
    assert lacking(problem, 0, [0, "R", "R", 1]) == commitment(1, words)
    words = "may make no more than 2 trips"
    twice = with_van(problem, 0, trips_max=2)
    assert lacking(twice, 0, [0, "R", 1, "R", 2]) == commitment(3, words)
    words = "would load at a depot that is not its own"
    assert lacking(with_van(problem, 0, depot=1), 0, [0, "R", 1]) == commitment(1, words)

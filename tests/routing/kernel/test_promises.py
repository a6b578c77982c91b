"""What has been promised is kept: who serves what, what comes first, and what changes cost."""

from dataclasses import replace

import pytest

from routing.checker import check
from routing.insertion import jobs_of
from routing.kernel.layout import CLASSES, RICH
from routing.kernel.question import question_of
from routing.kernel.scale import scale_of
from routing.kernel.search import search
from routing.plan import Plan, VisitKind
from routing.problem import UNREACHABLE_MIN, Problem, Standing, Station, Window

ALONG = [(0, 0), (1, 0), (2, 0), (3, 0), (4, 0)]
"""A depot and four places on one road."""


def planned(problem: Problem, iterations: int = 200) -> Plan:
    plan = search(problem, iterations=iterations).plan
    assert check(problem, plan) == ()
    return plan


def orders(plan: Plan) -> dict[int, list[int]]:
    return {route.vehicle: list(jobs_of(route)) for route in plan.routes}


@pytest.fixture
def row(problem_on_grid, job, van):
    """Return four jobs along one road, and two vans of which the first is cheaper."""
    vans = [replace(van, label="cheap", price_fixed=0), replace(van, label="dear")]
    return problem_on_grid(ALONG, [job(f"job-{k}", k + 1) for k in range(4)], vehicles=vans)


def changed(problem: Problem, vehicle: int = 0, **changes: object) -> Problem:
    vehicles = list(problem.vehicles)
    vehicles[vehicle] = replace(vehicles[vehicle], **changes)  # type: ignore[arg-type]
    return replace(problem, vehicles=tuple(vehicles))


def with_job(problem: Problem, index: int, **changes: object) -> Problem:
    jobs = list(problem.jobs)
    jobs[index] = replace(jobs[index], **changes)  # type: ignore[arg-type]
    return replace(problem, jobs=tuple(jobs))


def test_skills_and_allowed_vehicles_need_no_labels(row):
    """They are looked up where vehicles of a class are: nothing else gets slower."""
    asked = with_job(with_job(row, 0, skills=("cold",)), 1, allowed=(1,))
    asked = changed(asked, 1, skills=("cold", "wet"))
    question = question_of(asked, scale_of(asked, vehicles_first=False))
    assert question.allowed.tolist() == [[0, 1], [0, 1], [1, 1], [1, 1]]
    assert set(orders(planned(asked))[1]) >= {0, 1}


def test_vehicles_that_jobs_allow_alike_are_one_class(row):
    vans = [replace(row.vehicles[0], label=f"van-{k}") for k in range(4)]
    asked = replace(with_job(row, 0, allowed=(1, 2)), vehicles=tuple(vans))
    question = question_of(asked, scale_of(asked, vehicles_first=False))
    assert question.size[CLASSES] == 2


def test_goods_aboard_of_no_job_take_room(row):
    asked = changed(row, 0, capacity=(1_000_000, 3), aboard=(50_000, 2))
    plan = planned(asked)
    assert plan.unserved == ()
    assert len(orders(plan).get(0, [])) <= 1


def test_frozen_jobs_come_first_in_their_order(row):
    asked = changed(row, 0, frozen=(3, 1))
    assert orders(planned(asked))[0][:2] == [3, 1]


def test_frozen_jobs_come_first_however_far_another_vehicle_is_better(row):
    asked = changed(row, 1, frozen=(2,))
    assert orders(planned(asked))[1][0] == 2


def test_frozen_jobs_are_served_however_cheap_it_is_to_leave_them_out(row):
    jobs = tuple(replace(one, unserved_price=0) for one in row.jobs)
    asked = changed(replace(row, jobs=jobs), 1, frozen=(2,))
    assert orders(planned(asked)) == {1: [2]}


def test_a_frozen_job_that_cannot_be_driven_is_left_out_and_the_next_one_comes_first(row):
    asked = with_job(changed(row, 0, frozen=(2, 3, 1)), 3, windows=(Window(0, 5),))
    plan = planned(asked)
    assert [one.job for one in plan.unserved] == [3]
    assert orders(plan)[0][:2] == [2, 1]


def test_a_plan_to_begin_with_gives_way_to_frozen_jobs(row):
    start = planned(row)
    asked = changed(row, 0, frozen=(3,))
    plan = search(asked, iterations=0, start=start).plan
    assert check(asked, plan) == ()
    assert plan.unserved == ()
    assert orders(plan)[0][0] == 3


def test_a_sequence_is_kept_with_others_between(row):
    asked = changed(changed(row, 0, sequence=(3, 0)), 1, price_fixed=100_000)
    [order] = orders(planned(asked)).values()
    assert order.index(3) < order.index(0)
    assert sorted(order) == [0, 1, 2, 3]


def test_a_move_is_made_only_where_it_saves_its_price(row):
    """Without the dear van 1000 are saved, and what two jobs cost on the way out."""
    for price, vans in ((400, 1), (600, 2)):
        asked = replace(row, standing=Standing(((0, 1), (2, 3)), price))
        plan = planned(asked)
        assert len(plan.routes) == vans
        assert plan.cost.changes == (2 * price if vans == 1 else 0)


def test_the_order_of_the_plan_in_force_is_kept_where_changing_it_is_dear(row):
    for price, order in ((0, [0, 1, 2, 3]), (5000, [1, 0, 2, 3])):
        asked = replace(row, standing=Standing(((1, 0, 2, 3), ()), 5000, price))
        plan = planned(asked)
        assert plan.cost.changes == 0
        found = orders(plan)[0]
        assert found == order or (price == 0 and found == order[::-1])


def test_a_search_begins_with_the_plan_in_force(row):
    asked = replace(row, standing=Standing(((3, 1), (0, 2)), 100))
    assert orders(search(asked, iterations=0).plan) == {0: [3, 1], 1: [0, 2]}


def test_a_job_is_served_late_where_that_is_cheaper_than_not_at_all(row):
    asked = changed(row, 0, start_s=3600)
    asked = replace(changed(asked, 1, start_s=3600))
    for price, left in ((1000, 0), (7200, 1)):
        job = {"windows": (Window(0, 10),), "late_price_per_hour": price}
        plan = planned(with_job(asked, 0, **job))
        assert len(plan.unserved) == left
        assert (plan.cost.lateness > 0) == (left == 0)
        assert len(plan.late) == 1 - left


def test_a_battery_is_changed_where_charging_would_take_too_long(problem_on_grid, job, van):
    """20 kWh at 50 kW are 24 minutes; the shift leaves two."""
    van = replace(van, battery_mwh=1_200_000, shift_end_s=600)
    points = [(0, 0), (20, 0), (10, 0)]
    for swap_s, left in ((100, 0), (None, 1)):
        station = Station("station", 2, 3_000, swap_s=swap_s)
        problem = problem_on_grid(points, [job("far", 1)], vehicles=[van], stations=(station,))
        plan = planned(problem)
        assert len(plan.unserved) == left
        charges = [v for r in plan.routes for v in r.visits if v.kind is VisitKind.CHARGE]
        assert [v.departure_s - v.begin_s for v in charges] == [100] * (1 - left)


def test_a_road_that_is_closed_costs_the_plan_only_what_it_must(row):
    """A warm start keeps what still fits."""
    start = planned(row)
    matrices = row.matrices[0]
    far = {"duration_s": matrices.duration_s.copy(), "distance_m": matrices.distance_m.copy()}
    for closed in far.values():
        closed[:, 4] = closed[4, :] = UNREACHABLE_MIN
    asked = replace(row, matrices=(replace(matrices, **far),))
    plan = search(asked, iterations=0, start=start).plan
    assert check(asked, plan) == ()
    assert [one.job for one in plan.unserved] == [3]
    assert question_of(asked, scale_of(asked, vehicles_first=False)).size[RICH]

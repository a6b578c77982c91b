"""The cost of a route by hand, and of a plan as the sum of its routes."""

from dataclasses import replace

from routing.objective import plan_cost, route_cost
from routing.plan import Cost, Route, VisitKind
from routing.schedule import Stop, drive


def test_every_term_is_rounded_up_by_route(problem_on_grid, job, van):
    vehicle = replace(van, auxiliary_w=0)
    problem = problem_on_grid([(0, 0), (3, 0)], [job("a", 1), job("b", 1)], vehicles=[vehicle])
    route = drive(problem, 0, [Stop(VisitKind.JOB, 0)])
    assert isinstance(route, Route)
    # 120 s at 18.00 an hour, 600 m at 0.20 a km, 3 * 41 + 3 * 40 = 243 Wh at 0.30 a kWh
    assert (route.duration_s, route.distance_m, route.energy_mwh) == (120, 600, 243_000)
    assert route_cost(problem, route) == Cost(1000, 60, 12, 8, 0)
    assert plan_cost(problem, [route, route], [1]) == Cost(2000, 120, 24, 16, 5000)
    assert plan_cost(problem, [route], []).total == 1080

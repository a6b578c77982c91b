"""The cost of a route by hand, and of a plan as the sum of its routes."""

from dataclasses import replace

from routing.objective import plan_cost, route_cost
from routing.plan import Cost, Route, VisitKind
from routing.problem import Standing, Window
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


def test_lateness_is_rounded_up_once_for_a_route(problem_on_grid, job):
    jobs = [
        job("a", 1, windows=(Window(0, 20),), late_price_per_hour=100),
        job("b", 1, windows=(Window(0, 80),), late_price_per_hour=1000),
    ]
    problem = problem_on_grid([(0, 0), (3, 0)], jobs)
    route = drive(problem, 0, [Stop(VisitKind.JOB, 0), Stop(VisitKind.JOB, 1)])
    assert isinstance(route, Route)
    # begun at 30 and 90 s: 10 s late at 1.00 an hour and 10 s at 10.00 make 11000 / 3600
    assert route_cost(problem, route).lateness == 4
    assert plan_cost(problem, [route, route], []).lateness == 8


def test_changes_of_the_plan_in_force(problem_on_grid, job, van):
    jobs = [job(name, 1) for name in "abcd"]
    vehicles = [van, replace(van, label="van-1")]
    problem = problem_on_grid([(0, 0), (3, 0)], jobs, vehicles=vehicles)
    problem = replace(problem, standing=Standing(((0, 1), (2,)), 100, 7))

    def changes(*orders):
        routes = [
            drive(problem, vehicle, [Stop(VisitKind.JOB, k) for k in order])
            for vehicle, order in enumerate(orders)
            if order
        ]
        return plan_cost(problem, [r for r in routes if isinstance(r, Route)], []).changes

    assert changes((0, 1, 3), (2,)) == 0  # the fourth job is new
    assert changes((0,), ()) == 0  # leaving out costs its own price only
    assert changes((1, 0), (2,)) == 7
    assert changes((1, 3, 0), (2,)) == 0  # not next to each other
    assert changes((1, 2, 0), ()) == 100
    assert changes((), (2, 0, 1)) == 200
    assert changes((), (1, 0, 2)) == 200  # its order was another vehicle's

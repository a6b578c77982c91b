"""Whatever routes come, with every feature of the model: the plan holds and nothing is lost."""

from collections import Counter

from hypothesis import HealthCheck, given, settings

from routing.checker import check
from routing.concluding import conclude
from routing.explain import late_of
from routing.insertion import Insertion, cheapest
from routing.plan import Reason, Route, VisitKind
from tests.properties.rich_problems import rich_problems


@settings(max_examples=120, suppress_health_check=list(HealthCheck), deadline=None)
@given(problem=rich_problems(vehicles_min=1))
def test_plans_of_jobs_inserted_one_by_one_hold(problem):
    routes: dict[int, Route] = {}
    for job in range(len(problem.jobs)):
        found = cheapest(problem, routes, job, range(len(problem.vehicles)))
        if isinstance(found, Insertion):
            routes[found.route.vehicle] = found.route
    plan = conclude(problem, routes)
    assert check(problem, plan) == ()
    served = [v.index for r in plan.routes for v in r.visits if v.kind is VisitKind.JOB]
    left = [one.job for one in plan.unserved]
    assert Counter([*served, *left]) == Counter(range(len(problem.jobs)))
    assert all(one.detail for one in plan.unserved)
    assert all(one.detail and one.late_s > 0 for one in plan.late)
    assert plan.late == late_of(problem, {route.vehicle: route for route in plan.routes})
    assert not {one.reason for one in plan.unserved} & {Reason.NO_VEHICLE}

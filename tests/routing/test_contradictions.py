"""Plans to begin with: what they name must exist; what they cannot keep is no fault."""

from dataclasses import replace

import pytest

from routing.contradictions import start_faults
from routing.errors import InvalidStartError
from routing.kernel.search import search
from routing.objective import plan_cost
from routing.plan import Plan, Reason, Route, Unserved, VisitKind
from routing.schedule import Stop, drive


@pytest.fixture
def problem(problem_on_grid, job):
    return problem_on_grid([(0, 0), (1, 0), (2, 0)], [job("a", 1), job("b", 2)])


@pytest.fixture
def plan(problem):
    route = drive(problem, 0, [Stop(VisitKind.JOB, 0), Stop(VisitKind.JOB, 1)])
    assert isinstance(route, Route)
    return Plan((route,), (), plan_cost(problem, (route,), ()))


def renamed(plan, position, **changes):
    visits = list(plan.routes[0].visits)
    visits[position] = replace(visits[position], **changes)
    return replace(plan, routes=(replace(plan.routes[0], visits=tuple(visits)),))


def test_all_that_is_unknown_is_said_at_once(problem, plan):
    assert start_faults(problem, plan) == ()
    wrong = renamed(renamed(plan, 1, index=7), 2, kind=VisitKind.RELOAD, index=0)
    wrong = replace(wrong, unserved=(Unserved(9, Reason.PRICE, ""),))
    wrong = replace(wrong, routes=(replace(wrong.routes[0], vehicle=3),))
    assert start_faults(problem, wrong) == (
        "route 0 is of vehicle 3, but there are 1",
        "route 0: visit 1 is of job 7, but there are 2",
        "route 0: visit 2 is of reload 0, but there are 0",
        "it leaves out job 9, but there are 2",
    )
    assert start_faults(problem, renamed(plan, 1, index=1)) == (
        "route 0: visit 2 is job 1 once more",
    )


def test_a_search_refuses_it(problem, plan):
    with pytest.raises(InvalidStartError, match=r"RTE-102: .* visit 1 is of job 7"):
        search(problem, iterations=1, start=renamed(plan, 1, index=7))

"""Plans go into the kernel and come out again as they were, and cost there what they cost."""

from hypothesis import given, settings
from hypothesis import strategies as st

from routing.checker import check
from routing.insertion import jobs_of
from routing.kernel.annealing import seat
from routing.kernel.layout import ABSENT
from routing.kernel.planning import chain_of, plan_of, sequences_of
from routing.kernel.question import draft_of, question_of
from routing.kernel.scale import scale_of
from routing.kernel.search import search
from routing.plan import Plan
from routing.problem import Problem
from routing.vroom_plan import Effort, plan_by_vroom


def seated(problem: Problem, plan: Plan) -> tuple[Plan, int]:
    """Return a plan as the kernel gives it back, and how many jobs it has no place for."""
    question = question_of(problem, scale_of(problem, vehicles_first=False))
    draft = draft_of(question, 0)
    refused = seat(question, draft, chain_of(problem, plan))
    left = int(draft.number[ABSENT])
    assert left == refused + len(plan.unserved)
    return plan_of(problem, sequences_of(question, draft)), refused


@settings(max_examples=40)
@given(data=st.data())
def test_a_plan_without_charges_comes_back_as_it_was(data, any_problem):
    """Where roads lead everywhere: jobs are seated one by one, each time with a way back."""
    problem = data.draw(any_problem(vehicles_min=1, stations_max=0, broken=False))
    if not problem.jobs:
        return
    plan = plan_by_vroom(problem, effort=Effort(1, 0))
    back, refused = seated(problem, plan)
    assert refused == 0
    assert {r.vehicle: jobs_of(r) for r in back.routes} == {
        r.vehicle: jobs_of(r) for r in plan.routes
    }
    assert check(problem, back) == ()


@settings(max_examples=40)
@given(data=st.data())
def test_the_kernel_counts_costs_as_the_objective_does(data, any_problem):
    """Rounding adds at most three hundredths a route; a later departure may spare some."""
    problem = data.draw(any_problem(vehicles_min=1))
    if not problem.jobs:
        return
    result = search(problem, iterations=100)
    counted = result.trajectory[-1]
    assert counted.vehicles == len(result.plan.routes)
    assert counted.unserved == len(result.plan.unserved)
    assert result.cost <= counted.cost + 3 * counted.vehicles

"""From routes to a plan: settle what they share, say why jobs are left out or late, add up.

The one end of every solver. Which routes there are is decided before.
"""

from collections.abc import Mapping

from routing.explain import explain, late_of
from routing.insertion import jobs_of
from routing.objective import plan_cost
from routing.plan import Plan, Route
from routing.problem import Problem
from routing.sharing import settle


def conclude(problem: Problem, routes: Mapping[int, Route]) -> Plan:
    """Return the plan of routes that each can be driven by themselves.

    Parameters
    ----------
    problem
        A problem without faults.
    routes
        Routes by vehicle; a job is in one of them at most.

    Returns
    -------
    Plan
        With the reasons for all jobs in none of the routes, and for all late ones.
    """
    settled, _ = settle(problem, routes)
    served = {job for route in settled.values() for job in jobs_of(route)}
    left = [job for job in range(len(problem.jobs)) if job not in served]
    return Plan(
        routes=tuple(settled.values()),
        unserved=explain(problem, settled, left),
        cost=plan_cost(problem, settled.values(), left),
        late=late_of(problem, settled),
    )

"""The plainest solver there is: job after job where it costs least, with no search at all.

It knows every feature of the model and needs no kernels, so that the rules can be tested on their
own, and so that another solver's plans are looked at than the kernel's.
"""

from collections.abc import Sequence

from routing.concluding import conclude
from routing.insertion import Insertion, cheapest
from routing.plan import Plan, Route
from routing.problem import Problem


def plan_by_insertion(problem: Problem, order: Sequence[int]) -> Plan:
    """Return the plan that inserts jobs in an order, those that are promised first.

    Parameters
    ----------
    problem
        A problem without faults.
    order
        All jobs, in any order.
    """
    routes: dict[int, Route] = {}
    promised = [job for van in problem.vehicles for job in (*van.frozen, *van.sequence)]
    bound = [job for job in order if problem.jobs[job].vehicle is not None]
    for job in dict.fromkeys([*promised, *bound, *order]):
        if not problem.vehicles:
            break
        found = cheapest(problem, routes, job, range(len(problem.vehicles)))
        if isinstance(found, Insertion):
            routes[found.route.vehicle] = found.route
    return conclude(problem, routes)

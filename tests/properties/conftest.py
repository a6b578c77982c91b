"""One plan with charges, windows and several routes, for what is looked at closely."""

import pytest

from routing.kernel.search import search
from routing.plan import Plan
from routing.problem import Problem
from tests.properties.towns import town


@pytest.fixture(scope="session")
def electric_plan() -> tuple[Problem, Plan]:
    """Return an electric town and a plan for it: charges, windows, loads, several routes."""
    problem = town(3, electric=True)
    return problem, search(problem, iterations=300).plan

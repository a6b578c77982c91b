"""The checker finds nothing against sound plans, and something against every spoilt one."""

from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from routing.checker import check
from routing.kernel.search import search
from routing.plan import Plan
from routing.problem import Problem
from tests.properties.breaches import BREACHES, NEEDS
from tests.properties.by_insertion import plan_by_insertion
from tests.properties.lies import LIES
from tests.properties.rich_problems import ALL, KNOWN, Feature, orders_of, rich_problems

CORRUPTIONS = {**LIES, **BREACHES}

SELDOM = [Feature.SKILLS, Feature.ALLOWED] * 2
"""Drawn more often: few plans give room to what breaks them."""

BINDING = [f for f in (Feature.PINNED, *NEEDS.values(), *SELDOM) if f in KNOWN]


def searched(data) -> tuple[Problem, Plan]:
    on = data.draw(st.sampled_from(BINDING))
    problem = data.draw(rich_problems(among=KNOWN, always=(on,), jobs_min=3, vehicles_min=2))
    return problem, search(problem, iterations=60).plan


def inserted(data) -> tuple[Problem, Plan]:
    on = data.draw(st.sampled_from([Feature.PINNED, *NEEDS.values(), *SELDOM]))
    problem = data.draw(rich_problems(always=(on,), jobs_min=4, vehicles_min=2))
    return problem, plan_by_insertion(problem, data.draw(orders_of(problem)))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("planned", "features"), [(searched, KNOWN), (inserted, ALL)], ids=["kernel", "insertion"]
)
def test_every_corruption_of_a_plan_is_caught(planned, features):
    """Spoil many plans in every way that each gives room for; each way must have had its turn."""
    spoilt_by: Counter[str] = Counter()

    @settings(max_examples=300, suppress_health_check=list(HealthCheck))
    @given(data=st.data())
    def spoil(data):
        problem, plan = planned(data)
        assert check(problem, plan) == ()

        def pick(choices):
            return data.draw(st.sampled_from(list(choices)))

        for name, corruption in CORRUPTIONS.items():
            spoilt = corruption(problem, plan, pick)
            if spoilt is not None:
                assert spoilt != plan, name
                assert check(problem, spoilt), name
                spoilt_by[name] += 1

    spoil()
    possible = [name for name in CORRUPTIONS if NEEDS.get(name, KNOWN[0]) in features]
    assert not [name for name in possible if not spoilt_by[name]]


def test_what_a_plan_breaks_is_named(electric_plan):
    """Each lie about one plan is called by its name."""
    problem, plan = electric_plan
    found = {
        name: {violation.code for violation in check(problem, spoilt)}
        for name, corruption in CORRUPTIONS.items()
        if (spoilt := corruption(problem, plan, lambda choices: next(iter(choices)))) is not None
    }
    expected = {
        "two jobs swapped": "load",
        "a job dropped": "missing",
        "an unserved job forgotten": "missing",
        "a job doubled": "twice",
        "a route doubled": "twice",
        "an unknown job": "unknown",
        "an unknown vehicle": "vehicle",
        "an end lost": "shape",
        "an arrival shifted": "timing",
        "a service cut short": "timing",
        "an end too early": "timing",
        "more battery": "battery",
        "a fuller start": "battery",
        "a wrong load": "load",
        "another place": "place",
        "a charge beyond the curve": "charge",
        "a slack off": "slack",
        "a total off": "totals",
        "a cost term off": "cost",
        "goods aboard moved": "pinned",
        "no room": "capacity",
        "too late": "window",
    }
    named = {name: code for name, code in expected.items() if name in found}
    assert len(named) > 15
    assert {name: code for name, code in named.items() if code not in found[name]} == {}

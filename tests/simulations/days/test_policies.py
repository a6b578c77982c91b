"""Under every policy a small day of a real city comes to its end, and every parcel with it."""

from dataclasses import replace

import pytest

from dispatcher.core.policies.registry import KINDS
from simulations.days.file import read_day
from simulations.days.forking import changed_plan
from simulations.days.living import live_day

CHOICES = [f"{kind}={name}" for kind, names in KINDS.items() for name in names[1:]]
"""All but the defaults, which every other test lives by."""


@pytest.mark.parametrize("choice", [*CHOICES, "replanning=false"])
def test_every_parcel_has_one_fate_whatever_the_policy(write_day, choice):
    day = read_day(write_day(parcels=10))
    run = live_day(replace(day, plan=changed_plan(day.plan, [choice])), 5)
    assert all(depot.is_settled for depot in run.depots)
    assert run.fates.announced == sum(count for _, count in run.fates.by_status) == 10
    assert (run.metrics.total()["on_time_count"] or 0) >= 8

import pytest

from dispatcher.core.policies.batching.mixed import MIXED
from dispatcher.core.policies.rules import Gathering
from dispatcher.core.settings import PlanSettings
from dispatcher.core.state import FAR_FUTURE
from maps.units import Instant
from tests.dispatcher.core.harness import T0, minutes

SETTINGS = PlanSettings(wave_parcels=3, wave_age_s=600, wave_due_slack_s=3600)


@pytest.mark.parametrize(
    ("gathered", "at", "why"),
    [
        (Gathering(3, T0, minutes(900), FAR_FUTURE), T0, "enough"),
        (Gathering(2, T0, minutes(900), FAR_FUTURE), minutes(10), "waited"),
        (Gathering(2, minutes(5), minutes(74), FAR_FUTURE), minutes(14), "due"),
        (Gathering(2, minutes(5), minutes(75), FAR_FUTURE), minutes(15), "waited"),
        (Gathering(2, T0, minutes(900), minutes(30)), minutes(10), "waited"),
    ],
)
def test_the_first_of_three_causes_closes_the_wave(gathered, at, why):
    closing = MIXED.closing(gathered, SETTINGS)
    assert closing.at == at
    assert why in closing.why


def test_all_that_is_planned_leaves():
    assert MIXED.sends(FAR_FUTURE, Instant(0), SETTINGS)

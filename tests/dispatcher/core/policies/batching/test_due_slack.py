from dispatcher.core.settings import PlanSettings
from maps.units import Instant
from tests.dispatcher.core.harness import Day, minutes, parcel, setup_of
from tests.dispatcher.core.toy_city import at

DUE_SLACK = PlanSettings(batching="due-slack", wave_parcels=2, wave_age_s=60, wave_due_slack_s=3600)


def test_nothing_leaves_before_one_is_due_soon_and_then_all_of_it():
    day = Day(setup_of(2, settings=DUE_SLACK))
    far = [parcel(n, at(3_000 - 3_000 * n, 3_000), until=600, mass_g=60_000) for n in range(2)]
    day.announce(*far, parcel(2, until=150))
    day.run(Instant(minutes(90) - 1))
    assert not day.solves
    day.run(minutes(92))
    assert len(day.solves) == 1
    assert day.statuses()["waiting"] == 0, "what is not urgent leaves too"

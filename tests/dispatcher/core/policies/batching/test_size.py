from dispatcher.core.settings import PlanSettings
from maps.units import Instant
from tests.dispatcher.core.harness import Day, minutes, parcel, setup_of

SIZE_OF_4 = PlanSettings(batching="size", wave_parcels=4, wave_age_s=60, wave_due_slack_s=3600)


def test_a_wave_waits_until_it_has_its_size_and_not_a_moment_longer():
    day = Day(setup_of(2, settings=SIZE_OF_4))
    day.announce(*(parcel(n, until=400) for n in range(3)))
    day.run(minutes(200))
    assert not day.solves
    day.announce(parcel(3, until=400))
    assert len(day.solves) == 1
    assert {"p-0", "p-3"} <= {
        pid for stop in day.solves[0].request.stops for pid in stop.parcel_ids
    }


def test_too_few_leave_at_the_last_call():
    day = Day(setup_of(2, settings=SIZE_OF_4))
    day.announce(parcel(0, until=300), parcel(1, until=400))
    day.run(Instant(minutes(240) - 1))
    assert not day.solves
    day.run(minutes(240))
    assert len(day.solves[0].request.stops) == 2
    day.drain()
    assert day.statuses() == {"delivered": 2}


def test_what_is_due_after_the_last_shift_leaves_while_there_are_vans():
    day = Day(setup_of(1, settings=SIZE_OF_4))  # twelve hours of shift: to minute 720
    day.announce(parcel(0, until=1_000))
    day.run(Instant(minutes(660) - 1))
    assert not day.solves
    day.drain()
    assert day.statuses() == {"delivered": 1}
    (record,) = day.core.snapshot(day.now).parcels
    assert record.served_at is not None
    assert record.served_at <= minutes(720)

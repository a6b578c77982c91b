"""All that waits is planned, and only trips with something urgent leave."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from dispatcher.core.decisions import Report
from dispatcher.core.events import CancelAsked, Configured
from dispatcher.core.policies.batching.must_go import MUST_GO
from dispatcher.core.settings import PlanSettings
from maps.units import Instant
from tests.dispatcher.core.harness import Day, minutes, parcel, setup_of
from tests.dispatcher.core.toy_city import at

MUST = PlanSettings(
    batching="must-go",
    wave_parcels=2,
    wave_age_s=60,
    wave_due_slack_s=3600,
    wave_interval_s=1800,
    retry_s=300,
)
HALF_A_VAN_G = 60_000


def heavy(name: int, until: float):
    """Return a parcel that no other heavy one shares a van with."""
    return parcel(name, at(1_000 + 500 * name, 400), until=until, mass_g=HALF_A_VAN_G)


def urgent_and_not() -> Day:
    """Return a day just after its first wave, with one urgent parcel and one that can wait."""
    day = Day(setup_of(2, settings=MUST))
    day.announce(heavy(0, until=120), heavy(1, until=400))
    day.run(minutes(61))
    return day


def test_only_the_trip_with_the_urgent_parcel_leaves_though_both_were_planned():
    day = urgent_and_not()
    (solve,) = day.solves
    assert len(solve.request.stops) == 2
    assert (day.status(0).value, day.status(1).value) == ("ordered", "waiting")
    (report,) = [one for one in day.reports if one.name == "held_back"]
    assert report == Report("held_back", report.subject_id, "1 parcels wait for the next wave")
    entry = day.core.state.book["p-1"]
    assert (entry.wave_id, entry.van_id, entry.expected_at) == (None, None, None)


def test_what_shares_the_urgent_parcels_van_leaves_with_it():
    day = Day(setup_of(1, settings=MUST))
    day.announce(parcel(0, at(1_000, 0), until=120), parcel(1, at(1_100, 0), until=400))
    day.run(minutes(61))
    assert day.statuses() == {"ordered": 2}
    assert len(day.loads) == 1


def test_what_is_held_back_leaves_with_a_later_wave_and_is_in_time():
    day = urgent_and_not()
    day.run(Instant(minutes(340) - 1))
    assert len(day.solves) == 1
    day.announce(parcel(2, at(1_500, 500), until=700))
    day.run(minutes(341))
    assert {stop.stop_id for stop in day.solves[1].request.stops} == {"stp-p-1", "stp-p-2"}
    assert len(day.loads) == 2, "the light one goes with the heavy one"
    day.drain()
    day.check_end()
    assert day.statuses() == {"delivered": 3}
    for record in day.core.snapshot(day.now).parcels:
        assert record.served_at is not None
        assert record.served_at <= record.parcel.due_until


def test_what_could_not_wait_for_another_wave_leaves_at_once():
    for until, status in ((149, "ordered"), (153, "waiting")):
        day = Day(setup_of(2, settings=MUST))
        day.announce(heavy(0, until=120), heavy(1, until=until))
        day.run(minutes(61))
        assert day.status(1).value == status


def test_when_the_urgent_parcel_is_gone_before_the_plan_is_there_nothing_leaves():
    day = Day(setup_of(1, settings=MUST))
    day.announce(parcel(0, at(1_000, 0), until=120), parcel(1, at(1_100, 0), until=400))
    day.run(minutes(60))
    day.send(CancelAsked("p-0", "lost"))
    day.run(minutes(62))
    assert day.statuses() == {"cancelled": 1, "waiting": 1}
    assert not day.loads
    day.drain()
    assert day.statuses() == {"cancelled": 1, "delivered": 1}


def test_a_parcel_held_back_can_be_cancelled_and_the_held_ones_survive_a_restart():
    day = urgent_and_not()
    day.restart()
    day.send(CancelAsked("p-1", "not wanted"))
    day.drain()
    day.check_end()
    assert day.statuses() == {"delivered": 1, "cancelled": 1}


def test_what_is_held_back_is_planned_at_once_when_the_policy_is_changed():
    day = urgent_and_not()
    day.send(Configured(replace(day.setup, settings=replace(MUST, batching="mixed"))))
    day.run(minutes(63))
    assert day.core.state.book["p-1"].wave_id == "dep/wave-2"
    assert day.core.state.book["p-1"].van_id is not None


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 7200))
def test_what_has_had_its_last_call_is_never_held_back(leave_by, waited_ms, interval_s):
    now = Instant(leave_by + waited_ms)
    assert MUST_GO.sends(Instant(leave_by), now, PlanSettings(wave_interval_s=interval_s))

import sys
from collections import Counter
from typing import get_args

import pytest

from dispatcher.core.decisions import Solve
from dispatcher.core.dispatch import RULES, Dispatch
from dispatcher.core.events import (
    CancelAsked,
    Configured,
    Event,
    ParcelAnnounced,
    Restarted,
    Tick,
)
from dispatcher.core.invariants import InvariantBroken
from dispatcher.core.parcels import ALLOWED, FINAL, ParcelStatus
from dispatcher.core.settings import PlanSettings
from maps.units import Instant
from tests.dispatcher.core.harness import T0, Day, day_with_trip, minutes, parcel, setup_of
from vehicles.facts import VanFact, VanSeen


def test_every_event_has_its_rule():
    assert set(RULES) | {Configured} == set(get_args(Event))
    assert set(get_args(VanFact)) < set(RULES)


def test_every_status_has_its_changes_and_the_final_ones_have_none():
    assert set(ALLOWED) == set(ParcelStatus)
    assert {status for status, after in ALLOWED.items() if not after} == FINAL


def test_nothing_happens_before_the_depot_is_set_up():
    core = Dispatch()
    assert core.next_wakeup() is None
    with pytest.raises(InvariantBroken):
        core.handle(Tick(), T0)


def test_time_never_goes_back():
    day = Day()
    day.core.handle(Tick(), minutes(30))
    decisions = day.core.handle(ParcelAnnounced(parcel(1, until=20)), minutes(10))
    assert "has passed" in str(decisions)


def test_the_core_sleeps_when_there_is_nothing_to_wait_for():
    day = Day()
    assert day.core.next_wakeup() is None
    day.announce(parcel(1, ready=50, until=200))
    settings = day.setup.settings
    ready = Instant(minutes(50) - settings.plan_latency_s * 1000)
    assert day.core.next_wakeup() == ready
    day.run(Instant(ready))
    assert day.core.next_wakeup() == minutes(60), "the wave closes ten minutes after it is ready"


def test_vans_that_leave_the_fleet_finish_their_trip_and_get_no_other():
    day = Day(setup_of(2))
    day.announce(*(parcel(n) for n in range(6)))
    day.run(minutes(8))
    busy = [van.van_id for van in day.core.state.van_list() if van.trip_id is not None]
    day.send(Configured(setup_of(0)))
    day.announce(*(parcel(n) for n in range(6, 12)))
    day.drain(hours=2)
    assert busy
    assert all(day.status(n).value == "delivered" for n in range(6))
    assert all(day.status(n).value == "waiting" for n in range(6, 12))
    day.send(Configured(setup_of(2)))
    day.drain()
    day.check_end()


def test_a_restart_asks_again_what_was_not_answered():
    day = Day()
    day.announce(*(parcel(n) for n in range(6)))
    (asked,) = day.solves
    assert day.core.handle(Restarted(), day.now) == (asked,)
    assert not any(van.known for van in day.core.state.van_list())


def calls_of_an_event(van_count: int) -> int:
    """Return how many calls an announcement takes where many vans will charge after the shift."""
    core = Dispatch()
    setup = setup_of(van_count, settings=PlanSettings(charging="overnight-full"))
    core.handle(Configured(setup), T0)
    core.handle(Tick(), T0)  # the shifts begin
    for van in setup.vans:
        core.handle(VanSeen(van.van_id, T0, setup.depot.place, 16_000_000, None, False), T0)
    assert len(core.state.thirsty) == van_count
    for number in range(10 * van_count):
        core.handle(ParcelAnnounced(parcel(number, ready=200, until=500)), T0)
    counts = Counter[str]()
    sys.setprofile(lambda frame, what, arg: counts.update([what]))
    core.handle(ParcelAnnounced(parcel("last", ready=200, until=500)), T0)
    core.next_wakeup()
    sys.setprofile(None)
    return counts["call"]


def test_an_event_takes_as_many_calls_in_a_large_depot_as_in_a_small_one():
    assert calls_of_an_event(4) == calls_of_an_event(60)


def test_after_a_restart_vans_on_the_road_are_asked_about_before_all_that_waits():
    day = day_with_trip(until=16)
    day.latency_s = 10_000
    for number in range(20, 26):
        day.announce(parcel(number))
    day.run(minutes(17))
    day.send(CancelAsked("p-3", "no"))
    assert [pending.is_pool for pending in day.core.state.solves.values()] == [True, False]
    decisions = day.core.handle(Restarted(), day.now)
    asked = [one.request.cause for one in decisions if isinstance(one, Solve)]
    assert asked[0] == "parcel p-3 is cancelled"
    assert len(asked) == 2

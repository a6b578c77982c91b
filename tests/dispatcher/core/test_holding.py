"""Vans, parcels and the depot that somebody holds by hand, and releases."""

import pytest

from dispatcher.core.decisions import AnswerHold, CancelTrip, Load, Report, SendTrip
from dispatcher.core.events import CancelAsked, HoldAsked, ReleaseAsked, TripLoaded
from dispatcher.core.holding import in_force
from dispatcher.core.holds import Hold, HoldKind
from dispatcher.core.parcels import ParcelStatus
from dispatcher.core.settings import PlanSettings
from maps.units import Seconds, later
from tests.dispatcher.core.harness import Day, day_with_trip, minutes, parcel, setup_of
from tests.dispatcher.core.toy_city import at
from vehicles.facts import TripCancelled

EAGER = PlanSettings(wave_parcels=1, retry_s=300)
VAN, PARCEL, DEPOT = HoldKind.VAN, HoldKind.PARCEL, HoldKind.DEPOT


def hold(day: Day, kind: HoldKind, subject_id: str, reason: str = "scratched"):
    return day.send(HoldAsked(kind, subject_id, "ann", reason))


def release(day: Day, kind: HoldKind, subject_id: str):
    return day.send(ReleaseAsked(kind, subject_id, "bob", "looked at"))


@pytest.mark.parametrize(("kind", "subject_id"), [(VAN, "van-0"), (PARCEL, "p-1"), (DEPOT, "dep")])
def test_who_asks_twice_is_answered_twice_and_nothing_else_happens(kind, subject_id):
    day = Day(setup_of(1))
    day.announce(parcel(1))
    made = Hold(kind, subject_id, "ann", "scratched", day.now)
    report = Report("held", subject_id, "held by ann: scratched")
    assert hold(day, kind, subject_id) == (AnswerHold(made, is_changed=True), report)
    day.run(minutes(1))
    assert hold(day, kind, subject_id, "of another") == (AnswerHold(made, is_changed=False),)
    assert in_force(day.core.state) == (made,)
    assert release(day, kind, subject_id)[0] == AnswerHold(None, is_changed=True)
    assert release(day, kind, subject_id) == (AnswerHold(None, is_changed=False),)
    assert in_force(day.core.state) == ()


@pytest.mark.parametrize(
    ("kind", "subject_id", "fault"),
    [
        (VAN, "van-9", "there is no such van here"),
        (PARCEL, "p-9", "there is no such parcel here"),
        (PARCEL, "p-1", "the parcel is cancelled already"),
        (DEPOT, "other", "there is no such depot here"),
    ],
)
def test_what_cannot_be_held_is_said_and_not_held(kind, subject_id, fault):
    day = Day(setup_of(1))
    day.announce(parcel(1))
    day.send(CancelAsked("p-1", ""))
    answer, report = hold(day, kind, subject_id)
    assert answer == AnswerHold(None, is_changed=False, fault=fault)
    assert report == Report("hold_refused", subject_id, fault)
    assert in_force(day.core.state) == ()
    assert release(day, kind, subject_id) == (AnswerHold(None, is_changed=False),)


def planned_next(day: Day) -> tuple[str, ...]:
    """Return the parcels planned for the next trip of the first van."""
    upcoming = day.core.state.vans["van-0"].upcoming
    stops = () if upcoming is None else upcoming.stops
    return tuple(parcel_id for stop in stops for parcel_id in stop.parcel_ids)


# Vans


def test_a_held_van_gets_no_trip_and_another_one_does():
    day = Day(setup_of(2, settings=EAGER))
    hold(day, VAN, "van-0")
    day.announce(parcel(1), parcel(2, at(-3000, 0)))
    day.drain()
    assert day.statuses() == {"delivered": 2}
    assert {load.van_id for load in day.loads} == {"van-1"}


def test_a_held_van_alone_gets_its_parcels_once_it_is_released():
    day = Day(setup_of(1, settings=EAGER))
    hold(day, VAN, "van-0")
    day.announce(parcel(1))
    day.run(minutes(60))
    assert day.statuses() == {"waiting": 1}
    assert day.solves == []
    release(day, VAN, "van-0")
    day.drain()
    assert day.statuses() == {"delivered": 1}


def test_a_van_drives_the_trip_to_its_end_that_it_has_when_it_is_held():
    day = day_with_trip()
    hold(day, VAN, "van-0")
    day.announce(parcel(9))
    day.run(minutes(120))
    assert day.statuses() == {"delivered": 4, "waiting": 1}
    release(day, VAN, "van-0")
    day.drain()
    assert day.statuses() == {"delivered": 5}


def test_what_was_planned_for_a_held_vans_next_trip_goes_to_others():
    day = Day(setup_of(2, settings=EAGER))
    day.vans["van-1"].disconnect(day.now)
    day.announce(parcel(1, at(3000, 0)))
    day.run(minutes(8))
    day.announce(parcel(2))
    day.run(minutes(10))
    assert planned_next(day) == ("p-2",)
    hold(day, VAN, "van-0")
    assert planned_next(day) == ()
    day.vans["van-1"].connect(day.now)
    day.drain()
    assert day.statuses() == {"delivered": 2}
    assert [load.van_id for load in day.loads] == ["van-0", "van-1"]


def test_an_answer_that_comes_after_the_hold_sends_nobody():
    day = Day(setup_of(1, settings=EAGER))
    day.announce(parcel(1))
    assert len(day.solves) == 1
    hold(day, VAN, "van-0")
    day.run(minutes(30))
    assert day.loads == []
    assert day.status(1) is ParcelStatus.WAITING


def test_a_held_van_is_not_even_charged_or_brought_home():
    day = Day(setup_of(1, settings=EAGER, battery_mwh=9_000_000), connected=False)
    hold(day, VAN, "van-0")
    day.vans["van-0"].place = at(9000, 0)
    day.vans["van-0"].connect(day.now)
    day.run(minutes(30))
    assert day.core.state.vans["van-0"].astray
    assert day.solves == []
    release(day, VAN, "van-0")
    day.drain()
    assert not day.core.state.vans["van-0"].astray


def test_a_hold_survives_a_restart():
    day = Day(setup_of(1, settings=EAGER))
    day.announce(parcel(1))
    for kind, subject_id in ((VAN, "van-0"), (PARCEL, "p-1"), (DEPOT, "dep")):
        hold(day, kind, subject_id)
    before = in_force(day.core.state)
    day.restart()
    day.run(minutes(30))
    assert len(before) == 3
    assert in_force(day.core.state) == before
    assert day.loads == []


# Parcels


def test_a_held_parcel_stays_while_others_are_brought_and_comes_when_it_is_released():
    day = Day(setup_of(1, settings=EAGER))
    day.announce(parcel(1))
    hold(day, PARCEL, "p-1")
    day.announce(parcel(2))
    day.run(minutes(100))
    assert day.statuses() == {"held": 1, "delivered": 1}
    entry = day.core.state.book["p-1"]
    assert (entry.reason, entry.detail) == ("held", "held by ann: scratched")
    release(day, PARCEL, "p-1")
    day.drain()
    assert day.statuses() == {"delivered": 2}
    assert day.core.state.book["p-1"].reason == ""


def test_a_parcel_held_before_its_wave_closed_enters_one_after_its_release():
    day = Day(setup_of(1, settings=PlanSettings(wave_parcels=40, wave_age_s=600)))
    day.announce(parcel(1))
    hold(day, PARCEL, "p-1")
    day.run(minutes(30))
    assert day.core.state.book["p-1"].wave_id is None
    release(day, PARCEL, "p-1")
    day.drain()
    assert day.statuses() == {"delivered": 1}


def test_a_parcel_planned_for_a_vans_next_trip_is_taken_out_of_it():
    day = Day(setup_of(1, settings=EAGER))
    day.announce(parcel(1, at(3000, 0)))
    day.run(minutes(8))
    day.announce(parcel(2), parcel(3))
    day.run(minutes(10))
    assert set(planned_next(day)) == {"p-2", "p-3"}
    hold(day, PARCEL, "p-2")
    assert planned_next(day) == ()
    day.run(minutes(120))
    assert day.statuses() == {"delivered": 2, "held": 1}


def test_a_parcel_that_is_in_a_trip_is_held_if_that_leaves_it_behind():
    day = Day(setup_of(1, settings=PlanSettings(wave_parcels=2)))
    day.announce(parcel(1), parcel(2))
    day.vans["van-0"].unloadable.add("p-1")
    day.run(minutes(1))
    (trip,) = day.core.state.live_trips()
    assert set(trip.parcel_ids) == {"p-1", "p-2"}
    assert hold(day, PARCEL, "p-1")[0].is_changed
    assert day.status(1) is ParcelStatus.ORDERED
    day.run(minutes(60))
    assert day.statuses() == {"held": 1, "delivered": 1}


def test_a_hold_of_a_parcel_that_was_delivered_all_the_same_is_over():
    day = Day(setup_of(1, settings=EAGER))
    day.announce(parcel(1))
    day.run(minutes(1))
    hold(day, PARCEL, "p-1")
    day.drain()
    assert day.statuses() == {"delivered": 1}
    assert in_force(day.core.state) == ()


def test_a_held_parcel_is_given_up_when_its_window_has_passed_and_says_who_held_it():
    day = Day(setup_of(1, settings=EAGER))
    day.announce(parcel(1, until=60))
    hold(day, PARCEL, "p-1")
    day.run(minutes(61))
    entry = day.core.state.book["p-1"]
    assert (entry.status, entry.reason) == (ParcelStatus.UNSERVED, "held")
    assert entry.detail == "held by ann: scratched"
    assert in_force(day.core.state) == ()


def test_a_held_parcel_can_be_cancelled():
    day = Day(setup_of(1, settings=EAGER))
    day.announce(parcel(1))
    hold(day, PARCEL, "p-1")
    day.send(CancelAsked("p-1", "sold"))
    assert day.statuses() == {"cancelled": 1}
    assert in_force(day.core.state) == ()
    day.drain()
    day.check_end()


def test_a_held_parcel_loaded_by_mistake_is_held_again_when_it_is_back():
    day = Day(setup_of(1, settings=EAGER))
    day.announce(parcel(1), parcel(2))
    hold(day, PARCEL, "p-1")
    day.run(minutes(1))
    (trip,) = day.core.state.live_trips()
    day.send(TripLoaded(trip.trip_id, ("p-1", "p-2")))
    assert day.status(1) is ParcelStatus.RETURNING
    day.run(minutes(100))
    assert day.statuses() == {"held": 1, "delivered": 1}
    assert day.core.state.book["p-1"].detail == "held by ann: scratched"


def test_a_trip_given_up_before_its_loading_leaves_the_held_parcel_held():
    day = Day(setup_of(1, settings=EAGER))
    day.announce(parcel(1))
    day.run(minutes(1))
    (trip,) = day.core.state.live_trips()
    hold(day, PARCEL, "p-1")
    day.vans["van-0"].disconnect(day.now, tell=False)
    decisions = day.send(TripCancelled("van-0", day.now, trip.trip_id))
    assert day.status(1) is ParcelStatus.HELD
    assert not any(isinstance(one, SendTrip | CancelTrip) for one in decisions)


# The depot


def test_a_held_depot_begins_no_trip_lets_others_end_and_catches_up():
    day = day_with_trip()
    hold(day, DEPOT, "dep")
    day.announce(parcel(9))
    day.run(minutes(120))
    assert day.statuses() == {"delivered": 4, "waiting": 1}
    assert len(day.loads) == 1
    release(day, DEPOT, "dep")
    day.drain()
    assert day.statuses() == {"delivered": 5}


def test_an_answer_that_comes_while_the_depot_is_held_is_not_adopted_but_asked_for_again():
    day = Day(setup_of(1, settings=EAGER))
    day.announce(parcel(1))
    assert len(day.solves) == 1
    hold(day, DEPOT, "dep")
    day.run(minutes(10))
    assert "plan_not_adopted" in day.names()
    assert len(day.solves) == 1
    decisions = release(day, DEPOT, "dep")
    assert len(day.solves) == 2
    assert not any(isinstance(one, Load) for one in decisions)
    day.drain()
    assert day.statuses() == {"delivered": 1}


def test_a_held_depot_drops_what_it_planned_for_next_trips_and_vans_charge_meanwhile():
    day = Day(setup_of(1, settings=EAGER, battery_mwh=14_000_000))
    day.announce(parcel(1, at(3000, 0)))
    day.run(minutes(8))
    day.announce(parcel(2))
    day.run(minutes(10))
    assert planned_next(day) == ("p-2",)
    hold(day, DEPOT, "dep")
    assert planned_next(day) == ()
    day.run(minutes(60))
    assert [trip.charging_only for trip in day.core.state.trips.values()] == [False, True]
    assert day.statuses() == {"delivered": 1, "waiting": 1}


def test_what_becomes_hopeless_while_the_depot_is_held_is_given_up():
    day = Day(setup_of(1, settings=EAGER))
    hold(day, DEPOT, "dep")
    day.announce(parcel(1, until=60))
    day.run(later(minutes(60), Seconds(1)))
    assert day.statuses() == {"unserved": 1}
    release(day, DEPOT, "dep")
    day.drain()
    day.check_end()

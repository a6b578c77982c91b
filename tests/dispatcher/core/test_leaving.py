"""Vans that are in the fleet no more: they end what they have begun, and begin nothing."""

from dataclasses import replace

from dispatcher.core import leaving
from dispatcher.core.assembling import trip_offer
from dispatcher.core.events import Configured
from maps.units import later
from tests.dispatcher.core.harness import Day, day_with_trip, minutes, parcel, setup_of


def retire(day):
    """Set the depot up as if its vans were to leave."""
    vans = tuple(van.retired() for van in day.core.state.setup.vans)
    day.send(Configured(replace(day.core.state.setup, vans=vans)))


def test_a_van_at_work_is_unfinished_until_its_trip_is_over():
    day = day_with_trip(until=18)
    state = day.core.state
    (van,) = leaving.unfinished(state, ())
    assert (van.van_id, van.is_retired) == ("van-0", True)
    assert leaving.unfinished(state, ("van-0",)) == ()
    aboard = day.statuses()["aboard"]
    assert leaving.aboard_count(state, state.vans["van-0"]) == aboard > 0
    retire(day)
    day.drain()
    assert day.statuses() == {"delivered": 4}
    assert leaving.unfinished(state, ()) == ()


def test_parcels_left_aboard_are_brought_home_first():
    day = day_with_trip(until=18)
    retire(day)
    day.vans["van-0"].lose_memory(day.now)
    day.run(minutes(18.5))
    assert day.core.state.vans["van-0"].stranded
    assert leaving.unfinished(day.core.state, ())
    day.drain()
    assert not leaving.unfinished(day.core.state, ())
    assert "aboard" not in day.statuses()


def test_a_trip_of_a_van_without_a_shift_can_still_be_planned_anew():
    day = day_with_trip()
    retire(day)
    state = day.core.state
    (trip,) = state.live_trips()
    offer, stops = trip_offer(trip, state.vans["van-0"], state.setup, state.book, day.now)
    assert stops
    assert offer.shift_end >= later(day.now, trip_s(state))


def trip_s(state):
    return state.setup.settings.trip_s_max


def test_a_van_without_a_shift_neither_charges_nor_begins_a_trip():
    day = Day(setup_of(1, battery_mwh=8_000_000), connected=False)
    retire(day)
    day.vans["van-0"].connect(day.now)
    day.announce(parcel("n"))
    day.run(minutes(60))
    assert day.core.state.trips == {}


def test_a_van_that_is_listed_no_more_is_not_counted_on():
    day = Day(setup_of(2))
    setup = day.core.state.setup
    day.send(Configured(replace(setup, vans=setup.vans[1:])))
    assert [van.known for van in day.core.state.van_list()] == [False, True]
    assert [van.van_id for van in day.core.overview(day.now).vans] == ["van-1"]

"""Vans that gave their trip up on the road and go on with what they have aboard."""

import pytest

from dispatcher.core.decisions import SendTrip
from dispatcher.core.events import CancelAsked, HoldAsked, ReleaseAsked
from dispatcher.core.holds import HoldKind
from dispatcher.core.parcels import ParcelStatus
from maps.units import Seconds, later
from tests.dispatcher.core.harness import Day, day_with_trip, minutes, parcel
from vehicles.facts import ChargingTold
from vehicles.plugging import Charging
from vehicles.trip import ActionKind

LEFT_AT = 18
"""By then the van has left with four parcels, and handed one over as a rule."""


def day_of_forgetful_van(due: float = 240) -> tuple[Day, list[int]]:
    """Return a day whose van has just forgotten its trip, and what it still has aboard."""
    day = day_with_trip(until=LEFT_AT, due=due)
    aboard = [n for n in range(4) if day.status(n) is ParcelStatus.ABOARD]
    assert len(aboard) >= 2
    day.vans["van-0"].lose_memory(day.now)
    day.run(minutes(LEFT_AT))
    assert day.core.state.vans["van-0"].astray
    return day, aboard


def ways_home(day: Day) -> list[SendTrip]:
    """Return the first order of each trip that began on the road."""
    sent = [one for _, _, decisions in day.log for one in decisions if isinstance(one, SendTrip)]
    loaded = {load.trip_id for load in day.loads}
    return list({one.wish.trip_id: one for one in sent if one.wish.trip_id not in loaded}.values())


def test_it_hands_over_what_it_has_aboard_on_its_way_home_and_loads_nothing():
    day, aboard = day_of_forgetful_van()
    day.drain()
    day.check_end()
    assert all(day.status(n) is ParcelStatus.DELIVERED for n in aboard)
    (way,) = ways_home(day)
    actions = [action for node in way.wish.nodes for action in node.actions]
    assert {action.kind for action in actions} == {ActionKind.DROP}
    assert {action.parcel_id for action in actions} == {f"p-{n}" for n in aboard}
    assert f"{way.wish.trip_id}, with {len(aboard)} parcels to hand over" in [
        report.detail for report in day.reports if report.name == "ordered_home"
    ]


def test_the_world_hears_each_kind_of_event_once_as_if_nothing_had_happened():
    day, aboard = day_of_forgetful_van()
    day.drain()
    for n in aboard:
        kinds = ("accepted", "bundled", "planned", "loaded", "out_for_delivery", "delivered")
        assert day.core.state.book[f"p-{n}"].told == kinds


def test_what_was_cancelled_or_refused_at_the_door_comes_home():
    day = day_with_trip(until=LEFT_AT)
    aboard = [n for n in range(4) if day.status(n) is ParcelStatus.ABOARD]
    day.send(CancelAsked(f"p-{aboard[-1]}", ""))
    day.vans["van-0"].lose_memory(day.now)
    day.drain()
    day.check_end()
    assert day.status(aboard[-1]) is ParcelStatus.RETURNED
    assert all(day.status(n) is ParcelStatus.DELIVERED for n in aboard[:-1])


def test_what_is_cancelled_while_its_way_is_asked_for_is_not_handed_over():
    day, aboard = day_of_forgetful_van()
    assert day.core.state.solves
    day.send(CancelAsked(f"p-{aboard[0]}", ""))
    day.drain()
    day.check_end()
    assert day.status(aboard[0]) is ParcelStatus.RETURNED
    assert f"p-{aboard[0]}" not in day.vans["van-0"].delivered
    assert all(day.status(n) is ParcelStatus.DELIVERED for n in aboard[1:])


def test_what_it_had_handed_over_unheard_fails_at_the_door():
    day = day_with_trip(until=LEFT_AT)
    aboard = [n for n in range(4) if day.status(n) is ParcelStatus.ABOARD]
    van = day.vans["van-0"]
    van.lose_memory(day.now)
    van.aboard.remove(f"p-{aboard[0]}")  # somebody took it out
    day.drain()
    entry = day.core.state.book[f"p-{aboard[0]}"]
    assert (entry.status, entry.reason) == (ParcelStatus.RETURNED, "handover_failed")
    assert all(day.status(n) is ParcelStatus.DELIVERED for n in aboard[1:])


def test_a_van_that_refuses_the_doors_is_brought_home_with_all_it_has():
    day = day_with_trip(until=LEFT_AT)
    aboard = [n for n in range(4) if day.status(n) is ParcelStatus.ABOARD]
    day.vans["van-0"].lose_memory(day.now)
    day.vans["van-0"].refusals = 1
    while not day.core.state.vans["van-0"].rests_until:
        day.run(later(day.now, Seconds(30)))
    day.drain()
    day.check_end()
    assert all(day.status(n) is ParcelStatus.RETURNED for n in aboard)
    first, second = ways_home(day)
    assert any(node.actions for node in first.wish.nodes)
    assert not any(node.actions for node in second.wish.nodes)


def test_after_its_shift_it_comes_home_at_once():
    day = day_with_trip(until=LEFT_AT)
    aboard = [n for n in range(4) if day.status(n) is ParcelStatus.ABOARD]
    van = day.core.state.vans["van-0"]
    day.vans["van-0"].disconnect(day.now)
    day.vans["van-0"].lose_memory(day.now)
    day.run(later(van.setup.shift_end, Seconds(60)))
    day.vans["van-0"].connect(day.now)
    day.drain()
    day.check_end()
    assert all(day.status(n) is ParcelStatus.RETURNED for n in aboard)


def test_while_its_depot_is_held_it_comes_home():
    day, aboard = day_of_forgetful_van()
    day.send(HoldAsked(HoldKind.DEPOT, "dep", "ann", "alarm"))
    day.run(minutes(60))
    day.send(ReleaseAsked(HoldKind.DEPOT, "dep", "ann", "over"))
    day.drain()
    day.check_end()
    assert all(day.status(n) is ParcelStatus.RETURNED for n in aboard)


@pytest.mark.parametrize("at", [18.2, 20, 25])
def test_a_restart_on_the_way_changes_nothing(at):
    day, aboard = day_of_forgetful_van()
    day.run(minutes(at))
    day.restart()
    day.drain()
    day.check_end()
    assert all(day.status(n) is ParcelStatus.DELIVERED for n in aboard)


def test_a_van_that_forgets_again_goes_on_again():
    day, aboard = day_of_forgetful_van()
    day.run(minutes(24))
    day.vans["van-0"].lose_memory(day.now)
    day.drain()
    day.check_end()
    assert all(day.status(n) is ParcelStatus.DELIVERED for n in aboard)
    assert len(ways_home(day)) == 2


def test_what_waits_at_the_depot_goes_with_it_when_it_is_home():
    day, _ = day_of_forgetful_van()
    day.announce(*(parcel(n) for n in range(10, 16)))
    day.run(minutes(19))
    assert all(not load.parcel_ids for load in day.loads[1:]), "it takes nothing on the way"
    day.drain()
    day.check_end()
    assert all(day.status(n) is ParcelStatus.DELIVERED for n in range(10, 16))


def test_a_van_that_is_not_told_to_charge_is_led_home_without_charging():
    day = day_with_trip(until=LEFT_AT)
    day.send(ChargingTold("van-0", day.now, Charging(can_start=False)))
    day.vans["van-0"].lose_memory(day.now)
    day.run(minutes(LEFT_AT))
    (pending,) = day.core.state.solves.values()
    assert [van.spec.charge_power_w for van in pending.request.vans] == [0]

"""Progress of trips and parcels, and what becomes of trips that are refused or given up."""

import pytest

from dispatcher.core.driving import CANCEL_REFUSED
from dispatcher.core.ending import end_trip
from dispatcher.core.events import CancelAsked, SolveFinished
from dispatcher.core.model import TripStatus
from dispatcher.core.parcels import ParcelStatus
from dispatcher.core.requests import PlanResult, UnservedStop
from dispatcher.core.settings import PlanSettings
from maps.units import Seconds, later
from tests.dispatcher.core.harness import Day, day_with_trip, minutes, parcel, setup_of
from tests.dispatcher.core.toy_city import at
from vehicles import noting
from vehicles.facts import ActionEnded, NodePassed, OrderRefused

EAGER = PlanSettings(wave_parcels=1, retry_s=300)


def kinds(day: Day, name: object) -> list[str]:
    return list(day.core.state.book[f"p-{name}"].told)


def test_a_refused_cancel_has_the_name_that_sessions_give_it():
    assert CANCEL_REFUSED == noting.CANCEL_REFUSED


def test_a_parcel_is_told_of_in_the_order_of_its_way():
    day = day_with_trip()
    day.drain()
    assert kinds(day, 0) == [
        "accepted",
        "bundled",
        "planned",
        "loaded",
        "out_for_delivery",
        "delivered",
    ]


def test_an_absent_consignee_gets_nothing_and_the_parcel_comes_back():
    day = day_with_trip()
    day.vans["van-0"].absent.add("p-1")
    day.drain()
    day.check_end()
    assert day.statuses() == {"delivered": 3, "returned": 1}
    assert kinds(day, 1)[-2:] == ["failed", "returned"]
    entry = day.core.state.book["p-1"]
    assert (entry.reason, entry.detail) == ("handover_failed", "nobody there")


def test_what_could_not_be_loaded_waits_and_goes_with_another_trip():
    day = Day(setup_of(1, settings=EAGER))
    day.vans["van-0"].unloadable.add("p-0")
    day.announce(parcel(0), parcel(1, at(2_000, 0)))
    day.run(minutes(20))
    day.vans["van-0"].unloadable.clear()
    day.drain()
    day.check_end()
    assert day.statuses() == {"delivered": 2}


def test_what_another_van_took_is_not_failed_by_the_one_that_did_not():
    day = day_with_trip(until=16)
    (trip,) = day.core.state.live_trips()
    assert day.status(3) is ParcelStatus.ABOARD
    day.core.state.book.note("p-3", trip_id="van-9/another")  # it could not be loaded here
    drop = f"{trip.trip_id}/drop/p-3"
    day.core.handle(ActionEnded("van-0", day.now, trip.trip_id, drop, False, ""), day.now)
    assert day.status(3) is ParcelStatus.ABOARD


def test_the_end_of_a_trip_moves_only_its_own_parcels():
    day = day_with_trip(until=18)
    (trip,) = day.core.state.live_trips()
    day.core.state.book.note("p-3", trip_id="van-9/another")
    end_trip(day.core.state, trip, TripStatus.CANCELLED, day.now)
    assert day.status(3) is ParcelStatus.ABOARD
    assert day.status(2) is ParcelStatus.RETURNING


def test_an_order_refused_after_it_was_begun_ends_nothing():
    day = day_with_trip(until=16)
    (trip,) = day.core.state.live_trips()
    day.send(OrderRefused("van-0", day.now, trip.trip_id, 0, "orderError", "late"))
    assert trip.trip_id in day.core.state.live


def test_without_a_route_in_the_answer_the_van_goes_on_as_told():
    day = day_with_trip(until=16)
    day.latency_s = 10_000
    day.send(CancelAsked("p-3", "no"))
    day.run(minutes(22))  # it has come to the end of what was released, and waits
    request = day.solves[-1].request
    left_out = tuple(UnservedStop(stop.stop_id, "range", "no way") for stop in request.stops)
    before = day.core.state.live_trips()[0]
    assert before.passed_index == before.released_count - 1
    day.send(SolveFinished(PlanResult(request.request_id, (), left_out, (), ())))
    assert day.core.state.live_trips()[0].released_count > before.released_count
    day.latency_s = 10
    day.drain()
    day.check_end()


def test_a_handover_proves_that_the_parcel_was_aboard():
    day = day_with_trip(until=10.4)
    (trip,) = day.core.state.live_trips()
    assert day.status(0) is ParcelStatus.ORDERED
    day.send(ActionEnded("van-0", day.now, trip.trip_id, f"{trip.trip_id}/drop/p-0", True, ""))
    assert day.status(0) is ParcelStatus.DELIVERED
    assert kinds(day, 0)[-2:] == ["loaded", "delivered"]


def test_a_parcel_cancelled_before_loading_is_told_to_be_loaded_if_it_is():
    day = day_with_trip(until=10.4)
    day.send(CancelAsked("p-3", "no"))
    day.drain()
    assert kinds(day, 3)[-3:] == ["cancelled", "loaded", "returned"]


def test_a_parcel_cancelled_on_the_road_is_not_handed_over():
    day = day_with_trip(until=16)
    assert day.status(3) is ParcelStatus.ABOARD
    day.send(CancelAsked("p-3", "no"))
    day.drain()
    day.check_end()
    assert day.status(3) is ParcelStatus.RETURNED
    assert day.core.state.replans


def test_a_parcel_cancelled_while_a_plan_is_awaited_is_not_handed_over_either():
    day = day_with_trip(until=16)
    for number in (3, 2):  # the second while the first is being planned
        day.send(CancelAsked(f"p-{number}", "no"))
    day.drain()
    day.check_end()
    assert day.status(2) is day.status(3) is ParcelStatus.RETURNED
    assert day.statuses() == {"delivered": 2, "returned": 2}
    stops = [node.stop_id for node in day.core.state.trips[day.loads[0].trip_id].nodes]
    assert not {"stp-p-2", "stp-p-3"} & set(stops), "it does not drive there for nothing"


def test_a_parcel_cancelled_before_loading_is_back_as_soon_as_it_is_left_out():
    day = day_with_trip(until=10.4)
    day.vans["van-0"].unloadable.add("p-3")
    day.send(CancelAsked("p-3", "no"))
    day.run(minutes(17))
    assert day.status(3) is ParcelStatus.RETURNED


def test_all_stops_cancelled_the_van_comes_home():
    day = day_with_trip(until=16)
    for number in range(4):
        day.send(CancelAsked(f"p-{number}", "no"))
    day.drain()
    day.check_end()
    assert day.core.state.vans["van-0"].trip_id is None


def test_a_van_that_refuses_its_order_is_left_alone_for_a_while():
    day = Day(setup_of(1, settings=EAGER))
    day.vans["van-0"].refusals = 1
    day.announce(parcel(0))
    day.run(minutes(2))
    assert day.names().count("order_refused") == 1
    assert day.status(0) is ParcelStatus.WAITING
    day.run(minutes(5))
    assert len(day.loads) == 1
    day.drain()
    assert day.statuses() == {"delivered": 1}


def test_a_refused_update_is_told_again_and_the_trip_ends():
    day = day_with_trip(until=15)
    day.vans["van-0"].refusals = 3
    day.drain(hours=3)
    day.check_end()
    assert day.statuses() == {"delivered": 4}


def test_a_stuck_van_that_keeps_its_trip_goes_on_with_it():
    day = day_with_trip(until=10.4)
    van = day.vans["van-0"]
    van.keeps_trips = True
    van.stick(day.now)
    day.run(minutes(11))
    assert "order_refused" in day.names()
    day.run(minutes(14))
    van.free(day.now)
    day.run(minutes(60))
    assert day.statuses() == {"delivered": 4}


def test_a_stuck_van_gives_up_a_trip_that_it_has_not_begun():
    day = Day(setup_of(2))
    day.announce(*(parcel(n, at(500, 300 * n)) for n in range(6)))
    day.run(minutes(0.6))
    trip = day.core.state.live_trips()[0]
    day.vans[trip.van_id].stick(day.now)
    day.run(minutes(100))
    assert day.core.state.trips[trip.trip_id].status.value == "cancelled"
    assert day.statuses() == {"delivered": 6}, "the other van brought them"


def test_facts_of_a_trip_that_is_over_change_nothing():
    day = day_with_trip()
    day.drain()
    before = day.core.snapshot(day.now)
    (trip_id,) = (trip.trip_id for trip in before.trips if not trip.charging_only)
    for fact in (
        NodePassed("van-0", day.now, trip_id, 3, 1),
        ActionEnded("van-0", day.now, trip_id, f"{trip_id}/drop/p-0", False, "late"),
        OrderRefused("van-0", day.now, trip_id, 0, "orderError", "late"),
    ):
        day.send(fact)
    after = day.core.snapshot(day.now)
    assert (after.parcels, after.trips, after.vans) == (before.parcels, before.trips, before.vans)


@pytest.mark.parametrize(("slowness", "replans"), [(1.0, False), (4.0, True)])
def test_a_slow_van_is_planned_again_when_promises_break(slowness, replans):
    day = Day(setup_of(1, settings=PlanSettings(wave_parcels=4, wave_due_slack_s=60)))
    places = [at(1_000, 0), at(3_000, 0), at(3_000, 2_000), at(500, 2_000)]
    day.announce(*(parcel(n, place, until=18 + 2 * n) for n, place in enumerate(places)))
    day.run(minutes(5))
    day.vans["van-0"].slowness = slowness
    day.run(minutes(60))
    day.drain()
    day.check_end()
    assert ("replan_asked" in day.names()) == replans


def test_service_begins_when_the_van_is_there_and_the_window_is_open():
    day = Day(setup_of(1, settings=EAGER))
    day.announce(parcel(0, at(500, 0), begin=40))
    day.drain()
    record = day.core.snapshot(day.now).parcels[0]
    assert record.served_at == record.expected_at == minutes(40)
    assert record.status_at == later(minutes(40), Seconds(60))


def live_trip(day: Day, van_id: str = "van-0"):
    trip_id = day.core.state.vans[van_id].trip_id
    assert trip_id is not None
    return day.core.state.trips[trip_id]

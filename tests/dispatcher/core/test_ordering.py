from dataclasses import replace

import pytest

from dispatcher.core.ordering import released, retimed, same_tail, with_new_tail
from dispatcher.core.settings import PlanSettings
from maps.units import Seconds, later
from tests.dispatcher.core.harness import DEPOT, Day, day_with_trip, minutes, parcel, setup_of
from vehicles.trip import ActionKind, NodeKind


@pytest.fixture(scope="module")
def day() -> Day:
    return day_with_trip(until=10.4)


@pytest.fixture(scope="module")
def trip(day):
    (only,) = day.core.state.live_trips()
    return only


def test_what_is_delivered_last_is_loaded_first(day, trip):
    served = [pid for node in trip.nodes for pid in node.parcel_ids]
    assert list(trip.parcel_ids) == served[::-1]
    assert day.loads[0].parcel_ids == trip.parcel_ids
    picks = trip.nodes[0].node.actions
    assert {action.kind for action in picks} == {ActionKind.PICK}
    assert sum(action.duration_s for action in picks) == DEPOT.loading_s
    assert trip.nodes[0].dwell_s == DEPOT.loading_s


@pytest.mark.parametrize(("released_s", "count"), [(0, 2), (59, 2), (60, 2), (119, 2), (120, 3)])
def test_so_much_driving_is_released_and_never_less_than_the_next_node(trip, released_s, count):
    nodes = tuple(replace(n, node=replace(n.node, drive_s=60)) for n in trip.nodes)
    fresh = replace(trip, nodes=nodes, released_count=1, passed_index=-1)
    settings = PlanSettings(released_s_min=released_s)
    assert released(fresh, settings).released_count == count
    assert released(replace(fresh, passed_index=2), settings).released_count == count + 2
    further = released(fresh, settings, further_s=60)
    assert further.released_count == max(2, (released_s + 60) // 60 + 1)


def test_an_order_releases_more_than_is_needed_so_that_the_next_nodes_need_none(trip):
    nodes = tuple(replace(n, node=replace(n.node, drive_s=60)) for n in trip.nodes)
    settings = PlanSettings(released_s_min=60, released_s_more=120)
    told = released(replace(trip, nodes=nodes, released_count=1, passed_index=-1), settings)
    assert told.released_count == 4
    counts = [released(replace(told, passed_index=k), settings).released_count for k in range(4)]
    assert counts == [4, 4, 4, 7]
    held = released(replace(told, passed_index=2), settings, further_s=60)
    assert held.released_count == 5  # while an answer is awaited: only what is needed


def test_what_is_released_stays_released_and_ends_at_the_end(trip):
    settings = PlanSettings(released_s_min=0)
    count = len(trip.nodes)
    assert released(replace(trip, released_count=9), settings).released_count == 9
    assert released(replace(trip, passed_index=count - 1), settings).released_count == count


def replanned(day: Day, trip, *, later_s: int = 0):
    """Return a new tail for a trip with the same stops, so much later."""
    from dispatcher.core.assembling import plan_request, trip_offer

    offer, stops = trip_offer(
        trip, day.core.state.vans[trip.van_id], day.setup, day.core.state.book, day.now
    )
    offer = replace(offer, start_at=later(offer.start_at, Seconds(later_s)))
    request = plan_request(
        "ask",
        "why",
        now=day.now,
        vans=(offer,),
        stops=stops,
        incidents=(),
        setup=day.setup,
        seed=1,
    )
    result = day.planner.plan(request)
    by_id = {stop.stop_id: stop for stop in stops}
    return with_new_tail(trip, result.routes[0], by_id, incidents=(), now=day.now)


def test_a_new_tail_leaves_what_is_released_alone(day, trip):
    after = replanned(day, trip)
    count = trip.released_count
    assert after.nodes[:count] == trip.nodes[:count]
    assert after.revision == trip.revision + 1
    assert [n.stop_id for n in after.nodes if n.stop_id] == [
        n.stop_id for n in trip.nodes if n.stop_id
    ]
    ids = [node.node.node_id for node in after.nodes]
    assert len(set(ids)) == len(ids)
    assert same_tail(trip, after)
    assert not same_tail(trip, replace(after, nodes=after.nodes[:-1]))


def test_the_same_tail_keeps_what_was_told_but_moves_the_promise(day, trip):
    after = retimed(trip, replanned(day, trip, later_s=600))
    told = [(n.node.node_id, n.node.actions) for n in trip.nodes]
    assert [(n.node.node_id, n.node.actions) for n in after.nodes] == told
    assert after.revision == trip.revision
    assert after.nodes[-1].node.arrive_at > trip.nodes[-1].node.arrive_at


def test_consumption_joins_where_the_new_tail_begins(day, trip):
    from dispatcher.core.tracking import battery_at

    stop = next(i for i, n in enumerate(trip.nodes) if n.node.kind is NodeKind.STOP)
    at_stop = replace(trip, released_count=stop + 1)
    last = len(at_stop.nodes) - 1
    # Whatever the charge is now, the prediction may not jump because the way was planned again.
    for battery_mwh in (10_000_000, 15_000_000):
        vans = day.core.state.vans
        vans[trip.van_id] = replace(vans[trip.van_id], battery_mwh=battery_mwh)
        after = replanned(day, at_stop)
        before_mwh = battery_at(at_stop, last, battery_mwh)
        after_mwh = battery_at(after, len(after.nodes) - 1, battery_mwh)
        assert abs(before_mwh - after_mwh) <= 1_000


def test_what_is_left_of_a_stop_does_not_keep_the_name_of_a_parcel_that_stayed():
    from dispatcher.core.assembling import trip_offer

    day = Day(setup_of(1, settings=PlanSettings(wave_parcels=2, retry_s=300)))
    day.announce(parcel(0, consignee="both"), parcel(1, consignee="both", until=241))
    day.run(minutes(2))
    trip = replace(day.core.state.live_trips()[0], released_count=1)
    (stop,) = [node.stop_id for node in trip.nodes if node.stop_id]
    assert stop == "stp-p-0"
    vans, book = day.core.state.vans, day.core.state.book
    _, (whole,) = trip_offer(trip, vans["van-0"], day.setup, book, day.now)
    assert (whole.stop_id, whole.parcel_ids) == ("stp-p-0", ("p-0", "p-1"))
    book.note("p-0", trip_id=None)  # it stayed, and may be in another stop of that name by now
    _, (left,) = trip_offer(trip, vans["van-0"], day.setup, book, day.now)
    assert (left.stop_id, left.parcel_ids) == ("stp-p-1", ("p-1",))

"""Take a checked plan into force, or refuse it: only what still holds is adopted.

The planner's worker has had the plan judged by the independent checker, ``judging`` makes the
cheap checks; here the plan is held against what has happened since it was asked for. One parcel
that is gone or one van that is lost spoils one route, never the whole plan: else a busy depot
would never adopt any.
"""

from dataclasses import replace

from dispatcher.core import batching, homing, judging
from dispatcher.core.assembling import ON_VAN
from dispatcher.core.decisions import Decision, Report, SendTrip
from dispatcher.core.model import IN_FORCE, Trip, Upcoming, Van
from dispatcher.core.ordering import released, retimed, same_tail, with_new_tail
from dispatcher.core.parcels import ParcelStatus
from dispatcher.core.planning import forget_upcoming, is_in_shift, make_unserved, order_trip
from dispatcher.core.repairing import ask_forecast, ask_replan
from dispatcher.core.replanning import changes_in_words
from dispatcher.core.requests import (
    PlannedRoute,
    PlanRequest,
    PlanResult,
    StopOffer,
    UnservedStop,
)
from dispatcher.core.snapshot import ReplanRecord
from dispatcher.core.state import DepotState, PendingSolve, in_force
from maps.units import Instant, Seconds, later


def adopt(state: DepotState, result: PlanResult, now: Instant) -> tuple[Decision, ...]:
    """Adopt the answer to a question still current; drop any other."""
    pending = state.take_answered(result.request_id)
    if pending is None:
        return ()
    wrong = result.violations or judging.faults(pending.request, result)
    if wrong:
        report = Report("plan_refused", result.request_id, "; ".join(wrong[:3]))
        return (report, *failed(state, pending, now))
    if pending.home_van_id is not None:
        return homing.adopt(state, pending, result, now)
    if pending.anchors:
        return _adopt_replan(state, pending, result, now)
    if state.hold is not None:
        state.ask_pool(pending.request.cause)  # asked again when the depot is released
        return (Report("plan_not_adopted", result.request_id, state.hold.in_words),)
    if pending.stale and not state.is_pool_repeated:
        state.is_pool_repeated = True  # once: roads that change all the time must not stop us
        state.ask_pool(f"{pending.request.cause}; the roads changed")
        return ()
    state.is_pool_repeated = False
    return _adopt_pool(state, pending, result, now)


def failed(state: DepotState, pending: PendingSolve, now: Instant) -> tuple[Decision, ...]:
    """Go on without an answer: waiting parcels are tried again, vans drive on as they were told."""
    if pending.home_van_id is not None:
        return homing.failed(state, pending.home_van_id, now)
    if pending.is_pool:
        state.retry_at = later(now, Seconds(state.setup.settings.retry_s))
        return ()
    decisions: list[Decision] = []
    for trip_id, _ in pending.anchors:
        trip = replace(state.trips[trip_id], request_id=None)
        state.keep_trip(trip)
        decisions += _let_go_on(state, trip)
    return tuple(decisions)


def _let_go_on(state: DepotState, trip: Trip) -> tuple[Decision, ...]:
    """Release what was held back for an answer."""
    further = released(trip, state.setup.settings)
    if trip.status not in IN_FORCE or further.released_count == trip.released_count:
        return ()
    state.keep_trip(further)
    return (SendTrip(further.wish),)


def _adopt_pool(
    state: DepotState, pending: PendingSolve, result: PlanResult, now: Instant
) -> tuple[Decision, ...]:
    """Order the planned trips of vans that are here; keep those of vans on their way home."""
    request = pending.request
    stops = {stop.stop_id: stop for stop in request.stops}
    roads = in_force(request.incidents, request.asked_at)
    forget_upcoming(state, (van.van_id for van in state.van_list()))
    decisions: list[Decision] = [Report("plan_adopted", result.request_id, _in_words(result))]
    begun: list[str] = []
    for unserved in result.unserved:
        may_open = bool(request.incidents)
        decisions += _leave_waiting(state, stops[unserved.stop_id], unserved, now, may_open)
    for route in result.routes:
        served = tuple(stops[n.stop_id] for n in route.nodes if n.stop_id is not None)
        van = state.vans[route.van_id]
        if not served:
            continue
        outdated = _outdated(state, van, route, served)
        if outdated is not None:
            state.ask_pool(outdated)
        elif not _leaves(state, served, now):
            decisions.append(_hold_back(state, van.van_id, served))
        elif van.is_idle() and now >= van.setup.shift_start:
            decisions += order_trip(state, van, route, served, now, roads=roads)
            begun.append(state.vans[van.van_id].trip_id or "")
        elif van.is_fit() and not van.astray:
            state.change_van(van.van_id, upcoming=Upcoming(route, served, roads))
            state.wake_van(van.van_id, now)
            _expect(state, route, served)
        else:
            state.ask_pool(f"{van.van_id} cannot make its trip")
    if roads != state.roads_at(now):
        decisions += ask_forecast(state, now, begun)
    if state.retry_at is None and state.pool_cause is None and _more_wait(state, request):
        if begun:
            state.ask_pool("more parcels wait than one plan is about")
        else:
            state.retry_at = later(now, Seconds(state.setup.settings.retry_s))
    return tuple(decisions)


def _outdated(
    state: DepotState, van: Van, route: PlannedRoute, served: tuple[StopOffer, ...]
) -> str | None:
    """Return what has changed since a trip was asked for, so that it cannot be made; or None."""
    if not all(state.book.is_waiting(pid) for stop in served for pid in stop.parcel_ids):
        return f"a parcel planned for {van.van_id} is gone"
    return None if is_in_shift(van, route) else f"{van.van_id} has another shift"


def _more_wait(state: DepotState, request: PlanRequest) -> bool:
    """Return whether parcels wait in waves that a question was not about."""
    asked = {parcel_id for stop in request.stops for parcel_id in stop.parcel_ids}
    return any(entry.parcel.parcel_id not in asked for entry in state.book.in_waves())


def _leaves(state: DepotState, served: tuple[StopOffer, ...], now: Instant) -> bool:
    """Return whether a planned trip is to be ordered, by the batching policy."""
    settings, shift_end_last = state.setup.settings, state.shift_end_last
    return batching.sends(served, state.book, now, shift_end_last=shift_end_last, settings=settings)


def _hold_back(state: DepotState, van_id: str, served: tuple[StopOffer, ...]) -> Report:
    """Let the parcels of a trip that can wait be planned again with the next wave."""
    parcel_ids = [parcel_id for stop in served for parcel_id in stop.parcel_ids]
    for parcel_id in parcel_ids:
        state.book.leave_wave(parcel_id)
    return Report("held_back", van_id, f"{len(parcel_ids)} parcels wait for the next wave")


def _expect(state: DepotState, route: PlannedRoute, served: tuple[StopOffer, ...]) -> None:
    """Note for waiting parcels which van will take them, and when they should arrive."""
    begins = {node.stop_id: node.begin_at for node in route.nodes if node.stop_id is not None}
    for stop in served:
        for parcel_id in stop.parcel_ids:
            state.book.note(
                parcel_id,
                van_id=route.van_id,
                stop_id=stop.stop_id,
                expected_at=begins[stop.stop_id],
                reason="",
                detail="",
            )


def _leave_waiting(
    state: DepotState, stop: StopOffer, unserved: UnservedStop, now: Instant, may_open: bool
) -> tuple[Decision, ...]:
    """Keep an unserved stop's parcels for the next plan, with the reason; or give them up.

    ``may_open``: roads are closed or slow now, so that what is unreachable need not stay so.
    """
    alone = len(stop.parcel_ids) == 1
    hopeless = (unserved.reason == "unreachable" and not may_open) or (
        unserved.reason == "capacity" and alone and _too_big(state, stop)
    )
    decisions: list[Decision] = []
    for parcel_id in filter(state.book.is_waiting, stop.parcel_ids):
        state.book.note(parcel_id, reason=unserved.reason, detail=unserved.detail)
        if hopeless:
            decisions += make_unserved(state, parcel_id, unserved.reason, unserved.detail, now)
    if not hopeless:
        state.retry_at = later(now, Seconds(state.setup.settings.retry_s))
    return tuple(decisions)


def _too_big(state: DepotState, stop: StopOffer) -> bool:
    """Return whether no van of the depot can ever hold the stop."""
    return not any(room.holds(stop.mass_g, stop.volume_ml, stop.lockers) for room in state.rooms)


def _adopt_replan(
    state: DepotState, pending: PendingSolve, result: PlanResult, now: Instant
) -> tuple[Decision, ...]:
    """Give the vans concerned their new ways; say why and what it changed."""
    request = pending.request
    left_out = {unserved.stop_id: unserved for unserved in result.unserved}
    routes = {route.van_id: route for route in result.routes}
    roads = in_force(request.incidents, request.asked_at)
    decisions: list[Decision] = []
    changes: list[tuple[str, str]] = []
    for trip_id, released_count in pending.anchors:
        trip = replace(state.trips[trip_id], request_id=None)
        state.keep_trip(trip)
        if trip.status not in IN_FORCE:
            continue
        if trip.released_count != released_count:  # the van is past where the answer begins
            decisions += _let_go_on(state, trip)
            continue
        offered = [stop for stop in request.stops if stop.van_id == trip.van_id]
        gone = [stop for stop in offered if stop.stop_id in left_out]
        for stop in gone:
            decisions += _send_back(state, trip, stop, left_out[stop.stop_id], now)
        route = routes.get(trip.van_id)
        if route is None:
            decisions += _let_go_on(state, trip)
            continue
        stops = {stop.stop_id: _still_aboard(state, trip, stop) for stop in offered}
        after = with_new_tail(trip, route, stops, incidents=roads, now=now)
        is_same = same_tail(trip, after)
        if is_same:
            after = retimed(trip, after)
        else:
            parcel_ids = [pid for stop in gone for pid in stop.parcel_ids]
            changes.append((trip.van_id, changes_in_words(trip, after, parcel_ids)))
            decisions.append(Report("replanned", trip.van_id, request.cause))
        after = released(after, state.setup.settings)
        state.keep_trip(after)
        if not is_same or after.released_count > trip.released_count:
            decisions.append(SendTrip(after.wish))
        decisions += _drop_needless(state, after, now)
    if changes:
        state.replans.append(ReplanRecord(now, request.cause, tuple(changes)))
    if roads != state.roads_at(now):
        decisions += ask_forecast(state, now, [trip_id for trip_id, _ in pending.anchors])
    return tuple(decisions)


def _still_aboard(state: DepotState, trip: Trip, stop: StopOffer) -> StopOffer:
    """Return a stop without the parcels that were cancelled or not loaded since it was asked."""
    entries = [state.book[parcel_id] for parcel_id in stop.parcel_ids]
    left = [e for e in entries if e.status in ON_VAN and e.trip_id == trip.trip_id]
    return replace(stop, parcel_ids=tuple(entry.parcel.parcel_id for entry in left))


def _drop_needless(state: DepotState, trip: Trip, now: Instant) -> tuple[Decision, ...]:
    """Ask again for a trip whose new way leads past a stop that lost all its parcels meanwhile."""
    for node in trip.nodes[trip.released_count :]:
        if node.stop_id is not None and not node.parcel_ids:
            cause = f"nothing is left to hand over at {node.node.label}"
            return ask_replan(state, (trip.trip_id,), cause, now)
    return ()


def _send_back(
    state: DepotState, trip: Trip, stop: StopOffer, unserved: UnservedStop, now: Instant
) -> tuple[Decision, ...]:
    """Have the parcels of a stop that a van can no longer serve come back with it."""
    decisions: list[Decision] = []
    for parcel_id in _still_aboard(state, trip, stop).parcel_ids:
        decisions += state.book.move(
            parcel_id,
            ParcelStatus.RETURNING,
            now,
            kind="failed",
            said=unserved.detail,
            reason=unserved.reason,
            detail=unserved.detail,
        )
    return tuple(decisions)


def _in_words(result: PlanResult) -> str:
    """Return a plan's size, for the log."""
    stops = sum(node.stop_id is not None for route in result.routes for node in route.nodes)
    return f"{len(result.routes)} trips, {stops} stops, {len(result.unserved)} left out"

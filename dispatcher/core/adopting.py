"""Take a checked plan into force, or refuse it: only what still holds is adopted.

The planner's worker has had the plan judged by the independent checker; here the cheap checks are
made against what has happened since it was asked.
"""

from dataclasses import replace

from dispatcher.core.decisions import Decision, Report, SendTrip
from dispatcher.core.model import TRIP_OVER, Trip, Upcoming
from dispatcher.core.ordering import released, same_tail, with_new_tail
from dispatcher.core.parcels import ParcelStatus
from dispatcher.core.planning import clear_upcoming, make_unserved, order_trip
from dispatcher.core.replanning import changes_in_words
from dispatcher.core.requests import PlannedRoute, PlanResult, StopOffer, UnservedStop
from dispatcher.core.snapshot import ReplanRecord
from dispatcher.core.state import DepotState, PendingSolve
from maps.units import Instant, Seconds, later

HOPELESS_REASONS = frozenset({"unreachable"})
"""Reasons that no later plan can mend."""


def adopt(state: DepotState, result: PlanResult, now: Instant) -> tuple[Decision, ...]:
    """Adopt the answer to a question still current; drop any other."""
    pending = state.solves.pop(result.request_id, None)
    if pending is None:
        return ()
    if result.violations:
        why = "; ".join(result.violations[:3])
        return (
            Report("plan_refused", result.request_id, why),
            *failed(state, pending, now),
        )
    if pending.trip_ids:
        return _adopt_replan(state, pending, result, now)
    if pending.stale:
        state.ask_pool(pending.stale)
        return ()
    return _adopt_pool(state, pending, result, now)


def failed(state: DepotState, pending: PendingSolve, now: Instant) -> tuple[Decision, ...]:
    """Go on without an answer: waiting parcels are tried again, vans drive on as they were told."""
    if not pending.trip_ids:
        state.retry_at = later(now, Seconds(state.setup.settings.retry_s))
        return ()
    decisions: list[Decision] = []
    for trip_id in pending.trip_ids:
        trip = replace(state.trips[trip_id], request_id=None)
        if trip.status not in TRIP_OVER:
            trip = released(trip, state.setup.settings)
            decisions.append(SendTrip(trip.wish))
        state.keep_trip(trip)
    return tuple(decisions)


def _adopt_pool(
    state: DepotState, pending: PendingSolve, result: PlanResult, now: Instant
) -> tuple[Decision, ...]:
    """Order the planned trips of vans that are here; keep those of vans on their way home."""
    stops = {stop.stop_id: stop for stop in pending.request.stops}
    clear_upcoming(state)
    decisions: list[Decision] = []
    for unserved in result.unserved:
        decisions += _leave_waiting(state, stops[unserved.stop_id], unserved, now)
    for route in result.routes:
        served = tuple(stops[n.stop_id] for n in route.nodes if n.stop_id is not None)
        if not served:
            continue
        van = state.vans[route.van_id]
        if van.is_idle():
            by_id = {stop.stop_id: stop for stop in served}
            decisions += order_trip(state, van, route, by_id, now)
        elif van.known and not van.stuck:
            state.change_van(van.van_id, upcoming=Upcoming(route, served))
            _expect(state, route, served)
        else:
            state.ask_pool(f"{van.van_id} cannot make its trip")
    return (*decisions, Report("plan_adopted", result.request_id, _in_words(result)))


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
    state: DepotState, stop: StopOffer, unserved: UnservedStop, now: Instant
) -> tuple[Decision, ...]:
    """Keep an unserved stop's parcels for the next plan, with the reason; or give them up."""
    hopeless = unserved.reason in HOPELESS_REASONS or (
        unserved.reason == "capacity" and len(stop.parcel_ids) == 1 and _too_big(state, stop)
    )
    decisions: list[Decision] = []
    for parcel_id in stop.parcel_ids:
        state.book.note(parcel_id, reason=unserved.reason, detail=unserved.detail)
        if hopeless:
            decisions += make_unserved(state, parcel_id, unserved.reason, unserved.detail, now)
    if not hopeless:
        state.retry_at = later(now, Seconds(state.setup.settings.retry_s))
    return tuple(decisions)


def _too_big(state: DepotState, stop: StopOffer) -> bool:
    """Return whether no van of the depot can ever hold the stop."""
    specs = [van.setup.spec for van in state.van_list()]
    return not any(
        stop.mass_g <= spec.payload_g and stop.volume_ml <= spec.volume_ml for spec in specs
    )


def _adopt_replan(
    state: DepotState, pending: PendingSolve, result: PlanResult, now: Instant
) -> tuple[Decision, ...]:
    """Give the vans concerned their new ways; say why and what it changed."""
    stops = {stop.stop_id: stop for stop in pending.request.stops}
    left_out = {unserved.stop_id: unserved for unserved in result.unserved}
    routes = {route.van_id: route for route in result.routes}
    decisions: list[Decision] = []
    changes: list[tuple[str, str]] = []
    for trip_id in pending.trip_ids:
        before = replace(state.trips[trip_id], request_id=None)
        state.keep_trip(before)
        route = routes.get(before.van_id)
        if before.status in TRIP_OVER or route is None:
            continue
        gone = [stop for stop in stops.values() if stop.van_id == before.van_id]
        gone = [stop for stop in gone if stop.stop_id in left_out]
        for stop in gone:
            decisions += _send_back(state, stop, left_out[stop.stop_id], now)
        after = with_new_tail(before, route, stops, incidents=state.roads_at(now))
        parcel_ids = [pid for stop in gone for pid in stop.parcel_ids]
        if not same_tail(before, after):
            changes.append((before.van_id, changes_in_words(before, after, parcel_ids)))
            decisions.append(Report("replanned", before.van_id, pending.request.cause))
        else:
            after = before
        after = released(after, state.setup.settings)
        state.keep_trip(after)
        if after.wish != before.wish:
            decisions.append(SendTrip(after.wish))
    if changes:
        state.replans.append(ReplanRecord(now, pending.request.cause, tuple(changes)))
    return tuple(decisions)


def _send_back(
    state: DepotState, stop: StopOffer, unserved: UnservedStop, now: Instant
) -> tuple[Decision, ...]:
    """Have the parcels of a stop that a van can no longer serve come back with it."""
    decisions: list[Decision] = []
    for parcel_id in stop.parcel_ids:
        status = state.book[parcel_id].status
        if status in (ParcelStatus.ABOARD, ParcelStatus.ORDERED):
            state.book.move(
                parcel_id,
                ParcelStatus.RETURNING,
                now,
                reason=unserved.reason,
                detail=unserved.detail,
            )
            decisions += state.book.tell(parcel_id, "failed", now, detail=unserved.detail)
    return tuple(decisions)


def _in_words(result: PlanResult) -> str:
    """Return a plan's size, for the log."""
    stops = sum(node.stop_id is not None for route in result.routes for node in route.nodes)
    return f"{len(result.routes)} trips, {stops} stops, {len(result.unserved)} left out"


def trip_parcels(trip: Trip) -> tuple[str, ...]:
    """Return all parcels that a trip was ever given, in loading sequence."""
    actions = trip.nodes[0].node.actions
    return tuple(action.parcel_id for action in actions if action.parcel_id is not None)

"""Plan what waits at the depot: close waves, give up what is hopeless, ask, order, charge.

A plan covers all parcels of closed waves that no van was told yet, also those planned for a van
still on its way home: until a trip is ordered it costs nothing to plan it better.
"""

from dispatcher.core import batching, depot_charging
from dispatcher.core.assembling import plan_request, room_of, van_offers
from dispatcher.core.book import ParcelEntry
from dispatcher.core.decisions import Decision, Load, Report, SendTrip, Solve
from dispatcher.core.model import Van
from dispatcher.core.ordering import Ticket, charging_trip, new_trip, trip_id_of
from dispatcher.core.parcels import ParcelStatus
from dispatcher.core.requests import PlannedRoute, StopOffer
from dispatcher.core.settings import DepotSetup
from dispatcher.core.state import DepotState, PendingSolve
from maps.units import Instant, Seconds, later, seconds_from
from vehicles.trip import ActionKind


def close_wave(state: DepotState, now: Instant) -> tuple[Decision, ...]:
    """Close a wave if there is reason to; its parcels are planned at the next opportunity."""
    settings = state.setup.settings
    loose = [entry for entry in state.book.waiting() if entry.wave_id is None]
    gathered = batching.ready(loose, now, settings)
    cause = batching.wave_cause(gathered, now, settings)
    if cause is None:
        return ()
    state.wave_count += 1
    wave_id = f"{state.setup.depot.depot_id}/wave-{state.wave_count}"
    decisions: list[Decision] = []
    for stop in _stops(gathered, state):
        for parcel_id in stop.parcel_ids:
            state.book.note(parcel_id, wave_id=wave_id, stop_id=stop.stop_id)
            decisions += state.book.tell(parcel_id, "bundled", now, detail=stop.stop_id)
    state.ask_pool(f"{wave_id}: {cause}")
    return (*decisions, Report("wave_closed", wave_id, cause))


def give_up(state: DepotState, now: Instant) -> tuple[Decision, ...]:
    """Declare parcels unserved that no van can bring in time any more, or ever."""
    decisions: list[Decision] = []
    for entry in state.book.waiting():
        if now < _hopeless_at(entry, state.setup) or _is_upcoming(entry, state):
            continue
        reason = entry.reason or "window"
        detail = entry.detail or "no van could begin service before its time window ended"
        decisions += make_unserved(state, entry.parcel.parcel_id, reason, detail, now)
    return tuple(decisions)


def make_unserved(
    state: DepotState, parcel_id: str, reason: str, detail: str, now: Instant
) -> tuple[Decision, ...]:
    """Declare one waiting parcel unserved for good."""
    state.book.move(parcel_id, ParcelStatus.UNSERVED, now, reason=reason, detail=detail)
    state.spoil_pool(f"parcel {parcel_id} is unserved")
    return state.book.tell(parcel_id, "unserved", now, detail=f"{reason}: {detail}")


def ask(state: DepotState, now: Instant) -> tuple[Decision, ...]:
    """Ask for a plan of what waits, if there is cause and no such plan is being made."""
    if state.pool_cause is None or state.pool_pending():
        return ()
    entries = [entry for entry in state.book.waiting() if entry.wave_id is not None]
    if not entries:
        state.pool_cause, state.retry_at = None, None
        return ()
    vans = van_offers(state.van_list(), state.trips, state.setup, now)
    if not vans:
        state.pool_cause = None
        state.retry_at = later(now, Seconds(state.setup.settings.retry_s))
        return (Report("no_van_to_plan_with", state.setup.depot.depot_id, f"{len(entries)} wait"),)
    request = plan_request(
        state.next_request_id("plan"),
        state.pool_cause,
        now=now,
        vans=vans,
        stops=_stops(entries, state),
        incidents=state.roads(),
        setup=state.setup,
        seed=state.request_count,
    )
    state.pool_cause, state.retry_at = None, None
    state.solves[request.request_id] = PendingSolve(request)
    return (Solve(request),)


def order_trip(
    state: DepotState,
    van: Van,
    route: PlannedRoute,
    stops: dict[str, StopOffer],
    now: Instant,
) -> tuple[Decision, ...]:
    """Tell a van its trip and the warehouse to load it."""
    depot = state.setup.depot
    dock = state.load_count % max(1, depot.docks) + 1
    state.load_count += 1
    ticket = Ticket(trip_id_of(van.van_id, van.trips_count + 1, now), van.van_id, dock)
    trip = new_trip(
        ticket,
        route,
        stops,
        depot=depot,
        incidents=state.roads_at(now),
        settings=state.setup.settings,
    )
    state.begin_trip(trip)
    decisions: list[Decision] = []
    for index, node in enumerate(trip.nodes):
        for parcel_id in node.parcel_ids:
            state.book.move(
                parcel_id,
                ParcelStatus.ORDERED,
                now,
                van_id=van.van_id,
                trip_id=trip.trip_id,
                stop_id=node.stop_id,
                expected_at=max(trip.etas[index], node.begin_at),
                reason="",
                detail="",
            )
            decisions += state.book.tell(parcel_id, "planned", now, detail=trip.trip_id)
    picks = trip.nodes[0].node.actions
    sequence = tuple(a.parcel_id or "" for a in picks if a.kind is ActionKind.PICK)
    return (*decisions, Load(trip.trip_id, van.van_id, dock, sequence), SendTrip(trip.wish))


def start_upcoming(state: DepotState, now: Instant) -> tuple[Decision, ...]:
    """Order the trips that were planned for vans which have come home since.

    A route that no longer fits (the van is later than it can afford, or has less charge than
    planned) is dropped, and its parcels are planned anew. Nothing is ordered while a newer plan
    of the same parcels is being made.
    """
    if state.pool_pending():
        return ()
    decisions: list[Decision] = []
    for van in state.van_list():
        upcoming = van.upcoming
        if upcoming is None or not van.is_idle():
            continue
        state.change_van(van.van_id, upcoming=None)
        parcel_ids = [pid for stop in upcoming.stops for pid in stop.parcel_ids]
        why = _misfit(van, upcoming.route, state.setup, now)
        if not all(state.book[pid].status is ParcelStatus.WAITING for pid in parcel_ids):
            why = "a parcel of its next trip is gone"
        if why is None:
            stops = {stop.stop_id: stop for stop in upcoming.stops}
            decisions += order_trip(state, van, upcoming.route, stops, now)
        else:
            state.ask_pool(f"{van.van_id} {why}")
    return tuple(decisions)


def _misfit(van: Van, route: PlannedRoute, setup: DepotSetup, now: Instant) -> str | None:
    """Return why a route planned earlier does not fit the van as it came home, or None."""
    first = route.nodes[0]
    late_s = seconds_from(first.leave_at, later(now, Seconds(setup.depot.loading_s)))
    if late_s > max(0, min(node.slack_s for node in route.nodes)):
        return f"came home {late_s} s later than its next trip can wait"
    spare_mwh = min(node.battery_mwh for node in route.nodes) - van.setup.spec.reserve_mwh
    if first.battery_mwh - van.battery_mwh > max(0, spare_mwh):
        return "came home with less charge than its next trip needs"
    return None


def charge_idle(state: DepotState, now: Instant) -> tuple[Decision, ...]:
    """Send idle vans with low batteries to the depot's chargers, unless work is near."""
    if state.pool_pending() or state.pool_cause is not None:
        return ()
    charging = sum(trip.charging_only for trip in state.live_trips())
    turns = depot_charging.charge_turns(
        state.van_list(),
        plugs_free=state.setup.depot.plugs - charging,
        depot=state.setup.depot,
        settings=state.setup.settings,
    )
    decisions: list[Decision] = []
    for turn in turns:
        van = state.vans[turn.van_id]
        ticket = Ticket(trip_id_of(van.van_id, van.trips_count + 1, now), van.van_id, 0)
        trip = charging_trip(
            ticket,
            state.setup.depot,
            now=now,
            charging_s=turn.charging_s,
            battery_mwh=van.battery_mwh,
            battery_mwh_target=turn.battery_mwh_target,
        )
        state.begin_trip(trip)
        decisions.append(SendTrip(trip.wish))
    return tuple(decisions)


def wakeups(state: DepotState, now: Instant) -> list[Instant]:
    """Return the instants at which something of the above falls due."""
    settings = state.setup.settings
    instants: list[Instant] = [] if state.retry_at is None else [state.retry_at]
    loose: list[ParcelEntry] = []
    for entry in state.book.waiting():
        if not _is_upcoming(entry, state):
            instants.append(_hopeless_at(entry, state.setup))
        if entry.wave_id is None:
            loose.append(entry)
    gathered = batching.ready(loose, now, settings)
    if gathered:
        instants.append(batching.wave_wakeup(gathered, settings))
    instants += [
        later(entry.parcel.ready_at, Seconds(-settings.plan_latency_s))
        for entry in loose
        if later(entry.parcel.ready_at, Seconds(-settings.plan_latency_s)) > now
    ]
    return instants


def _stops(entries: list[ParcelEntry], state: DepotState) -> tuple[StopOffer, ...]:
    """Return the stops of waiting parcels."""
    price = state.setup.settings.prices.unserved
    return batching.bundle(entries, room=room_of(state.setup), unserved_price=price)


def _is_upcoming(entry: ParcelEntry, state: DepotState) -> bool:
    """Return whether a waiting parcel is planned for a van that is on its way home."""
    if entry.van_id is None or entry.trip_id is not None:
        return False
    return state.vans[entry.van_id].upcoming is not None


def _hopeless_at(entry: ParcelEntry, setup: DepotSetup) -> Instant:
    """Return when not even a van loaded at once could begin service in time."""
    return later(entry.parcel.due_until, Seconds(1 - setup.depot.loading_s))


def clear_upcoming(state: DepotState) -> None:
    """Forget all routes planned for vans on their way home, before a new plan is adopted."""
    for van in state.van_list():
        if van.upcoming is not None:
            state.change_van(van.van_id, upcoming=None)
    for entry in state.book.waiting():
        if entry.van_id is not None:
            state.book.note(entry.parcel.parcel_id, van_id=None, expected_at=None)

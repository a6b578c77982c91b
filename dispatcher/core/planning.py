"""Plan what waits at the depot: close waves, give up what is hopeless, ask, order, charge.

A plan covers all parcels of closed waves that no van was told yet, also those planned for a van
still on its way home: until a trip is ordered it costs nothing to plan it better.
"""

from collections.abc import Iterable
from dataclasses import replace

from dispatcher.core import batching, bounding, depot_charging
from dispatcher.core.assembling import next_routes, plan_request, van_offers
from dispatcher.core.book import ParcelEntry
from dispatcher.core.decisions import Decision, Load, Report, SendTrip, Solve
from dispatcher.core.model import Van
from dispatcher.core.ordering import Ticket, charging_trip, new_trip, trip_id_of
from dispatcher.core.parcels import ParcelStatus
from dispatcher.core.policies.rules import Closing
from dispatcher.core.repairing import ask_forecast
from dispatcher.core.requests import PlannedRoute, StopOffer
from dispatcher.core.settings import DepotSetup
from dispatcher.core.state import FAR_FUTURE, DepotState, PendingSolve
from dispatcher.core.tracking import battery_at, predicted
from maps.incidents import Incident
from maps.units import Instant, Seconds, later, seconds_from
from vehicles.trip import ActionKind


def close_wave(state: DepotState, now: Instant) -> tuple[Decision, ...]:
    """Close a wave if there is reason to; its parcels are planned at the next opportunity."""
    settings, book = state.setup.settings, state.book
    book.gather(batching.ready_by(now, settings))
    closing = wave_closing(state)
    if closing is None or now < closing.at:
        return ()
    cause = f"{closing.why} ({len(book.gathered_age)} gathered)"
    state.wave_count += 1
    wave_id = f"{state.setup.depot.depot_id}/wave-{state.wave_count}"
    decisions: list[Decision] = []
    for stop in _stops(book.gathered(), state, state.rooms):
        for parcel_id in stop.parcel_ids:
            decisions += book.enter_wave(parcel_id, wave_id, stop.stop_id, now)
    state.ask_pool(f"{wave_id}: {cause}")
    return (*decisions, Report("wave_closed", wave_id, cause))


def wave_closing(state: DepotState) -> Closing | None:
    """Return when what is gathered becomes a wave, and why; None if nothing is gathered."""
    version = state.book.gathered_version
    if state.closing_version != version:
        gathered = batching.gathering(state.book, state.shift_end_last)
        settings = state.setup.settings
        closing = None if gathered is None else batching.wave_closing(gathered, settings)
        state.closing, state.closing_version = closing, version
    return state.closing


def give_up(state: DepotState, now: Instant) -> tuple[Decision, ...]:
    """Declare parcels unserved that no van can bring in time any more.

    One that is planned for a van on its way home may still make it, until that van is home.
    """
    for parcel_id in state.book.due.take_due(_due_by(now, state.setup)):
        state.late_upcoming[parcel_id] = None
    if not state.late_upcoming:
        return ()
    decisions: list[Decision] = []
    for parcel_id in sorted(state.late_upcoming):
        entry = state.book[parcel_id]
        if entry.status is ParcelStatus.WAITING and is_upcoming(entry, state):
            continue
        del state.late_upcoming[parcel_id]
        if entry.status in (ParcelStatus.WAITING, ParcelStatus.HELD):
            reason = entry.reason or "window"
            detail = entry.detail or "no van could begin service before its time window ended"
            decisions += make_unserved(state, parcel_id, reason, detail, now)
    return tuple(decisions)


def make_unserved(
    state: DepotState, parcel_id: str, reason: str, detail: str, now: Instant
) -> tuple[Decision, ...]:
    """Declare one waiting parcel unserved for good."""
    return state.book.move(
        parcel_id,
        ParcelStatus.UNSERVED,
        now,
        kind="unserved",
        said=f"{reason}: {detail}",
        reason=reason,
        detail=detail,
        van_id=None,
        expected_at=None,
    )


def ask(state: DepotState, now: Instant) -> tuple[Decision, ...]:
    """Ask for a plan of what waits, if there is cause and no such plan is being made."""
    if state.pool_cause is None or state.pool_pending() or state.hold is not None:
        return ()
    entries = state.book.in_waves()
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
        stops=_stops(
            bounding.askable(entries, vans), state, batching.rooms_of(van.spec for van in vans)
        ),
        incidents=state.roads_ahead(now),
        setup=state.setup,
        seed=state.request_count,
    )
    request = replace(request, standing=next_routes(state.van_list()))
    state.pool_cause, state.retry_at = None, None
    state.ask_planner(PendingSolve(request))
    return (Solve(request),)


def order_trip(
    state: DepotState,
    van: Van,
    route: PlannedRoute,
    served: tuple[StopOffer, ...],
    now: Instant,
    *,
    roads: tuple[Incident, ...],
) -> tuple[Decision, ...]:
    """Tell a van its trip and the warehouse to load it; ``roads`` are those it was planned on."""
    depot = state.setup.depot
    dock = state.load_count % max(1, depot.docks) + 1
    state.load_count += 1
    ticket = Ticket(trip_id_of(van.van_id, van.trips_count + 1, now), van.van_id, dock)
    trip = new_trip(
        ticket,
        route,
        {stop.stop_id: stop for stop in served},
        depot=depot,
        incidents=roads,
        settings=state.setup.settings,
    )
    trip = predicted(trip, now)
    etas = trip.etas
    state.begin_trip(trip)
    state.expect_confirmed(trip.trip_id, now)
    decisions: list[Decision] = []
    for index, node in enumerate(trip.nodes):
        for parcel_id in node.parcel_ids:
            decisions += state.book.move(
                parcel_id,
                ParcelStatus.ORDERED,
                now,
                kind="planned",
                said=trip.trip_id,
                van_id=van.van_id,
                trip_id=trip.trip_id,
                stop_id=node.stop_id,
                expected_at=max(etas[index], node.begin_at),
                reason="",
                detail="",
            )
    start = trip.nodes[0]
    picks = start.node.actions
    sequence = tuple(a.parcel_id or "" for a in picks if a.kind is ActionKind.PICK)
    slot = start.begin_at, later(start.begin_at, start.dwell_s)
    return (*decisions, Load(trip.trip_id, van.van_id, dock, sequence, *slot), SendTrip(trip.wish))


def start_upcoming(state: DepotState, now: Instant) -> tuple[Decision, ...]:
    """Order the trips that were planned for vans which have come home since.

    A route that no longer fits (the van is later than it can afford, or has less charge than
    planned) is dropped, and its parcels are planned anew. Nothing is ordered while a newer plan
    of the same parcels is being made.
    """
    if not state.poised or now < state.poised_at or state.pool_pending():
        return ()
    decisions: list[Decision] = []
    for van in state.vans_of(state.poised):
        upcoming = van.upcoming
        if upcoming is None or now < van.setup.shift_start:
            continue
        forget_upcoming(state, (van.van_id,))
        parcel_ids = [pid for stop in upcoming.stops for pid in stop.parcel_ids]
        why = _misfit(van, upcoming.route, state.setup, now, battery_mwh=van.battery_mwh)
        if not all(map(state.book.is_waiting, parcel_ids)):
            why = "a parcel of its next trip is gone"
        if why is None:
            roads = upcoming.roads
            decisions += order_trip(state, van, upcoming.route, upcoming.stops, now, roads=roads)
            if roads != state.roads_at(now):
                decisions += ask_forecast(state, now, (state.vans[van.van_id].trip_id or "",))
        else:
            state.ask_pool(f"{van.van_id} {why}")
    begins = (van.setup.shift_start for van in state.vans_of(state.poised))
    state.poised_at = min(begins, default=FAR_FUTURE)
    return tuple(decisions)


def is_in_shift(van: Van, route: PlannedRoute) -> bool:
    """Return whether a route leaves in the van's shift: it may have another one by now."""
    return van.setup.shift_start <= route.nodes[0].leave_at < van.setup.shift_end


def _misfit(
    van: Van, route: PlannedRoute, setup: DepotSetup, home_at: Instant, *, battery_mwh: int
) -> str | None:
    """Return why a route planned earlier does not fit the van as it comes home, or None."""
    if home_at >= van.setup.shift_end:  # it may have left the fleet since
        return "came home after its shift"
    first = route.nodes[0]
    late_s = _late_s(route, setup, home_at)
    if late_s > max(0, min(node.slack_s for node in route.nodes)):
        return f"came home {late_s} s later than its next trip can wait"
    spare_mwh = min(node.battery_mwh for node in route.nodes) - van.setup.spec.reserve_mwh
    if first.battery_mwh - battery_mwh > max(0, spare_mwh):
        return "came home with less charge than its next trip needs"
    return None


def charge_idle(state: DepotState, now: Instant) -> tuple[Decision, ...]:
    """Send idle vans with low batteries to the depot's chargers, unless work is near."""
    if not state.thirsty or now < state.thirsty_at:
        return ()
    is_planning = state.pool_cause is not None and state.hold is None
    if state.pool_pending() or is_planning:
        return ()
    turns = depot_charging.charge_turns(
        state.vans_of(state.thirsty),
        now,
        plugs_free=state.setup.depot.plugs - state.charging_count,
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
    state.thirsty_at = state.shift_instants[0] if state.shift_instants else FAR_FUTURE
    return tuple(decisions)


def wakeups(state: DepotState) -> tuple[Instant | None, ...]:
    """Return the instants at which something of the above falls due; None where nothing does."""
    setup, book = state.setup, state.book
    due_at, ready_at, closing = book.due.first(), book.unready.first(), wave_closing(state)
    latency_s = Seconds(-setup.settings.plan_latency_s)
    return (
        state.retry_at,
        None if due_at is None else _hopeless_at(due_at, setup),
        None if closing is None else closing.at,
        None if ready_at is None else later(ready_at, latency_s),
    )


def _stops(
    entries: Iterable[ParcelEntry], state: DepotState, rooms: tuple[batching.Room, ...]
) -> tuple[StopOffer, ...]:
    """Return the stops of waiting parcels, none too bulky for all of these vans."""
    price = state.setup.settings.prices.unserved
    return batching.bundle(entries, rooms=rooms, unserved_price=price)


def is_upcoming(entry: ParcelEntry, state: DepotState) -> bool:
    """Return whether a waiting parcel is planned for a van's next trip."""
    if entry.van_id is None or entry.trip_id is not None:
        return False
    return state.vans[entry.van_id].upcoming is not None


def is_provided_for(state: DepotState, now: Instant) -> bool:
    """Return whether every parcel in a wave is planned for a van that is expected in time."""
    van_ids: dict[str, None] = {}
    for entry in state.book.in_waves():
        if entry.van_id is None or not is_upcoming(entry, state):
            return False
        van_ids[entry.van_id] = None
    return all(_is_expected(state, van_id, now) for van_id in van_ids)


def is_let_down(state: DepotState, van_id: str, now: Instant) -> bool:
    """Return whether a van's next trip will begin late, or not at all, while another van idles."""
    if state.vans[van_id].upcoming is None or _is_expected(state, van_id, now):
        return False
    return any(van.is_idle() for van in state.vans.values())


def _is_expected(state: DepotState, van_id: str, now: Instant) -> bool:
    """Return whether a van will begin its next trip about when planned, as far as can be seen.

    Later by what parcels are left waiting before they are planned again is not as planned.
    """
    van = state.vans[van_id]
    if van.upcoming is None or not van.is_fit() or van.astray:
        return False
    if van.trip_id is None:
        return True  # it is here: ``start_upcoming`` looks at it
    trip, route = state.trips[van.trip_id], van.upcoming.route
    home_at = max(now, trip.home_at)
    battery_mwh = battery_at(trip, len(trip.nodes) - 1, van.battery_mwh)
    if _late_s(route, state.setup, home_at) > state.setup.settings.retry_s:
        return False
    return _misfit(van, route, state.setup, home_at, battery_mwh=battery_mwh) is None


def _late_s(route: PlannedRoute, setup: DepotSetup, home_at: Instant) -> int:
    """Return how much later than planned a van that comes home then would leave, in seconds."""
    return seconds_from(route.nodes[0].leave_at, later(home_at, Seconds(setup.depot.loading_s)))


def _hopeless_at(due_until: Instant, setup: DepotSetup) -> Instant:
    """Return when not even a van loaded at once could begin service in time."""
    return later(due_until, Seconds(1 - setup.depot.loading_s))


def _due_by(now: Instant, setup: DepotSetup) -> Instant:
    """Return the last due instant that is hopeless now."""
    return later(now, Seconds(setup.depot.loading_s - 1))


def forget_upcoming(state: DepotState, van_ids: Iterable[str]) -> None:
    """Forget the routes planned for these vans' next trips; their parcels wait on."""
    for van_id in van_ids:
        upcoming = state.vans[van_id].upcoming
        if upcoming is None:
            continue
        state.change_van(van_id, upcoming=None)
        for parcel_id in (pid for stop in upcoming.stops for pid in stop.parcel_ids):
            if state.book.is_waiting(parcel_id) and state.book[parcel_id].van_id == van_id:
                state.book.note(parcel_id, van_id=None, expected_at=None)


def give_to_others(state: DepotState, van_id: str, why: str) -> None:
    """Take the parcels planned for a van's next trip, still at the depot, back into the pool."""
    if state.vans[van_id].upcoming is not None:
        forget_upcoming(state, (van_id,))
        state.ask_pool(f"{van_id} {why}")

"""Plan again for vans on their way: gather whom it concerns, ask once for all of them.

While an answer is awaited a van's released nodes stay as they are; a little more is released
first, so that it can drive on meanwhile.
"""

from collections.abc import Iterable
from dataclasses import replace

from dispatcher.core import replanning, tracking
from dispatcher.core.assembling import forecast_trip, plan_request, trip_offer
from dispatcher.core.decisions import Decision, Forecast, Report, SendTrip, Solve
from dispatcher.core.events import RoadsChanged
from dispatcher.core.model import Trip, TripStatus
from dispatcher.core.ordering import released
from dispatcher.core.requests import (
    ForecastRequest,
    ForecastResult,
    StopOffer,
    TripForecast,
    VanOffer,
)
from dispatcher.core.state import DepotState, PendingSolve
from maps.incidents import Incident
from maps.units import Instant


def ask_replan(
    state: DepotState, trip_ids: Iterable[str], cause: str, now: Instant
) -> tuple[Decision, ...]:
    """Ask for new ways of the trips that can still be changed; one question for all."""
    decisions: list[Decision] = []
    vans: list[VanOffer] = []
    stops: list[StopOffer] = []
    chosen: list[str] = []
    request_id = state.next_request_id("replan")
    for trip_id in trip_ids:
        trip = state.trips[trip_id]
        if not _open_to_change(trip):
            continue
        further_s = 0 if state.vans[trip.van_id].stuck else state.setup.settings.plan_latency_s
        held = released(trip, state.setup.settings, further_s=further_s)
        if held.released_count >= len(held.nodes):
            continue
        if held.released_count > trip.released_count:
            decisions.append(SendTrip(held.wish))
        state.keep_trip(replace(held, request_id=request_id, replanned_at=now))
        offer, left = trip_offer(held, state.vans[trip.van_id], state.setup, state.book, now)
        vans.append(offer)
        stops += left
        chosen.append(trip_id)
    if not chosen:
        return ()
    request = plan_request(
        request_id,
        cause,
        now=now,
        vans=tuple(vans),
        stops=tuple(stops),
        incidents=state.roads(),
        setup=state.setup,
        seed=state.request_count,
    )
    state.solves[request_id] = PendingSolve(request, tuple(chosen))
    return (*decisions, Report("replan_asked", request_id, cause), Solve(request))


def _open_to_change(trip: Trip) -> bool:
    """Return whether a trip can be given a new way at all."""
    return (
        not trip.charging_only
        and trip.request_id is None
        and trip.status in (TripStatus.ORDERED, TripStatus.UNDERWAY)
        and trip.released_count < len(trip.nodes)
    )


def mend(state: DepotState, trip_id: str, now: Instant) -> tuple[Decision, ...]:
    """Ask for a new way if a trip's predictions say that it needs one."""
    trip = state.trips[trip_id]
    van = state.vans[trip.van_id]
    settings = state.setup.settings
    spec = van.setup.spec
    floor_mwh = spec.reserve_mwh + int(spec.battery_mwh * settings.charge_margin_ratio_min)
    cause = replanning.trouble(
        trip, now=now, battery_mwh=van.battery_mwh, floor_mwh=floor_mwh, settings=settings
    )
    return () if cause is None else ask_replan(state, (trip_id,), cause, now)


def on_roads_changed(state: DepotState, event: RoadsChanged, now: Instant) -> tuple[Decision, ...]:
    """Note an incident; if it is in force, ask what it does to the trips under way."""
    incident = event.incident
    if state.incidents.get(incident.incident_id) == incident:
        return ()
    state.incidents[incident.incident_id] = incident
    _note_road_instants(state, now)
    state.spoil_pool(f"the roads changed ({incident.incident_id})")
    return ask_forecast(state, now)


def road_hour(state: DepotState, now: Instant) -> tuple[Decision, ...]:
    """Look at the trips again when an incident known before begins or ends."""
    if not any(instant <= now for instant in state.road_instants):
        return ()
    _note_road_instants(state, now)
    return ask_forecast(state, now)


def _note_road_instants(state: DepotState, now: Instant) -> None:
    """Note when known incidents will begin or end."""
    edges = {at for i in state.roads() for at in (i.starts_at, i.ends_at) if at > now}
    state.road_instants = tuple(sorted(edges))


def ask_forecast(state: DepotState, now: Instant) -> tuple[Decision, ...]:
    """Ask how long the trips under way take now; one question per state of the roads before."""
    groups: dict[tuple[Incident, ...], list[Trip]] = {}
    for trip in state.live_trips():
        if _open_to_change(trip):
            groups.setdefault(trip.incidents, []).append(trip)
    decisions: list[Decision] = []
    for before, trips in groups.items():
        asked = [forecast_trip(trip, state.vans[trip.van_id]) for trip in trips]
        request = ForecastRequest(
            request_id=state.next_request_id("forecast"),
            asked_at=now,
            trips=tuple(trip for trip in asked if trip is not None),
            incidents_before=before,
            incidents=state.roads(),
        )
        state.forecasts[request.request_id] = request
        decisions.append(Forecast(request))
    return tuple(decisions)


def on_forecast(state: DepotState, result: ForecastResult, now: Instant) -> tuple[Decision, ...]:
    """Note the new driving times, and ask for new ways where they break a promise or gain much."""
    request = state.forecasts.pop(result.request_id, None)
    if request is None:
        return ()
    concerned: list[str] = []
    causes: list[str] = []
    for forecast in result.trips:
        trip_id = state.vans[forecast.van_id].trip_id
        if trip_id is None or state.trips[trip_id].request_id is not None:
            continue
        cause = _effect(state, trip_id, forecast, now)
        if cause is not None:
            concerned.append(trip_id)
            causes.append(cause)
    if not concerned:
        return ()
    roads = ", ".join(incident.incident_id for incident in state.roads_at(now))
    where = f"roads changed ({roads})" if roads else "roads are free again"
    return ask_replan(state, concerned, f"{where}: {'; '.join(causes)}", now)


def _effect(state: DepotState, trip_id: str, forecast: TripForecast, now: Instant) -> str | None:
    """Note what the roads do to one trip; return why it needs a new way, or None."""
    trip = replanning.with_forecast(state.trips[trip_id], forecast)
    trip = replace(trip, etas=tracking.etas(trip, now))
    state.keep_trip(trip)
    settings = state.setup.settings
    gain_s = replanning.detour_gain_s(forecast)
    if gain_s >= settings.reroute_gain_s_min:
        return f"{trip.van_id} saves {gain_s // 60} min by other roads"
    return replanning.broken_promise(trip, settings)

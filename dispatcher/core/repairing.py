"""Plan again for vans on their way: gather whom it concerns, ask once for all of them.

While an answer is awaited a van's released nodes stay as they are; a little more is released
first, so that it can drive on meanwhile.
"""

from collections.abc import Iterable
from dataclasses import replace

from dispatcher.core import replanning, tracking
from dispatcher.core.assembling import forecast_trip, parcels_left, plan_request, trip_offer
from dispatcher.core.book import ParcelBook
from dispatcher.core.decisions import Decision, Forecast, Report, SendTrip, Solve
from dispatcher.core.events import RoadsChanged
from dispatcher.core.model import IN_FORCE, Outlook, Trip
from dispatcher.core.ordering import released
from dispatcher.core.outlook import outlook_of
from dispatcher.core.requests import (
    ForecastRequest,
    ForecastResult,
    ForecastTrip,
    StandingRoute,
    StopOffer,
    TripForecast,
    VanOffer,
)
from dispatcher.core.state import DepotState, PendingForecast, PendingSolve
from maps.incidents import Incident
from maps.units import Instant
from vehicles.changing import changed


def ask_replan(
    state: DepotState, trip_ids: Iterable[str], cause: str, now: Instant
) -> tuple[Decision, ...]:
    """Ask for new ways of the trips that can still be changed; one question for all."""
    decisions: list[Decision] = []
    vans: list[VanOffer] = []
    stops: list[StopOffer] = []
    standing: list[StandingRoute] = []
    chosen: list[tuple[str, int]] = []
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
        standing.append(StandingRoute(trip.van_id, tuple(stop.stop_id for stop in left)))
        chosen.append((trip_id, held.released_count))
    if not chosen:
        return ()
    request = plan_request(
        request_id,
        cause,
        now=now,
        vans=tuple(vans),
        stops=tuple(stops),
        incidents=state.roads_ahead(now),
        setup=state.setup,
        seed=state.request_count,
    )
    request = replace(request, standing=tuple(standing))
    state.ask_planner(PendingSolve(request, tuple(chosen)))
    return (*decisions, Report("replan_asked", request_id, cause), Solve(request))


def _open_to_change(trip: Trip) -> bool:
    """Return whether a trip can be given a new way at all."""
    return (
        not trip.charging_only
        and trip.request_id is None
        and trip.status in IN_FORCE
        and trip.released_count < len(trip.nodes)
    )


def mend(state: DepotState, trip_id: str, now: Instant) -> tuple[Decision, ...]:
    """Ask for a new way if a trip needs one, by its parcels or by its predictions."""
    trip = state.trips[trip_id]
    settings = state.setup.settings
    if not replanning.may_change(trip, now, settings):
        return ()
    cause = _needless(trip, state.book)
    if cause is None and settings.replanning:
        outlook, battery_mwh = _outlook(state, trip), state.vans[trip.van_id].battery_mwh
        cause = replanning.trouble(
            trip, battery_mwh=battery_mwh, outlook=outlook, settings=settings
        )
    return () if cause is None else ask_replan(state, (trip_id,), cause, now)


def _outlook(state: DepotState, trip: Trip) -> Outlook:
    """Return a trip's outlook; it is kept with the trip until its way changes."""
    settings, spec = state.setup.settings, state.vans[trip.van_id].setup.spec
    floor_mwh = spec.reserve_mwh + int(spec.battery_mwh * settings.charge_margin_ratio_min)
    lateness_s_min, known = settings.lateness_s_min, trip.outlook
    if known is not None and (known.floor_mwh, known.lateness_s_min) == (floor_mwh, lateness_s_min):
        return known
    made = outlook_of(trip.nodes, lateness_s_min=lateness_s_min, floor_mwh=floor_mwh)
    state.keep_trip(changed(trip, outlook=made))
    return made


def _needless(trip: Trip, book: ParcelBook) -> str | None:
    """Return that a stop ahead expects parcels that it will not get, or None.

    A trip that was looked through is not again until one more is taken out of it.
    """
    if trip.trip_id not in book.thinned:
        return None
    for index in tracking.stops_ahead(trip, trip.released_count - 1):
        if parcels_left(trip, index, book) != trip.nodes[index].parcel_ids:
            return f"fewer parcels go to {trip.nodes[index].node.label}"
    del book.thinned[trip.trip_id]
    return None


def on_roads_changed(state: DepotState, event: RoadsChanged, now: Instant) -> tuple[Decision, ...]:
    """Note an incident; if it is in force, ask what it does to the trips under way."""
    incident = event.incident
    if state.incidents.get(incident.incident_id) == incident:
        return ()
    state.incidents[incident.incident_id] = incident
    state.roads_over.put(incident.incident_id, incident.ends_at)
    _note_road_instants(state, now)
    state.spoil_pool()
    return ask_forecast(state, now, state.live)


def road_hour(state: DepotState, now: Instant) -> tuple[Decision, ...]:
    """Look at the trips again when an incident known before begins or ends."""
    if not state.road_instants or state.road_instants[0] > now:
        return ()
    _note_road_instants(state, now)
    return ask_forecast(state, now, state.live)


def _note_road_instants(state: DepotState, now: Instant) -> None:
    """Note when known incidents will begin or end."""
    edges = {at for i in state.roads() for at in (i.starts_at, i.ends_at) if at > now}
    state.road_instants = tuple(sorted(edges))


def ask_forecast(state: DepotState, now: Instant, trip_ids: Iterable[str]) -> tuple[Decision, ...]:
    """Ask how long these trips take now; one question per state of the roads before."""
    groups: dict[tuple[Incident, ...], list[tuple[Trip, ForecastTrip]]] = {}
    for trip_id in trip_ids:
        trip = state.trips[trip_id]
        asked = forecast_trip(trip, state.vans[trip.van_id]) if _open_to_change(trip) else None
        if asked is not None:
            groups.setdefault(trip.incidents, []).append((trip, asked))
    decisions: list[Decision] = []
    for before, pairs in groups.items():
        request_id = state.next_request_id("forecast")
        request = ForecastRequest(
            request_id=request_id,
            asked_at=now,
            trips=tuple(asked for _, asked in pairs),
            incidents_before=before,
            incidents=state.roads_ahead(now),
        )
        anchors = tuple((trip.trip_id, trip.revision, trip.released_count - 1) for trip, _ in pairs)
        state.forecasts[request_id] = PendingForecast(request, anchors)
        for trip, _ in pairs:
            state.keep_trip(replace(trip, forecast_id=request_id))
        decisions.append(Forecast(request))
    return tuple(decisions)


def on_forecast(state: DepotState, result: ForecastResult, now: Instant) -> tuple[Decision, ...]:
    """Note the new driving times, and ask for new ways where they break a promise or gain much.

    Trips that were planned anew or asked about again since are left alone.
    """
    pending = state.forecasts.pop(result.request_id, None)
    if pending is None:
        return ()
    forecasts = {forecast.van_id: forecast for forecast in result.trips}
    concerned: list[str] = []
    causes: list[str] = []
    for trip_id, revision, anchor in pending.anchors:
        trip = state.trips[trip_id]
        forecast = forecasts.get(trip.van_id)
        is_newest = trip.forecast_id == result.request_id and trip.revision == revision
        if forecast is None or not is_newest or not _open_to_change(trip):
            continue
        cause = _effect(state, trip, forecast, anchor, now)
        if cause is not None:
            concerned.append(trip_id)
            causes.append(cause)
    if not concerned:
        return ()
    roads = ", ".join(incident.incident_id for incident in state.roads_at(now))
    where = f"roads changed ({roads})" if roads else "roads are free again"
    return ask_replan(state, concerned, f"{where}: {'; '.join(causes)}", now)


def _effect(
    state: DepotState, trip: Trip, forecast: TripForecast, anchor: int, now: Instant
) -> str | None:
    """Note what the roads do to one trip; return why it needs a new way, or None."""
    trip = replanning.with_forecast(trip, forecast, anchor)
    trip = tracking.predicted(changed(trip, forecast_id=None), now)
    state.keep_trip(trip)
    settings = state.setup.settings
    if not settings.replanning:
        return None
    gain_s = replanning.detour_gain_s(forecast)
    if gain_s >= settings.reroute_gain_s_min:
        return f"{trip.van_id} saves {gain_s} s by other roads"
    return replanning.broken_promise(trip, settings)

"""Bring a van home that stands somewhere without a trip, and return what it has aboard.

A van strays when it gives a trip up on the road (it lost its memory, or was asked to), or when it
is first seen away from the depot. It takes no parcels until it is home; on its way it hands over
what it has aboard and still can (``resuming``).
"""

from dataclasses import replace

from dispatcher.core import misloading, resuming
from dispatcher.core.assembling import plan_request
from dispatcher.core.decisions import Decision, Report, SendTrip, Solve
from dispatcher.core.model import Van
from dispatcher.core.ordering import Ticket, new_trip, trip_id_of
from dispatcher.core.parcels import PLANNED_ANEW, ParcelStatus
from dispatcher.core.requests import PlanResult, VanOffer
from dispatcher.core.state import DepotState, PendingSolve, in_force
from maps.places import great_circle_m
from maps.units import Instant, Seconds, later

HOME_M_MAX = 300.0
"""A van farther than this from its depot is not at home. Assumed: an address may lie 250 m from
the nearest road, and the van stands on the road."""
HOME_S_MAX = Seconds(86_400)
"""A van comes home after its shift too, however long it takes; assumed: within a day."""


def locate(state: DepotState, van_id: str, now: Instant) -> tuple[Decision, ...]:
    """See whether a van without a trip is at home; if so, what it has aboard is back."""
    van = state.vans[van_id]
    if van.place is not None and great_circle_m(van.place, state.setup.depot.place) > HOME_M_MAX:
        state.change_van(van_id, astray=True)
        return ()
    stranded = van.stranded
    state.change_van(van_id, astray=False, stranded=())
    decisions: list[Decision] = []
    for parcel_id in stranded:
        decisions += bring_back(state, parcel_id, now)
    return tuple(decisions)


def bring_back(state: DepotState, parcel_id: str, now: Instant) -> tuple[Decision, ...]:
    """Note that a returning parcel is in the depot again, to stay or to be planned anew.

    One that was in the wrong van goes with the trip it was meant for while that may have it.
    """
    entry = state.book[parcel_id]
    meant = misloading.meant_for(state, parcel_id) if entry.trip_id is None else None
    if meant is not None:
        detail = f"{meant.van_id} may still load it, or has"
        state.book.note(parcel_id, trip_id=meant.trip_id, van_id=meant.van_id, detail=detail)
        return (Report("kept_for_trip", meant.trip_id, f"{parcel_id}: {detail}"),)
    if entry.reason in PLANNED_ANEW:
        state.book.move(
            parcel_id,
            ParcelStatus.WAITING,
            now,
            van_id=None,
            trip_id=None,
            reason="",
            detail="",
        )
        state.ask_pool(f"{parcel_id} is back, and goes out again")
        return ()
    said = entry.reason
    return state.book.move(parcel_id, ParcelStatus.RETURNED, now, kind="returned", said=said)


def ask(state: DepotState, now: Instant) -> tuple[Decision, ...]:
    """Ask for the way home of every stray van that can move and was not asked for yet.

    It leads past the doors for which the van still has something aboard.
    """
    if not state.strays:
        return ()
    decisions: list[Decision] = []
    for van in state.vans_of(state.strays):
        if van.place is None or _is_asked(state, van):
            continue
        soonest = later(now, Seconds(state.setup.settings.plan_latency_s))
        offer = VanOffer(
            van_id=van.van_id,
            spec=van.spec_planned,
            start=van.place,
            start_at=soonest,
            end=state.setup.depot.place,
            shift_end=max(van.setup.shift_end, later(soonest, HOME_S_MAX)),
            battery_mwh=van.battery_mwh,
        )
        request = plan_request(
            state.next_request_id("home"),
            f"{van.van_id} is astray",
            now=now,
            vans=(offer,),
            stops=resuming.stops_left(state, van, now),
            incidents=state.roads_ahead(now),
            setup=state.setup,
            seed=state.request_count,
        )
        state.ask_planner(PendingSolve(request, home_van_id=van.van_id))
        decisions.append(Solve(request))
    return tuple(decisions)


def _is_asked(state: DepotState, van: Van) -> bool:
    """Return whether a van's way home is being looked for already."""
    return any(pending.home_van_id == van.van_id for pending in state.solves.values())


def adopt(
    state: DepotState, pending: PendingSolve, result: PlanResult, now: Instant
) -> tuple[Decision, ...]:
    """Order a stray van home, if it is still astray; if there is no way, look again later."""
    request = pending.request
    van_id = request.vans[0].van_id
    van = state.vans[van_id]
    if van_id not in state.strays or not resuming.is_current(state, van, request, now):
        return ()  # asked anew, if need be
    if not result.routes:
        return (Report("no_way_home", van_id, f"from {van.place}"), *failed(state, van_id, now))
    trip = new_trip(
        Ticket(trip_id_of(van_id, van.trips_count + 1, now), van_id, 0),
        result.routes[0],
        {stop.stop_id: stop for stop in request.stops},
        depot=replace(state.setup.depot, loading_s=0),
        incidents=in_force(state.roads(), now),
        settings=state.setup.settings,
        is_loaded=True,
    )
    state.begin_trip(trip)
    resuming.take_up(state, trip, now)
    said = f"{trip.trip_id}, with {len(trip.aboard)} parcels to hand over"
    return (Report("ordered_home", van_id, said), SendTrip(trip.wish))


def failed(state: DepotState, van_id: str, now: Instant) -> tuple[Decision, ...]:
    """Look for a van's way home again later."""
    rests_until = later(now, Seconds(state.setup.settings.retry_s))
    state.change_van(van_id, rests_until=rests_until)
    state.wake_van(van_id, now)
    return ()

"""Bring a van home that stands somewhere without a trip, and return what it has aboard.

A van strays when it gives a trip up on the road (it lost its memory, or was asked to), or when it
is first seen away from the depot. It takes no parcels until it is home.
"""

from dataclasses import replace

from dispatcher.core.assembling import plan_request
from dispatcher.core.decisions import Decision, Report, SendTrip, Solve
from dispatcher.core.model import Trip, Van
from dispatcher.core.ordering import Ticket, new_trip, trip_id_of
from dispatcher.core.parcels import LOADED_WRONGLY, ParcelStatus
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


def carry_home(state: DepotState, parcel_id: str, van_id: str, now: Instant) -> None:
    """Note that a parcel which should be at the depot is in a van that was not to have it.

    Nobody was told to hand it over there: it rides along, and is planned again when it is back.
    """
    state.book.move(
        parcel_id,
        ParcelStatus.RETURNING,
        now,
        van_id=van_id,
        trip_id=None,
        expected_at=None,
        reason=LOADED_WRONGLY,
        detail=f"loaded into {van_id} by mistake",
    )
    van = state.vans[van_id]
    state.change_van(van_id, stranded=(*van.stranded, parcel_id))


def bring_back(state: DepotState, parcel_id: str, now: Instant) -> tuple[Decision, ...]:
    """Note that a returning parcel is in the depot again, to stay or to be planned anew.

    One that was in the wrong van may still be loaded by the right one: what that van was told to
    load cannot be taken back. It goes with that van's trip until the van has said what became of
    it, lest it be given to another van meanwhile.
    """
    entry = state.book[parcel_id]
    loading = _loading(state, parcel_id) if entry.trip_id is None else None
    if loading is not None:
        state.book.note(parcel_id, trip_id=loading.trip_id, van_id=loading.van_id)
        return ()
    if entry.reason == LOADED_WRONGLY:
        state.book.move(
            parcel_id,
            ParcelStatus.WAITING,
            now,
            van_id=None,
            trip_id=None,
            reason="",
            detail="",
        )
        state.ask_pool(f"{parcel_id} is back from the wrong van")
        return ()
    said = entry.reason
    return state.book.move(parcel_id, ParcelStatus.RETURNED, now, kind="returned", said=said)


def _loading(state: DepotState, parcel_id: str) -> Trip | None:
    """Return the trip not over whose van was told to load a parcel and has not said that it did."""
    for trip in state.live_trips():
        for action in trip.nodes[0].node.actions:
            if action.parcel_id == parcel_id and action.action_id not in trip.ended:
                return trip
    return None


def take_over(state: DepotState, parcel_id: str, trip: Trip) -> None:
    """Note that a parcel believed to be in the wrong van is in the van that was to have it."""
    wrong_id = state.book[parcel_id].van_id
    if wrong_id is not None:
        left = tuple(one for one in state.vans[wrong_id].stranded if one != parcel_id)
        state.change_van(wrong_id, stranded=left)
    state.book.note(parcel_id, trip_id=trip.trip_id, van_id=trip.van_id)


def ask(state: DepotState, now: Instant) -> tuple[Decision, ...]:
    """Ask for the way home of every stray van that can move and was not asked for yet."""
    if not state.strays:
        return ()
    decisions: list[Decision] = []
    for van in state.vans_of(state.strays):
        if van.place is None or _is_asked(state, van):
            continue
        soonest = later(now, Seconds(state.setup.settings.plan_latency_s))
        offer = VanOffer(
            van_id=van.van_id,
            spec=van.setup.spec,
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
            stops=(),
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


def adopt(state: DepotState, van_id: str, result: PlanResult, now: Instant) -> tuple[Decision, ...]:
    """Order a stray van home, if it is still astray; if there is no way, look again later."""
    van = state.vans[van_id]
    if van_id not in state.strays:
        return ()
    if not result.routes:
        return (Report("no_way_home", van_id, f"from {van.place}"), *failed(state, van_id, now))
    trip = new_trip(
        Ticket(trip_id_of(van_id, van.trips_count + 1, now), van_id, 0),
        result.routes[0],
        {},
        depot=replace(state.setup.depot, loading_s=0),
        incidents=in_force(state.roads(), now),
        settings=state.setup.settings,
    )
    state.begin_trip(trip)
    return (Report("ordered_home", van_id, trip.trip_id), SendTrip(trip.wish))


def failed(state: DepotState, van_id: str, now: Instant) -> tuple[Decision, ...]:
    """Look for a van's way home again later."""
    rests_until = later(now, Seconds(state.setup.settings.retry_s))
    state.change_van(van_id, rests_until=rests_until)
    state.wake_van(van_id, now)
    return ()

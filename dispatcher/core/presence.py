"""Which vans can be counted on: seen, lost, stuck, able to move again, and their charge."""

from dataclasses import replace

from dispatcher.core import confirming, loading, tracking
from dispatcher.core.decisions import CancelTrip, Decision, Report
from dispatcher.core.driving import go_on
from dispatcher.core.homing import locate
from dispatcher.core.model import TripStatus
from dispatcher.core.planning import give_to_others
from dispatcher.core.repairing import mend
from dispatcher.core.state import DepotState
from maps.units import Instant, Seconds
from vehicles.facts import ChargeChanged, ChargingTold, VanLost, VanMobile, VanSeen, VanStuck


def on_seen(state: DepotState, fact: VanSeen, now: Instant) -> tuple[Decision, ...]:
    """Count on a van again, from where it says it is.

    A van that is busy with something else than we gave it is asked to leave that, and given
    nothing until it has.
    """
    before = state.vans[fact.van_id]
    foreign = None if fact.trip_id in (None, before.trip_id) else fact.trip_id
    van = state.change_van(
        fact.van_id,
        known=True,
        place=fact.place,
        battery_mwh=fact.battery_mwh,
        stuck=fact.stuck,
        charging=False,
        foreign_trip_id=foreign,
    )
    loading.find_again(state, fact.van_id)
    confirming.wait_for(state, van.trip_id, now)
    decisions: list[Decision] = []
    if foreign is not None:
        decisions.append(Report("unknown_order", fact.van_id, f"the van names order {foreign}"))
        decisions.append(CancelTrip(fact.van_id, foreign))
    elif van.trip_id is None:
        decisions += locate(state, fact.van_id, now)
        state.ask_pool(f"{fact.van_id} is there")
    if fact.stuck and not before.stuck:
        decisions += _halt(state, fact.van_id, "it was stuck when it was seen again", now)
    if before.stuck and not fact.stuck:
        decisions += _resume(state, fact.van_id, now)
    return tuple(decisions)


def on_lost(state: DepotState, fact: VanLost, now: Instant) -> tuple[Decision, ...]:
    """Stop counting on a van; what was planned for its next trip goes to others.

    What it has not loaded of the trip it was told does too, if it stays away (``loading``). One
    that is said to be lost after a restart was away before.
    """
    was_known = state.vans[fact.van_id].known
    state.change_van(fact.van_id, known=False)
    give_to_others(state, fact.van_id, "is lost")
    if was_known:
        loading.miss(state, fact.van_id, now)
    return (Report("van_lost", fact.van_id, fact.cause),)


def on_charge(state: DepotState, fact: ChargeChanged, now: Instant) -> tuple[Decision, ...]:
    """Note a van's charge; mend its trip if it will not last."""
    van = state.change_van(fact.van_id, battery_mwh=fact.battery_mwh, charging=fact.charging)
    return () if van.trip_id is None else mend(state, van.trip_id, now)


def on_charging_told(state: DepotState, fact: ChargingTold, _: Instant) -> tuple[Decision, ...]:
    """Note whether a van can be told to charge; say so of one that cannot."""
    before, van_id = state.vans[fact.van_id].is_told_to_charge, fact.van_id
    state.change_van(van_id, is_told_to_charge=fact.charging.is_told)
    if fact.charging.is_told or not before:
        return ()
    missing = "stopCharging at once" if fact.charging.can_start else "startCharging at nodes"
    why = f"its factsheet does not list {missing}: it is charged by people, or by itself"
    return (Report("not_told_to_charge", van_id, why),)


def on_stuck(state: DepotState, fact: VanStuck, now: Instant) -> tuple[Decision, ...]:
    """Reckon with a van that cannot move: its next parcels go to others, its trip comes late."""
    is_news = not state.vans[fact.van_id].stuck
    state.change_van(fact.van_id, stuck=True, place=fact.place)
    return _halt(state, fact.van_id, fact.cause, now) if is_news else ()


def _halt(state: DepotState, van_id: str, cause: str, now: Instant) -> tuple[Decision, ...]:
    """Take back what a stuck van has not begun; put off what it has."""
    give_to_others(state, van_id, "is stuck")
    report = Report("van_stuck", van_id, cause)
    van = state.vans[van_id]
    if van.trip_id is None:
        return (report,)
    trip = state.trips[van.trip_id]
    if trip.status is TripStatus.ORDERED and not loading.holds_any(state, trip):
        state.keep_trip(replace(trip, status=TripStatus.CANCELLING))
        return (report, CancelTrip(van_id, trip.trip_id))
    stuck_s = Seconds(state.setup.settings.stuck_s_assumed)
    state.keep_trip(tracking.put_off(trip, now, by_s=stuck_s))
    return (report, *mend(state, trip.trip_id, now))


def on_mobile(state: DepotState, fact: VanMobile, now: Instant) -> tuple[Decision, ...]:
    """Reckon with a van again that was stuck, and see what its stay has cost."""
    is_news = state.vans[fact.van_id].stuck
    state.change_van(fact.van_id, stuck=False)
    return _resume(state, fact.van_id, now) if is_news else ()


def _resume(state: DepotState, van_id: str, now: Instant) -> tuple[Decision, ...]:
    """Let a van's trip go on, or give it one."""
    report = Report("van_mobile", van_id, "the van can move again")
    trip_id = state.vans[van_id].trip_id
    if trip_id is None:
        state.ask_pool(f"{van_id} can move again")
        return (report,)
    state.keep_trip(tracking.on_mobile(state.trips[trip_id], now))
    return (report, *go_on(state, trip_id, now))

"""Invariants of the day's end: every parcel accounted for, everybody at rest."""

from collections.abc import Iterator

from dispatcher.core.parcels import FINAL, ParcelStatus
from maps.units import Instant
from simulations.accounting import differences
from simulations.invariants.looking import Invariant, Look, World

TRIPS_MAX = 200
"""More trips than any van can make in a day or two (assumed: seven minutes each, day and night)."""

GIVEN_WITHOUT_REASON = frozenset({ParcelStatus.DELIVERED})


class EveryParcelEndsOnce(Invariant):
    """At the end every parcel announced is delivered, returned or unserved, once, with a reason.

    The warehouse's own ledger is held against the core's account: each id is in it exactly once,
    was answered as the account says, and has come to an end. Whatever was not delivered says why.
    """

    demands_rest = True

    def at_end(self, world: World, now: Instant) -> Iterator[str]:
        """Hold both accounts against each other."""
        snapshot = world.shell.stepper.core.snapshot(now)
        yield from differences(world.warehouse.ledger, snapshot)
        for record in snapshot.parcels:
            if record.status in FINAL - GIVEN_WITHOUT_REASON and not record.reason:
                yield f"{record.parcel.parcel_id} is {record.status.value} without a reason"


class EverybodyComesToRest(Invariant):
    """At the end no trip is open, no question unanswered, no van away, and nothing left aboard.

    A day that has gone quiet without that waits for something that will never come: a message
    that was lost and not repeated, an answer that was forgotten. Nor is a van given trip after
    trip for nothing, such as turns at a charger that it has no need of. Charging at the depot goes
    on through the night, and may be told and begun in the day's last minute.
    """

    demands_rest = True

    def after(self, look: Look) -> Iterator[str]:
        """Look at how many trips the vans touched have been given."""
        for trip in look.trips:
            count = look.world.state.vans[trip.van_id].trips_count
            if count > TRIPS_MAX:
                yield f"{trip.van_id} has been given {count} trips, and finds no rest"

    def at_end(self, world: World, now: Instant) -> Iterator[str]:
        """Look at what is still open."""
        del now
        state = world.state
        for trip in state.live_trips():
            if not trip.charging_only:
                yield f"{trip.trip_id} is {trip.status.value} for ever"
        for request_id in (*state.solves, *state.forecasts):
            yield f"{request_id} is never answered"
        for van in state.van_list():
            if van.astray or van.stranded or not van.known:
                where = "astray" if van.astray else "not heard of" if not van.known else "home"
                yield f"{van.van_id} is {where}, with {len(van.stranded)} parcels stranded"
        for van_id, simulated in world.vans.items():
            if simulated.agent.loads:
                yield f"{van_id} still has {', '.join(simulated.agent.loads)} aboard"
            outstanding = world.shell.stepper.sessions[van_id].outstanding()
            last = state.trips.get(state.vans[van_id].trip_id or "")
            may_charge_on = last is not None and last.charging_only
            if outstanding is not None and not may_charge_on:
                yield f"{van_id} was never reached with {outstanding.key}"
        if not world.warehouse.is_quiet:
            yield "the warehouse still waits for an answer"

"""Invariants of parcels: each in one place, handed over once, and told of in order.

What vans really hold and handed over is asked of the vans, never of the core.
"""

from collections.abc import Iterator
from typing import Final

from dispatcher.core.book import ParcelEntry
from dispatcher.core.decisions import Accept, ConfirmCancel, Publish
from dispatcher.core.events import TripLoaded, TripWithdrawn
from dispatcher.core.model import TRIP_OVER, Trip
from dispatcher.core.parcels import FINAL, ParcelStatus, reachable
from maps.units import Instant
from simulations.invariants.looking import Invariant, Look, World
from simulations.logbook import Handling
from vehicles.trip import ActionKind

AT_DEPOT: Final = frozenset({ParcelStatus.WAITING, ParcelStatus.HELD})
IN_TRIP: Final = frozenset({ParcelStatus.ORDERED, ParcelStatus.ABOARD})


class NoParcelLost(Invariant):
    """Every parcel accepted is in the account, in exactly one place, until it ended long ago.

    A parcel that was accepted leaves the book only after `keep_ended_s` at its end, which no day of
    the soak reaches. One that is ordered or aboard belongs to one
    trip that is not over, and is on that trip's list; one that comes back is in such a trip, or
    noted as stranded in exactly one van. Its status changes only along the table of allowed
    changes.
    """

    def __init__(self) -> None:
        self._accepted: set[str] = set()
        self._status: dict[str, ParcelStatus] = {}
        self._seen: dict[str, tuple[ParcelEntry, Trip | None]] = {}

    def after(self, look: Look) -> Iterator[str]:
        """Look at the parcels touched, if they or their trips are other records than before."""
        self._accepted.update(one.parcel_id for one in look.decisions if isinstance(one, Accept))
        book, trips = look.world.book, look.world.state.trips
        for parcel_id in look.parcel_ids:
            entry = book.get(parcel_id)
            if entry is not None:
                seen = self._seen.get(parcel_id)
                trip = trips.get(entry.trip_id or "")
                if seen is not None and seen[0] is entry and _equally_over(seen[1], trip):
                    continue
                self._seen[parcel_id] = (entry, trip)
            yield from self._place(parcel_id, look.world)

    def at_end(self, world: World, now: Instant) -> Iterator[str]:
        """Look at all parcels."""
        del now
        for parcel_id in sorted(self._accepted):
            yield from self._place(parcel_id, world)

    def _place(self, parcel_id: str, world: World) -> Iterator[str]:
        entry = world.book.get(parcel_id)
        if entry is None:
            if parcel_id in self._accepted:
                yield f"{parcel_id} was accepted, but is not in the book"
            return
        before = self._status.get(parcel_id, entry.status)
        self._status[parcel_id] = entry.status
        if before is not entry.status and not reachable(before, entry.status):
            yield f"{parcel_id} went from {before.value} to {entry.status.value}"
        trip = world.state.trips.get(entry.trip_id or "")
        in_trip = trip is not None and trip.status not in TRIP_OVER
        listed = trip is not None and parcel_id in trip.parcel_ids
        van = world.state.vans.get(entry.van_id or "")
        stranded = van is not None and parcel_id in van.stranded
        if entry.status in IN_TRIP and not (in_trip and listed):
            yield f"{parcel_id} is {entry.status.value}, but in no trip that is not over"
        if entry.status is ParcelStatus.RETURNING and in_trip == stranded:
            yield f"{parcel_id} comes back {'twice' if in_trip else 'with nobody'}"
        if entry.status is not ParcelStatus.RETURNING and stranded:
            yield f"{parcel_id} is {entry.status.value}, but stranded in {entry.van_id}"


class EveryParcelHasAStop(Invariant):
    """Whatever a trip still has to bring, some stop ahead of its van hands it over.

    A parcel that is ordered or aboard is handed over at a stop that the van has not left. A plan
    that leaves it out says so: then it comes back.
    """

    def after(self, look: Look) -> Iterator[str]:
        """Look at the trips touched."""
        for trip in look.trips:
            if trip.status in TRIP_OVER or trip.charging_only:
                continue
            ahead = {
                action.parcel_id
                for node in trip.nodes[max(trip.passed_index, 0) :]
                for action in node.node.actions
                if action.kind is ActionKind.DROP and action.action_id not in trip.ended
            }
            for parcel_id in trip.parcel_ids:
                entry = look.world.book[parcel_id]
                if parcel_id in ahead or entry.trip_id != trip.trip_id:
                    continue
                if entry.status in IN_TRIP:
                    yield f"{parcel_id} is {entry.status.value} in {trip.trip_id}, without a stop"


class OneVanPerParcel(Invariant):
    """No parcel is in two vans, nor with another van than the core believes.

    What is aboard is asked of the simulated vans. A parcel in one of them may not be waiting for a
    plan at the depot, and not ordered or aboard in a trip of another. One that was put in by
    mistake is known of as soon as the warehouse has said so.
    """

    def __init__(self) -> None:
        self._holder: dict[str, str] = {}
        self._loads: dict[str, frozenset[str]] = {}
        self._told: dict[str, str] = {}

    def after(self, look: Look) -> Iterator[str]:
        """Look at what the vans touched hold, and at the parcels touched."""
        for van in look.vans:
            loads = frozenset(van.agent.loads)
            before = self._loads.get(van.van_id, frozenset())
            if loads == before:
                continue
            self._loads[van.van_id] = loads
            for parcel_id in sorted(before - loads):
                if self._holder.get(parcel_id) == van.van_id:
                    del self._holder[parcel_id]
            for parcel_id in sorted(loads - before):
                other = self._holder.get(parcel_id, van.van_id)
                self._holder[parcel_id] = van.van_id  # the other may have let go unseen
                if other != van.van_id and parcel_id in look.world.vans[other].agent.loads:
                    yield f"{parcel_id} is in {other} and in {van.van_id}"
        self._hear(look)
        for parcel_id in look.parcel_ids:
            holder = self._holder.get(parcel_id)
            if holder is not None:
                yield from self._believed(parcel_id, holder, look.world)

    def _hear(self, look: Look) -> None:
        """Note what the core was told to be in a van, while the van's trip was in force."""
        if isinstance(look.event, TripLoaded | TripWithdrawn):
            trip = look.world.state.trips.get(look.event.trip_id)
            if trip is not None and trip.status not in TRIP_OVER:
                self._told |= dict.fromkeys(look.event.parcel_ids, trip.trip_id)

    def _believed(self, parcel_id: str, holder: str, world: World) -> Iterator[str]:
        entry = world.book.get(parcel_id)
        if entry is None or entry.status in FINAL:
            return
        if parcel_id not in world.vans[holder].agent.loads:
            return  # it has left the van, and the core has not heard of it yet
        told = world.state.trips.get(self._told.get(parcel_id, ""))
        is_told = told is not None and told.van_id == holder and told.status not in TRIP_OVER
        if parcel_id in world.vans[holder].actions.stowaways and not is_told:
            return  # the van was to get another one, and nobody has looked yet
        if entry.status in AT_DEPOT:
            yield f"{parcel_id} waits at the depot for the core, but is in {holder}"
        trip = world.state.trips.get(entry.trip_id or "")
        if entry.status in IN_TRIP and trip is not None and trip.van_id != holder:
            yield f"{parcel_id} is in {holder}, but the core gave it to {trip.van_id}"


class HandedOverOnce(Invariant):
    """A parcel is handed over at most once in the world, by the van that loaded it.

    The vans' logbooks are the ledger: what was really put in and handed over, by which van. The
    core's word follows: it calls delivered only what was handed over, by the same van, and at the
    end of the day nothing was handed over that it does not call delivered. What it confirmed as
    cancelled is not handed over.
    """

    demands_rest = True  # what was handed over may still be on its way to the dispatcher

    def __init__(self) -> None:
        self._read: dict[str, int] = {}
        self._loaded: dict[str, set[str]] = {}
        self._handed: dict[str, str] = {}
        self._taken_back: set[str] = set()

    def after(self, look: Look) -> Iterator[str]:
        """Read on in the logbooks of the vans touched; hold deliveries against them."""
        for one in look.decisions:
            if isinstance(one, ConfirmCancel):
                self._taken_back.add(one.parcel_id)
        for van in look.vans:
            yield from self._read_on(van.van_id, look.world)
        for parcel_id in look.parcel_ids:
            entry = look.world.book.get(parcel_id)
            if entry is None or entry.status is not ParcelStatus.DELIVERED:
                continue
            by = self._handed.get(parcel_id, "nobody")
            if by != entry.van_id:
                yield f"{parcel_id} is delivered by {entry.van_id}, but {by} handed it over"

    def at_end(self, world: World, now: Instant) -> Iterator[str]:
        """Hold the whole ledger against the core's account."""
        del now
        for van_id in world.vans:
            yield from self._read_on(van_id, world)
        for parcel_id, van_id in self._handed.items():
            entry = world.book.get(parcel_id)
            status = "unknown" if entry is None else entry.status.value
            if status != ParcelStatus.DELIVERED.value:
                yield f"{parcel_id} was handed over by {van_id}, but is {status}"

    def _read_on(self, van_id: str, world: World) -> Iterator[str]:
        handlings = world.vans[van_id].logbook.handlings
        new = handlings[self._read.get(van_id, 0) :]
        self._read[van_id] = len(handlings)
        for handling in new:
            yield from self._handled(van_id, handling)

    def _handled(self, van_id: str, handling: Handling) -> Iterator[str]:
        parcel_id = handling.parcel_id
        loaded = self._loaded.setdefault(van_id, set())
        if handling.kind is ActionKind.PICK:
            loaded.add(parcel_id)
            return
        if parcel_id in self._handed:
            yield f"{parcel_id} was handed over by {self._handed[parcel_id]} and by {van_id}"
        if parcel_id not in loaded:
            yield f"{parcel_id} was handed over by {van_id}, which never loaded it"
        if parcel_id in self._taken_back:
            yield f"{parcel_id} was handed over by {van_id}, and confirmed as cancelled before"
        self._handed[parcel_id] = van_id


RANKS: Final = {
    kind: rank
    for rank, kind in enumerate(
        ("accepted", "bundled", "planned", "loaded", "out_for_delivery", "delivered")
    )
}
"""The usual life of a parcel, in order; what else is told may come anywhere."""


class ToldInOrder(Invariant):
    """What the world is told of a parcel comes once, in order, numbered without a gap.

    Nothing is told twice; nothing that lies earlier in a parcel's life is told later. What is
    delivered was announced, planned and loaded before, and it was loaded for the very trip that
    delivered it, or was aboard of its van when that trip began: one that gave up the trip before
    goes on with what it has. Nothing is told to have happened later than now.
    """

    def __init__(self) -> None:
        self._told: dict[str, dict[str, str]] = {}

    def after(self, look: Look) -> Iterator[str]:
        """Look at what is published."""
        for decision in look.decisions:
            if isinstance(decision, Publish):
                yield from self._published(decision, look.entry.now, look.world)

    def _published(self, word: Publish, now: Instant, world: World) -> Iterator[str]:
        told = self._told.setdefault(word.parcel_id, {})
        what = f"{word.parcel_id} is told to be {word.kind}"
        if word.kind in told:
            yield f"{what} for the second time"
        if word.number != len(told) + 1:
            yield f"{what} as number {word.number}, after {len(told)}"
        if word.at > now:
            yield f"{what} in {word.at - now} ms"
        rank = RANKS.get(word.kind)
        behind = [kind for kind in told if rank is not None and RANKS.get(kind, -1) > rank]
        if behind:
            yield f"{what} after {', '.join(behind)}"
        told[word.kind] = word.detail
        if word.kind == "delivered":
            missing = [kind for kind in ("accepted", "planned", "loaded") if kind not in told]
            if missing:
                yield f"{what}, but never {', '.join(missing)}"
            elif told["loaded"] != word.detail and not _was_aboard(word, world):
                yield f"{what} by trip {word.detail}, but was loaded for {told['loaded']}"


def _was_aboard(word: Publish, world: World) -> bool:
    """Return whether a parcel was in the van before the trip that delivered it began."""
    trip = world.state.trips.get(word.detail)
    return trip is not None and word.parcel_id in trip.aboard


def _equally_over(before: Trip | None, after: Trip | None) -> bool:
    """Return whether two records of one trip hold the same parcels for the same trip."""
    if before is None or after is None:
        return before is after
    return before is after or (before.status in TRIP_OVER) == (after.status in TRIP_OVER)

"""Watches one depot's day and counts it: the only place where events become metrics.

While the day goes on, only what is not to be seen at its end is counted: when a parcel was
announced and first attempted, how long a plan took, what a replan moved. All else is read when the
day is over, from the dispatcher's account of it and from the vans' own logbooks, so that watching
costs next to nothing.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dispatcher.core.decisions import Decision, Publish, Report, SendTrip, Solve
from dispatcher.core.events import AnnouncementRefused, SolveFailed, SolveFinished
from dispatcher.core.parcels import FINAL, ParcelStatus
from dispatcher.core.settings import DepotSetup
from dispatcher.core.snapshot import ParcelRecord, Snapshot, TripRecord
from dispatcher.export.summary import service_began
from dispatcher.journal.records import Entry
from maps.places import great_circle_m
from maps.units import Instant
from simulations.logbook import HOUR_MS
from simulations.metrics.counting import Tally
from simulations.metrics.day import DepotMetrics
from simulations.metrics.driven import count_shifts, count_van, loaded_by_trip
from simulations.metrics.film import film_of
from simulations.metrics.grid import Grid
from simulations.metrics.replanned import moved_by
from simulations.metrics.sums import Sum
from simulations.van import SimulatedVan
from simulations.warehouse import SECOND
from simulations.world.city import City
from vehicles.facts import ActionEnded
from vehicles.trip import ActionKind, NodeKind, TripWish

HELD: Final = "held"
"""What the account calls parcels that have come to no end."""


class Meter:
    """Counts one depot's day: give it to a ``City`` as a watcher, and ask it when the day is over.

    Parameters
    ----------
    setup
        The depot.
    grid
        What its vans charge from.
    filming
        Whether the day's moving picture is wanted too.
    retrying
        Whether parcels go out again, under ids that end in ``SECOND``.
    """

    def __init__(
        self, setup: DepotSetup, grid: Grid, *, filming: bool = False, retrying: bool = False
    ) -> None:
        self._setup, self._grid, self._filming = setup, grid, filming
        self._retrying = retrying
        self._tally = Tally()
        self._attempted: set[str] = set()
        self._refused_at: dict[str, Instant] = {}
        self._asked_at: dict[str, Instant] = {}
        self._wishes: dict[str, TripWish] = {}

    # While the day goes on

    def __call__(self, entry: Entry, decisions: tuple[Decision, ...]) -> None:
        """Take note of an event and what it decided."""
        if entry.depot_id != self._setup.depot.depot_id:
            return
        match entry.event:
            case ActionEnded() as fact:
                self._note_attempt(fact, entry.now)
            case SolveFinished(result):
                self._note_answer(result.request_id, entry.now)
            case SolveFailed(request_id):
                self._note_answer(request_id, entry.now)
            case AnnouncementRefused(announcement_id):
                self._refused_at.setdefault(announcement_id, entry.now)
            case _:
                pass
        if decisions:
            self._note_decisions(decisions, entry.now)

    def _note_attempt(self, fact: ActionEnded, now: Instant) -> None:
        action, _, parcel_id = fact.action_id.rpartition("/")
        if not action.endswith(f"/{ActionKind.DROP.value}") or parcel_id in self._attempted:
            return
        if self._retrying and parcel_id.removesuffix(SECOND) in self._attempted:
            return
        self._attempted.add(parcel_id)
        self._tally.add(Sum.ATTEMPTED, now, van_id=fact.van_id)
        self._tally.add(Sum.FIRST_TIME, now, int(fact.done), van_id=fact.van_id)

    def _note_answer(self, request_id: str, now: Instant) -> None:
        asked_at = self._asked_at.pop(request_id, None)
        if asked_at is not None:
            self._tally.add(Sum.SOLVED, now)
            self._tally.add(Sum.SOLVE_WAIT, now, now - asked_at)

    def _note_decisions(self, decisions: tuple[Decision, ...], now: Instant) -> None:
        replanned = {
            one.subject_id
            for one in decisions
            if isinstance(one, Report) and one.name == "replanned"
        }
        for decision in decisions:
            match decision:
                case Publish(kind=kind) if kind in {"accepted", "rejected"}:
                    self._tally.add(Sum.ANNOUNCED, now)
                case Solve(request):
                    self._asked_at[request.request_id] = now
                    self._tally.add(Sum.SOLVES, now)
                case SendTrip(wish):
                    before = self._wishes.get(wish.van_id)
                    self._wishes[wish.van_id] = wish
                    if wish.van_id in replanned and before is not None:
                        self._note_replan(before, wish, now)
                case _:
                    pass

    def _note_replan(self, before: TripWish, after: TripWish, now: Instant) -> None:
        van_id = after.van_id
        self._tally.add(Sum.REPLANS, now, van_id=van_id)
        if before.trip_id != after.trip_id:
            return
        moved = moved_by(before, after)
        self._tally.add(Sum.RESEQUENCED, now, moved.resequenced, van_id=van_id)
        self._tally.add(Sum.DROPPED, now, moved.dropped, van_id=van_id)
        self._tally.add(Sum.MOVED_PROMISES, now, moved.promises, van_id=van_id)

    # When it is over

    def ended(self, city: City) -> DepotMetrics:
        """Return the depot's metrics; to be asked once, when the day is over.

        Parameters
        ----------
        city
            The day that was watched, with its vans.
        """
        stepper = city.shells[self._setup.depot.depot_id].stepper
        return self.counted(stepper.core.snapshot(city.agenda.now), city.vans)

    def counted(self, snapshot: Snapshot, vans: Mapping[str, SimulatedVan]) -> DepotMetrics:
        """Return the depot's metrics; to be asked once.

        Parameters
        ----------
        snapshot
            How the day stands at its end.
        vans
            The depot's, by id, as they are then; others are not looked at.
        """
        depot, now = self._setup.depot, snapshot.as_of
        van_ids = tuple(van.van_id for van in self._setup.vans)
        trips = {trip.trip_id: trip for trip in snapshot.trips}
        late = self._count_parcels(snapshot, trips)
        self._count_trips(snapshot, loaded_by_trip(vans[van_id] for van_id in van_ids))
        for refused_id, _ in snapshot.refused:
            at = self._refused_at.get(refused_id, now)
            self._tally.add(Sum.ANNOUNCED, at)
            self._tally.add(Sum.REJECTED, at)
        for van_id in van_ids:
            vans[van_id].advance(now)
            count_van(self._tally, vans[van_id], self._grid)
        count_shifts(self._tally, self._setup.vans, until=now)
        return DepotMetrics(
            depot_id=depot.depot_id,
            zone=depot.zone,
            van_ids=van_ids,
            first_hour=self._tally.hours().start,
            sums=self._tally.array(van_ids),
            late=self._late_array(late.values(), van_ids),
            reasons=_reasons(snapshot),
            film=film_of(snapshot, late.keys()) if self._filming else None,
        )

    def _late_array(
        self, late: Iterable[tuple[str, Instant, int]], van_ids: Sequence[str]
    ) -> NDArray[np.int64]:
        """Return late parcels as ``DepotMetrics`` keeps them."""
        rows = {van_id: row for row, van_id in enumerate(van_ids)}
        first_hour = self._tally.hours().start
        found = [
            (rows.get(van_id, len(rows)), begun // HOUR_MS - first_hour, late_ms)
            for van_id, begun, late_ms in late
        ]
        return np.array(found, dtype=np.int64).reshape(-1, 3)

    def _count_parcels(
        self, snapshot: Snapshot, trips: Mapping[str, TripRecord]
    ) -> dict[str, tuple[str, Instant, int]]:
        """Count every parcel where it ended; return the late ones' van, beginning and lateness."""
        late: dict[str, tuple[str, Instant, int]] = {}
        for record in snapshot.parcels:
            van_id, at = record.van_id or "", record.status_at
            match record.status:
                case ParcelStatus.REJECTED:
                    self._tally.add(Sum.REJECTED, at)
                    continue
                case ParcelStatus.CANCELLED:
                    self._tally.add(Sum.CANCELLED, at)
                    continue
                case ParcelStatus.RETURNED:
                    self._tally.add(Sum.RETURNED, at, van_id=van_id)
                case ParcelStatus.UNSERVED:
                    van_id = ""
                    self._tally.add(Sum.UNSERVED, at)
                case ParcelStatus.DELIVERED:
                    at = self._count_delivered(record, trips)
                    late_ms = at - record.parcel.due_until
                    if late_ms > 0:
                        late[record.parcel.parcel_id] = van_id, at, late_ms
                        self._tally.add(Sum.LATENESS, at, late_ms, van_id=van_id)
                case _:
                    at = snapshot.as_of
                    self._tally.add(Sum.HELD_PARCELS, at, van_id=van_id)
            self._tally.add(Sum.DUE, at, van_id=van_id)
        return late

    def _count_delivered(self, record: ParcelRecord, trips: Mapping[str, TripRecord]) -> Instant:
        """Count a parcel handed over; return when service began."""
        trip = trips.get(record.trip_id or "")
        begun = service_began(record, () if trip is None else (trip,)) or record.status_at
        parcel, van_id = record.parcel, record.van_id or ""
        way_m = round(great_circle_m(self._setup.depot.place, parcel.place))
        self._tally.add(Sum.DELIVERED, begun, van_id=van_id)
        self._tally.add(Sum.ON_TIME, begun, int(begun <= parcel.due_until), van_id=van_id)
        self._tally.add(Sum.ACTIVITY, begun, parcel.mass_g * way_m, van_id=van_id)
        return begun

    def _count_trips(self, snapshot: Snapshot, loaded: Mapping[str, Sequence[str]]) -> None:
        """Count trips that left the depot with what was loaded, and the nodes they reached."""
        parcels = {record.parcel.parcel_id: record.parcel for record in snapshot.parcels}
        specs = {van.van_id: van.spec for van in self._setup.vans}
        for trip in snapshot.trips:
            for node in trip.nodes:
                if node.arrived_at is not None and node.kind is NodeKind.STOP:
                    self._tally.add(Sum.STOPS, node.arrived_at, van_id=trip.van_id)
                if node.arrived_at is not None and node.kind is NodeKind.CHARGE:
                    self._tally.add(Sum.CHARGES, node.arrived_at, van_id=trip.van_id)
            left_at = trip.nodes[1].arrived_at if len(trip.nodes) > 1 else None
            aboard = [parcels[one] for one in loaded.get(trip.trip_id, ()) if one in parcels]
            if left_at is None or not aboard:
                continue
            spec = specs[trip.van_id]
            for quantity, amount in (
                (Sum.TRIPS, 1),
                (Sum.LOAD_MASS, sum(parcel.mass_g for parcel in aboard)),
                (Sum.LOAD_VOLUME, sum(parcel.volume_ml for parcel in aboard)),
                (Sum.PAYLOAD, spec.payload_g),
                (Sum.CAPACITY, spec.volume_ml),
            ):
                self._tally.add(quantity, left_at, amount, van_id=trip.van_id)


def _reasons(snapshot: Snapshot) -> tuple[tuple[str, str, int], ...]:
    """Return why parcels were not delivered: status, reason, how many."""
    ended_well = {ParcelStatus.DELIVERED, ParcelStatus.CANCELLED}
    found: Counter[tuple[str, str]] = Counter()
    for record in snapshot.parcels:
        if record.status not in ended_well:
            if record.status in FINAL:
                found[record.status.value, record.reason or "none given"] += 1
            else:  # it got no farther
                found[HELD, record.reason or record.status.value] += 1
    if snapshot.refused:
        found[ParcelStatus.REJECTED.value, "no valid parcel"] += len(snapshot.refused)
    return tuple((status, reason, count) for (status, reason), count in sorted(found.items()))

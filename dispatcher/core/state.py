"""All that one depot's dispatch knows. Owned by ``Dispatch``; handed to its rules' callers only.

Iteration goes by id or by order of time, never by a set, so that the same events always lead to
the same decisions.
"""

from dataclasses import dataclass, field, replace

from dispatcher.core.book import ParcelBook
from dispatcher.core.invariants import check
from dispatcher.core.model import TRIP_OVER, Trip, Van
from dispatcher.core.requests import ForecastRequest, PlanRequest
from dispatcher.core.settings import DepotSetup
from dispatcher.core.snapshot import ReplanRecord
from maps.incidents import Incident
from maps.units import Instant

FAR_FUTURE = Instant(253_402_300_799_000)
"""The last second of the year 9999: the last instant that RFC 3339 can write."""


@dataclass(frozen=True, slots=True)
class PendingSolve:
    """A planning question not answered yet.

    ``trip_ids`` are the trips it replans (empty: it plans parcels that wait at the depot);
    ``stale``: something it assumed has changed, so that its answer must not be adopted.
    """

    request: PlanRequest
    trip_ids: tuple[str, ...] = ()
    stale: str = ""


@dataclass(slots=True)
class DepotState:
    """One depot's parcels, vans, trips, questions and roads.

    Attributes
    ----------
    trips
        All trips ever ordered, in order of time; ``live`` holds the ids of those not over.
    solves, forecasts
        Unanswered questions by request id.
    pool_cause, retry_at
        Why the waiting parcels should be planned now (None: no need), and when to try again.
    wave_count, request_count, load_count
        For ids and for turns at the docks.
    road_instants
        When incidents begin or end that lie ahead.
    """

    setup: DepotSetup
    book: ParcelBook = field(default_factory=ParcelBook)
    vans: dict[str, Van] = field(default_factory=dict)
    trips: dict[str, Trip] = field(default_factory=dict)
    live: dict[str, None] = field(default_factory=dict)
    solves: dict[str, PendingSolve] = field(default_factory=dict)
    forecasts: dict[str, ForecastRequest] = field(default_factory=dict)
    incidents: dict[str, Incident] = field(default_factory=dict)
    replans: list[ReplanRecord] = field(default_factory=list)
    pool_cause: str | None = None
    retry_at: Instant | None = None
    wave_count: int = 0
    request_count: int = 0
    load_count: int = 0
    road_instants: tuple[Instant, ...] = ()

    def van_list(self) -> list[Van]:
        """Return the vans by id."""
        return [self.vans[van_id] for van_id in sorted(self.vans)]

    def live_trips(self) -> list[Trip]:
        """Return the trips that are not over, in order of time."""
        return [self.trips[trip_id] for trip_id in self.live]

    def change_van(self, van_id: str, **changes: object) -> Van:
        """Replace what is known of a van."""
        van = replace(self.vans[van_id], **changes)  # type: ignore[arg-type]
        self.vans[van_id] = van
        return van

    def begin_trip(self, trip: Trip) -> None:
        """Enter a new trip and give it to its van."""
        van = self.vans[trip.van_id]
        check(van.trip_id is None, f"van {van.van_id} has trip {van.trip_id} in force already")
        check(trip.trip_id not in self.trips, f"trip {trip.trip_id} begins twice")
        self.trips[trip.trip_id] = trip
        self.live[trip.trip_id] = None
        self.change_van(
            trip.van_id, trip_id=trip.trip_id, upcoming=None, trips_count=van.trips_count + 1
        )

    def keep_trip(self, trip: Trip) -> None:
        """Replace a trip's record; a trip that is over leaves its van free."""
        check(trip.trip_id in self.trips, f"trip {trip.trip_id} is unknown")
        self.trips[trip.trip_id] = trip
        if trip.status in TRIP_OVER and trip.trip_id in self.live:
            del self.live[trip.trip_id]
            if self.vans[trip.van_id].trip_id == trip.trip_id:
                self.change_van(trip.van_id, trip_id=None)

    def next_request_id(self, kind: str) -> str:
        """Return an id for a new question, from the depot and a count."""
        self.request_count += 1
        return f"{self.setup.depot.depot_id}/{kind}-{self.request_count}"

    def pool_pending(self) -> bool:
        """Return whether a plan for waiting parcels is being made."""
        return any(not pending.trip_ids for pending in self.solves.values())

    def spoil_pool(self, why: str) -> None:
        """Mark a pending plan for waiting parcels as built on what is no longer so."""
        for request_id, pending in self.solves.items():
            if not pending.trip_ids and not pending.stale:
                self.solves[request_id] = replace(pending, stale=why)

    def ask_pool(self, cause: str) -> None:
        """Have the waiting parcels planned at the next opportunity."""
        if self.pool_cause is None:
            self.pool_cause = cause

    def roads(self) -> tuple[Incident, ...]:
        """Return the incidents known, by id."""
        return tuple(self.incidents[key] for key in sorted(self.incidents))

    def roads_at(self, now: Instant) -> tuple[Incident, ...]:
        """Return the incidents in force at ``now``, by id, as if they were always in force.

        A way planned now can be found again later by asking under these.
        """
        return tuple(
            replace(incident, starts_at=Instant(0), ends_at=FAR_FUTURE)
            for incident in self.roads()
            if incident.counts_at(now)
        )

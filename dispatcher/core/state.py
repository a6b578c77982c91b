"""All that one depot's dispatch knows. Owned by ``Dispatch``; handed to its rules' callers only.

Iteration goes by id or by order of time, never by a set, so that the same events always lead to
the same decisions.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from dispatcher.core.agenda import Agenda
from dispatcher.core.batching import Room, rooms_of
from dispatcher.core.book import ParcelBook
from dispatcher.core.depot_charging import is_thirsty
from dispatcher.core.holds import Hold
from dispatcher.core.invariants import check
from dispatcher.core.model import TRIP_OVER, Trip, Van
from dispatcher.core.policies.registry import batching_named, charging_named
from dispatcher.core.policies.rules import Closing
from dispatcher.core.requests import ForecastRequest, PlanRequest
from dispatcher.core.settings import DepotSetup
from dispatcher.core.snapshot import ReplanRecord
from dispatcher.core.tracking import overdue_at
from maps.incidents import Incident
from maps.units import Instant, Seconds, later
from vehicles.changing import changed

AT_ONCE = Instant(0)
"""Earlier than every event."""

FAR_FUTURE = Instant(253_402_300_799_000)
"""The last second of the year 9999: the last instant that RFC 3339 can write."""


@dataclass(frozen=True, slots=True)
class PendingSolve:
    """A planning question not answered yet.

    Attributes
    ----------
    anchors
        The trips it replans (none: it plans parcels that wait at the depot), each with the count
        of nodes that were released when it was asked: they are not in question.
    home_van_id
        The van that it is to bring home, if that is all it asks.
    stale
        The roads have changed since it was asked.
    """

    request: PlanRequest
    anchors: tuple[tuple[str, int], ...] = ()
    home_van_id: str | None = None
    stale: bool = False

    @property
    def is_pool(self) -> bool:
        """Return whether it plans parcels that wait at the depot."""
        return not self.anchors and self.home_van_id is None


@dataclass(frozen=True, slots=True)
class PendingForecast:
    """A forecast not answered yet, with trip, revision and last released node per van."""

    request: ForecastRequest
    anchors: tuple[tuple[str, int, int], ...]


@dataclass(slots=True)
class DepotState:
    """One depot's parcels, vans, trips, questions and roads.

    Attributes
    ----------
    trips
        The trips ordered, in order of time, without those forgotten; ``live`` holds the ids of
        those not over.
    ended
        Trips that are over, by when.
    named
        Of each parcel that live trips name, how many do.
    poised, thirsty, strays
        Idle vans whose next trip is planned, idle vans that should charge, and fit vans to be
        brought home. Kept by ``change_van``.
    poised_at, thirsty_at
        Before these instants nothing can be done for poised vans, or for thirsty ones: they were
        all looked at since one of them, or the count of turns, has changed.
    closing, closing_version
        When the next wave closes, and of which version of what is gathered that was said.
    arrivals
        Trips by the instant at which their next arrival is overdue. Kept by ``keep_trip``.
    wakes
        Vans by the next instant at which they end a rest or begin a shift.
    unconfirmed
        Trips with parcels that their vans have not taken, by the instant at which that is reported.
    away
        Vans that are away with nothing loaded yet, by the instant at which they are missed or the
        warehouse is asked again.
    rooms
        What each kind of van in the fleet holds.
    charging_count
        Live trips that are turns at the depot's chargers.
    solves, forecasts
        Unanswered questions by request id; ``pool_request_id`` is the one about waiting parcels.
    roads_over
        Incidents, by when they end.
    late_upcoming
        Waiting parcels that would be given up were they not planned for a van on its way home.
    pool_cause, retry_at
        Why the waiting parcels should be planned now (None: no need), and when to try again.
    is_pool_repeated
        The last plan of waiting parcels was dropped because the roads changed: once is enough.
    wave_count, request_count, load_count
        For ids and for turns at the docks.
    road_instants
        When incidents begin or end that lie ahead.
    shift_instants
        When shifts begin or end, as far as that may lie ahead; none if no policy minds.
    shift_end_last
        When the last van ends its shift.
    hold
        As long as the depot is held it asks for no plan of what waits, and adopts none.
    """

    setup: DepotSetup
    book: ParcelBook = field(default_factory=ParcelBook)
    vans: dict[str, Van] = field(default_factory=dict)
    trips: dict[str, Trip] = field(default_factory=dict)
    live: dict[str, None] = field(default_factory=dict)
    ended: Agenda = field(default_factory=Agenda)
    named: dict[str, int] = field(default_factory=dict)
    poised: dict[str, None] = field(default_factory=dict)
    thirsty: dict[str, None] = field(default_factory=dict)
    strays: dict[str, None] = field(default_factory=dict)
    poised_at: Instant = AT_ONCE
    thirsty_at: Instant = AT_ONCE
    closing: Closing | None = None
    closing_version: int = -1
    arrivals: Agenda = field(default_factory=Agenda)
    wakes: Agenda = field(default_factory=Agenda)
    away: Agenda = field(default_factory=Agenda)
    unconfirmed: Agenda = field(default_factory=Agenda)
    rooms: tuple[Room, ...] = ()
    charging_count: int = 0
    solves: dict[str, PendingSolve] = field(default_factory=dict)
    pool_request_id: str | None = None
    forecasts: dict[str, PendingForecast] = field(default_factory=dict)
    incidents: dict[str, Incident] = field(default_factory=dict)
    roads_over: Agenda = field(default_factory=Agenda)
    replans: list[ReplanRecord] = field(default_factory=list)
    late_upcoming: dict[str, None] = field(default_factory=dict)
    pool_cause: str | None = None
    retry_at: Instant | None = None
    is_pool_repeated: bool = False
    wave_count: int = 0
    request_count: int = 0
    load_count: int = 0
    road_instants: tuple[Instant, ...] = ()
    shift_instants: tuple[Instant, ...] = ()
    shift_end_last: Instant = FAR_FUTURE
    hold: Hold | None = None

    def set_up(self, setup: DepotSetup) -> None:
        """Take settings and fleet; vans known before keep what is known of them.

        A van that is in the fleet no more is not counted on: nobody hears it.

        Raises
        ------
        InvariantBroken
            If the settings name a policy that there is not.
        """
        batching_named(setup.settings.batching)
        minds_shifts = charging_named(setup.settings.charging).minds_shifts()
        self.setup = setup
        self.poised_at = self.thirsty_at = AT_ONCE
        self.closing_version = -1
        self.shift_end_last = max((van.shift_end for van in setup.vans), default=FAR_FUTURE)
        edges = {at for van in setup.vans for at in (van.shift_start, van.shift_end)}
        self.shift_instants = tuple(sorted(edges)) if minds_shifts else ()
        self.rooms = rooms_of(van_setup.spec for van_setup in setup.vans)
        for van_setup in setup.vans:
            if van_setup.van_id not in self.vans:
                self.vans[van_setup.van_id] = Van(van_setup, van_setup.battery_mwh)
        by_id = {van_setup.van_id: van_setup for van_setup in setup.vans}
        for van_id in sorted(self.vans):
            if van_id in by_id:
                self.change_van(van_id, setup=by_id[van_id])
            else:
                self.change_van(van_id, setup=self.vans[van_id].setup.retired(), known=False)
        for trip in self.live_trips():
            self.keep_trip(trip)

    def van_list(self) -> list[Van]:
        """Return the vans by id."""
        return [self.vans[van_id] for van_id in sorted(self.vans)]

    def vans_of(self, van_ids: Iterable[str]) -> list[Van]:
        """Return some vans, by id."""
        return [self.vans[van_id] for van_id in sorted(van_ids)]

    def live_trips(self) -> list[Trip]:
        """Return the trips that are not over, in order of time."""
        return [self.trips[trip_id] for trip_id in self.live]

    def change_van(self, van_id: str, **changes: object) -> Van:
        """Replace what is known of a van."""
        van = changed(self.vans[van_id], **changes)
        self.vans[van_id] = van
        is_idle = van.is_idle()
        if _mark(self.poised, van_id, is_idle and van.upcoming is not None):
            self.poised_at = AT_ONCE
        if _mark(self.thirsty, van_id, is_idle and is_thirsty(van, self.setup.settings)):
            self.thirsty_at = AT_ONCE
        _mark(self.strays, van_id, van.astray and van.is_fit() and van.trip_id is None)
        return van

    def begin_trip(self, trip: Trip) -> None:
        """Enter a new trip and give it to its van."""
        van = self.vans[trip.van_id]
        check(van.trip_id is None, f"van {van.van_id} has trip {van.trip_id} in force already")
        check(trip.trip_id not in self.trips, f"trip {trip.trip_id} begins twice")
        self.trips[trip.trip_id] = trip
        self.live[trip.trip_id] = None
        for parcel_id in trip.parcel_ids:
            self.named[parcel_id] = self.named.get(parcel_id, 0) + 1
        self.charging_count += trip.charging_only
        self.thirsty_at = AT_ONCE
        self.change_van(
            trip.van_id, trip_id=trip.trip_id, upcoming=None, trips_count=van.trips_count + 1
        )
        self.keep_trip(trip)

    def expect_confirmed(self, trip_id: str, now: Instant) -> None:
        """Expect a van to take a trip within the time that it has for that."""
        self.unconfirmed.put(trip_id, later(now, Seconds(self.setup.settings.confirm_s_max)))

    def keep_trip(self, trip: Trip) -> None:
        """Replace a trip's record; a trip that is over leaves its van free."""
        if trip.trip_id not in self.trips:
            check(False, f"trip {trip.trip_id} is unknown")
        self.trips[trip.trip_id] = trip
        if trip.status not in TRIP_OVER:
            at = overdue_at(trip, overdue_s=Seconds(self.setup.settings.overdue_s))
            if at is None:
                self.arrivals.drop(trip.trip_id)
            else:
                self.arrivals.put(trip.trip_id, at)
        elif trip.trip_id in self.live:
            del self.live[trip.trip_id]
            for parcel_id in trip.parcel_ids:
                self._name_no_more(parcel_id)
            self.arrivals.drop(trip.trip_id)
            self.charging_count -= trip.charging_only
            self.thirsty_at = AT_ONCE
            if self.vans[trip.van_id].trip_id == trip.trip_id:
                self.change_van(trip.van_id, trip_id=None)

    def _name_no_more(self, parcel_id: str) -> None:
        """Note that one live trip fewer names a parcel."""
        self.named[parcel_id] -= 1
        if not self.named[parcel_id]:
            del self.named[parcel_id]

    def forget_trip(self, trip_id: str) -> None:
        """Know no more of a trip that is over."""
        del self.trips[trip_id]
        self.book.thinned.pop(trip_id, None)

    def forget_replans(self, until: Instant) -> None:
        """Know no more of the replans up to an instant."""
        self.replans = [replan for replan in self.replans if replan.at > until]

    def wake_van(self, van_id: str, now: Instant) -> None:
        """Note when a van next ends a rest, or begins the shift that its next trip waits for."""
        van = self.vans[van_id]
        shift = None if van.upcoming is None else van.setup.shift_start
        instants = [van.rests_until, van.unplugged_until, shift]
        ahead = [instant for instant in instants if instant is not None and instant > now]
        if ahead:
            self.wakes.put(van_id, min(ahead))
        else:
            self.wakes.drop(van_id)

    def next_request_id(self, kind: str) -> str:
        """Return an id for a new question, from the depot and a count."""
        self.request_count += 1
        return f"{self.setup.depot.depot_id}/{kind}-{self.request_count}"

    def ask_planner(self, pending: PendingSolve) -> None:
        """Note a planning question until it is answered."""
        self.solves[pending.request.request_id] = pending
        if pending.is_pool:
            self.pool_request_id = pending.request.request_id

    def take_answered(self, request_id: str) -> PendingSolve | None:
        """Take out the question that an answer names, or None if it is not open (any more)."""
        if request_id == self.pool_request_id:
            self.pool_request_id = None
        return self.solves.pop(request_id, None)

    def pool_pending(self) -> bool:
        """Return whether a plan for waiting parcels is being made."""
        return self.pool_request_id is not None

    def spoil_pool(self) -> None:
        """Mark a pending plan for waiting parcels as made for roads that are no longer so."""
        request_id = self.pool_request_id
        if request_id is not None:
            self.solves[request_id] = replace(self.solves[request_id], stale=True)

    def ask_pool(self, cause: str) -> None:
        """Have the waiting parcels planned at the next opportunity."""
        if self.pool_cause is None:
            self.pool_cause = cause

    def roads(self) -> tuple[Incident, ...]:
        """Return the incidents known, by id."""
        return tuple(self.incidents[key] for key in sorted(self.incidents))

    def roads_ahead(self, now: Instant) -> tuple[Incident, ...]:
        """Return the incidents that are not over, by id."""
        return tuple(incident for incident in self.roads() if incident.ends_at > now)

    def roads_at(self, now: Instant) -> tuple[Incident, ...]:
        """Return the incidents in force at ``now``, by id, as if they were always in force."""
        return in_force(self.roads(), now)


def in_force(incidents: Iterable[Incident], at: Instant) -> tuple[Incident, ...]:
    """Return the incidents in force at an instant, as if they were always in force.

    A way planned then can be found again later by asking under these.
    """
    return tuple(
        replace(incident, starts_at=Instant(0), ends_at=FAR_FUTURE)
        for incident in incidents
        if incident.counts_at(at)
    )


def _mark(marks: dict[str, None], key: str, is_marked: bool) -> bool:
    """Put a key in or take it out; return whether it is in, or was."""
    if is_marked:
        marks[key] = None
        return True
    was_marked = key in marks
    if was_marked:
        del marks[key]
    return was_marked

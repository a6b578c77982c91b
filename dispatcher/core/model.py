"""The core's own records of vans and trips. Frozen: a change is a new record.

A *trip* is one van's way from its depot and back. Its nodes are what the van is told
(``vehicles.trip.TripNode``) plus what the plan expects of them and what was seen. Nodes up to
``released_count`` are the van's to drive and never change; what lies behind may be replanned.
"""

from dataclasses import replace
from enum import Enum

from dispatcher.core.holds import Hold
from dispatcher.core.requests import PlannedRoute, StopOffer
from dispatcher.core.settings import VanSetup
from maps.incidents import Incident
from maps.places import LonLat
from maps.units import Instant, Seconds, later, seconds_from
from vehicles.changing import record
from vehicles.spec import VanSpec
from vehicles.trip import TripNode, TripWish


class TripStatus(Enum):
    """How far a trip has come."""

    ORDERED = "ordered"  # told to the van, which has not left the depot
    UNDERWAY = "underway"
    CANCELLING = "cancelling"  # asked back, not confirmed yet
    FINISHED = "finished"
    CANCELLED = "cancelled"


TRIP_OVER = (TripStatus.FINISHED, TripStatus.CANCELLED)
IN_FORCE = (TripStatus.ORDERED, TripStatus.UNDERWAY)
"""Trips that can be told more: neither over nor asked back."""


@record
class RouteNode:
    """One node of a trip: what the van is told, what the plan expects, what was seen.

    Attributes
    ----------
    energy_mwh
        From the node before, auxiliary included, and waiting and service here not.
    begin_at, battery_mwh, slack_s, charge_mwh_target
        As planned; the battery is all it holds on arrival.
    use_mwh
        Planned consumption since the arrival at the node before, what was charged there not
        counted: waiting and service there, then ``energy_mwh``.
    passed_at, battery_mwh_arrived
        As reported; None until then.
    """

    node: TripNode
    stop_id: str | None
    station_id: str | None
    parcel_ids: tuple[str, ...]
    energy_mwh: int
    begin_at: Instant
    battery_mwh: int
    charge_mwh_target: int | None
    slack_s: int
    use_mwh: int = 0
    passed_at: Instant | None = None
    battery_mwh_arrived: int | None = None

    @property
    def dwell_s(self) -> Seconds:
        """Return how long the van stays after service could begin."""
        return seconds_from(self.begin_at, self.node.leave_at)


@record
class Outlook:
    """How a trip must get on so that all is well ahead; worked out once for a way (``outlook``).

    Attributes
    ----------
    latest_at
        Per node: when it must be reached at the latest, lest a promise from there on is missed.
    needed_mwh
        Per node: what the battery must hold on leaving it, lest it falls below the floor ahead.
    lateness_s_min, floor_mwh
        From when on a promise counts as missed, and the floor: what it was worked out with.
    """

    latest_at: tuple[int, ...]
    needed_mwh: tuple[int, ...]
    lateness_s_min: int
    floor_mwh: int


@record
class Trip:
    """One van's trip.

    Attributes
    ----------
    revision
        Counts the plans that this trip has had, from 1.
    released_count, passed_index
        Nodes the van may drive; the last one it has reached (-1: none).
    ended
        Ids of actions that the van has ended, well or not.
    aboard
        Parcels that were in the van when this trip was ordered: it goes on with them.
    claims
        Parcels that the van says to have loaded although they were believed to be in another.
    is_ignored
        It was reported that the van is heard and has not taken the order; no other is planned for
        it until it has.
    withdraw_asked, is_withdrawn
        Whether the warehouse was asked to load the trip no more; whether it said that it does so.
    kept
        The parcels of which the warehouse says that it has not loaded them and will not; None
        until it says that of any, or loads the trip no more.
    left_at
        When the van was free to leave the last node it reached; None while it is busy there.
    next_at
        Predicted arrival at the first node ahead; ``etas`` has those behind it.
    incidents
        In force when the remaining way was planned.
    not_before
        The next node is not reached earlier than this: the van is stuck or overdue.
    replanned_at, request_id
        When a replan was last asked for, and the one still unanswered.
    forecast_id
        The newest forecast asked for; older answers do not count.
    outlook
        What the way ahead allows; None after a change of that way, until it is needed.
    """

    trip_id: str
    van_id: str
    revision: int
    status: TripStatus
    charging_only: bool
    dock: int
    nodes: tuple[RouteNode, ...]
    released_count: int
    next_at: Instant
    incidents: tuple[Incident, ...]
    passed_index: int = -1
    ended: frozenset[str] = frozenset()
    aboard: tuple[str, ...] = ()
    claims: tuple[str, ...] = ()
    left_at: Instant | None = None
    not_before: Instant | None = None
    replanned_at: Instant | None = None
    request_id: str | None = None
    forecast_id: str | None = None
    outlook: Outlook | None = None
    is_ignored: bool = False
    withdraw_asked: bool = False
    kept: tuple[str, ...] | None = None
    is_withdrawn: bool = False

    @property
    def etas(self) -> tuple[Instant, ...]:
        """Return the predicted arrival at every node; for those passed, when they were.

        Nothing ahead is reached before ``next_at``, so that no clock is needed.
        """
        ahead = self.passed_index + 1
        here_at = None if ahead == 0 else self.nodes[ahead - 1].passed_at
        arrivals = [node.passed_at or here_at or self.next_at for node in self.nodes[:ahead]]
        free_at: int | None = None
        for node in self.nodes[ahead:]:
            told = node.node
            at = self.next_at if free_at is None else Instant(free_at + told.drive_s * 1000)
            arrivals.append(at)
            begin = max(at, told.window_begin or at)
            free_at = begin + node.dwell_s * 1000
        return tuple(arrivals)

    @property
    def wish(self) -> TripWish:
        """Return the trip as the van shall know it."""
        nodes = tuple(node.node for node in self.nodes)
        return TripWish(self.trip_id, self.van_id, nodes, self.released_count)

    @property
    def home_at(self) -> Instant:
        """Return when the van is predicted to be done."""
        last = self.nodes[-1]
        return later(self.etas[-1], last.dwell_s)

    @property
    def parcel_ids(self) -> tuple[str, ...]:
        """Return all parcels that the trip was ever given, in loading sequence.

        They stay the same from its beginning on, whatever is replanned: its first node, where they
        are loaded, is released at once. ``DepotState.named`` counts on that.
        """
        actions = self.nodes[0].node.actions
        loaded = (action.parcel_id for action in actions if action.parcel_id is not None)
        return (*self.aboard, *loaded)

    def actions_open(self, index: int) -> bool:
        """Return whether the node at ``index`` has actions that have not ended."""
        return any(a.action_id not in self.ended for a in self.nodes[index].node.actions)

    def is_done(self) -> bool:
        """Return whether the last node is reached and nothing is left to do there."""
        last = len(self.nodes) - 1
        return self.passed_index == last and not self.actions_open(last)

    def with_node(self, index: int, node: RouteNode) -> "Trip":
        """Return the trip with one node replaced."""
        nodes = (*self.nodes[:index], node, *self.nodes[index + 1 :])
        return replace(self, nodes=nodes, outlook=None)


@record
class Upcoming:
    """A route planned for a van that is not free yet.

    With it go the stops it was planned for, and the incidents in force then.
    """

    route: PlannedRoute
    stops: tuple[StopOffer, ...]
    roads: tuple[Incident, ...]


@record
class Van:
    """A van as the core knows it.

    Attributes
    ----------
    known
        False until its first state, and again when it is lost or we restart.
    battery_mwh
        All that the battery holds, as last reported (before that: as set up).
    trip_id
        The trip it has been told, while that is not over.
    upcoming
        The route planned for it when it comes home; its parcels still wait at the depot.
    trips_count
        Trips it has been given, for the next one's id.
    foreign_trip_id
        What it says it is busy with though we gave it no such trip, or one that is over for us.
    astray
        It has no trip and is not at the depot either: it must be brought home first.
    stranded
        Parcels aboard of no trip, to be returned when it is home.
    rests_until, unplugged_until
        Until then it is given no trip, or no turn at the charger, because it refused or failed.
    is_told_to_charge
        Whether it can be: else people charge it, or it does so by itself, and nothing is planned.
    hold
        As long as it is held it is given no new trip, not even home or to the charger.
    """

    setup: VanSetup
    battery_mwh: int
    known: bool = False
    stuck: bool = False
    charging: bool = False
    place: LonLat | None = None
    trip_id: str | None = None
    upcoming: Upcoming | None = None
    trips_count: int = 0
    foreign_trip_id: str | None = None
    astray: bool = False
    stranded: tuple[str, ...] = ()
    rests_until: Instant | None = None
    unplugged_until: Instant | None = None
    is_told_to_charge: bool = True
    hold: Hold | None = None

    @property
    def van_id(self) -> str:
        """Return the van's id."""
        return self.setup.van_id

    @property
    def spec_planned(self) -> VanSpec:
        """Return what is planned with: a van that is not told to charge takes no power."""
        spec = self.setup.spec
        return spec if self.is_told_to_charge else replace(spec, charge_power_w=0)

    @property
    def battery_ratio(self) -> float:
        """Return its charge as a share of all that the battery holds."""
        return self.battery_mwh / self.setup.spec.battery_mwh

    def is_fit(self) -> bool:
        """Return whether it can be given a trip, now or once it has ended the one it has."""
        waits = self.rests_until is not None or self.foreign_trip_id is not None
        return self.known and not self.stuck and not waits and self.hold is None

    def is_idle(self) -> bool:
        """Return whether it stands at the depot, fit and without a trip."""
        return self.is_fit() and self.trip_id is None and not self.astray

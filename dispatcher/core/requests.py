"""What the core asks of the planner, and the answers.

The core knows places, instants and whole quantities; the planner turns a request into matrices
and indices and back. Battery figures here are all that the battery holds, reserve included.
"""

from dispatcher.core.settings import Prices, Station
from maps.incidents import Incident
from maps.places import LonLat
from maps.units import Instant
from vehicles.changing import record
from vehicles.spec import VanSpec
from vehicles.trip import NodeKind


@record
class VanOffer:
    """A van that may make one trip: from ``start``, leaving at ``start_at``, to ``end``.

    It must be there by ``shift_end``: the end of its shift, or of the longest trip allowed.
    """

    van_id: str
    spec: VanSpec
    start: LonLat
    start_at: Instant
    end: LonLat
    shift_end: Instant
    battery_mwh: int


@record
class StopOffer:
    """One consignee's parcels, to be served in one visit.

    Attributes
    ----------
    window_begin, window_end
        When service may begin.
    unserved_price
        What leaving it out costs.
    van_id
        The van that has the parcels aboard already, else None.
    """

    stop_id: str
    parcel_ids: tuple[str, ...]
    place: LonLat
    label: str
    mass_g: int
    volume_ml: int
    lockers: tuple[int, int, int, int]
    window_begin: Instant
    window_end: Instant
    service_s: int
    unserved_price: int
    van_id: str | None


@record
class StandingRoute:
    """The stops that a van is to serve by the plan in force, in order."""

    van_id: str
    stop_ids: tuple[str, ...]


@record
class PlanRequest:
    """One planning question. The same request gets the same answer.

    ``incidents`` are the roads' troubles known when it was asked; ``asked_at`` is the departure
    instant for travel. ``seed`` and ``effort`` go to the solver. Stops that are not aboard yet are
    planned ``window_margin_s`` before their windows end, a quarter of what is left at most.
    ``standing`` is the plan in force for these vans and stops, as far as there is one: what a new
    plan changes of it has its price.
    """

    request_id: str
    cause: str
    asked_at: Instant
    vans: tuple[VanOffer, ...]
    stops: tuple[StopOffer, ...]
    stations: tuple[Station, ...]
    incidents: tuple[Incident, ...]
    prices: Prices
    decision_point_s_max: int
    effort: int
    seed: int
    window_margin_s: int = 0
    standing: tuple[StandingRoute, ...] = ()


@record
class PlannedNode:
    """One node of a planned route.

    Attributes
    ----------
    kind, stop_id, station_id
        ``stop_id`` for STOP, ``station_id`` for CHARGE, else None.
    street
        Name of the last street driven on the way here, "" if nameless.
    drive_s, distance_m, shape, energy_mwh
        From the node before: driving time, way, encoded polyline, energy (auxiliary included).
    arrive_at, begin_at, leave_at
        Waiting lies between the first two.
    battery_mwh
        On arrival.
    charge_mwh_target
        For CHARGE: what the battery shall hold on leaving, else None.
    slack_s
        How much later it could arrive without a missed window from here on.
    """

    kind: NodeKind
    place: LonLat
    stop_id: str | None
    station_id: str | None
    street: str
    drive_s: int
    distance_m: int
    shape: str
    energy_mwh: int
    arrive_at: Instant
    begin_at: Instant
    leave_at: Instant
    battery_mwh: int
    charge_mwh_target: int | None
    slack_s: int


@record
class PlannedRoute:
    """A van's trip: nodes from START to END with decision points (WAYPOINT) between."""

    van_id: str
    nodes: tuple[PlannedNode, ...]


@record
class UnservedStop:
    """A stop left out: ``reason`` is a ``routing.plan.Reason`` value, ``detail`` a sentence."""

    stop_id: str
    reason: str
    detail: str


@record
class PlanResult:
    """The planner's answer. ``violations`` come from the independent checker; none is good.

    ``cost`` holds the objective by term (name, hundredths of the currency).
    """

    request_id: str
    routes: tuple[PlannedRoute, ...]
    unserved: tuple[UnservedStop, ...]
    violations: tuple[str, ...]
    cost: tuple[tuple[str, int], ...]


@record
class ForecastTrip:
    """The rest of a van's trip: from the last released node past its stops to the end.

    ``anchors`` are these places in order, at least two.
    """

    van_id: str
    spec: VanSpec
    anchors: tuple[LonLat, ...]


@record
class ForecastRequest:
    """How long do these trips take now, on the roads they were planned on and on the best?

    ``incidents_before`` are those under which the trips were planned.
    """

    request_id: str
    asked_at: Instant
    trips: tuple[ForecastTrip, ...]
    incidents_before: tuple[Incident, ...]
    incidents: tuple[Incident, ...]


@record
class TripForecast:
    """Durations per leg between a trip's anchors, in seconds.

    ``planned_s`` keeps to the planned roads, ``best_s`` takes the fastest under the new incidents;
    a leg through a closed road has ``maps.travel.UNREACHABLE``.
    """

    van_id: str
    planned_s: tuple[int, ...]
    best_s: tuple[int, ...]


@record
class ForecastResult:
    """The answer to a forecast request."""

    request_id: str
    trips: tuple[TripForecast, ...]

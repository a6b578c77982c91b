"""What the core shows of itself: every parcel, every trip, every replan, as of one instant.

Exports, summaries and screens read this and nothing else of the core. Rebuilt from the journal,
it is the account of a whole day.
"""

from dataclasses import dataclass

from dispatcher.core.holds import Hold
from dispatcher.core.model import Van
from dispatcher.core.parcels import Parcel, ParcelStatus
from dispatcher.core.settings import DepotSetup
from maps.incidents import Incident
from maps.places import LonLat
from maps.units import Instant
from vehicles.trip import NodeKind


@dataclass(frozen=True, slots=True)
class ParcelRecord:
    """A parcel and what has become of it.

    Attributes
    ----------
    status_at
        When it came into this status.
    van_id, trip_id, stop_id
        Of the trip that has or had it, or that it is planned for; None where there is none.
    expected_at
        When service begins as predicted now (for a delivered parcel: as planned first).
    served_at
        When it was handed over, else None.
    reason, detail
        Why it is unserved, returned, cancelled or still waiting; "" where there is nothing to say.
    """

    parcel: Parcel
    status: ParcelStatus
    status_at: Instant
    van_id: str | None
    trip_id: str | None
    stop_id: str | None
    expected_at: Instant | None
    served_at: Instant | None
    reason: str
    detail: str


@dataclass(frozen=True, slots=True)
class NodeRecord:
    """One node of a trip: as planned in its latest revision, and as driven.

    Attributes
    ----------
    drive_s, distance_m, shape, energy_mwh
        From the node before, as planned; the shape is an encoded polyline.
    arrive_at, begin_at, leave_at, battery_mwh, slack_s
        As planned (battery: all it holds, on arrival).
    charge_mwh_target
        For CHARGE: what the battery shall hold on leaving, else None.
    arrived_at, battery_mwh_arrived
        As reported by the van; None where it has not been yet.
    """

    kind: NodeKind
    place: LonLat
    label: str
    stop_id: str | None
    station_id: str | None
    parcel_ids: tuple[str, ...]
    drive_s: int
    distance_m: int
    shape: str
    energy_mwh: int
    arrive_at: Instant
    begin_at: Instant
    leave_at: Instant
    window_begin: Instant | None
    window_end: Instant | None
    battery_mwh: int
    charge_mwh_target: int | None
    slack_s: int
    arrived_at: Instant | None
    battery_mwh_arrived: int | None


@dataclass(frozen=True, slots=True)
class TripRecord:
    """A trip that is planned, ordered, under way or over.

    ``status``: planned, ordered, underway, cancelling, finished, cancelled. ``charging_only``: a
    turn at the depot's charger, without parcels. ``dock`` is where it is loaded (0: nowhere).
    """

    trip_id: str
    van_id: str
    revision: int
    status: str
    charging_only: bool
    dock: int
    nodes: tuple[NodeRecord, ...]


@dataclass(frozen=True, slots=True)
class ReplanRecord:
    """A plan that changed an order already sent: when, why, and what it changed, per van."""

    at: Instant
    cause: str
    changes: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class VanRecord:
    """A van as it is known now. ``battery_mwh`` is all that the battery holds."""

    van_id: str
    known: bool
    stuck: bool
    charging: bool
    place: LonLat | None
    battery_mwh: int
    trip_id: str | None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything, in order of id (trips and replans in order of time).

    ``announced`` counts distinct announcements, refused ones included and those forgotten not.
    ``refused`` holds those that were no valid parcel, with all reasons. ``holds`` are those in
    force.
    """

    as_of: Instant
    setup: DepotSetup
    announced: int
    parcels: tuple[ParcelRecord, ...]
    refused: tuple[tuple[str, tuple[str, ...]], ...]
    trips: tuple[TripRecord, ...]
    vans: tuple[VanRecord, ...]
    replans: tuple[ReplanRecord, ...]
    incidents: tuple[Incident, ...]
    holds: tuple[Hold, ...]
    events_handled: int


@dataclass(frozen=True, slots=True)
class Overview:
    """What of a snapshot is small, whatever the day was like: counts instead of records.

    ``parcels`` and ``trips`` count by status; ``trips`` names only those that there are, by name.
    ``vans`` are the core's own records: whoever looks often sees by them which have changed.
    ``forgotten`` counts announcements that are known no more, and counted nowhere else.
    """

    as_of: Instant
    depot_id: str
    announced: int
    refused: int
    forgotten: int
    parcels: tuple[tuple[ParcelStatus, int], ...]
    trips: tuple[tuple[str, int], ...]
    vans: tuple[Van, ...]
    replans: tuple[ReplanRecord, ...]
    incidents: tuple[Incident, ...]
    holds: tuple[Hold, ...]
    events_handled: int

"""The figures of a day, each defined here and nowhere else.

- *announced*: distinct announcements, those that were no valid parcel included.
- *rejected*: no valid parcel, or a valid one that was not taken on.
- *cancelled*: taken back by the warehouse before it was in a van.
- *delivered*: handed over. *on_time*: delivered, and service began no later than the parcel's
  window ended; it begins when the van has arrived and the window has begun.
- *returned*: brought back to the depot, for whatever reason, cancelled under way included.
- *unserved*: given up; it never left the depot.
- *still_open*: none of these yet.

``announced = cancelled + rejected + delivered + returned + unserved + still_open``, always.

- *km*: driven, the planned way to every node that a van has reported to have reached.
- *kwh*: what the batteries gave on the way: for every two nodes reached one after the other, what
  the battery held on leaving the one less what it held on reaching the other. A van leaves a
  charging stop with the charge that was aimed at, all other nodes with what it came with; so what
  it draws while standing counts, and what a charger gives does not.
- *km_planned*, *kwh_planned*: the same by plan, for all trips that were not cancelled.
- *lateness*: for parcels delivered late, the seconds from the window's end to service.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from dispatcher.core.invariants import check
from dispatcher.core.parcels import FINAL, ParcelStatus
from dispatcher.core.snapshot import (
    NodeRecord,
    ParcelRecord,
    ReplanRecord,
    Snapshot,
    TripRecord,
)
from maps.units import Instant, kilometres, kilowatt_hours, power_over_time, seconds_from_up
from vehicles.trip import NodeKind


@dataclass(frozen=True, slots=True)
class Lateness:
    """How late the parcels came that came late, in seconds."""

    late_count: int
    max_s: int
    mean_s: float


@dataclass(frozen=True, slots=True)
class Summary:
    """The figures of a day; the module says what each means.

    Attributes
    ----------
    reasons
        For returned, unserved and rejected parcels: reason and how many.
    kwh_per_parcel
        Of those delivered; None while there are none.
    """

    announced: int
    cancelled: int
    rejected: int
    delivered: int
    on_time: int
    returned: int
    unserved: int
    still_open: int
    reasons: tuple[tuple[str, int], ...]
    trips: int
    stops: int
    charges: int
    km: float
    kwh: float
    kwh_per_parcel: float | None
    km_planned: float
    kwh_planned: float
    lateness: Lateness
    replans: tuple[ReplanRecord, ...]

    @property
    def accounted(self) -> bool:
        """Return whether every parcel has come to an end."""
        return self.still_open == 0


def summary(snapshot: Snapshot) -> Summary:
    """Return the figures of a snapshot.

    Raises
    ------
    InvariantBroken
        If the parcels do not add up: one was lost or counted twice.
    """
    counts = Counter(record.status for record in snapshot.parcels)
    rejected = counts[ParcelStatus.REJECTED] + len(snapshot.refused)
    still_open = sum(count for status, count in counts.items() if status not in FINAL)
    ended = sum(counts.values()) - still_open + len(snapshot.refused)
    check(
        snapshot.announced == ended + still_open,
        f"{snapshot.announced} parcels were announced, but {ended + still_open} are known",
    )
    begins = {
        record.parcel.parcel_id: service_began(record, snapshot.trips)
        for record in snapshot.parcels
        if record.status is ParcelStatus.DELIVERED
    }
    late_s = [
        seconds_from_up(record.parcel.due_until, begun)
        for record in snapshot.parcels
        if (begun := begins.get(record.parcel.parcel_id)) is not None
        and begun > record.parcel.due_until
    ]
    alive = [trip for trip in snapshot.trips if trip.status != "cancelled"]
    auxiliary_w = {van.van_id: van.spec.auxiliary_w for van in snapshot.setup.vans}
    kwh = kilowatt_hours(sum(map(energy_used_mwh, snapshot.trips)))
    delivered = counts[ParcelStatus.DELIVERED]
    return Summary(
        announced=snapshot.announced,
        cancelled=counts[ParcelStatus.CANCELLED],
        rejected=rejected,
        delivered=delivered,
        on_time=delivered - len(late_s),
        returned=counts[ParcelStatus.RETURNED],
        unserved=counts[ParcelStatus.UNSERVED],
        still_open=still_open,
        reasons=_reasons(snapshot),
        trips=sum(not trip.charging_only for trip in alive),
        stops=_count(alive, NodeKind.STOP),
        charges=_count(alive, NodeKind.CHARGE),
        km=kilometres(sum(map(distance_driven_m, snapshot.trips))),
        kwh=kwh,
        kwh_per_parcel=kwh / delivered if delivered else None,
        km_planned=kilometres(sum(node.distance_m for trip in alive for node in trip.nodes)),
        kwh_planned=kilowatt_hours(
            sum(energy_planned_mwh(trip, auxiliary_w.get(trip.van_id, 0)) for trip in alive)
        ),
        lateness=Lateness(
            len(late_s), max(late_s, default=0), sum(late_s) / len(late_s) if late_s else 0.0
        ),
        replans=snapshot.replans,
    )


def service_began(record: ParcelRecord, trips: Iterable[TripRecord]) -> Instant | None:
    """Return when service of a parcel began, or when it was handed over where that is unknown."""
    for trip in trips:
        if trip.trip_id != record.trip_id:
            continue
        for node in trip.nodes:
            here = node.kind is NodeKind.STOP and record.parcel.parcel_id in node.parcel_ids
            if here and node.arrived_at is not None:
                return max(node.arrived_at, record.parcel.due_from)
    return record.served_at


def distance_driven_m(trip: TripRecord) -> int:
    """Return the way to the nodes that the van has reached, in metres."""
    return sum(node.distance_m for node in trip.nodes if node.arrived_at is not None)


def energy_used_mwh(trip: TripRecord) -> int:
    """Return what the battery gave between the nodes that the van has reached, in mWh."""
    reached = [node for node in trip.nodes if node.battery_mwh_arrived is not None]
    return sum(
        max(0, _left_with(here) - (there.battery_mwh_arrived or 0))
        for here, there in pairwise(reached)
    )


def energy_planned_mwh(trip: TripRecord, auxiliary_w: int) -> int:
    """Return what driving, waiting and serving take by plan, in mWh; charging draws nothing."""
    inner = [node for node in trip.nodes[1:-1] if node.kind is not NodeKind.CHARGE]
    standing_s = sum(max(0, node.leave_at - node.arrive_at) // 1000 for node in inner)
    driving_mwh = sum(node.energy_mwh for node in trip.nodes)
    return driving_mwh + power_over_time(auxiliary_w, standing_s)


def _left_with(node: NodeRecord) -> int:
    return max(node.battery_mwh_arrived or 0, node.charge_mwh_target or 0)


def _count(trips: Iterable[TripRecord], kind: NodeKind) -> int:
    return sum(node.kind is kind for trip in trips for node in trip.nodes)


def _reasons(snapshot: Snapshot) -> tuple[tuple[str, int], ...]:
    told = {ParcelStatus.RETURNED, ParcelStatus.UNSERVED, ParcelStatus.REJECTED}
    found = Counter(
        f"{record.status.value}: {record.reason or 'no reason given'}"
        for record in snapshot.parcels
        if record.status in told
    )
    if snapshot.refused:
        found["rejected: no valid parcel"] += len(snapshot.refused)
    return tuple(sorted(found.items()))

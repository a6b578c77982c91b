"""Snapshots to export: the example's plan, and the same day driven to its end."""

from dataclasses import replace

import pytest

from dispatcher.core.parcels import ParcelStatus
from dispatcher.core.snapshot import ReplanRecord, Snapshot
from maps.incidents import Incident
from maps.places import LonLat
from maps.units import Instant, Seconds, later
from vehicles.trip import NodeKind

LATE_S = 5400
"""Vans of the driven day come this much later than planned to the second half of their stops."""


@pytest.fixture(scope="session")
def planned(example_plan) -> Snapshot:
    return example_plan.snapshot


@pytest.fixture(scope="session")
def driven(planned, eight) -> Snapshot:
    """Return the day after: all reached, half of it late, one parcel back, one refused."""
    trips = []
    served: dict[str, Instant] = {}
    for trip in planned.trips:
        half = len(trip.nodes) // 2
        nodes = []
        for index, node in enumerate(trip.nodes):
            late_s = LATE_S if index > half else 0
            arrived_at = later(node.arrive_at, Seconds(late_s))
            battery = trip.nodes[0].battery_mwh - 10_000 * index
            nodes.append(replace(node, arrived_at=arrived_at, battery_mwh_arrived=battery))
            if node.kind is NodeKind.STOP:
                served |= {one: later(node.leave_at, Seconds(late_s)) for one in node.parcel_ids}
        trips.append(replace(trip, nodes=tuple(nodes), status="finished"))
    back = min(served)
    parcels = []
    for record in planned.parcels:
        parcel_id, ended = record.parcel.parcel_id, record
        if parcel_id == back:
            ended = replace(record, status=ParcelStatus.RETURNED, reason="absent")
        elif parcel_id in served:
            at = served[parcel_id]
            ended = replace(record, status=ParcelStatus.DELIVERED, served_at=at)
        parcels.append(ended)
    jam = Incident(
        "jam <1>",
        (LonLat(24.9413, 60.17), LonLat(24.943, 60.1705)),
        20,
        0.3,
        eight,
        later(eight, Seconds(10**4)),
    )
    return replace(
        planned,
        announced=planned.announced + 1,
        trips=tuple(trips),
        parcels=tuple(parcels),
        refused=(("row-9", ("no mass",)),),
        replans=(ReplanRecord(eight, "jam <1>", (("robovan-m-01", "two stops swapped"),)),),
        incidents=(jam,),
    )

"""Trips for tests: nodes in a row, a hundred metres apart, with parcels to drop."""

from maps.geometry import LocalFrame, encode_polyline
from maps.places import LonLat
from maps.units import Instant
from vehicles.presets import preset
from vehicles.trip import ActionKind, NodeKind, TripAction, TripNode, TripWish

VAN_ID = "van-1"
SPEC = preset("robovan-m")
FRAME = LocalFrame(LonLat(24.94, 60.17), "helsinki")
START_AT = Instant(1_772_434_800_000)


def place_at(step: int) -> LonLat:
    """Return the place ``step`` steps of a hundred metres east of the origin."""
    return FRAME.to_place(100.0 * step, 0.0)


def node(
    trip_id: str, index: int, *, name: str = "", drops: int = 1, charge_mwh: int | None = None
) -> TripNode:
    """Return the ``index``-th node of a trip; ``name`` tells horizons apart."""
    node_id = f"{name}{index}"
    actions = [
        TripAction(f"{trip_id}/drop/{node_id}-{n}", ActionKind.DROP, f"{node_id}-{n}", 30)
        for n in range(drops)
    ]
    if charge_mwh is not None:
        action_id = f"{trip_id}/startCharging/{node_id}"
        actions = [TripAction(action_id, ActionKind.START_CHARGING, None, 600, charge_mwh)]
    arrive_at = Instant(START_AT + 20_000 * index)
    return TripNode(
        node_id=node_id,
        kind=NodeKind.START if index == 0 else NodeKind.STOP,
        place=place_at(index),
        label=f"Street {index}",
        actions=tuple(actions),
        drive_s=0 if index == 0 else 20,
        distance_m=0 if index == 0 else 100,
        shape="" if index == 0 else encode_polyline([place_at(index - 1), place_at(index)]),
        arrive_at=arrive_at,
        leave_at=Instant(arrive_at + 30_000),
        window_begin=None if index == 0 else START_AT,
        window_end=None if index == 0 else Instant(START_AT + 3_600_000),
    )


def trip(trip_id: str, count: int, released: int, *, drops: int = 1) -> TripWish:
    """Return a trip of ``count`` nodes, the first ``released`` of them released."""
    nodes = tuple(node(trip_id, index, drops=drops) for index in range(count))
    return TripWish(trip_id, VAN_ID, nodes, released)

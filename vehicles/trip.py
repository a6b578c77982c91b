"""A trip as the dispatcher wants it driven: nodes, actions, and how far it is released.

The dispatcher's core says what it wants of a van as a ``TripWish``; ``vehicles.session`` turns it
into VDA 5050 orders and updates. Nodes already released never change within a trip: a later wish
of the same trip begins with the same released nodes and may differ only after them.
"""

from enum import Enum

from maps.places import LonLat
from maps.units import Instant
from vehicles.changing import record


class NodeKind(Enum):
    """What a node of a trip is."""

    START = "start"
    WAYPOINT = "waypoint"
    STOP = "stop"
    CHARGE = "charge"
    RELOAD = "reload"
    END = "end"


class ActionKind(Enum):
    """What a van does at a node; the values are VDA 5050 action types."""

    PICK = "pick"
    DROP = "drop"
    START_CHARGING = "startCharging"
    STOP_CHARGING = "stopCharging"


@record
class TripAction:
    """One action at a node.

    Attributes
    ----------
    action_id
        Made from its cause, unique for all time: ``{trip_id}/drop/{parcel_id}``.
    parcel_id
        For PICK and DROP (a DROP at the END node brings an undelivered parcel back), else None.
    duration_s
        How long it should take; for START_CHARGING the expected time.
    battery_mwh_target
        For START_CHARGING: charge (all the battery holds, not only above the reserve) to reach.
    """

    action_id: str
    kind: ActionKind
    parcel_id: str | None
    duration_s: int
    battery_mwh_target: int | None = None


@record
class TripNode:
    """One node of a trip, and the road that leads to it from the node before.

    Attributes
    ----------
    node_id
        Unique within the trip.
    place, label
        Where; a short text for people (consignee or street).
    actions
        In the order to be done.
    drive_s, distance_m, shape
        From the node before: planned driving time, way, and the line as an encoded polyline
        (``maps.geometry``); 0, 0 and "" for the first node.
    arrive_at, leave_at
        As planned.
    window_begin, window_end
        When service may begin (None where nothing is promised): the van waits until the begin.
    """

    node_id: str
    kind: NodeKind
    place: LonLat
    label: str
    actions: tuple[TripAction, ...]
    drive_s: int
    distance_m: int
    shape: str
    arrive_at: Instant
    leave_at: Instant
    window_begin: Instant | None = None
    window_end: Instant | None = None


@record
class TripWish:
    """All of a trip as wanted now: the first ``released_count`` nodes may be driven.

    ``released_count`` never falls within a trip, and is at least 1.
    """

    trip_id: str
    van_id: str
    nodes: tuple[TripNode, ...]
    released_count: int

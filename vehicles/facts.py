"""The few facts in a van's messages that can change a decision.

``vehicles.session`` derives them from states, connections and the passing of time; they are what
is journalled and what the dispatcher's core handles. A message without a new fact costs nothing.
``measured_at`` is the van's clock; nothing is ordered or judged late by it.
"""

from typing import Final, TypeGuard, get_args

from maps.places import LonLat
from maps.units import Instant
from vehicles.changing import record
from vehicles.plugging import Charging


@record
class VanSeen:
    """A van's first state after we knew nothing of it (start, restart, silence, offline).

    Also told before ``TripCancelled``, so that it is known where a van gave its trip up.
    ``trip_id`` is what it says it is doing (None: no order, or one finished), ``battery_mwh`` all
    that the battery holds.
    """

    van_id: str
    measured_at: Instant
    place: LonLat
    battery_mwh: int
    trip_id: str | None
    stuck: bool


@record
class VanLost:
    """A van's last will came, or nothing was heard of it for too long."""

    van_id: str
    measured_at: Instant
    cause: str


@record
class OrderEchoed:
    """A van's state names this order and update: it has accepted them."""

    van_id: str
    measured_at: Instant
    trip_id: str
    update_id: int


@record
class OrderRefused:
    """A van refused an order or update, with the error type of the standard."""

    van_id: str
    measured_at: Instant
    trip_id: str
    update_id: int
    error_type: str
    detail: str


@record
class TripCancelled:
    """A van confirmed that it gave up a trip that we asked it to cancel."""

    van_id: str
    measured_at: Instant
    trip_id: str


@record
class NodePassed:
    """A van reached a node of its trip; ``node_index`` counts from 0 within the trip.

    Nodes skipped between two states are passed too: one fact each, in order.
    """

    van_id: str
    measured_at: Instant
    trip_id: str
    node_index: int
    battery_mwh: int


@record
class ActionEnded:
    """A van finished or failed an action; ``detail`` is the van's own description."""

    van_id: str
    measured_at: Instant
    trip_id: str
    action_id: str
    done: bool
    detail: str


@record
class ChargeChanged:
    """A van's battery moved by a step: all that it holds, and whether it is charging."""

    van_id: str
    measured_at: Instant
    battery_mwh: int
    charging: bool


@record
class VanStuck:
    """A van reports that it cannot move (breakdown, blocked)."""

    van_id: str
    measured_at: Instant
    place: LonLat
    cause: str


@record
class VanMobile:
    """A van that was stuck can move again."""

    van_id: str
    measured_at: Instant


@record
class LimitsTold:
    """A van's factsheet says how many nodes an order may have; None: as many as one likes.

    ``measured_at`` is our own clock: a factsheet may be of long ago.
    """

    van_id: str
    measured_at: Instant
    nodes_max: int | None


@record
class ChargingTold:
    """A van's state or factsheet says how it is charged; see ``vehicles.plugging``."""

    van_id: str
    measured_at: Instant
    charging: Charging


VanFact = (
    VanSeen
    | VanLost
    | OrderEchoed
    | OrderRefused
    | TripCancelled
    | NodePassed
    | ActionEnded
    | ChargeChanged
    | VanStuck
    | VanMobile
    | LimitsTold
    | ChargingTold
)


def is_fact(event: object) -> TypeGuard[VanFact]:
    """Return whether something is a van's fact; quicker than asking for each kind of it."""
    return type(event) in _KINDS


_KINDS: Final = frozenset(get_args(VanFact))

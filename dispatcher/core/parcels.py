"""A parcel, what has become of it, and which changes of its state are allowed."""

from dataclasses import dataclass
from enum import Enum

from maps.places import LonLat
from maps.units import Instant


@dataclass(frozen=True, slots=True)
class Parcel:
    """Goods for one consignee, as the warehouse announced them.

    Attributes
    ----------
    label
        Address or other short text for people; may be "".
    locker
        Size of locker it needs (of ``vehicles.spec.LOCKER_SIZES``), or "none".
    ready_at, due_from, due_until
        When it can leave the warehouse; when service at the consignee may begin.
    priority
        0 to 100, higher is more important.
    handling, references
        Free words (fragile, bulky, cold); key and value pairs carried unchanged.
    """

    parcel_id: str
    depot_id: str
    consignee_id: str
    place: LonLat
    label: str
    mass_g: int
    volume_ml: int
    locker: str
    ready_at: Instant
    due_from: Instant
    due_until: Instant
    service_s: int
    priority: int
    handling: tuple[str, ...] = ()
    references: tuple[tuple[str, str], ...] = ()


class ParcelStatus(Enum):
    """Where a parcel stands. The last five are final."""

    WAITING = "waiting"  # at the depot, not in a trip that was ordered
    HELD = "held"  # at the depot, kept from being planned by hand
    ORDERED = "ordered"  # in a trip that a van was told, not aboard yet
    ABOARD = "aboard"
    RETURNING = "returning"  # aboard, or may be; not to be delivered any more
    DELIVERED = "delivered"
    RETURNED = "returned"
    UNSERVED = "unserved"
    CANCELLED = "cancelled"
    REJECTED = "rejected"


LOADED_WRONGLY = "loaded_wrongly"
"""Why a parcel comes back that was put into a van which was not to have it."""

NOT_HANDED_OVER = "not_handed_over"
"""Why a parcel comes back whose van gave its trip up before it was there."""

LEFT_OUT = "left_out"
"""Why a parcel comes back that its van says to have, and the warehouse not to have loaded."""

PLANNED_ANEW = frozenset({LOADED_WRONGLY, LEFT_OUT})
"""What comes back for one of these reasons is planned anew when its van has handed in."""

FINAL = frozenset(
    {
        ParcelStatus.DELIVERED,
        ParcelStatus.RETURNED,
        ParcelStatus.UNSERVED,
        ParcelStatus.CANCELLED,
        ParcelStatus.REJECTED,
    }
)

ALLOWED: dict[ParcelStatus, frozenset[ParcelStatus]] = {
    ParcelStatus.WAITING: frozenset(
        {
            ParcelStatus.HELD,
            ParcelStatus.ORDERED,
            ParcelStatus.RETURNING,
            ParcelStatus.UNSERVED,
            ParcelStatus.CANCELLED,
        }
    ),
    ParcelStatus.HELD: frozenset(
        {
            ParcelStatus.WAITING,
            ParcelStatus.RETURNING,
            ParcelStatus.UNSERVED,
            ParcelStatus.CANCELLED,
        }
    ),
    ParcelStatus.ORDERED: frozenset(
        {ParcelStatus.ABOARD, ParcelStatus.WAITING, ParcelStatus.HELD, ParcelStatus.RETURNING}
    ),
    ParcelStatus.ABOARD: frozenset({ParcelStatus.DELIVERED, ParcelStatus.RETURNING}),
    ParcelStatus.RETURNING: frozenset(
        {
            ParcelStatus.RETURNED,
            ParcelStatus.DELIVERED,
            ParcelStatus.ABOARD,
            ParcelStatus.WAITING,
            ParcelStatus.HELD,
        }
    ),
    ParcelStatus.DELIVERED: frozenset(),
    ParcelStatus.RETURNED: frozenset(),
    ParcelStatus.UNSERVED: frozenset(),
    ParcelStatus.CANCELLED: frozenset(),
    ParcelStatus.REJECTED: frozenset(),
}
"""Every change of status that can happen; all else is a fault of the program.

A returning parcel may still be delivered: a cancellation can cross a handover on the way. It is
aboard again when its van, which gave its trip up, goes on with what it has. One that
waits at the depot is suddenly on its way back when a warehouse has put it into the wrong van, and
waits again when that van is home and the one that was to have it can have it no more. So does one
of which van and warehouse contradict each other when that van is home.
"""


def reachable(before: ParcelStatus, after: ParcelStatus) -> bool:
    """Return whether one event may lead there: several allowed changes can follow each other."""
    seen, ahead = set[ParcelStatus](), [before]
    while ahead:
        status = ahead.pop()
        if status not in seen:
            seen.add(status)
            ahead += ALLOWED[status]
    return after in seen

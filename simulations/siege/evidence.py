"""What everybody says of a besieged day: the vans, the warehouse, and the dispatcher to the world.

Decides how the vans' diary (``wire.diary``), with it what the warehouse kept, and the dispatcher's
parcel events are read. Knows none
of the dispatcher's own records: who judges by this judges by what others saw.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any, Final

from maps.places import LonLat
from maps.units import Instant
from simulations.warehouse import LedgerEntry

STOP_KIND: Final = "stop"
"""The kind of node at which a parcel that is taken out is handed over; elsewhere it comes back."""


class Deed(Enum):
    """What a van did or heard, or the warehouse kept."""

    ORDER = "order"
    CANCEL = "cancel"
    GAVE_UP = "gave_up"
    FORGOT = "forgot"
    PICK = "pick"
    MISSED = "missed"
    DROP = "drop"
    HANDED_IN = "handed_in"
    FOUND = "found"
    KEPT = "kept"
    LEFT_OUT = "left_out"
    END = "end"


@dataclass(frozen=True, slots=True)
class ReleasedNode:
    """A node that a van was told to go to for certain; actions are type, id and parcel.

    ``place`` is where it lies, if the order says.
    """

    sequence_id: int
    node_id: str
    kind: str
    actions: tuple[tuple[str, str, str | None], ...]
    place: LonLat | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the diary.

    Attributes
    ----------
    order_id, update_id, begins, released
        Of an order: its ids, the sequence id of its first node, its base. Of a cancel, of an order
        given up and of one that the warehouse has loaded or loads no more, the first alone.
    is_taken, busy_with
        Of an order: whether the van took it, and the order that it was at.
    parcel_id, action_id
        Of what went in or out.
    loads
        At the day's end: what is aboard. Of such an order: what is put in, and nothing else.
    """

    deed: Deed
    at: Instant
    van_id: str
    order_id: str = ""
    update_id: int = 0
    begins: int = 0
    is_taken: bool = False
    busy_with: str = ""
    released: tuple[ReleasedNode, ...] = ()
    parcel_id: str = ""
    action_id: str = ""
    loads: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Told:
    """One event of a parcel, as the dispatcher told the world."""

    parcel_id: str
    number: int
    kind: str
    detail: str


NEVER: Final = Instant(0)


class Asking(Enum):
    """What was asked of the dispatcher over HTTP."""

    CANCEL = "cancel"
    REPEAT = "repeat"
    CHANGE = "change"
    HOLD_VAN = "van"
    HOLD_PARCEL = "parcel"
    HOLD_DEPOT = "depot"


@dataclass(frozen=True, slots=True)
class Asked:
    """Something asked over HTTP, and how that was answered.

    Attributes
    ----------
    subject_id
        The parcel, van or depot.
    is_granted
        Whether it was done. Of a parcel's hold: and the parcel was at the depot then.
    begin, end
        Of a hold: when it was in force for certain, and when its end was asked for.
    orders
        Of a hold: the orders that vans had been told by then.
    """

    what: Asking
    subject_id: str
    is_granted: bool
    begin: Instant = NEVER
    end: Instant = NEVER
    orders: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that was said of a day.

    Attributes
    ----------
    diary
        Of all vans, and of what the warehouse kept, in order of time.
    warehouse
        What was announced, and how it was answered.
    told
        The dispatcher's parcel events as its stream has them at the end, in order.
    heard
        The same as they came over the broker during the day: some twice, and not all, for a broker
        that was killed keeps nothing.
    asked
        What was asked over HTTP.
    places
        Where each parcel is to go, by its first announcement.
    """

    diary: tuple[Entry, ...]
    warehouse: tuple[LedgerEntry, ...]
    told: tuple[Told, ...]
    heard: frozenset[Told] = field(default_factory=frozenset)
    asked: tuple[Asked, ...] = ()
    places: Mapping[str, LonLat] = field(default_factory=dict)


def read_diary(*paths: Path) -> tuple[Entry, ...]:
    """Read the diary that was written into some files, in order of time."""
    lines = [line for one in paths for line in one.read_text(encoding="utf-8").splitlines()]
    return in_order(_entry(json.loads(line)) for line in lines)


def in_order(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """Return entries in order of time; those of one instant as they were written."""
    return tuple(sorted(entries, key=lambda entry: entry.at))


def told_of(document: dict[str, Any]) -> tuple[Told, ...]:
    """Read a piece of the dispatcher's stream of parcel events (an EPCIS document)."""
    return tuple(
        Told(
            str(event["epcList"][0]).removeprefix("urn:robovan:parcel:"),
            int(event["robovan:number"]),
            str(event["robovan:kind"]),
            str(event.get("robovan:detail", "")),
        )
        for event in document["epcisBody"]["eventList"]
    )


def _entry(row: dict[str, Any]) -> Entry:
    return Entry(
        deed=Deed(row["kind"]),
        at=Instant(row["at"]),
        van_id=row["van"],
        order_id=row.get("order", ""),
        update_id=row.get("update", 0),
        begins=row.get("begins", 0),
        is_taken=row.get("taken", False),
        busy_with=row.get("busy_with", ""),
        released=tuple(_node(node) for node in row.get("released", ())),
        parcel_id=row.get("parcel", ""),
        action_id=row.get("action", ""),
        loads=tuple(row.get("loads", ())),
    )


def _node(node: dict[str, Any]) -> ReleasedNode:
    actions = tuple((one[0], one[1], one[2]) for one in node["actions"])
    place = None if node["place"] is None else LonLat(node["place"][0], node["place"][1])
    return ReleasedNode(node["seq"], node["id"], node["kind"], actions, place)

"""States that earlier releases wrote, read by this one.

Theory of operation
-------------------
A depot's state is written as a snapshot, and as the base behind which a trimmed journal begins.
Both say of what layout they are: the fields of all records in it (``packing.layout_of``). When a
release changes them, the states written before must still be read. A base is all that is left of
entries that nobody wants to replay, or can, as rules change too; and the snapshot of an orderly
stop is what keeps a new release from deciding again what vans and warehouses were told.

So a layout that is not the last release's any more comes with an ``Upgrade`` from that: a function
that changes the state's plain values (records are dictionaries by field, enums their values, tuples
and sets lists) into what the new records are read from. Several releases are several upgrades, one
the other. A field that is gone needs nothing, nor does a new one whose default is right for
every state; but one that is worked out from others, such as an index, must be filled.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from dispatcher.journal.packing import UnpackError, layout_of, pack, plain
from dispatcher.live.parcel_log import LogImage
from dispatcher.stepping import DepotImage

DEPOT_PART: Final = "depot"
LOG_PART: Final = "parcel_log"


@dataclass(frozen=True, slots=True)
class Upgrade:
    """How a state of an earlier layout becomes one of the next.

    Attributes
    ----------
    to
        The layout that it then has.
    change
        Changes the plain values of the depot and of its parcel log.
    """

    to: str
    change: Callable[[dict[str, Any], dict[str, Any]], None]


RELEASED: Final[Mapping[str, str]] = {}
"""The layout of each release's states, by its version. A test wants one of each release that
CHANGELOG.md tells of, and each to be this program's or to have an upgrade."""

UPGRADES: Final[Mapping[str, Upgrade]] = {}
"""By the layout that they begin with. None of a release is taken out as long as journals that it
has trimmed may be started on."""


@cache
def layout() -> str:
    """Return what states of this program are made of."""
    return layout_of(DepotImage, LogImage)


def readable_layouts() -> frozenset[str]:
    """Return the layouts of states that can be read, this program's own among them."""
    return frozenset({layout(), *UPGRADES})


def as_ours(layout_before: str, parts: Mapping[str, bytes]) -> Mapping[str, bytes]:
    """Return a state's parts in the layout of this program.

    Raises
    ------
    UnpackError
        If there is no way from the one that they have.
    """
    if layout_before == layout():
        return parts
    depot, log = plain(parts[DEPOT_PART]), plain(parts[LOG_PART])
    while layout_before != layout():
        upgrade = UPGRADES.get(layout_before)
        if upgrade is None:
            raise UnpackError("it was made by another version of this program")
        try:
            upgrade.change(depot, log)
        except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
            raise UnpackError(f"it is not of its layout ({error!r})") from None
        layout_before = upgrade.to
    return {DEPOT_PART: pack(depot), LOG_PART: pack(log)}

"""What is done on purpose to a live day's parcels and vans, beside a rough network.

Decides to which of them, from the seed: each parcel to which something is done has one thing done
to it, so that what comes of it can be judged. When and how it is done is decided where it is done:
every other time by the warehouse over MQTT, else over HTTP.
"""

from dataclasses import dataclass, replace
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from dispatcher.core.parcels import Parcel
from simulations.rng import Streams

HEAVIER_G: Final = 1000
"""What a parcel announced with other content weighs more."""

Ratio = Annotated[float, Field(ge=0, le=0.25)]
Count = Annotated[int, Field(ge=0)]

USUAL: Final = {"wrong": 0.01, "again": 0.02, "cancelled": 0.03, "held": 0.01, "missing": 0.01}
"""Shares of a day's parcels (assumed: many times what a warehouse would bear)."""


class MischiefModel(BaseModel):
    """How much of it there is.

    Shares are of the parcels: in the place of ``wrong_ratio`` of them another one is loaded,
    ``again_ratio`` are announced again and as many again with other content, ``cancelled_ratio``
    are wanted back, ``held_ratio`` are held by hand, ``missing_ratio`` are not brought to the dock
    when they are to be loaded. ``van_kills``, ``warehouse_kills`` and ``van_absences`` count how
    often a van's computer loses its power, the warehouse its connection, and how often a van stays
    away with an order of which nothing is loaded, within the first ``within_s`` of the day.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    wrong_ratio: Ratio = 0.0
    again_ratio: Ratio = 0.0
    cancelled_ratio: Ratio = 0.0
    held_ratio: Ratio = 0.0
    missing_ratio: Ratio = 0.0
    van_kills: Count = 0
    warehouse_kills: Count = 0
    van_absences: Count = 0
    within_s: Annotated[int, Field(gt=0)] = 18_000


def mischief_of(
    times: float, *, van_kills: int, warehouse_kills: int, van_absences: int, within_s: int
) -> MischiefModel:
    """Return so many times the usual shares, with these troubles within the day's first seconds."""
    return MischiefModel(
        wrong_ratio=times * USUAL["wrong"],
        again_ratio=times * USUAL["again"],
        cancelled_ratio=times * USUAL["cancelled"],
        held_ratio=times * USUAL["held"],
        missing_ratio=times * USUAL["missing"],
        van_kills=van_kills,
        warehouse_kills=warehouse_kills,
        van_absences=van_absences,
        within_s=within_s,
    )


@dataclass(frozen=True, slots=True)
class Chosen:
    """The parcels to which something is done.

    Attributes
    ----------
    again, changed
        Announced again once they are accepted, the latter with the content that is given here.
    cancelled, held
        Wanted back; held by hand.
    """

    again: tuple[Parcel, ...]
    changed: tuple[Parcel, ...]
    cancelled: tuple[str, ...]
    held: tuple[str, ...]

    def by_warehouse(self) -> dict[str, Parcel]:
        """Return what the warehouse announces again; the rest is announced over HTTP."""
        return {one.parcel_id: one for one in (*self.again[::2], *self.changed[::2])}


def choose(parcels: tuple[Parcel, ...], mischief: MischiefModel, seed: int) -> Chosen:
    """Return to which of a day's parcels, all announced as they should be, something is done."""
    stream = Streams(seed).stream("mischief/parcels")
    left = stream.sample(parcels, len(parcels))

    def some(ratio: float) -> tuple[Parcel, ...]:
        """Take a share of all parcels out of those left."""
        count = round(ratio * len(parcels))
        taken, left[:count] = tuple(left[:count]), []
        return taken

    return Chosen(
        again=some(mischief.again_ratio),
        changed=tuple(
            _otherwise(one, stream.choice(parcels)) for one in some(mischief.again_ratio)
        ),
        cancelled=tuple(one.parcel_id for one in some(mischief.cancelled_ratio)),
        held=tuple(one.parcel_id for one in some(mischief.held_ratio)),
    )


def _otherwise(parcel: Parcel, other: Parcel) -> Parcel:
    """Return a parcel that goes to another one's place, and weighs more."""
    mass_g = parcel.mass_g + HEAVIER_G
    return replace(parcel, place=other.place, label=other.label, mass_g=mass_g)

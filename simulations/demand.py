"""Parcels that consignees of a city order: who, where, what, when. Drawn from named streams.

Decides what a simulated warehouse will announce. Which addresses there are is the city's, and
what becomes of the parcels is the dispatcher's.

Shares and figures are assumed unless a source is named; there is no open data set of parcels
with masses and promises from robotic warehouses.
"""

import bisect
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from dispatcher.core.parcels import Parcel
from maps.network import Address, RoadNetwork
from maps.places import LonLat, great_circle_m
from maps.snapping import Snapper
from maps.units import Instant, Seconds, grams_up, later, millilitres_up
from simulations.doors import doors_of
from simulations.errors import DemandError
from simulations.rng import Stream, Streams

RELEASE_S: Final = 9000
"""Parcels become ready over the day's first two and a half hours (assumed: a morning's picking)."""

DOORSTEP_M_MAX: Final = 60
"""Addresses farther from every drivable road than this get no parcels (assumed: one block)."""

DEPOT_M_MIN: Final = 80
"""Nobody orders to the depot's own door (assumed)."""

ADDRESSES_MIN: Final = 20
"""With fewer a city gives no day worth simulating (assumed)."""

FOLLOW_UP_RATIO: Final = 0.15
"""Share of parcels for someone who is already getting one of the latest (assumed)."""

FOLLOW_UP_S_MAX: Final = 1200
"""How much later than the earlier parcel: close enough to be brought together (assumed)."""

EXPRESS_RATIO: Final = 0.25
EXPRESS_DUE_S: Final = (4500, 6000)
STANDARD_DUE_S: Final = (10_800, 14_400)
"""A quarter is due 75 to 100 minutes after it is ready, the rest 3 to 4 hours (assumed)."""

EXPRESS_PRIORITY: Final = 60
STANDARD_PRIORITY: Final = 20

MASS_KG: Final = (0.3, 30.0)
MASS_KG_MEDIAN: Final = 2.5
MASS_SPREAD: Final = 0.9
"""Log-normal and cut off: most parcels are small, a few are near what one person may lift
(assumed)."""

DENSITY_KG_PER_L: Final = 1 / 6.0
"""Six litres a kilogram: the ratio by which air freight turns volume into mass (IATA TACT rules,
6,000 cm3 per kg); parcels scatter around it by VOLUME_SPREAD (assumed)."""
VOLUME_SPREAD: Final = 0.35
VOLUME_L: Final = (0.5, 120.0)

LOCKER_RATIO: Final = 0.05
LOCKER_KG_MAX: Final = 5.0
"""A twentieth of the parcels wants a locker, small or medium, if it is light enough (assumed)."""

SERVICE_S: Final = 75
SERVICE_S_PER_KG: Final = 2
"""A minute and a quarter at the door, and two seconds more a kilogram (assumed)."""

HANDLING_RATIO: Final = 0.08


@dataclass(frozen=True, slots=True)
class Consignee:
    """Those who order at an address of the city: how many households and businesses they are."""

    consignee_id: str
    label: str
    place: LonLat
    households: float = 1.0
    businesses: float = 0.0


def demo_parcels(
    network: RoadNetwork,
    depot_id: str,
    depot: LonLat,
    *,
    count: int,
    seed: int,
    start: Instant,
    release_s: int = RELEASE_S,
) -> tuple[Parcel, ...]:
    """Return the parcels of a morning, in order of release.

    Parameters
    ----------
    network
        The city; its addresses are the doors.
    depot_id, depot
        Where the parcels come from.
    count
        How many.
    seed
        The same seed gives the same parcels.
    start
        When the day begins; the first parcels are ready then.
    release_s
        How long it takes until the last are.

    Raises
    ------
    DemandError
        If the city has too few addresses near roads.
    """
    streams = Streams(seed)
    consignees = consignees_of(network, depot)
    stream = streams.stream("demand/consignees")
    released = _release_times(streams.stream("demand/times"), count, release_s)
    goods = streams.stream("demand/goods")
    chosen: list[tuple[int, Consignee, bool]] = []
    for at_s in released:
        chosen.append((at_s, *_choose(stream, consignees, chosen, at_s)))
    return tuple(
        _parcel(
            goods, number, who, depot_id=depot_id, ready_at=later(start, Seconds(at)), is_express=x
        )
        for number, (at, who, x) in enumerate(chosen, start=1)
    )


def consignees_of(
    network: RoadNetwork, depot: LonLat | None = None, snapper: Snapper | None = None
) -> tuple[Consignee, ...]:
    """Return one consignee per address that a van can come near to, in order of address.

    Parameters
    ----------
    network
        The city.
    depot
        Nobody orders to its own door; None if there is none to think of.
    snapper
        Of the roads that vans can use; of all roads if it is not given.

    Raises
    ------
    DemandError
        If there are too few.
    """
    doors = doors_of(network)
    behind = zip(doors.households.tolist(), doors.businesses.tolist(), strict=True)
    addresses = sorted(zip(network.addresses(), behind, strict=True), key=_by_label)
    snaps = (snapper or Snapper(network)).snap_many([address.place for address, _ in addresses])
    near = [
        (address, who)
        for (address, who), distance_m in zip(addresses, snaps.distance_m.tolist(), strict=True)
        if distance_m <= DOORSTEP_M_MAX
        and (depot is None or great_circle_m(address.place, depot) >= DEPOT_M_MIN)
    ]
    if len(near) < ADDRESSES_MIN:
        reason = f"{len(near)} addresses lie within {DOORSTEP_M_MAX} m of a road that vans may use"
        raise DemandError(network.info.source, reason)
    return tuple(
        Consignee(f"con-{number:05d}", address.label, address.place, *who)
        for number, (address, who) in enumerate(near, start=1)
    )


def _by_label(one: tuple[Address, object]) -> tuple[str, LonLat]:
    return one[0].label, one[0].place


def _release_times(stream: Stream, count: int, release_s: int) -> list[int]:
    """Return when each parcel is released, in seconds; a few are there from the beginning."""
    first = count // 10
    rest = sorted(stream.randrange(release_s) for _ in range(count - first))
    return [0] * first + rest


def _choose(
    stream: Stream,
    consignees: Sequence[Consignee],
    earlier: Sequence[tuple[int, Consignee, bool]],
    release_s: int,
) -> tuple[Consignee, bool]:
    """Return who gets the next parcel, and whether it is express."""
    since = bisect.bisect_left(earlier, release_s - FOLLOW_UP_S_MAX, key=lambda entry: entry[0])
    is_follow_up, is_express = stream.random() < FOLLOW_UP_RATIO, stream.random() < EXPRESS_RATIO
    somebody = consignees[stream.randrange(len(consignees))]
    if not is_follow_up or since == len(earlier):
        return somebody, is_express
    _, again, was_express = earlier[stream.randrange(since, len(earlier))]
    return again, was_express


@dataclass(frozen=True, slots=True)
class Goods:
    """What is in a parcel, and how long it takes at the door."""

    mass_g: int
    volume_ml: int
    locker: str
    handling: tuple[str, ...]
    service_s: int


@dataclass(frozen=True, slots=True)
class GoodsMix:
    """What the parcels of a day are like; see the constants of this file."""

    mass_kg_median: float = MASS_KG_MEDIAN
    mass_spread: float = MASS_SPREAD
    locker_ratio: float = LOCKER_RATIO


def draw_goods(stream: Stream, mix: GoodsMix) -> Goods:
    """Draw what is in a parcel: always as many numbers, whatever comes out."""
    mass_kg = _cut(mix.mass_kg_median * stream.lognormvariate(0, mix.mass_spread), MASS_KG)
    volume_l = _cut(mass_kg / DENSITY_KG_PER_L * stream.lognormvariate(0, VOLUME_SPREAD), VOLUME_L)
    wants_locker, size = stream.random() < mix.locker_ratio, stream.choice(("s", "m"))
    handling, is_handled = stream.choice(("fragile", "bulky", "cold")), stream.random()
    return Goods(
        mass_g=grams_up(round(mass_kg, 2)),
        volume_ml=millilitres_up(round(volume_l, 1)),
        locker=size if wants_locker and mass_kg <= LOCKER_KG_MAX else "none",
        handling=(handling,) if is_handled < HANDLING_RATIO else (),
        service_s=SERVICE_S + int(SERVICE_S_PER_KG * mass_kg),
    )


def _parcel(
    stream: Stream,
    number: int,
    who: Consignee,
    *,
    depot_id: str,
    ready_at: Instant,
    is_express: bool,
) -> Parcel:
    goods = draw_goods(stream, GoodsMix())
    due_s = stream.randint(*(EXPRESS_DUE_S if is_express else STANDARD_DUE_S))
    return Parcel(
        parcel_id=f"prc-{number:04d}",
        depot_id=depot_id,
        consignee_id=who.consignee_id,
        place=who.place,
        label=who.label,
        mass_g=goods.mass_g,
        volume_ml=goods.volume_ml,
        locker=goods.locker,
        ready_at=ready_at,
        due_from=ready_at,
        due_until=later(ready_at, Seconds(due_s)),
        service_s=goods.service_s,
        priority=EXPRESS_PRIORITY if is_express else STANDARD_PRIORITY,
        handling=goods.handling,
        references=(("service", "express" if is_express else "standard"),),
    )


def _cut(value: float, limits: tuple[float, float]) -> float:
    return min(max(value, limits[0]), limits[1])

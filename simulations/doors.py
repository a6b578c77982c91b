"""Who lives and works behind each address, estimated from the buildings of OpenStreetMap.

Decides how many households and businesses an address stands for. Which buildings there are is the
map's; who of them orders when is ``demand``'s.

A building tagged with its flats has so many; a house has one household behind each door, as rows of
houses may be drawn as one; what else is lived in has its floors' area, less stairs and walls, in
dwellings of usual size. A building that is worked in has its floors' area in businesses. Both are
shared evenly by the addresses in it. A shop or an office mapped as an address of its own is one
business at least, and nobody lives there unless the building has no other door. An address without
a building, or in a garage or the like, counts as the median of those that have one.

References
----------
.. [1] Statistics Finland, Dwellings and housing conditions 2008, floor area per dwelling by type of
       building: 56.4 m2 in blocks of flats, 79.1 m2 in all.
       http://www.stat.fi/til/asas/2008/asas_2008_2009-12-15_tau_002_en.html
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from maps.network import BUILDING_KINDS, RoadNetwork

FLAT_M2: Final = 56.4
DWELLING_M2: Final = 79.1
"""Floor area of a dwelling in a block of flats, and in any building [1]_."""

NET_RATIO: Final = 0.75
"""Share of a building's floors that is in dwellings, the rest walls and stairs (assumed)."""

BUSINESS_M2: Final = 250.0
"""Floor area of one business that gets parcels as often as any other (assumed)."""

LEVELS_USUAL: Final = 2.0
"""Floors where a city's map tells of no building's (assumed); else their median."""

_OTHER, _HOUSE, _APARTMENTS, _RESIDENTIAL, _BUSINESS = range(len(BUILDING_KINDS))


@dataclass(frozen=True, slots=True, eq=False)
class Doors:
    """What stands behind A addresses, in the order of ``RoadNetwork.addresses()``.

    Attributes
    ----------
    households, businesses
        float64 (A,): estimates, fractions where several addresses share a building.
    """

    households: NDArray[np.float64]
    businesses: NDArray[np.float64]


def doors_of(network: RoadNetwork) -> Doors:
    """Return the households and businesses behind every address of a city."""
    works, building = network.address_is_business, network.address_building
    tells = (network.building_kind != _OTHER) | (network.building_flats > 0)
    is_known = building >= 0
    is_known[is_known] = tells[building[is_known]]
    homes = is_known & _opens_homes(works, building)
    lived, worked = _in_buildings(network, building[homes])
    households = np.zeros(len(works))
    businesses = works.astype(np.float64)
    households[homes] = _shared(lived, building, homes)
    businesses[is_known] = np.maximum(businesses[is_known], _shared(worked, building, is_known))
    found = households[households > 0]
    usual = float(np.median(found)) if len(found) else 1.0
    households[~is_known & ~works] = usual
    return Doors(households, businesses)


def _in_buildings(
    network: RoadNetwork, doors: NDArray[np.int32]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the households and the businesses in each building; doors are those to homes."""
    kind, levels = network.building_kind, network.building_levels.astype(np.float64)
    told = levels[levels > 0]
    levels[levels == 0] = float(np.median(told)) if len(told) else LEVELS_USUAL
    floors_m2 = network.building_area_m2 * levels
    dwelling_m2 = np.where(kind == _APARTMENTS, FLAT_M2, DWELLING_M2)
    lived = np.maximum(1.0, floors_m2 * NET_RATIO / dwelling_m2)
    is_house = kind == _HOUSE
    lived[is_house] = np.bincount(doors, minlength=len(kind))[is_house]
    lived = np.where(network.building_flats > 0, network.building_flats, lived)
    lived[(kind == _BUSINESS) & (network.building_flats == 0)] = 0.0
    worked = np.where(kind == _BUSINESS, np.maximum(1.0, floors_m2 / BUSINESS_M2), 0.0)
    return lived, worked


def _opens_homes(works: NDArray[np.bool_], building: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Return which addresses are doors to homes: all but shops', unless a building has no other."""
    with_others = np.unique(building[~works])
    return ~works | ~np.isin(building, with_others)


def _shared(
    amount: NDArray[np.float64], building: NDArray[np.int32], chosen: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Return each chosen address's share of what is in its building."""
    of = building[chosen]
    return amount[of] / np.bincount(of, minlength=len(amount))[of]

"""Buildings from their tags and outlines, and which of them each address stands in.

Decides what kind of building a tag says, how large it is on the ground, and which addresses are in
it. Keeps only buildings with an address, and only what is mapped: what follows from kind, size and
floors is decided by whoever asks. Leaves reading files to ``osm``.

References
----------
.. [1] https://wiki.openstreetmap.org/wiki/Key:building
.. [2] https://wiki.openstreetmap.org/wiki/Key:building:levels
.. [3] https://wiki.openstreetmap.org/wiki/Key:building:flats
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
import shapely
from numpy.typing import NDArray

from maps.network import BUILDING_KINDS, Address
from maps.places import EARTH_RADIUS_M

KEYS: Final = ("building", "building:levels", "building:flats")

BUSINESS_KEYS: Final = ("amenity", "craft", "healthcare", "office", "shop", "tourism")
"""Keys that make a place one where somebody works: shops, offices, schools, hotels [1]_."""

ENTRANCE_M_MAX: Final = 3.0
"""An address so close to a building is at its door (assumed: doors are drawn on outlines)."""

LEVELS_MAX: Final = 200
FLATS_MAX: Final = 5000
"""Numbers above these are taken for mistakes."""

_VALUES: Final[Mapping[str, str]] = {
    "house": "house detached semidetached_house terrace bungalow villa cabin farm houseboat "
    "static_caravan",
    "apartments": "apartments dormitory",
    "residential": "residential yes block mixed_use",
    "business": "office commercial retail supermarket kiosk hotel industrial warehouse school "
    "university college kindergarten hospital clinic public civic government museum church "
    "cathedral mosque synagogue temple train_station transportation fire_station library theatre "
    "sports_hall sports_centre stadium manufacture bank",
}
"""Kinds of buildings, and the values of ``building`` [1]_ that mean them; ``yes`` says nothing, and
most buildings that say nothing are lived in. All other values are of kind ``other``."""

_KIND_OF: Final = {
    value: BUILDING_KINDS.index(kind)
    for kind, values in _VALUES.items()
    for value in values.split()
}

_WHOLE = re.compile(r"\d{1,4}(?:\.\d+)?")


@dataclass(frozen=True, slots=True)
class Outline:
    """A building as a file tells it: its form as WKB, and what its tags say; 0 where silent."""

    form: bytes
    kind: int
    levels: int
    flats: int

    @classmethod
    def tagged(cls, form: bytes, tags: Mapping[str, str]) -> Self:
        """Return the building that tags describe."""
        return cls(
            form,
            _KIND_OF.get(tags["building"], BUILDING_KINDS.index("other")),
            _number(tags.get("building:levels", ""), LEVELS_MAX),
            _number(tags.get("building:flats", ""), FLATS_MAX),
        )


@dataclass(frozen=True, slots=True, eq=False)
class Buildings:
    """The B buildings that hold an address, as ``network.RoadNetwork`` keeps them.

    Attributes
    ----------
    kind, area_m2, levels, flats
        uint8, int32, uint8, int16 (B,).
    of_address
        int32 (A,): each address's building, or -1.
    """

    kind: NDArray[np.uint8]
    area_m2: NDArray[np.int32]
    levels: NDArray[np.uint8]
    flats: NDArray[np.int16]
    of_address: NDArray[np.int32]


def buildings_of(outlines: Sequence[Outline], addresses: Sequence[Address]) -> Buildings:
    """Return the buildings in which addresses stand.

    An address is in the smallest building that it lies in, or else the nearest one within
    ``ENTRANCE_M_MAX``; of equals the first.
    """
    if not outlines or not addresses:
        return _kept(outlines, np.zeros(0), np.full(len(addresses), -1))
    lon = np.array([one.place.lon for one in addresses])
    lat = np.array([one.place.lat for one in addresses])
    # Metres enough for buildings: east and west shrink with the latitude of the place itself.
    north_m = np.radians(EARTH_RADIUS_M)
    east_m = north_m * np.cos(np.radians(np.median(lat)))
    forms = shapely.from_wkb([one.form for one in outlines])
    shrink = np.cos(np.radians(shapely.get_y(shapely.centroid(forms))))
    area_m2 = shapely.area(forms) * north_m**2 * shrink
    scaled = shapely.transform(forms, lambda at: at * (east_m, north_m))
    doors = shapely.points(lon * east_m, lat * north_m)
    tree = shapely.STRtree(scaled)
    whose = np.full(len(addresses), -1)
    door, form = tree.query_nearest(doors, max_distance=ENTRANCE_M_MAX)
    # Of those that hold a door, or are as near to it, the smallest; written last, it stays.
    order = np.lexsort((-form, -area_m2[form]))
    whose[door[order]] = form[order]
    return _kept(outlines, area_m2, whose)


def _kept(
    outlines: Sequence[Outline], area_m2: NDArray[np.float64], whose: NDArray[np.int64]
) -> Buildings:
    """Return the buildings that are anybody's, numbered anew."""
    kept, numbers = np.unique(whose[whose >= 0], return_inverse=True)
    of_address = np.full(len(whose), -1, dtype=np.int32)
    of_address[whose >= 0] = numbers
    real = [outlines[index] for index in kept.tolist()]
    return Buildings(
        kind=np.array([one.kind for one in real], dtype=np.uint8),
        area_m2=np.ceil(area_m2[kept]).astype(np.int32),
        levels=np.array([one.levels for one in real], dtype=np.uint8),
        flats=np.array([one.flats for one in real], dtype=np.int16),
        of_address=of_address,
    )


def _number(text: str, most: int) -> int:
    """Return the whole number that a tag says, rounded up; 0 if it says none that can be."""
    found = _WHOLE.fullmatch(text.strip())
    number = int(np.ceil(float(found[0]))) if found else 0
    return number if number <= most else 0

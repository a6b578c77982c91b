"""Places on the Earth: longitude first, degrees of WGS 84 (EPSG:4326), never a bare pair."""

import math
from dataclasses import dataclass
from typing import Self, dataclass_transform

EARTH_RADIUS_M = 6_371_008.8
"""Mean radius of the Earth, IUGG: Moritz, Geodetic Reference System 1980, section 5."""


@dataclass_transform(frozen_default=True, order_default=True)
def _place[Kind](kind: type[Kind]) -> type[Kind]:
    """Make a class a slotted dataclass with an order that the type checker holds to be frozen.

    Places are made by the million: one frozen at run time takes twice as long to make.
    """
    return dataclass(slots=True, unsafe_hash=True, order=True)(kind)


@_place
class LonLat:
    """A place: degrees east, degrees north."""

    lon: float
    lat: float


@dataclass(frozen=True, slots=True)
class BoundingBox:
    """A rectangle of longitudes and latitudes; all four edges belong to it."""

    west: float
    south: float
    east: float
    north: float

    def holds(self, place: LonLat) -> bool:
        """Return whether the place lies inside or on the edge."""
        return self.west <= place.lon <= self.east and self.south <= place.lat <= self.north

    def grown(self, margin_m: float) -> Self:
        """Return the box with a margin added on all four sides."""
        north_deg = math.degrees(margin_m / EARTH_RADIUS_M)
        middle = math.radians((self.south + self.north) / 2)
        east_deg = north_deg / max(math.cos(middle), 1e-9)
        return type(self)(
            self.west - east_deg,
            self.south - north_deg,
            self.east + east_deg,
            self.north + north_deg,
        )


def great_circle_m(a: LonLat, b: LonLat) -> float:
    """Return the distance between two places on the sphere, in metres (haversine formula)."""
    lat_a, lat_b = math.radians(a.lat), math.radians(b.lat)
    half_lat = math.sin((lat_b - lat_a) / 2)
    half_lon = math.sin(math.radians(b.lon - a.lon) / 2)
    h = half_lat**2 + math.cos(lat_a) * math.cos(lat_b) * half_lon**2
    return 2 * EARTH_RADIUS_M * math.asin(min(1.0, math.sqrt(h)))

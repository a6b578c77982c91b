"""Random places near the roads of a city.

Decides where they lie: on roads, by length, a little aside, as doors are.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from maps.network import RoadNetwork
from maps.places import EARTH_RADIUS_M, LonLat
from maps.speeds import ROAD_CLASSES

ASIDE_M: Final = 8.0
"""Standard deviation of the way from the middle of the road to a door (assumed)."""

DOORLESS_CLASSES: Final = (
    "motorway",
    "motorway_link",
    "trunk",
    "trunk_link",
    "primary_link",
    "secondary_link",
    "tertiary_link",
    "pedestrian",
    "driveway",
    "service",
)
"""Nobody lives on these, or only some may drive there: engines differ in what they snap to."""


def draw_places(
    network: RoadNetwork, count: int, seed: int, *, doorless: tuple[str, ...] = DOORLESS_CLASSES
) -> tuple[LonLat, ...]:
    """Return random places, as many on each road as its length says.

    Parameters
    ----------
    network
        The roads.
    count, seed
        How many; the same seed draws the same places.
    doorless
        Road classes that get no places.
    """
    rng = np.random.default_rng(seed)
    start = network.edge_shape_start
    owner = np.repeat(np.arange(network.edge_count), np.diff(start))
    barred = [ROAD_CLASSES.index(name) for name in doorless if name in ROAD_CLASSES]
    inside = owner[:-1] == owner[1:]
    fit = inside & ~np.isin(np.asarray(network.edge_class)[owner[:-1]], barred)
    x_m, y_m = _metres(network)
    steps_m = np.hypot(np.diff(x_m), np.diff(y_m)) * fit
    chosen = rng.choice(len(steps_m), size=count, p=steps_m / steps_m.sum())
    share = rng.uniform(0.02, 0.98, count)
    aside_m = rng.normal(0.0, ASIDE_M, (2, count))
    x = x_m[chosen] + share * (x_m[chosen + 1] - x_m[chosen]) + aside_m[0]
    y = y_m[chosen] + share * (y_m[chosen + 1] - y_m[chosen]) + aside_m[1]
    lat = np.degrees(y / EARTH_RADIUS_M)
    lon = np.degrees(x / EARTH_RADIUS_M) / _narrowing(network)
    places = zip(np.round(lon, 6).tolist(), np.round(lat, 6).tolist(), strict=True)
    return tuple(LonLat(*place) for place in places)


def _metres(network: RoadNetwork) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the shapes' places on a plane that is true enough within one city."""
    x = np.radians(network.shape_lon) * _narrowing(network) * EARTH_RADIUS_M
    return x, np.radians(network.shape_lat) * EARTH_RADIUS_M


def _narrowing(network: RoadNetwork) -> float:
    box = network.info.box
    return float(np.cos(np.radians((box.south + box.north) / 2)))

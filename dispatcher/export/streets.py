"""Which of a city's streets are drawn around a day, and where they run."""

from collections.abc import Iterable
from importlib.resources import files
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from dispatcher.core.snapshot import Snapshot
from maps.geometry import encode_polyline
from maps.network import RoadNetwork
from maps.places import BoundingBox, LonLat
from maps.speeds import ROAD_CLASSES

EDGES_MAX: Final = 30_000
"""Roads drawn; when the city has more, those of the lowest classes are left out first."""

ADDRESSES_MAX: Final = 20_000
"""House numbers drawn as dots; when there are more, none are."""

MARGIN_M: Final = 600.0
"""Roads this far around the stops are drawn of a city too large to be drawn whole (assumed)."""


def drawn_edges(network: RoadNetwork, box: BoundingBox) -> NDArray[np.int64]:
    """Return the edges to draw: all of a small city, else those in the box, largest first."""
    edges = np.arange(network.edge_count)
    if len(edges) <= EDGES_MAX:
        return edges
    first = network.edge_shape_start[:-1]
    lon, lat = network.shape_lon[first], network.shape_lat[first]
    near = (box.west <= lon) & (lon <= box.east) & (box.south <= lat) & (lat <= box.north)
    edges = edges[near]
    by_class = np.argsort(network.edge_class[edges], kind="stable")
    return np.sort(edges[by_class][:EDGES_MAX])


def day_box(snapshot: Snapshot) -> BoundingBox:
    """Return the box around the depot, all stops and all parcels, with a margin."""
    places = [snapshot.setup.depot.place]
    places += [node.place for trip in snapshot.trips for node in trip.nodes]
    places += [record.parcel.place for record in snapshot.parcels]
    return box_of(places)


def box_of(places: Iterable[LonLat]) -> BoundingBox:
    """Return the box around some places, with a margin."""
    known = list(places)
    lons, lats = [place.lon for place in known], [place.lat for place in known]
    return BoundingBox(min(lons), min(lats), max(lons), max(lats)).grown(MARGIN_M)


def edge_line(network: RoadNetwork, edge: int) -> list[LonLat]:
    """Return the places along one edge."""
    start, end = network.edge_shape_start[edge : edge + 2].tolist()
    pairs = zip(network.shape_lon[start:end], network.shape_lat[start:end], strict=True)
    return [LonLat(float(lon), float(lat)) for lon, lat in pairs]


def ground_script() -> str:
    """Return the script that every map page has: it draws the ground, and moves over it."""
    return files("dispatcher.export").joinpath("map_ground.js").read_text("utf-8")


def ground(network: RoadNetwork, box: BoundingBox) -> dict[str, Any]:
    """Return what that script draws: roads by class, highest first, names, houses, and the box.

    Parameters
    ----------
    network
        The city.
    box
        What is shown of a city too large to be drawn whole.
    """
    chosen = drawn_edges(network, box)
    lines = {int(edge): edge_line(network, int(edge)) for edge in chosen}
    roads: dict[str, list[str]] = {}
    longest: dict[int, int] = {}
    for edge, line in lines.items():
        name = ROAD_CLASSES[int(network.edge_class[edge])]
        roads.setdefault(name, []).append(encode_polyline(line))
        street = int(network.edge_street[edge])
        if street >= 0:
            best = longest.setdefault(street, edge)
            if network.edge_length_mm[edge] > network.edge_length_mm[best]:
                longest[street] = edge
    few = len(network.address_lon) <= ADDRESSES_MAX
    houses = [address.place for address in network.addresses()] if few else []
    shown = network.info.box if len(lines) == network.edge_count else box
    return {
        "box": [shown.west, shown.south, shown.east, shown.north],
        "roads": [[name, roads[name]] for name in ROAD_CLASSES if name in roads],
        "names": [
            [network.streets[street], encode_polyline(lines[edge])]
            for street, edge in sorted(longest.items())
        ],
        "houses": encode_polyline(houses),
    }

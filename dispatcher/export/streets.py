"""Which of a city's streets are drawn around a plan, and where they run."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from dispatcher.core.snapshot import Snapshot
from maps.network import RoadNetwork
from maps.places import BoundingBox, LonLat

EDGES_MAX: Final = 30_000
"""Roads drawn; when the city has more, those of the lowest classes are left out first."""

MARGIN_M: Final = 600.0
"""Roads this far around the stops are drawn of a city too large to be drawn whole (assumed)."""


def drawn_edges(snapshot: Snapshot, network: RoadNetwork) -> NDArray[np.int64]:
    """Return the edges to draw: all of a small city, else those near the stops, largest first."""
    edges = np.arange(network.edge_count)
    if len(edges) <= EDGES_MAX:
        return edges
    box = day_box(snapshot)
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
    lons, lats = [place.lon for place in places], [place.lat for place in places]
    return BoundingBox(min(lons), min(lats), max(lons), max(lats)).grown(MARGIN_M)


def edge_line(network: RoadNetwork, edge: int) -> list[LonLat]:
    """Return the places along one edge."""
    start, end = network.edge_shape_start[edge : edge + 2].tolist()
    pairs = zip(network.shape_lon[start:end], network.shape_lat[start:end], strict=True)
    return [LonLat(float(lon), float(lat)) for lon, lat in pairs]

"""Writes a sheet as an OpenStreetMap file; the same sheet gives the same bytes."""

from pathlib import Path
from typing import Any, Final

import numpy as np
import osmium

from benchmarks.generated_city.ground import Floats
from benchmarks.generated_city.sheet import Sheet

CENTRE_LON_LAT: Final = (8.0, 50.0)
"""Where the market square is said to be: in a country that drives on the right."""

DATE: Final = "2026-01-01T00:00:00Z"
EARTH_M_PER_DEGREE: Final = 111_195.0
WAY_ID_FIRST: Final = 1_000
NODE_ID_FIRST: Final = 100_000


def lon_lat(xy: Floats) -> Floats:
    """Return longitude and latitude (n, 2) of metres on the plane, to 7 decimals."""
    shrink = np.cos(np.radians(CENTRE_LON_LAT[1]))
    degrees = xy / EARTH_M_PER_DEGREE / np.array([shrink, 1.0])
    return np.asarray(np.round(degrees + np.array(CENTRE_LON_LAT), 7))


def write_extract(sheet: Sheet, path: Path) -> None:
    """Write nodes, ways and relations in this order, over an older file of the name."""
    header = osmium.io.Header()
    header.set("generator", "robovan generated city")
    header.set("osmosis_replication_timestamp", DATE)
    path.unlink(missing_ok=True)
    writer = osmium.SimpleWriter(str(path), header=header)
    mutable: Any = osmium.osm.mutable
    said = {"version": 1, "timestamp": DATE}
    try:
        places = lon_lat(sheet.places()).tolist()
        for number, place in enumerate(places):
            tags = sheet.node_tags.get(number)
            writer.add_node(
                mutable.Node(id=NODE_ID_FIRST + number, location=place, tags=tags, **said)
            )
        for number, (nodes, tags) in enumerate(sheet.ways):
            row = [NODE_ID_FIRST + node for node in nodes]
            writer.add_way(mutable.Way(id=WAY_ID_FIRST + number, nodes=row, tags=tags, **said))
        for number, one in enumerate(sheet.restrictions):
            members = [("w", WAY_ID_FIRST + one.from_way, "from")]
            if one.via_node is not None:
                members.append(("n", NODE_ID_FIRST + one.via_node, "via"))
            if one.via_way is not None:
                members.append(("w", WAY_ID_FIRST + one.via_way, "via"))
            members.append(("w", WAY_ID_FIRST + one.to_way, "to"))
            tags = {"type": "restriction", **one.tags}
            writer.add_relation(mutable.Relation(id=1 + number, members=members, tags=tags, **said))
    finally:
        writer.close()

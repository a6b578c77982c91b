"""The middles of outlines: where a building's address is said to be.

Decides what the middle of a line of any form is. Leaves reading files to ``osm``.
"""

import numpy as np
import shapely

from maps.places import LonLat


def middles(lines: list[bytes]) -> list[LonLat]:
    """Return the middles of outlines, given as WKB: of the area if closed, else of the nodes."""
    outlines = shapely.from_wkb(lines)
    pairs, owner = shapely.get_coordinates(outlines, return_index=True)
    closed = shapely.is_closed(outlines) & (shapely.get_num_coordinates(outlines) >= 4)
    shapes = np.empty(len(lines), dtype=object)
    if closed.any():
        inside = closed[owner]
        ring = np.cumsum(closed)[owner[inside]] - 1
        shapes[closed] = shapely.polygons(shapely.linearrings(pairs[inside], indices=ring))
    if not closed.all():
        outside = ~closed[owner]
        group = np.cumsum(~closed)[owner[outside]] - 1
        shapes[~closed] = shapely.multipoints(pairs[outside], indices=group)
    middles = shapely.get_coordinates(shapely.centroid(shapes)).T.tolist()
    return [LonLat(lon, lat) for lon, lat in zip(*middles, strict=True)]

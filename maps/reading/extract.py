"""What an OpenStreetMap file holds for a van: plain records and arrays.

Decides nothing; ``osm`` fills it and ``building`` makes a network of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from maps.network import Address, Charger
from maps.reading.buildings import Buildings
from maps.reading.restrictions import Restriction
from maps.reading.ways import DrivableWay

SIGNAL_FORWARD: Final = 1
SIGNAL_BACKWARD: Final = 2
STOP_FORWARD: Final = 4
STOP_BACKWARD: Final = 8
STOP_NEARBY: Final = 16
GIVE_WAY_FORWARD: Final = 32
GIVE_WAY_BACKWARD: Final = 64
GIVE_WAY_NEARBY: Final = 128
CROSSING: Final = 256
LEVEL_CROSSING: Final = 512
BARRIER: Final = 1024
"""Bits of marks: signs for traffic along or against the nodes of their way; ``NEARBY`` ones tell no
direction and hold for traffic that comes to the nearest junction; barriers stop a van."""


@dataclass(frozen=True, slots=True, eq=False)
class Extract:
    """What an OpenStreetMap file holds for a van: W drivable ways, N nodes of them.

    Attributes
    ----------
    source, data_date
        Name of the file; RFC 3339 date of the data or an empty text.
    way_ids, way_judged, way_street
        int64, int32, int32 (W,): numbers of the ways, positions in ``judged``, and in
        ``streets`` or -1.
    way_start, way_nodes
        int64 (W + 1,), int64: way ``w`` runs along the nodes ``[start[w], start[w + 1])``.
    judged, streets
        What the tags of ways say; the names of ways.
    node_ids, node_lon, node_lat, node_marks
        int64, float64, float64, uint16 (N,), by number: nodes of drivable ways, their places and
        what stands there. Nodes outside the extract or the area are missing.
    restrictions
        Turn restrictions that hold for vans.
    addresses, chargers
        Places with house numbers; charging stations.
    buildings
        Those in which addresses stand.
    countries
        How often tags name a country, by its code.
    left_out
        Counts by reason.
    """

    source: str
    data_date: str
    way_ids: NDArray[np.int64]
    way_judged: NDArray[np.int32]
    way_street: NDArray[np.int32]
    way_start: NDArray[np.int64]
    way_nodes: NDArray[np.int64]
    judged: tuple[DrivableWay, ...]
    streets: tuple[str, ...]
    node_ids: NDArray[np.int64]
    node_lon: NDArray[np.float64]
    node_lat: NDArray[np.float64]
    node_marks: NDArray[np.uint16]
    restrictions: tuple[Restriction, ...]
    addresses: tuple[Address, ...]
    chargers: tuple[Charger, ...]
    buildings: Buildings
    countries: Mapping[str, int]
    left_out: Mapping[str, int]

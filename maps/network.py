"""The road network of one city: frozen arrays, saved to and loaded from one file.

Decides the shape of the data and its file format. Leaves to ``building`` how it is made from
OpenStreetMap, to ``weighing`` what driving costs, and to ``snapping`` and ``dijkstra`` the search.

A *vertex* is a place where roads meet, end, or change class, name or limit. An *edge* is the road
between two vertices with its line, in one direction; a *segment* is an edge driven in one
direction, so a two-way edge has two. All segments lie in one strongly connected component: every
place on the network can be reached from every other and left again.
"""

import json
import os
import zipfile
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from maps.errors import CityVersionError, MapFileMissingError, NotACityFileError
from maps.places import BoundingBox, LonLat

FORMAT: Final = "robovan-city"
FORMAT_VERSION: Final = 1
LICENCE: Final = "ODbL, © OpenStreetMap contributors"


@dataclass(frozen=True, slots=True)
class Address:
    """A place with a street and a house number."""

    label: str
    place: LonLat


@dataclass(frozen=True, slots=True)
class Charger:
    """A charging station as OpenStreetMap knows it.

    Attributes
    ----------
    charger_id
        ``osm-node-N`` or ``osm-way-N``.
    label
        Name or operator, or an empty text.
    plug_count, power_w
        Plugs, and the power of the strongest in watts.
    assumed
        Whether plugs or power are defaults because no tag says them.
    """

    charger_id: str
    label: str
    place: LonLat
    plug_count: int
    power_w: int
    assumed: bool


@dataclass(frozen=True, slots=True)
class NetworkInfo:
    """Where a network comes from and what was left out of it.

    Attributes
    ----------
    source
        Name of the extract's file.
    data_date
        RFC 3339 date of the data: the extract's own, else of the newest road in it; or empty.
    licence
        What maps and files made from it must say.
    box
        Around all roads kept.
    left_out
        Counts of what was read but not kept, by reason.
    """

    source: str
    data_date: str
    licence: str
    box: BoundingBox
    left_out: dict[str, int]


@dataclass(frozen=True, slots=True, eq=False)
class RoadNetwork:
    """Roads, addresses and charging stations of a city; V vertices, E edges, S segments.

    Attributes
    ----------
    info
        Source, date, licence, bounding box.
    vertex_lon, vertex_lat, vertex_osm_id
        float64, float64, int64 of shape (V,): places, and the nodes of OpenStreetMap.
    edge_shape_start
        int64 (E + 1,): edge ``e`` has the shape places ``[start[e], start[e + 1])``, both ends
        included.
    shape_lon, shape_lat
        float64: the places of all edges' lines.
    edge_way_id, edge_class, edge_street
        int64, uint8, int32 (E,): first way of OpenStreetMap, position in
        ``speeds.ROAD_CLASSES``, position in ``streets`` or -1.
    edge_length_mm
        int64 (E,): millimetres along the line, on the sphere, at least 1.
    segment_tail, segment_head, segment_edge
        int32 (S,): vertices at start and end, and the edge.
    segment_reversed
        bool (S,): driven against the order of the edge's line.
    segment_limit_mps, segment_signals
        float64, int16 (S,): speed limit, and traffic signals met, the head's included.
    streets, chargers
        Street names; charging stations.
    address_lon, address_lat, address_labels
        float64 (A,) and texts: places with a house number.
    """

    info: NetworkInfo
    vertex_lon: NDArray[np.float64]
    vertex_lat: NDArray[np.float64]
    vertex_osm_id: NDArray[np.int64]
    edge_shape_start: NDArray[np.int64]
    shape_lon: NDArray[np.float64]
    shape_lat: NDArray[np.float64]
    edge_way_id: NDArray[np.int64]
    edge_class: NDArray[np.uint8]
    edge_street: NDArray[np.int32]
    edge_length_mm: NDArray[np.int64]
    segment_tail: NDArray[np.int32]
    segment_head: NDArray[np.int32]
    segment_edge: NDArray[np.int32]
    segment_reversed: NDArray[np.bool_]
    segment_limit_mps: NDArray[np.float64]
    segment_signals: NDArray[np.int16]
    address_lon: NDArray[np.float64]
    address_lat: NDArray[np.float64]
    streets: tuple[str, ...]
    address_labels: tuple[str, ...]
    chargers: tuple[Charger, ...]

    def __post_init__(self) -> None:
        for name in _ARRAYS:
            getattr(self, name).setflags(write=False)

    @property
    def vertex_count(self) -> int:
        """Return the number of vertices."""
        return len(self.vertex_lon)

    @property
    def edge_count(self) -> int:
        """Return the number of edges: roads between vertices, both directions together."""
        return len(self.edge_length_mm)

    @property
    def segment_count(self) -> int:
        """Return the number of segments: edges in the directions that may be driven."""
        return len(self.segment_tail)

    def edge_ends(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the first and last vertex of every edge's line: int64 arrays of shape (E,)."""
        turned, edge = self.segment_reversed, self.segment_edge
        first = np.empty(self.edge_count, dtype=np.int64)
        last = np.empty(self.edge_count, dtype=np.int64)
        first[edge] = np.where(turned, self.segment_head, self.segment_tail)
        last[edge] = np.where(turned, self.segment_tail, self.segment_head)
        return first, last

    def addresses(self) -> tuple[Address, ...]:
        """Return all addresses, in the order of the extract."""
        places = zip(self.address_labels, self.address_lon, self.address_lat, strict=True)
        return tuple(Address(label, LonLat(float(lon), float(lat))) for label, lon, lat in places)

    def vertex(self, index: int) -> LonLat:
        """Return the place of a vertex."""
        return LonLat(float(self.vertex_lon[index]), float(self.vertex_lat[index]))


_ARRAY_DTYPES: Final[dict[str, Any]] = {
    "vertex_lon": np.float64,
    "vertex_lat": np.float64,
    "vertex_osm_id": np.int64,
    "edge_shape_start": np.int64,
    "shape_lon": np.float64,
    "shape_lat": np.float64,
    "edge_way_id": np.int64,
    "edge_class": np.uint8,
    "edge_street": np.int32,
    "edge_length_mm": np.int64,
    "segment_tail": np.int32,
    "segment_head": np.int32,
    "segment_edge": np.int32,
    "segment_reversed": np.bool_,
    "segment_limit_mps": np.float64,
    "segment_signals": np.int16,
    "address_lon": np.float64,
    "address_lat": np.float64,
}
_ARRAYS: Final = tuple(_ARRAY_DTYPES)
_TEXTS: Final = ("streets", "address_labels")


def save_network(network: RoadNetwork, path: Path) -> None:
    """Write the network to one file, whole or not at all (written beside it, then renamed).

    Raises
    ------
    OSError
        If the folder cannot be written to.
    """
    head = {
        "format": FORMAT,
        "version": FORMAT_VERSION,
        "info": asdict(network.info),
        "chargers": [asdict(charger) for charger in network.chargers],
    }
    entries: dict[str, Any] = {name: getattr(network, name) for name in _ARRAYS}
    entries |= {name: _bytes("\n".join(getattr(network, name))) for name in _TEXTS}
    entries["head"] = _bytes(json.dumps(head, ensure_ascii=False, sort_keys=True))
    beside = path.with_name(f"{path.name}.{os.getpid()}.part")  # others may write it too
    try:
        with beside.open("wb") as file:
            np.savez(file, **entries)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def load_network(path: Path) -> RoadNetwork:
    """Read a network from a file that ``save_network`` wrote.

    Raises
    ------
    MapFileMissingError, NotACityFileError, CityVersionError
        If there is no such file, it is something else or damaged, or of another version.
    """
    if not path.is_file():
        raise MapFileMissingError(path)
    if not zipfile.is_zipfile(path):  # numpy would advise to load it without any care
        raise NotACityFileError(path, "it is no archive of arrays, or was cut short")
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            head = json.loads(_text(stored["head"]))
            _check_head(head, path)
            arrays = {name: stored[name] for name in _ARRAYS}
            texts = {name: tuple(_lines(stored[name])) for name in _TEXTS}
        _check_arrays(arrays, path)
        parts: dict[str, Any] = {**arrays, **texts}
        return RoadNetwork(info=_info(head["info"]), chargers=_chargers(head["chargers"]), **parts)
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as wrong:
        raise NotACityFileError(path, str(wrong) or type(wrong).__name__) from wrong


def _check_head(head: Any, path: Path) -> None:
    if not isinstance(head, dict) or head.get("format") != FORMAT:
        raise NotACityFileError(path, "its first entry is not that of a city")
    if head["version"] != FORMAT_VERSION:
        raise CityVersionError(path, int(head["version"]), FORMAT_VERSION)


def _check_arrays(arrays: dict[str, NDArray[Any]], path: Path) -> None:
    """Refuse arrays of a wrong type or length, so that a damaged file fails here and clearly."""
    for name, dtype in _ARRAY_DTYPES.items():
        if arrays[name].dtype != dtype or arrays[name].ndim != 1:
            raise NotACityFileError(path, f"{name} has an unexpected type")
    groups = {name: name.partition("_")[0] for name in _ARRAYS if name != "edge_shape_start"}
    for group in set(groups.values()):
        if len({len(arrays[name]) for name, of in groups.items() if of == group}) != 1:
            raise NotACityFileError(path, f"its {group} arrays differ in length")


def _info(stored: dict[str, Any]) -> NetworkInfo:
    known = {field.name: stored[field.name] for field in fields(NetworkInfo)}
    return NetworkInfo(**{**known, "box": BoundingBox(**stored["box"])})


def _chargers(stored: list[dict[str, Any]]) -> tuple[Charger, ...]:
    return tuple(Charger(**{**one, "place": LonLat(**one["place"])}) for one in stored)


def _bytes(text: str) -> NDArray[np.uint8]:
    return np.frombuffer(text.encode(), dtype=np.uint8)


def _text(stored: NDArray[np.uint8]) -> str:
    return stored.tobytes().decode()


def _lines(stored: NDArray[np.uint8]) -> list[str]:
    text = _text(stored)
    return text.split("\n") if text else []

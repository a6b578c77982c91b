"""OpenStreetMap files into plain records; the only file that imports osmium.

Decides what is read from an extract: drivable ways, signals and barriers on them, addresses and
charging stations, and counts what is left out and why. Leaves to ``access`` which ways are
drivable and to ``building`` how a network is made of them. Turn restrictions are not read: the
search runs over junctions and could not keep them. Addresses mapped as relations are left out.

The file is read twice, each time filtered in C++: for ways with the places of their nodes, which
osmium keeps meanwhile, and for tagged nodes. Files hold nodes before ways, as is usual.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
import osmium
import osmium.geom
import shapely
from osmium.filter import EntityFilter, KeyFilter

from maps.access import DrivableWay, blocks_van, judge_way
from maps.errors import ExtractUnreadableError, MapFileMissingError
from maps.network import Address, Charger
from maps.places import LonLat
from maps.units import watts_down

EXTRACT_SUFFIXES: Final = (".osm.pbf", ".osm", ".osm.gz", ".osm.bz2", ".pbf")

PLUG_COUNT_DEFAULT: Final = 2
"""Plugs of a station whose ``capacity`` is not tagged. Assumed: most public posts have two."""

POWER_W_DEFAULT: Final = 22_000
"""Power where no output is tagged. Assumed: public AC posts in Europe are 11 or 22 kW, type 2."""

POWER_W_MAX: Final = 1_000_000
"""Tagged outputs above this are taken for mistakes (megawatt charging is for lorries)."""

_POWER = re.compile(r"(\d+(?:[.,]\d+)?)\s*(kw|kva|w)?", re.IGNORECASE)

_PLACE_KEYS: Final = ("addr:housenumber", "amenity")

_ADDRESS_KEYS: Final = ("addr:housenumber", "addr:street", "addr:place")

_WKB: Final = osmium.geom.WKBFactory()

SignalSide = Literal["both", "forward", "backward"]


@dataclass(frozen=True, slots=True)
class RoadWay:
    """A drivable way: its number, its nodes in order, and what its tags say."""

    way_id: int
    node_ids: tuple[int, ...]
    tags: DrivableWay


@dataclass(frozen=True, slots=True)
class Extract:
    """What an OpenStreetMap file holds for a van.

    Attributes
    ----------
    source, data_date
        Name of the file; RFC 3339 date of the data or an empty text.
    ways
        Drivable ways in the order of the file.
    nodes
        Places of their nodes; nodes outside the extract are missing.
    signals
        Nodes with traffic signals, and for traffic in which direction of the way.
    barriers
        Nodes that stop a van.
    addresses, chargers
        Places with house numbers; charging stations.
    left_out
        Counts by reason.
    """

    source: str
    data_date: str
    ways: tuple[RoadWay, ...]
    nodes: Mapping[int, LonLat]
    signals: Mapping[int, SignalSide]
    barriers: frozenset[int]
    addresses: tuple[Address, ...]
    chargers: tuple[Charger, ...]
    left_out: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class _Outline:
    """A way that stands for a place: a building with an address, a charging lot.

    ``line`` is its line as WKB; None if the extract cut off a part of it.
    """

    way_id: int
    line: bytes | None
    tags: dict[str, str]


class _RoadPlaces:
    """Collects the places of roads' nodes, in arrays: one by one takes thrice as long."""

    def __init__(self) -> None:
        self._lines: list[bytes] = []
        self._line_ids: list[int] = []
        self._single: dict[int, LonLat] = {}

    def note(self, way: Any, node_ids: tuple[int, ...]) -> None:
        """Keep the places of those of a way's nodes that the extract holds."""
        line = _line(way)
        if line is not None:
            self._lines.append(line)
            self._line_ids += node_ids
            return
        for node in way.nodes:
            if node.location.valid():
                self._single[node.ref] = LonLat(node.location.lon, node.location.lat)

    def by_node(self) -> dict[int, LonLat]:
        """Return the places by node, in the order of the nodes' numbers."""
        ids, first = np.unique(np.array(self._line_ids, dtype=np.int64), return_index=True)
        places = shapely.get_coordinates(shapely.from_wkb(self._lines))[first].T.tolist()
        found = dict(zip(ids.tolist(), map(LonLat, *places), strict=True))
        if not self._single:
            return found
        return dict(sorted((found | self._single).items()))


def read_extract(path: Path) -> Extract:
    """Read an ``.osm.pbf``, ``.osm`` or ``.osm.gz`` file.

    Raises
    ------
    MapFileMissingError, ExtractUnreadableError
        If there is no such file, or it is not OpenStreetMap data.
    """
    if not path.is_file():
        raise MapFileMissingError(path)
    if not path.name.endswith(EXTRACT_SUFFIXES):
        raise ExtractUnreadableError(
            path, f"its name ends in none of {', '.join(EXTRACT_SUFFIXES)}"
        )
    try:
        return _read(path)
    except RuntimeError as wrong:  # all that libosmium raises
        raise ExtractUnreadableError(path, str(wrong)) from wrong


def _read(path: Path) -> Extract:
    left_out: Counter[str] = Counter()
    road_places = _RoadPlaces()
    header_date = _header_date(path)
    ways, outlines, newest = _read_ways(path, road_places, left_out, dated=bool(header_date))
    nodes = road_places.by_node()
    road_nodes = {node for way in ways for node in way.node_ids}
    points = _read_tagged_nodes(path, road_nodes)
    whole = [(outline, outline.line) for outline in outlines if outline.line is not None]
    left_out["addresses and chargers cut by the extract's edge"] += len(outlines) - len(whole)
    middles = _centroids([line for _, line in whole])
    for (outline, _), place in zip(whole, middles, strict=True):
        points.note(f"osm-way-{outline.way_id}", place, outline.tags)
    left_out["addresses without a street"] += points.streetless_count
    left_out["roads' nodes outside the extract"] += len(road_nodes - nodes.keys())
    return Extract(
        source=path.name,
        data_date=header_date or newest,
        ways=tuple(ways),
        nodes=nodes,
        signals=points.signals,
        barriers=frozenset(points.barriers),
        addresses=tuple(points.addresses),
        chargers=tuple(points.chargers),
        left_out={reason: count for reason, count in sorted(left_out.items()) if count},
    )


def _header_date(path: Path) -> str:
    header = osmium.FileProcessor(str(path)).header
    return header.get("osmosis_replication_timestamp", "") or header.get("timestamp", "")


def _read_ways(
    path: Path, road_places: _RoadPlaces, left_out: Counter[str], *, dated: bool
) -> tuple[list[RoadWay], list[_Outline], str]:
    """Return drivable ways, outlines, and, unless dated, the date of the newest way."""
    ways: list[RoadWay] = []
    outlines: list[_Outline] = []
    newest = datetime.fromtimestamp(0, tz=UTC)
    processor = osmium.FileProcessor(str(path)).with_locations()
    processor.with_filter(EntityFilter(osmium.osm.WAY))
    found: Iterable[Any] = processor.with_filter(KeyFilter("highway", *_PLACE_KEYS))
    for way in found:
        tags = way.tags  # looked up where the file was read to: a copy of all takes longer
        if "highway" in tags:
            if not dated:
                newest = max(newest, way.timestamp)
            verdict = judge_way(tags)
            if isinstance(verdict, str):
                left_out[f"ways: {verdict}"] += 1
            else:
                node_ids = tuple([node.ref for node in way.nodes])
                road_places.note(way, node_ids)
                ways.append(RoadWay(way.id, node_ids, verdict))
        if tags.get("amenity") == "charging_station":
            outlines.append(_Outline(way.id, _line(way), dict(tags)))
        elif "addr:housenumber" in tags:
            outlines.append(_Outline(way.id, _line(way), _address_tags(tags)))
    known = newest.timestamp() > 0
    return ways, outlines, newest.strftime("%Y-%m-%dT%H:%M:%SZ") if known else ""


def _address_tags(tags: Any) -> dict[str, str]:
    """Return the tags that make an address: asking for them is quicker than reading all."""
    return {key: value for key in _ADDRESS_KEYS if (value := tags.get(key)) is not None}


def _line(way: Any) -> bytes | None:
    """Return the way's places as WKB, or None if the extract lacks one of them."""
    count = len(way.nodes)
    try:
        if count > 1:
            return bytes.fromhex(_WKB.create_linestring(way, osmium.geom.use_nodes.ALL))
        return bytes.fromhex(_WKB.create_point(way.nodes[0])) if count else None
    except osmium.InvalidLocationError:
        return None


class _Points:
    """Collects what tagged nodes and outlines say."""

    def __init__(self) -> None:
        self.signals: dict[int, SignalSide] = {}
        self.barriers: set[int] = set()
        self.addresses: list[Address] = []
        self.chargers: list[Charger] = []
        self.streetless_count = 0

    def note(self, osm_id: str, place: LonLat, tags: Mapping[str, str]) -> None:
        """Keep the address and the charging station of one place, if it is one."""
        if tags.get("amenity") == "charging_station":
            self.chargers.append(charger_of(osm_id, place, dict(tags)))
        if "addr:housenumber" not in tags:
            return
        street = tags.get("addr:street") or tags.get("addr:place")
        if street is None:
            self.streetless_count += 1
            return
        label = " ".join(f"{street} {tags['addr:housenumber']}".split())
        self.addresses.append(Address(label, place))


def _read_tagged_nodes(path: Path, road_nodes: set[int]) -> _Points:
    points = _Points()
    processor = osmium.FileProcessor(str(path), osmium.osm.NODE)
    found: Iterable[Any] = processor.with_filter(KeyFilter("highway", "barrier", *_PLACE_KEYS))
    for node in found:
        tags = node.tags
        if node.id in road_nodes:
            if tags.get("highway") == "traffic_signals":
                points.signals[node.id] = _signal_side(tags)
            if blocks_van(tags):
                points.barriers.add(node.id)
        location = node.location
        if location.valid():
            points.note(f"osm-node-{node.id}", LonLat(location.lon, location.lat), tags)
    return points


def _signal_side(tags: Mapping[str, str]) -> SignalSide:
    side = tags.get("traffic_signals:direction") or tags.get("direction")
    if side == "forward":
        return "forward"
    return "backward" if side == "backward" else "both"


def charger_of(charger_id: str, place: LonLat, tags: Mapping[str, str]) -> Charger:
    """Return the charging station that tags describe, with defaults where they are silent."""
    plugs = _whole(tags.get("capacity", ""))
    powers = [
        power
        for key, value in sorted(tags.items())
        if key == "charging_station:output" or (key.startswith("socket:") and ":output" in key)
        if (power := parse_power_w(value)) is not None
    ]
    if plugs is None:
        sockets = (_whole(v) for k, v in tags.items() if re.fullmatch(r"socket:[^:]+", k))
        plugs = sum(count for count in sockets if count is not None) or None
    return Charger(
        charger_id=charger_id,
        label=tags.get("name") or tags.get("operator") or tags.get("brand") or "",
        place=place,
        plug_count=plugs or PLUG_COUNT_DEFAULT,
        power_w=max(powers, default=POWER_W_DEFAULT),
        assumed=plugs is None or not powers,
    )


def parse_power_w(text: str) -> int | None:
    """Read a power such as ``22 kW``, ``3,7kW`` or ``11000 W``; the largest of several.

    A number without a unit counts as kW up to 1,000 and as W above. None if there is none.
    """
    found = []
    for number, unit in _POWER.findall(text):
        value = float(number.replace(",", "."))
        in_watts = unit.lower() == "w" or (not unit and value > 1000)
        power_w = int(value) if in_watts else watts_down(value)
        if 0 < power_w <= POWER_W_MAX:
            found.append(power_w)
    return max(found, default=None)


def _whole(text: str) -> int | None:
    return int(text) if text.isdecimal() and 0 < int(text) < 1000 else None


def _centroids(lines: list[bytes]) -> list[LonLat]:
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

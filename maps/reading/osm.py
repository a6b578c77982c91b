"""OpenStreetMap files into plain arrays; the only file that imports osmium.

Decides what is read from an extract, and counts what is left out and why. Leaves to ``ways`` which
ways are drivable, to ``restrictions`` what relations say, to ``buildings`` what stands at an
address, and to ``building`` how a network is made. Addresses mapped as relations are left out.

The file is read several times, each time filtered in C++: for ways with the places of their nodes,
which osmium keeps meanwhile, for tagged nodes, for buildings, and for relations. Files hold nodes
before ways, as is usual.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import osmium
import osmium.geom
import shapely
from numpy.typing import NDArray
from osmium.filter import EntityFilter, KeyFilter, TagFilter

from maps.areas import Area
from maps.errors import ExtractUnreadableError, MapFileMissingError
from maps.network import Address, Charger
from maps.places import BoundingBox, LonLat
from maps.reading import buildings, ways
from maps.reading.access import blocks_van
from maps.reading.chargers import charger_of
from maps.reading.countries import country_named
from maps.reading.extract import Extract
from maps.reading.marks import marks_of
from maps.reading.outlines import middles
from maps.reading.restrictions import Restriction, judge_restriction
from maps.reading.rules import EXTRACT_SUFFIXES
from maps.reading.ways import DrivableWay, judge_way
from maps.speeds import ROAD_CLASSES

_PLACE_KEYS: Final = ("addr:housenumber", "amenity")

_ADDRESS_KEYS: Final = (
    *("addr:housenumber", "addr:street", "addr:place", "addr:country"),
    *buildings.BUSINESS_KEYS,
)

BUILDING_M_MAX: Final = 2000.0
"""No building reaches farther from its first corner (assumed: the longest is a little shorter)."""

_WKB: Final = osmium.geom.WKBFactory()


def read_extract(path: Path, area: Area | None = None) -> Extract:
    """Read an ``.osm.pbf``, ``.osm`` or ``.osm.gz`` file.

    Parameters
    ----------
    path
        The file.
    area
        Read only what lies inside: nodes outside count as missing.

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
        return _read(path, area)
    except (RuntimeError, UnicodeDecodeError) as wrong:  # all that libosmium raises
        raise ExtractUnreadableError(path, str(wrong)) from wrong


def _read(path: Path, area: Area | None) -> Extract:
    left_out: Counter[str] = Counter()
    header_date = _header_date(path)
    roads = _read_ways(path, left_out, dated=bool(header_date))
    node_ids, lon, lat = roads.places.by_node()
    used = np.unique(np.array(roads.nodes, dtype=np.int64))
    left_out["roads' nodes outside the extract"] += len(used) - len(node_ids)
    if area is not None:
        inside = area.holds(lon, lat)
        left_out["roads' nodes outside the area"] += len(inside) - int(inside.sum())
        node_ids, lon, lat = node_ids[inside], lon[inside], lat[inside]
    points = _read_tagged_nodes(path, set(used.tolist()))
    _note_outlines(points, roads.outlines, left_out)
    addresses, chargers = _within(points, area, left_out)
    left_out["addresses without a street"] += points.streetless_count
    return Extract(
        source=path.name,
        data_date=header_date or roads.newest,
        way_ids=np.array(roads.way_ids, dtype=np.int64),
        way_judged=np.array(roads.judged, dtype=np.int32),
        way_street=np.array(roads.street, dtype=np.int32),
        way_start=np.array(roads.starts, dtype=np.int64),
        way_nodes=np.array(roads.nodes, dtype=np.int64),
        judged=tuple(roads.verdicts),
        streets=tuple(roads.streets),
        node_ids=node_ids,
        node_lon=lon,
        node_lat=lat,
        node_marks=_by_number(points.marks, node_ids),
        restrictions=_read_restrictions(path, left_out),
        addresses=addresses,
        chargers=chargers,
        buildings=buildings.buildings_of(_read_buildings(path, addresses), addresses),
        countries=points.countries + roads.countries,
        left_out={reason: count for reason, count in sorted(left_out.items()) if count},
    )


def _header_date(path: Path) -> str:
    header = osmium.FileProcessor(str(path)).header
    return header.get("osmosis_replication_timestamp", "") or header.get("timestamp", "")


class _Outline(NamedTuple):
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
        self._single: dict[int, tuple[float, float]] = {}

    def note(self, way: Any, node_ids: list[int]) -> None:
        """Keep the places of those of a way's nodes that the extract holds."""
        line = _line(way)
        if line is not None:
            self._lines.append(line)
            self._line_ids += node_ids
            return
        for node in way.nodes:
            if node.location.valid():
                self._single[node.ref] = (node.location.lon, node.location.lat)

    def by_node(self) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
        """Return the numbers of the nodes, ascending, and their longitudes and latitudes."""
        ids = np.array([*self._line_ids, *self._single], dtype=np.int64)
        lines = shapely.get_coordinates(shapely.from_wkb(self._lines))
        single = np.array(list(self._single.values()), dtype=np.float64).reshape(-1, 2)
        places = np.concatenate((lines, single))
        numbers, first = np.unique(ids, return_index=True)
        return numbers, places[first, 0], places[first, 1]


@dataclass(slots=True)
class _Roads:
    """Collects drivable ways, and outlines of places on the way."""

    way_ids: list[int] = field(default_factory=list)
    judged: list[int] = field(default_factory=list)
    street: list[int] = field(default_factory=list)
    starts: list[int] = field(default_factory=lambda: [0])
    nodes: list[int] = field(default_factory=list)
    verdicts: dict[DrivableWay, int] = field(default_factory=dict)
    streets: dict[str, int] = field(default_factory=dict)
    places: _RoadPlaces = field(default_factory=_RoadPlaces)
    outlines: list[_Outline] = field(default_factory=list)
    countries: Counter[str] = field(default_factory=Counter)
    newest: str = ""
    _seen: dict[tuple[tuple[str, str], ...], tuple[DrivableWay | str, str | None]] = field(
        default_factory=dict
    )

    def note(self, way: Any, left_out: Counter[str]) -> None:
        """Keep a way with a ``highway`` tag if a van may drive it."""
        if way.tags["highway"] not in ROAD_CLASSES:
            left_out["ways: not a road for cars"] += 1
            return
        name, telling = "", []
        for tag in way.tags:
            key = tag.k
            if key in ways.KEYS:
                telling.append((key, tag.v))
            elif key == "name":
                name = " ".join(tag.v.split())
        said = tuple(telling)
        if said not in self._seen:
            self._seen[said] = (judge_way(dict(said)), country_named(dict(said)))
        verdict, country = self._seen[said]
        if country is not None:
            self.countries[country] += 1
        if isinstance(verdict, str):
            left_out[f"ways: {verdict}"] += 1
            return
        left_out["conditions of access that cannot be read"] += verdict.unread_count
        node_ids = [node.ref for node in way.nodes]
        self.places.note(way, node_ids)
        self.way_ids.append(way.id)
        self.judged.append(self.verdicts.setdefault(verdict, len(self.verdicts)))
        self.street.append(self.streets.setdefault(name, len(self.streets)) if name else -1)
        self.nodes += node_ids
        self.starts.append(len(self.nodes))


def _read_ways(path: Path, left_out: Counter[str], *, dated: bool) -> _Roads:
    """Return drivable ways, outlines, and, unless dated, the date of the newest way."""
    roads = _Roads()
    newest = datetime.fromtimestamp(0, tz=UTC)
    processor = osmium.FileProcessor(str(path)).with_locations()
    processor.with_filter(EntityFilter(osmium.osm.WAY))
    found: Iterable[Any] = processor.with_filter(KeyFilter("highway", *_PLACE_KEYS))
    for way in found:
        tags = way.tags  # looked up where the file was read to: a copy of all takes longer
        if "highway" in tags:
            if not dated:
                newest = max(newest, way.timestamp)
            roads.note(way, left_out)
        if tags.get("amenity") == "charging_station":
            roads.outlines.append(_Outline(way.id, _line(way), dict(tags)))
        elif "addr:housenumber" in tags:
            roads.outlines.append(_Outline(way.id, _line(way), _address_tags(tags)))
    if newest.timestamp() > 0:
        roads.newest = newest.strftime("%Y-%m-%dT%H:%M:%SZ")
    return roads


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


@dataclass(slots=True)
class _Points:
    """Collects what tagged nodes and outlines say."""

    marks: dict[int, int] = field(default_factory=dict)
    addresses: list[Address] = field(default_factory=list)
    chargers: list[Charger] = field(default_factory=list)
    countries: Counter[str] = field(default_factory=Counter)
    streetless_count: int = 0

    def note(self, osm_id: str, place: LonLat, tags: Mapping[str, str]) -> None:
        """Keep the address and the charging station of one place, if it is one."""
        if tags.get("amenity") == "charging_station":
            self.chargers.append(charger_of(osm_id, place, dict(tags)))
        number = tags.get("addr:housenumber")
        if number is None:
            return
        if "addr:country" in tags and (country := country_named(tags)) is not None:
            self.countries[country] += 1
        street = tags.get("addr:street") or tags.get("addr:place")
        if street is None:
            self.streetless_count += 1
            return
        label = " ".join(f"{street} {number}".split())
        works = any(key in tags for key in buildings.BUSINESS_KEYS)
        self.addresses.append(Address(label, place, works))


def _read_tagged_nodes(path: Path, road_nodes: set[int]) -> _Points:
    points = _Points()
    processor = osmium.FileProcessor(str(path), osmium.osm.NODE)
    keys = ("highway", "barrier", "railway", *_PLACE_KEYS)
    found: Iterable[Any] = processor.with_filter(KeyFilter(*keys))
    for node in found:
        tags = node.tags
        if node.id in road_nodes and (marks := marks_of(tags, blocked=blocks_van(tags))):
            points.marks[node.id] = marks
        location = node.location
        if location.valid():
            points.note(f"osm-node-{node.id}", LonLat(location.lon, location.lat), tags)
    return points


def _note_outlines(points: _Points, outlines: list[_Outline], left_out: Counter[str]) -> None:
    whole = [(outline, outline.line) for outline in outlines if outline.line is not None]
    left_out["addresses and chargers cut by the extract's edge"] += len(outlines) - len(whole)
    places = middles([line for _, line in whole])
    for (outline, _), place in zip(whole, places, strict=True):
        points.note(f"osm-way-{outline.way_id}", place, outline.tags)


def _within(
    points: _Points, area: Area | None, left_out: Counter[str]
) -> tuple[tuple[Address, ...], tuple[Charger, ...]]:
    """Return the addresses and charging stations that lie in the area."""
    if area is None:
        return tuple(points.addresses), tuple(points.chargers)
    places = [one.place for one in points.addresses] + [one.place for one in points.chargers]
    lon = np.array([place.lon for place in places], dtype=np.float64)
    lat = np.array([place.lat for place in places], dtype=np.float64)
    inside = area.holds(lon, lat).tolist()
    left_out["addresses and chargers outside the area"] += len(inside) - sum(inside)
    split = len(points.addresses)
    addresses = zip(points.addresses, inside[:split], strict=True)
    chargers = zip(points.chargers, inside[split:], strict=True)
    return (
        tuple(address for address, kept in addresses if kept),
        tuple(charger for charger, kept in chargers if kept),
    )


def _read_buildings(path: Path, addresses: Sequence[Address]) -> list[buildings.Outline]:
    """Return the buildings near any address whose outline the extract holds whole.

    They are of ways and of relations. Of a small area in a large extract, most are far away.
    """
    if not addresses:
        return []
    lon, lat = [one.place.lon for one in addresses], [one.place.lat for one in addresses]
    near = BoundingBox(min(lon), min(lat), max(lon), max(lat)).grown(BUILDING_M_MAX)
    key = KeyFilter("building")
    processor = osmium.FileProcessor(str(path)).with_areas(key)
    processor.with_filter(EntityFilter(osmium.osm.AREA))
    areas: Iterable[Any] = processor.with_filter(key)
    found: list[buildings.Outline] = []
    for area in areas:
        if area.num_rings()[0] and near.holds(_corner(area)):
            form = bytes.fromhex(_WKB.create_multipolygon(area))
            tags = {one: said for one in buildings.KEYS if (said := area.tags.get(one)) is not None}
            found.append(buildings.Outline.tagged(form, tags))
    return found


def _corner(area: Any) -> LonLat:
    """Return where the first ring of an area begins."""
    ring: Iterable[Any] = next(iter(area.outer_rings()))
    first = next(iter(ring))
    return LonLat(first.lon, first.lat)


def _read_restrictions(path: Path, left_out: Counter[str]) -> tuple[Restriction, ...]:
    kept: list[Restriction] = []
    processor = osmium.FileProcessor(str(path), osmium.osm.RELATION)
    found: Iterable[Any] = processor.with_filter(TagFilter(("type", "restriction")))
    for relation in found:
        members = [(member.type, member.ref, member.role) for member in relation.members]
        judged = judge_restriction(relation.id, dict(relation.tags), members)
        if isinstance(judged, str):
            left_out[f"turn restrictions: {judged}"] += 1
        else:
            kept += judged
    return tuple(kept)


def _by_number(marks: Mapping[int, int], node_ids: NDArray[np.int64]) -> NDArray[np.uint16]:
    """Return the marks of all nodes, 0 where there is none; marks elsewhere are passed over."""
    found = np.zeros(len(node_ids), dtype=np.uint16)
    numbers = np.array(list(marks), dtype=np.int64)
    at = np.searchsorted(node_ids, numbers)
    real = at < len(node_ids)
    real[real] = node_ids[at[real]] == numbers[real]
    found[at[real]] = np.array(list(marks.values()), dtype=np.uint16)[real]
    return found

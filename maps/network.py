"""The road network of one city: frozen arrays, and what they mean.

Decides the shape of the data. Leaves to ``storing`` its file, to ``building`` how it is made from
OpenStreetMap, to ``turns`` and ``weighing`` what driving costs, and to ``snapping`` and the
providers the search.

A *vertex* is a place where roads meet, end, or change class, name or limit. An *edge* is the road
between two vertices with its line, in one direction; a *segment* is an edge driven in one
direction, so a two-way edge has two. All segments lie in one strongly connected component: every
place on the network can be reached from every other and left again, as long as nothing but the
streets' directions is asked: restrictions, closures and a van's class may still cut places off.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from maps.places import BoundingBox, LonLat

LICENCE: Final = "ODbL, © OpenStreetMap contributors"

ROUNDABOUT: Final = 1
NO_THROUGH: Final = 2
MOTORROAD: Final = 4
TUNNEL: Final = 8
BRIDGE: Final = 16
LINK: Final = 32
"""Bits of ``edge_flags``. ``NO_THROUGH`` roads may be driven to reach or to leave a place on them,
not to pass (access ``destination``, ``delivery``, ``customers``)."""

BUILDING_KINDS: Final = ("other", "house", "apartments", "residential", "business")
"""Kinds of buildings: lived in by one household, in flats, or in one of both ways; worked in; and
what is neither, such as garages and sheds."""

ALWAYS: Final = -1
"""Stands in ``restriction_hours`` for a restriction that holds at every hour."""


@dataclass(frozen=True, slots=True)
class Address:
    """A place with a street and a house number; a shop's or an office's if ``is_business``."""

    label: str
    place: LonLat
    is_business: bool = False


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
    sockets
        Kinds of plugs and their numbers as tagged, such as ``("type2", 2)``; empty if untagged.
    """

    charger_id: str
    label: str
    place: LonLat
    plug_count: int
    power_w: int
    assumed: bool
    sockets: tuple[tuple[str, int], ...] = ()


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
    counts
        Counts of what was read and kept, such as turn restrictions by kind.
    country, zone, drives_on_left
        ISO 3166-1 code of two letters, or an empty text if unknown; the time zone's IANA name;
        the side of the road.
    rules_version
        ``reading.rules.RULES_VERSION`` of the program that built it.
    """

    source: str
    data_date: str
    licence: str
    box: BoundingBox
    left_out: dict[str, int]
    counts: dict[str, int]
    country: str
    zone: str
    drives_on_left: bool
    rules_version: int


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
    segment_limit_mps
        float64 (S,): speed limit.
    segment_signals, segment_stops, segment_give_ways, segment_crossings, segment_level_crossings
        int16 (S,): traffic signals, stop signs and so on met, the head's included; stop and
        give-way signs only if they are for traffic in this direction.
    edge_flags
        uint16 (E,): ``ROUNDABOUT`` and the other bits.
    edge_surface, edge_lanes, edge_incline_permille
        uint8, uint8, int16 (E,): position in ``speeds.SURFACES``, lanes of both directions, and
        the rise along the edge's line; 0 where unknown.
    edge_rank
        int32 (E,): rank of the edge as a street in the nested dissection of the road hierarchy.
    edge_way_start, way_ids, way_share_ppm
        int64 (E + 1,), int64, int32: edge ``e`` is made of the ways of OpenStreetMap at
        ``[start[e], start[e + 1])``, each with its share of the edge's length.
    restriction_start, restriction_segments, restriction_hours
        int64 (R + 1,), int32, int32 (R,): runs of two or more segments, each beginning where the
        one before ends, that must not be driven one after the other; and during which of
        ``hours``, or ``ALWAYS``.
    closure_segment, closure_hours
        int32 (C,): segments closed to motor vehicles, and during which of ``hours``.
    hours
        Hours of the week as ``hours.parse_hours`` reads them.
    streets, chargers
        Street names; charging stations.
    address_lon, address_lat, address_labels
        float64 (A,) and texts: places with a house number.
    address_is_business, address_building
        bool, int32 (A,): whether a shop, an office or the like is mapped with this address; the
        building that it stands in, or -1.
    building_kind, building_area_m2, building_levels, building_flats
        uint8, int32, uint8, int16 (B,): buildings with an address: position in
        ``BUILDING_KINDS``, size on the ground, floors above it and flats; 0 where unknown.
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
    segment_stops: NDArray[np.int16]
    segment_give_ways: NDArray[np.int16]
    segment_crossings: NDArray[np.int16]
    segment_level_crossings: NDArray[np.int16]
    edge_flags: NDArray[np.uint16]
    edge_surface: NDArray[np.uint8]
    edge_lanes: NDArray[np.uint8]
    edge_incline_permille: NDArray[np.int16]
    edge_rank: NDArray[np.int32]
    edge_way_start: NDArray[np.int64]
    way_ids: NDArray[np.int64]
    way_share_ppm: NDArray[np.int32]
    restriction_start: NDArray[np.int64]
    restriction_segments: NDArray[np.int32]
    restriction_hours: NDArray[np.int32]
    closure_segment: NDArray[np.int32]
    closure_hours: NDArray[np.int32]
    address_lon: NDArray[np.float64]
    address_lat: NDArray[np.float64]
    address_is_business: NDArray[np.bool_]
    address_building: NDArray[np.int32]
    building_kind: NDArray[np.uint8]
    building_area_m2: NDArray[np.int32]
    building_levels: NDArray[np.uint8]
    building_flats: NDArray[np.int16]
    hours: tuple[str, ...]
    streets: tuple[str, ...]
    address_labels: tuple[str, ...]
    chargers: tuple[Charger, ...]

    def __post_init__(self) -> None:
        for name in ARRAY_DTYPES:
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
        found = zip(
            self.address_labels,
            self.address_lon.tolist(),
            self.address_lat.tolist(),
            self.address_is_business.tolist(),
            strict=True,
        )
        return tuple(Address(label, LonLat(lon, lat), works) for label, lon, lat, works in found)

    def vertex(self, index: int) -> LonLat:
        """Return the place of a vertex."""
        return LonLat(float(self.vertex_lon[index]), float(self.vertex_lat[index]))

    def restrictions(self) -> tuple[tuple[int, ...], ...]:
        """Return the forbidden runs of segments, in the order of ``restriction_hours``."""
        starts, segments = self.restriction_start.tolist(), self.restriction_segments.tolist()
        return tuple(tuple(segments[a:b]) for a, b in pairwise(starts))


ARRAY_DTYPES: Final[dict[str, Any]] = {
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
    "segment_stops": np.int16,
    "segment_give_ways": np.int16,
    "segment_crossings": np.int16,
    "segment_level_crossings": np.int16,
    "edge_flags": np.uint16,
    "edge_surface": np.uint8,
    "edge_lanes": np.uint8,
    "edge_incline_permille": np.int16,
    "edge_rank": np.int32,
    "edge_way_start": np.int64,
    "way_ids": np.int64,
    "way_share_ppm": np.int32,
    "restriction_start": np.int64,
    "restriction_segments": np.int32,
    "restriction_hours": np.int32,
    "closure_segment": np.int32,
    "closure_hours": np.int32,
    "address_lon": np.float64,
    "address_lat": np.float64,
    "address_is_business": np.bool_,
    "address_building": np.int32,
    "building_kind": np.uint8,
    "building_area_m2": np.int32,
    "building_levels": np.uint8,
    "building_flats": np.int16,
}
"""Every array of a network and what it is made of; all have one dimension."""

"""The arrays of a network, from an extract that was cut into pieces and joined again.

Decides what becomes of tags, marks, restrictions and hours. Leaves to ``pieces`` where vertices
are, to ``banning`` what restrictions forbid, and the arrays' meaning to ``network``.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from maps.hours import ALL_WEEK, NEVER
from maps.network import (
    ALWAYS,
    ARRAY_DTYPES,
    BRIDGE,
    LICENCE,
    TUNNEL,
    NetworkInfo,
    RoadNetwork,
)
from maps.places import EARTH_RADIUS_M, BoundingBox
from maps.reading.banning import Ban, Segments, bans_of
from maps.reading.countries import drives_on_left
from maps.reading.extract import Extract
from maps.reading.limits import limits_mps
from maps.reading.lines import Lines, lines_of, marks_met
from maps.reading.pieces import Chains, Ints, Pieces
from maps.reading.restrictions import Restriction
from maps.reading.rules import RULES_VERSION
from maps.speeds import ROAD_CLASSES

SHARED_FLAGS: Final = BRIDGE | TUNNEL
"""Flags that an edge has if any part of it has them: a bridge does not cut a road in three."""


@dataclass(frozen=True, slots=True)
class Region:
    """Where an extract lies: the country or an empty text, and the time zone."""

    country: str
    zone: str


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """What a network is made of: an extract cut into pieces and joined again.

    Attributes
    ----------
    extract, region
        What was read, and where it lies.
    pieces, chains
        Roads between junctions, and the edges that they are joined to.
    restrictions
        Those of the extract that are all about its roads.
    """

    extract: Extract
    region: Region
    pieces: Pieces
    chains: Chains
    restrictions: list[Restriction]

    @property
    def member_way(self) -> Ints:
        """Return the position of the way of every piece in every chain."""
        return self.pieces.way[self.chains.piece]

    def of_edges(self, ahead: list[Any], back: list[Any] | None = None) -> NDArray[Any]:
        """Return a value of the tags for every edge: that of its first piece.

        ``ahead`` and ``back`` hold it by judged tags, as seen along and against a way.
        """
        lead = self.chains.start[:-1]
        judged = self.extract.way_judged[self.member_way[lead]]
        turned = self.chains.turned[lead]
        return np.where(turned, np.array(back or ahead)[judged], np.array(ahead)[judged])


@dataclass(frozen=True, slots=True, eq=False)
class SegmentTable:
    """Segments of edges: S of E edges; ``number`` is int64 (E, 2), -1 where there is none."""

    number: Ints
    edge: Ints
    turned: NDArray[np.bool_]
    tail: Ints
    head: Ints


def network_of(parts: Parts, left_out: Counter[str]) -> RoadNetwork:
    """Return the network that parts make; ``left_out`` counts what they do without so far."""
    extract = parts.extract
    lines = lines_of(extract, parts.pieces, parts.chains)
    vertex_node, ends = np.unique(np.concatenate((lines.first, lines.last)), return_inverse=True)
    first, last = np.split(ends, 2)
    segments = _segment_table(parts, first, last)
    bans, dropped = _bans(parts, segments, extract.node_ids[vertex_node])
    left_out.update({f"turn restrictions: {reason}": count for reason, count in dropped.items()})
    closures = _closures(parts, segments)
    hours = _Hours()
    box = BoundingBox(
        float(lines.lon.min()),
        float(lines.lat.min()),
        float(lines.lon.max()),
        float(lines.lat.max()),
    )
    arrays = {
        "vertex_lon": extract.node_lon[vertex_node],
        "vertex_lat": extract.node_lat[vertex_node],
        "vertex_osm_id": extract.node_ids[vertex_node],
        "edge_rank": _ranks(
            extract.node_lon[vertex_node],
            extract.node_lat[vertex_node],
            first,
            last,
            segments.edge,
        ),
        "address_lon": np.array([one.place.lon for one in extract.addresses]),
        "address_lat": np.array([one.place.lat for one in extract.addresses]),
        "address_is_business": np.array([one.is_business for one in extract.addresses]),
        "address_building": extract.buildings.of_address,
        "building_kind": extract.buildings.kind,
        "building_area_m2": extract.buildings.area_m2,
        "building_levels": extract.buildings.levels,
        "building_flats": extract.buildings.flats,
        **_line_arrays(lines),
        **_tag_arrays(parts, lines),
        **_way_arrays(parts, lines),
        **_segment_arrays(parts, segments, lines),
        **_restriction_arrays(bans, hours),
        **_closure_arrays(closures, hours),
    }
    streets, edge_street = _streets(parts)
    arrays["edge_street"] = edge_street
    typed: dict[str, Any] = {
        name: np.ascontiguousarray(arrays[name], dtype=dtype)
        for name, dtype in ARRAY_DTYPES.items()
    }
    return RoadNetwork(
        info=_info(parts, box, left_out, bans, len(closures)),
        hours=hours.texts(),
        streets=streets,
        address_labels=tuple(one.label for one in extract.addresses),
        chargers=extract.chargers,
        **typed,
    )


def _info(
    parts: Parts, box: BoundingBox, left_out: Counter[str], bans: list[Ban], closed: int
) -> NetworkInfo:
    over_ways = sum(ban.restriction.via_node is None for ban in bans)
    counts = {
        "turn restrictions at a node": len(bans) - over_ways,
        "turn restrictions over ways": over_ways,
        "turn restrictions at hours": sum(bool(ban.restriction.hours) for ban in bans),
        "segments closed at hours": closed,
    }
    return NetworkInfo(
        source=parts.extract.source,
        data_date=parts.extract.data_date,
        licence=LICENCE,
        box=box,
        left_out={reason: count for reason, count in sorted(left_out.items()) if count},
        counts={what: count for what, count in sorted(counts.items()) if count},
        country=parts.region.country,
        zone=parts.region.zone,
        drives_on_left=drives_on_left(parts.region.country),
        rules_version=RULES_VERSION,
    )


def _segment_table(parts: Parts, first: Ints, last: Ints) -> SegmentTable:
    judged = parts.extract.judged
    forward, backward = [way.forward for way in judged], [way.backward for way in judged]
    open_ways = np.stack((parts.of_edges(forward, backward), parts.of_edges(backward, forward)), 1)
    number = np.where(open_ways, np.cumsum(open_ways).reshape(-1, 2) - 1, -1)
    edge, turned = np.nonzero(open_ways)
    back = turned.astype(np.bool_)
    tail, head = np.where(back, last[edge], first[edge]), np.where(back, first[edge], last[edge])
    return SegmentTable(number, edge, back, tail, head)


def _bans(
    parts: Parts, segments: SegmentTable, vertex_osm_id: Ints
) -> tuple[list[Ban], Counter[str]]:
    ways = parts.extract.way_ids[parts.member_way]
    first_way, last_way = ways[parts.chains.start[:-1]], ways[parts.chains.start[1:] - 1]
    edge, turned = segments.edge, segments.turned
    asked = Segments(
        tail=segments.tail,
        head=segments.head,
        first_way=np.where(turned, last_way[edge], first_way[edge]),
        last_way=np.where(turned, first_way[edge], last_way[edge]),
        twin=segments.number[edge, 1 - turned.astype(np.int64)],
    )
    numbers = {one.via_node for one in parts.restrictions if one.via_node is not None}
    found = np.isin(vertex_osm_id, np.array(sorted(numbers), dtype=np.int64))
    vertices = {int(vertex_osm_id[vertex]): int(vertex) for vertex in np.flatnonzero(found)}
    return bans_of(parts.restrictions, asked, vertices)


def _closures(parts: Parts, segments: SegmentTable) -> list[tuple[int, str]]:
    """Return the segments that are closed at hours, and these hours."""
    judged = parts.extract.judged
    if not any(
        hours not in (NEVER, ALL_WEEK)
        for way in judged
        for hours in (way.closed_forward, way.closed_backward)
    ):
        return []
    forward = [way.closed_forward.text for way in judged]
    backward = [way.closed_backward.text for way in judged]
    ahead, back = parts.of_edges(forward, backward), parts.of_edges(backward, forward)
    texts = np.where(segments.turned, back[segments.edge], ahead[segments.edge])
    closed = np.flatnonzero((texts != NEVER.text) & (texts != ALL_WEEK.text))
    return [(int(segment), str(texts[segment])) for segment in closed]


class _Hours:
    """Numbers the texts of hours as they come."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def number(self, text: str) -> int:
        """Return the number of a text; ``ALWAYS`` for an empty one."""
        return self._numbers.setdefault(text, len(self._numbers)) if text else ALWAYS

    def texts(self) -> tuple[str, ...]:
        """Return the texts in the order of their numbers."""
        return tuple(self._numbers)


def _line_arrays(lines: Lines) -> dict[str, NDArray[Any]]:
    return {
        "edge_shape_start": lines.start,
        "shape_lon": lines.lon,
        "shape_lat": lines.lat,
        "edge_length_mm": lines.lengths_mm(),
    }


def _tag_arrays(parts: Parts, lines: Lines) -> dict[str, NDArray[Any]]:
    judged = parts.extract.judged
    class_position = {name: index for index, name in enumerate(ROAD_CLASSES)}
    member_judged = parts.extract.way_judged[parts.member_way]
    lead = parts.chains.start[:-1]
    shared = np.array([way.flags & SHARED_FLAGS for way in judged])[member_judged]
    lanes = np.array([way.lanes for way in judged])[member_judged]
    rise = np.array([way.incline_permille for way in judged])[member_judged]
    rise = np.where(parts.chains.turned, -rise, rise) * _member_lengths_m(lines)
    length_m = np.maximum(lines.length_m, 1e-3)
    return {
        "edge_class": parts.of_edges([class_position[way.road_class] for way in judged]),
        "edge_flags": parts.of_edges([way.flags & ~SHARED_FLAGS for way in judged])
        | np.bitwise_or.reduceat(shared, lead),
        "edge_surface": parts.of_edges([way.surface for way in judged]),
        "edge_lanes": np.maximum.reduceat(lanes, lead),
        "edge_incline_permille": np.rint(np.add.reduceat(rise, lead) / length_m),
    }


def _member_lengths_m(lines: Lines) -> NDArray[np.float64]:
    """Return the length of every piece in every chain."""
    begin = lines.along_m[lines.member_start]
    end = np.append(begin[1:], 0.0)
    edge_ends = np.searchsorted(lines.member_start, lines.start[1:]) - 1  # last piece of each edge
    end[edge_ends] = lines.length_m
    return end - begin


def _way_arrays(parts: Parts, lines: Lines) -> dict[str, NDArray[Any]]:
    """Return the ways of every edge with their shares; pieces of one way in a row are one."""
    ways = parts.extract.way_ids[parts.member_way]
    fresh = np.ones(len(ways), dtype=np.bool_)
    fresh[1:] = ways[1:] != ways[:-1]
    fresh[parts.chains.start[:-1]] = True
    begins = np.flatnonzero(fresh)
    counted = np.concatenate(([0], np.cumsum(fresh)))
    starts = counted[parts.chains.start]
    edge = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
    begin_ppm = lines.along_m[lines.member_start[begins]] / np.maximum(lines.length_m, 1e-3)[edge]
    begin_ppm = np.rint(begin_ppm * 1_000_000).astype(np.int64)
    end_ppm = np.append(begin_ppm[1:], 0)
    end_ppm[starts[1:] - 1] = 1_000_000
    return {
        "edge_way_id": ways[parts.chains.start[:-1]],
        "edge_way_start": starts,
        "way_ids": ways[begins],
        "way_share_ppm": end_ppm - begin_ppm,
    }


def _segment_arrays(parts: Parts, segments: SegmentTable, lines: Lines) -> dict[str, NDArray[Any]]:
    limits = [
        limits_mps(way.road_class, dict(way.limit_tags), parts.region.country)
        for way in parts.extract.judged
    ]
    ahead, back = [limit for limit, _ in limits], [limit for _, limit in limits]
    limit_mps = np.stack((parts.of_edges(ahead, back), parts.of_edges(back, ahead)), axis=1)
    met = marks_met(lines, parts.extract.node_marks)
    edge, side = segments.edge, segments.turned.astype(np.int64)
    return {
        "segment_tail": segments.tail,
        "segment_head": segments.head,
        "segment_edge": edge,
        "segment_reversed": segments.turned,
        "segment_limit_mps": limit_mps[edge, side],
        "segment_signals": met.signals[edge, side],
        "segment_stops": met.stops[edge, side],
        "segment_give_ways": met.give_ways[edge, side],
        "segment_crossings": met.crossings[edge, side],
        "segment_level_crossings": met.level_crossings[edge, side],
    }


def _restriction_arrays(bans: list[Ban], hours: _Hours) -> dict[str, NDArray[Any]]:
    """Return the forbidden runs, each once for the same hours, and once only if always."""
    always = {run for ban in bans if not ban.restriction.hours for run in ban.runs}
    rows = {(run, "") for run in always}
    rows |= {(run, ban.restriction.hours) for ban in bans for run in ban.runs if run not in always}
    ordered = sorted(rows)
    return {
        "restriction_start": np.cumsum([0] + [len(run) for run, _ in ordered]),
        "restriction_segments": np.array(
            [one for run, _ in ordered for one in run], dtype=np.int64
        ),
        "restriction_hours": np.array([hours.number(text) for _, text in ordered], dtype=np.int64),
    }


def _closure_arrays(closures: list[tuple[int, str]], hours: _Hours) -> dict[str, NDArray[Any]]:
    return {
        "closure_segment": np.array([segment for segment, _ in closures], dtype=np.int64),
        "closure_hours": np.array([hours.number(text) for _, text in closures], dtype=np.int64),
    }


def _streets(parts: Parts) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    """Return the names of streets that have edges, sorted, and each edge's position or -1."""
    street = parts.extract.way_street[parts.member_way[parts.chains.start[:-1]]]
    names = parts.extract.streets
    kept = tuple(sorted(names[index] for index in np.unique(street[street >= 0]).tolist()))
    position = {name: index for index, name in enumerate(kept)}
    new = np.array([position.get(name, -1) for name in names] + [-1], dtype=np.int64)
    return kept, new[street]


def _ranks(
    lon: NDArray[np.float64],
    lat: NDArray[np.float64],
    first: Ints,
    last: Ints,
    segment_edge: Ints,
) -> NDArray[np.int32]:
    # Imported here: it compiles kernels, for which nobody who only loads a city should wait; all
    # of them, so that whoever asks the new city next finds them ready.
    import maps.hierarchy.engine  # noqa: F401, PLC0415
    from maps.hierarchy.ordering import street_ranks  # noqa: PLC0415

    middle = float(np.radians(lat.mean()))
    return street_ranks(
        street_tail=first.astype(np.int32),
        street_head=last.astype(np.int32),
        junction_x_m=np.radians(lon) * EARTH_RADIUS_M * np.cos(middle),
        junction_y_m=np.radians(lat) * EARTH_RADIUS_M,
        street_segments=np.bincount(segment_edge, minlength=len(first)),
    )

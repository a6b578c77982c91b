"""Make a road network of an extract.

Decides in which country and time zone it lies, which restrictions are about its roads, and which
roads are alike. Leaves reading to ``osm``, where vertices are to ``pieces``, and the network's
arrays to ``assembling``.
"""

from collections import Counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maps.errors import NoRoadsError
from maps.network import RoadNetwork
from maps.places import LonLat
from maps.reading.assembling import SHARED_FLAGS, Parts, Region, network_of
from maps.reading.banning import UNKNOWN_WAYS
from maps.reading.countries import checked_country, country_of
from maps.reading.extract import Extract
from maps.reading.limits import limits_mps
from maps.reading.pieces import Ints, Pieces, connected, cut, join
from maps.reading.restrictions import Restriction
from maps.reading.zones import checked_zone, zone_at


def build_network(
    extract: Extract, *, country: str | None = None, zone: str | None = None
) -> RoadNetwork:
    """Return the road network of an extract.

    Parameters
    ----------
    extract
        What was read.
    country, zone
        ISO 3166-1 code and IANA time zone; found out from tags and place if None.

    Raises
    ------
    NoRoadsError
        If no two junctions are connected in both directions.
    UnknownRegionError
        If the country or the zone does not exist.
    """
    region = _region(extract, country, zone)
    known, unknown = _on_known_ways(extract)
    forced = _tied_nodes(extract, known)
    every = cut(extract, forced)
    forward = _of_judged(extract, every, [way.forward for way in extract.judged])
    backward = _of_judged(extract, every, [way.backward for way in extract.judged])
    kept = connected(every, forward.astype(bool), backward.astype(bool))
    if not kept.any():
        raise NoRoadsError(extract.source)
    pieces = every.only(kept)
    along, against = _kinds(extract, pieces, region.country)
    chains = join(pieces, along, against, forced)
    left_out = Counter(extract.left_out)
    left_out["road pieces cut off from the rest"] = len(kept) - int(kept.sum())
    left_out[f"turn restrictions: {UNKNOWN_WAYS}"] += unknown
    return network_of(Parts(extract, region, pieces, chains, known), left_out)


def _region(extract: Extract, country: str | None, zone: str | None) -> Region:
    if zone is not None:
        found = checked_zone(zone)
    elif len(extract.node_ids):
        found = zone_at(
            LonLat(float(np.median(extract.node_lon)), float(np.median(extract.node_lat)))
        )
    else:
        found = "UTC"
    if country is not None:
        return Region(checked_country(country), found)
    return Region(country_of(extract.countries, found), found)


def _on_known_ways(extract: Extract) -> tuple[list[Restriction], int]:
    """Return the restrictions all of whose ways are roads, and the number of others."""
    ways = set(extract.way_ids.tolist())
    known = [
        one
        for one in extract.restrictions
        if ways.issuperset((*one.from_ways, *one.via_ways, *one.to_ways))
    ]
    return known, len(extract.restrictions) - len(known)


def _tied_nodes(extract: Extract, restrictions: list[Restriction]) -> Ints:
    """Return the nodes at which restrictions begin or end: there edges must too."""
    numbers = {one.via_node for one in restrictions if one.via_node is not None}
    position = {way: index for index, way in enumerate(extract.way_ids.tolist())}
    for way in {way for one in restrictions for way in one.via_ways}:
        nodes = extract.way_nodes[
            extract.way_start[position[way]] : extract.way_start[position[way] + 1]
        ]
        numbers.update((int(nodes[0]), int(nodes[-1])))
    wanted = np.array(sorted(numbers), dtype=np.int64)
    return np.flatnonzero(np.isin(extract.node_ids, wanted))


def _of_judged(extract: Extract, pieces: Pieces, values: list[Any]) -> NDArray[Any]:
    """Return a value of the judged tags for every piece."""
    return np.array(values)[extract.way_judged[pieces.way]]


def _kinds(extract: Extract, pieces: Pieces, country: str) -> tuple[Ints, Ints]:
    """Return numbers that are equal where pieces are alike, seen along and against them."""
    numbers: dict[Any, int] = {}
    along, against = [], []
    for way in extract.judged:
        flags = way.flags & ~SHARED_FLAGS
        limit, limit_back = limits_mps(way.road_class, dict(way.limit_tags), country)
        same = (way.road_class, flags, way.surface)
        ahead, back = (way.closed_forward, limit), (way.closed_backward, limit_back)
        along.append(numbers.setdefault((*same, ahead, back), len(numbers)))
        against.append(numbers.setdefault((*same, back, ahead), len(numbers)))
    street = extract.way_street[pieces.way].astype(np.int64) + 1
    street *= len(numbers)
    judged = extract.way_judged[pieces.way]
    return street + np.array(along)[judged], street + np.array(against)[judged]

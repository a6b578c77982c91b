"""What there is to say about a city's road network: for programs and for people."""

from dataclasses import asdict
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from maps.network import RoadNetwork
from maps.snapping import SNAP_LIMIT_M_DEFAULT, Snapper
from maps.storing import FORMAT_VERSION
from maps.units import kilometres, metres


def facts_of(network: RoadNetwork) -> dict[str, Any]:
    """Return what there is to say about a network, ready for JSON.

    ``addresses_near_roads`` counts the addresses within the default snap limit of a road that can
    be reached and left.
    """
    return {
        "source": network.info.source,
        "data_date": network.info.data_date,
        "licence": network.info.licence,
        "format_version": FORMAT_VERSION,
        "box": asdict(network.info.box),
        "vertices": network.vertex_count,
        "edges": network.edge_count,
        "segments": network.segment_count,
        "road_km": round(kilometres(metres(int(network.edge_length_mm.sum()))), 3),
        "streets": len(network.streets),
        "addresses": len(network.address_labels),
        "addresses_near_roads": _addresses_near_roads(network),
        "addresses_in_buildings": int((network.address_building >= 0).sum()),
        "chargers": [asdict(charger) for charger in network.chargers],
        "country": network.info.country,
        "zone": network.info.zone,
        "drives_on_left": network.info.drives_on_left,
        "counts": network.info.counts,
        "left_out": network.info.left_out,
    }


def _addresses_near_roads(network: RoadNetwork) -> int:
    snapper = Snapper(network)
    points = snapper.frame.to_metres_many(network.address_lon, network.address_lat)
    roads = snapper.frame.to_metres_many(network.shape_lon, network.shape_lat)
    # Most addresses share a square of the map with a road, and two places in one square are nearer
    # than the limit. Only the others are worth a search.
    real = np.isfinite(points).all(axis=1)
    beside = real & np.isin(_squares(points), _squares(roads))
    found, _ = snapper.tree.query_nearest(
        shapely.points(points[real & ~beside]), max_distance=SNAP_LIMIT_M_DEFAULT, all_matches=False
    )
    return int(beside.sum()) + len(found)


def _squares(points: NDArray[np.float64]) -> NDArray[np.complex128]:
    """Return the square, half the snap limit wide, that each point (n, 2) lies in."""
    cells = np.floor(points / (SNAP_LIMIT_M_DEFAULT / 2))
    return cells[:, 0] + 1j * cells[:, 1]


def describe(facts: dict[str, Any]) -> str:
    """Return a network's facts as lines for people."""
    box = facts["box"]
    lines = {
        "source": f"{facts['source']}, data of {facts['data_date'] or 'an unknown date'}",
        "licence": facts["licence"],
        "lon, lat": f"{box['west']:.5f} to {box['east']:.5f}, "
        f"{box['south']:.5f} to {box['north']:.5f}",
        "roads": f"{facts['road_km']:.1f} km of {facts['streets']} named streets in "
        f"{facts['edges']} edges ({facts['segments']} directed) between "
        f"{facts['vertices']} vertices",
        "addresses": f"{facts['addresses']}, of which {facts['addresses_near_roads']} within "
        f"{SNAP_LIMIT_M_DEFAULT} m of these roads and {facts['addresses_in_buildings']} in "
        "buildings",
        "chargers": _chargers_in_words(facts["chargers"]),
        "region": f"{facts['country'] or 'unknown country'}, time of {facts['zone']}, "
        f"driving on the {'left' if facts['drives_on_left'] else 'right'}",
    }
    rows = [f"{label:>10}  {text}" for label, text in lines.items()]
    rows += [f"{count:>10}  {what}" for what, count in facts["counts"].items()]
    rows.append("  left out")
    rows += [f"{count:>10}  {reason}" for reason, count in facts["left_out"].items()]
    return "\n".join(rows)


def _chargers_in_words(chargers: list[dict[str, Any]]) -> str:
    if not chargers:
        return "none"
    assumed = sum(charger["assumed"] for charger in chargers)
    return f"{len(chargers)}, of which {assumed} with plugs or power assumed"

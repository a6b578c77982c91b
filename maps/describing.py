"""What there is to say about a city's road network: for programs and for people."""

from dataclasses import asdict
from typing import Any

from maps.network import FORMAT_VERSION, RoadNetwork
from maps.snapping import SNAP_LIMIT_M_DEFAULT, Snapper
from maps.units import kilometres, metres


def facts_of(network: RoadNetwork) -> dict[str, Any]:
    """Return what there is to say about a network, ready for JSON.

    ``addresses_near_roads`` counts the addresses within the default snap limit of a road that can
    be reached and left.
    """
    places = [address.place for address in network.addresses()]
    near = Snapper(network).snap_many(places).distance_m <= SNAP_LIMIT_M_DEFAULT
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
        "addresses": len(places),
        "addresses_near_roads": int(near.sum()),
        "chargers": [asdict(charger) for charger in network.chargers],
        "left_out": network.info.left_out,
    }


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
        f"{SNAP_LIMIT_M_DEFAULT} m of these roads",
        "chargers": _chargers_in_words(facts["chargers"]),
    }
    rows = [f"{label:>10}  {text}" for label, text in lines.items()]
    rows.append("  left out")
    rows += [f"{count:>10}  {reason}" for reason, count in facts["left_out"].items()]
    return "\n".join(rows)


def _chargers_in_words(chargers: list[dict[str, Any]]) -> str:
    assumed = sum(charger["assumed"] for charger in chargers)
    return f"{len(chargers)}, of which {assumed} with plugs or power assumed"

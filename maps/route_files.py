"""Routes as GeoJSON: a feature for each leg, with its streets and the instants along its line.

Decides which properties a leg has. Leaves finding the way to the provider.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from maps.network import LICENCE
from maps.travel import Path, StreetPart
from maps.units import Instant, moved_by, rfc3339

DIGITS: Final = 6
"""Decimals of degrees: a tenth of a metre."""


@dataclass(frozen=True, slots=True, eq=False)
class Leg:
    """The way from one point to the next, and when it begins if that was said."""

    from_id: str
    to_id: str
    path: Path
    departs_at: Instant | None


def totals(legs: Sequence[Leg]) -> dict[str, Any]:
    """Return the sums over all legs."""
    return {
        "legs": len(legs),
        "duration_s": sum(leg.path.duration_s for leg in legs),
        "distance_m": sum(leg.path.distance_m for leg in legs),
        "energy_a_wh": round(sum(leg.path.energy_a_mwh for leg in legs) / 1000, 3),
        "energy_b_wh_per_kg": round(sum(leg.path.energy_b_uwh_per_kg for leg in legs) / 1e6, 6),
    }


def routes_geojson(legs: Sequence[Leg], about: Mapping[str, Any]) -> str:
    """Return the legs as a GeoJSON FeatureCollection, with totals and attribution beside them."""
    document = {
        "type": "FeatureCollection",
        "attribution": LICENCE,
        **about,
        "total": totals(legs),
        "features": [_feature(leg) for leg in legs],
    }
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")) + "\n"


def streets_of(path: Path) -> list[dict[str, Any]]:
    """Return the streets driven one after the other, with the metres on each."""
    return [{"name": name, "distance_m": round(length_m)} for name, length_m in _joined(path.parts)]


def _joined(parts: Sequence[StreetPart]) -> list[tuple[str, float]]:
    """Return names and lengths, what goes on under the same name as one."""
    joined: list[tuple[str, float]] = []
    for part in parts:
        if joined and joined[-1][0] == part.street:
            joined[-1] = (part.street, joined[-1][1] + part.length_m)
        else:
            joined.append((part.street, part.length_m))
    return joined


def _feature(leg: Leg) -> dict[str, Any]:
    path = leg.path
    properties: dict[str, Any] = {
        "from": leg.from_id,
        "to": leg.to_id,
        "duration_s": path.duration_s,
        "distance_m": path.distance_m,
        "energy_a_wh": path.energy_a_mwh / 1000,
        "energy_b_wh_per_kg": path.energy_b_uwh_per_kg / 1e6,
        "streets": streets_of(path),
        "elapsed_s": [round(float(second), 1) for second in path.elapsed_s],
    }
    if leg.departs_at is not None:
        properties["instants"] = [
            rfc3339(moved_by(leg.departs_at, float(second))) for second in path.elapsed_s
        ]
    line = [[round(place.lon, DIGITS), round(place.lat, DIGITS)] for place in path.line]
    return {
        "type": "Feature",
        "properties": properties,
        "geometry": {"type": "LineString", "coordinates": line},
    }

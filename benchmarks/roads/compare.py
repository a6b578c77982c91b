"""Our durations against those of OSRM's car profile, on random places of one extract.

Decides what counts as agreement: the ratio of ours to OSRM's, pair by pair. Also names the pairs
that differ most, which is where to look when speeds and turn costs are calibrated.

A pair whose two ends both engines put on the same spot of the road (``same_spots``) tells of costs
alone; the others tell of snapping too. OSRM puts a place on either side of the street; with
``--curb`` it is asked to arrive and leave on the side where the place is.

Example: ``uv run python -m benchmarks.roads.compare --pbf city.osm.pbf --places 500 --seed 1``
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.roads.drawing import draw_places
from benchmarks.roads.osrm import Algorithm, Osrm, Table, prepare, why_missing
from benchmarks.roads.provider import CAR, durations_s
from maps.builtin import build_city, load_city
from maps.network import RoadNetwork
from maps.places import LonLat, great_circle_m
from maps.provider import HierarchyProvider
from maps.snapping import Snapper

DURATION_S_MIN: Final = 30.0
"""Shorter trips are left out: a second more or less says nothing about them."""

SAME_SPOT_M: Final = 15.0
"""Spots on the road nearer than this are the same (assumed)."""


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """Two matrices of the same places: seconds of shape (n, n), and the metres between spots."""

    places: tuple[LonLat, ...]
    ours_s: NDArray[np.float64]
    osrm: Table
    apart_m: NDArray[np.float64]

    def compared(self, *, same_spots: bool = False) -> NDArray[np.int64]:
        """Return the pairs that count, shape (pairs, 2)."""
        both = ~np.isnan(self.ours_s) & ~np.isnan(self.osrm.duration_s)
        long = np.nan_to_num(self.osrm.duration_s) >= DURATION_S_MIN
        fits = both & long & ~np.eye(len(self.places), dtype=np.bool_)
        if same_spots:
            near = self.apart_m <= SAME_SPOT_M
            fits &= near[:, None] & near[None, :]
        return np.argwhere(fits)

    def ratios(self, pairs: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return ours over OSRM's for some pairs."""
        i, j = pairs.T
        ratio: NDArray[np.float64] = self.ours_s[i, j] / self.osrm.duration_s[i, j]
        return ratio


def compare(
    network: RoadNetwork,
    extract: Path,
    *,
    place_count: int,
    seed: int,
    work: Path | None = None,
    curb: bool = False,
) -> Comparison:
    """Return both engines' durations between random places."""
    places = draw_places(network, place_count, seed)
    provider = HierarchyProvider(network, CAR)
    osrm = Osrm(prepare(extract, Algorithm.CH, work))
    table = osrm.table(places, distances=True, curb=curb)
    return Comparison(places, durations_s(provider, places), table, _apart(network, places, table))


def _apart(network: RoadNetwork, places: Sequence[LonLat], table: Table) -> NDArray[np.float64]:
    """Return metres between OSRM's spot on the road and ours."""
    snapper = Snapper(network)
    snaps = snapper.snap_many(places)
    lines = snapper.lines[snaps.edge]
    ours = [
        line.interpolate(ppm / 1e6, normalized=True)
        for line, ppm in zip(lines, snaps.along_ppm.tolist(), strict=True)
    ]
    xy = snapper.frame.to_metres_many(
        np.array([one.lon for one in table.snapped]), np.array([one.lat for one in table.snapped])
    )
    rows = zip(ours, xy.tolist(), strict=True)
    return np.array([np.hypot(one.x - x, one.y - y) for one, (x, y) in rows])


def report_of(comparison: Comparison, *, worst: int = 20) -> dict[str, Any]:
    """Return what there is to say about a comparison, ready for JSON."""
    ours_none, osrm_none = np.isnan(comparison.ours_s), np.isnan(comparison.osrm.duration_s)
    return {
        "places": len(comparison.places),
        "all": _quantiles(comparison, same_spots=False),
        "same_spots": _quantiles(comparison, same_spots=True),
        "places_on_other_roads": int((comparison.apart_m > SAME_SPOT_M).sum()),
        "pairs_only_we_reach": int((osrm_none & ~ours_none).sum()),
        "pairs_only_osrm_reaches": int((ours_none & ~osrm_none).sum()),
        "by_duration": _by_duration(comparison),
        "worst": _worst(comparison, worst),
    }


def _quantiles(comparison: Comparison, *, same_spots: bool) -> dict[str, Any]:
    pairs = comparison.compared(same_spots=same_spots)
    if not len(pairs):
        return {"pairs": 0}
    names = ("p1", "p10", "p25", "median", "p75", "p90", "p99")
    found = np.quantile(comparison.ratios(pairs), [0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99])
    rounded = [round(one, 4) for one in found.tolist()]
    return {"pairs": len(pairs), **dict(zip(names, rounded, strict=True))}


def _by_duration(comparison: Comparison) -> list[dict[str, Any]]:
    """Return the ratios of short and of long trips: turns weigh on short ones, speeds on all."""
    pairs = comparison.compared(same_spots=True)
    if not len(pairs):
        return []
    osrm_s = comparison.osrm.duration_s[tuple(pairs.T)]
    ratio = comparison.ratios(pairs)
    limits = np.quantile(osrm_s, [0, 0.2, 0.4, 0.6, 0.8, 1])
    rows = []
    for low, high in zip(limits[:-1].tolist(), limits[1:].tolist(), strict=True):
        of_this = ratio[(osrm_s >= low) & (osrm_s <= high)]
        median = round(float(np.median(of_this)), 4)
        rows.append({"osrm_s": [round(low), round(high)], "median": median})
    return rows


def _worst(comparison: Comparison, count: int) -> list[dict[str, Any]]:
    """Return the pairs of equal spots with the largest and the smallest ratios."""
    pairs = comparison.compared(same_spots=True)
    ratio = comparison.ratios(pairs)
    order = np.argsort(ratio, kind="stable")
    half = min(count // 2, len(order) // 2)
    chosen = [*order[:half].tolist(), *order[len(order) - half :][::-1].tolist()]
    rows = []
    for number in chosen:
        i, j = pairs[number].tolist()
        one, other = comparison.places[i], comparison.places[j]
        distance_m = comparison.osrm.distance_m
        rows.append(
            {
                "ratio": round(float(ratio[number]), 3),
                "ours_s": round(float(comparison.ours_s[i, j]), 1),
                "osrm_s": round(float(comparison.osrm.duration_s[i, j]), 1),
                "osrm_m": None if distance_m is None else round(float(distance_m[i, j])),
                "air_m": round(great_circle_m(one, other)),
                "from": [one.lon, one.lat],
                "to": [other.lon, other.lat],
            }
        )
    return rows


def main() -> int:
    """Compare and print."""
    parser = argparse.ArgumentParser(description="Our durations against OSRM's car profile.")
    parser.add_argument("--pbf", type=Path, required=True, help="an OpenStreetMap extract")
    parser.add_argument("--city", help="a city file of that extract, if there is one already")
    parser.add_argument("--places", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--worst", type=int, default=20, help="pairs to name")
    parser.add_argument("--curb", action="store_true", help="OSRM arrives on the right side")
    parser.add_argument("--work", type=Path, help="folder for OSRM's data")
    given = parser.parse_args()
    if reason := why_missing():
        sys.stderr.write(reason + "\n")
        return 1
    network = load_city(given.city) if given.city else build_city(given.pbf)
    comparison = compare(
        network,
        given.pbf,
        place_count=given.places,
        seed=given.seed,
        work=given.work,
        curb=given.curb,
    )
    sys.stdout.write(json.dumps(report_of(comparison, worst=given.worst), indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

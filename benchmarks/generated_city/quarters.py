"""Streets that not everybody may drive at all times, and the railway that some must wait for.

Decides which quarters are for residents and visitors only, which streets close by the hour, and
where a railway crosses. Leaves lines and large roads as they are.
"""

from typing import Final

import numpy as np

from benchmarks.generated_city.arterials import RANK_LOCAL, RANK_SECONDARY
from benchmarks.generated_city.ground import (
    ZONE_CORE,
    ZONE_OUTER,
    Floats,
    Ground,
    Ints,
    random_stream,
)
from benchmarks.generated_city.lines import Lines, middle_nodes
from benchmarks.generated_city.mesh import Mesh
from benchmarks.generated_city.sheet import Sheet, Tags
from benchmarks.generated_city.streets import Streets

EDGES_PER_QUARTER: Final = 2_500
QUARTER_M: Final = (140.0, 300.0)
"""Reach of a quarter without through traffic; how many there are is assumed too."""

HOURS: Final[tuple[tuple[float, Tags], ...]] = (
    (0.004, {"motor_vehicle:conditional": "no @ (Mo-Fr 07:15-08:15)"}),
    (0.006, {"access:conditional": "no @ (Sa 06:00-14:00)"}),
    (0.008, {"motor_vehicle:conditional": "delivery @ (Mo-Sa 06:00-11:00)"}),
    (0.010, {"maxspeed:conditional": "20 @ (22:00-06:00)"}),
    (0.011, {"access:conditional": "no @ (weight>7.5)"}),
)
"""Share of small streets, added up, with what holds there: school streets, a market, deliveries,
quiet nights, and a rule that is not about hours. Assumed, after Heidelberg's extract."""

RAIL_OFFSET_RATIO: Final = -0.36
"""The railway passes the centre at this share of the radius, away from the river."""

TURNING_RATIO: Final = 0.4
"""Dead ends with a turning circle. Assumed."""

CALMED_RATIO: Final = 0.08
"""Living streets' edges with a bump."""


def restrict_streets(ground: Ground, mesh: Mesh, streets: Streets) -> None:
    """Write into the tags of streets who may drive them, and when."""
    rng = random_stream(ground.seed, "quarters")
    middle = np.array([mesh.xy[mesh.ends[run[0][0]]].mean(axis=0) for run in streets.runs])
    small = np.array([mesh.rank[run[0][0]] == RANK_LOCAL for run in streets.runs])
    inhabited = small & (streets.zone > ZONE_CORE) & (streets.zone <= ZONE_OUTER) & ~streets.works
    count = max(1, len(mesh.ends) // EDGES_PER_QUARTER)
    centres = rng.choice(np.flatnonzero(inhabited), size=count, replace=False)
    for centre, reach_m in zip(centres.tolist(), rng.uniform(*QUARTER_M, count), strict=True):
        near = np.hypot(*(middle - middle[centre]).T) < reach_m
        for street in np.flatnonzero(near & inhabited).tolist():
            streets.tags[street].setdefault("motor_vehicle", "destination")
    drawn = rng.uniform(size=len(small))
    for street in np.flatnonzero(small & (drawn < HOURS[-1][0])).tolist():
        held = next(tags for limit, tags in HOURS if drawn[street] < limit)
        streets.tags[street] |= held


def add_turning_places(
    ground: Ground, mesh: Mesh, streets: Streets, lines: Lines, sheet: Sheet
) -> None:
    """Tag circles at dead ends, and bumps in living streets."""
    rng = random_stream(ground.seed, "turning")
    degree = np.bincount(mesh.ends.ravel(), minlength=len(mesh.xy))
    ends = np.flatnonzero(degree == 1)
    for node in ends[rng.uniform(size=len(ends)) < TURNING_RATIO].tolist():
        sheet.node_tags.setdefault(node, {"highway": "turning_circle"})
    calm = np.array([tags.get("highway") == "living_street" for tags in streets.tags])
    inside = streets.street >= 0
    edges = np.flatnonzero(inside & calm[streets.street])
    edges = edges[rng.uniform(size=len(edges)) < CALMED_RATIO]
    for node in middle_nodes(lines, edges).tolist():
        sheet.node_tags.setdefault(node, {"traffic_calming": "bump"})


def add_railway(ground: Ground, mesh: Mesh, lines: Lines, sheet: Sheet) -> None:
    """Lay a railway across the city; small roads cross it on the level, large ones do not."""
    crossed = _crossed(ground, mesh)
    nodes = middle_nodes(lines, crossed)
    along, _ = _rail(ground, sheet.places()[nodes])
    order = np.argsort(along, kind="stable")
    level = (mesh.rank[crossed] < RANK_SECONDARY) & ~mesh.bridge[crossed]
    track = nodes[order][level[order]].tolist()
    for node in track:
        sheet.node_tags[node] = {"railway": "level_crossing"}
    if len(track) > 1:
        sheet.add_way(track, {"railway": "rail", "electrified": "contact_line"})


def _crossed(ground: Ground, mesh: Mesh) -> Ints:
    """Return the edges that the railway crosses, roundabouts left out."""
    _, side = _rail(ground, mesh.xy)
    ends = side[mesh.ends]
    return np.flatnonzero((ends[:, 0] * ends[:, 1] < 0) & (mesh.circle < 0))


def _rail(ground: Ground, xy: Floats) -> tuple[Floats, Floats]:
    """Return how far along the railway places are, and how far on its left."""
    tilt, size = ground.phases[5] + 0.2, ground.radius_m
    along = xy[:, 0] * np.cos(tilt) + xy[:, 1] * np.sin(tilt)
    across = xy[:, 1] * np.cos(tilt) - xy[:, 0] * np.sin(tilt)
    bend = 0.05 * np.sin(2.5 * along / size + ground.phases[7])
    return along, np.asarray(across - size * (RAIL_OFFSET_RATIO + bend))

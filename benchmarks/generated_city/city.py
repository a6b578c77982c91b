"""Draws a whole city of a number of segments, step by step.

Decides the order of the steps and the radius that gives the wanted size.
"""

from typing import Final

from benchmarks.generated_city.doors import (
    add_addresses,
    add_chargers,
    add_posts,
    add_service_roads,
)
from benchmarks.generated_city.ground import Ground, lay_out
from benchmarks.generated_city.lines import draw_lines, set_signs
from benchmarks.generated_city.mesh import Mesh, draw_mesh
from benchmarks.generated_city.quarters import add_railway, add_turning_places, restrict_streets
from benchmarks.generated_city.restrictions import add_restrictions, choose_junctions
from benchmarks.generated_city.roundabouts import open_roundabouts
from benchmarks.generated_city.sheet import Sheet
from benchmarks.generated_city.streets import name_streets
from benchmarks.generated_city.surroundings import add_green_and_water, add_motorway
from benchmarks.generated_city.ways import add_roundabout_ways, add_street_ways

SEGMENTS_PER_EDGE: Final = 3.67
"""Segments per edge of the mesh, service roads included. Measured; the first guess only."""

SIZE_TOLERANCE_RATIO: Final = 0.03
DRAWINGS_MAX: Final = 3

M_PER_ROOT_EDGE: Final = 40.0
"""First guess of the radius: so many metres by the root of the edges. Measured."""

SEGMENTS_MIN: Final = 1_000


def draw_city(segment_count: int, seed: int) -> Sheet:
    """Draw a city of about so many segments.

    Parameters
    ----------
    segment_count
        Steps from node to node of the ways that cars drive (see ``Sheet.segment_count``), at
        least ``SEGMENTS_MIN``. A network built of it has about half as many segments of its own.
    seed
        The same seed and size give the same city.
    """
    if segment_count < SEGMENTS_MIN:
        raise ValueError(f"{segment_count} segments make no city; {SEGMENTS_MIN} do")
    edge_count = segment_count / SEGMENTS_PER_EDGE
    tries: list[tuple[float, int, Sheet]] = []
    for number in range(DRAWINGS_MAX):
        sheet = _drawn(edge_count, seed)
        ratio = sheet.segment_count() / segment_count
        tries.append((abs(ratio - 1), number, sheet))
        if abs(ratio - 1) <= SIZE_TOLERANCE_RATIO:
            break
        edge_count /= ratio
    return min(tries)[2]


def _drawn(edge_count: float, seed: int) -> Sheet:
    ground, mesh = _of_size(edge_count, seed)
    mesh = open_roundabouts(ground, mesh)
    sheet = Sheet()
    streets = name_streets(ground, mesh)
    restrict_streets(ground, mesh, streets)
    lines = draw_lines(ground, mesh, sheet)
    set_signs(ground, mesh, streets, lines, sheet)
    chosen = choose_junctions(ground, mesh)
    cuts = chosen.cuts(mesh)
    way_of = add_street_ways(mesh, streets, lines, cuts=cuts, sheet=sheet)
    add_roundabout_ways(mesh, sheet)
    add_restrictions(ground, mesh, streets, chosen, way_of=way_of, sheet=sheet)
    add_service_roads(ground, mesh, streets, lines, sheet=sheet)
    add_posts(ground, mesh, lines, sheet)
    add_turning_places(ground, mesh, streets, lines, sheet)
    add_railway(ground, mesh, lines, sheet)
    add_addresses(ground, mesh, streets, sheet=sheet)
    add_chargers(ground, mesh, lines, sheet)
    add_motorway(ground, mesh, sheet)
    add_green_and_water(ground, mesh, sheet)
    return sheet


def _of_size(edge_count: float, seed: int) -> tuple[Ground, Mesh]:
    """Return the ground and mesh nearest to a size: zones grow with the radius, densities not."""
    radius_m = M_PER_ROOT_EDGE * edge_count**0.5
    tries: list[tuple[float, int, Ground, Mesh]] = []
    for _ in range(4):
        ground = lay_out(seed, radius_m)
        mesh = draw_mesh(ground)
        off = abs(len(mesh.ends) / edge_count - 1)
        tries.append((off, len(tries), ground, mesh))
        if off < 0.01:
            break
        radius_m *= (edge_count / len(mesh.ends)) ** 0.5
    _, _, ground, mesh = min(tries)
    return ground, mesh

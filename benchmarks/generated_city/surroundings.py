"""What a van does not drive on: motorway and ramps, river, park with its paths, cycleways."""

import numpy as np

from benchmarks.generated_city.arterials import RANK_PRIMARY
from benchmarks.generated_city.ground import TAU, Floats, Ground, random_stream
from benchmarks.generated_city.mesh import Mesh
from benchmarks.generated_city.sheet import Sheet


def add_motorway(ground: Ground, mesh: Mesh, sheet: Sheet) -> None:
    """Add the motorway ring, one way on each side, with ramps to the large radials."""
    count = max(24, int(TAU * ground.motorway_m / 180))
    bearing = np.arange(count) / count * TAU
    firsts = []
    for gap, turned in ((13.0, False), (-13.0, True)):  # traffic keeps right, so outside runs left
        line = ground.place(np.full(count, ground.motorway_m + gap), bearing)
        first = sheet.add_nodes(line)
        firsts.append(first)
        nodes = [*range(first, first + count), first]
        if turned:
            nodes.reverse()
        for start in range(0, count, 40):
            part = nodes[start : start + 41]
            tags = {"highway": "motorway", "oneway": "yes", "lanes": "3", "ref": "A 1"}
            sheet.add_way(part, {**tags, "maxspeed": "none"})
    _add_ramps(ground, mesh, firsts, count, sheet)


def _add_ramps(ground: Ground, mesh: Mesh, firsts: list[int], count: int, sheet: Sheet) -> None:
    reach, bearing = ground.coordinates(mesh.xy)
    large = np.unique(mesh.ends[mesh.rank == RANK_PRIMARY])
    for side, first in ((1, firsts[0]), (-1, firsts[1])):
        beyond = large[(reach[large] - ground.motorway_m) * side > 40]
        for road in ground.radials[ground.radials[:, 2] == ground.radius_m, 0].tolist():
            apart = np.abs((bearing[beyond] - road + np.pi) % TAU - np.pi)
            near = beyond[apart * ground.motorway_m < 25]
            if not len(near):
                continue
            foot = int(near[np.argmin(np.abs(reach[near] - ground.motorway_m))])
            slot = int(road / TAU * count)
            before, after = (slot - 1) % count, (slot + 2) % count
            if side < 0:
                before, after = after, before
            tags = {"highway": "motorway_link", "oneway": "yes", "maxspeed": "60"}
            sheet.add_way([first + before, foot], tags)
            sheet.add_way([foot, first + after], tags)


def add_green_and_water(ground: Ground, mesh: Mesh, sheet: Sheet) -> None:
    """Add the river and the park as areas, and paths in the park and on the banks."""
    half = ground.river_half_m
    banks = np.concatenate((ground.river_line(-half), ground.river_line(half)[::-1]))
    sheet.add_line(banks, {"natural": "water", "water": "river", "name": "Aare"}, closed=True)
    park = ground.park_line()[:-1]
    sheet.add_line(park, {"leisure": "park", "name": "Meadow Park"}, closed=True)
    for offset in (half + 5, -half - 5):
        kind = {"highway": "cycleway" if offset > 0 else "footway", "name": "Riverside"}
        sheet.add_line(ground.river_line(offset), kind)
    middle = park.mean(axis=0)
    for corner in park[::7]:
        nearest = int(np.argmin(np.hypot(*(mesh.xy - corner).T)))
        first = sheet.add_nodes(_wavy(middle, mesh.xy[nearest]))
        sheet.add_way([*range(first, first + 9), nearest], {"highway": "path", "bicycle": "yes"})
    rng = random_stream(ground.seed, "footways")
    for node in np.flatnonzero(rng.uniform(size=len(mesh.xy)) < 0.02).tolist():
        end = mesh.xy[node] + rng.normal(size=2) * 25
        far = sheet.add_nodes(end[None, :])
        kinds = ("footway", "steps", "cycleway", "construction", "track")
        sheet.add_way([node, far], {"highway": kinds[int(rng.integers(len(kinds)))]})


def _wavy(start: Floats, end: Floats) -> Floats:
    share = np.linspace(0, 0.97, 9)[:, None]
    step = end - start
    across = np.array([-step[1], step[0]])
    return np.asarray(start + share * step + 0.06 * np.sin(7 * share) * across)

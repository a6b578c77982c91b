"""What stands along the streets: service roads with their gates, addresses, charging stations.

Decides where they are and what their tags say. Leaves the streets as they are: everything here
hangs on nodes that the streets have already.
"""

from typing import Final

import numpy as np

from benchmarks.generated_city.arterials import RANK_TERTIARY
from benchmarks.generated_city.ground import Floats, Ground, Ints, random_stream
from benchmarks.generated_city.lines import Lines, line_direction, middle_nodes
from benchmarks.generated_city.mesh import Mesh
from benchmarks.generated_city.sheet import Sheet, Tags
from benchmarks.generated_city.streets import Streets

SERVICE_RATIO: Final = np.array([0.08, 0.20, 0.28, 0.25, 0.12])
"""By zone: edges of small streets with a service road. Assumed."""

WORKS_SERVICE_RATIO: Final = 0.6
PLOT_M: Final = 17.0
"""Frontage of one house; numbers rise by two for it."""

ADDRESSES_PER_EDGE: Final = 0.95
"""Addresses kept, as multiples of streets' edges: mappers have not been everywhere."""

BUILDING_RATIO: Final = 0.35
"""Addresses on a building's outline; the others are nodes."""

EDGES_PER_CHARGER: Final = 450

_SERVICE_KINDS: Final[tuple[tuple[float, Tags], ...]] = (
    (0.45, {"service": "driveway"}),
    (0.62, {"service": "parking_aisle"}),
    (0.66, {"tunnel": "building_passage"}),
    (0.72, {"service": "alley", "surface": "compacted"}),
    (1.00, {}),
)
_SERVICE_ACCESS: Final[tuple[tuple[float, Tags], ...]] = (
    (0.62, {}),
    (0.76, {"access": "private"}),
    (0.86, {"access": "destination"}),
    (0.94, {"access": "customers"}),
    (0.97, {"motor_vehicle": "delivery"}),
    (1.00, {"access": "permissive"}),
)
_POSTS: Final[tuple[tuple[float, Tags], ...]] = (
    (0.10, {"barrier": "gate"}),
    (0.15, {"barrier": "lift_gate", "access": "permissive"}),
    (0.18, {"barrier": "bollard"}),
    (0.20, {"barrier": "gate", "access": "private"}),
)


def _pick(table: tuple[tuple[float, Tags], ...], drawn: float) -> Tags:
    return next((dict(tags) for limit, tags in table if drawn < limit), {})


def add_service_roads(
    ground: Ground, mesh: Mesh, streets: Streets, lines: Lines, *, sheet: Sheet
) -> None:
    """Add short dead ends from the middle of streets into their blocks."""
    rng = random_stream(ground.seed, "service")
    street = streets.street
    zone, works = streets.zone[street], streets.works[street]
    ratio = np.where(works, WORKS_SERVICE_RATIO, SERVICE_RATIO[zone])
    fit = (street >= 0) & (mesh.rank <= RANK_TERTIARY) & ~mesh.bridge & (mesh.length_m > 30)
    edges = np.flatnonzero(fit & (rng.uniform(size=len(street)) < ratio))
    start = sheet.places()[middle_nodes(lines, edges)]
    step = line_direction(mesh, edges)
    side = np.where(rng.uniform(size=len(edges)) < 0.5, 1.0, -1.0)
    aside = np.stack((-step[:, 1], step[:, 0]), axis=1) * side[:, None]
    reach = rng.uniform(0.14, 0.32, len(edges)) * mesh.length_m[edges]
    skew = rng.uniform(-0.25, 0.25, len(edges)) * reach
    bend = start + 0.4 * reach[:, None] * aside
    end = start + reach[:, None] * aside + skew[:, None] * step
    dry = np.abs(ground.river_side(end)) > ground.river_half_m
    first = sheet.add_nodes(np.stack((bend, end), axis=1).reshape(-1, 2))
    draws = rng.uniform(size=(len(edges), 3))
    for number in np.flatnonzero(dry).tolist():
        kind, access, post = draws[number].tolist()
        mouth, inner = int(middle_nodes(lines, edges[number : number + 1])[0]), first + 2 * number
        tags = {"highway": "service"} | _pick(_SERVICE_KINDS, kind)
        sheet.add_way([mouth, inner, inner + 1], tags | _pick(_SERVICE_ACCESS, access))
        if standing := _pick(_POSTS, post):
            sheet.node_tags[inner] = standing


def add_posts(ground: Ground, mesh: Mesh, lines: Lines, sheet: Sheet) -> None:
    """Close a few small streets in the middle, against through traffic."""
    rng = random_stream(ground.seed, "posts")
    edges = np.flatnonzero((mesh.rank < RANK_TERTIARY) & (mesh.circle < 0))
    chosen = edges[rng.uniform(size=len(edges)) < 0.002]
    for node in middle_nodes(lines, chosen).tolist():
        sheet.node_tags[node] = {"barrier": "bollard", "bicycle": "yes"}


def add_addresses(ground: Ground, mesh: Mesh, streets: Streets, *, sheet: Sheet) -> None:
    """Add house numbers on both sides of named streets, odd ones left."""
    rng = random_stream(ground.seed, "addresses")
    named = np.array(["name" in tags for tags in streets.tags])
    edges = np.flatnonzero((streets.street >= 0) & ~mesh.bridge)
    edges = edges[named[streets.street[edges]]]
    plots = (mesh.length_m[edges] / PLOT_M).astype(np.int64)
    edge = np.repeat(edges, 2 * plots)
    place = np.arange(len(edge)) - np.repeat(np.cumsum(2 * plots) - 2 * plots, 2 * plots)
    kept = rng.uniform(size=len(edge)) < ADDRESSES_PER_EDGE * len(mesh.ends) / max(1, len(edge))
    edge, place = edge[kept], place[kept]
    left, along = place % 2 == 0, (place // 2 + 0.5) * PLOT_M
    number = 2 * ((streets.offset_m[edge] + along) / PLOT_M).astype(np.int64) + 2 - left
    forward = np.where(streets.along[edge], 1.0, -1.0)
    step = line_direction(mesh, edge) * forward[:, None]
    begin = mesh.xy[np.where(streets.along[edge], mesh.ends[edge, 0], mesh.ends[edge, 1])]
    aside = np.stack((-step[:, 1], step[:, 0]), axis=1) * np.where(left, 1.0, -1.0)[:, None]
    door = begin + along[:, None] * step + 11.0 * aside
    house = rng.uniform(size=len(edge)) < BUILDING_RATIO
    tags = _address_tags(streets, streets.street[edge], number, rng)
    nodes = np.flatnonzero(~house)
    first = sheet.add_nodes(door[nodes])
    for offset, index in enumerate(nodes.tolist()):
        sheet.node_tags[first + offset] = tags[index]
    _add_buildings(door[house], step[house], [tags[i] for i in np.flatnonzero(house)], sheet)


def _address_tags(
    streets: Streets, street: Ints, number: Ints, rng: np.random.Generator
) -> list[Tags]:
    letter = rng.uniform(size=len(street)).tolist()
    rows = zip(street.tolist(), number.tolist(), letter, strict=True)
    return [
        {
            "addr:street": streets.tags[of]["name"],
            "addr:housenumber": f"{house}{'a' if drawn < 0.04 else ''}",
            "addr:postcode": f"{10100 + int(streets.zone[of])}",
        }
        for of, house, drawn in rows
    ]


def _add_buildings(door: Floats, step: Floats, tags: list[Tags], sheet: Sheet) -> None:
    across = np.stack((-step[:, 1], step[:, 0]), axis=1)
    corners = [(-6.0, -4.0), (6.0, -4.0), (6.0, 4.0), (-6.0, 4.0)]
    outline = np.stack([door + a * step + b * across for a, b in corners], axis=1)
    first = sheet.add_nodes(outline.reshape(-1, 2))
    for number, one in enumerate(tags):
        row = list(range(first + 4 * number, first + 4 * number + 4))
        sheet.add_way([*row, row[0]], {"building": "yes", **one})


def add_chargers(ground: Ground, mesh: Mesh, lines: Lines, sheet: Sheet) -> None:
    """Add charging stations beside streets, some with plugs and power, some without."""
    rng = random_stream(ground.seed, "chargers")
    edges = np.flatnonzero((mesh.circle < 0) & ~mesh.bridge)
    count = max(2, len(edges) // EDGES_PER_CHARGER)
    edges = np.sort(rng.choice(edges, size=count, replace=False))
    step = line_direction(mesh, edges)
    aside = np.stack((-step[:, 1], step[:, 0]), axis=1)
    first = sheet.add_nodes(sheet.places()[middle_nodes(lines, edges)] + 7.0 * aside)
    for number, drawn in enumerate(rng.uniform(size=count).tolist()):
        tags = {"amenity": "charging_station", "operator": f"City Power {number % 7}"}
        if drawn < 0.55:
            tags |= {"socket:type2": "2", "socket:type2:output": "22 kW", "capacity": "2"}
        elif drawn < 0.8:
            tags |= {"socket:type2_combo": "4", "socket:type2_combo:output": "150 kW"}
        sheet.node_tags[first + number] = tags

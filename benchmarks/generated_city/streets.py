"""Streets of a generated city: which edges run on as one street, and what each street is.

Decides names, classes, one-ways and limits, and sees to it that from everywhere one can drive to
everywhere. Leaves the lines' bends and what stands at junctions to ``lines``.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from benchmarks.generated_city.arterials import RANK_LOCAL, RANK_PRIMARY, RANK_SECONDARY
from benchmarks.generated_city.ground import (
    ZONE_CORE,
    ZONE_INNER,
    ZONE_OUTER,
    Flags,
    Floats,
    Ground,
    Ints,
    random_stream,
)
from benchmarks.generated_city.mesh import Mesh
from benchmarks.generated_city.names import street_names

STRAIGHT_COSINE: Final = -0.77
"""Edges that meet flatter than 140 degrees are no one street."""

ONEWAY_RATIO: Final = np.array([0.55, 0.32, 0.13, 0.04, 0.01])
"""By zone: small streets that are one-way. Assumed."""

STREET_M_MAX: Final = (800.0, 2500.0)
"""A small street, and a large one, changes its name after so many metres."""


@dataclass(frozen=True, slots=True)
class Streets:
    """Streets as runs of edges: E edges in T streets.

    Attributes
    ----------
    runs
        Per street the edges in order, each with whether it runs along its own direction.
    street
        (E,) street of each edge; parts of roundabouts have none (-1).
    along
        (E,) whether the street runs from the edge's first end to its second.
    offset_m
        (E,) metres from the street's begin to the edge's first end in the street's order.
    tags
        Per street, what OpenStreetMap would say of it.
    oneway
        (T,) 1 along the run, -1 against it, 0 both.
    zone, works
        (T,) zone of its middle; whether it lies in the industrial area.
    """

    runs: list[list[tuple[int, bool]]]
    street: Ints
    along: Flags
    offset_m: Floats
    tags: list[dict[str, str]]
    oneway: Ints
    zone: Ints
    works: Flags


def name_streets(ground: Ground, mesh: Mesh) -> Streets:
    """Join edges to streets, and say what each of them is."""
    rng = random_stream(ground.seed, "streets")
    runs = _runs(mesh, _partners(mesh))
    street = np.full(len(mesh.ends), -1)
    for number, run in enumerate(runs):
        street[[edge for edge, _ in run]] = number
    middle = np.array([mesh.xy[mesh.ends[run[len(run) // 2][0]]].mean(axis=0) for run in runs])
    reach, bearing = ground.coordinates(middle)
    zone, works = ground.zone(reach), ground.in_works(reach, bearing)
    rank = np.array([mesh.rank[run[0][0]] for run in runs])
    drawn = rng.uniform(size=len(runs))
    one_way = (rank == RANK_LOCAL) & (drawn < np.where(works, 0.0, ONEWAY_RATIO[zone]))
    oneway = np.where(one_way, np.where(rng.uniform(size=len(runs)) < 0.5, 1, -1), 0)
    oneway = _reachable(mesh, street, _along(mesh, runs), oneway)
    for number in np.flatnonzero((oneway < 0) & (rng.uniform(size=len(runs)) < 0.8)).tolist():
        runs[number] = [(edge, not forward) for edge, forward in reversed(runs[number])]
        oneway[number] = 1  # mappers rarely leave a one-way drawn against its traffic
    total = np.bincount(street[street >= 0], mesh.length_m[street >= 0], minlength=len(runs))
    tags = _tags(rng, rank, zone, works=works, length_m=total, oneway=oneway)
    return Streets(
        runs, street, _along(mesh, runs), _offsets(mesh, runs), tags, oneway, zone, works
    )


def _offsets(mesh: Mesh, runs: list[list[tuple[int, bool]]]) -> Floats:
    offset, length = np.zeros(len(mesh.ends)), mesh.length_m
    for run in runs:
        edges = [edge for edge, _ in run]
        offset[edges] = np.cumsum(length[edges]) - length[edges]
    return offset


def _along(mesh: Mesh, runs: list[list[tuple[int, bool]]]) -> Flags:
    along = np.ones(len(mesh.ends), dtype=np.bool_)
    for run in runs:
        for edge, forward in run:
            along[edge] = forward
    return along


def _partners(mesh: Mesh) -> Ints:
    """Return for every half-edge the one it runs on as, or -1; half-edge 2e + k is an end."""
    node = mesh.ends.ravel()
    other = mesh.ends[:, ::-1].ravel()
    step = mesh.xy[other] - mesh.xy[node]
    unit = step / np.hypot(step[:, 0], step[:, 1])[:, None]
    order = np.argsort(node, kind="stable")
    degree_max = int(np.bincount(node).max())
    ones, twos = [], []
    for apart in range(1, degree_max):
        one, two = order[:-apart], order[apart:]
        same = node[one] == node[two]
        ones.append(one[same])
        twos.append(two[same])
    one, two = np.concatenate(ones), np.concatenate(twos)
    rank, line, circle = (np.repeat(a, 2) for a in (mesh.rank, mesh.line, mesh.circle))
    alike = (rank[one] == rank[two]) & (line[one] == line[two])
    alike &= (circle[one] < 0) & (circle[two] < 0)
    cosine = (unit[one] * unit[two]).sum(axis=1)
    alike &= cosine < np.where(rank[one] > RANK_LOCAL, 0.0, STRAIGHT_COSINE)
    one, two, cosine = one[alike], two[alike], cosine[alike]
    both = np.concatenate((one, two))
    mates = np.concatenate((two, one))
    rows = np.lexsort((mates, np.concatenate((cosine, cosine)), both))
    first = np.unique(both[rows], return_index=True)[1]
    best = np.full(len(node), -1)
    best[both[rows][first]] = mates[rows][first]
    mutual = (best >= 0) & (best[best] == np.arange(len(best)))
    return np.where(mutual, best, -1)


def _runs(mesh: Mesh, partner: Ints) -> list[list[tuple[int, bool]]]:
    """Walk along partners from the ends of streets, then around rings."""
    follows, length = partner.tolist(), mesh.length_m.tolist()
    large = (mesh.rank > RANK_LOCAL).tolist()
    seen = (mesh.circle >= 0).tolist()
    ends = np.flatnonzero(partner < 0).tolist()
    runs = []
    for start in [*ends, *range(len(follows))]:
        half, walked = start, 0.0
        run: list[tuple[int, bool]] = []
        while half >= 0 and not seen[half >> 1]:
            edge = half >> 1
            seen[edge] = True
            if run and walked + length[edge] > STREET_M_MAX[large[edge]]:
                runs.append(run)
                run, walked = [], 0.0
            run.append((edge, half & 1 == 0))
            walked += length[edge]
            half = follows[half ^ 1]
        if run:
            runs.append(run)
    return runs


def _reachable(mesh: Mesh, street: Ints, along: Flags, oneway: Ints) -> Ints:
    """Open one-way streets in both directions until every junction can be left and reached."""
    oneway = oneway.copy()
    tail, head = mesh.ends.T
    inside = street >= 0
    while True:
        way = np.where(inside, oneway[street] * np.where(along, 1, -1), 1)
        tails = np.concatenate((tail[way >= 0], head[way <= 0]))
        heads = np.concatenate((head[way >= 0], tail[way <= 0]))
        size = (len(mesh.xy), len(mesh.xy))
        graph = coo_array((np.ones(len(tails)), (tails, heads)), shape=size)
        label = np.asarray(connected_components(graph, directed=True, connection="strong")[1])
        wrong = np.unique(street[(label[tail] != label[head]) & inside & (way != 0)])
        if not len(wrong):
            return oneway
        oneway[wrong] = 0


def _tags(
    rng: np.random.Generator,
    rank: Ints,
    zone: Ints,
    *,
    works: Flags,
    length_m: Floats,
    oneway: Ints,
) -> list[dict[str, str]]:
    count = len(rank)
    kind, more, pick = (rng.uniform(size=count).tolist() for _ in range(3))
    large, old, small = (
        street_names(rng, count, large=True),
        street_names(rng, count, old=True),
        street_names(rng, count),
    )
    rows = zip(rank.tolist(), zone.tolist(), works.tolist(), length_m.tolist(), strict=True)
    tags = []
    for number, (of_rank, of_zone, of_works, metres) in enumerate(rows):
        draws = kind[number], more[number], pick[number]
        if of_rank > RANK_LOCAL:
            tags.append({"name": large[number], **_large_tags(of_rank, of_zone, draws)})
            continue
        name = old[number] if of_zone == ZONE_CORE else small[number]
        one = {} if draws[2] < 0.03 else {"name": name}
        one |= _small_tags(of_zone, draws, works=of_works, length_m=metres)
        if oneway[number]:
            one["oneway"] = "yes" if oneway[number] > 0 else "-1"
            if draws[1] < 0.3:
                one["oneway:bicycle"] = "no"
        tags.append(one)
    return tags


def _large_tags(rank: int, zone: int, draws: tuple[float, float, float]) -> dict[str, str]:
    kind, more, pick = draws
    outside = zone >= ZONE_OUTER
    if rank == RANK_PRIMARY:
        highway = "trunk" if zone > ZONE_OUTER else "primary"
        limit = "80" if zone > ZONE_OUTER else ("70" if outside and kind < 0.4 else "50")
        tags = {
            "highway": highway,
            "lanes": "4" if more < 0.6 else "2",
            "ref": f"B {int(pick * 90)}",
        }
    elif rank == RANK_SECONDARY:
        limit = "60" if outside and kind < 0.3 else "50"
        tags = {"highway": "secondary", "lanes": "2"}
    else:
        limit = "30" if zone == ZONE_CORE else ("40" if kind < 0.2 else "50")
        tags = {"highway": "tertiary", "lanes": "2"}
    written = ("DE:urban" if pick < 0.7 else limit) if limit == "50" else limit
    tags |= {"maxspeed": written if more < 0.9 else "30 mph", "surface": "asphalt"}
    if tags["highway"] == "trunk" and pick < 0.3:
        tags["motorroad"] = "yes"
    if kind > 0.93:
        tags["incline"] = f"{1 + int(pick * 8)}%"
    return tags


def _small_tags(
    zone: int, draws: tuple[float, float, float], *, works: bool, length_m: float
) -> dict[str, str]:
    kind, more, pick = draws
    if works:
        tags = {"highway": "unclassified", "maxspeed": "50"}
    elif zone == ZONE_CORE and kind < 0.06:
        tags = {"highway": "pedestrian"} | ({"motor_vehicle": "delivery"} if more < 0.5 else {})
    elif zone <= ZONE_OUTER and kind < 0.16 and length_m < 260:
        tags = {"highway": "living_street"} | ({"maxspeed": "DE:walk"} if more < 0.3 else {})
    elif length_m > 600 and kind > 0.84:
        tags = {"highway": "tertiary", "maxspeed": "50"}
    elif zone > ZONE_OUTER or kind > 0.93:
        tags = {"highway": "unclassified"}
    else:
        tags = {"highway": "residential"}
        if more < 0.7:
            tags |= {"maxspeed": "30", "source:maxspeed": "DE:zone30"}
        elif more < 0.73:
            tags["motor_vehicle"] = "destination"
        elif more < 0.735:
            tags["motor_vehicle"] = "no"
    if pick < 0.6:
        rough = "sett" if zone == ZONE_CORE else "paving_stones" if pick < 0.06 else "asphalt"
        tags["surface"] = rough
    if zone <= ZONE_INNER and pick > 0.9:
        tags["lanes"] = "1"
    return tags

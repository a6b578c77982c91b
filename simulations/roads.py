"""How the simulated city's roads really drive: free speed, energy and jams along a line.

A simulated van gets its way as a line, like a real one, and meets here what it finds under its
wheels. The speeds come from the road network and not from the order, so that a dispatcher's wrong
idea of a road shows. Decides the truth of a drive; leaves driving to ``van``.

Which roads an incident concerns, be it given by a line, by ways or by an area, is looked up in
``maps.disruptions``. The hour's speeds are those at which an order's edge is set out on.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise, zip_longest
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from maps.disruptions import Disruptions
from maps.incidents import Incident
from maps.metrics import EFFECTS_MAX, Kept
from maps.network import RoadNetwork
from maps.places import LonLat, great_circle_m
from maps.snapping import Snapper
from maps.traffic import SpeedProfile, TrafficSlice
from maps.travel import UNREACHABLE, VehicleClass
from maps.turns import TurnGraph
from maps.units import Instant
from maps.weighing import SegmentCosts, durations_ms, weigh
from vehicles.changing import record
from vehicles.energy import vehicle_class
from vehicles.spec import VanSpec

PIECE_M_MAX: Final = 60.0
"""Longer pieces of line are cut, so that a jam begins and ends where it should (assumed)."""

NO_TURN: Final = (0, 0.0)
"""What it costs to stay on a road."""

CLOSED_SPEED_RATIO: Final = 0.05
"""A van caught in a closure creeps out of it (assumed): it never stands for ever."""

STRETCHES_MAX: Final = 100_000
"""Straight stretches of line kept with the roads under them, and for each hour of traffic with
its pieces; assumed: those of a large city. When there are more, all are forgotten."""

Stretch = tuple[float, float, float, float]
"""A straight stretch of a line: longitude and latitude of its two ends."""

Pair = tuple[Stretch, Stretch | None]
"""A stretch and the one driven after it; None at the end of a line."""

Under = tuple[list[tuple[LonLat, LonLat]], list[int]]
"""The pieces into which a straight stretch is cut, and the edge of the network under each."""


@record
class RoadPiece:
    """A short piece of road on a van's way.

    Attributes
    ----------
    start, end
        Its ends.
    length_m
        Metres, more than 0.
    speed_mps
        Mean speed on free roads, what signals and junctions cost included.
    energy_a_uwh, energy_b_nwh_per_kg
        Traction for all of it, in the fine units of ``maps.weighing``, not rounded.
    edge
        The road of the network that it is a piece of.
    """

    start: LonLat
    end: LonLat
    length_m: float
    speed_mps: float
    energy_a_uwh: float
    energy_b_nwh_per_kg: float
    edge: int

    def energy_mwh(self, mass_kg: float) -> float:
        """Return the traction energy of all of it for a van and load of this mass, in mWh."""
        return (self.energy_a_uwh + self.energy_b_nwh_per_kg * mass_kg / 1000) / 1000


@dataclass(frozen=True, slots=True)
class _Hour:
    """What is known of the roads at an hour.

    Milliseconds that a metre of each edge takes, the pieces of straight stretches, and those of
    stretches with the turn at their end.
    """

    ms_per_m: list[float]
    known: dict[Stretch, tuple[RoadPiece, ...]]
    joined: dict[Pair, tuple[RoadPiece, ...]]


class Roads(Protocol):
    """What a van finds under its wheels."""

    def pieces(
        self, line: Sequence[LonLat], now: Instant, ahead: Iterable[Sequence[LonLat]] = ()
    ) -> tuple[RoadPiece, ...]:
        """Return the road along a line, piece by piece; empty for a line of no length.

        ``ahead`` are lines that will be asked for next: looked up together they take less.
        """
        ...

    def speed_ratio(self, piece: RoadPiece, incidents: Sequence[Incident]) -> float:
        """Return what incidents leave of the usual speed on a piece, more than 0, at most 1."""
        ...


class CityRoads:
    """The roads of one city for one kind of van.

    Parameters
    ----------
    snapper
        Of the city's network; may be shared.
    turns
        The turns of the city's network; may be shared.
    vehicle_class
        The kind of van.
    profile
        How fast the roads really are by the hour; None for the same at all hours.
    """

    def __init__(
        self,
        snapper: Snapper,
        turns: TurnGraph,
        vehicle_class: VehicleClass,
        profile: SpeedProfile | None = None,
    ) -> None:
        network = snapper.network
        costs = weigh(network, vehicle_class)
        self._network, self._class, self._profile = network, vehicle_class, profile
        self._driven = np.flatnonzero(costs.duration_ms < UNREACHABLE)
        edges = network.segment_edge[self._driven]
        self._ways = np.bincount(edges, minlength=network.edge_count)
        self._snapper = snapper.using(self._ways > 0)
        self._by_hour: dict[TrafficSlice | None, _Hour] = {}
        self._under: dict[Stretch, Under] = {}
        self._a_uwh_per_m = self._per_metre(costs.energy_a_uwh)
        self._b_nwh_per_kg_m = self._per_metre(costs.energy_b_nwh_per_kg)
        self._turns = _turns_between_edges(network, turns, costs)
        self._disruptions = Disruptions(snapper)
        self._slowed = Kept[dict[int, float]](EFFECTS_MAX)

    def pieces(
        self, line: Sequence[LonLat], now: Instant, ahead: Iterable[Sequence[LonLat]] = ()
    ) -> tuple[RoadPiece, ...]:
        """Return the road along a line, as the nearest roads of the network have it at the hour.

        What the turn onto the next road costs, the last piece before it takes longer.
        """
        hour, keys = self._pace(now), _stretches(line)
        pairs = list(zip_longest(keys, keys[1:]))
        found = [hour.joined.get(pair) for pair in pairs]
        if None in found:
            if not all(key in hour.known for key in keys):
                self._remember((keys, *map(_stretches, ahead)), now)
            found = [self._joined(hour, pair) for pair in pairs]
        return tuple(chain.from_iterable(under or () for under in found))

    def _joined(self, hour: _Hour, pair: Pair) -> tuple[RoadPiece, ...]:
        """Return the pieces of a stretch, the last one with the turn onto the stretch after it."""
        found = hour.joined.get(pair)
        if found is None:
            stretch, after = pair
            found = hour.known[stretch]
            last = found[-1]
            onto = last.edge if after is None else hour.known[after][0].edge
            turn = self._turns.get((last.edge, onto), NO_TURN)
            if turn is not NO_TURN:
                ends, ms_per_m = (last.start, last.end), hour.ms_per_m[last.edge]
                found = (*found[:-1], self._piece(ends, last.edge, turn, ms_per_m))
            hour.joined[pair] = found
        return found

    def _remember(self, lines: Iterable[Sequence[Stretch]], now: Instant) -> None:
        """Note what the straight stretches of lines take at the hour.

        Vans drive the same few straight lines again and again, and to find the road under one
        takes longer than all else that happens on it; the road is the same at every hour.
        """
        hour = self._pace(now)
        if len(hour.known) > STRETCHES_MAX or len(hour.joined) > STRETCHES_MAX:
            hour.known.clear()
            hour.joined.clear()
        stretches = dict.fromkeys(key for line in lines for key in line if key not in hour.known)
        if len(self._under) > STRETCHES_MAX:
            self._under.clear()
        new = [stretch for stretch in stretches if stretch not in self._under]
        if new:
            self._look_up(new)
        for stretch in stretches:
            cut, under = self._under[stretch]
            turns = [self._turns.get(pair, NO_TURN) for pair in pairwise(under)] + [NO_TURN]
            hour.known[stretch] = tuple(
                self._piece(ends, edge, turn, hour.ms_per_m[edge])
                for ends, edge, turn in zip(cut, under, turns, strict=True)
            )

    def _look_up(self, stretches: Sequence[Stretch]) -> None:
        """Find the roads under straight stretches, all at once."""
        cuts = [_cut(LonLat(*key[:2]), LonLat(*key[2:])) for key in stretches]
        middles = [
            LonLat((start.lon + end.lon) / 2, (start.lat + end.lat) / 2)
            for cut in cuts
            for start, end in cut
        ]
        edges: Iterator[int] = iter(self._snapper.snap_many(middles).edge.tolist())
        for stretch, cut in zip(stretches, cuts, strict=True):
            self._under[stretch] = cut, [next(edges) for _ in cut]

    def speed_ratio(self, piece: RoadPiece, incidents: Sequence[Incident]) -> float:
        """Return what incidents leave of the usual speed on a piece: the worst counts, never 0."""
        slowed = (self._slowness(incident).get(piece.edge, 1.0) for incident in incidents)
        return max(CLOSED_SPEED_RATIO, 1.0 / max(slowed, default=1.0))

    def _slowness(self, incident: Incident) -> dict[int, float]:
        """Return how many times as long the edges concerned take; infinity where closed."""

        def make() -> dict[int, float]:
            effect = self._disruptions.effect(incident)
            return dict(zip(effect.edge.tolist(), effect.factor.tolist(), strict=True))

        return self._slowed.get(incident, make)

    def _pace(self, now: Instant) -> _Hour:
        """Return what is known of an hour: what a metre of each edge takes, to begin with."""
        network, profile = self._network, self._profile
        hour = None if profile is None else profile.slice_at(now, network.info.zone)
        if hour not in self._by_hour:
            ms_per_m = self._per_metre(durations_ms(network, self._class, hour))
            self._by_hour[hour] = _Hour(ms_per_m, {}, {})
        return self._by_hour[hour]

    def _per_metre(self, cost: NDArray[np.int64]) -> list[float]:
        # The mean of both directions: they differ by little more than a signal.
        network = self._network
        edges = network.segment_edge[self._driven]
        total = np.bincount(edges, cost[self._driven], minlength=network.edge_count)
        lengths_m = network.edge_length_mm / 1000
        found: list[float] = (total / np.maximum(self._ways, 1) / lengths_m).tolist()
        return found

    def _piece(
        self, ends: tuple[LonLat, LonLat], edge: int, turn: tuple[int, float], ms_per_m: float
    ) -> RoadPiece:
        start, end = ends
        length_m = max(great_circle_m(start, end), 1e-3)
        turn_ms, turn_nwh_per_kg = turn
        return RoadPiece(
            start,
            end,
            length_m,
            speed_mps=1000 * length_m / (ms_per_m * length_m + turn_ms),
            energy_a_uwh=self._a_uwh_per_m[edge] * length_m,
            energy_b_nwh_per_kg=self._b_nwh_per_kg_m[edge] * length_m + turn_nwh_per_kg,
            edge=edge,
        )


class RoadsByKind:
    """The roads of one city under any kind of van: weighed when first asked for, then kept.

    Parameters
    ----------
    snapper, turns, profile
        As of ``CityRoads``; shared by all kinds.
    """

    def __init__(
        self, snapper: Snapper, turns: TurnGraph, profile: SpeedProfile | None = None
    ) -> None:
        self._shared = snapper, turns, profile
        self._roads: dict[VanSpec, CityRoads] = {}

    def __call__(self, spec: VanSpec) -> CityRoads:
        """Return the roads as a van of this kind finds them."""
        if spec not in self._roads:
            snapper, turns, profile = self._shared
            self._roads[spec] = CityRoads(snapper, turns, vehicle_class(spec), profile)
        return self._roads[spec]


def _turns_between_edges(
    network: RoadNetwork, turns: TurnGraph, costs: SegmentCosts
) -> dict[tuple[int, int], tuple[int, float]]:
    """Return what it costs to turn from one edge into another, in ms and nWh per kg."""
    before = turns.arc_segment
    after = turns.state_segment[turns.graph.arc_head]
    stop_nwh_per_kg = costs.stop_nwh_per_kg[before] * turns.arc_stop_ratio
    found: dict[tuple[int, int], tuple[int, float]] = {}
    for edge, onto, *cost in zip(
        network.segment_edge[before].tolist(),
        network.segment_edge[after].tolist(),
        turns.arc_turn_ms.tolist(),
        stop_nwh_per_kg.tolist(),
        strict=True,
    ):
        turn_ms, nwh_per_kg = cost
        known_ms, known_nwh_per_kg = found.get((edge, onto), (turn_ms, nwh_per_kg))
        found[edge, onto] = (min(turn_ms, known_ms), min(nwh_per_kg, known_nwh_per_kg))
    return {pair: cost for pair, cost in found.items() if pair[0] != pair[1]}


def _stretches(line: Sequence[LonLat]) -> list[Stretch]:
    """Return a line's straight stretches, as plain numbers: a day has millions of look-ups."""
    return [
        (start.lon, start.lat, end.lon, end.lat)
        for start, end in pairwise(line)
        if start.lon != end.lon or start.lat != end.lat
    ]


def along(piece: RoadPiece, ratio: float) -> LonLat:
    """Return the place at a share (0 to 1) of a piece."""
    start, end = piece.start, piece.end
    return LonLat(
        start.lon + (end.lon - start.lon) * ratio, start.lat + (end.lat - start.lat) * ratio
    )


def _cut(start: LonLat, end: LonLat) -> list[tuple[LonLat, LonLat]]:
    count = int(great_circle_m(start, end) // PIECE_M_MAX) + 1
    cuts = [
        LonLat(
            start.lon + (end.lon - start.lon) * index / count,
            start.lat + (end.lat - start.lat) * index / count,
        )
        for index in range(count)
    ]
    return list(pairwise([*cuts, end]))

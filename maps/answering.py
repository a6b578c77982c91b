"""Answers to travel questions: what both engines share.

Decides how a question becomes a search and its result an answer: where places join the roads, which
costs count at the departure, rounding, and paths. Leaves the search to the engines: see
``provider`` for the fast one and ``dijkstra`` for the plain one.

Everything may be asked from several threads. What takes long runs in kernels or in numpy, which
let other threads run meanwhile.
"""

import gc
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass
from itertools import cycle
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from maps.compact import ROWS_AT_ONCE, CompactTravel
from maps.errors import NoUsableRoadError
from maps.hierarchy.graph import DURATION_MS_MAX, UNREACHABLE_MS
from maps.incidents import Incident
from maps.metrics import Conditions, Engine, Found, Kept, Metrics, Weights
from maps.network import RoadNetwork
from maps.places import LonLat
from maps.quarters import ranges
from maps.reach import Limit, Reached, reached_roads
from maps.remainders import EdgeSegments, Joined, Joins, cost_to
from maps.snapping import PPM, SNAP_LIMIT_M_DEFAULT, Snapper, Snaps
from maps.tracing import Drive, Tracer
from maps.traffic import SpeedProfile
from maps.travel import UNREACHABLE, Path, TravelMatrix, VehicleClass
from maps.turns import TurnGraph, expand
from maps.units import Instant, Seconds
from maps.usable import usable
from maps.weigher import Weigher

EngineOf = Callable[[TurnGraph, NDArray[np.int32]], Engine]
"""What makes an engine of the turns of a network and the ranks of its edges."""

Leg = tuple[LonLat, LonLat]
"""Origin and destination of a path."""

CLASSES_MAX: Final = 8
"""Kinds of vans whose roads are kept (assumed: a fleet has a handful)."""


class RoadProvider(ABC):
    """Answers travel questions over one network for one kind of van; see ``TravelProvider``.

    Parameters
    ----------
    network, vehicle_class
        The roads, and what drives on them.
    incidents
        Closures and slowdowns, each counting while it is in force at the departure; of several
        with one id the last counts.
    snap_limit_m
        Places farther than this from every road that the van can use are refused.
    profile
        Speeds by the hour; without one roads are driven at the same speed all week.
    """

    def __init__(
        self,
        network: RoadNetwork,
        vehicle_class: VehicleClass,
        incidents: Sequence[Incident] = (),
        snap_limit_m: int = SNAP_LIMIT_M_DEFAULT,
        profile: SpeedProfile | None = None,
    ) -> None:
        self.network: Final = network
        self._roads = _Roads(network, snap_limit_m, self._engine)
        self._vehicle_class = vehicle_class
        self._incidents = _newest(incidents)
        self._profile = profile

    @staticmethod
    @abstractmethod
    def _engine(turns: TurnGraph, edge_rank: NDArray[np.int32]) -> Engine:
        """Return what makes metrics of a network's turns."""

    def with_incidents(self, incidents: Sequence[Incident]) -> Self:
        """Return the same provider under other incidents; shares all that does not change."""
        other = copy(self)
        other._incidents = _newest(incidents)
        return other

    def with_vehicle_class(self, vehicle_class: VehicleClass) -> Self:
        """Return the same provider for another kind of van; shares all that does not change."""
        other = copy(self)
        other._vehicle_class = vehicle_class
        return other

    def prepare(self, departures: Sequence[Instant] = (Instant(0),)) -> None:
        """Load and build what questions at some departures need first.

        The first time takes seconds, up to a minute where kernels are compiled; the hours of a day
        are readied together in fewer seconds than one by one. What the process holds by then is
        taken to stay: going through a city's lines, the garbage collector would stop all threads
        for a tenth of a second again and again.
        """
        weigher = self._access.weigher
        self._roads.metrics.prepare(weigher, [weigher.in_force(one) for one in departures])
        gc.freeze()

    @property
    def snapper(self) -> Snapper:
        """Return what puts places on the roads that the van can use."""
        return self._access.snapper

    def matrix(self, places: Sequence[LonLat], departure: Instant) -> TravelMatrix:
        """Return travel between every ordered pair of places; see ``TravelProvider.matrix``."""
        travel = self.travel(places, places, departure)
        here = np.arange(len(places))
        for one in (travel.duration_ms, *travel.quantities):
            one[here, here] = 0  # also on a closed road: staying is always possible
        return travel.whole()

    def travel(
        self, sources: Sequence[LonLat], targets: Sequence[LonLat], departure: Instant
    ) -> CompactTravel:
        """Return travel from every source to every target, as fine as it is counted.

        Raises
        ------
        PlaceOffNetworkError
            If a place lies farther from every usable road than the snap limit.
        """
        weights = self._weights(departure)
        leaving = self._snaps(sources)
        coming = leaving if targets is sources else self._snaps(targets)
        joins = self._access.joins
        found = weights.metric.matrix(
            joins.sources(leaving, weights.costs), joins.targets(coming, weights.costs)
        )
        return _compact(found, leaving, coming)

    def keep(self, places: Sequence[LonLat], departure: Instant) -> "KnownPlaces":
        """Return places with what a search finds of them first, for ``extend``.

        Raises
        ------
        PlaceOffNetworkError
            If a place lies farther from every usable road than the snap limit.
        """
        weights = self._weights(departure)
        snaps = self._snaps(places)
        joins = self._access.joins
        return KnownPlaces(
            snaps,
            weights,
            weights.metric.keep(joins.sources(snaps, weights.costs), leaving=True),
            weights.metric.keep(joins.targets(snaps, weights.costs), leaving=False),
        )

    def extend(self, known: "KnownPlaces", place: LonLat) -> tuple[CompactTravel, CompactTravel]:
        """Return travel from one new place to all known ones, and from these to it.

        Counts for the departure that the places were kept for.

        Returns
        -------
        tuple[CompactTravel, CompactTravel]
            A row of shape (1, n) and a column of shape (n, 1).

        Raises
        ------
        PlaceOffNetworkError
            If the place lies farther from every usable road than the snap limit.
        """
        snaps = self._snaps([place])
        metric, costs, joins = known.weights.metric, known.weights.costs, self._access.joins
        row = metric.matrix(joins.sources(snaps, costs), known.targets)
        column = metric.matrix(known.sources, joins.targets(snaps, costs))
        return (
            _compact(row, snaps, known.snaps),
            _compact(column, known.snaps, snaps),
        )

    def path(self, origin: LonLat, destination: LonLat, departure: Instant) -> Path | None:
        """Return the fastest path, or None where no road leads; see ``TravelProvider.path``."""
        return self.paths([(origin, destination)], departure)[0]

    def paths(self, legs: Sequence[Leg], departure: Instant) -> list[Path | None]:
        """Return the fastest path of each leg; see ``TravelProvider.paths``."""
        weights = self._weights(departure)
        return weights.paths.get_many(legs, lambda new: self._found(new, weights))

    def _found(self, legs: Sequence[Leg], weights: Weights) -> list[Path | None]:
        """Return paths that are not kept yet; finding and drawing them together takes less."""
        places = [place for leg in legs for place in leg]
        ends = weights.places.get_many(places, lambda new: self._joined(new, places, weights))
        pairs = zip(ends[::2], ends[1::2], strict=True)
        ways = [self._way(begin, end, weights) for begin, end in pairs]
        drives = [way for way in ways if isinstance(way, Drive)]
        drawn = iter(self._roads.tracer.trace(drives, weights.costs))
        return [next(drawn) if isinstance(way, Drive) else way for way in ways]

    def _way(self, begin: Joined, end: Joined, weights: Weights) -> Drive | Path | None:
        """Return the fastest drive, the path of a standstill, or None where no road leads."""
        leaving, coming = begin.snaps, end.snaps
        if _spots(leaving) == _spots(coming):
            return self._roads.tracer.standstill(self._access.snapper.place_of(leaving))
        way = weights.metric.path(begin.source, end.target)
        if way is None:
            return None
        if way.duration_ms == 0:
            return self._roads.tracer.standstill(self._access.snapper.place_of(leaving))
        segments = self._roads.turns.state_segment[way.segments].astype(np.int64)
        turned = self.network.segment_reversed[segments[[0, -1]]]
        at_origin, at_end = int(leaving.along_ppm[0]), int(coming.along_ppm[0])
        driven_ms = weights.costs.duration_ms[segments[:-1]]
        return Drive(
            segments=segments,
            from_ppm=PPM - at_origin if turned[0] else at_origin,
            to_ppm=PPM - at_end if turned[1] else at_end,
            turn_ms=weights.arc_ms[way.arcs] - driven_ms,
            duration_ms=way.duration_ms,
            quantities=way.quantities,
        )

    def duration_along(self, path: Path, departure: Instant) -> Seconds:
        """Return how long a path takes now; see ``TravelProvider.duration_along``."""
        if not len(path.segments):
            return Seconds(0)
        weights = self._weights(departure)
        segments = path.segments
        begins = np.zeros(len(segments), dtype=np.int64)
        begins[0] = path.begin_ppm
        ends = begins + np.rint(path.portions * PPM).astype(np.int64)
        reached_ms = cost_to(weights.costs, segments, ends)[0]
        if np.any(reached_ms >= UNREACHABLE):
            return Seconds(UNREACHABLE)
        driven_ms = int((reached_ms - cost_to(weights.costs, segments, begins)[0]).sum())
        turning_ms = self._roads.turning_ms(segments, weights)
        if turning_ms >= UNREACHABLE_MS:
            return Seconds(UNREACHABLE)
        return Seconds(-(-(driven_ms + turning_ms) // 1000))

    def reach(self, origin: LonLat, departure: Instant, limit: Limit) -> Reached:
        """Return the roads that can be reached from a place within a time or an energy.

        Raises
        ------
        PlaceOffNetworkError
            If the place lies farther from every usable road than the snap limit.
        """
        weights, access = self._weights(departure), self._access
        snaps = self._snaps([origin], ("origin",))
        source = access.joins.sources(snaps, weights.costs)
        duration_ms, quantities = weights.metric.reach(source)
        return reached_roads(
            self.network,
            self._roads.turns,
            weights.costs,
            (duration_ms, quantities),
            (source, snaps),
            limit,
        )

    @property
    def _access(self) -> "_Access":
        return self._roads.access(self._vehicle_class, self._profile)

    def _weights(self, departure: Instant) -> Weights:
        weigher = self._access.weigher
        in_force = tuple(one for one in self._incidents if one.counts_at(departure))
        conditions = Conditions(weigher.in_force(departure), in_force)
        return self._roads.metrics.weights(weigher, conditions)

    def _joined(
        self, places: Sequence[LonLat], ends: Sequence[LonLat], weights: Weights
    ) -> list[Joined]:
        """Return places on the roads that are among the ends of legs, origin and destination."""
        label = dict(zip(ends[::-1], cycle(("destination", "origin"))))  # what it is first
        labels = [label[place] for place in places]
        snaps, joins = self._snaps(places, labels), self._access.joins
        apart = weights.metric.apart
        sources = apart(joins.sources(snaps, weights.costs))
        targets = apart(joins.targets(snaps, weights.costs))
        return list(map(Joined, snaps.apart(), sources, targets))

    def _snaps(self, places: Sequence[LonLat], labels: Sequence[str] = ()) -> Snaps:
        snapper = self._access.snapper
        snaps = snapper.snap_many(places)
        for index in np.flatnonzero(snaps.distance_m > snapper.snap_limit_m)[:1].tolist():
            label = labels[index] if labels else f"place {index}"
            snapper.snap(label, places[index])  # raises the right error
        return snaps


@dataclass(frozen=True, slots=True, eq=False)
class KnownPlaces:
    """Places kept for one departure; see ``RoadProvider.keep``."""

    snaps: Snaps
    weights: Weights
    sources: Any
    targets: Any


@dataclass(frozen=True, slots=True, eq=False)
class _Access:
    """What roads cost one kind of van, and how it joins them."""

    weigher: Weigher
    snapper: Snapper
    joins: Joins


class _Roads:
    """What all providers of one network share."""

    def __init__(self, network: RoadNetwork, snap_limit_m: int, engine: EngineOf) -> None:
        self._made_of = network, snap_limit_m, engine
        self._network = network
        self._snapper = Snapper(network, snap_limit_m)
        self._segments = EdgeSegments(network)
        self._engines = Kept[Engine](1)
        self._classes = Kept[_Access](CLASSES_MAX)
        self.turns: Final = expand(network)
        self.tracer: Final = Tracer(self._snapper, self._segments)
        self.metrics: Final = Metrics(
            self._snapper,
            lambda: self._engines.get("engine", lambda: engine(self.turns, network.edge_rank)),
        )

    def __reduce__(self) -> tuple[type["_Roads"], tuple[RoadNetwork, int, EngineOf]]:
        # Another process makes its own: locks cannot be sent.
        return _Roads, self._made_of

    def access(self, vehicle_class: VehicleClass, profile: SpeedProfile | None) -> _Access:
        """Return how a kind of van joins the roads."""
        return self._classes.get(
            (vehicle_class, profile), lambda: self._new_access(vehicle_class, profile)
        )

    def _new_access(self, vehicle_class: VehicleClass, profile: SpeedProfile | None) -> _Access:
        weigher = Weigher(self._network, self.turns, vehicle_class, profile)
        is_open = weigher.costs(weigher.in_force()).duration_ms < UNREACHABLE
        found = usable(self._network, self.turns, is_open)
        if not found.edge.any():
            raise NoUsableRoadError(vehicle_class.name, self._network.info.source)
        joins = Joins(self._segments, self.turns, found)
        return _Access(weigher, self._snapper.using(found.edge), joins)

    def turning_ms(self, segments: NDArray[np.int64], weights: Weights) -> int:
        """Return what the turns along a way cost now; ``UNREACHABLE_MS`` if one is closed."""
        turns, before = self.turns, segments[:-1]
        begin, end = turns.reach_start[before], turns.reach_start[before + 1]
        states, at = (
            turns.reach_states[ranges(begin, end)],
            np.repeat(np.arange(len(before)), end - begin),
        )
        begin, end = turns.arc_start[states], turns.arc_start[states + 1]
        arcs, at = ranges(begin, end), np.repeat(at, end - begin)
        onto = turns.state_segment[turns.graph.arc_head[arcs]] == segments[1:][at]
        least_ms = np.full(len(before), UNREACHABLE_MS, dtype=np.int64)
        np.minimum.at(least_ms, at[onto], weights.arc_ms[arcs[onto]])
        if np.any(least_ms > DURATION_MS_MAX):
            return UNREACHABLE_MS
        return int((least_ms - weights.costs.duration_ms[before]).sum())


def _newest(incidents: Sequence[Incident]) -> tuple[Incident, ...]:
    """Return of each incident the last report."""
    return tuple({incident.incident_id: incident for incident in incidents}.values())


def _spots(snaps: Snaps) -> list[tuple[int, int]]:
    """Return where on which edge places stand."""
    return list(zip(snaps.edge.tolist(), snaps.along_ppm.tolist(), strict=True))


def _compact(found: Found, leaving: Snaps, coming: Snaps) -> CompactTravel:
    """Return what was found, with nothing between places at one spot, even on a closed road.

    Two places on one segment less than a millisecond apart count as one spot, whichever lies
    behind, so what they are apart is not below 0.
    """
    duration_ms, quantities = found.duration_ms, found.quantities
    for first in range(0, len(duration_ms), ROWS_AT_ONCE):
        rows = slice(first, first + ROWS_AT_ONCE)
        quantities[:, rows][:, duration_ms[rows] == 0] = 0
    nowhere = np.flatnonzero(duration_ms.min(axis=1, initial=UNREACHABLE_MS) == UNREACHABLE_MS)
    for row in nowhere.tolist():
        here = (coming.edge == leaving.edge[row]) & (coming.along_ppm == leaving.along_ppm[row])
        duration_ms[row, here] = 0
        quantities[:, row, here] = 0
    return CompactTravel(duration_ms, quantities)

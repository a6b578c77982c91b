"""Which costs count when: the conditions at an instant, and the metrics kept for them.

Decides what may change what roads cost, the hour's speeds, hours of closures and permits, and
incidents, and how much of it is kept ready. Leaves what segments, turns and incidents cost to
``weighing`` and finding ways under those costs to the engines.

The metric of a kind of van and an hour's speeds is made in full, a fraction of a second; hours in
force and incidents only change what some arcs of it take, milliseconds. Several threads may ask.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from threading import Lock, RLock
from typing import Any, Final, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from maps.disruptions import Disruptions, Effect, worst
from maps.incidents import Incident
from maps.remainders import Ends, Joined
from maps.snapping import Snapper
from maps.travel import Path
from maps.weigher import InForce, Weigher
from maps.weighing import SegmentCosts

METRICS_BYTES_MAX: Final = 900 * 2**20
"""Memory that metrics may take; the one not asked for longest goes. Assumed: nearly all hours of a
day for two kinds of vans; a metric of a city of 300,000 segments takes some 24 MB."""

TOGETHER: Final = 8
TOGETHER_MIN: Final = 6
"""Hours whose metrics are made at once: eight take as long as five one after the other, and so do
fewer; see ``hierarchy.abreast``."""

PLACES_MAX: Final = 4000
PATHS_MAX: Final = 4000
"""Places and paths kept under the same conditions: assumed, those of some hours of one depot."""

EFFECTS_MAX: Final = 1000
"""Incidents whose roads are kept: those in force come again with every question (assumed)."""


class Found(Protocol):
    """Travel from places to places: int32 (sources, targets), int32 (3, sources, targets)."""

    @property
    def duration_ms(self) -> NDArray[np.int32]:
        """Return milliseconds; ``UNREACHABLE_MS`` where no way leads."""
        ...

    @property
    def quantities(self) -> NDArray[np.int32]:
        """Return length and energies of the same ways; ``UNREACHABLE_MS`` where there is none."""
        ...


class Way(Protocol):
    """One fastest way, see ``hierarchy.engine.Way``."""

    @property
    def duration_ms(self) -> int:
        """Return how long it takes, in milliseconds."""
        ...

    @property
    def quantities(self) -> tuple[int, ...]:
        """Return its length and energies, as arcs count them."""
        ...

    @property
    def segments(self) -> NDArray[np.int32]:
        """Return its states, in driving order."""
        ...

    @property
    def arcs(self) -> NDArray[np.int32]:
        """Return the arcs between them, one fewer."""
        ...


class Metric(Protocol):
    """Travel under one set of costs, as the engines tell it; see ``hierarchy.engine.Metric``."""

    def with_durations(self, arcs: NDArray[np.int64], arc_ms: NDArray[np.int32]) -> Self:
        """Return the metric in which these arcs take this long."""
        ...

    def keep(self, ends: Ends, *, leaving: bool) -> Any:
        """Return places as ``matrix`` takes them too, with what it would search first."""
        ...

    def matrix(self, sources: Any, targets: Any) -> Found:
        """Return travel between places, which are ``Ends`` or were kept."""
        ...

    def apart(self, ends: Ends) -> Sequence[Any]:
        """Return each place on its own, as ``path`` takes it."""
        ...

    def path(self, source: Any, target: Any) -> Way | None:
        """Return the way that ``matrix`` tells of between places that ``apart`` gave."""
        ...

    def reach(self, source: Ends) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Return milliseconds and quantities from one place to the beginning of every state."""
        ...

    @property
    def size_bytes(self) -> int:
        """Return how much memory it takes, what it may share with others included."""
        ...


class Engine(Protocol):
    """Makes metrics of costs; see ``hierarchy.engine.Hierarchy``."""

    def customize(self, arc_ms: NDArray[np.int32], arc_quantities: NDArray[np.int32]) -> Metric:
        """Return the metric of these costs of arcs."""
        ...

    def customize_many(
        self, arc_ms: NDArray[np.int32], arc_quantities: NDArray[np.int32]
    ) -> Sequence[Metric]:
        """Return the metrics of several durations of arcs, int32 (metrics, arcs)."""
        ...


@dataclass(frozen=True, slots=True)
class Conditions:
    """What decides at an instant what roads cost one kind of van; equal ones share a metric."""

    now: InForce
    incidents: tuple[Incident, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Weights:
    """What roads cost under some conditions.

    Attributes
    ----------
    costs
        Of segments.
    arc_ms
        int32 (arcs,): the segment that an arc leaves, and the turn; beyond ``DURATION_MS_MAX``
        closed.
    metric
        Travel under these costs.
    places, paths
        Joined to the roads, and found between two of them, under these costs: the plans of a day
        ask for most of their places and many of their legs again.
    """

    costs: SegmentCosts
    arc_ms: NDArray[np.int32]
    metric: Metric
    places: "Kept[Joined]" = field(default_factory=lambda: Kept(PLACES_MAX))
    paths: "Kept[Path | None]" = field(default_factory=lambda: Kept(PATHS_MAX))

    def size_bytes(self) -> int:
        """Return how much memory it takes, what it may share with others included."""
        return self.costs.duration_ms.nbytes + self.arc_ms.nbytes + self.metric.size_bytes


class Metrics:
    """Makes and keeps the weights of one network under the conditions asked for.

    Parameters
    ----------
    snapper
        The roads with their lines.
    engine
        Returns what makes metrics; it is called when the first is made.
    """

    def __init__(self, snapper: Snapper, engine: Callable[[], Engine]) -> None:
        self._disruptions = Disruptions(snapper)
        self._engine = engine
        self._effects: Final = Kept[Effect](EFFECTS_MAX)
        self._kept: Final = Kept[Weights](METRICS_BYTES_MAX, Weights.size_bytes)

    def weights(self, weigher: Weigher, conditions: Conditions) -> Weights:
        """Return what roads cost a kind of van under some conditions."""
        now = conditions.now
        free = _freed(weigher, now)
        if conditions == Conditions(free):
            return self._kept.get((weigher, conditions), lambda: self._free(weigher, free))
        before = Conditions(now if conditions.incidents else free)
        change = self._disrupted if conditions.incidents else self._at_hour
        return self._kept.get(
            (weigher, conditions),
            lambda: change(weigher, conditions, self.weights(weigher, before)),
        )

    def prepare(self, weigher: Weigher, hours: Sequence[InForce]) -> None:
        """Make what ``weights`` will need at some hours, which takes less than one by one."""
        asked = dict.fromkeys(_freed(weigher, now) for now in hours)
        missing = [free for free in asked if (weigher, Conditions(free)) not in self._kept]
        for first in range(0, len(missing), TOGETHER):
            together = missing[first : first + TOGETHER]
            if len(together) >= TOGETHER_MIN:
                self._make_together(weigher, together)
        for now in hours:
            self.weights(weigher, Conditions(now))

    def _make_together(self, weigher: Weigher, hours: Sequence[InForce]) -> None:
        costs = [weigher.costs(now) for now in hours]
        durations = zip(hours, costs, strict=True)
        arc_ms = np.stack([weigher.arc_ms(now, one.duration_ms) for now, one in durations])
        metrics = self._engine().customize_many(arc_ms, weigher.arc_quantities)
        for now, *made in zip(hours, costs, arc_ms, metrics, strict=True):
            self._kept.get((weigher, Conditions(now)), partial(Weights, *made))

    def _free(self, weigher: Weigher, now: InForce) -> Weights:
        """Return the weights of a traffic slice: nothing is closed but what always is."""
        costs = weigher.costs(now)
        arc_ms = weigher.arc_ms(now, costs.duration_ms)
        metric = self._engine().customize(arc_ms, weigher.arc_quantities)
        return Weights(costs, arc_ms, metric)

    def _at_hour(self, weigher: Weigher, conditions: Conditions, before: Weights) -> Weights:
        """Return the weights with what hours and permits close."""
        costs = weigher.closing(conditions.now, before.costs)
        arc_ms = weigher.arc_ms(conditions.now, costs.duration_ms)
        arcs = np.flatnonzero(arc_ms != before.arc_ms)
        metric = before.metric.with_durations(arcs, arc_ms[arcs]) if len(arcs) else before.metric
        return Weights(costs, arc_ms, metric)

    def _disrupted(self, weigher: Weigher, conditions: Conditions, before: Weights) -> Weights:
        """Return the weights with what incidents close and slow down."""
        effects = [
            self._effects.get(one, partial(self._disruptions.effect, one))
            for one in conditions.incidents
        ]
        changed = self._disruptions.changed(worst(effects), before.costs.duration_ms)
        if not len(changed.segment):
            return before
        duration_ms = before.costs.duration_ms.copy()
        duration_ms[changed.segment] = changed.duration_ms
        arcs, changed_ms = weigher.changed_arcs(
            conditions.now, changed.segment, changed.duration_ms
        )
        arc_ms = before.arc_ms.copy()
        arc_ms[arcs] = changed_ms
        return Weights(
            replace(before.costs, duration_ms=duration_ms),
            arc_ms,
            before.metric.with_durations(arcs, changed_ms),
        )


def _freed(weigher: Weigher, now: InForce) -> InForce:
    """Return the hour with nothing closed but what always is."""
    return replace(weigher.in_force(), traffic=now.traffic)


def _itself[Value](value: Value) -> Value:
    return value


class Kept[Value]:
    """Things by key, the latest used ones; made once, however many threads ask.

    Parameters
    ----------
    size_max
        How large all that is kept may be together; the latest is kept in any case.
    size_of
        Returns the size of one; without it each counts 1.
    """

    def __init__(self, size_max: int, size_of: Callable[[Value], int] = lambda _: 1) -> None:
        self._size_max = size_max
        self._size_of = size_of
        self._size = 0
        self._values: OrderedDict[Hashable, Value] = OrderedDict()
        self._reading = Lock()
        self._making = RLock()  # what is made may need another

    def get(self, key: Hashable, make: Callable[[], Value]) -> Value:
        """Return the value of a key, made now if it is not kept."""
        with self._reading:
            if key in self._values:
                self._values.move_to_end(key)
                return self._values[key]
        with self._making:
            with self._reading:
                if key in self._values:
                    return self._values[key]
            value = make()
            with self._reading:
                self._values[key] = value
                self._size += self._size_of(value)
                while self._size > self._size_max and len(self._values) > 1:
                    _, gone = self._values.popitem(last=False)
                    self._size -= self._size_of(gone)
            return value

    def get_many[Key: Hashable](
        self, keys: Sequence[Key], make: Callable[[Sequence[Key]], Sequence[Value]]
    ) -> list[Value]:
        """Return the values of keys; those that are not kept are made together.

        Threads that ask for the same at once may each make it: what was kept first is returned.
        """
        with self._reading:
            found = {key: self._values[key] for key in keys if key in self._values}
            for key in found:
                self._values.move_to_end(key)
        new = [key for key in dict.fromkeys(keys) if key not in found]
        for key, value in zip(new, make(new) if new else (), strict=True):
            found[key] = self.get(key, partial(_itself, value))
        return [found[key] for key in keys]

    def __contains__(self, key: Hashable) -> bool:
        return key in self._values

    def __len__(self) -> int:
        return len(self._values)

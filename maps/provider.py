"""Travel by the road hierarchy: the fast provider, with all that ``answering`` says.

Decides how the hierarchy is asked. It is imported, and built, only when the first question comes:
its kernels take two seconds to load, the hierarchy of a large city as long to build.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

from maps.answering import RoadProvider
from maps.remainders import Ends
from maps.turns import TurnGraph

if TYPE_CHECKING:
    from maps.hierarchy import engine
    from maps.hierarchy.places import Places
    from maps.hierarchy.sweeping import Entries


class HierarchyProvider(RoadProvider):
    """Answers travel questions by the road hierarchy; see ``answering.RoadProvider``."""

    @staticmethod
    def _engine(turns: TurnGraph, edge_rank: NDArray[np.int32]) -> "HierarchyEngine":
        from maps.hierarchy import engine  # noqa: PLC0415 - its kernels take seconds to load

        return HierarchyEngine(engine.build(turns.graph, edge_rank))


@dataclass(frozen=True, slots=True, eq=False)
class HierarchyEngine:
    """Makes metrics by customizing a hierarchy."""

    hierarchy: "engine.Hierarchy"

    def customize(
        self, arc_ms: NDArray[np.int32], arc_quantities: NDArray[np.int32]
    ) -> "HierarchyMetric":
        """Return the metric of these costs of arcs."""
        return HierarchyMetric(self.hierarchy.customize(arc_ms, arc_quantities))

    def customize_many(
        self, arc_ms: NDArray[np.int32], arc_quantities: NDArray[np.int32]
    ) -> "list[HierarchyMetric]":
        """Return the metrics of several durations of arcs, faster than one by one."""
        made = self.hierarchy.customize_many(arc_ms, arc_quantities)
        return [HierarchyMetric(one) for one in made]


@dataclass(frozen=True, slots=True, eq=False)
class HierarchyMetric:
    """Travel under one set of costs: takes places as ``remainders`` gives them."""

    metric: "engine.Metric"

    def with_durations(self, arcs: NDArray[np.int64], arc_ms: NDArray[np.int32]) -> Self:
        """Return the metric in which these arcs take this long."""
        return type(self)(self.metric.with_durations(arcs, arc_ms))

    def keep(self, ends: Ends, *, leaving: bool) -> "engine.Kept":
        """Return places with their labels, for later matrices."""
        from maps.hierarchy.contraction import DOWN, UP  # noqa: PLC0415 - loaded by now

        return self.metric.keep(_places(ends), way=UP if leaving else DOWN)

    def matrix(
        self, sources: "Ends | engine.Kept", targets: "Ends | engine.Kept"
    ) -> "engine.Travel":
        """Return the fastest travel from each source to each target."""
        return self.metric.matrix(
            _places(sources) if isinstance(sources, Ends) else sources,
            _places(targets) if isinstance(targets, Ends) else targets,
        )

    def apart(self, ends: Ends) -> "list[Entries]":
        """Return each place on its own, as ``path`` takes it."""
        return self.metric.apart(_places(ends))

    def path(self, source: "Entries", target: "Entries") -> "engine.Way | None":
        """Return the way that ``matrix`` tells of, from one place to one, or None for none."""
        return self.metric.path(source, target)

    def reach(self, source: Ends) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Return the fastest travel from one place to the beginning of every state."""
        return self.metric.reach(_places(source))

    @property
    def size_bytes(self) -> int:
        """Return how much memory it takes, what it may share with others included."""
        return self.metric.size_bytes


def _places(ends: Ends) -> "Places":
    from maps.hierarchy.places import Places  # noqa: PLC0415 - loaded by now

    return Places(ends.place, ends.segment, ends.offset_ms, ends.offset_quantities, ends.count)

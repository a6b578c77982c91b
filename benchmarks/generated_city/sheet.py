"""What is drawn of a city so far: nodes, ways and relations in the words of OpenStreetMap."""

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from benchmarks.generated_city.ground import Floats

LARGE_CLASSES: Final = ("motorway", "trunk", "primary", "secondary", "tertiary")

Tags = dict[str, str]

CAR_CLASSES: Final = frozenset(
    {"living_street", "residential", "road", "service", "unclassified"}
    | {f"{name}{link}" for name in LARGE_CLASSES for link in ("", "_link")}
)
"""Values of ``highway`` that count as drivable, whoever else may not drive there."""


@dataclass(frozen=True, slots=True)
class Restriction:
    """A turn restriction: from one way by a node, or by ways, to another."""

    from_way: int
    via_node: int | None
    via_way: int | None
    to_way: int
    tags: Tags


@dataclass(slots=True)
class Sheet:
    """A growing map. Nodes and ways are known by their position; the first way is 0.

    Attributes
    ----------
    blocks
        Places of nodes, (n, 2) metres each.
    node_tags
        Tags of the nodes that have any.
    ways
        Nodes in order, and tags.
    restrictions
        Turn restrictions.
    """

    blocks: list[Floats] = field(default_factory=list)
    node_tags: dict[int, Tags] = field(default_factory=dict)
    ways: list[tuple[list[int], Tags]] = field(default_factory=list)
    restrictions: list[Restriction] = field(default_factory=list)
    node_count: int = 0

    def add_nodes(self, xy: Floats) -> int:
        """Add nodes and return the position of the first."""
        first = self.node_count
        self.blocks.append(xy)
        self.node_count += len(xy)
        return first

    def add_way(self, nodes: list[int], tags: Tags) -> int:
        """Add a way and return its position."""
        self.ways.append((nodes, tags))
        return len(self.ways) - 1

    def add_line(self, xy: Floats, tags: Tags, *, closed: bool = False) -> int:
        """Add a way with nodes of its own; a closed one ends where it begins."""
        first = self.add_nodes(xy)
        nodes = list(range(first, first + len(xy)))
        return self.add_way([*nodes, first] if closed else nodes, tags)

    def segment_count(self) -> int:
        """Return the steps from node to node of all ways of a class that cars drive."""
        return sum(
            len(nodes) - 1 for nodes, tags in self.ways if tags.get("highway") in CAR_CLASSES
        )

    def places(self) -> Floats:
        """Return the places of all nodes: (N, 2) metres."""
        return np.concatenate(self.blocks)

"""Cut ways at junctions, drop what is cut off, join what runs on unchanged.

Decides where vertices are and what belongs to the network. Leaves to ``building`` the arrays of a
network, and to ``banning`` turn restrictions, except that a vertex stays wherever one is tied.

Steps: ways are split at barriers, at missing nodes and wherever two meet, which gives *pieces*;
pieces outside the largest strongly connected component go; pieces that meet end to end where
nothing changes are joined into *edges*.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maps.dijkstra import strong_components
from maps.reading.extract import BARRIER, Extract

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Pieces:
    """Stretches of ways between vertices; P pieces.

    Attributes
    ----------
    way
        int64 (P,): position of the way in the extract.
    start, end
        int64 (P,): the nodes ``[start, end]`` of ``nodes``, both ends included.
    nodes
        int64: positions of nodes in the extract.
    """

    way: Ints
    start: Ints
    end: Ints
    nodes: Ints

    @property
    def first(self) -> Ints:
        """Return the first node of every piece."""
        return self.nodes[self.start]

    @property
    def last(self) -> Ints:
        """Return the last node of every piece."""
        return self.nodes[self.end]

    def only(self, kept: NDArray[np.bool_]) -> "Pieces":
        """Return some of the pieces."""
        return Pieces(self.way[kept], self.start[kept], self.end[kept], self.nodes)


@dataclass(frozen=True, slots=True, eq=False)
class Chains:
    """Pieces in a row, E of them: edge ``e`` is ``piece[start[e]:start[e + 1]]``.

    ``turned`` says which are passed against their nodes.
    """

    start: Ints
    piece: Ints
    turned: NDArray[np.bool_]


def cut(extract: Extract, forced: Ints) -> Pieces:
    """Cut all ways at barriers, missing nodes, forced nodes and wherever a node is used twice."""
    nodes, way, run = _runs(extract)
    node_count = len(extract.node_ids)
    shared = np.bincount(nodes, minlength=node_count) > 1
    begins = np.flatnonzero(np.diff(run, prepend=-1) > 0)
    ends = np.append(begins[1:], len(run)) - 1
    shared[nodes[begins]] = shared[nodes[ends[: len(begins)]]] = True
    shared[forced] = True
    at = np.flatnonzero(shared[nodes])
    joined = run[at[1:]] == run[at[:-1]]
    start, end = at[:-1][joined], at[1:][joined]
    return Pieces(way[start], start, end, nodes)


def _runs(extract: Extract) -> tuple[Ints, Ints, Ints]:
    """Return the nodes of what can be driven without passing a barrier or a gap.

    Returns
    -------
    tuple of arrays
        Positions of nodes, of their ways, and the number of the run that each belongs to.
    """
    counts = np.diff(extract.way_start)
    way = np.repeat(np.arange(len(counts)), counts)
    refs = extract.way_nodes
    fresh = np.ones(len(refs), dtype=np.bool_)
    fresh[1:] = (refs[1:] != refs[:-1]) | (way[1:] != way[:-1])  # a node twice in a row: a mistake
    refs, way = refs[fresh], way[fresh]
    at = np.searchsorted(extract.node_ids, refs)
    real = at < len(extract.node_ids)
    real[real] = extract.node_ids[at[real]] == refs[real]
    open_node = (extract.node_marks & BARRIER) == 0
    real[real] = open_node[at[real]]
    broken = np.ones(len(refs), dtype=np.bool_)
    broken[1:] = (way[1:] != way[:-1]) | ~real[:-1]
    run = np.cumsum(broken)
    at, way, run = at[real], way[real], run[real]
    long = np.bincount(run, minlength=1)[run] > 1
    _, run = np.unique(run[long], return_inverse=True)
    return at[long].astype(np.int64), way[long], run.astype(np.int64)


def connected(
    pieces: Pieces, forward: NDArray[np.bool_], backward: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Return which pieces lie in the largest strongly connected component."""
    if len(pieces.way) == 0:
        return np.zeros(0, dtype=np.bool_)
    numbers, ends = np.unique(np.concatenate((pieces.first, pieces.last)), return_inverse=True)
    first, last = np.split(ends, 2)
    tails = np.concatenate((first[forward], last[backward]))
    heads = np.concatenate((last[forward], first[backward]))
    labels = strong_components(tails, heads, len(numbers))
    sizes = np.bincount(labels)
    largest = int(np.argmax(sizes))
    if sizes[largest] < 2:
        return np.zeros(len(pieces.way), dtype=np.bool_)
    kept: NDArray[np.bool_] = (labels[first] == largest) & (labels[last] == largest)
    return kept


def join(pieces: Pieces, along: Ints, against: Ints, forced: Ints) -> Chains:
    """Join pieces that meet two by two where nothing changes.

    Parameters
    ----------
    pieces
        Those in the network.
    along, against
        int64 (P,): what a piece is, seen along and against its nodes; equal numbers are alike.
    forced
        Nodes that stay vertices in any case.
    """
    count = len(pieces.way)
    link = _links(pieces, along, against, forced)
    alone = (link[:, 0] < 0) & (link[:, 1] < 0)
    begins = np.flatnonzero(alone | ((link[:, 0] < 0) ^ (link[:, 1] < 0)))
    done = bytearray(count)
    links: list[list[int]] = link.tolist()
    piece: list[int] = []
    turned: list[bool] = []
    starts = [0]
    for begin in (*begins.tolist(), *range(count)):  # the second time round: rings
        if done[begin]:
            continue
        at, side = begin, int(links[begin][1] < 0 <= links[begin][0])
        while not done[at]:  # a piece is entered at its side, and left at the other
            done[at] = 1
            piece.append(at)
            turned.append(side == 1)
            following = links[at][1 - side]
            if following < 0:
                break
            at, side = divmod(following, 2)
        starts.append(len(piece))
    return Chains(_ints(starts), _ints(piece), np.array(turned, dtype=np.bool_))


def _links(pieces: Pieces, along: Ints, against: Ints, forced: Ints) -> Ints:
    """Return for both ends of each piece the end joined to it, 2 · piece + side, or -1."""
    count = len(pieces.way)
    ends = np.empty(2 * count, dtype=np.int64)  # end 2p is the first of piece p, 2p + 1 its last
    ends[0::2], ends[1::2] = pieces.first, pieces.last
    entered = np.empty(2 * count, dtype=np.int64)
    left = np.empty(2 * count, dtype=np.int64)
    entered[0::2], entered[1::2] = along, against
    left[0::2], left[1::2] = against, along
    order = np.argsort(ends, kind="stable")
    nodes = ends[order]
    begins = np.flatnonzero(np.diff(nodes, prepend=-1) > 0)
    pairs = begins[np.diff(np.append(begins, len(nodes))) == 2]
    one, other = order[pairs], order[pairs + 1]
    joined = (left[one] == entered[other]) & (one // 2 != other // 2)
    joined &= ~np.isin(nodes[pairs], forced)
    link = np.full(2 * count, -1, dtype=np.int64)
    link[one[joined]], link[other[joined]] = other[joined], one[joined]
    return link.reshape(-1, 2)


def _ints(values: Any) -> Ints:
    return np.array(values, dtype=np.int64)

"""The turn-expanded graph of a network: where one may go from every segment, and at what loss.

Decides which turns there are. Leaves what they cost to ``turning``, long restrictions to
``forbidden``, where through traffic ends to ``quarters`` and what segments cost to ``weighing``.

A *state* is a segment, or one of its copies: being on it says where one may go on. Segments that
are not for through traffic have two. By the *leaving* one, which is the first, go vans that set
out there: on to others like it and out to public roads. By the *reaching* one go vans that come
from public roads: on to others like it, never out. A place is reached by either, so two places of
one quarter reach each other inside it. An *arc* is a turn from one state onto the next.

Nothing here depends on the van, the hour or what happens on the roads.
"""

from collections import defaultdict
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from maps.forbidden import Forbidden, Run
from maps.geometry import LocalFrame
from maps.hierarchy.graph import ExpandedGraph, expanded_graph
from maps.network import ALWAYS, MOTORROAD, NO_THROUGH, RoadNetwork
from maps.places import LonLat
from maps.quarters import largest_core, ranges
from maps.speeds import FAST_CLASSES, ROAD_CLASSES
from maps.turning import turning

PAIR: Final = 2
"""Segments of a restriction that is about one turn alone."""


@dataclass(frozen=True, slots=True, eq=False)
class TurnGraph:
    """The states and arcs of a network with S segments; n states.

    Attributes
    ----------
    graph
        States as its segments, edges as its streets, arcs in the order of their tails.
    segment_quiet
        bool (S,): not for through traffic.
    state_segment
        int32 (n,): the segment of each state; state ``s`` below S is of segment ``s``.
    arc_start
        int64 (n + 1,): the arcs that leave state ``i`` are ``[start[i], start[i + 1])``.
    leave_start, leave_states
        int64 (S + 1,), int32: states by which a van that stands on segment ``s`` sets out, at
        ``[start[s], start[s + 1])``.
    reach_start, reach_states
        The same for the states by which a place on the segment is reached: all of its states.
    arc_turn_ms
        int32 (arcs,): loss of the turn, without what segments cost.
    arc_stop_ratio
        float32 (arcs,): mean full stops that the turn is worth.
    arc_hours_arc, arc_hours_index
        int32: arcs that are closed during ``network.hours[index]``; an arc may come twice.
    """

    graph: ExpandedGraph
    segment_quiet: NDArray[np.bool_]
    state_segment: NDArray[np.int32]
    arc_start: NDArray[np.int64]
    leave_start: NDArray[np.int64]
    leave_states: NDArray[np.int32]
    reach_start: NDArray[np.int64]
    reach_states: NDArray[np.int32]
    arc_turn_ms: NDArray[np.int32]
    arc_stop_ratio: NDArray[np.float32]
    arc_hours_arc: NDArray[np.int32]
    arc_hours_index: NDArray[np.int32]

    @property
    def arc_segment(self) -> NDArray[np.int32]:
        """Return the segment that each arc leaves, int32 (arcs,)."""
        return self.state_segment[self.graph.arc_tail]

    def arcs_from(self, segments: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the arcs that leave any state of these segments."""
        states = self.reach_states[
            ranges(self.reach_start[segments], self.reach_start[segments + 1])
        ]
        return ranges(self.arc_start[states], self.arc_start[states + 1])


@dataclass(frozen=True, slots=True, eq=False)
class _Turns:
    """Turns between segments, which several arcs may share: int64 arrays (turns,)."""

    before: NDArray[np.int64]
    after: NDArray[np.int64]
    back: NDArray[np.bool_]

    def only(self, kept: NDArray[np.bool_]) -> "_Turns":
        return _Turns(self.before[kept], self.after[kept], self.back[kept])


@dataclass(frozen=True, slots=True, eq=False)
class _Arcs:
    """Arcs as they are made: the states they join, and the turn that each is; int64 (arcs,).

    ``closed`` holds pairs of an arc and one of ``network.hours`` during which it is closed.
    """

    tail: NDArray[np.int64]
    head: NDArray[np.int64]
    turn: NDArray[np.int64]
    closed: tuple[tuple[int, int], ...] = ()


def expand(network: RoadNetwork) -> TurnGraph:
    """Return the turn-expanded graph of a network."""
    rules = _rules(network)
    turns = _turns(network)
    turns = turns.only(~np.isin(_keys(network, turns), rules.never))
    quiet = _quiet(network, turns)
    states = np.concatenate((np.arange(network.segment_count), np.flatnonzero(quiet)))
    arcs = _arcs(network, turns, quiet)
    if rules.runs:
        copies = _Copies(network.segment_count, states, Forbidden(rules.runs))
        arcs, states = copies.joined(arcs, turns), copies.state_segment
    arcs = _in_order(arcs)
    return _assembled(network, quiet, states, arcs, turns, rules)


@dataclass(frozen=True, slots=True, eq=False)
class _Rules:
    """Restrictions: keys of turns never allowed, hours of others by key, and longer runs."""

    never: NDArray[np.int64]
    by_hours: tuple[tuple[int, int], ...]
    runs: dict[Run, list[int]]


def _rules(network: RoadNetwork) -> _Rules:
    start, hours = network.restriction_start, network.restriction_hours
    is_pair = np.diff(start) == PAIR
    first = network.restriction_segments[start[:-1][is_pair]].astype(np.int64)
    second = network.restriction_segments[start[:-1][is_pair] + 1]
    keys, pair_hours = first * network.segment_count + second, hours[is_pair]
    always = pair_hours == ALWAYS
    by_hours = set(zip(keys[~always].tolist(), pair_hours[~always].tolist(), strict=True))
    runs: dict[Run, list[int]] = defaultdict(list)
    for number in np.flatnonzero(~is_pair).tolist():
        run = network.restriction_segments[start[number] : start[number + 1]]
        runs[tuple(run.tolist())].append(int(hours[number]))
    return _Rules(np.unique(keys[always]), tuple(sorted(by_hours)), dict(runs))


def _turns(network: RoadNetwork) -> _Turns:
    """Return all turns that the directions of the streets allow, turning back included."""
    leaving = np.argsort(network.segment_tail, kind="stable")
    vertices = np.arange(network.vertex_count + 1)
    start = np.searchsorted(network.segment_tail[leaving], vertices)
    begin, end = start[network.segment_head], start[network.segment_head + 1]
    before = np.repeat(np.arange(network.segment_count), end - begin)
    after = leaving[ranges(begin, end)]
    edge, turned = network.segment_edge, network.segment_reversed
    back = (edge[before] == edge[after]) & (turned[before] != turned[after])
    return _Turns(before, after, back)


def _keys(network: RoadNetwork, turns: _Turns) -> NDArray[np.int64]:
    return turns.before * network.segment_count + turns.after


def _quiet(network: RoadNetwork, turns: _Turns) -> NDArray[np.bool_]:
    """Return which segments are not for through traffic, bool (S,).

    Besides roads tagged so, these are the public ones that cannot be reached from all others and
    left again on public roads: whoever goes there has to pass roads that are not for passing.
    """
    tagged = (network.edge_flags[network.segment_edge] & NO_THROUGH) > 0
    public = ~(tagged[turns.before] | tagged[turns.after])
    usable = public & (~turns.back | _ends(network, turns, public)[turns.before])
    return ~largest_core(turns.before[usable], turns.after[usable], ~tagged)


def _ends(network: RoadNetwork, turns: _Turns, allowed: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return for each segment whether none of the allowed turns leads on from it, bool (S,).

    A motorway is no way on for who is not on one: vans that must not use it have to turn back.
    """
    fast_class = np.isin(network.edge_class, [ROAD_CLASSES.index(one) for one in FAST_CLASSES])
    fast = (fast_class | ((network.edge_flags & MOTORROAD) > 0))[network.segment_edge]
    on = allowed & ~turns.back & (~fast[turns.after] | fast[turns.before])
    ends = np.ones(network.segment_count, dtype=np.bool_)
    ends[turns.before[on]] = False
    return ends


def _arcs(network: RoadNetwork, turns: _Turns, quiet: NDArray[np.bool_]) -> _Arcs:
    """Return the arcs between states that are no copies for longer restrictions.

    Turning back is for dead ends only: where a van must not go on, be it because all roads on
    are not for through traffic.
    """
    before, after, back = turns.before, turns.after, turns.back
    reaching = np.cumsum(quiet) - 1 + network.segment_count
    enters = ~quiet[before] & quiet[after]
    inside = quiet[before] & quiet[after]
    first_ends, reach_ends = _ends(network, turns, ~enters), _ends(network, turns, inside)
    by_first, by_reaching = ~back | first_ends[before], ~back | reach_ends[before]
    kinds = (
        (~enters & by_first, before, after),
        (enters & by_first, before, reaching[after]),
        (inside & by_reaching, reaching[before], reaching[after]),
    )
    turn = [np.flatnonzero(kind) for kind, _, _ in kinds]
    return _Arcs(
        np.concatenate([tail[kind] for kind, tail, _ in kinds]),
        np.concatenate([head[kind] for kind, _, head in kinds]),
        np.concatenate(turn),
    )


class _Copies:
    """Copies of states that remember by which segments they were reached."""

    def __init__(
        self, segment_count: int, state_segment: NDArray[np.int64], forbidden: Forbidden
    ) -> None:
        self._forbidden = forbidden
        self._segment_count = segment_count
        self._first = len(state_segment)
        second = np.full(segment_count, -1)
        second[state_segment[segment_count:]] = np.arange(segment_count, self._first)
        self._copy: dict[tuple[Run, int], int] = {}
        for memory in forbidden.memories:
            for state in (memory[-1], int(second[memory[-1]])):
                if state >= 0:
                    self._copy[memory, state] = self._first + len(self._copy)
        copied = [memory[-1] for memory, _ in self._copy]
        self.state_segment = np.concatenate((state_segment, np.array(copied, dtype=np.int64)))

    def joined(self, arcs: _Arcs, turns: _Turns) -> _Arcs:
        """Return the arcs with those of the copies, which take over where a run begins."""
        by_tail = np.argsort(arcs.tail, kind="stable")
        start = np.searchsorted(arcs.tail[by_tail], np.arange(self._first + 1))
        head = arcs.head.copy()
        for arc in self._beginning(arcs, turns).tolist():
            pair = (int(turns.before[arcs.turn[arc]]), int(turns.after[arcs.turn[arc]]))
            head[arc] = self._copy[pair, int(head[arc])]
        made: list[tuple[int, int, int]] = []
        closed: list[tuple[int, int]] = []
        for (memory, state), copy in self._copy.items():
            for arc in by_tail[start[state] : start[state + 1]].tolist():
                turn, onto = int(arcs.turn[arc]), int(arcs.head[arc])
                step = self._forbidden.step(memory, int(turns.after[turn]))
                if step is None:
                    continue
                closed += [(len(head) + len(made), hours) for hours in step.hours]
                made.append((copy, self._copy.get((step.memory, onto), onto), turn))
        new = np.array(made, dtype=np.int64).reshape(-1, 3)
        return _Arcs(
            np.concatenate((arcs.tail, new[:, 0])),
            np.concatenate((head, new[:, 1])),
            np.concatenate((arcs.turn, new[:, 2])),
            tuple(closed),
        )

    def _beginning(self, arcs: _Arcs, turns: _Turns) -> NDArray[np.int64]:
        """Return the arcs whose two segments begin a run."""
        pairs = [memory for memory in self._forbidden.memories if len(memory) == PAIR]
        wanted = [first * self._segment_count + second for first, second in pairs]
        keys = turns.before * self._segment_count + turns.after
        return np.flatnonzero(np.isin(keys, wanted)[arcs.turn])


def _in_order(arcs: _Arcs) -> _Arcs:
    """Return the arcs in the order of their tails."""
    order = np.lexsort((arcs.head, arcs.tail))
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    closed = tuple((int(place[arc]), hours) for arc, hours in arcs.closed)
    return _Arcs(arcs.tail[order], arcs.head[order], arcs.turn[order], closed)


def _assembled(
    network: RoadNetwork,
    quiet: NDArray[np.bool_],
    states: NDArray[np.int64],
    arcs: _Arcs,
    turns: _Turns,
    rules: _Rules,
) -> TurnGraph:
    """Return the graph of these states and arcs, with what the turns cost."""
    costs = turning(network, turns.before, turns.after)
    hours_arc, hours_index = _hours(arcs, _keys(network, turns)[arcs.turn], rules)
    by_segment = np.argsort(states, kind="stable")
    segments = np.arange(network.segment_count + 1)
    return TurnGraph(
        graph=_graph(network, states, arcs),
        segment_quiet=quiet,
        state_segment=states.astype(np.int32),
        arc_start=np.searchsorted(arcs.tail, np.arange(len(states) + 1)),
        leave_start=segments,
        leave_states=segments[:-1].astype(np.int32),
        reach_start=np.searchsorted(states[by_segment], segments),
        reach_states=by_segment.astype(np.int32),
        arc_turn_ms=costs.lost_ms[arcs.turn],
        arc_stop_ratio=costs.stop_ratio[arcs.turn],
        arc_hours_arc=hours_arc,
        arc_hours_index=hours_index,
    )


def _hours(
    arcs: _Arcs, keys: NDArray[np.int64], rules: _Rules
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return arcs and the hours during which they are closed; ``keys`` are those of their turns."""
    by_key = np.argsort(keys, kind="stable")
    wanted = np.array([key for key, _ in rules.by_hours], dtype=np.int64)
    begin = np.searchsorted(keys[by_key], wanted)
    end = np.searchsorted(keys[by_key], wanted, side="right")
    of_pairs = np.array([hours for _, hours in rules.by_hours], dtype=np.int32)
    of_runs = np.array(arcs.closed, dtype=np.int32).reshape(-1, 2)
    arc = np.concatenate((by_key[ranges(begin, end)], of_runs[:, 0]))
    index = np.concatenate((np.repeat(of_pairs, end - begin), of_runs[:, 1]))
    return arc.astype(np.int32), index.astype(np.int32)


def _graph(network: RoadNetwork, states: NDArray[np.int64], arcs: _Arcs) -> ExpandedGraph:
    box = network.info.box
    middle = LonLat((box.west + box.east) / 2, (box.south + box.north) / 2)
    points = LocalFrame(middle, "turns").to_metres_many(network.vertex_lon, network.vertex_lat)
    return expanded_graph(
        segment_tail=network.segment_tail[states],
        segment_head=network.segment_head[states],
        segment_street=network.segment_edge[states],
        arc_tail=arcs.tail,
        arc_head=arcs.head,
        junction_x_m=points[:, 0],
        junction_y_m=points[:, 1],
    )

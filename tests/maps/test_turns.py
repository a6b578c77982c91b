"""Where one may go: the expanded graph against a search that reads the rules anew at each step."""

from collections import defaultdict
from heapq import heappop, heappush

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from maps.network import ALWAYS
from maps.turning import turning
from maps.turns import expand
from tests.maps.drawn_roads import HOURS, Roads, network_of

LEAVING, PUBLIC, REACHING = range(3)


class Rules:
    """The rules of a network, read from it as they are written."""

    def __init__(self, network, quiet, in_force):
        self.network, self.quiet = network, quiet
        self.hours = set(in_force) | {ALWAYS}
        start = network.restriction_start
        runs = [
            (tuple(network.restriction_segments[a:b].tolist()), int(hours))
            for a, b, hours in zip(start, start[1:], network.restriction_hours, strict=False)
        ]
        self.forbidden = {run for run, hours in runs if hours in self.hours}
        self.never = {run for run, hours in runs if hours == ALWAYS and len(run) == 2}

    def next_segments(self, segment):
        return np.flatnonzero(self.network.segment_tail == self.network.segment_head[segment])

    def is_back(self, one, other):
        edge, turned = self.network.segment_edge, self.network.segment_reversed
        return edge[one] == edge[other] and turned[one] != turned[other]

    def phase(self, phase, onto):
        """Return the phase after driving onto a segment, or None where it must not be entered."""
        if not self.quiet[onto]:
            return None if phase == REACHING else PUBLIC
        return LEAVING if phase == LEAVING else REACHING

    def may(self, walk, phase, onto):
        driven = (*walk, onto)
        if any(driven[start:] in self.forbidden for start in range(len(driven) - 1)):
            return False
        if not self.is_back(walk[-1], onto):
            return True
        for other in self.next_segments(walk[-1]).tolist():
            goes_on = self.phase(phase, other)
            through = goes_on is not None and not (phase == PUBLIC and goes_on == REACHING)
            free = through and (walk[-1], other) not in self.never
            if free and not self.is_back(walk[-1], other):
                return False
        return True

    def costs_from(self, origin, segment_cost, turn_cost):
        """Return the least cost of every segment's beginning, by a search over walks."""
        longest = max((len(run) for run in self.forbidden), default=2)
        phase = LEAVING if self.quiet[origin] else PUBLIC
        queue, done = [(0, (origin,), phase)], set()
        best: dict[int, int] = {}
        while queue:
            cost, walk, phase = heappop(queue)
            if (walk, phase) in done:
                continue
            done.add((walk, phase))
            best.setdefault(walk[-1], cost)
            for onto in self.next_segments(walk[-1]).tolist():
                then = self.phase(phase, onto)
                if then is None or not self.may(walk, phase, onto):
                    continue
                step = segment_cost[walk[-1]] + turn_cost[walk[-1], onto]
                heappush(queue, (cost + step, (*walk, onto)[1 - longest :], then))
        return best


def costs_on_graph(network, graph, in_force, origin, segment_cost):
    arcs = defaultdict(list)
    closed = set(graph.arc_hours_arc[np.isin(graph.arc_hours_index, list(in_force))].tolist())
    for arc in range(graph.graph.arc_count):
        if arc not in closed:
            tail = int(graph.graph.arc_tail[arc])
            cost = segment_cost[graph.state_segment[tail]] + int(graph.arc_turn_ms[arc])
            arcs[tail].append((int(graph.graph.arc_head[arc]), cost))
    leave = graph.leave_states[graph.leave_start[origin] : graph.leave_start[origin + 1]]
    queue, best = [(0, int(state)) for state in leave], {}
    while queue:
        cost, state = heappop(queue)
        if state not in best:
            best[state] = cost
            for onto, step in arcs[state]:
                heappush(queue, (cost + step, onto))
    answer = {}
    for segment in range(network.segment_count):
        states = graph.reach_states[graph.reach_start[segment] : graph.reach_start[segment + 1]]
        found = [best[int(state)] for state in states if int(state) in best]
        if found:
            answer[segment] = min(found)
    return answer


@st.composite
def drawn_roads(draw):
    vertices = draw(st.integers(2, 5))
    vertex = st.integers(0, vertices - 1)
    one = st.tuples(vertex, vertex, st.booleans() | st.just(True), st.integers(0, 3))
    edges = draw(st.lists(one, min_size=2, max_size=7))
    roads = Roads(vertices, tuple((a, b, two, rare == 0) for a, b, two, rare in edges))
    network = network_of(roads)
    runs = []
    for _ in range(draw(st.integers(0, 3))):
        walk = [draw(st.integers(0, network.segment_count - 1))]
        while len(walk) < 6:
            ways = np.flatnonzero(network.segment_tail == network.segment_head[walk[-1]])
            if not len(ways):
                break
            walk.append(int(draw(st.sampled_from(ways.tolist()))))
        for _ in range(draw(st.integers(0, 3))):  # slices of one walk, so that runs overlap
            start = draw(st.integers(0, max(len(walk) - 2, 0)))
            run = tuple(walk[start : start + draw(st.integers(2, 5))])
            if len(run) >= 2:
                runs.append((run, draw(st.sampled_from([ALWAYS, ALWAYS, 0, 1]))))
    return Roads(vertices, roads.edges, tuple(runs))


@given(drawn_roads(), st.sets(st.integers(0, len(HOURS) - 1)))
@settings(max_examples=120)
def test_the_graph_allows_what_the_rules_allow_and_nothing_else(roads, in_force):
    network = network_of(roads)
    graph = expand(network)
    rules = Rules(network, graph.segment_quiet, in_force)
    pairs = [(a, int(b)) for a in range(network.segment_count) for b in rules.next_segments(a)]
    before, after = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    turn_cost = dict(zip(pairs, turning(network, before, after).lost_ms.tolist(), strict=True))
    segment_cost = [1000 + 617 * segment % 1301 for segment in range(network.segment_count)]
    for origin in range(network.segment_count):
        expected = rules.costs_from(origin, segment_cost, turn_cost)
        found = costs_on_graph(network, graph, in_force, origin, segment_cost)
        assert found == expected, f"from segment {origin}"

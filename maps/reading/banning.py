"""Turn restrictions on a network: which segments must not follow each other.

Decides what a restriction forbids on the roads kept, and which restrictions cannot be meant: those
that do not fit the roads, contradict each other, or leave no way out. These are counted by reason
and left out. Leaves to ``restrictions`` what the tags say, and to ``turns`` how a search keeps it.

References
----------
.. [1] https://wiki.openstreetmap.org/wiki/Relation:restriction
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from maps.reading.restrictions import Restriction

VIA_SEGMENTS_MAX: Final = 40
"""Longest course over via ways that is looked for. Assumed: a mapped one crosses one junction."""

Run = tuple[int, ...]

NO_SUCH_TURN: Final = "no such turn on the roads kept"
TARGET_CLOSED: Final = "their only way out cannot be driven"
UNSPLIT: Final = "their ways are not split at the node"
NOT_MEETING: Final = "members do not meet"
CONTRADICTING: Final = "they contradict each other"
NO_WAY_OUT: Final = "they leave no way out"
UNKNOWN_WAYS: Final = "on ways that are not in the network"


class Segments:
    """Directed segments, to be asked what meets where.

    Parameters
    ----------
    tail, head
        Vertices of every segment, int arrays of shape (S,).
    first_way, last_way
        Numbers of the ways on which it begins and ends.
    twin
        The same road the other way, or -1.
    """

    def __init__(
        self,
        *,
        tail: NDArray[np.int64],
        head: NDArray[np.int64],
        first_way: NDArray[np.int64],
        last_way: NDArray[np.int64],
        twin: NDArray[np.int64],
    ) -> None:
        self.head, self.twin = head, twin
        self.first_way, self.last_way = first_way, last_way
        self._by_tail = np.argsort(tail, kind="stable")
        self._by_head = np.argsort(head, kind="stable")
        self._tails, self._heads = tail[self._by_tail], head[self._by_head]
        self._ending = np.argsort(last_way, kind="stable")
        self._ending_ways = last_way[self._ending]

    def leaving(self, vertex: int) -> list[int]:
        """Return the segments that begin at a vertex."""
        return _slice(self._by_tail, self._tails, vertex)

    def entering(self, vertex: int) -> list[int]:
        """Return the segments that end at a vertex."""
        return _slice(self._by_head, self._heads, vertex)

    def ending_on(self, way: int) -> list[int]:
        """Return the segments whose last stretch is part of a way."""
        return _slice(self._ending, self._ending_ways, way)

    def onwards(self, segment: int, ways: Iterable[int]) -> list[int]:
        """Return the segments after one that begin on one of the ways, without turning round."""
        wanted, back = set(ways), self.twin[segment]
        following = self.leaving(int(self.head[segment]))
        return [one for one in following if one != back and int(self.first_way[one]) in wanted]


def _slice(order: NDArray[np.int64], values: NDArray[np.int64], value: int) -> list[int]:
    begin, end = np.searchsorted(values, (value, value + 1))
    found: list[int] = order[begin:end].tolist()
    return found


@dataclass(frozen=True, slots=True)
class Ban:
    """Runs of segments that one restriction forbids, and the hours at which it does."""

    restriction: Restriction
    runs: tuple[Run, ...]
    course: Run = ()
    """The segments that an ``only_`` restriction wants driven."""


def bans_of(
    restrictions: Iterable[Restriction], segments: Segments, vertices: Mapping[int, int]
) -> tuple[list[Ban], Counter[str]]:
    """Return what restrictions forbid on a network, and how many are left out for what reason.

    Parameters
    ----------
    restrictions
        Those that hold for a van.
    segments
        The network's.
    vertices
        Vertices by the number of their node in OpenStreetMap.
    """
    bans: list[Ban] = []
    left_out: Counter[str] = Counter()
    for restriction in restrictions:
        if restriction.via_node is None:
            found = _over_ways(restriction, segments)
        else:
            found = _at_node(restriction, segments, vertices.get(restriction.via_node))
        if isinstance(found, str):
            left_out[found] += 1
        else:
            bans.append(found)
    contradicting = _contradicting(bans)
    left_out[CONTRADICTING] += len(contradicting)
    bans = _without(bans, contradicting)
    closing = _closing(bans, segments)
    left_out[NO_WAY_OUT] += len(closing)
    return _without(bans, closing), left_out


def _without(bans: list[Ban], dropped: set[int]) -> list[Ban]:
    return [ban for number, ban in enumerate(bans) if number not in dropped]


def _at_node(restriction: Restriction, segments: Segments, vertex: int | None) -> Ban | str:
    if vertex is None:
        return UNKNOWN_WAYS
    leaving = segments.leaving(vertex)
    into = [s for s in segments.entering(vertex) if segments.last_way[s] in restriction.from_ways]
    onto = [s for s in leaving if segments.first_way[s] in restriction.to_ways]
    only = restriction.kind.startswith("only_")
    if not into or not onto:
        return TARGET_CLOSED if into and only else NO_SUCH_TURN
    turning_back = restriction.kind.endswith("u_turn") and (
        restriction.from_ways == restriction.to_ways
    )
    if turning_back:
        pairs = [(s, int(segments.twin[s])) for s in into if segments.twin[s] in onto]
    elif len(into) > len(restriction.from_ways) or len(onto) > len(restriction.to_ways):
        return UNSPLIT
    else:
        pairs = [(s, t) for s in into for t in onto]
    if not pairs:
        return NO_SUCH_TURN
    if not only:
        return Ban(restriction, tuple(pairs))
    if len(pairs) > 1:
        return UNSPLIT
    others = [x for x in leaving if x != pairs[0][1]]
    return Ban(restriction, tuple((pairs[0][0], x) for x in others), pairs[0])


def _over_ways(restriction: Restriction, segments: Segments) -> Ban | str:
    for via_ways in (restriction.via_ways, restriction.via_ways[::-1]):
        course = _course(restriction, via_ways, segments)
        if course is None:
            continue
        if not restriction.kind.startswith("only_"):
            return Ban(restriction, (course,))
        runs = [
            (*course[: number + 1], other)
            for number, here in enumerate(course[:-1])
            for other in segments.leaving(int(segments.head[here]))
            if other != course[number + 1]
        ]
        return Ban(restriction, tuple(runs), course)
    return NOT_MEETING


def _course(restriction: Restriction, via_ways: tuple[int, ...], segments: Segments) -> Run | None:
    """Return the shortest drive from the first way over all via ways, in order, onto the last."""
    waiting: list[tuple[Run, int]] = [
        ((segment,), -1) for way in restriction.from_ways for segment in segments.ending_on(way)
    ]
    for _ in range(VIA_SEGMENTS_MAX):
        longer: list[tuple[Run, int]] = []
        for run, passed in waiting:
            onto = segments.onwards(run[-1], restriction.to_ways)
            if onto and passed == len(via_ways) - 1:
                return (*run, onto[0])
            for number in {passed, passed + 1} & set(range(len(via_ways))):
                longer += [
                    ((*run, one), number)
                    for one in segments.onwards(run[-1], via_ways[number : number + 1])
                    if one not in run
                ]
        waiting = longer
    return None


def _contradicting(bans: list[Ban]) -> set[int]:
    """Return the ``only_`` restrictions that from one segment want different ones next."""
    wanted: dict[tuple[int, str], dict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
    for number, ban in enumerate(bans):
        if ban.course:
            key = ban.course[0], ban.restriction.hours
            wanted[key][ban.course[1]].append(number)
    return {
        number
        for targets in wanted.values()
        if len(targets) > 1
        for numbers in targets.values()
        for number in numbers
    }


def _closing(bans: list[Ban], segments: Segments) -> set[int]:
    """Return the restrictions that together leave no way out of a segment, nor back.

    Of those that do so at some hours only, the ones that hold at these hours go.
    """
    banned: dict[int, list[tuple[int, int, str]]] = defaultdict(list)
    for number, ban in enumerate(bans):
        for run in ban.runs:
            if len(run) == 2:
                banned[run[0]].append((run[1], number, ban.restriction.hours))
    closing: set[int] = set()
    for segment, turns in banned.items():
        ways_out = set(segments.leaving(int(segments.head[segment])))
        for hours in sorted({hours for _, _, hours in turns}):  # first "", which is always
            holding = [one for one in turns if one[1] not in closing and one[2] in ("", hours)]
            if ways_out <= {target for target, _, _ in holding}:
                closing.update(number for _, number, when in holding if when == hours)
    return closing

"""Take strings of neighbouring jobs out of neighbouring routes.

Decides which jobs an iteration moves: adjacent string removal of SISR (Christiaens and Vanden
Berghe 2020, "Slack induction by string removals for vehicle routing problems", Transportation
Science 54(2), doi 10.1287/trsc.2019.0914, section 4), whole strings or split ones.
"""

from typing import Final

from routing.kernel.compiling import part, routine
from routing.kernel.drawing import below, ratio
from routing.kernel.labelling import freshen
from routing.kernel.layout import (
    ABSENCES,
    ABSENT,
    BEFORE,
    COUNT,
    FOCUSED,
    FREEZES,
    FROZEN,
    JOBS,
    NEXT,
    PROMISED,
    RELOADS,
    REMOVED,
    RICH,
    ROUTE,
    ROUTE_MARK,
    ROUTES,
    STAMP,
    STRING_MAX,
    TIMED,
    Draft,
    Question,
)
from routing.kernel.moving import retime, retime_back, take_out, trip_of
from routing.kernel.settling import settle

SPLIT_CHANCE: Final = 0.5
"""How often a string is split; alpha of the paper's section 6.1."""

DEEPER_CHANCE: Final = 0.01
"""How often one more job is kept in the middle of a split string; beta of the paper."""

ABSENT_CHANCE: Final = 0.85
"""How often an iteration that eliminates a route makes room around an absent job (measured)."""


@part
def _loose(question: Question, at: int) -> bool:
    """Return whether a node is a job that may be taken out."""
    if at >= question.size[JOBS]:
        return False
    return not question.size[FREEZES] or question.promise[at, FROZEN] == 0


@routine
def _loose_beside(question: Question, draft: Draft, at: int) -> int:
    """Return how many jobs in a row around a job, itself included, may be taken out."""
    node, count = draft.node, 1
    walk = node[at, BEFORE]
    while _loose(question, walk):
        count, walk = count + 1, node[walk, BEFORE]
    walk = node[at, NEXT]
    while _loose(question, walk):
        count, walk = count + 1, node[walk, NEXT]
    return count


@part
def _first(question: Question, draft: Draft, at: int, length: int) -> int:
    """Return the first job of a string of this length around a job, drawn by chance."""
    node = draft.node
    room_before = room_after = 0
    walk = node[at, BEFORE]
    while _loose(question, walk) and room_before < length - 1:
        room_before += 1
        walk = node[walk, BEFORE]
    walk = node[at, NEXT]
    while _loose(question, walk) and room_after < length - 1:
        room_after += 1
        walk = node[walk, NEXT]
    least = length - 1 - room_after
    back = least + below(draft.random, room_before - least + 1)
    for _ in range(back):
        at = node[at, BEFORE]
    return at


@part
def _take(question: Question, draft: Draft, first: int, length: int) -> int:
    """Take out jobs in a row and return the node behind them."""
    node = draft.node
    before, at = node[first, BEFORE], first
    for _ in range(length):
        after = node[at, NEXT]
        take_out(question, draft, at)
        at = after
    if question.size[TIMED]:
        retime(question, draft, at)
        retime_back(question, draft, before)
    return at


@part
def _take_string(question: Question, draft: Draft, at: int, longest: float) -> tuple[int, int]:
    """Take out a string that holds a job, or the two ends of one; return the nodes around it."""
    random = draft.random
    count = draft.route[draft.node[at, ROUTE], COUNT]
    if question.size[PROMISED]:
        count = _loose_beside(question, draft, at)
    length = int(ratio(random) * min(float(count), longest) + 1.0)
    length = min(length, count)
    kept = 0
    if 1 < length < count and ratio(random) < SPLIT_CHANCE:
        kept = 1
        while length + kept < count and ratio(random) < DEEPER_CHANCE:
            kept += 1
    at = _first(question, draft, at, length + kept)
    before = draft.node[at, BEFORE]
    if question.size[RICH]:
        after = at
        for _ in range(length + kept):
            after = draft.node[after, NEXT]
        freshen(question, draft, draft.node[at, ROUTE], before, after)
    ahead = length if kept == 0 else 1 + below(random, length - 1)
    while length > 0:
        at = _take(question, draft, at, ahead)
        length -= ahead
        ahead = length
        for _ in range(kept if length > 0 else 0):
            at = draft.node[at, NEXT]
    return before, at


@part
def ruin(question: Question, draft: Draft) -> None:
    """Take out strings around one job in the focus, drawn by chance, or around an absent one."""
    number, random = draft.number, draft.random
    jobs = question.size[JOBS]
    if number[ROUTES] == 0:
        return
    longest = min(float(question.size[STRING_MAX]), (jobs - number[ABSENT]) / number[ROUTES])
    strings_max = 4.0 * question.size[REMOVED] / (1.0 + longest) - 1.0
    strings = int(ratio(random) * strings_max + 1.0)
    seed = draft.focus[below(random, number[FOCUSED])]
    if question.size[RICH] and number[ABSENCES] > 0 and ratio(random) < ABSENT_CHANCE:
        seed = draft.absent[below(random, number[ABSENT])]
    neighbour = -1
    while strings > 0 and neighbour < question.around.shape[1]:
        at = seed if neighbour < 0 else int(question.around[seed, neighbour])
        neighbour += 1
        vehicle = draft.node[at, ROUTE]
        if vehicle < 0 or not _loose(question, at):
            continue
        trip = trip_of(question, draft.node, at) if question.size[RELOADS] else vehicle
        if draft.route[trip, ROUTE_MARK] != number[STAMP]:
            before, after = _take_string(question, draft, at, longest)
            if question.size[RICH]:
                settle(question, draft, vehicle, before, after)
            strings -= 1

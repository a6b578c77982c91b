"""Which segments through traffic may use, and which only lead to places on them.

Decides where through traffic ends: at roads tagged so, and at all roads behind them. Leaves to
``turns`` how the two kinds are joined.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray


def largest_core(
    tail: NDArray[np.int64], head: NDArray[np.int64], member: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Return the members of a graph's largest strongly connected part.

    Parameters
    ----------
    tail, head
        Arcs between numbers ``0`` to ``len(member) - 1``; those that leave or enter a number that
        is no member are passed over.
    member
        bool (n,): which numbers count.
    """
    inside = member[tail] & member[head]
    ahead = _Arcs(tail[inside], head[inside], len(member))
    behind = _Arcs(head[inside], tail[inside], len(member))
    rest, best = member.copy(), np.zeros_like(member)
    while rest.sum() > best.sum():
        left = np.flatnonzero(rest)
        seed = int(left[len(left) // 2])  # the middle of a city file is rarely an odd corner
        part = ahead.reached(seed) & behind.reached(seed)
        rest &= ~part
        if part.sum() > best.sum():
            best = part
    return best


class _Arcs:
    """Arcs by their tails, to be followed level by level."""

    def __init__(self, tail: NDArray[np.int64], head: NDArray[np.int64], count: int) -> None:
        order = np.argsort(tail, kind="stable")
        self._head: Final = head[order]
        self._start: Final = np.searchsorted(tail[order], np.arange(count + 1))
        self._count: Final = count

    def reached(self, seed: int) -> NDArray[np.bool_]:
        """Return what can be reached from one number, itself included."""
        seen = np.zeros(self._count, dtype=np.bool_)
        seen[seed] = True
        level = np.array([seed])
        while len(level):
            begin, end = self._start[level], self._start[level + 1]
            found = self._head[ranges(begin, end)]
            level = np.unique(found[~seen[found]])
            seen[level] = True
        return seen


def ranges(begin: NDArray[np.int64], end: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the whole numbers of all ranges ``begin[i]`` to just before ``end[i]``, in order."""
    counts = end - begin
    total = np.cumsum(counts)
    skipped = np.repeat(begin - (total - counts), counts)
    numbers: NDArray[np.int64] = skipped + np.arange(len(skipped))
    return numbers

"""Forbidden runs of three and more segments, kept exactly by copies of the states on their way.

Decides which copies there are and where the turns between them lead: an automaton of Aho and
Corasick [1]_ over the runs. Being on a copy of a segment says by which segments one came, as far
as any run can still need it. Runs of two segments need no copies: ``turns`` takes the turn away.

References
----------
.. [1] Aho and Corasick, Communications of the ACM 18(6), 1975, doi 10.1145/360825.360855
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from maps.network import ALWAYS

Run = tuple[int, ...]
"""Segments driven one after the other."""

COPIED_LENGTH_MIN: Final = 2
"""A shorter beginning of a run needs no copy: the segment itself says it."""


@dataclass(frozen=True, slots=True)
class Step:
    """What comes of driving one segment further.

    Attributes
    ----------
    memory
        The beginning of a run that the last segments driven are, the longest, or an empty run.
    hours
        Hours during which the step is forbidden.
    """

    memory: Run
    hours: tuple[int, ...]


class Forbidden:
    """Remembers what was driven as far as the runs need it, and refuses their last steps.

    Parameters
    ----------
    runs
        Runs of three and more segments with the hours during which each is forbidden, which may
        be ``ALWAYS``.
    """

    def __init__(self, runs: Mapping[Run, Sequence[int]]) -> None:
        self._runs: Final = {run: tuple(sorted(set(hours))) for run, hours in runs.items()}
        beginnings = {run[:length] for run in runs for length in range(COPIED_LENGTH_MIN, len(run))}
        self.memories: Final = tuple(sorted(beginnings))
        """Beginnings of runs, two segments and longer: each needs a copy of its last segment."""
        self._beginnings = beginnings

    def step(self, memory: Run, segment: int) -> Step | None:
        """Return what driving ``segment`` after ``memory`` leads to; None if never allowed.

        Parameters
        ----------
        memory
            One of ``memories``, or a run of the last segment alone.
        segment
            A segment that begins where the last one ends.
        """
        driven = (*memory, segment)
        hours: set[int] = set()
        for start in range(len(driven) - COPIED_LENGTH_MIN):
            hours.update(self._runs.get(driven[start:], ()))
        if ALWAYS in hours:
            return None
        return Step(self._longest_beginning(driven), tuple(sorted(hours)))

    def _longest_beginning(self, driven: Run) -> Run:
        for start in range(len(driven) - COPIED_LENGTH_MIN + 1):
            if driven[start:] in self._beginnings:
                return driven[start:]
        return ()

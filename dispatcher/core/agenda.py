"""What falls due when: an instant per key, the earliest at hand, changes cheap.

Decides nothing. It spares the core from walking all parcels and trips after every event.
"""

import heapq
from dataclasses import dataclass, field

from maps.units import Instant

STALE_COUNT_MIN = 64
"""Below so many outdated notes it is not worth tidying; assumed."""


@dataclass(slots=True)
class Agenda:
    """One instant per key, readable from the earliest on; ties go by key.

    Most keys are put off, again and again: a key's note in the heap stays where it was first made,
    and is moved only when it comes to the top. Each key has one note that counts (``_noted``),
    never later than its instant.
    """

    _at: dict[str, Instant] = field(default_factory=dict)
    _noted: dict[str, Instant] = field(default_factory=dict)
    _heap: list[tuple[Instant, str]] = field(default_factory=list)

    def __contains__(self, key: str) -> bool:
        return key in self._at

    def __len__(self) -> int:
        return len(self._at)

    def put(self, key: str, at: Instant) -> None:
        """Enter a key, or move it to another instant."""
        self._at[key] = at
        noted = self._noted.get(key)
        if noted is None or at < noted:
            self._noted[key] = at
            heapq.heappush(self._heap, (at, key))
            if len(self._heap) > 2 * len(self._at) + STALE_COUNT_MIN:
                self._tidy()

    def drop(self, key: str) -> None:
        """Take a key out, if it is there."""
        self._at.pop(key, None)

    def first(self) -> Instant | None:
        """Return the earliest instant, or None if there is none."""
        heap = self._heap
        while heap:
            noted, key = heap[0]
            at = self._at.get(key)
            if at == noted:
                return at
            heapq.heappop(heap)
            if self._noted.get(key) != noted:
                continue  # another note of it counts
            if at is None:
                del self._noted[key]
            else:
                self._noted[key] = at
                heapq.heappush(heap, (at, key))
        return None

    def take_due(self, until: Instant, count_max: int | None = None) -> list[str]:
        """Take out the keys whose instant is not after ``until``, earliest first.

        All of them, or ``count_max`` at most.
        """
        due: list[str] = []
        while self._heap and self._heap[0][0] <= until:  # no key is due before its note
            if len(due) == count_max:
                break
            at = self.first()
            if at is None or at > until:
                break
            _, key = heapq.heappop(self._heap)
            del self._at[key]
            if self._noted.get(key) == at:
                del self._noted[key]
            due.append(key)
        return due

    def sorted_keys(self) -> list[str]:
        """Return all keys, sorted."""
        return sorted(self._at)

    def _tidy(self) -> None:
        """Make all notes anew."""
        self._noted = dict(self._at)
        self._heap = [(at, key) for key, at in self._at.items()]
        heapq.heapify(self._heap)

"""What falls due when: an instant per key, the earliest at hand, changes cheap.

Decides nothing. It spares the core from walking all parcels and trips after every event.
"""

import heapq

from maps.units import Instant

STALE_COUNT_MIN = 64
"""Below so many outdated notes it is not worth tidying; assumed."""


class Agenda:
    """One instant per key, readable from the earliest on; ties go by key."""

    def __init__(self) -> None:
        self._at: dict[str, Instant] = {}
        self._heap: list[tuple[Instant, str]] = []

    def __contains__(self, key: str) -> bool:
        return key in self._at

    def __len__(self) -> int:
        return len(self._at)

    def put(self, key: str, at: Instant) -> None:
        """Enter a key, or move it to another instant."""
        if self._at.get(key) == at:
            return
        self._at[key] = at
        heapq.heappush(self._heap, (at, key))
        if len(self._heap) > 2 * len(self._at) + STALE_COUNT_MIN:
            self._heap = [(instant, name) for name, instant in self._at.items()]
            heapq.heapify(self._heap)

    def drop(self, key: str) -> None:
        """Take a key out, if it is there."""
        self._at.pop(key, None)

    def first(self) -> Instant | None:
        """Return the earliest instant, or None if there is none."""
        while self._heap and self._at.get(self._heap[0][1]) != self._heap[0][0]:
            heapq.heappop(self._heap)
        return self._heap[0][0] if self._heap else None

    def take_due(self, until: Instant) -> list[str]:
        """Take out all keys whose instant is not after ``until``, earliest first."""
        due: list[str] = []
        while (at := self.first()) is not None and at <= until:
            _, key = heapq.heappop(self._heap)
            del self._at[key]
            due.append(key)
        return due

    def sorted_keys(self) -> list[str]:
        """Return all keys, sorted."""
        return sorted(self._at)

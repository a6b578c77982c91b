"""Where only so many vans can stand at once: a depot's docks, and the plugs of each charger.

Decides who may stand, and whose turn is next: first come, first served. When a van comes and goes
is its own to say, what it does there ``van``'s.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from maps.places import LonLat
from maps.units import Instant

DOCKS: Final = "docks"
"""The stand at which vans are loaded and emptied; every other one is a charger, by its place."""

Stand = str | LonLat
"""A name of what only so many vans can use at once."""

BEFORE_ALL: Final = Instant(0)


@dataclass(slots=True)
class _Queue:
    """Who stands at a stand, who waits, in the order of their coming, and when one last left."""

    count_max: int
    left_at: Instant = BEFORE_ALL
    standing: set[str] = field(default_factory=set)
    waiting: deque[str] = field(default_factory=deque)


class Stands:
    """The docks and plugs that the vans of a depot share.

    Parameters
    ----------
    count_max
        How many vans each stand has room for, at least 1; a stand that is not named has room for
        all.
    """

    def __init__(self, count_max: Mapping[Stand, int] | None = None) -> None:
        self._queues = {stand: _Queue(count) for stand, count in (count_max or {}).items()}
        self._called: list[str] = []

    def take(self, stand: Stand, van_id: str, now: Instant) -> bool:
        """Stand there, or get in line; return whether the van stands there now.

        Vans live through time one after the other: none has room before another one has left.
        """
        queue = self._queues.get(stand)
        if queue is None or van_id in queue.standing:
            return True
        if van_id not in queue.waiting:
            queue.waiting.append(van_id)
        is_next = queue.waiting[0] == van_id and now >= queue.left_at
        if not is_next or len(queue.standing) >= queue.count_max:
            return False
        queue.waiting.popleft()
        queue.standing.add(van_id)
        self._call(queue)
        return True

    def leave(self, stand: Stand, van_id: str, now: Instant) -> None:
        """Make room, or get out of line; nothing changes where the van does neither."""
        queue = self._queues.get(stand)
        if queue is None:
            return
        if van_id in queue.standing:
            queue.standing.remove(van_id)
            queue.left_at = max(queue.left_at, now)
        if van_id in queue.waiting:
            queue.waiting.remove(van_id)
        self._call(queue)

    def take_called(self) -> tuple[str, ...]:
        """Return the vans whose turn has come since the last call; they have to ``take``."""
        called, self._called = tuple(self._called), []
        return called

    def _call(self, queue: _Queue) -> None:
        if queue.waiting and len(queue.standing) < queue.count_max:
            self._called.append(queue.waiting[0])

"""Where only so many vans can stand at once: a depot's docks, and the plugs of each charger.

Decides who may stand, and whose turn is next: first come, first served. When a van comes and goes
is its own to say, what it does there ``van``'s. A van that breaks down where it stands keeps its
place until it goes on (assumed: nobody tows it away from a dock).
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
        self._called: dict[str, None] = {}

    def has_room(self, stand: Stand, van_id: str, now: Instant) -> bool:
        """Return whether a van stands there, or could if it took its place now.

        Vans live through time one after the other: none has room before another one has left.
        """
        queue = self._queues.get(stand)
        if queue is None or van_id in queue.standing:
            return True
        is_next = not queue.waiting or queue.waiting[0] == van_id
        return is_next and now >= queue.left_at and len(queue.standing) < queue.count_max

    def take(self, stand: Stand, van_id: str, now: Instant) -> bool:
        """Stand there, or get in line; return whether the van stands there now."""
        has_room, queue = self.has_room(stand, van_id, now), self._queues.get(stand)
        if queue is None or van_id in queue.standing:
            return True
        if has_room:
            if queue.waiting:
                queue.waiting.popleft()
            queue.standing.add(van_id)
            self._call(queue)
        elif van_id not in queue.waiting:
            queue.waiting.append(van_id)
        return has_room

    def leave(self, stand: Stand, van_id: str, now: Instant) -> None:
        """Make room, or get out of line; nothing changes where the van does neither."""
        queue = self._queues.get(stand)
        if queue is None:
            return
        if van_id in queue.standing:
            queue.standing.remove(van_id)
            queue.left_at = max(queue.left_at, now)
        elif queue.waiting and queue.waiting[0] == van_id:
            queue.waiting.popleft()
        else:  # whoever leaves the line behind others makes room for nobody
            if van_id in queue.waiting:
                queue.waiting.remove(van_id)
            return
        self._call(queue)

    def take_called(self) -> tuple[str, ...]:
        """Return whose turn has come since the last call, each once; they have to ``take``."""
        called, self._called = tuple(self._called), {}
        return called

    def _call(self, queue: _Queue) -> None:
        if queue.waiting and len(queue.standing) < queue.count_max:
            self._called[queue.waiting[0]] = None

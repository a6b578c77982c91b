"""How far a reader of a depot's parcel events is behind, so that it can be watched."""

from dispatcher.live.clock import WorldClock
from dispatcher.live.parcel_log import ParcelLog
from maps.units import elapsed_s


class Follower:
    """A reader of a log: a webhook that is told of what the log holds.

    Attributes
    ----------
    position
        Of the last event that it has, or does not want.
    failures
        Tries to tell it, in this run, that came to nothing.
    """

    def __init__(self, log: ParcelLog, world: WorldClock, position: int) -> None:
        self._log = log
        self._world = world
        self.position = position
        self.failures = 0

    @property
    def lag_events(self) -> int:
        """Return how many events the log holds behind its position."""
        return len(self._log) - self.position

    @property
    def lag_s(self) -> float:
        """Return how long ago, by the world's clock, the oldest of these happened; 0 if none.

        Of those that the log has still: it forgets, too.
        """
        oldest = self._log.after(max(self.position, self._log.begin), 1)
        return max(0.0, *(elapsed_s(one.event.at, self._world.now()) for one in oldest), 0.0)

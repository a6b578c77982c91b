"""What happens next in a simulated day: acts in order of their instants, then as they were noted.

Decides the order of everything and nothing else. Time passes only from one act to the next.
"""

import heapq
from collections.abc import Callable

from maps.units import Instant

Act = Callable[[], None]
"""Something that happens; what it does may note further acts."""


class Agenda:
    """The virtual clock and all that is due.

    Parameters
    ----------
    now
        When the day begins.

    Attributes
    ----------
    now
        The present instant.
    act_count
        Acts that have happened.
    """

    def __init__(self, now: Instant) -> None:
        self.now = now
        self.act_count = 0
        self._number = 0
        self._due: list[tuple[Instant, int, Act]] = []

    def at(self, instant: Instant, act: Act) -> None:
        """Note an act; one that is overdue happens next, after others that are."""
        self._number += 1
        due_at = instant if instant > self.now else self.now
        heapq.heappush(self._due, (due_at, self._number, act))

    def next_at(self) -> Instant | None:
        """Return when the next act is due, or None if nothing is."""
        return self._due[0][0] if self._due else None

    def run(self, until: Instant) -> None:
        """Let everything happen that is due before an instant."""
        due = self._due
        while due and due[0][0] < until:
            self.step()

    def step(self) -> None:
        """Let the next act happen."""
        self.now, _, act = heapq.heappop(self._due)
        self.act_count += 1
        act()

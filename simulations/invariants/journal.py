"""Invariants of time and memory: time goes forward, and the journal holds all there is."""

from collections.abc import Iterator

from dispatcher.core.events import Restarted
from dispatcher.stepping import Stepper, replay
from maps.units import Instant
from simulations.invariants.looking import Invariant, Look, World


class TimeGoesForward(Invariant):
    """Time never runs backward, and events are numbered without a gap, each journalled first.

    When an event is decided on, it is the newest in the journal; whoever replays the journal sees
    the same events at the same instants.
    """

    def __init__(self) -> None:
        self._sequence, self._now = 0, Instant(0)

    def after(self, look: Look) -> Iterator[str]:
        """Look at the entry and where it stands in the journal."""
        entry, entries = look.entry, look.world.shell.entries
        if entry.now < self._now:
            yield f"it is {entry.now}, but was {self._now} before"
        if entry.sequence != self._sequence + 1:
            yield f"entry {entry.sequence} follows entry {self._sequence}"
        if len(entries) < entry.sequence or entries[entry.sequence - 1] is not entry:
            yield f"entry {entry.sequence} is handled, but is not in its place in the journal"
        self._sequence, self._now = entry.sequence, entry.now


class JournalIsEnough(Invariant):
    """Whoever replays the journal knows what the dispatcher knew.

    When a dispatcher begins again from its journal, the one that died is let live on for that one
    event: parcels, trips, vans and questions must be the same in both, and what vans must hear. On
    a day without a restart the journal is replayed when the day is over.
    """

    def __init__(self) -> None:
        self._living: Stepper | None = None
        self._is_proved = False

    def after(self, look: Look) -> Iterator[str]:
        """Hold the dispatcher that has died against the one that its journal gave."""
        stepper = look.world.shell.stepper
        if isinstance(look.event, Restarted) and self._living is not None:
            self._living.step(look.entry)
            self._is_proved = True
            yield from _differences(self._living, stepper)
        self._living = stepper

    def at_end(self, world: World, now: Instant) -> Iterator[str]:
        """Hold the dispatcher against what its journal gives."""
        del now
        if not self._is_proved:
            again = replay(world.shell.depot_id, world.shell.entries)
            yield from _differences(world.shell.stepper, again)


def _differences(lived: Stepper, again: Stepper) -> Iterator[str]:
    if lived.now != again.now:
        yield f"the journal ends at {again.now}, but was lived to {lived.now}"
        return
    one, other = lived.core.snapshot(lived.now), again.core.snapshot(again.now)
    for name in ("parcels", "trips", "vans", "replans", "refused", "incidents", "events_handled"):
        if getattr(one, name) != getattr(other, name):
            yield f"the journal gives other {name.replace('_', ' ')} than there were"
    if sorted(lived.core.state.solves) != sorted(again.core.state.solves):
        yield "the journal gives other open questions than there were"
    for van_id, session in lived.sessions.items():
        if session.outstanding() != again.sessions[van_id].outstanding():
            yield f"by the journal {van_id} must be told something else"

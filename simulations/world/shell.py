"""The shell that carries one depot's decisions out in virtual time.

It does for a simulated day what ``dispatcher.live.loop`` does for a live one: what arrives becomes
journalled events, ``stepping`` makes decisions of them, and these become messages, questions to
the planner, and ticks. Decides no dispatching: only what is said to whom, and when again. Both
shells are held to the same decisions by ``assert_never``.
"""

from collections.abc import Callable
from typing import Final, Protocol, assert_never

from dispatcher.core.decisions import (
    Accept,
    AnswerHold,
    CancelTrip,
    ConfirmCancel,
    Decision,
    Forecast,
    Load,
    Publish,
    Reject,
    Report,
    SendTrip,
    Solve,
    Withdraw,
)
from dispatcher.core.events import Configured, Event, Restarted, Tick
from dispatcher.core.settings import DepotSetup
from dispatcher.journal.records import Entry
from dispatcher.stepping import Stepper
from maps.units import Instant
from simulations.world.agenda import Agenda
from simulations.world.answers import Planner, SolveLatency
from vehicles.facts import is_fact
from vehicles.resending import Newest, Resend
from vehicles.session import Outgoing
from vehicles.vda5050.state import State

TICK_MS_MIN: Final = 100
"""Shortest time between two ticks, so that a wakeup in the past cannot keep the day from ending."""

UNMARKED_COUNT: Final = 20
"""Entries whose messages a dispatcher that was killed says again (assumed: what a live one has not
yet marked as carried out)."""


Word = Accept | Reject | ConfirmCancel | Load | Withdraw | Publish
"""Decisions that are one message to a warehouse or to whoever follows parcels."""


class Surroundings(Protocol):
    """What a depot's decisions reach."""

    def tell_warehouse(self, depot_id: str, word: Word) -> None:
        """Send a message to the warehouse, or to whoever follows parcels."""
        ...

    def tell_van(self, outgoing: Outgoing) -> None:
        """Send an order or instant actions to a van."""
        ...

    def note(self, entry: Entry, decisions: tuple[Decision, ...]) -> None:
        """Look at what has just been decided; changes nothing."""
        ...


class DepotShell:
    """One depot in virtual time.

    Parameters
    ----------
    setup
        What the depot is.
    agenda
        Of the day.
    planner, latency
        Who answers its questions, and how long that takes.
    around
        Where its messages go.

    Attributes
    ----------
    stepper
        Core and sessions.
    entries
        The journal.
    """

    def __init__(
        self,
        setup: DepotSetup,
        agenda: Agenda,
        *,
        planner: Planner,
        latency: SolveLatency,
        around: Surroundings,
    ) -> None:
        self.depot_id = setup.depot.depot_id
        self.setup = setup
        self.stepper = Stepper(self.depot_id)
        self.entries: list[Entry] = []
        self.is_up = True
        self._agenda = agenda
        self._planner, self._latency, self._around = planner, latency, around
        self._resends: dict[str, Resend] = {}
        self._newest: dict[str, Newest] = {}
        self._tick_at: Instant | None = None
        self._kept: list[Event] = []
        self._life = 0

    def begin(self) -> None:
        """Set the depot up: the first event of its journal."""
        self.take(Configured(self.setup))

    # What arrives

    def take(self, *events: Event) -> None:
        """Journal events and handle them; while the dispatcher is down, the broker keeps them."""
        if not self.is_up:
            self._kept += events
            return
        for event in events:
            now = max(self._agenda.now, self.stepper.now)
            entry = Entry(self.depot_id, self.stepper.sequence + 1, now, event)
            self.entries.append(entry)
            self._step(entry)
        self._mind_time()

    def hear_state(self, van_id: str, state: State) -> None:
        """Take what is new in a van's state; nothing while the dispatcher is down."""
        session, sent_at = self.stepper.sessions[van_id], state.timestamp.instant
        newest = self._newest.get(van_id) or Newest.recalled(session.told_at)
        if not self.is_up or newest.is_old(state.header_id, sent_at):
            return
        self._newest[van_id] = newest.after(state.header_id, sent_at)
        facts = session.facts_of(state, self._agenda.now)
        if facts:
            self.take(*facts)

    def hear_silence(self, van_id: str) -> None:
        """Take note that a van was not heard of for too long; one never heard of is not missed."""
        if self.is_up and van_id in self._newest:
            self.take(*self.stepper.sessions[van_id].facts_of_silence(self._agenda.now))

    # The dispatcher's own fate

    def die(self) -> None:
        """Lose everything but the journal, at once."""
        self.is_up = False
        self._life += 1

    def come_back(self) -> None:
        """Begin again from the journal, as after a crash.

        What was decided last is said again: nobody knows whether it went out.
        """
        again: list[Decision] = []
        self.stepper = Stepper(self.depot_id)
        for entry in self.entries:
            decisions = self.stepper.step(entry)
            if entry.sequence > len(self.entries) - UNMARKED_COUNT:
                again += decisions
        self.is_up = True
        self._resends, self._newest, self._tick_at = {}, {}, None
        for decision in again:
            self._tell(decision)
        kept, self._kept = self._kept, []
        self.take(Restarted(), *kept)

    # Events to acts

    def _step(self, entry: Entry) -> None:
        decisions = self.stepper.step(entry)
        touched: dict[str, None] = {}
        for decision in decisions:
            self._tell(decision)
            if isinstance(decision, SendTrip):
                touched[decision.wish.van_id] = None
            elif isinstance(decision, CancelTrip):
                touched[decision.van_id] = None
            elif isinstance(decision, Solve | Forecast):
                self._ask(decision)
        if is_fact(entry.event):
            touched[entry.event.van_id] = None
        elif isinstance(entry.event, Restarted):
            touched |= dict.fromkeys(self.stepper.sessions)
        for van_id in touched:
            if van_id in self.stepper.sessions:
                self._mind_van(van_id)
        self._around.note(entry, decisions)

    def _tell(self, decision: Decision) -> None:
        """Say what of a decision is a message."""
        match decision:
            case Publish() | Accept() | Reject() | ConfirmCancel() | Load() | Withdraw():
                self._around.tell_warehouse(self.depot_id, decision)
            case Solve() | Forecast():
                pass  # asked once, when it is decided
            case SendTrip() | CancelTrip() | Report() | AnswerHold():
                pass  # the van's session has it; the others are for people
            case _:
                assert_never(decision)

    def _ask(self, question: Solve | Forecast) -> None:
        answer, life = self._planner.ask(question), self._life

        def arrive() -> None:
            answered = answer()
            if life == self._life:  # else nobody waits for it any more
                self.take(answered)

        self._agenda.at(Instant(self._agenda.now + self._latency.of(question)), arrive)

    # Orders, until they are echoed

    def _mind_van(self, van_id: str) -> None:
        """Send a van what it must hear, and look again when that may have to go out again."""
        outgoing = self.stepper.sessions[van_id].outstanding()
        if outgoing is None:
            self._resends.pop(van_id, None)
            return
        now = self._agenda.now
        resend = self._resends.get(van_id, Resend())
        if not resend.is_due(outgoing.key, now):
            return
        self._around.tell_van(outgoing)
        resend = self._resends[van_id] = resend.sent(outgoing.key, now)
        self._agenda.at(Instant(resend.due_ms), self._alive(lambda: self._mind_van(van_id)))

    # Clocks

    def _mind_time(self) -> None:
        wakeup = self.stepper.core.next_wakeup()
        if wakeup is None:
            return
        at = max(wakeup, Instant(self._agenda.now + TICK_MS_MIN))
        if self._tick_at is None or at < self._tick_at:
            self._tick_at = at
            self._agenda.at(at, self._alive(lambda: self._tick(at)))

    def _tick(self, at: Instant) -> None:
        if self._tick_at != at:
            return  # an earlier one has taken its place
        self._tick_at = None
        wakeup = self.stepper.core.next_wakeup()
        if wakeup is not None and wakeup <= self._agenda.now:
            self.take(Tick())
        else:
            self._mind_time()

    def _alive(self, act: Callable[[], None]) -> Callable[[], None]:
        """Return an act that happens only while this life of the dispatcher lasts."""
        life = self._life

        def happen() -> None:
            if self.is_up and life == self._life:
                act()

        return happen

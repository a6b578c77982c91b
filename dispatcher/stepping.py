"""A depot's core and its vans' sessions, one journal entry at a time.

Decides the one sequence in which a fact, the core and the sessions see an event, so that a live
day and its replay do exactly the same. Starts nothing and sends nothing: what is to be done is
returned, and what vans must hear is in their sessions.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from dispatcher.core.decisions import (
    Accept,
    CancelTrip,
    ConfirmCancel,
    Decision,
    Reject,
    Report,
    SendTrip,
)
from dispatcher.core.dispatch import Dispatch
from dispatcher.core.events import Configured, Event, Restarted
from dispatcher.core.intake import answer_again, cancelled_again
from dispatcher.core.leaving import is_at_work
from dispatcher.core.parcels import Parcel
from dispatcher.core.settings import DepotSetup, VanSetup
from dispatcher.journal.records import Entry
from maps.geometry import LocalFrame
from maps.units import Instant
from vehicles.errors import ReleasedChangedError
from vehicles.facts import is_fact
from vehicles.session import Session, SessionImage
from vehicles.trip import TripWish
from vehicles.vda5050.dialect import USUAL


@dataclass(frozen=True, slots=True)
class DepotImage:
    """All that a stepper knows, as plain values: what a snapshot holds of a depot."""

    depot_id: str
    sequence: int
    now: Instant
    started_count: int
    setup: DepotSetup | None
    core: Dispatch
    sessions: dict[str, SessionImage]


class Stepper:
    """One depot's state, as its journal makes it.

    Parameters
    ----------
    depot_id
        The depot.

    Attributes
    ----------
    core
        Decides.
    sessions
        The dialogue with each van of the fleet, or at work still, by its id.
    sequence, now
        Of the entry taken last; 0 before the first.
    started_count
        How often the dispatcher was started on this journal.
    """

    def __init__(self, depot_id: str) -> None:
        self.depot_id = depot_id
        self.core = Dispatch()
        self.sessions: dict[str, Session] = {}
        self.sequence = 0
        self.now = Instant(0)
        self.started_count = 0
        self.setup: DepotSetup | None = None

    def image(self) -> DepotImage:
        """Return all that it knows; the core in it is its own, so write it down before a step."""
        return DepotImage(
            self.depot_id,
            self.sequence,
            self.now,
            self.started_count,
            self.setup,
            self.core,
            {van_id: session.image() for van_id, session in self.sessions.items()},
        )

    def take(self, image: DepotImage) -> None:
        """Know from now on what an image holds, instead of what was known."""
        self.depot_id, self.sequence, self.now = image.depot_id, image.sequence, image.now
        self.started_count, self.setup, self.core = image.started_count, image.setup, image.core
        self.sessions.clear()  # the same dictionary: others look into it
        vans = () if image.setup is None else image.core.state.van_list()
        dialects = {van.van_id: van.setup.dialect for van in vans}
        for van_id, session in image.sessions.items():
            dialect = dialects.get(van_id) or USUAL
            self.sessions[van_id] = Session.of_image(van_id, session, dialect)

    def parcel(self, parcel_id: str) -> Parcel | None:
        """Return a parcel as it was announced, or None if it was not."""
        entry = None if self.setup is None else self.core.state.book.get(parcel_id)
        return None if entry is None else entry.parcel

    def refusal(self, announced_id: str) -> tuple[str, ...] | None:
        """Return why an announcement was refused that was no valid parcel, or None."""
        return None if self.setup is None else self.core.state.book.refused.get(announced_id)

    def answer_again(self, parcel_id: str) -> Accept | Reject:
        """Return the answer to a known parcel announced again unchanged; nothing happens."""
        return answer_again(self.core.state.book, parcel_id)

    def cancelled_again(self, parcel_id: str) -> ConfirmCancel | None:
        """Return the answer to asking again for what was given back; None if it was not."""
        entry = None if self.setup is None else self.core.state.book.get(parcel_id)
        return None if entry is None else cancelled_again(entry)

    def step(self, entry: Entry) -> tuple[Decision, ...]:
        """Take an entry and return what is to be done about it."""
        event = entry.event
        self.sequence, self.now = entry.sequence, entry.now
        self._prepare(event)
        if is_fact(event) and event.van_id in self.sessions:
            self.sessions[event.van_id].apply(event)
        decisions = self.core.handle(event, entry.now)
        if isinstance(event, Configured):
            self._part()
        refused: list[Report] = []
        for decision in decisions:
            if isinstance(decision, SendTrip):
                refused += self._wish(decision.wish)
            elif isinstance(decision, CancelTrip):
                self._session(decision.van_id).cancel(decision.trip_id)
        return (*decisions, *refused)

    def _wish(self, wish: TripWish) -> tuple[Report, ...]:
        """Hand a wish on; report one that would take released nodes back from its van.

        The entry is in the journal: what was raised here would be raised at every start again, and
        one van would stop all. It keeps the order that it has.
        """
        try:
            self._session(wish.van_id).wish(wish)
        except ReleasedChangedError as error:
            return (Report("wish_refused", wish.van_id, str(error)),)
        return ()

    def _prepare(self, event: Event) -> None:
        """Do what concerns the sessions before the core hears of it."""
        if isinstance(event, Configured):
            self.started_count = max(1, self.started_count)
            self._configure(event.setup)
        elif isinstance(event, Restarted):
            self.started_count += 1
            for session in self.sessions.values():
                session.forget()

    def _configure(self, setup: DepotSetup) -> None:
        """Begin a dialogue with every new van; those under way go on, with the others they rest."""
        self.setup = setup
        for van in setup.vans:
            if van.van_id in self.sessions:
                self.sessions[van.van_id].become(van.spec, van.dialect or USUAL)
            else:
                self._begin(van)
        for van_id in sorted(self.sessions.keys() - {van.van_id for van in setup.vans}):
            self.sessions[van_id].forget()

    def _part(self) -> None:
        """Forget the dialogues with vans that have left the fleet, once they are not at work.

        Listed again, such a van begins a new one, as any van does.
        """
        vans = self.core.state.vans
        assert self.setup is not None
        listed = {van.van_id for van in self.setup.vans}
        for van_id in [key for key in self.sessions if key not in listed]:
            if not is_at_work(vans[van_id]):
                del self.sessions[van_id]

    def _session(self, van_id: str) -> Session:
        """Return the dialogue with a van; one that has left may be called home once more."""
        if van_id not in self.sessions:
            self._begin(self.core.state.vans[van_id].setup)
        return self.sessions[van_id]

    def _begin(self, van: VanSetup) -> None:
        assert self.setup is not None
        depot, dialect = self.setup.depot, van.dialect or USUAL
        frame = LocalFrame(depot.place, depot.depot_id)
        self.sessions[van.van_id] = Session(van.van_id, van.spec, frame, dialect=dialect)


def replay(depot_id: str, entries: Iterable[Entry], *, until: Instant | None = None) -> Stepper:
    """Build a depot's state again from its journal, carrying nothing out.

    Parameters
    ----------
    depot_id
        The depot.
    entries
        Its journal, in order.
    until
        Stop before the first entry after this instant; None for the whole journal.
    """
    stepper = Stepper(depot_id)
    for entry in entries:
        if until is not None and entry.now > until:
            break
        stepper.step(entry)
    return stepper

"""From arrivals to events: what a depot makes of everything that reaches it.

Decides which messages are old, unreadable or another's word, and remembers when each van was heard
last by the machine's clock. What is new in a van's state is the session's to say, what counts as a
parcel is ``intake``'s. Nothing that arrives raises.
"""

from collections.abc import Iterable, Mapping
from itertools import takewhile
from typing import assert_never

from dispatcher.announcing import Locate, read_announcement
from dispatcher.core.events import AnnouncementRefused, Event
from dispatcher.live.clock import MachineTime
from dispatcher.live.counting import Counts
from dispatcher.live.inbox import (
    Arrival,
    Ready,
    Request,
    VanMessage,
    VanSilent,
    WarehouseMessage,
)
from dispatcher.live.intake import CheckIncident, read_cancel, read_incident, read_loaded
from dispatcher.live.screening import Refusals, fault_of_header
from maps.units import Instant
from vehicles.errors import BadMessageError
from vehicles.facts import VanFact
from vehicles.resending import Newest
from vehicles.session import Session
from vehicles.vda5050.state import Connection, State
from vehicles.vda5050.topics import TopicKind
from vehicles.vda5050.versions import read


class Reader:
    """Reads what reaches one depot.

    Parameters
    ----------
    depot_id
        The depot.
    sessions
        The dialogue with each of its vans; only asked, never changed.
    machine
        Times the vans' silence.
    locate
        Checks that places are on the map.
    check_incident
        Checks that incidents are.
    silence_s
        How long a van may say nothing.
    counts
        Where messages are counted that nothing comes of.
    """

    def __init__(
        self,
        depot_id: str,
        sessions: Mapping[str, Session],
        *,
        machine: MachineTime,
        locate: Locate,
        check_incident: CheckIncident,
        silence_s: float,
        counts: Counts,
    ) -> None:
        self._counts = counts
        self._refusals = Refusals(counts.refused, machine)
        self._depot_id = depot_id
        self._sessions = sessions
        self._machine = machine
        self._locate = locate
        self._check_incident = check_incident
        self._silence_s = silence_s
        self._heard_s: dict[str, float] = {}
        self._newest: dict[str, Newest] = {}
        self._sent_at: list[Instant] = []

    def events_of(self, arrival: Arrival, now: Instant) -> Iterable[Event]:
        """Return the events in an arrival, in order; none if there is nothing new in it."""
        match arrival:
            case Ready(event):
                return (event,)
            case Request(events):
                return events
            case WarehouseMessage():
                found = self._event_of_message(arrival, now)
                if isinstance(found, AnnouncementRefused):
                    self._refuse(arrival.tail, "; ".join(found.reasons))
                return () if found is None else (found,)
            case VanMessage(van_id):
                session = self._sessions.get(van_id)
                return () if session is None else self._facts(session, arrival, now)
            case VanSilent(van_id):
                # It may have spoken up while this waited.
                session = self._sessions[van_id]
                return session.facts_of_silence(now) if self._is_silent(session) else ()
            case _:
                assert_never(arrival)

    def take_sent_at(self) -> tuple[Instant, ...]:
        """Return when the messages read since the last call were sent, as they say themselves."""
        taken = tuple(self._sent_at)
        self._sent_at.clear()
        return taken

    def heard_s_ago(self, van_id: str) -> float | None:
        """Return how long ago a van's state came, by the machine's clock; None if none has."""
        heard_s = self._heard_s.get(van_id)
        return None if heard_s is None else self._machine.seconds() - heard_s

    def silent_vans(self) -> tuple[str, ...]:
        """Return the vans that we know and have not heard of for too long."""
        silent = takewhile(self._is_long_ago, self._heard_s.items())
        return tuple(van_id for van_id, _ in silent if self._sessions[van_id].known)

    def _event_of_message(self, message: WarehouseMessage, now: Instant) -> Event | None:
        match message.tail:
            case "parcels":
                event, sent_at = read_announcement(
                    message.payload, depot_id=self._depot_id, now=now, locate=self._locate
                )
                if sent_at is not None:
                    self._sent_at.append(sent_at)
                return event
            case "parcels/cancel":
                return read_cancel(message.payload, self._refuse)
            case "loaded":
                return read_loaded(message.payload, self._refuse)
            case "roads":
                return read_incident(message.payload, self._check_incident, self._refuse)
            case _:
                return None

    def _facts(self, session: Session, message: VanMessage, now: Instant) -> Iterable[VanFact]:
        heard: State | Connection
        version = session.dialect.version
        try:
            if message.kind is TopicKind.STATE:
                heard = read(State, message.payload, version)
            else:
                heard = read(Connection, message.payload, version)
        except BadMessageError as error:
            self._refuse(f"{message.kind.value} of {message.van_id}", error.why)
            return ()
        fault = fault_of_header(heard, session.spec.manufacturer, session.van_id, version)
        if fault is not None:
            said = f"{heard.manufacturer} {heard.serial_number}, version {heard.version}"
            self._refusals.note(fault, van_id=message.van_id, said=said)
            return ()
        if isinstance(heard, Connection):
            return session.facts_of_connection(heard, now)
        return self._facts_of_state(session, heard, now)

    def _facts_of_state(self, session: Session, state: State, now: Instant) -> Iterable[VanFact]:
        van_id, sent_at = session.van_id, state.timestamp.instant
        newest = self._newest.get(van_id) or Newest.recalled(session.told_at)
        if newest.is_old(state.header_id, sent_at):
            self._counts.refused["old"] += 1  # usual: a network doubles and reorders
            return ()
        self._newest[van_id] = newest.after(state.header_id, sent_at)
        self._heard_s.pop(van_id, None)  # so that who was heard longest ago comes first
        self._heard_s[van_id] = self._machine.seconds()
        self._sent_at.append(sent_at)
        return session.facts_of(state, now)

    def _refuse(self, kind: str, why: str) -> None:
        self._refusals.note("invalid", kind=kind, why=why)

    def _is_silent(self, session: Session) -> bool:
        heard_s = self._heard_s.get(session.van_id, self._machine.seconds())
        return session.known and self._is_long_ago((session.van_id, heard_s))

    def _is_long_ago(self, heard: tuple[str, float]) -> bool:
        return self._machine.seconds() - heard[1] > self._silence_s

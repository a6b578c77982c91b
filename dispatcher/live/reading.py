"""From arrivals to events: what a depot makes of everything that reaches it.

Decides which messages are unreadable or another's word; which are too late to count is
``hearing``'s. What is new in a van's state is the session's to say, what counts as a
parcel is ``intake``'s. Nothing that arrives raises.

A broken line is news only when the van is not back within a moment: it has its order and drives on
meanwhile. That it is back it says on its last will's own topic, or by a state sent behind that.
While we are deaf ourselves, no van is silent. After a restart no van is known: one that has a trip
and does not speak up is lost as well.
"""

import logging
from collections.abc import Iterable
from itertools import takewhile
from typing import Any, Final, assert_never

from dispatcher.announcing import Announced, Locate, hear_announcement
from dispatcher.core.events import AnnouncementRefused, Event
from dispatcher.live.clock import MachineTime
from dispatcher.live.counting import Counts
from dispatcher.live.hearing import Hearing
from dispatcher.live.inbox import (
    Arrival,
    Ready,
    Request,
    VanMessage,
    VanSilent,
    WarehouseMessage,
)
from dispatcher.live.intake import (
    CheckIncident,
    read_cancel,
    read_incident,
    read_loaded,
    read_withdrawn,
)
from dispatcher.live.screening import ODD_LOG_S, Refusals, fault_of_header
from dispatcher.ports import Listener
from dispatcher.stepping import Stepper
from maps.units import Instant
from vehicles.errors import BadMessageError
from vehicles.facts import VanFact, VanLost
from vehicles.session import Session
from vehicles.vda5050.factsheet import Factsheet
from vehicles.vda5050.limits import Limits, is_by
from vehicles.vda5050.state import Connection, ConnectionState, State
from vehicles.vda5050.topics import TopicKind
from vehicles.vda5050.versions import read
from vehicles.vda5050.wire import parsed

logger = logging.getLogger(__name__)

BACK_S_MAX: Final = 3.0
"""How long a van may take to connect again until it counts as lost. Assumed: for connecting; what
it does meanwhile it would do anyway, and what it does not hear is told again."""


class Reader:
    """Reads what reaches one depot.

    Parameters
    ----------
    stepper
        The depot's state: its parcels, and the dialogue with each of its vans; only asked, never
        changed.
    states
        What vans are heard by.
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
        stepper: Stepper,
        *,
        states: Listener,
        machine: MachineTime,
        locate: Locate,
        check_incident: CheckIncident,
        silence_s: float,
        counts: Counts,
    ) -> None:
        self._counts = counts
        self._refusals = Refusals(counts.refused, machine)
        self._flags = Refusals(counts.flagged, machine, "message_odd", ODD_LOG_S)
        self._stepper = stepper
        self._sessions = stepper.sessions
        self._machine = machine
        self._locate = locate
        self._check_incident = check_incident
        self._silence_s = silence_s
        self._states = states
        # Connections so far, and since when we listen by this one.
        self._listening = states.connection_count, machine.seconds()
        self._heard_s: dict[str, float] = {}
        self._hearing: dict[str, Hearing] = {}
        self._broken: dict[str, tuple[float, Connection]] = {}
        self._expected: dict[str, float] = {}  # not seen yet; since when, or when last heard
        self._sent_at: list[Instant] = []

    def events_of(self, arrival: Arrival, now: Instant) -> Iterable[Event | Announced]:
        """Return the events in an arrival, in order; none if there is nothing new in it."""
        match arrival:
            case Ready(event):
                return (event,)
            case Request(events):
                return events
            case WarehouseMessage():
                found = self._event_of_message(arrival)
                if isinstance(found, AnnouncementRefused):
                    self._refuse(arrival.tail, "; ".join(found.reasons))
                return () if found is None else (found,)
            case VanMessage(van_id):
                session = self._sessions.get(van_id)
                return () if session is None else self._facts(session, arrival, now)
            case VanSilent(van_id):
                # It may have spoken up while this waited, or we may be deaf by now.
                self._note_link()
                session = self._sessions.get(van_id)
                if session is None:
                    return ()  # it has left meanwhile
                if self._is_missed(van_id):
                    del self._expected[van_id]
                    return (VanLost(van_id, now, "SILENCE"),)
                if self._is_cut_off(van_id):
                    return session.facts_of_connection(self._broken.pop(van_id)[1], now)
                return session.facts_of_silence(now) if self._is_silent(session) else ()
            case _:
                assert_never(arrival)

    def expect(self, van_ids: Iterable[str]) -> None:
        """Take vans for silent, too, that are not known and do not speak up from now on."""
        now_s = self._machine.seconds()
        self._expected = {van_id: now_s for van_id in van_ids if van_id in self._sessions}

    def part(self) -> None:
        """Wait no more for vans that have no session any more, and forget when they were heard."""
        remembered: tuple[dict[str, Any], ...]
        remembered = self._heard_s, self._hearing, self._broken, self._expected
        for of_van in remembered:
            for van_id in of_van.keys() - self._sessions.keys():
                del of_van[van_id]

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
        """Return the vans that we know and have not heard of for too long, or that are cut off."""
        self._note_link()
        silent = (van_id for van_id, _ in takewhile(self._is_long_ago, self._heard_s.items()))
        cut_off = takewhile(self._is_cut_off, self._broken)
        found = dict.fromkeys((*cut_off, *silent))
        known = (van_id for van_id in found if self._sessions[van_id].known)
        return (*known, *takewhile(self._is_missed, self._expected))

    def _event_of_message(self, message: WarehouseMessage) -> Event | Announced | None:
        match message.tail:
            case "parcels":
                heard = hear_announcement(
                    message.payload, depot_id=self._stepper.depot_id, locate=self._locate
                )
                if isinstance(heard, Announced) and heard.announcement.announced_at is not None:
                    self._sent_at.append(heard.announcement.announced_at)
                return heard
            case "parcels/cancel":
                return read_cancel(message.payload, self._refuse)
            case "loaded":
                return read_loaded(message.payload, self._refuse)
            case "loading/withdrawn":
                return read_withdrawn(message.payload, self._refuse)
            case "roads":
                return read_incident(message.payload, self._check_incident, self._refuse)
            case _:
                return None

    def _facts(self, session: Session, message: VanMessage, now: Instant) -> Iterable[VanFact]:
        heard: State | Connection
        version = session.dialect.version
        try:
            if message.kind is TopicKind.FACTSHEET:
                return self._learn(session, parsed(Factsheet, message.payload), now)
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
            return self._facts_of_connection(session, heard, now)
        return self._facts_of_state(session, heard, now)

    def _learn(self, session: Session, sheet: object, now: Instant) -> Iterable[VanFact]:
        """Keep to what a van can take; say where its fleet file asks for more."""
        if not is_by(sheet, session.spec.manufacturer, session.van_id):
            self._refusals.note("wrong_serial", van_id=session.van_id)
            return ()
        limits = Limits.of_factsheet(sheet)
        session.learn(limits)
        faults = limits.faults(session.van_id, session.spec)
        if faults:
            self._counts.flagged["factsheet"] += 1
            extra = {"van_id": session.van_id, "faults": faults}
            logger.warning("factsheet_falls_short", extra=extra)
        return session.facts_of_factsheet(limits, now)

    def _facts_of_connection(
        self, session: Session, message: Connection, now: Instant
    ) -> Iterable[VanFact]:
        hearing = self._hearing_of(session)
        self._broken.pop(session.van_id, None)
        if message.connection_state is ConnectionState.ONLINE:
            hearing.returns()
        else:
            hearing.leaves(now)
        if session.known and message.connection_state is ConnectionState.CONNECTIONBROKEN:
            self._broken[session.van_id] = self._machine.seconds(), message
            return ()
        return session.facts_of_connection(message, now)

    def _facts_of_state(self, session: Session, state: State, now: Instant) -> Iterable[VanFact]:
        van_id, sent_at = session.van_id, state.timestamp.instant
        hearing, quiet_s = self._hearing_of(session), self.heard_s_ago(van_id)
        if not hearing.takes(state.header_id, sent_at, now, quiet_s):
            self._counts.refused["old"] += 1  # usual: a network doubles and reorders
            return ()
        self._broken.pop(van_id, None)
        self._heard_s.pop(van_id, None)  # so that who was heard longest ago comes first
        self._heard_s[van_id] = self._machine.seconds()
        self._sent_at.append(sent_at)
        facts = session.facts_of(state, now)
        if self._expected.pop(van_id, None) is not None and not (session.known or facts):
            self._expected[van_id] = self._machine.seconds()
        skew_ms_max = session.settings.clock_skew_s_max * 1000
        if not -skew_ms_max <= sent_at - now <= skew_ms_max:
            self._flags.note("clock_off", van_id=van_id, ahead_s=(sent_at - now) // 1000)
        if not session.known and not facts:
            self._flags.note("not_located", van_id=van_id)
        return facts

    def _hearing_of(self, session: Session) -> Hearing:
        hearing = self._hearing.get(session.van_id)
        if hearing is None:
            hearing = Hearing(session.told_at, self._silence_s)
            self._hearing[session.van_id] = hearing
        return hearing

    def _refuse(self, kind: str, why: str) -> None:
        self._refusals.note("invalid", kind=kind, why=why)

    def _is_silent(self, session: Session) -> bool:
        heard_s = self._heard_s.get(session.van_id, self._machine.seconds())
        return session.known and self._is_long_ago((session.van_id, heard_s))

    def _is_missed(self, van_id: str) -> bool:
        since_s = self._expected.get(van_id)
        return since_s is not None and self._quiet_s(since_s) > self._silence_s

    def _is_cut_off(self, van_id: str) -> bool:
        broken = self._broken.get(van_id)
        return broken is not None and self._quiet_s(broken[0]) > BACK_S_MAX

    def _is_long_ago(self, heard: tuple[str, float]) -> bool:
        return self._quiet_s(heard[1]) > self._silence_s

    def _quiet_s(self, since_s: float) -> float:
        """Return how long nothing came though we listened."""
        return self._machine.seconds() - max(since_s, self._listening[1])

    def _note_link(self) -> None:
        """Begin to count anew while we are deaf, and when we have been since the last look."""
        count = self._states.connection_count
        if not self._states.is_connected or count != self._listening[0]:
            self._listening = count, self._machine.seconds()

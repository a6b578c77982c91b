"""What is made of what arrives: a van's word on its own topic, and nothing of anybody else's."""

import json
from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any

import pytest

from dispatcher.announcing import Announced
from dispatcher.core.events import Event
from dispatcher.live.clock import MachineClock
from dispatcher.live.counting import Counts
from dispatcher.live.inbox import VanMessage, VanSilent
from dispatcher.live.reading import BACK_S_MAX, Reader
from dispatcher.stepping import Stepper
from tests.vehicles.pair import Pair
from tests.vehicles.trips import SPEC, START_AT, VAN_ID, trip
from vehicles.facts import LimitsTold, VanLost, VanSeen, is_fact
from vehicles.vda5050.dialect import Dialect, Version
from vehicles.vda5050.factsheet import factsheet_of
from vehicles.vda5050.state import ConnectionState
from vehicles.vda5050.topics import TopicKind
from vehicles.vda5050.versions import written

SILENCE_S = 60.0


class HandClock(MachineClock):
    def __init__(self):
        self.now_s = 0.0

    def seconds(self):
        return self.now_s


class Desk:
    """A reader of one van's messages, and a van that sends them."""

    def __init__(self):
        self.pair = Pair()
        self.counts = Counts()
        self.clock = HandClock()
        self.states: Any = SimpleNamespace(is_connected=True, connection_count=1)
        stepper = Stepper("dep-1")
        self.sessions = stepper.sessions
        self.sessions[VAN_ID] = self.pair.session
        self.reader = Reader(
            stepper,
            states=self.states,
            machine=self.clock,
            locate=lambda label, place: None,
            check_incident=lambda incident: None,
            silence_s=SILENCE_S,
            counts=self.counts,
        )

    def state(self, **others) -> bytes:
        """Return a good state, but for what is told."""
        message = json.loads(self.pair.agent.state(START_AT).encode())
        return json.dumps({**message, **others}).encode()

    def hear(self, payload: bytes, kind: TopicKind = TopicKind.STATE) -> list[Event | Announced]:
        """Return the events in a message that came on the van's topic."""
        return list(self.reader.events_of(VanMessage(VAN_ID, kind, payload), START_AT))

    def apply(self, events: Iterable[Event | Announced]) -> None:
        """Let the session know of a van's facts."""
        for fact in events:
            assert is_fact(fact)
            self.pair.session.apply(fact)

    def watch(self, later_s: float) -> list[Event | Announced]:
        """Return what is made of the vans that are silent or cut off some time later."""
        self.clock.now_s += later_s
        silent = [VanSilent(van_id) for van_id in self.reader.silent_vans()]
        return [event for one in silent for event in self.reader.events_of(one, START_AT)]


def test_a_van_is_believed_on_its_own_topic():
    desk = Desk()
    (seen,) = desk.hear(desk.state())
    assert isinstance(seen, VanSeen)
    assert not desk.counts.refused


@pytest.mark.parametrize(
    ("others", "cause"),
    [
        ({"serialNumber": "another"}, "wrong_serial"),
        ({"serialNumber": VAN_ID.upper()}, "wrong_serial"),
        ({"serialNumber": ""}, "wrong_serial"),
        ({"serialNumber": 7}, "invalid"),
        ({"manufacturer": "another"}, "wrong_serial"),
        ({"version": "3.0.0"}, "unknown_version"),
        ({"version": "9"}, "unknown_version"),
        ({"version": None}, "invalid"),
        ({"headerId": -1}, "invalid"),
        ({"nodeStates": "none"}, "invalid"),
    ],
)
def test_what_is_not_the_vans_own_word_is_counted_and_forgotten(others, cause):
    desk = Desk()
    assert desk.hear(desk.state(**others)) == []
    assert dict(desk.counts.refused) == {cause: 1}
    (seen,) = desk.hear(desk.state())  # and has not made a later one look old
    assert isinstance(seen, VanSeen)


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"a":' * 50_000,
        b"NaN",
        b'{"headerId": NaN}',
        b'{"headerId": 1e999}',
        b"9" * 10_000,
        b'"\\ud800"',
        b"null",
    ],
)
@pytest.mark.parametrize("kind", [TopicKind.STATE, TopicKind.CONNECTION])
def test_junk_raises_nothing(payload, kind):
    desk = Desk()
    assert desk.hear(payload, kind) == []
    assert dict(desk.counts.refused) == {"invalid": 1}


def test_nobody_else_says_that_a_van_is_gone():
    desk = Desk()
    desk.apply(desk.hear(desk.state()))
    gone = desk.pair.agent.connection(START_AT, ConnectionState.CONNECTIONBROKEN).encode()
    forged = json.dumps({**json.loads(gone), "serialNumber": "another"}).encode()
    assert desk.hear(forged, TopicKind.CONNECTION) == []
    assert dict(desk.counts.refused) == {"wrong_serial": 1}
    assert desk.hear(gone, TopicKind.CONNECTION) == []
    (lost,) = desk.watch(BACK_S_MAX + 0.1)
    assert lost == VanLost(VAN_ID, START_AT, "CONNECTIONBROKEN")


def test_a_van_that_is_back_within_a_moment_is_not_lost():
    """Its state may come before the word that it was gone: order is kept within a topic only."""
    desk = Desk()
    desk.apply(desk.hear(desk.state()))
    for state in (ConnectionState.CONNECTIONBROKEN, ConnectionState.ONLINE):
        message = desk.pair.agent.connection(START_AT, state).encode()
        assert desk.hear(message, TopicKind.CONNECTION) == []
        assert desk.watch(BACK_S_MAX / 2) == []
    assert desk.watch(BACK_S_MAX * 3) == []


def test_a_state_sent_behind_the_last_will_says_that_the_van_is_back():
    desk = Desk()
    desk.apply(desk.hear(desk.state()))
    gone = desk.pair.agent.connection(START_AT, ConnectionState.CONNECTIONBROKEN).encode()
    desk.hear(gone, TopicKind.CONNECTION)
    desk.hear(desk.state(headerId=9, timestamp="2026-03-02T07:00:00.500Z"))
    assert dict(desk.counts.refused) == {"old": 1}
    assert desk.watch(BACK_S_MAX / 2) == []
    desk.hear(desk.state(headerId=9, timestamp="2026-03-02T07:00:02Z"))
    assert desk.watch(BACK_S_MAX * 3) == []


def test_a_van_that_leaves_is_lost_at_once():
    desk = Desk()
    desk.apply(desk.hear(desk.state()))
    gone = desk.pair.agent.connection(START_AT, ConnectionState.OFFLINE).encode()
    (lost,) = desk.hear(gone, TopicKind.CONNECTION)
    assert isinstance(lost, VanLost)


def test_a_break_is_forgotten_with_the_van_that_was_lost_otherwise():
    desk = Desk()
    desk.apply(desk.hear(desk.state()))
    gone = desk.pair.agent.connection(START_AT, ConnectionState.CONNECTIONBROKEN).encode()
    desk.hear(gone, TopicKind.CONNECTION)
    leaves = desk.pair.agent.connection(START_AT, ConnectionState.OFFLINE).encode()
    desk.apply(desk.hear(leaves, TopicKind.CONNECTION))
    desk.clock.now_s += BACK_S_MAX / 2
    desk.apply(desk.hear(desk.state(headerId=9)))
    assert desk.watch(BACK_S_MAX) == []


def test_vans_are_silent_in_the_sequence_in_which_they_were_heard():
    desk = Desk()
    desk.apply(desk.hear(desk.state()))
    assert desk.watch(SILENCE_S) == []
    desk.hear(desk.state(headerId=9))
    assert desk.watch(SILENCE_S) == []
    (lost,) = desk.watch(1.0)
    assert lost == VanLost(VAN_ID, START_AT, "SILENCE")
    desk.apply([lost])
    assert desk.watch(SILENCE_S) == []


def test_while_we_are_deaf_no_van_is_silent():
    desk = Desk()
    desk.apply(desk.hear(desk.state()))
    gone = desk.pair.agent.connection(START_AT, ConnectionState.CONNECTIONBROKEN).encode()
    assert desk.watch(SILENCE_S - 1) == []
    desk.states.is_connected = False
    assert desk.hear(gone, TopicKind.CONNECTION) == []
    for _ in range(int(SILENCE_S)):
        assert desk.watch(1) == []
    desk.states.is_connected, desk.states.connection_count = True, 2
    assert desk.watch(1) == []
    assert desk.watch(BACK_S_MAX) == []
    desk.states.connection_count = 3  # lost and there again between two looks
    assert desk.watch(1) == []
    back = desk.pair.agent.connection(START_AT, ConnectionState.ONLINE).encode()
    assert desk.hear(back, TopicKind.CONNECTION) == []
    assert desk.watch(SILENCE_S) == []
    assert desk.watch(1) == [VanLost(VAN_ID, START_AT, "SILENCE")]


def test_a_van_with_a_trip_that_never_speaks_after_a_restart_is_lost_once():
    desk = Desk()
    assert desk.watch(2 * SILENCE_S) == [], "nobody expects it"
    desk.reader.expect([VAN_ID, "one that left the fleet"])
    assert desk.watch(SILENCE_S) == []
    desk.states.is_connected = False  # we are deaf ourselves
    assert desk.watch(SILENCE_S) == []
    desk.states.is_connected, desk.states.connection_count = True, 2
    assert desk.watch(0) == []
    assert desk.watch(SILENCE_S) == []
    assert desk.reader.silent_vans() == ()
    assert desk.watch(1) == [VanLost(VAN_ID, START_AT, "SILENCE")]
    assert desk.watch(2 * SILENCE_S) == []


def test_a_van_that_speaks_after_a_restart_is_not_lost_though_it_was_about_to_be():
    desk = Desk()
    desk.reader.expect([VAN_ID])
    desk.clock.now_s += SILENCE_S + 1
    assert desk.reader.silent_vans() == (VAN_ID,)
    position = {"x": 0, "y": 0, "theta": 0, "mapId": "a hall", "positionInitialized": True}
    nowhere = desk.state(agvPosition=position, robovan=None)  # it speaks, and is not known yet
    assert desk.hear(nowhere) == []
    assert list(desk.reader.events_of(VanSilent(VAN_ID), START_AT)) == []
    assert desk.watch(SILENCE_S) == []
    desk.apply(desk.hear(desk.state(headerId=9)))
    assert desk.watch(SILENCE_S) == []
    assert desk.watch(1) == [VanLost(VAN_ID, START_AT, "SILENCE")]


def test_a_van_is_read_in_the_version_that_it_speaks():
    desk = Desk()
    desk.pair.session.dialect = Dialect(Version.V3_0)
    assert desk.hear(desk.state()) == []
    assert dict(desk.counts.refused) == {"unknown_version": 1}
    (seen,) = desk.hear(written(desk.pair.agent.state(START_AT), Version.V3_0))
    assert isinstance(seen, VanSeen)
    desk.pair.session.apply(seen)
    gone = desk.pair.agent.connection(START_AT, ConnectionState.CONNECTIONBROKEN)
    assert desk.hear(written(gone, Version.V3_0), TopicKind.CONNECTION) == []
    (lost,) = desk.watch(BACK_S_MAX + 0.1)
    assert isinstance(lost, VanLost)


def test_a_clock_that_is_off_and_a_place_on_no_map_are_flagged():
    desk = Desk()
    (seen,) = desk.hear(desk.state(timestamp="2025-01-01T00:00:00Z"))
    assert isinstance(seen, VanSeen)
    assert seen.measured_at == START_AT, "our own time stands in for it"
    assert dict(desk.counts.flagged) == {"clock_off": 1}
    lost = Desk()
    position = {"x": 0, "y": 0, "theta": 0, "mapId": "a hall", "positionInitialized": True}
    assert lost.hear(lost.state(agvPosition=position, robovan=None)) == []
    assert dict(lost.counts.flagged) == {"not_located": 1}
    assert not lost.counts.refused


def test_a_state_that_was_queued_before_the_last_will_does_not_bring_a_van_back():
    desk = Desk()
    late = desk.state(headerId=9, timestamp="2026-03-02T07:00:00.100Z")
    (seen,) = desk.hear(desk.state(headerId=8))
    assert isinstance(seen, VanSeen)
    desk.pair.session.apply(seen)
    gone = desk.pair.agent.connection(START_AT, ConnectionState.CONNECTIONBROKEN)
    assert desk.hear(gone.encode(), TopicKind.CONNECTION) == []
    assert desk.hear(late) == []
    desk.apply(desk.watch(BACK_S_MAX + 0.1))
    assert not desk.pair.session.known
    assert dict(desk.counts.refused) == {"old": 1}
    back = desk.pair.agent.connection(START_AT, ConnectionState.ONLINE)
    assert desk.hear(back.encode(), TopicKind.CONNECTION) == []
    (seen,) = desk.hear(late)
    assert isinstance(seen, VanSeen)


def test_a_factsheet_limits_what_the_van_is_told_and_what_is_missing_is_flagged():
    desk = Desk()
    sheet = json.loads(factsheet_of(SPEC, VAN_ID, header_id=1, timestamp=START_AT).encode())
    assert desk.hear(json.dumps(sheet).encode(), TopicKind.FACTSHEET) == []
    assert not desk.counts.flagged
    sheet["protocolLimits"]["maxArrayLens"] = {"order.nodes": 3}
    sheet["typeSpecification"]["maxLoadMass"] = 100
    (told,) = desk.hear(json.dumps(sheet).encode(), TopicKind.FACTSHEET)
    assert isinstance(told, LimitsTold)
    assert told.nodes_max == 3
    desk.pair.session.apply(told)
    assert desk.hear(json.dumps(sheet).encode(), TopicKind.FACTSHEET) == []
    assert dict(desk.counts.flagged) == {"factsheet": 2}
    (seen,) = desk.hear(desk.state())
    assert isinstance(seen, VanSeen)
    desk.pair.session.apply(seen)
    desk.pair.session.wish(trip("trip-1", 6, 2))
    outgoing = desk.pair.session.outstanding()
    assert outgoing is not None
    assert len(json.loads(outgoing.payload(START_AT))["nodes"]) == 3


@pytest.mark.parametrize(
    ("payload", "cause"),
    [(b"{", "invalid"), (b"[]", "wrong_serial"), (b'{"serialNumber":"another"}', "wrong_serial")],
)
def test_a_factsheet_of_another_is_none(payload, cause):
    desk = Desk()
    assert desk.hear(payload, TopicKind.FACTSHEET) == []
    assert dict(desk.counts.refused) == {cause: 1}


def test_nothing_is_kept_of_a_van_that_has_left():
    desk = Desk()
    desk.apply(desk.hear(desk.state()))
    desk.clock.now_s += SILENCE_S + 1
    (silent,) = desk.reader.silent_vans()
    del desk.sessions[VAN_ID]
    assert list(desk.reader.events_of(VanSilent(silent), START_AT)) == [], "noted before it left"
    desk.reader.part()
    assert desk.watch(SILENCE_S) == []
    assert desk.reader.heard_s_ago(VAN_ID) is None
    assert desk.hear(desk.state()) == []

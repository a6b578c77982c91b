"""The outbox: in order, each at least once, and the mark never ahead of what is out."""

import asyncio

import pytest

from dispatcher.core.decisions import Accept, ConfirmCancel, Load, Publish, Reject
from dispatcher.journal.errors import JournalInUseError, JournalUnwritableError
from dispatcher.journal.memory import MemoryJournal
from dispatcher.live.clock import MachineClock
from dispatcher.live.memory_link import MemoryBroker, MemoryLink
from dispatcher.live.outbox import Outbox
from dispatcher.live.telling import Letter, letter_of
from maps.units import Instant


class HandClock(MachineClock):
    def __init__(self):
        self.now_s = 0.0

    def seconds(self):
        return self.now_s


class StuckLink(MemoryLink):
    """Takes so many messages and then none until it is opened."""

    def __init__(self, room):
        broker = MemoryBroker()
        super().__init__(broker, broker.link("us")._session)
        self.room = room
        self.opened = asyncio.Event()
        self.taken = []

    async def publish(self, topic, payload, *, qos, retain=False):
        if len(self.taken) >= self.room:
            await self.opened.wait()
        self.taken.append((topic, qos))


def letters(sequences):
    return [Letter(sequence, f"t/{n}", b"") for n, sequence in enumerate(sequences)]


async def let_run():
    for _ in range(20):
        await asyncio.sleep(0)
    await asyncio.to_thread(lambda: None)  # marks are written in a thread
    await asyncio.sleep(0)


async def test_everything_goes_out_in_order_and_then_the_mark_moves():
    broker, journal, clock = MemoryBroker(), MemoryJournal(), HandClock()
    outbox = Outbox("dep-1", broker.link("us"), journal, clock)
    sending = asyncio.create_task(outbox.run())
    for letter in letters([1, 1, 3]):
        outbox.put(letter)
    outbox.reach(4)
    await let_run()
    assert [topic for topic, _ in broker.published] == ["t/0", "t/1", "t/2"]
    assert journal.carried_out("dep-1") == 0, "marks are spared"
    clock.now_s = 1.0
    outbox.reach(5)
    await let_run()
    assert journal.carried_out("dep-1") == 5
    sending.cancel()


async def test_the_mark_moves_while_more_waits():
    link, journal, clock = StuckLink(room=3), MemoryJournal(), HandClock()
    outbox = Outbox("dep-1", link, journal, clock)
    clock.now_s = 1.0
    sending = asyncio.create_task(outbox.run())
    for letter in letters([2, 3, 4, 5, 6]):
        outbox.put(letter)
    outbox.reach(6)
    await let_run()
    assert len(link.taken) == 3
    assert journal.carried_out("dep-1") == 1, "so that a killed one tells less again"
    sending.cancel()


async def test_the_same_words_wait_once_and_go_out_again_when_they_are_out():
    broker, clock = MemoryBroker(), HandClock()
    outbox = Outbox("dep-1", broker.link("us"), MemoryJournal(), clock)
    answer, other = Letter(1, "accepted", b"p"), Letter(2, "accepted", b"q")
    for letter in (answer, other, Letter(3, "accepted", b"p"), Letter(4, "rejected", b"p")):
        outbox.put(letter)
    assert len(outbox) == 3
    outbox.reach(4)
    sending = asyncio.create_task(outbox.run())
    await let_run()
    outbox.put(Letter(5, "accepted", b"p"))
    outbox.reach(5)
    await let_run()
    said = [(topic, payload) for topic, payload in broker.published]
    assert said == [
        ("accepted", b"p"),
        ("accepted", b"q"),
        ("rejected", b"p"),
        ("accepted", b"p"),
    ]
    sending.cancel()


async def test_a_stop_marks_only_what_is_out():
    link, journal = StuckLink(room=3), MemoryJournal()
    outbox = Outbox("dep-1", link, journal, HandClock())
    sending = asyncio.create_task(outbox.run())
    for letter in letters([1, 2, 2, 3, 4]):
        outbox.put(letter)
    outbox.reach(4)
    await let_run()
    sending.cancel()
    await outbox.finish(0.01)
    assert [topic for topic, _ in link.taken] == ["t/0", "t/1", "t/2"]
    assert journal.carried_out("dep-1") == 1, "entry 2 may have more to tell"
    link.opened.set()
    await outbox.finish(1)
    assert [topic for topic, _ in link.taken] == [f"t/{n}" for n in range(5)]
    assert journal.carried_out("dep-1") == 4


@pytest.mark.parametrize(
    ("decision", "topic", "content"),
    [
        (Accept("p"), "depots/d/parcels/accepted", b'{"parcel_id":"p"}'),
        (
            Reject("p", ("no",)),
            "depots/d/parcels/rejected",
            b'{"parcel_id":"p","reasons":["no"]}',
        ),
        (
            ConfirmCancel("p", aboard=True),
            "depots/d/parcels/cancelled",
            b'{"parcel_id":"p","aboard":true}',
        ),
        (
            Load("t", "v", 2, ("b", "a"), Instant(0), Instant(300_000)),
            "depots/d/loading",
            (
                b'{"trip_id":"t","van_id":"v","dock":2,"parcel_ids":["b","a"],'
                b'"from_at":"1970-01-01T00:00:00.000Z","until_at":"1970-01-01T00:05:00.000Z"}'
            ),
        ),
        (
            Publish("p", 3, "delivered", Instant(0), "ok"),
            "parcels/p/events",
            (
                b'{"depot_id":"d","parcel_id":"p","number":3,"kind":"delivered","at":"1970-01-01T00:00:00.000Z",'
                b'"detail":"ok"}'
            ),
        ),
    ],
)
def test_each_decision_has_its_message(decision, topic, content):
    letter = letter_of(decision, depot_id="d", sequence=7)
    assert letter == Letter(7, f"robovan/v1/{topic}", content)


class RefusingJournal(MemoryJournal):
    """A journal in which nothing can be noted for a while."""

    error: Exception | None = None
    tried_count = 0

    def mark_carried_out(self, depot_id, sequence):
        self.tried_count += 1
        if self.error is not None:
            raise self.error
        super().mark_carried_out(depot_id, sequence)


@pytest.mark.parametrize("error", [JournalInUseError("j"), JournalUnwritableError("j", "full")])
async def test_a_mark_that_cannot_be_written_now_ends_nothing_and_is_written_later(error):
    broker, journal, clock = MemoryBroker(), RefusingJournal(), HandClock()
    outbox = Outbox("dep-1", broker.link("us"), journal, clock)
    journal.error = error
    sending = asyncio.create_task(outbox.run())
    clock.now_s = 1.0
    outbox.reach(4)
    await let_run()
    assert journal.tried_count == 1
    journal.error = None
    clock.now_s = 2.0
    outbox.reach(5)
    await let_run()
    assert not sending.done()
    assert journal.carried_out("dep-1") == outbox.carried_out == 5
    sending.cancel()

"""The inbox: a van's newest state wins, nothing else is lost, and nothing overtakes."""

import asyncio
from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from dispatcher.core.decisions import Decision
from dispatcher.core.events import Tick
from dispatcher.live.inbox import (
    Arrival,
    Inbox,
    Ready,
    Receipt,
    Request,
    VanMessage,
    VanSilent,
    WarehouseMessage,
)
from dispatcher.live.memory_link import MemoryBroker
from dispatcher.ports import Incoming
from vehicles.vda5050.topics import TopicKind

STATE, CONNECTION = TopicKind.STATE, TopicKind.CONNECTION


def states(payloads):
    return [one.payload for one in payloads if isinstance(one, VanMessage)]


async def test_the_newest_state_stands_in_the_place_of_the_oldest():
    inbox = Inbox()
    inbox.put(VanMessage("a", STATE, b"1"))
    inbox.put(Ready(Tick()))
    inbox.put(VanMessage("b", STATE, b"2"))
    inbox.put(VanMessage("a", STATE, b"3"))
    assert await inbox.take(10) == [
        VanMessage("a", STATE, b"3"),
        Ready(Tick()),
        VanMessage("b", STATE, b"2"),
    ]


async def test_a_state_does_not_pass_a_connection_message():
    inbox = Inbox()
    for kind, payload in ((STATE, b"1"), (CONNECTION, b"gone"), (STATE, b"2"), (STATE, b"3")):
        inbox.put(VanMessage("a", kind, payload))
    taken = [states(await inbox.take(10)) for _ in range(2)]
    assert taken == [[b"gone"], [b"3"]]
    assert inbox.overtaken_count == 2
    for kind, payload in ((STATE, b"1"), (CONNECTION, b"gone")):
        inbox.put(VanMessage("a", kind, payload))
    assert [states(await inbox.take(10)) for _ in range(2)] == [[b"1"], [b"gone"]]


async def test_one_van_that_talks_without_end_holds_nobody_up():
    inbox = Inbox()
    for number in range(1000):
        inbox.put(VanMessage("evil", CONNECTION, b"%d" % number))
        inbox.put(VanMessage("evil", STATE, b"%d" % number))
        inbox.put(WarehouseMessage("parcels", b"%d" % number))
    assert len(inbox) == 1001
    taken = [await inbox.take(100) for _ in range(10)]
    parcels = [one for batch in taken for one in batch if isinstance(one, WarehouseMessage)]
    assert len(parcels) == 999


async def test_a_van_that_goes_on_talking_waits_behind_those_who_wait_already():
    inbox = Inbox()
    heard = []
    for van in "abc":
        inbox.put(VanMessage(van, STATE, b""))
    for _ in range(6):
        for kind in (STATE, CONNECTION):
            inbox.put(VanMessage("a", kind, b""))
        heard += [one.van_id for one in await inbox.take(1) if isinstance(one, VanMessage)]
    assert heard == ["a", "b", "c", "a", "a", "a"]


async def test_a_van_is_silent_once_and_only_while_it_says_nothing():
    inbox = Inbox()
    for _ in range(60):
        inbox.put(VanSilent("a"))
        inbox.put(VanSilent("b"))
        inbox.put(VanMessage("b", STATE, b"here"))
    inbox.put(VanMessage("c", STATE, b"here"))
    inbox.put(VanSilent("c"))
    here = [VanMessage(van, STATE, b"here") for van in "bc"]
    assert await inbox.take(10) == [VanSilent("a"), *here]
    assert len(inbox) == 0
    inbox.put(VanMessage("a", CONNECTION, b"back"))
    inbox.put(VanSilent("a"))
    assert await inbox.take(10) == [VanMessage("a", CONNECTION, b"back")]
    assert await inbox.take(10) == [VanSilent("a")]


async def test_what_a_broker_would_not_repeat_is_taken_into_a_full_inbox():
    inbox = Inbox(messages_max=2)
    answer: asyncio.Future[tuple[tuple[Decision, ...], ...]] = asyncio.Future()
    assert inbox.put(Request((Tick(), Tick()), answer))
    link = MemoryBroker().link("us")
    receipt = Receipt(link, Incoming("t", b"", receipt=(1, 1)))
    assert inbox.put(WarehouseMessage("parcels", b"1", receipt))
    assert not inbox.put(Request((Tick(),), answer))
    assert inbox.message_count == 3
    await inbox.take(1)
    assert inbox.put(Request((Tick(),), answer))


async def test_a_full_inbox_turns_away_what_may_be_lost_and_nothing_else():
    inbox = Inbox(messages_max=2)
    assert [inbox.put(WarehouseMessage("parcels", b"%d" % n)) for n in range(3)] == [
        True,
        True,
        False,
    ]
    assert inbox.put(VanMessage("a", STATE, b"1"))
    assert inbox.put(Ready(Tick()))
    await inbox.take(1)
    assert inbox.put(WarehouseMessage("parcels", b"3"))


async def test_take_waits_until_closed():
    inbox = Inbox()
    waiting = asyncio.create_task(inbox.take(5))
    await asyncio.sleep(0)
    assert not waiting.done()
    inbox.close()
    assert await waiting == []
    inbox.put(Ready(Tick()))
    assert await inbox.take(5) == [Ready(Tick())]
    assert await inbox.take(5) == []


async def test_a_receipt_goes_out_when_the_last_reader_is_done():
    broker = MemoryBroker()
    link = broker.link("us")
    await link.subscribe("t", qos=1)
    broker.publish("t", b"x", qos=1)
    message = await anext(link.messages())
    receipt = Receipt(link, message, readers=2)
    receipt.settle()
    assert [one.payload for one in broker.link("us")._session.queue] == [b"x"]
    link = broker.link("us")
    message = await anext(link.messages())
    assert isinstance(message, Incoming)
    receipt = Receipt(link, message)
    receipt.settle()
    assert not broker.link("us")._session.queue


VANS = st.sampled_from(["a", "b"])
ARRIVALS = st.lists(
    st.one_of(
        st.tuples(st.just("state"), VANS),
        st.tuples(st.just("connection"), VANS),
        st.tuples(st.just("silent"), VANS),
        st.tuples(st.just("parcel"), st.just("")),
    ),
    max_size=30,
)


@given(ARRIVALS, st.integers(1, 5))
def test_of_a_van_its_newest_words_are_left_in_order_and_of_all_else_everything(
    arrivals, count_max
):
    inbox, given_order, taken, rounds = Inbox(), [], [], []
    made: dict[str, Callable[[str, bytes], Arrival]] = {
        "state": lambda van, n: VanMessage(van, STATE, n),
        "connection": lambda van, n: VanMessage(van, CONNECTION, n),
        "silent": lambda van, _: VanSilent(van),
        "parcel": lambda _, n: WarehouseMessage("parcels", n),
    }
    for number, (kind, van) in enumerate(arrivals):
        arrival = made[kind](van, b"%d" % number)
        given_order.append(arrival)
        assert inbox.put(arrival)

    async def drain():
        inbox.close()
        while batch := await inbox.take(count_max):
            rounds.append(batch)
            taken.extend(batch)

    asyncio.run(drain())
    for batch in rounds:
        vans = [one.van_id for one in batch if isinstance(one, VanMessage | VanSilent)]
        assert len(vans) == len(set(vans))
        assert len(batch) <= count_max

    def of_vans(found):
        return [one for one in found if isinstance(one, VanMessage | VanSilent)]

    assert [one for one in taken if one not in of_vans(taken)] == [
        one for one in given_order if one not in of_vans(given_order)
    ]
    for van in ("a", "b"):
        said = [one for one in of_vans(given_order) if one.van_id == van]
        newest = [
            [one for one in said if kind_of(one) is kind][-1:] for kind in (STATE, CONNECTION)
        ]
        left = sorted((one for found in newest for one in found), key=said.index)
        heard = [one for one in of_vans(taken) if one.van_id == van]
        assert [one for one in heard if isinstance(one, VanMessage)] == left
        silences = [one for one in heard if isinstance(one, VanSilent)]
        assert len(silences) == (VanSilent(van) in said and not newest[0])


def kind_of(one):
    """Return the kind of a van's message; None for silence."""
    return one.kind if isinstance(one, VanMessage) else None

"""The inbox: a van's newest state wins, nothing else is lost, and nothing overtakes."""

import asyncio
from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from dispatcher.core.events import Tick
from dispatcher.live.inbox import (
    Arrival,
    Inbox,
    Ready,
    Receipt,
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
    taken = [states(await inbox.take(10)) for _ in range(3)]
    assert taken == [[b"1"], [b"gone"], [b"3"]]


async def test_a_full_inbox_turns_warehouses_away_and_nobody_else():
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
def test_only_states_are_replaced_and_the_rest_keeps_its_order(arrivals, count_max):
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

    def is_state(one):
        return isinstance(one, VanMessage) and one.kind is STATE

    assert [one for one in taken if not is_state(one)] == [
        one for one in given_order if not is_state(one)
    ]
    for van in ("a", "b"):
        said = [one for one in given_order if getattr(one, "van_id", "") == van]
        heard = [one for one in taken if getattr(one, "van_id", "") == van]
        # Of each run of states the last one is left, and nothing else is touched.
        left = [
            one
            for index, one in enumerate(said)
            if not (is_state(one) and index + 1 < len(said) and is_state(said[index + 1]))
        ]
        assert heard == left

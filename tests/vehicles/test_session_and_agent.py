"""Both sides of the dialogue over a channel that loses, doubles and reorders messages.

The oracle is the van's own history: what really happened to it, in order. Facts must be a prefix
of it at every moment, and all of it in the end.
"""

from collections.abc import Callable
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from maps.units import Instant
from tests.vehicles.trips import FRAME, SPEC, START_AT, VAN_ID, node, place_at
from vehicles.agent import Agent
from vehicles.facts import (
    ActionEnded,
    NodePassed,
    OrderEchoed,
    OrderRefused,
    TripCancelled,
    VanFact,
    VanLost,
)
from vehicles.obeying import AgentSettings
from vehicles.resending import Newest
from vehicles.session import Session
from vehicles.trip import TripWish
from vehicles.vda5050.limits import Limits
from vehicles.vda5050.order import InstantActions, Node, Order
from vehicles.vda5050.state import ConnectionState, State
from vehicles.vda5050.topics import TopicKind

NODES_MAX = 5


class Town:
    """One van, its session, the channel between them, and a core that wants things."""

    def __init__(self, nodes_max: int | None = None) -> None:
        self.nodes_max = nodes_max
        self.agent = Agent(
            SPEC.manufacturer,
            VAN_ID,
            FRAME,
            place=place_at(0),
            battery_mwh=20_000_000,
            battery_mwh_max=SPEC.battery_mwh,
            settings=AgentSettings(start_tolerance_m=1e9),
        )
        self.session = Session(VAN_ID, SPEC, FRAME)
        self.log: list[Callable[[Session], None]] = []
        self.down: list[tuple[TopicKind, bytes]] = []
        self.up: list[bytes] = []
        self.newest = Newest()
        self.now = START_AT
        self.history: list[tuple[str, str, str]] = []
        self.facts: list[VanFact] = []
        self.last_wish: TripWish | None = None
        self.trip_count = self.revision = 0
        self.cancelled: list[str] = []
        self.told: dict[tuple[str, int], Node] = {}
        if nodes_max is not None:
            (fact,) = self.session.facts_of_factsheet(Limits(nodes_max=nodes_max), START_AT)
            self.call(lambda session: session.apply(fact))

    # The core

    def call(self, change: Callable[[Session], None]) -> None:
        """Change the session and write it down, as the journal does."""
        self.log.append(change)
        change(self.session)

    def wish(self, wish: TripWish) -> None:
        self.last_wish = wish
        self.call(lambda session: session.wish(wish))

    def wish_new(self, number: int) -> None:
        """A new trip; while another is under way only if that one can end without us."""
        if self.last_wish is not None:
            order = self.session.order_in_force
            if order is None or order.wish != self.last_wish:
                return
            if order.wish.released_count < len(order.wish.nodes):
                return
        self.trip_count += 1
        trip_id = f"trip-{self.trip_count}"
        count = 1 + number % NODES_MAX
        nodes = tuple(node(trip_id, index, drops=index % 3) for index in range(count))
        self.wish(TripWish(trip_id, VAN_ID, nodes, 1 + number // NODES_MAX % count))

    def wish_more(self, number: int) -> None:
        """The same trip, more of it released."""
        wish = self.last_wish
        if wish is not None:
            count = min(len(wish.nodes), wish.released_count + 1 + number % 2)
            self.wish(replace(wish, released_count=count))

    def wish_all(self, _number: int) -> None:
        """The same trip, all of it released."""
        if self.last_wish is not None:
            self.wish(replace(self.last_wish, released_count=len(self.last_wish.nodes)))

    def wish_tail(self, number: int) -> None:
        """The same trip with another end; the parcels of the old end may come back in it."""
        wish = self.last_wish
        if wish is None:
            return
        self.revision += 1
        begin = wish.released_count
        name = "" if number % 2 else f"r{self.revision}-"
        tail = tuple(
            node(wish.trip_id, index, name=name, drops=1)
            for index in range(begin, begin + number % 3)
        )
        self.wish(replace(wish, nodes=(*wish.nodes[:begin], *tail)))

    def cancel(self, number: int) -> None:
        if self.last_wish is not None and number % 2:
            trip_id = self.last_wish.trip_id
            self.last_wish = None
            self.cancelled.append(trip_id)
            self.call(lambda session: session.cancel(trip_id))

    # The channel

    def send(self, number: int) -> None:
        outgoing = self.session.outstanding()
        if outgoing is not None:
            message = outgoing.message(self.now)
            self.check_message(message)
            self.down += [(outgoing.kind, outgoing.payload(self.now))] * (1 + number % 2)

    def lose(self, number: int) -> None:
        for queue in (self.down, self.up):
            if queue and number % 3:
                queue.pop(number % len(queue))

    def hear_order(self, number: int) -> None:
        if not self.down:
            return
        kind, payload = self.down.pop(number % min(3, len(self.down)))
        if kind is TopicKind.ORDER:
            order = Order.decode(payload)
            busy_with = self.agent.order_id if self.agent.is_busy else order.order_id
            before = (self.agent.order_id, self.agent.order_update_id)
            self.agent.receive_order(order)
            after = (self.agent.order_id, self.agent.order_update_id)
            if before[0] != after[0]:
                assert busy_with == order.order_id, "two orders in force"
                self.passed()
        else:
            message = InstantActions.decode(payload)
            open_ids = self.open_actions()
            self.agent.receive_instant_actions(message)
            if self.agent.here is None:
                ended = [("ended", self.agent.order_id, action_id) for action_id in open_ids]
                self.history += ended

    def tell_state(self, _number: int) -> None:
        self.now = Instant(self.now + 1)
        self.up.append(self.agent.state(self.now).encode())

    def hear_state(self, number: int) -> None:
        if not self.up:
            return
        state = State.decode(self.up.pop(number % min(3, len(self.up))))
        if self.newest.is_old(state.header_id, state.timestamp.instant):
            return
        self.newest = self.newest.after(state.header_id, state.timestamp.instant)
        for fact in self.session.facts_of(state, self.now):
            self.take(fact)
        assert not self.session.facts_of(state, self.now), "the same state again is no news"

    def lose_van(self, _number: int) -> None:
        message = self.agent.connection(self.now, ConnectionState.CONNECTIONBROKEN)
        for fact in self.session.facts_of_connection(message, self.now):
            self.take(fact)

    def restart(self, _number: int) -> None:
        """Die and come back from the journal."""
        again = Session(VAN_ID, SPEC, FRAME)
        for change in self.log:
            change(again)
        assert payload_of(again) == payload_of(self.session)
        self.session = again
        self.call(Session.forget)

    # The van

    def drive(self, _number: int) -> None:
        """Do the next thing that the order asks for."""
        action = self.agent.next_action()
        if action is not None:
            self.agent.begin_action(action.action_id)
            if len(self.history) % 4:
                self.agent.end_action(action.action_id, len(self.history) % 5 > 0)
                self.history.append(("ended", self.agent.order_id, action.action_id))
            else:
                self.history.append(("ended", self.agent.order_id, action.action_id))
                self.agent.end_action(action.action_id, True, "slowly")
        elif self.agent.next_edge() is not None:
            self.agent.arrive()
            self.passed()

    def passed(self) -> None:
        assert self.agent.here is not None
        self.history.append(("passed", self.agent.order_id, self.agent.here.node_id))

    def open_actions(self) -> list[str]:
        """Return the actions here that a cancel would end."""
        here, state = self.agent.here, self.agent.next_action()
        if here is None or state is None:
            return []
        ids = [action.action_id for action in here.actions]
        return ids[ids.index(state.action_id) :]

    # The judge

    def take(self, fact: VanFact) -> None:
        self.facts.append(fact)
        self.call(lambda session: session.apply(fact))
        if isinstance(fact, OrderRefused):
            assert fact.trip_id in self.cancelled, fact
        if isinstance(fact, TripCancelled):
            assert fact.trip_id in self.cancelled
        if isinstance(fact, VanLost):
            assert fact.cause == ConnectionState.CONNECTIONBROKEN.value
        happened = self.happened()
        assert happened == self.history[: len(happened)], "facts tell what happened, in order"

    def happened(self) -> list[tuple[str, str, str]]:
        found = []
        wishes: dict[tuple[str, int], str] = {
            (trip_id, sequence_id // 2): told.node_id
            for (trip_id, sequence_id), told in self.told.items()
        }
        for fact in self.facts:
            if isinstance(fact, NodePassed):
                name = wishes[fact.trip_id, fact.node_index]
                found.append(("passed", fact.trip_id, name))
            elif isinstance(fact, ActionEnded):
                found.append(("ended", fact.trip_id, fact.action_id))
        return found

    def check_message(self, message: Order | InstantActions) -> None:
        if isinstance(message, InstantActions):
            return
        assert self.nodes_max is None or len(message.nodes) <= self.nodes_max
        if self.agent.is_busy:
            assert self.agent.order_id == message.order_id, "a second order while one is driven"
        for sent in message.nodes:
            key = (message.order_id, sent.sequence_id)
            if key in self.told:
                assert sent == self.told[key], "a released node was changed or taken back"
            if sent.released:
                self.told[key] = sent

    def exchange(self, number: int) -> None:
        """Let the channel work for once, and the van do a few things."""
        self.send(0)
        while self.down:
            self.hear_order(0)
        for _ in range(number % 8):
            self.drive(0)
        self.tell_state(0)
        while self.up:
            self.hear_state(0)

    def settle(self) -> None:
        """Let the channel work and the van drive until nothing moves any more."""
        for _ in range(20):
            self.exchange(7)

    def check_end(self) -> None:
        assert self.happened() == self.history, "nothing that happened was missed"
        assert self.session.outstanding() is None
        ended = [fact.trip_id for fact in self.facts if isinstance(fact, TripCancelled)]
        assert sorted(ended) == sorted(self.cancelled), "every cancel is answered, once"
        echoes = [(f.trip_id, f.update_id) for f in self.facts if isinstance(f, OrderEchoed)]
        assert len(set(echoes)) == len(echoes)
        if self.last_wish is None:
            return
        order = self.session.order_in_force
        assert order is not None
        same = (order.wish.trip_id, order.wish.nodes, order.wish.released_count)
        wanted = (self.last_wish.trip_id, self.last_wish.nodes, self.last_wish.released_count)
        assert same == wanted, "the newest wish is confirmed"
        assert (self.agent.order_id, self.agent.order_update_id) == (
            order.wish.trip_id,
            order.update_id,
        )
        if order.wish.released_count == len(order.wish.nodes):
            assert order.is_finished
            assert not self.agent.is_busy


def payload_of(session: Session) -> bytes | None:
    outgoing = session.outstanding()
    return None if outgoing is None else outgoing.payload(START_AT)


STEPS: dict[str, Callable[[Town, int], None]] = {
    "wish new": Town.wish_new,
    "wish more": Town.wish_more,
    "wish all": Town.wish_all,
    "wish tail": Town.wish_tail,
    "cancel": Town.cancel,
    "send": Town.send,
    "lose": Town.lose,
    "hear order": Town.hear_order,
    "tell state": Town.tell_state,
    "hear state": Town.hear_state,
    "lose van": Town.lose_van,
    "restart": Town.restart,
    "drive": Town.drive,
    "exchange": Town.exchange,
}
# What moves the dialogue on comes often, so that long dialogues are reached.
MOVING = ["send", "hear order", "tell state", "hear state", "drive", "exchange", "wish new"]
NAMES = [*STEPS, *MOVING, *MOVING]
steps = st.tuples(st.sampled_from(NAMES), st.integers(0, 24))


@settings(max_examples=300)
@given(st.lists(steps, max_size=150), st.sampled_from([None, None, 2, 3, 4]))
def test_any_dialogue_keeps_its_promises(script, nodes_max):
    town = Town(nodes_max)
    for name, number in [("tell state", 0), ("hear state", 0), ("wish new", 14), *script]:
        STEPS[name](town, number)
    town.settle()
    town.check_end()

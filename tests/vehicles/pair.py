"""A session and a van that talk without a channel between them."""

from tests.vehicles.trips import FRAME, SPEC, START_AT, VAN_ID, place_at, trip
from vehicles.agent import Agent
from vehicles.facts import (
    VanFact,
)
from vehicles.obeying import AgentSettings
from vehicles.session import Outgoing, Session
from vehicles.vda5050.order import Order
from vehicles.vda5050.state import State


def an_agent(tolerance_m: float = 300.0) -> Agent:
    return Agent(
        SPEC.manufacturer,
        VAN_ID,
        FRAME,
        place=place_at(0),
        battery_mwh=20_000_000,
        battery_mwh_max=SPEC.battery_mwh,
        settings=AgentSettings(start_tolerance_m=tolerance_m),
    )


class Pair:
    """A session and a van that hear each other at once."""

    def __init__(self, tolerance_m: float = 300.0) -> None:
        self.session = Session(VAN_ID, SPEC, FRAME)
        self.agent = an_agent(tolerance_m)

    def hear(self, state: State | None = None) -> list[VanFact]:
        """Let the session hear a state, the van's present one by default."""
        message = self.agent.state(START_AT) if state is None else state
        facts = self.session.facts_of(message, START_AT)
        for fact in facts:
            self.session.apply(fact)
        return list(facts)

    def send(self) -> Outgoing | None:
        """Let the van hear what is outstanding."""
        outgoing = self.session.outstanding()
        if outgoing is not None:
            message = outgoing.message(START_AT)
            if isinstance(message, Order):
                self.agent.receive_order(message)
            else:
                self.agent.receive_instant_actions(message)
        return outgoing

    def work(self) -> None:
        """Let the van do all that is released."""
        while self.agent.next_action() or self.agent.next_edge():
            action = self.agent.next_action()
            if action is None:
                self.agent.arrive()
            else:
                self.agent.begin_action(action.action_id)
                self.agent.end_action(action.action_id, True, "handed over")


def under_way(count: int = 4, released: int = 2) -> Pair:
    """A pair whose van has confirmed trip-1."""
    pair = Pair()
    pair.session.wish(trip("trip-1", count, released))
    pair.hear()
    pair.send()
    pair.hear()
    return pair


def kinds(facts: list[VanFact]) -> list[type]:
    return [type(fact) for fact in facts]


def confirmed(pair: Pair) -> int | None:
    """Return the update that the session takes for confirmed."""
    return pair.session.confirmed_update_id

"""A van that knows the standard's charging and nothing of our extension, and its session."""

from maps.units import Instant
from tests.vehicles.pair import Pair
from tests.vehicles.trips import START_AT, VAN_ID, node, trip
from vehicles.facts import VanFact
from vehicles.session import Session
from vehicles.trip import ActionKind, NodeKind, TripAction, TripNode, TripWish
from vehicles.vda5050.order import InstantActions, Order
from vehicles.vda5050.state import (
    ActionState,
    ActionStatus,
    Error,
    ErrorLevel,
    ErrorReference,
    State,
)

TARGET_MWH = 24_000_000
"""Four fifths of the battery of vans in tests."""


def plug(trip_id: str, index: int, *, target_mwh: int = TARGET_MWH) -> TripNode:
    """Return a charging stop as the core wants it: begin, and end at a charge."""
    plain = node(trip_id, index, name="plug")
    start = TripAction(
        f"{trip_id}/startCharging/{index}", ActionKind.START_CHARGING, None, 600, target_mwh
    )
    stop = TripAction(f"{trip_id}/stopCharging/{index}", ActionKind.STOP_CHARGING, None, 0)
    return TripNode(
        node_id=plain.node_id,
        kind=NodeKind.CHARGE,
        place=plain.place,
        label="a charger",
        actions=(start, stop),
        drive_s=plain.drive_s,
        distance_m=plain.distance_m,
        shape=plain.shape,
        arrive_at=plain.arrive_at,
        leave_at=plain.leave_at,
    )


def charging_trip(trip_id: str = "trip-1") -> TripWish:
    """Return a turn at a charger: one node."""
    return TripWish(trip_id, VAN_ID, (plug(trip_id, 0),), 1)


def trip_with_plug(count: int = 4, at: int = 2, released: int | None = None) -> TripWish:
    """Return a trip with a charging stop on its way."""
    plain = trip("trip-1", count, count)
    nodes = (*plain.nodes[:at], plug("trip-1", at), *plain.nodes[at + 1 :])
    return TripWish("trip-1", VAN_ID, nodes, count if released is None else released)


class StandardVan(Pair):
    """A van by the standard: the current flows from ``startCharging`` on, until it is stopped.

    While it does, the van refuses every order.
    """

    def __init__(self) -> None:
        super().__init__()
        self.flows = False
        self.stops = True
        self.knows_start = True
        self.time_s = 0
        self.instants: dict[str, ActionState] = {}
        self.refusals: list[Error] = []

    @property
    def now(self) -> Instant:
        """Return the present instant."""
        return Instant(START_AT + 1000 * self.time_s)

    def state(self) -> State:
        """Return what it says, without our extension."""
        self.agent.set_battery(self.agent._battery_mwh, self.flows)
        state = self.agent.state(self.now)
        return state.changed(
            robovan=None,
            action_states=(*state.action_states, *self.instants.values()),
            errors=(*state.errors, *self.refusals),
        )

    def say(self, *, after_s: int = 1) -> list[VanFact]:
        """Let some time pass, and the session hear the van."""
        self.time_s += after_s
        facts = self.session.facts_of(self.state(), self.now)
        for fact in facts:
            self.session.apply(fact)
        return list(facts)

    def listen(self) -> Order | InstantActions | None:
        """Let the van hear what is outstanding, and do at once what it can."""
        outgoing = self.session.outstanding()
        if outgoing is None:
            return None
        message = outgoing.message(self.now)
        if isinstance(message, Order):
            self._take(message)
            return message
        for action in message.actions:
            if action.action_type == "stopCharging":
                done = self.stops and self.flows
                self.flows = self.flows and not self.stops
                self.instants[action.action_id] = ActionState(
                    action_id=action.action_id,
                    action_type="stopCharging",
                    action_status=ActionStatus.FINISHED if done else ActionStatus.FAILED,
                    result_description=None if done else "the plug is stuck",
                )
            else:
                self.agent.receive_instant_actions(message)
        return message

    def _take(self, order: Order) -> None:
        if not self.flows:
            self.agent.receive_order(order)
            self.refusals = []
            return
        references = {"orderId": order.order_id, "orderUpdateId": str(order.order_update_id)}
        self.refusals.append(
            Error(
                error_type="orderError",
                error_level=ErrorLevel.WARNING,
                error_description="it charges",
                error_references=tuple(
                    ErrorReference(reference_key=key, reference_value=value)
                    for key, value in references.items()
                ),
            )
        )

    def drive(self) -> None:
        """Let the van do what it has been told, up to the next plug and there begin to charge."""
        while not self.flows and (self.agent.next_action() or self.agent.next_edge()):
            action = self.agent.next_action()
            if action is None:
                self.agent.arrive()
                continue
            self.agent.begin_action(action.action_id)
            starts = action.action_type == "startCharging"
            done = self.knows_start or not starts
            self.agent.end_action(action.action_id, done, "" if done else "not aligned")
            self.flows = starts and done

    def charge_to(self, battery_mwh: int) -> None:
        """Let the battery hold so much."""
        self.agent.set_battery(battery_mwh, self.flows)


def told(session: Session) -> str | None:
    """Return the key of what a session has to say."""
    outgoing = session.outstanding()
    return None if outgoing is None else outgoing.key

"""The vehicle's side of VDA 5050: takes orders, says what to do next, reports its state.

Written from the standard (version 2.1) for simulated vans and for testing the dispatcher's side,
with which it shares only the message models. It does no input or output and reads no clock: the
caller brings messages and the present, drives, charges and hands over, and publishes the state
whenever ``changed`` says so and at least every 30 s.

Theory of operation
-------------------
An order is a chain of nodes and edges. Its *base* is released and never changes; its *horizon*
may be replaced by an update that begins with the last node of the base. The agent keeps what is
still to be reached, so that it never has to look back:

* ``next_action()`` is the action to run at the node where the vehicle stands, in order, one at a
  time: ``begin_action``, then ``end_action``.
* ``next_edge()`` is the released edge to drive, once all actions here have ended; it stays the
  same, whatever updates come, until ``arrive()`` or a cancel. A driver that finds another answer
  than the edge it is on (None, after a cancel) stops where it is.
* A new order is taken only when the old one is done, and only if its first node is near; the
  vehicle then counts as standing on that node.
* cancelOrder takes effect at once, between nodes too: what waits or runs FAILS, nodes and edges
  are dropped, and the order's id is kept in the state.
"""

from collections import deque
from collections.abc import Iterable
from typing import Any, Final

from maps.geometry import LocalFrame
from maps.places import LonLat
from maps.units import Instant
from vehicles.errors import WrongTurnError
from vehicles.obeying import (
    NO_ORDER_TO_CANCEL,
    ORDER_ID,
    AgentSettings,
    Refused,
    Standing,
    instant_error,
    is_repeated,
    no_route,
    refusal,
)
from vehicles.order_in_hand import OrderInHand
from vehicles.vda5050.order import Action, Edge, InstantActions, Node, Order
from vehicles.vda5050.state import (
    ActionState,
    ActionStatus,
    AgvPosition,
    BatteryState,
    Connection,
    ConnectionState,
    Error,
    ErrorLevel,
    EStop,
    Load,
    OperatingMode,
    SafetyState,
    State,
    StateExtension,
    Visualization,
)
from vehicles.vda5050.wire import PROTOCOL_VERSION, Timestamp

PICK, DROP = "pick", "drop"
CANCEL_ORDER, STATE_REQUEST = "cancelOrder", "stateRequest"
INSTANT_ACTION_ERROR = "instantActionError"
LOAD_ID_PARAMETER = "loadId"
ALL_SAFE: Final = SafetyState(e_stop=EStop.NONE, field_violation=False)


class Agent:
    """One vehicle's side of the dialogue.

    Parameters
    ----------
    manufacturer, serial_number
        As in its topics.
    frame
        In which it reports its position.
    place, battery_mwh, battery_mwh_max
        Where it stands; what its battery holds, and holds when full.
    settings
        How it obeys.
    """

    def __init__(
        self,
        manufacturer: str,
        serial_number: str,
        frame: LocalFrame,
        *,
        place: LonLat,
        battery_mwh: int,
        battery_mwh_max: int,
        settings: AgentSettings | None = None,
    ) -> None:
        self.manufacturer = manufacturer
        self.serial_number = serial_number
        self.frame = frame
        self.settings = settings or AgentSettings()
        self.changed = True
        """Whether something happened that a state message should tell at once."""
        self._place, self._theta = place, 0.0
        self._driving = self._charging = False
        self._battery_mwh, self._battery_mwh_max = battery_mwh, battery_mwh_max
        self._order = OrderInHand()
        self._instants: dict[str, ActionState] = {}
        self._errors: list[Error] = []
        self._order_errors: list[Error] = []
        self._refused = Refused(self.settings.remembered_count_max)
        self._loads: tuple[Load, ...] = ()
        self.loads: tuple[str, ...] = ()
        """Ids of what is aboard, in the order of loading."""
        self._former: deque[str] = deque(maxlen=self.settings.remembered_count_max)
        self._handled: deque[str] = deque(maxlen=self.settings.remembered_count_max)
        self._headers = {"state": 0, "connection": 0, "visualization": 0}

    # What comes from the dispatcher

    def receive_order(self, order: Order) -> Error | None:
        """Take an order or an update, or refuse it with the error that is returned.

        One that is here already changes nothing, and what was refused once is refused whenever it
        comes again. A refusal stays in the state's errors until an order is taken.
        """
        standing = self._standing()
        if is_repeated(order, standing):
            return None
        self.changed = True
        is_new = order.order_id != standing.order_id
        error = self._refused.before(order) or refusal(order, standing)
        if error is None and is_new:
            error = no_route(order, self.frame, self._place, self.settings)
        if error is not None:
            self._refused.keep(order, error)
            others = [e for e in self._order_errors if e.error_type != error.error_type]
            self._order_errors = [*others, error]
            return error
        self._order_errors = []
        if is_new:
            if standing.order_id:
                self._former.append(standing.order_id)
            self._instants = {}
            self._order.take(order)
        else:
            self._order.extend(order)
        return None

    def receive_instant_actions(self, message: InstantActions) -> None:
        """Do what is to be done at once; an action that was handled before changes nothing."""
        new = [action for action in message.actions if action.action_id not in self._handled]
        for action in new:
            self._handled.append(action.action_id)
            self.changed = True
            if action.action_type == CANCEL_ORDER:
                self._cancel(action)
            elif action.action_type == STATE_REQUEST:
                self._end_instant(action, ActionStatus.FINISHED)
            else:
                self._refuse_instant(action, INSTANT_ACTION_ERROR, "not supported")

    # What to do next

    @property
    def order_id(self) -> str:
        """Return the order it has, or had last; "" before the first."""
        return self._order.order_id

    @property
    def order_update_id(self) -> int:
        """Return the update of that order."""
        return self._order.order_update_id

    @property
    def here(self) -> Node | None:
        """Return the node reached last in this order; None before any, and after a cancel."""
        return self._order.here

    @property
    def is_busy(self) -> bool:
        """Return whether it has nodes to reach or actions to end."""
        return self._order.is_busy

    def next_action(self) -> Action | None:
        """Return the action to run now where it stands, or None; one that runs is returned too."""
        return self._order.next_action()

    def next_edge(self) -> Edge | None:
        """Return the released edge to drive, or None while it must wait or has nothing to do."""
        return self._order.next_edge()

    @property
    def edges_ahead(self) -> tuple[Edge, ...]:
        """Return all edges still to be driven, released or not."""
        return tuple(self._order.edges)

    # What happened

    def arrive(self) -> Node:
        """Note that the end of ``next_edge()`` is reached, and return that node.

        Raises
        ------
        WrongTurnError
            If there is no edge to drive now.
        """
        if self.next_edge() is None:
            raise WrongTurnError(self.serial_number, "arrive where no released edge leads")
        self.changed = True
        return self._order.arrive()

    def begin_action(self, action_id: str) -> None:
        """Note that the action that ``next_action()`` named is running.

        Raises
        ------
        WrongTurnError
            If another action is to be run now.
        """
        action = self.next_action()
        if action is None or action.action_id != action_id:
            raise WrongTurnError(self.serial_number, f"begin action {action_id!r}")
        self._order.set_action(action_id, ActionStatus.RUNNING)
        self.changed = True

    def end_action(self, action_id: str, done: bool, detail: str = "") -> None:
        """Note that an action finished or failed; nothing if a cancel has ended it already.

        A finished pick or drop changes what is aboard.

        Raises
        ------
        WrongTurnError
            If the action is none of this order's, or has not begun.
        """
        state = self._order.actions.get(action_id)
        if state is None or state.action_status is ActionStatus.WAITING:
            raise WrongTurnError(self.serial_number, f"end action {action_id!r}")
        action = self.next_action()
        if state.action_status.is_final or action is None:
            return
        status = ActionStatus.FINISHED if done else ActionStatus.FAILED
        self._order.set_action(action_id, status, detail)
        self.changed = True
        load_id = action.parameter(LOAD_ID_PARAMETER)
        if done and isinstance(load_id, str):
            self._move_load(action.action_type, load_id)

    def restart(self, *, forgets: bool) -> None:
        """Begin anew, as after a loss of power: with its order, or if it forgets without any."""
        self._headers = dict.fromkeys(self._headers, 0)
        self._errors, self._order_errors, self.changed = [], [], True
        if forgets:
            self._order, self._instants = OrderInHand(), {}
            for memory in (self._former, self._handled, self._refused):
                memory.clear()

    def set_battery(self, battery_mwh: int, charging: bool) -> None:
        """Set what the battery holds and whether it is charging."""
        self.changed |= charging != self._charging
        self._battery_mwh, self._charging = battery_mwh, charging

    def set_place(self, place: LonLat, theta: float = 0.0) -> None:
        """Set where it is and which way it faces, in radians from east against the clock."""
        self._place, self._theta = place, theta

    def set_driving(self, driving: bool) -> None:
        """Set whether it moves."""
        self.changed |= driving != self._driving
        self._driving = driving

    def set_loads(self, load_ids: Iterable[str]) -> None:
        """Set what is aboard, for a vehicle that was loaded by others."""
        self.loads = tuple(load_ids)
        self._loads = tuple(Load(load_id=load_id) for load_id in self.loads)
        self.changed = True

    def add_error(
        self, error_type: str, description: str, level: ErrorLevel = ErrorLevel.WARNING
    ) -> None:
        """Report an error from now on; one of the same type is replaced."""
        self.clear_error(error_type)
        error = Error(error_type=error_type, error_description=description, error_level=level)
        self._errors.append(error)
        self.changed = True

    def clear_error(self, error_type: str) -> None:
        """Report an error no longer."""
        kept = [error for error in self._errors if error.error_type != error_type]
        self.changed |= len(kept) != len(self._errors)
        self._errors = kept

    # What it says

    def state(self, now: Instant) -> State:
        """Build the next state message, and take note that all changes are told."""
        self.changed = False
        return State(
            **self._header("state", now),
            order_id=self._order.order_id,
            order_update_id=self._order.order_update_id,
            last_node_id=self._order.last_node[0],
            last_node_sequence_id=self._order.last_node[1],
            node_states=self._order.node_states,
            edge_states=self._order.edge_states,
            driving=self._driving,
            new_base_request=self._order.base_runs_out,
            agv_position=self._position(),
            loads=self._loads,
            action_states=(*self._order.actions.values(), *self._instants.values()),
            battery_state=BatteryState(
                battery_charge=round(100 * self._battery_mwh / self._battery_mwh_max, 3),
                charging=self._charging,
            ),
            operating_mode=OperatingMode.AUTOMATIC,
            errors=(*self._order_errors, *self._errors),
            safety_state=ALL_SAFE,
            robovan=StateExtension(
                battery_mwh=self._battery_mwh, lon=self._place.lon, lat=self._place.lat
            ),
        )

    def connection(self, now: Instant, connection_state: ConnectionState) -> Connection:
        """Build a connection message, to be published retained; also the last will."""
        return Connection(
            **self._header("connection", now),
            connection_state=connection_state,
        )

    def visualization(self, now: Instant) -> Visualization:
        """Build a position message for watchers."""
        return Visualization(
            **self._header("visualization", now),
            agv_position=self._position(),
        )

    # How

    def _standing(self) -> Standing:
        return Standing(
            order_id=self._order.order_id,
            order_update_id=self._order.order_update_id,
            base_end=self._order.base_end,
            busy=self._order.is_busy,
            former_orders=self._former,
            action_types=self.settings.action_types,
        )

    def _cancel(self, action: Action) -> None:
        meant = action.parameter(ORDER_ID)
        if not self._order.is_busy or meant not in (None, self._order.order_id):
            self._refuse_instant(action, NO_ORDER_TO_CANCEL, "no such order is under way")
            return
        self._order.cancel()
        self._driving = False
        self._end_instant(action, ActionStatus.FINISHED)

    def _end_instant(self, action: Action, status: ActionStatus, detail: str = "") -> None:
        while len(self._instants) >= self.settings.remembered_count_max:
            self._instants.pop(next(iter(self._instants)))
        self._instants[action.action_id] = ActionState(
            action_id=action.action_id,
            action_type=action.action_type,
            action_status=status,
            result_description=detail or None,
        )

    def _refuse_instant(self, action: Action, error_type: str, detail: str) -> None:
        self._end_instant(action, ActionStatus.FAILED, detail)
        others = [e for e in self._order_errors if e.error_type != error_type]
        self._order_errors = [*others, instant_error(action, error_type, detail)]

    def _move_load(self, action_type: str, load_id: str) -> None:
        if action_type == PICK and load_id not in self.loads:
            self.loads = (*self.loads, load_id)
            self._loads = (*self._loads, Load(load_id=load_id))
        elif action_type == DROP:
            self.loads = tuple([one for one in self.loads if one != load_id])
            self._loads = tuple([one for one in self._loads if one.load_id != load_id])

    def _position(self) -> AgvPosition:
        x, y = self.frame.to_metres(self._place)
        return AgvPosition(
            x=round(x, 2),
            y=round(y, 2),
            theta=self._theta,
            map_id=self.frame.map_id,
            position_initialized=True,
        )

    def _header(self, topic: str, now: Instant) -> dict[str, Any]:
        self._headers[topic] += 1
        return {
            "header_id": self._headers[topic],
            "timestamp": Timestamp(now),
            "version": PROTOCOL_VERSION,
            "manufacturer": self.manufacturer,
            "serial_number": self.serial_number,
        }

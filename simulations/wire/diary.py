"""What the simulated vans of a day heard and did, line by line: the raw matter of the ledger.

Decides what is worth writing down: every order and update when it is heard first (with its released
nodes, whether the van took it, and what it was at), every order heard again with other content,
every cancel and every order given up, and each parcel that went into a van or out of it. It judges
nothing; ``simulations.siege.ledger`` does. One JSON object a line, written as it happens.
"""

import hashlib
import json
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, TextIO

from maps.units import Instant
from simulations.van import SimulatedVan
from vehicles.trip import ActionKind
from vehicles.vda5050.order import Action, InstantActions, Node, Order
from vehicles.vda5050.orders import LOAD_ID_KEY, ORDER_ID_KEY
from vehicles.vda5050.wire import Timestamp

CANCEL_ORDER: Final = "cancelOrder"


class Diary:
    """The diary of all vans of a process.

    Parameters
    ----------
    path
        The file; None writes nothing.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._file: TextIO | None = None
        self._heard: dict[tuple[str, str, int], bytes] = {}
        self._handled: dict[str, int] = {}
        self._failed: dict[str, int] = {}
        self._aboard: dict[str, tuple[str, ...]] = {}

    def __enter__(self) -> Self:
        """Begin the file."""
        if self._path is not None:
            self._file = self._path.open("w", encoding="utf-8")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the file."""
        if self._file is not None:
            self._file.close()

    def hear_order(self, van: SimulatedVan, order: Order, now: Instant) -> None:
        """Let a van hear an order, and write down what came of it."""
        agent = van.agent
        busy_with = agent.order_id if agent.is_busy else ""
        van.receive_order(order, now)
        is_taken = (agent.order_id, agent.order_update_id) == (
            order.order_id,
            order.order_update_id,
        )
        if self._is_known(van.van_id, order):
            return
        released = [_node(node) for node in order.nodes if node.released]
        self._write(
            "order",
            van,
            now,
            order=order.order_id,
            update=order.order_update_id,
            taken=is_taken,
            busy_with=busy_with,
            begins=order.nodes[0].sequence_id if order.nodes else 0,
            released=released,
        )

    def hear_actions(self, van: SimulatedVan, message: InstantActions, now: Instant) -> None:
        """Let a van hear instant actions, and write down what it was to give up and gave up."""
        before = van.agent.order_id if van.agent.is_busy else ""
        van.receive_instant_actions(message, now)
        for action in message.actions:
            if action.action_type == CANCEL_ORDER:
                self._write("cancel", van, now, order=action.parameter(ORDER_ID_KEY) or before)
        if before and not van.agent.is_busy:
            self._write("gave_up", van, now, order=before)

    def forget(self, van: SimulatedVan, now: Instant) -> None:
        """Write down that a van has forgotten its orders: it hears all anew."""
        known = [key for key in self._heard if key[0] == van.van_id]
        for key in known:
            del self._heard[key]
        self._write("forgot", van, now)

    def look(self, van: SimulatedVan, now: Instant) -> None:
        """Write down what went into a van or out of it since it was looked at last."""
        self._look_at_failures(van)
        van_id, handlings = van.van_id, van.logbook.handlings
        aboard = self._aboard.get(van_id, ())
        since = self._handled.get(van_id, 0)
        if since == len(handlings) and aboard == van.agent.loads:
            return
        self._handled[van_id] = len(handlings)
        held = dict.fromkeys(aboard)
        for one in handlings[since:]:
            if one.kind.value == "pick":
                held[one.parcel_id] = None
            else:
                held.pop(one.parcel_id, None)
            self._write(one.kind.value, van, one.at, parcel=one.parcel_id, action=one.action_id)
        for parcel_id in held.keys() - set(van.agent.loads):
            self._write("handed_in", van, now, parcel=parcel_id)
        for parcel_id in set(van.agent.loads) - held.keys():
            self._write("found", van, now, parcel=parcel_id)
        self._aboard[van_id] = van.agent.loads

    def _look_at_failures(self, van: SimulatedVan) -> None:
        """Write down what a van was to take in since then, and did not get."""
        failures = van.logbook.failures
        for one in failures[self._failed.get(van.van_id, 0) :]:
            if one.kind is ActionKind.PICK:
                self._write("missed", van, one.at, parcel=one.parcel_id, action=one.action_id)
        self._failed[van.van_id] = len(failures)

    def end(self, van: SimulatedVan, now: Instant) -> None:
        """Write down how a van stands when the day is over."""
        self.look(van, now)
        order = van.agent.order_id if van.agent.is_busy else ""
        self._write("end", van, now, order=order, loads=list(van.agent.loads))

    def _is_known(self, van_id: str, order: Order) -> bool:
        """Return whether this very order was heard before; what differs is written down again."""
        plain = order.changed(header_id=0, timestamp=Timestamp(0))
        digest = hashlib.sha256(plain.encode()).digest()
        key = (van_id, order.order_id, order.order_update_id)
        before, self._heard[key] = self._heard.get(key), digest
        return before == digest

    def _write(self, kind: str, van: SimulatedVan, at: Instant, **more: Any) -> None:
        if self._file is not None:
            row = {"kind": kind, "at": at, "van": van.van_id, **more}
            self._file.write(json.dumps(row, separators=(",", ":")) + "\n")
            self._file.flush()


def _node(node: Node) -> dict[str, Any]:
    kind = "" if node.robovan is None else node.robovan.kind
    actions = [_action(action) for action in node.actions]
    where = None if node.robovan is None else [node.robovan.lon, node.robovan.lat]
    named = {"seq": node.sequence_id, "id": node.node_id, "kind": kind}
    return {**named, "place": where, "actions": actions}


def _action(action: Action) -> list[Any]:
    return [action.action_type, action.action_id, action.parameter(LOAD_ID_KEY)]

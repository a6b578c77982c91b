"""Thousands of vans on one broker, each on a line of its own: what a dispatcher hears all day.

They take orders, drive them at a steady pace and report by the standard, but simulate nothing else:
no roads, no batteries, no troubles. Written apart from our own vehicle's side, as another maker's
vans would be.

Started by ``benchmarks.live``; prints a line of JSON when all are connected. Told ``cut N``, N of
them lose their lines at once, connect again at once, and it prints when they are back. Told
``stop``, it prints what was said and heard, and ends.
"""

import argparse
import asyncio
import json
import sys
import time
from collections import deque
from collections.abc import Coroutine
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

from benchmarks.live import packets

MANUFACTURER: Final = "Neolix"
TICK_S: Final = 0.01
CONNECTS_PER_TICK: Final = 12
DONE: Final = 10
"""Actions ended, as a van reports them until its next order: they fill a state of an idle van."""


class Van:
    """What a van knows of its order, and how it tells it."""

    def __init__(self, van_id: str, lon: float, lat: float) -> None:
        self.van_id, self.lon, self.lat = van_id, lon, lat
        self.header_id = 0
        self.order_id, self.update_id = "", 0
        self.last_node, self.last_sequence = "", 0
        self.nodes: deque[dict[str, Any]] = deque()
        self.edges: deque[dict[str, Any]] = deque()
        self.actions: dict[str, dict[str, Any]] = {}
        self.open: deque[str] = deque()

    def obey(self, order: dict[str, Any]) -> None:
        """Take an order or an update of the one in hand."""
        nodes, edges = order["nodes"], order["edges"]
        if order["orderId"] != self.order_id:
            self.order_id, self.actions, self.open = order["orderId"], {}, deque()
            self.nodes, self.edges = deque(nodes), deque(edges)
        elif order["orderUpdateId"] > self.update_id:
            first = nodes[0]["sequenceId"]
            kept = [node for node in self.nodes if node["sequenceId"] < first]
            self.nodes = deque((*kept, *(n for n in nodes if n["sequenceId"] > self.last_sequence)))
            kept = [edge for edge in self.edges if edge["sequenceId"] < first]
            self.edges = deque((*kept, *(e for e in edges if e["sequenceId"] > self.last_sequence)))
        else:
            return
        self.update_id = order["orderUpdateId"]
        for node in nodes:
            for action in node["actions"]:
                known = {"actionId": action["actionId"], "actionType": action["actionType"]}
                self.actions.setdefault(action["actionId"], {**known, "actionStatus": "WAITING"})

    def obey_at_once(self, message: dict[str, Any]) -> None:
        """Do instant actions: cancel the order, or just say how it is."""
        for action in message["actions"]:
            if action["actionType"] == "cancelOrder":
                self.nodes.clear()
                self.edges.clear()
                self.open.clear()
                for known in self.actions.values():
                    if known["actionStatus"] != "FINISHED":
                        known["actionStatus"] = "FAILED"
            done = {"actionId": action["actionId"], "actionType": action["actionType"]}
            self.actions[action["actionId"]] = {**done, "actionStatus": "FINISHED"}

    def go_on(self) -> None:
        """Do the next thing: end the actions at hand, or reach the next node that is released."""
        if self.open:
            while self.open:
                self.actions[self.open.popleft()]["actionStatus"] = "FINISHED"
        elif self.nodes and self.nodes[0]["released"]:
            node = self.nodes.popleft()
            self.last_node, self.last_sequence = node["nodeId"], node["sequenceId"]
            while self.edges and self.edges[0]["sequenceId"] < self.last_sequence:
                self.edges.popleft()
            self.open.extend(action["actionId"] for action in node["actions"])

    def state(self, at: str) -> bytes:
        """Return the state message."""
        self.header_id += 1
        actions = list(self.actions.values()) or [
            {"actionId": f"{self.van_id}-{k}", "actionType": "drop", "actionStatus": "FINISHED"}
            for k in range(DONE)
        ]
        told = {
            **self._head(at),
            "orderId": self.order_id,
            "orderUpdateId": self.update_id,
            "lastNodeId": self.last_node,
            "lastNodeSequenceId": self.last_sequence,
            "nodeStates": [_shown(node, "nodeId") for node in self.nodes],
            "edgeStates": [_shown(edge, "edgeId") for edge in self.edges],
            "driving": bool(self.nodes) and not self.open,
            "actionStates": actions,
            "batteryState": {"batteryCharge": 80.0, "charging": False},
            "operatingMode": "AUTOMATIC",
            "errors": [],
            "safetyState": {"eStop": "NONE", "fieldViolation": False},
            "robovan": {"batteryMwh": 20_000_000, "lon": self.lon, "lat": self.lat},
        }
        return json.dumps(told, separators=(",", ":")).encode()

    def connection(self, at: str, state: str) -> bytes:
        """Return a connection message."""
        return json.dumps({**self._head(at), "connectionState": state}).encode()

    def _head(self, at: str) -> dict[str, Any]:
        return {
            "headerId": self.header_id,
            "timestamp": at,
            "version": "2.1.0",
            "manufacturer": MANUFACTURER,
            "serialNumber": self.van_id,
        }


class Line(asyncio.Protocol):
    """One van's connection."""

    def __init__(self, fleet: "Fleet", van: Van) -> None:
        self.fleet, self.van = fleet, van
        self.transport: asyncio.Transport | None = None
        self.buffer = bytearray()
        self.is_cut = False
        self.base = f"uagv/v2/{MANUFACTURER}/{van.van_id}"

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Say who we are."""
        assert isinstance(transport, asyncio.Transport)
        self.transport, self.buffer = transport, bytearray()
        will = self.van.connection(now(), "CONNECTIONBROKEN")
        transport.write(packets.connect(self.van.van_id, f"{self.base}/connection", will))

    def data_received(self, data: bytes) -> None:
        """Take what the broker says."""
        self.buffer += data
        for kind, flags, body in packets.packets(self.buffer):
            if kind == packets.CONNACK:
                self._enter(body[1])
            elif kind == packets.SUBACK:
                self.fleet.enter(self)
            elif kind == packets.PUBLISH:
                topic, payload, packet_id = packets.published(flags, body)
                if packet_id:
                    self.write(packets.acknowledge(packet_id))
                self.fleet.heard += 1
                if topic.endswith("/order"):
                    self.van.obey(json.loads(payload))
                else:
                    self.van.obey_at_once(json.loads(payload))
                self.tell()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's name
        """Connect again if the line was cut; else count it: no van is to lose its line."""
        self.transport = None
        if self.is_cut:
            self.fleet.reconnect(self)
        else:
            self.fleet.lost += 1

    def cut(self) -> None:
        """Lose the line without a word."""
        assert self.transport is not None
        self.is_cut = True
        self.transport.abort()

    def tell(self) -> None:
        """Send the state as it is, if there is a line that stands."""
        if self.transport is not None and not self.is_cut:
            self.write(packets.publish(f"{self.base}/state", self.van.state(now())))
            self.fleet.note(self)

    def write(self, packet: bytes) -> None:
        """Send a packet if there is a line."""
        if self.transport is not None:
            self.transport.write(packet)

    def _enter(self, code: int) -> None:
        if code:
            raise SystemExit(f"the broker refuses {self.van.van_id}: {code}")
        online = self.van.connection(now(), "ONLINE")
        self.write(packets.publish(f"{self.base}/connection", online, packet_id=1, retain=True))
        self.write(packets.subscribe(2, (f"{self.base}/order", f"{self.base}/instantActions")))


class Fleet:
    """All vans of the process."""

    def __init__(self, given: argparse.Namespace) -> None:
        self.given = given
        self.entered: list[Line] = []
        self.all_entered = asyncio.Event()
        self.told = self.heard = self.lost = 0
        self.late_s = 0.0
        self.away: set[Line] = set()
        self.silent: set[Line] = set()
        self.told_ms: dict[str, int] = {}
        self.all_back, self.all_told = asyncio.Event(), asyncio.Event()
        self.tasks: set[asyncio.Task[object]] = set()

    def enter(self, line: Line) -> None:
        """Note that a van is connected, and can be told orders."""
        if line.is_cut:
            line.is_cut = False
            self.away.discard(line)
            if not self.away:
                self.all_back.set()
            return
        self.entered.append(line)
        if len(self.entered) == self.given.vans:
            self.all_entered.set()

    def note(self, line: Line) -> None:
        """Count a state."""
        self.told += 1
        if line in self.silent:
            self.silent.discard(line)
            self.told_ms[line.van.van_id] = _now_ms()
            if not self.silent:
                self.all_told.set()

    def reconnect(self, line: Line) -> None:
        """Connect a van again, at once."""
        self._begin(self._connect(line))

    async def live(self) -> None:
        """Connect all, then let each report in its turn until told to stop."""
        words: asyncio.Queue[str] = asyncio.Queue()
        loop = asyncio.get_running_loop()
        loop.add_reader(sys.stdin.fileno(), lambda: words.put_nowait(sys.stdin.readline()))
        for number in range(self.given.vans):
            await self._connect(Line(self, Van(f"v{number:05d}", self.given.lon, self.given.lat)))
            if number % CONNECTS_PER_TICK == 0:
                await asyncio.sleep(TICK_S)
        await self.all_entered.wait()
        _say({"connected": len(self.entered)})
        reporting = loop.create_task(self._report_forever())
        while (word := await words.get()).startswith("cut"):
            await self._cut(int(word.split()[1]))
        reporting.cancel()
        busy = sum(bool(line.van.nodes) for line in self.entered)
        _say({"told": self.told, "heard": self.heard, "lines_lost": self.lost,
              "late_s": round(self.late_s, 3), "busy": busy,
              "cpu_s": round(time.process_time(), 1)})  # fmt: skip

    async def _connect(self, line: Line) -> None:
        loop = asyncio.get_running_loop()
        await loop.create_connection(partial(_same, line), self.given.host, self.given.port)

    async def _report_forever(self) -> None:
        given, begun_s, turn = self.given, time.monotonic(), 0
        steps = max(1, round(given.node_s / given.interval_s))
        while True:
            spent_s = time.monotonic() - begun_s
            due = int(spent_s / given.interval_s * given.vans)
            self.late_s = max(self.late_s, (due - turn) / given.vans * given.interval_s)
            while turn < due:
                line = self.entered[turn % given.vans]
                if (turn // given.vans + turn) % steps == 0:
                    line.van.go_on()
                line.tell()
                turn += 1
            await asyncio.sleep(TICK_S)

    async def _cut(self, count: int) -> None:
        """Cut lines, wait until their vans are back and have told how they are, and say so."""
        begun_s, cut = time.monotonic(), self.entered[:: max(1, self.given.vans // count)][:count]
        self.away, self.silent = set(cut), set(cut)
        cut_ms = {line.van.van_id: _now_ms() for line in cut}
        for line in cut:
            line.cut()
        await self.all_back.wait()
        back_s = time.monotonic() - begun_s
        await self.all_told.wait()
        told_s = time.monotonic() - begun_s
        _say({"back_s": round(back_s, 2), "told_s": round(told_s, 2), "cut_ms": cut_ms,
              "again_ms": self.told_ms})  # fmt: skip

    def _begin(self, work: Coroutine[Any, Any, object]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)


def now() -> str:
    """Return the present instant as messages have it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


def _same(line: Line) -> Line:
    return line


def _shown(part: dict[str, Any], key: str) -> dict[str, Any]:
    return {k: part[k] for k in (key, "sequenceId", "released")}


def _say(words: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(words) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Thousands of vans on one broker.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--vans", type=int, required=True)
    parser.add_argument("--lon", type=float, required=True)
    parser.add_argument("--lat", type=float, required=True)
    parser.add_argument("--interval-s", type=float, default=5.0)
    parser.add_argument("--node-s", type=float, default=60.0)
    asyncio.run(Fleet(parser.parse_args()).live())

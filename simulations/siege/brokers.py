"""The brokers of a siege, which can be killed with all that they know.

Decides how mosquitto runs here: on the loopback address, without persistence, which is its default,
and for anybody. NATS is ``simulations.broker``'s.
"""

import contextlib
import getpass
import shutil
import socket
import tempfile
import threading
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, Protocol

from simulations.broker import EmbeddedBroker
from simulations.errors import BrokerStartError
from simulations.parts import Broker
from simulations.processes import Child

KINDS: Final = ("nats", "mosquitto")
PLACES: Final = "/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin"
POLL_S: Final = 0.02
START_S_MAX: Final = 20.0
STOP_S_MAX: Final = 5.0
QUEUED_MAX: Final = 100_000
"""Messages kept for one that is away: a restarting dispatcher's, of all vans and warehouses."""


class KillableBroker(Broker, Protocol):
    """A broker that listens, and can be killed."""

    host: str
    port: int

    def crash(self) -> None:
        """Kill it, and start it again on the same port with nothing of what it kept."""
        ...


class Mosquitto:
    """A mosquitto that keeps nothing on disk.

    Parameters
    ----------
    folder
        For its configuration and its log.
    """

    host = "127.0.0.1"

    def __init__(self, folder: Path) -> None:
        self.port = _free_port()
        self.passwords: Mapping[str, str] = defaultdict(str)
        self._folder = folder
        self._child = self._start()

    def check(self) -> None:
        """Fail if the broker is over.

        Raises
        ------
        ChildEndedError
            With its exit code and last words.
        """
        self._child.check()

    def crash(self) -> None:
        """Kill it, and start it again on the same port with nothing of what it kept."""
        self._child.kill()
        self._child = self._start()

    def stop(self) -> None:
        """Stop it."""
        self._child.stop(STOP_S_MAX)

    def _start(self) -> Child:
        program = find_mosquitto()
        config = self._folder / "mosquitto.conf"
        config.write_text(
            f"listener {self.port} {self.host}\nallow_anonymous true\n"
            f"user {getpass.getuser()}\nset_tcp_nodelay true\n"
            f"max_inflight_messages 1000\nmax_queued_messages {QUEUED_MAX}\n"
        )
        child = Child("broker", [str(program), "-c", str(config)], folder=self._folder)
        pause = threading.Event()
        for _ in range(int(START_S_MAX / POLL_S)):
            child.check()
            with contextlib.suppress(OSError), socket.create_connection((self.host, self.port), 1):
                return child
            pause.wait(POLL_S)
        raise BrokerStartError(f"it did not listen within {START_S_MAX:.0f} s")


@contextlib.contextmanager
def broker_of(kind: str) -> Iterator[KillableBroker]:
    """Run a broker of a kind.

    Raises
    ------
    RobovanError
        If its program is not installed, or does not start.
    """
    if kind == "nats":
        with EmbeddedBroker() as embedded:
            yield embedded
        return
    with tempfile.TemporaryDirectory(prefix="robovan-broker-") as name:
        mosquitto = Mosquitto(Path(name))
        try:
            yield mosquitto
        finally:
            mosquitto.stop()


def find_mosquitto() -> Path:
    """Return the path of mosquitto's program.

    Raises
    ------
    BrokerStartError
        If it is not installed.
    """
    found = shutil.which("mosquitto") or shutil.which("mosquitto", path=PLACES)
    if found is None:
        raise BrokerStartError("mosquitto is not installed")
    return Path(found)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port

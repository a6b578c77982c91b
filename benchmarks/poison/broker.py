"""The mosquitto of a run and its users: without limits and names, or as a fleet has it."""

import contextlib
import getpass
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.poison.speaking import Account
from dispatcher.brokers.credentials import SECRET_VARIABLE, derived
from dispatcher.brokers.listening import Listening
from dispatcher.brokers.users import DISPATCHER, STATES
from dispatcher.brokers.writing import write_broker
from dispatcher.config import PASSWORD_VARIABLE, STATES_PASSWORD_VARIABLE
from dispatcher.live.keeping import BrokerSettings

TRIES_MAX, TRY_S = 100, 0.1
PATHS = "/usr/sbin:/usr/bin:/usr/local/sbin:/opt/homebrew/sbin"
SECRET = "nobody else reads this broker's secret"


@dataclass(frozen=True, slots=True)
class Access:
    """Where the broker is. Without a ``secret`` it lets everybody say everything, of any size."""

    host: str
    port: int
    secret: str | None = None

    def account(self, username: str) -> Account:
        """Return what a user connects with."""
        if self.secret is None:
            return Account(self.host, self.port, username)
        word = derived(username, self.secret)
        return Account(self.host, self.port, word.client_id, username, word.password)

    def settings(self, username: str) -> BrokerSettings:
        """Return the same for the project's own connections."""
        account = self.account(username)
        password = None if account.username is None else account.password
        return BrokerSettings(self.host, self.port, account.username, password)

    def section(self) -> str:
        """Return the broker's keys in a dispatcher's configuration."""
        lines = [f'host = "{self.host}"', f"port = {self.port}"]
        if self.secret is not None:
            names = ("username", DISPATCHER.name), ("states_username", STATES.name)
            lines += [f'{key} = "{name}"' for key, name in names]
        return "\n".join(lines)

    def environment(self) -> dict[str, str]:
        """Return the dispatcher's environment, with its passwords if it has any."""
        if self.secret is None:
            return dict(os.environ)
        words = (PASSWORD_VARIABLE, DISPATCHER.name), (STATES_PASSWORD_VARIABLE, STATES.name)
        passwords = {key: self.account(name).password for key, name in words}
        return {**os.environ, **passwords}


@contextlib.contextmanager
def mosquitto(folder: Path, fleet: Path | None) -> Iterator[Access]:
    """Run a mosquitto: as the command writes it for a fleet, or with no limits at all.

    Raises
    ------
    FileNotFoundError
        If there is no mosquitto.
    """
    program, port = shutil.which("mosquitto", path=PATHS), free_port()
    if program is None:
        raise FileNotFoundError("mosquitto is not installed")
    config, own = folder / "mosquitto.conf", f"user {getpass.getuser()}\n"
    if fleet is None:
        access = Access("127.0.0.1", port)
        config.write_text(
            f"listener {port} 127.0.0.1\nallow_anonymous true\n{own}"
            "max_queued_messages 0\nset_tcp_nodelay true\n"
        )
    else:
        access = Access("127.0.0.1", port, SECRET)
        listening = Listening("127.0.0.1", port, folder)
        write_broker(fleet, "mosquitto", folder, listening, environment={SECRET_VARIABLE: SECRET})
        # Else root's broker becomes a user who may not read here.
        config.write_text(f"{config.read_text()}{own}")
    process = subprocess.Popen([program, "-c", str(config)])
    try:
        _wait(port)
        yield access
    finally:
        process.kill()
        process.wait()


def free_port() -> int:
    """Return a port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait(port: int) -> None:
    for _ in range(TRIES_MAX):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(TRY_S)
    raise TimeoutError("mosquitto does not listen")

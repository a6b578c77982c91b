"""Real brokers for tests, as processes of their own on the loopback address.

A missing program skips the test; where ``ROBOVAN_SKIP_NOTHING`` is set, as in CI, it fails it.
"""

import contextlib
import getpass
import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from dispatcher.brokers.credentials import drawn, write_private
from dispatcher.brokers.listening import Listening
from dispatcher.brokers.mosquitto import mosquitto_files
from dispatcher.brokers.users import STATES
from simulations.broker import ROLES, find_program

TRY_S, TRIES_MAX = 0.02, 750
KINDS = ("mosquitto", "nats")


@dataclass(frozen=True)
class Running:
    """A broker that listens."""

    kind: str
    port: int
    process: subprocess.Popen[bytes]
    log: Path
    host: str = "127.0.0.1"
    passwords: dict[str, str] = field(default_factory=dict)


def program(kind: str) -> Path:
    """Return where the broker's program is, or skip."""
    if kind == "nats":
        return find_program()
    found = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin")
    if found is None:
        if os.environ.get("ROBOVAN_SKIP_NOTHING"):
            pytest.fail("mosquitto is not installed, and nothing is to be skipped")
        pytest.skip("mosquitto is not installed")
    return Path(found)


def free_port() -> int:
    """Return a port that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextlib.contextmanager
def running(kind: str, config: Path, port: int) -> Iterator[Running]:
    """Run a broker on a configuration file that lets it listen on ``port``."""
    log = config.parent / f"{kind}.log"
    command = [str(program(kind)), "-c", str(config)]
    with log.open("ab") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, cwd=config.parent)
    try:
        _wait(process, port, log)
        yield Running(kind, port, process, log)
    finally:
        process.kill()
        process.wait()


@contextlib.contextmanager
def mosquitto_with_roles(folder: Path) -> Iterator[Running]:
    """Run mosquitto with the users of a demonstration, as the embedded broker has them."""
    roles = {**ROLES, STATES.name: STATES}  # it knows sessions by the user's name
    port, credentials = free_port(), [drawn(name) for name in roles]
    files = mosquitto_files(roles.values(), credentials, Listening("127.0.0.1", port, folder))
    for name, text in files.items():
        write_private(folder / name, text)
    config = folder / "mosquitto.conf"
    config.write_text(f"{config.read_text()}user {getpass.getuser()}\n")
    with running("mosquitto", config, port) as broker:
        yield replace(broker, passwords={one.username: one.password for one in credentials})


def plain_config(kind: str, folder: Path, port: int, *, tls: dict[str, Path] | None = None) -> Path:
    """Write a configuration in which everybody may do everything, over TLS where files are given.

    ``tls`` names ``ca``, ``certificate`` and ``key``; clients must show a certificate then.
    """
    config = folder / f"{kind}.conf"
    if kind == "nats":
        files = (
            ""
            if tls is None
            else (
                f'tls {{ ca_file: "{tls["ca"]}", cert_file: "{tls["certificate"]}", '
                f'key_file: "{tls["key"]}", verify: true }}'
            )
        )
        config.write_text(
            f'server_name: "test"\nlisten: "127.0.0.1:-1"\n'
            f'jetstream {{ store_dir: "{folder / "store"}" }}\n'
            f'mqtt {{ listen: "127.0.0.1:{port}", {files} }}\n'
        )
        return config
    lines = [f"listener {port} 127.0.0.1", "allow_anonymous true", f"user {getpass.getuser()}"]
    if tls is not None:
        lines += [f"cafile {tls['ca']}", f"certfile {tls['certificate']}", f"keyfile {tls['key']}"]
        lines.append("require_certificate true")
    config.write_text("\n".join(lines) + "\n")
    return config


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    pause = threading.Event()
    for _ in range(TRIES_MAX):
        if process.poll() is not None:
            break
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        pause.wait(TRY_S)
    raise AssertionError(f"{process.args!r} does not listen: {log.read_text()}")

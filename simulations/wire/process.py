"""What the processes of a simulated day have in common: clocks, broker, and when to end.

A process ends on SIGTERM, and when its standard input closes: whoever started it holds the other
end, so that it never outlives the one that it works for.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dispatcher.live.clock import ClockSettings, MachineClock, WorldClock
from dispatcher.live.keeping import BrokerSettings
from dispatcher.live.tls import tls_of
from maps.units import Instant
from simulations.scenario import BrokerModel, ClockModel

PASSWORD_VARIABLE: Final = "ROBOVAN_MQTT_PASSWORD"
PASSPHRASE_VARIABLE: Final = "ROBOVAN_MQTT_KEY_PASSPHRASE"
SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)
READY: Final = "ready"
"""Written to standard output once everything is connected."""


@dataclass(frozen=True, slots=True)
class Clocks:
    """The two clocks of a process."""

    world: WorldClock
    machine: MachineClock


def clocks_of(model: ClockModel) -> Clocks:
    """Return the clocks that the day's processes share."""
    machine = MachineClock()
    settings = ClockSettings(
        Instant(model.epoch_ms), 0.0, model.speed, Path(model.machine_epoch_file)
    )
    return Clocks(WorldClock(settings, machine), machine)


def broker_settings(
    model: BrokerModel, role: str, *, password: str | None = None
) -> BrokerSettings:
    """Return how to reach the broker as a role; by default with the environment's password."""
    word = os.environ.get(PASSWORD_VARIABLE) if password is None else password
    tls = tls_of(model.model_dump(), Path(), os.environ.get(PASSPHRASE_VARIABLE))
    return BrokerSettings(model.host, model.port, username=role, password=word, tls=tls)


async def run_until_told(work: Callable[[asyncio.Event], Awaitable[None]]) -> None:
    """Do the work until it ends or the process is told to end; the work sees the event set.

    For a process that does nothing else: from then on its signals are passed over.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def tell(*_: object) -> None:
        """Note that the process is to end."""
        loop.call_soon_threadsafe(stop.set)

    # Not by the loop: when it closes, its signals kill again, and whoever closes our input and
    # then sends SIGTERM would end a process that has done everything well.
    for number in SIGNALS:
        signal.signal(number, tell)
    transport, _ = await loop.connect_read_pipe(lambda: _UntilClosed(stop), sys.stdin)
    try:
        await work(stop)
    finally:
        for number in SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        transport.close()


def say_ready() -> None:
    """Tell whoever started this process that it works now."""
    sys.stdout.write(f"{READY}\n")
    sys.stdout.flush()


class _UntilClosed(asyncio.Protocol):
    """Reads nothing, and notes when there will never be anything to read."""

    def __init__(self, stop: asyncio.Event) -> None:
        self._stop = stop

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's name
        self._stop.set()

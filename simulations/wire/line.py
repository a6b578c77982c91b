"""The line between one van and its broker, which can go dead while the van drives on.

Decides what a dead line looks like: *cut*, so that both ends notice at once and the broker tells
the van's last will; or *frozen*, so that nothing arrives and nobody knows why. Either way it is
broken when it comes back, as a radio link is, and the van connects anew. Passes bytes on; knows
nothing of messages.
"""

import asyncio
import contextlib
from dataclasses import dataclass
from typing import Final, Self

from maps.units import Instant, Seconds, later
from simulations.rng import Streams
from simulations.scenario import Scenario
from simulations.wire.process import Clocks

BYTES_MAX: Final = 65_536
FROZEN_RATIO: Final = 0.5
"""Share of absences of which nobody is told (assumed)."""


class Line:
    """A port on the loopback address behind which the broker is, unless the line is dead.

    Parameters
    ----------
    host, port
        Where the broker listens.

    Attributes
    ----------
    host, port
        Where the van finds it, once entered.
    """

    host = "127.0.0.1"

    def __init__(self, host: str, port: int) -> None:
        self._broker_host, self._broker_port = host, port
        self.port = 0
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._connections: set[asyncio.Task[None]] = set()
        self._passes = asyncio.Event()
        self._passes.set()
        self._is_cut = False

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._connect, self.host, 0)
        self.port = int(self._server.sockets[0].getsockname()[1])
        return self

    async def __aexit__(self, *details: object) -> None:
        if self._server is not None:
            self._server.close()
        self.mend()
        self._break()
        await asyncio.gather(*self._connections, return_exceptions=True)

    def cut(self) -> None:
        """Break what stands, and turn away what comes."""
        self._is_cut = True
        self._break()

    def freeze(self) -> None:
        """Let nothing pass, without a word to either side."""
        self._passes.clear()

    def mend(self) -> None:
        """Let the van connect again; what stood frozen is broken."""
        if not self._passes.is_set():
            self._break()
        self._is_cut = False
        self._passes.set()

    def _break(self) -> None:
        for writer in tuple(self._writers):
            writer.transport.abort()

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._is_cut:
            writer.transport.abort()
            return
        try:
            there, back = await asyncio.open_connection(self._broker_host, self._broker_port)
        except OSError:
            writer.transport.abort()
            return
        connection = asyncio.create_task(self._join((reader, back), (there, writer)))
        self._connections.add(connection)
        connection.add_done_callback(self._connections.discard)

    async def _join(self, *ways: tuple[asyncio.StreamReader, asyncio.StreamWriter]) -> None:
        """Pass bytes on both ways; as soon as one end is gone, so is the other."""
        writers = {writer for _, writer in ways}
        self._writers |= writers
        passing = [asyncio.create_task(self._pass_on(*way)) for way in ways]
        try:
            await asyncio.wait(passing, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._writers -= writers
            for writer in writers:
                writer.transport.abort()
            for task in passing:
                task.cancel()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while said := await reader.read(BYTES_MAX):
                await self._passes.wait()
                writer.write(said)
                await writer.drain()


@dataclass(frozen=True, slots=True)
class Absence:
    """When one van's line is dead, and whether anybody is told."""

    line: Line
    begin: Instant
    end: Instant
    is_frozen: bool

    async def happen(self, clocks: Clocks) -> None:
        """Wait for its time, and let it happen."""
        await until(self.begin, clocks)
        if self.is_frozen:
            self.line.freeze()
        else:
            self.line.cut()
        await until(self.end, clocks)
        self.line.mend()


def absence_of(van_id: str, scenario: Scenario, line: Line) -> Absence | None:
    """Return when a van is away; None if it is there all day."""
    network, stream = scenario.network, Streams(scenario.seed).stream(f"away/{van_id}")
    if stream.random() >= network.away_ratio:
        return None
    begin = Instant(scenario.start_ms + stream.randrange(network.away_within_s * 1000))
    length_s = Seconds(stream.randint(network.away_s_min, network.away_s_max))
    return Absence(line, begin, later(begin, length_s), stream.random() < FROZEN_RATIO)


async def until(instant: Instant, clocks: Clocks) -> None:
    """Wait until the world is so far."""
    while clocks.world.now() < instant:  # noqa: ASYNC110 - it may not have begun
        await asyncio.sleep(clocks.world.machine_seconds_until(instant))

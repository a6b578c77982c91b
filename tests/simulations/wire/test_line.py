"""A van's line: passes everything, breaks when it is cut, and says nothing while it is frozen."""

import asyncio
import contextlib

import pytest

from maps.units import Instant
from simulations.scenario import BrokerModel, ClockModel, NetworkModel, Scenario
from simulations.wire.line import Line, absence_of


@pytest.fixture
async def line():
    async def echo(reader, writer):
        with contextlib.suppress(ConnectionError):
            while said := await reader.read(100):
                writer.write(said)
                await writer.drain()
        writer.close()

    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    async with Line("127.0.0.1", server.sockets[0].getsockname()[1]) as opened:
        yield opened
    server.close()
    async with asyncio.timeout(60):
        await server.wait_closed()


async def asked(reader, writer, word=b"hello"):
    writer.write(word)
    async with asyncio.timeout(60):
        return await reader.read(100)


@contextlib.asynccontextmanager
async def connected(line):
    reader, writer = await asyncio.open_connection(line.host, line.port)
    try:
        yield reader, writer
    finally:
        writer.transport.abort()
        await asyncio.sleep(0)


async def gone(line):
    """Return whether a new connection comes to nothing."""
    async with connected(line) as (reader, writer):
        try:
            return await asked(reader, writer) == b""
        except ConnectionError:
            return True


async def test_a_line_that_is_cut_breaks_and_stays_dead_until_it_is_mended(line):
    async with connected(line) as (reader, writer):
        assert await asked(reader, writer) == b"hello"
        line.cut()
        with contextlib.suppress(ConnectionError):
            assert await asked(reader, writer) == b""
    assert await gone(line)
    line.mend()
    assert not await gone(line)


async def test_a_frozen_line_says_nothing_and_is_broken_when_it_is_mended(line):
    async with connected(line) as (reader, writer):
        assert await asked(reader, writer) == b"hello"
        line.freeze()
        writer.write(b"lost")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await reader.read(100)
        line.mend()
        with contextlib.suppress(ConnectionError):
            assert await reader.read(100) == b""
    assert not await gone(line)


def test_so_many_vans_are_away_for_so_long_as_the_network_says():
    scenario = Scenario(
        city="",
        fleet="",
        seed=4,
        parcel_count=1,
        start_ms=1_000,
        absent_ratio=0,
        clock=ClockModel(epoch_ms=0, machine_epoch_file="", speed=1),
        broker=BrokerModel(host="", port=1),
        network=NetworkModel(away_ratio=0.3, away_within_s=100),
    )
    nowhere = Line("127.0.0.1", 1)
    found = [absence_of(f"van-{number}", scenario, nowhere) for number in range(300)]
    away = [one for one in found if one is not None]
    assert 60 <= len(away) <= 120
    assert all(Instant(1_000) <= one.begin < 101_000 for one in away)
    assert {60_000 <= one.end - one.begin <= 600_000 for one in away} == {True}
    assert {one.is_frozen for one in away} == {True, False}

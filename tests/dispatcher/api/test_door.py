"""Connections that begin a TLS handshake and do not end it: they take no room from those who do."""

import asyncio
import contextlib
import ssl

import httpx
import pytest

from dispatcher.api import door
from dispatcher.api.server import HttpServer
from dispatcher.api.settings import HttpSettings
from dispatcher.live.tls import ServerTls
from tests.certificates import Authority
from tests.dispatcher.api.office import free_port, until


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    authority = Authority(tmp_path_factory.mktemp("door"))
    files = authority.issue("http", "127.0.0.1")
    return ServerTls(files["certificate"], files["key"]), authority.ca


async def told(scope, receive, send):
    """Say something, whoever asks."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"told"})


@contextlib.asynccontextmanager
async def serving(certificate, *, connections_max):
    """Serve by TLS; yield the server, and somebody who asks."""
    tls, ca = certificate
    settings = HttpSettings(port=free_port(), connections_max=connections_max, tls=tls)
    server = HttpServer(settings, told)
    trusting = ssl.create_default_context(cafile=ca)
    url = f"https://127.0.0.1:{settings.port}"
    async with server, httpx.AsyncClient(base_url=url, verify=trusting, timeout=60) as client:
        yield server, client


async def silent(server):
    """Connect and say nothing."""
    return await asyncio.open_connection("127.0.0.1", server._settings.port)


async def test_the_oldest_handshake_gives_way_and_who_ends_his_is_served(certificate):
    async with serving(certificate, connections_max=3) as (server, client):
        held = [await silent(server) for _ in range(8)]
        async with asyncio.timeout(60):
            for reader, _ in held[:5]:
                assert await reader.read() == b""
        await until(lambda: len(server._lobby) == 3)
        for _ in range(3):
            assert (await client.get("/")).text == "told"
        assert len(server._lobby) + len(server._lobby.connections) <= 3
        for _, writer in held:
            writer.close()
        await until(lambda: len(server._lobby) == 0)


async def test_with_all_busy_one_may_still_be_heard_and_is_turned_away(certificate):
    async with serving(certificate, connections_max=1) as (server, client):
        server._lobby.connections = ("busy", "busy")
        first, second = await silent(server), await silent(server)
        async with asyncio.timeout(60):
            assert await first[0].read() == b""
        assert (await client.get("/")).status_code == 503
        for _, writer in (first, second):
            writer.close()


async def test_a_handshake_that_does_not_end_is_not_waited_for(certificate, monkeypatch):
    monkeypatch.setattr(door, "HANDSHAKE_S_MAX", 0.05)
    async with serving(certificate, connections_max=100) as (server, _):
        reader, writer = await silent(server)
        async with asyncio.timeout(50):  # asyncio itself waits for a minute
            assert await reader.read() == b""
        await until(lambda: len(server._lobby) == 0)
        writer.close()


async def test_what_is_no_handshake_is_forgotten(certificate):
    async with serving(certificate, connections_max=100) as (server, client):
        reader, writer = await silent(server)
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        async with asyncio.timeout(60):
            await reader.read()  # an alert or nothing, to the end
        writer.close()
        assert (await client.get("/")).text == "told"
        await until(lambda: len(server._lobby) == 0)

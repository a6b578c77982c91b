"""The server in the dispatcher's loop: bounds, slow clients, a port in use, an orderly stop."""

import asyncio
import contextlib
import ssl

import httpx
import pytest

from dispatcher.api import guard, server
from dispatcher.api.app import application
from dispatcher.api.errors import HttpPortError
from dispatcher.api.server import HttpServer
from dispatcher.api.settings import HttpSettings
from dispatcher.live.tls import ServerTls
from tests.certificates import Authority
from tests.dispatcher.api.office import Office, free_port, until


async def raw(office, *parts, pause_s=0.0):
    """Send bytes as they are and return all that comes back until the end."""
    reader, writer = await asyncio.open_connection("127.0.0.1", office.settings.port)
    try:
        with contextlib.suppress(ConnectionError):  # it may be ended before all is sent
            for part in parts:
                writer.write(part)
                await writer.drain()
                await asyncio.sleep(pause_s)
        async with asyncio.timeout(60):
            return await reader.read()
    except ConnectionResetError:
        return b""
    finally:
        writer.close()


async def test_a_port_in_use_is_one_clear_error(tmp_path):
    office = Office(tmp_path)
    async with office.open() as desk:
        with pytest.raises(HttpPortError, match="DSP-601"):
            async with HttpServer(office.settings, application(desk)):
                pass
    with pytest.raises(HttpPortError, match=r"192\.0\.2\.1"):
        async with HttpServer(HttpSettings(host="192.0.2.1"), application(desk)):
            pass


async def test_a_body_that_says_it_is_too_long_is_turned_away_unread(tmp_path):
    office = Office(tmp_path)
    async with office.open():
        head = b"POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 9999999\r\n\r\n"
        answer = await raw(office, head)
        assert answer.startswith(b"HTTP/1.1 413 ")
        assert b'"code": "DSP-605"' in answer


async def test_a_body_that_turns_out_too_long_is_turned_away(tmp_path):
    office = Office(tmp_path)

    async def pieces():
        for _ in range(17):
            yield b"x" * 65_536

    async with office.open(), office.asking() as client:
        answer = await client.post("/healthz", content=pieces())
        assert (answer.status_code, answer.json()["code"]) == (413, "DSP-605")


async def test_a_body_that_does_not_arrive_is_not_waited_for(tmp_path, monkeypatch):
    monkeypatch.setattr(guard, "BODY_S_MAX", 0.05)
    office = Office(tmp_path)
    async with office.open():
        answer = await raw(
            office, b"POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nfive"
        )
        assert answer.startswith(b"HTTP/1.1 408 ")


async def test_a_head_that_does_not_end_is_not_waited_for(tmp_path, monkeypatch):
    office = Office(tmp_path)
    async with office.open(), office.asking() as client:
        assert (await client.get("/healthz")).status_code == 200  # its connection stands
        monkeypatch.setattr(server, "HEAD_S_MAX", 0.1)
        dripped = b"GET /healthz HTTP/1.1\r\n", b"Host: x\r\n", b"A: b\r\n", b"C: d\r\n"
        slow = asyncio.create_task(raw(office, *dripped, pause_s=0.02))
        silent = asyncio.create_task(raw(office))
        for _ in range(5):  # others are served meanwhile, and longer than a head may take
            assert (await client.get("/healthz")).status_code == 200
            await asyncio.sleep(0.06)
        assert await slow == b""
        assert await silent == b""


async def test_more_connections_than_allowed_are_turned_away(tmp_path):
    office = Office(tmp_path, connections_max=3)
    async with office.open(), office.asking() as client:
        path = "/v1/depots/dep-1/events?wait_s=30"
        busy = [asyncio.create_task(client.get(path)) for _ in range(2)]
        await until(lambda: office.busy_count() == 2)
        async with office.asking() as other:
            assert (await other.get("/healthz")).status_code == 503
        for task in busy:
            task.cancel()
        await asyncio.gather(*busy, return_exceptions=True)
        async with office.asking() as other:
            assert (await other.get("/healthz")).status_code == 200


@pytest.mark.parametrize("has_asked", [False, True])
async def test_idle_connections_keep_nobody_out(tmp_path, monkeypatch, has_asked):
    monkeypatch.setattr(server, "HEAD_S_MAX", 1000.0)
    monkeypatch.setattr(server, "KEEP_ALIVE_S", 1000)
    office = Office(tmp_path, connections_max=3)
    async with office.open():
        held = []
        for _ in range(6):
            reader, writer = await asyncio.open_connection("127.0.0.1", office.settings.port)
            held.append((reader, writer))
            if has_asked:
                writer.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
                assert b" 200 " in await reader.readline()
                await reader.readuntil(b"}")
        for _ in range(3):
            async with office.asking() as client:
                assert (await client.get("/healthz")).status_code == 200
        async with asyncio.timeout(60):  # less than a connection may be idle here
            assert await held[0][0].read() == b"", "the one that waits longest gives way"
        for _, writer in held:
            writer.close()


async def test_a_stopped_server_lets_go_of_its_port(tmp_path):
    office = Office(tmp_path)
    for _ in range(2):
        async with office.open(), office.asking() as client:
            assert (await client.get("/healthz")).status_code == 200


async def test_with_a_certificate_tls_is_spoken_and_nothing_else(tmp_path):
    authority, office = Authority(tmp_path), Office(tmp_path)
    files = authority.issue("http", "127.0.0.1")
    settings = HttpSettings(port=free_port(), tls=ServerTls(files["certificate"], files["key"]))
    trusting = ssl.create_default_context(cafile=authority.ca)
    async with office.open() as desk, HttpServer(settings, application(desk)):
        url = f"https://127.0.0.1:{settings.port}/healthz"
        async with httpx.AsyncClient(verify=trusting) as client:
            assert (await client.get(url)).json() == {"status": "alive"}
            with pytest.raises(httpx.RemoteProtocolError):
                await client.get(url.replace("https", "http"))
        async with httpx.AsyncClient() as stranger:
            with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
                await stranger.get(url)

"""A certificate and tokens that were renewed on disk count without a restart; bad ones never."""

import asyncio
import contextlib
import os
import ssl

import pytest

from dispatcher.api import renewing
from dispatcher.api.app import application
from dispatcher.api.renewing import Renewal
from dispatcher.api.server import HttpServer
from dispatcher.api.settings import HttpSettings
from dispatcher.api.tokens import TokenBook, read_token_file
from dispatcher.live.tls import ServerTls
from dispatcher.live.web import serving_http
from tests.certificates import Authority
from tests.dispatcher.api.office import Office, free_port
from tests.dispatcher.live.test_web import a_desk

FIRST, SECOND = "a-first-token-of-somebody", "a-second-token-of-somebody"


@pytest.fixture
def authority(tmp_path):
    made = Authority(tmp_path)
    made.issue("http", "127.0.0.1")
    return made


@pytest.fixture
def settings(tmp_path, authority):
    tokens = tmp_path / "tokens"
    tokens.write_text(f"first view {FIRST}\n")
    return HttpSettings(
        port=free_port(),
        tls=ServerTls(tmp_path / "http.pem", tmp_path / "http.key"),
        tokens=read_token_file(tokens),
        tokens_file=tokens,
    )


def said(caplog):
    return [one.message for one in caplog.records if one.message.startswith("http_")]


async def serial_of(settings, authority):
    """Connect and return the number of the certificate that is shown."""
    trusting = ssl.create_default_context(cafile=authority.ca)
    _, writer = await asyncio.open_connection("127.0.0.1", settings.port, ssl=trusting)
    serial = writer.get_extra_info("peercert")["serialNumber"]
    writer.close()
    with contextlib.suppress(ConnectionError):
        await writer.wait_closed()
    return serial


async def test_a_renewed_certificate_is_shown_and_a_bad_one_is_not(
    tmp_path, authority, settings, caplog
):
    caplog.set_level("INFO", "dispatcher.api.renewing")
    office = Office(tmp_path)
    async with office.open() as desk, HttpServer(settings, application(desk)) as server:
        renewal = Renewal(settings, server.context, TokenBook())
        first = await serial_of(settings, authority)
        await renewal.look()
        assert said(caplog) == [], "nothing has changed"
        renewed = authority.issue("renewed", "127.0.0.1")
        renewed["certificate"].replace(tmp_path / "http.pem")
        await renewal.look()
        assert said(caplog) == ["http_certificate_refused"], "its key is missing yet"
        assert await serial_of(settings, authority) == first
        renewed["key"].replace(tmp_path / "http.key")
        await renewal.look()
        second = await serial_of(settings, authority)
        assert second != first
        (tmp_path / "http.pem").unlink()
        for _ in range(2):  # what is refused is said once
            await renewal.look()
        assert said(caplog)[1:] == ["http_certificate_read", "http_certificate_refused"]
        assert await serial_of(settings, authority) == second


async def test_new_tokens_count_and_bad_ones_leave_the_old_in_force(tmp_path, settings, caplog):
    caplog.set_level("INFO", "dispatcher.api.renewing")
    office = Office(tmp_path)
    book = TokenBook(settings.tokens)
    plain = HttpSettings(port=free_port(), tokens_file=settings.tokens_file)
    async with office.open() as desk, HttpServer(plain, application(desk, book)):
        renewal = Renewal(plain, None, book)
        office.url = f"http://127.0.0.1:{plain.port}"

        async def is_let_in(secret):
            async with office.asking(None) as client:
                given = {"Authorization": f"Bearer {secret}"}
                return (await client.get("/v1/depots", headers=given)).status_code == 200

        assert [await is_let_in(one) for one in (FIRST, SECOND)] == [True, False]
        settings.tokens_file.write_text(f"second view {SECOND}\n")
        await renewal.look()
        assert [await is_let_in(one) for one in (FIRST, SECOND)] == [False, True]
        settings.tokens_file.write_text(f"third view {FIRST}\nnonsense\n")
        await renewal.look()
        assert [await is_let_in(one) for one in (FIRST, SECOND)] == [False, True]
    assert said(caplog) == ["http_tokens_read", "http_tokens_refused"]
    assert FIRST not in caplog.text


async def test_tokens_do_not_begin_to_cross_a_network_in_the_clear(settings, caplog):
    open_to_all = HttpSettings(tokens_file=settings.tokens_file, may_have_tokens=False)
    book = TokenBook()
    await Renewal(open_to_all, None, book).look(even_if_same=True)
    assert book.tokens == ()
    assert said(caplog) == ["http_tokens_refused"]


@pytest.mark.parametrize("is_told", [True, False])
async def test_it_looks_by_itself_and_when_it_is_told(
    tmp_path, authority, settings, monkeypatch, is_told
):
    monkeypatch.setattr(renewing, "LOOK_S", 1e6 if is_told else 0.01)
    desk, told = a_desk()
    told.set()
    reread = asyncio.Event()
    async with asyncio.timeout(60), serving_http(settings, desk, reread):
        first = await serial_of(settings, authority)
        authority.issue("http", "127.0.0.1")
        if is_told:
            reread.set()
        while await serial_of(settings, authority) == first:  # noqa: ASYNC110 - nobody says so
            await asyncio.sleep(0.01)


async def test_what_changes_while_it_is_read_is_read_again(
    tmp_path, authority, settings, monkeypatch
):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    renewal = Renewal(settings, context, TokenBook())
    tries = []

    def fail(*_):
        tries.append(1)
        raise ssl.SSLError("half written")

    monkeypatch.setattr(renewing, "renew", fail)
    os.utime(tmp_path / "http.pem")
    for _ in range(3):
        await renewal.look()
    assert len(tries) == 3

"""Webhooks against a receiver that fails, is slow to be there, and outlives the dispatcher."""

import asyncio
import contextlib
import hashlib
import hmac
import json
import re
import sqlite3

import pytest
from starlette.requests import Request
from starlette.responses import Response

from dispatcher.api import sending, webhooks
from dispatcher.api.hooks import WebhookSecretError, with_secrets
from dispatcher.api.sending import NotTaken, Sender
from dispatcher.api.server import HttpServer
from dispatcher.api.settings import HttpSettings
from dispatcher.journal.errors import JournalInUseError, JournalUnwritableError
from dispatcher.live import parcel_log
from maps.units import Instant
from tests.dispatcher.api.office import Office, free_port, until
from tests.dispatcher.api.test_parcels import PARCELS, parcel

SECRET = "a-secret-that-nobody-guesses"


class Receiver:
    """A shop: real HTTP, answers as told, keeps what it took and how often it was asked."""

    def __init__(self):
        self.settings = HttpSettings(port=free_port())
        self.status = 200
        self.asked = []
        self.taken = {}
        self.events = []
        self.missed = []

    async def __call__(self, scope, receive, send):
        request = Request(scope, receive)
        body = await request.body()
        at_s, _, signed = request.headers["robovan-signature"].partition(",")
        expected = hmac.new(SECRET.encode(), f"{at_s[2:]}.".encode() + body, hashlib.sha256)
        assert signed == f"v1={expected.hexdigest()}"
        self.asked.append(body)
        key = request.headers["idempotency-key"]
        if self.status == 200 and key not in self.taken:
            self.taken[key] = body
            self.missed.append(request.headers.get("robovan-missed"))
            told = json.loads(body)["epcisBody"]["eventList"]
            self.events += [(one["eventID"], one["robovan:kind"]) for one in told]
        await Response(status_code=self.status)(scope, receive, send)


def hooks_of(receiver, kinds=(), begin="now"):
    url = f"http://127.0.0.1:{receiver.settings.port}/hook"
    secrets = {"ROBOVAN_WEBHOOK_SECRETS": f"shop {SECRET}"}
    return with_secrets([("shop", url, kinds, begin)], secrets)


@contextlib.asynccontextmanager
async def telling(office, receiver, kinds=(), begin="now"):
    """Run a dispatcher that tells the receiver; leaving the block is a kill."""
    hooks = hooks_of(receiver, kinds, begin)
    async with office.open() as desk, office.asking() as client:
        task = asyncio.create_task(webhooks.tell_forever(hooks, desk))
        try:
            yield client
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def lag_of(client):
    """Return what the metrics say of the webhook."""
    page = (await client.get("/metrics")).text
    found = re.findall(
        r'robovan_webhook_(?:lag_)?([a-z]+)\S*{depot="dep-1",webhook="shop"} (\S+)', page
    )
    return {name.removesuffix("_total"): float(value) for name, value in found}


async def test_what_is_not_taken_is_sent_again_unchanged_and_nothing_overtakes_it(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(webhooks, "BACK_OFF_S_FIRST", 0.01)
    office, receiver = Office(tmp_path), Receiver()
    async with telling(office, receiver) as client:
        await client.post(PARCELS, json=parcel(1))  # nobody listens yet
        await asyncio.sleep(0.05)
        receiver.status = 500
        async with HttpServer(receiver.settings, receiver):
            await until(lambda: len(receiver.asked) >= 2)
            await client.post(f"{PARCELS}/pkg-1/cancel")
            assert len(set(receiver.asked)) == 1
            behind = await lag_of(client)
            assert behind["events"] == 2
            assert behind["seconds"] > 0
            assert behind["failures"] >= 2
            receiver.status = 200
            await until(lambda: len(receiver.events) == 2)
            async with asyncio.timeout(60):
                while (behind := await lag_of(client))["events"]:
                    pass  # the answer takes its time
            assert behind["seconds"] == 0
    assert [kind for _, kind in receiver.events] == ["accepted", "cancelled"]


async def test_killed_and_started_again_nothing_is_missing_and_ids_tell_what_came_twice(tmp_path):
    office, receiver = Office(tmp_path), Receiver()
    async with HttpServer(receiver.settings, receiver):
        for run in range(3):
            async with telling(office, receiver) as client:
                for number in range(4):
                    await client.post(PARCELS, json=parcel(10 * run + number))
                if run == 1:
                    continue  # killed at once, whatever is out by then
                await until(lambda: len({e for e, _ in receiver.events}) == 4 * (run + 1))  # noqa: B023
    unique = list(dict.fromkeys(event for event, _ in receiver.events))
    expected = [
        f"urn:robovan:event:dep-1:pkg-{10 * run + n}:1" for run in range(3) for n in range(4)
    ]
    assert unique == expected


def is_marked(office):
    """Return whether the journal knows that the receiver was told something."""
    with contextlib.closing(sqlite3.connect(office.folder / "journal.db")) as raw:
        query = "SELECT max(sequence) FROM carried_out WHERE depot_id LIKE 'hook-%'"
        return (raw.execute(query).fetchone()[0] or 0) > 1


async def test_what_was_taken_and_marked_is_not_sent_after_a_restart(tmp_path, monkeypatch):
    monkeypatch.setattr(webhooks, "MARK_S_MIN", 0.0)
    office, receiver = Office(tmp_path), Receiver()
    async with HttpServer(receiver.settings, receiver):
        async with telling(office, receiver) as client:
            await client.post(PARCELS, json=parcel(1))
            await until(lambda: is_marked(office))  # behind the answer
        async with telling(office, receiver) as client:
            await client.post(PARCELS, json=parcel(2))
            await until(lambda: len(receiver.events) == 2)
    assert len(receiver.asked) == 2


@pytest.mark.parametrize(("begin", "heard"), [("now", [2, 3]), ("journal", [1, 2, 3])])
async def test_a_new_receiver_hears_what_comes_or_all_even_while_it_is_away(tmp_path, begin, heard):
    office, receiver = Office(tmp_path), Receiver()
    async with office.open(), office.asking() as client:
        await client.post(PARCELS, json=parcel(1))  # nobody subscribed yet
    async with telling(office, receiver, begin=begin) as client:
        await asyncio.sleep(0.05)
        await client.post(PARCELS, json=parcel(2))  # subscribed, but not to be reached
        await asyncio.sleep(0.05)
    async with (
        HttpServer(receiver.settings, receiver),
        telling(office, receiver, begin=begin) as client,
    ):
        await client.post(PARCELS, json=parcel(3))
        await until(lambda: len(receiver.events) == len(heard))
    assert [event.split(":")[-2] for event, _ in receiver.events] == [f"pkg-{n}" for n in heard]


async def test_a_receiver_of_a_new_journal_hears_all_though_it_was_never_reached(tmp_path):
    office, receiver = Office(tmp_path), Receiver()
    async with telling(office, receiver) as client:
        await asyncio.sleep(0.05)
        await client.post(PARCELS, json=parcel(1))
        await asyncio.sleep(0.05)
    async with HttpServer(receiver.settings, receiver), telling(office, receiver):
        await until(lambda: receiver.events)
    assert [kind for _, kind in receiver.events] == ["accepted"]


async def test_who_was_away_for_too_long_is_told_that_it_missed_events(tmp_path, monkeypatch):
    monkeypatch.setattr(parcel_log, "BLOCK", 2)
    office, receiver = Office(tmp_path), Receiver()
    hooks = hooks_of(receiver)
    async with office.open() as desk, office.asking() as client:
        await client.post(PARCELS, json={"parcels": [parcel(number) for number in range(5)]})
        depot = desk.depots["dep-1"]
        for _ in range(5):
            depot.parcel_log.forget(depot.stepper.core.state, Instant(10**14))
        desk.around.journal.mark_carried_out(webhooks.channel(hooks[0], "dep-1"), 2)
        async with HttpServer(receiver.settings, receiver):
            task = asyncio.create_task(webhooks.tell_forever(hooks, desk))
            await until(lambda: receiver.events)
            await client.post(f"{PARCELS}/pkg-1/cancel")
            await until(lambda: len(receiver.events) == 2)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
    assert [event.split(":")[-2] for event, _ in receiver.events] == ["pkg-4", "pkg-1"]
    assert receiver.missed == ["4", None], "what is missing lies up to there, and is said once"


@pytest.mark.parametrize("error", [JournalInUseError("j"), JournalUnwritableError("j", "full")])
async def test_a_journal_that_cannot_be_written_now_ends_no_webhook(tmp_path, monkeypatch, error):
    monkeypatch.setattr(webhooks, "BEGIN_AGAIN_S", 0.001)
    monkeypatch.setattr(webhooks, "MARK_S_MIN", 0.0)
    office, receiver = Office(tmp_path), Receiver()
    hooks = hooks_of(receiver)
    of_hook, failures = webhooks.channel(hooks[0], "dep-1"), 3

    async with office.open() as desk, office.asking() as client:
        journal = desk.around.journal
        refused: list[int] = []
        mark = journal.mark_carried_out

        def refuse(channel, sequence):
            if channel == of_hook and len(refused) < failures:
                refused.append(sequence)
                raise error
            mark(channel, sequence)

        monkeypatch.setattr(journal, "mark_carried_out", refuse)
        async with HttpServer(receiver.settings, receiver):
            task = asyncio.create_task(webhooks.tell_forever(hooks, desk))
            await until(lambda: len(refused) == 3 and journal.carried_out(of_hook))
            failures += 1
            for number in (1, 2):
                await client.post(PARCELS, json=parcel(number))
                await until(lambda: len(receiver.events) == number)  # noqa: B023
            newest = desk.depots["dep-1"].stepper.sequence
            await until(lambda: journal.carried_out(of_hook) == newest)
            assert (len(refused), task.done()) == (4, False)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def test_only_the_kinds_asked_for_are_told(tmp_path):
    office, receiver = Office(tmp_path), Receiver()
    async with (
        HttpServer(receiver.settings, receiver),
        telling(office, receiver, ["cancelled"]) as client,
    ):
        await client.post(PARCELS, json=parcel(1))
        await client.post(f"{PARCELS}/pkg-1/cancel")
        await until(lambda: receiver.events)
    assert [kind for _, kind in receiver.events] == ["cancelled"]


@contextlib.asynccontextmanager
async def stranger(*pieces, pause_s=0.0):
    """Listen, answer with these bytes whatever is asked, and then say no more."""

    async def answer(reader, writer):
        with contextlib.suppress(ConnectionError):
            await reader.readuntil(b"\r\n\r\n")
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(pause_s)
            await reader.read()  # until the other side is gone
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook"


STRANGE = {
    "a status that nobody knows": (b"HTTP/1.1 520 Unknown Error\r\nContent-Length: 0\r\n\r\n",),
    "a status above all others": (b"HTTP/1.1 999 x\r\nContent-Length: 0\r\n\r\n",),
    "another place": (b"HTTP/1.1 307 x\r\nLocation: http://[\r\nContent-Length: 0\r\n\r\n",),
    "no HTTP": (b"\xff\x00\r\n\r\n",),
    "a head without end": (b"HTTP/1.1 200 OK\r\n", *[b"A: b\r\n"] * 1000),
}


@pytest.mark.parametrize("pieces", STRANGE.values(), ids=STRANGE)
async def test_whatever_a_receiver_answers_is_not_taken_and_no_more(pieces, monkeypatch):
    monkeypatch.setattr(sending, "TAKE_S_MAX", 0.2)
    async with stranger(*pieces, pause_s=0.01) as url, Sender() as sender:
        async with asyncio.timeout(60):
            with pytest.raises(NotTaken):
                await sender.send(url, b"{}", {})


async def test_nobody_waits_for_the_rest_of_an_answer_that_says_taken(monkeypatch):
    monkeypatch.setattr(sending, "TAKE_S_MAX", 300.0)
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n"
    async with stranger(head, *[b"x"] * 4000, pause_s=0.05) as url, Sender() as sender:
        async with asyncio.timeout(60):
            await sender.send(url, b"{}", {})


async def test_a_strange_receiver_ends_neither_the_dispatcher_nor_what_others_are_told(tmp_path):
    office, receiver = Office(tmp_path), Receiver()
    async with stranger(*STRANGE["a status that nobody knows"]) as strange_url:
        urls = (strange_url, f"http://127.0.0.1:{receiver.settings.port}/hook")
        hooks = with_secrets(
            [("strange", urls[0], (), "now"), ("shop", urls[1], (), "now")],
            {"ROBOVAN_WEBHOOK_SECRETS": f"shop {SECRET}\nstrange {SECRET}"},
        )
        async with (
            office.open() as desk,
            office.asking() as client,
            HttpServer(receiver.settings, receiver),
        ):
            task = asyncio.create_task(webhooks.tell_forever(hooks, desk))
            for number in range(2):
                await client.post(PARCELS, json=parcel(number))
                await until(lambda: len(receiver.events) == number + 1)  # noqa: B023
            assert not task.done()
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


@pytest.mark.parametrize("lines", ["", "shop short", f"other {SECRET}", f"shop: {SECRET}"])
def test_a_webhook_without_a_secret_is_one_clear_error(lines):
    with pytest.raises(WebhookSecretError, match="DSP-616") as caught:
        with_secrets([("shop", "http://x", (), "now")], {"ROBOVAN_WEBHOOK_SECRETS": lines})
    assert "short" not in str(caught.value).replace("too short", "")

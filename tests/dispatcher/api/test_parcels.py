"""Parcels over HTTP: the same answers as on MQTT, durable when answered, all or none, bounded."""

import asyncio
import json
import threading

import pytest

from dispatcher.announcing import read_announcement
from dispatcher.core.events import AnnouncementRefused, ParcelAnnounced
from dispatcher.journal.database import read_journal
from tests.dispatcher.api.office import EPOCH, Office, locate, until

PARCELS = "/v1/depots/dep-1/parcels"
REJECTED = "parcels/rejected"


def parcel(number, **others):
    return {"parcel_id": f"pkg-{number}", "lon": 24.94, "lat": 60.17, "mass_kg": 1, **others}


def journalled(office):
    """Return the parcels in the journal, as somebody else reads it meanwhile."""
    with read_journal(office.folder / "journal.db") as journal:
        events = [entry.event for entry in journal.read("dep-1")]
    return [one.parcel.parcel_id for one in events if isinstance(one, ParcelAnnounced)]


async def test_one_parcel_is_taken_on_once_and_durable_when_answered(tmp_path):
    office = Office(tmp_path)
    async with office.open(), office.asking("operate") as client:
        first = await client.post(PARCELS, json=parcel(1))
        assert journalled(office) == ["pkg-1"]
        assert (first.status_code, first.json()) == (
            202,
            {"parcel_id": "pkg-1", "status": "accepted", "reasons": []},
        )
        again = await client.post(PARCELS, json=parcel(1))
        assert (again.status_code, again.json()["status"]) == (200, "repeated")
        shown = (await client.get(f"{PARCELS}/pkg-1")).json()
        assert (shown["status"], shown["events"]) == ("waiting", ["accepted"])
        assert shown["due_until"].endswith("Z")
        assert (await client.get(f"{PARCELS}/pkg-2")).json()["code"] == "DSP-602"
    accepted = office.broker.said("robovan/v1/depots/dep-1/parcels/accepted")
    assert {json.loads(one)["parcel_id"] for one in accepted} == {"pkg-1"}


async def test_the_same_again_is_repeated_at_any_time_and_other_content_rejected(tmp_path):
    office = Office(tmp_path)
    announcing, rejecting = (f"robovan/v1/depots/dep-1/{one}" for one in ("parcels", REJECTED))
    async with office.open() as desk, office.asking("operate") as client:
        await client.post(PARCELS, json=parcel(1))
        known = desk.depots["dep-1"].stepper.parcel("pkg-1")
        assert known is not None
        await until(lambda: office.world.now() > known.ready_at + 10)  # times were left out
        assert (await client.post(PARCELS, json=parcel(1))).json()["status"] == "repeated"
        office.broker.publish(announcing, json.dumps(parcel(1)).encode(), qos=1)
        ready_at = "2026-03-02T09:30:00+02:00"
        other = await client.post(PARCELS, json=parcel(1, mass_kg=900, ready_at=ready_at))
        assert (other.status_code, other.json()["code"]) == (422, "DSP-612")
        assert [one.split(",")[0] for one in other.json()["reasons"]] == [
            "mass_kg is 900.0",
            "ready_at is 2026-03-02T07:30:00.000Z",
        ]
        office.broker.publish(announcing, json.dumps(parcel(1, lon=24.95)).encode(), qos=1)
        await until(lambda: len(office.broker.said(rejecting)) == 2)
        assert desk.depots["dep-1"].stepper.parcel("pkg-1") == known
    by_http, by_mqtt = (json.loads(one)["reasons"] for one in office.broker.said(rejecting))
    assert by_http == other.json()["reasons"]
    assert by_mqtt == ["lon is 24.95, but the parcel was announced with 24.94, and that stands"]
    told = office.broker.said("robovan/v1/depots/dep-1/parcels/accepted")
    assert set(told) == {b'{"parcel_id":"pkg-1"}'}, "once for several that ask while it waits"


async def test_two_posts_at_once_of_one_parcel_mean_one_though_times_are_left_out(tmp_path):
    office = Office(tmp_path)
    async with office.open() as desk, office.asking("operate") as client:
        writing, going_on = threading.Event(), threading.Event()
        append = desk.around.journal.append

        def slow(entries):
            writing.set()
            going_on.wait(60)
            append(entries)

        desk.around.journal.append = slow
        held_up = asyncio.create_task(client.post(PARCELS, json=parcel(0)))
        await until(writing.is_set)
        posts = []
        for waiting in (1, 2):
            posts.append(asyncio.create_task(client.post(PARCELS, json=parcel(1))))
            await until(lambda n=waiting: desk.depots["dep-1"].inbox.message_count == n)
            asked_at = office.world.now()
            await until(lambda at=asked_at: office.world.now() > at + 1)
        going_on.set()
        told = [await post for post in (held_up, *posts)]
        assert [one.status_code for one in told] == [202, 202, 200]
        assert (await client.post(PARCELS, json=parcel(1))).json()["status"] == "repeated"
    assert journalled(office) == ["pkg-0", "pkg-1"]


@pytest.mark.parametrize(
    "content",
    [
        json.dumps(parcel(1, mass_kg=-1, lat=50.0)).encode(),
        json.dumps(parcel(1, depot_id="dep-9")).encode(),
        json.dumps(parcel(1, due_until="yesterday", parcel_id="with space")).encode(),
        b'{"parcel_id": "pkg-1", "mass_kg": NaN}',
        b"\xff no JSON",
        b"[]",
        b"[" * 100_000,
        b"",
        b'{"parcel_id": "' + b"x" * 70_000 + b'"}',
    ],
    ids=lambda content: content[:12].decode("ascii", "replace"),
)
async def test_what_is_no_parcel_gets_the_reasons_that_mqtt_gives(tmp_path, content):
    office = Office(tmp_path)
    refused, _ = read_announcement(content, depot_id="dep-1", now=EPOCH, locate=locate)
    assert isinstance(refused, AnnouncementRefused)
    async with office.open(), office.asking("operate") as client:
        answer = await client.post(PARCELS, content=content)
    assert answer.status_code == 422
    told = answer.json()
    assert (told["code"], told["parcel_id"]) == ("DSP-612", refused.announcement_id)
    assert tuple(told["reasons"]) == refused.reasons


async def test_a_batch_is_answered_parcel_by_parcel_in_its_order(tmp_path):
    office = Office(tmp_path)
    async with office.open(), office.asking("operate") as client:
        three = [parcel(1), parcel(2, mass_kg=0), parcel(3, lat=50.0), parcel(1)]
        mixed = await client.post(PARCELS, json={"parcels": three})
        assert mixed.status_code == 207
        statuses = [(one["parcel_id"], one["status"]) for one in mixed.json()["parcels"]]
        assert statuses == [
            ("pkg-1", "accepted"),
            ("pkg-2", "rejected"),
            ("pkg-3", "rejected"),
            ("pkg-1", "repeated"),
        ]
        assert "MAP-101" in mixed.json()["parcels"][2]["reasons"][0]
        for numbers, status in (((4, 5), 202), ((4, 5), 200), ((4, 6), 202)):
            batch = {"parcels": [parcel(number) for number in numbers]}
            assert (await client.post(PARCELS, json=batch)).status_code == status
        none = await client.post(PARCELS, json={"parcels": [parcel(7, mass_kg=0), "junk"]})
        assert none.status_code == 422
        assert [one["status"] for one in none.json()["parcels"]] == ["rejected"] * 2
        for wrong in ([], [parcel(1)] * 1001, "junk"):
            answer = await client.post(PARCELS, json={"parcels": wrong})
            assert (answer.status_code, answer.json()["code"]) == (400, "DSP-604")


async def test_a_thousand_at_once_hold_the_loop_for_nobody(tmp_path):
    office = Office(tmp_path)
    async with office.open() as desk, office.asking("operate") as client:
        stretches = []

        async def watch():
            before_s = office.machine.seconds()
            while True:
                await asyncio.sleep(0)
                now_s = office.machine.seconds()
                stretches.append(now_s - before_s)
                before_s = now_s

        watching = asyncio.create_task(watch())
        batch = {"parcels": [parcel(number) for number in range(1000)]}
        answer = await client.post(PARCELS, json=batch)
        watching.cancel()
        assert answer.status_code == 202
        assert desk.depots["dep-1"].stepper.core.state.book.waiting_count() == 1000
    stretches.sort()
    # Most stretches, by the clock of a machine on which others work too.
    assert stretches[int(len(stretches) * 0.99)] < 0.02


async def test_a_full_inbox_turns_requests_away_whole(tmp_path):
    office = Office(tmp_path)
    async with office.open() as desk, office.asking("operate") as client:
        assert (await client.post(PARCELS, json=parcel(0))).status_code == 202
        desk.depots["dep-1"].inbox.messages_max = 2
        batch = {"parcels": [parcel(number) for number in range(1, 4)]}
        answer = await client.post(PARCELS, json=batch)
        assert (answer.status_code, answer.json()["code"]) == (503, "DSP-613")
        assert answer.headers["retry-after"] == "1"
        assert journalled(office) == ["pkg-0"]
        desk.depots["dep-1"].inbox.messages_max = 3
        assert (await client.post(PARCELS, json=batch)).status_code == 202


async def test_who_still_waits_when_the_dispatcher_stops_is_told_so(tmp_path):
    office = Office(tmp_path)
    async with office.open() as desk, office.asking("operate") as client:
        await client.post(PARCELS, json=parcel(0))
        inbox = desk.depots["dep-1"].inbox
        inbox.take = lambda _: asyncio.Event().wait()  # as if handling took for ever
        await asyncio.sleep(0.05)
        # The first one is still taken by the call of take() under way.
        first = asyncio.create_task(client.post(PARCELS, json=parcel(1)))
        await until(lambda: journalled(office) == ["pkg-0", "pkg-1"])
        asked = asyncio.create_task(client.post(PARCELS, json=parcel(2)))
        await until(lambda: inbox.message_count == 1)
        desk.is_stopping = True
        inbox.turn_away()
        answer = await asked
        assert (answer.status_code, answer.json()["code"]) == (503, "DSP-607")
        assert (await first).status_code == 202
        late = await client.post(PARCELS, json=parcel(3))
        assert (late.status_code, late.json()["code"]) == (503, "DSP-607")


async def test_when_a_depot_ends_in_failure_everybody_is_told_at_once_what_is_sure(tmp_path):
    office = Office(tmp_path)
    async with office.open() as desk, office.asking("operate") as client:
        writing, failing = threading.Event(), threading.Event()

        def append(entries):
            writing.set()
            failing.wait(10)
            raise RuntimeError("a fault of our own: what cannot be written is tried again")

        desk.around.journal.append = append
        first = asyncio.create_task(client.post(PARCELS, json=parcel(1)))
        await until(writing.is_set)
        second = asyncio.create_task(client.post(PARCELS, json=parcel(2)))
        await until(lambda: desk.depots["dep-1"].inbox.message_count == 1)
        failing.set()
        async with asyncio.timeout(60):
            taken, waiting = await first, await second
            late = await client.post(PARCELS, json=parcel(3))
            ready = await client.get("/readyz")
        codes = [(one.status_code, one.json()["code"]) for one in (taken, waiting, late)]
        assert codes == [(503, "DSP-614"), (503, "DSP-607"), (503, "DSP-607")]
        assert all(one.headers["retry-after"] for one in (taken, waiting, late))
        cause = "not served any more: dep-1 (RuntimeError)"
        assert (ready.status_code, ready.json()["causes"][0]) == (503, cause)


async def test_a_parcel_is_cancelled_once_and_unknown_ones_are_not(tmp_path):
    office = Office(tmp_path)
    async with office.open(), office.asking("operate") as client:
        await client.post(PARCELS, json=parcel(1))
        for _ in range(2):
            told = await client.post(f"{PARCELS}/pkg-1/cancel", json={"reason": "sold out"})
            assert (told.status_code, told.json()) == (
                200,
                {"parcel_id": "pkg-1", "aboard": False},
            )
        shown = (await client.get(f"{PARCELS}/pkg-1")).json()
        assert (shown["status"], shown["detail"]) == ("cancelled", "sold out")
        assert (await client.post(f"{PARCELS}/pkg-9/cancel")).status_code == 404
        wrong = await client.post(f"{PARCELS}/pkg-1/cancel", json={"reason": 1})
        assert (wrong.status_code, wrong.json()["code"]) == (400, "DSP-604")
        await client.post(PARCELS, json=parcel(2, due_until="2026-03-02T07:00:00+02:00"))
        late = await client.post(f"{PARCELS}/pkg-2/cancel")
        assert (late.status_code, late.json()["code"]) == (409, "DSP-615")

"""Parcel events over HTTP: EPCIS documents, and a stream that can be waited for and resumed."""

import asyncio
import re
from typing import get_args

from dispatcher.api.epcis import MEANING
from dispatcher.api.hooks import EventKind
from dispatcher.live import parcel_log
from maps.units import Instant
from tests.dispatcher.api.office import Office, until
from tests.dispatcher.api.test_parcels import PARCELS, parcel

EVENTS = "/v1/depots/dep-1/events"


def told_in(answer):
    return answer.json()["epcisBody"]["eventList"]


def kinds(answer):
    told = told_in(answer)
    return [(one["epcList"][0].rpartition(":")[2], one["robovan:kind"]) for one in told]


async def test_the_events_of_a_parcel_are_an_epcis_document(tmp_path):
    office = Office(tmp_path)
    async with office.open(), office.asking() as client:
        await client.post(PARCELS, json=parcel(1))
        await client.post(f"{PARCELS}/pkg-1/cancel", json={"reason": "sold out"})
        told = (await client.get(f"{PARCELS}/pkg-1/events")).json()
        assert (await client.get(f"{PARCELS}/pkg-2/events")).status_code == 404
    assert (told["type"], told["schemaVersion"]) == ("EPCISDocument", "2.0")
    first, last = told["epcisBody"]["eventList"]
    assert first["eventID"] == "urn:robovan:event:dep-1:pkg-1:1"
    assert first["eventTimeZoneOffset"] == "+02:00"
    assert (first["type"], first["action"], first["bizStep"]) == (
        "ObjectEvent",
        "OBSERVE",
        "staging_outbound",
    )
    assert last["robovan:detail"] == "sold out"
    assert [one["robovan:number"] for one in (first, last)] == [1, 2]


async def test_the_stream_is_read_in_pieces_and_the_same_after_a_restart(tmp_path):
    office = Office(tmp_path)

    async def whole(client, limit):
        found: list[dict] = []
        after = 0
        while True:
            piece = await client.get(EVENTS, params={"after": after, "limit": limit})
            if piece.json()["robovan:next"] == after:
                return found
            found += piece.json()["epcisBody"]["eventList"]
            after = piece.json()["robovan:next"]

    async with office.open(), office.asking() as client:
        batch = {"parcels": [parcel(number) for number in range(5)]}
        await client.post(PARCELS, json=batch)
        await client.post(f"{PARCELS}/pkg-3/cancel")
        before = await whole(client, 100)
        assert before == await whole(client, 2)
        assert [one["robovan:position"] for one in before] == list(range(1, len(before) + 1))
    async with office.open(), office.asking() as client:
        assert (await whole(client, 4))[: len(before)] == before


async def test_who_waits_gets_the_next_event_when_it_happens(tmp_path):
    office = Office(tmp_path)
    async with office.open() as desk, office.asking() as client, office.asking() as other:
        nothing = await client.get(EVENTS, params={"after": 0})
        assert (kinds(nothing), nothing.json()["robovan:next"]) == ([], 0)
        waiting = asyncio.create_task(client.get(EVENTS, params={"after": 0, "wait_s": 30}))
        await until(lambda: office.busy_count() == 1)
        await other.post(PARCELS, json=parcel(1))
        assert kinds(await waiting) == [("pkg-1", "accepted")]
        stopping = asyncio.create_task(client.get(EVENTS, params={"after": 1, "wait_s": 30}))
        await until(lambda: office.busy_count() == 1)
        desk.is_stopping = True
        assert kinds(await stopping) == []


async def test_who_is_too_far_behind_is_told_from_where_to_go_on(tmp_path, monkeypatch):
    monkeypatch.setattr(parcel_log, "BLOCK", 2)
    office = Office(tmp_path)
    async with office.open() as desk, office.asking() as client:
        await client.post(PARCELS, json={"parcels": [parcel(number) for number in range(5)]})
        depot = desk.depots["dep-1"]
        for _ in range(9):
            depot.parcel_log.forget(depot.stepper.core.state, Instant(10**14))
        gone = await client.get(EVENTS, params={"after": 3})
        assert (gone.status_code, gone.json()["begin"]) == (410, 4)
        assert "after=4" in gone.json()["detail"] + gone.json().get("remedy", "")
        for after in (0, 4):
            left = await client.get(EVENTS, params={"after": after})
            assert [one["robovan:position"] for one in told_in(left)] == [5]
        assert kinds(await client.get(f"{PARCELS}/pkg-1/events")) == [("pkg-1", "accepted")]
        missing = (await client.get(f"{PARCELS}/pkg-9")).json()
        assert "ended more than 604800 s ago" in missing["detail"]


async def test_who_waits_behind_events_that_are_all_forgotten_waits(tmp_path, monkeypatch):
    monkeypatch.setattr(parcel_log, "BLOCK", 2)
    office = Office(tmp_path)
    async with office.open() as desk, office.asking() as client, office.asking() as other:
        await client.post(PARCELS, json={"parcels": [parcel(number) for number in range(2)]})
        depot = desk.depots["dep-1"]
        depot.parcel_log.forget(depot.stepper.core.state, Instant(10**14))
        nothing = await client.get(EVENTS)
        assert (kinds(nothing), nothing.json()["robovan:next"]) == ([], 2)
        waiting = asyncio.create_task(client.get(EVENTS, params={"after": 0, "wait_s": 30}))
        await until(lambda: office.busy_count() == 1)
        await other.post(PARCELS, json=parcel(7))
        assert kinds(await waiting) == [("pkg-7", "accepted")]


async def test_who_has_heard_more_than_the_journal_knows_is_told_so(tmp_path):
    office = Office(tmp_path)
    async with office.open(), office.asking() as client:
        await client.post(PARCELS, json=parcel(1))
        newest = await client.get(EVENTS, params={"after": 1})
        assert (newest.status_code, kinds(newest)) == (200, [])
        ahead = await client.get(EVENTS, params={"after": 2, "wait_s": 30})
        told = ahead.json()
        assert (ahead.status_code, told["code"], told["begin"]) == (410, "DSP-619", 0)
        assert "has told 1 events so far, and not 2" in told["detail"]


def test_every_kind_has_a_meaning_of_the_vocabulary():
    assert set(MEANING) == set(get_args(EventKind))
    assert all(re.fullmatch("[a-z_]+", word) for pair in MEANING.values() for word in pair)

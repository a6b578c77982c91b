"""Who did what, read over HTTP: by admins, newest first, whole across restarts, and bounded."""

import json
from dataclasses import fields
from typing import get_args

import pytest

from dispatcher.api import audit
from dispatcher.core.events import Event, TripWithdrawn
from dispatcher.journal.errors import JournalInUseError, JournalUnwritableError
from dispatcher.journal.records import Entry
from maps.units import Instant
from tests.dispatcher.api.office import Office, setup_of, until
from tests.dispatcher.api.test_parcels import PARCELS, parcel

AUDIT = "/v1/depots/dep-1/audit"
HOLDS = "/v1/depots/dep-1/holds"
VAN = "dep-1-m-01"
JAM = {
    "incident_id": "jam-1",
    "way_ids": [7],
    "speed_ratio": 0.2,
    "starts_at": "2026-03-02T08:00:00+02:00",
    "ends_at": "2036-03-02T09:00:00+02:00",
}


async def whole(client, limit):
    """Return all pages as one list, without numbers and instants, and how many pages there were."""
    deeds, before, pages = [], None, 0
    while True:
        query = {"limit": limit} if before is None else {"limit": limit, "before": before}
        told = (await client.get(AUDIT, params=query)).json()
        assert told["depot_id"] == "dep-1"
        assert len(told["deeds"]) <= limit
        deeds += told["deeds"]
        pages += 1
        before = told.get("next_before")
        if before is None:
            break
    numbers = [one.pop("sequence") for one in deeds]
    assert numbers == sorted(numbers, reverse=True)
    assert all(one.pop("at") for one in deeds)
    return deeds, pages


async def do_all(office, desk):
    """Do one of each kind by hand, with a parcel announced over MQTT between."""
    announcing = "robovan/v1/depots/dep-1/parcels"
    async with office.asking("operate") as client, office.asking("admin") as admin:
        await client.post(PARCELS, json=parcel(1))
        office.broker.publish(announcing, json.dumps(parcel(2)).encode(), qos=1)
        await until(lambda: "pkg-2" in desk.depots["dep-1"].stepper.core.state.book)
        await client.post(PARCELS, json=parcel(3, mass_kg=-1))
        await client.post(f"{PARCELS}/pkg-1/cancel", json={"reason": "sold out"})
        await admin.put(f"{HOLDS}/van/{VAN}", json={"reason": "flat tyre"})
        await client.delete(f"{HOLDS}/van/{VAN}?reason=mended")
        await client.post("/v1/incidents", json=JAM)
        await client.post(PARCELS, json=parcel(1))  # repeated: nothing was done


DONE = [
    ("operate-one", "incident", "jam-1"),
    ("operate-one", "release van", VAN),
    ("admin-one", "hold van", VAN),
    ("operate-one", "cancel", "pkg-1"),
    ("operate-one", "announce", "pkg-3"),
    ("operate-one", "announce", "pkg-1"),
]


@pytest.mark.parametrize("span", [1, 3, audit.SPAN])
async def test_every_deed_is_told_once_newest_first_however_it_is_paged(
    tmp_path, monkeypatch, span
):
    monkeypatch.setattr(audit, "SPAN", span)
    monkeypatch.setattr(audit, "SPANS_MAX", 2)
    office = Office(tmp_path, (setup_of("dep-1"), setup_of("dep-2")))
    async with office.open() as desk:
        await do_all(office, desk)
    async with office.open(), office.asking("admin") as client:
        for limit in (1, 2):
            deeds, pages = await whole(client, limit)
            assert [(one["by"], one["action"], one["subject_id"]) for one in deeds] == DONE
            assert pages >= len(DONE) // limit
        deeds, _ = await whole(client, 500)
        assert [(one["by"], one["action"], one["subject_id"]) for one in deeds] == DONE
        assert [one["detail"] for one in deeds[1:4]] == ["mended", "flat tyre", "sold out"]
        assert deeds[4]["detail"].startswith("mass_kg = -1")
        other = (await client.get("/v1/depots/dep-2/audit")).json()
        assert [(one["action"], one["subject_id"]) for one in other["deeds"]] == [
            ("incident", "jam-1")
        ]


async def test_only_admins_may_read_it(tmp_path):
    office = Office(tmp_path)
    async with office.open():
        for role, status in (("view", 403), ("operate", 403), ("admin", 200)):
            async with office.asking(role) as client:
                assert (await client.get(AUDIT)).status_code == status
        async with office.asking("admin") as client:
            assert (await client.get("/v1/depots/dep-9/audit")).status_code == 404
            assert (await client.get(AUDIT, params={"before": 0})).status_code == 400
            beyond = await client.get(AUDIT, params={"before": 10**9})
            assert (beyond.status_code, beyond.json()["deeds"]) == (200, [])


def test_every_event_that_may_say_who_asked_for_it_is_looked_for():
    may_say = {kind for kind in get_args(Event) if "by" in {one.name for one in fields(kind)}}
    assert may_say == set(audit.BY_HAND)


def test_a_trip_that_was_withdrawn_by_hand_is_told():
    deed = audit._shown(Entry("dep-1", 7, Instant(0), TripWithdrawn("trip-1", ("p-1",), "eve")))
    assert deed is not None
    assert (deed.by, deed.action, deed.subject_id) == ("eve", "withdrawn", "trip-1")
    assert deed.detail == "p-1"


@pytest.mark.parametrize("error", [JournalInUseError("j"), JournalUnwritableError("j", "away")])
async def test_a_journal_that_cannot_be_read_now_is_to_be_asked_again(tmp_path, monkeypatch, error):
    office = Office(tmp_path)
    async with office.open() as desk, office.asking("admin") as client:

        def refuse(*_, **__):
            raise error

        monkeypatch.setattr(desk.around.journal, "of_kinds", refuse)
        told = await client.get(AUDIT)
        assert (told.status_code, told.json()["code"]) == (503, "DSP-607")


async def test_entries_that_have_left_the_journal_are_not_asked_for(tmp_path, monkeypatch):
    monkeypatch.setattr(audit, "SPAN", 2)
    monkeypatch.setattr(audit, "SPANS_MAX", 2)
    office = Office(tmp_path)
    async with office.open() as desk, office.asking("admin") as client:
        for number in range(6):
            await client.post(PARCELS, json=parcel(number))
        newest = desk.depots["dep-1"].stepper.sequence
        monkeypatch.setattr(desk.around.journal, "begin", lambda _: newest - 3)
        deeds, pages = await whole(client, 500)
        assert [one["subject_id"] for one in deeds] == ["pkg-5", "pkg-4", "pkg-3"]
        assert pages == 1

"""Who did what, read over HTTP: by admins, newest first, whole across restarts, and bounded."""

import json

import pytest

from dispatcher.api import audit
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

"""Holds over HTTP: journalled when answered, asked twice done once, shown wherever it counts."""

import json
import logging

import pytest

from dispatcher.core.events import HoldAsked, ReleaseAsked
from dispatcher.core.holds import HoldKind
from dispatcher.journal.database import read_journal
from tests.dispatcher.api.office import Office, setup_of, until

HOLDS = "/v1/depots/dep-1/holds"
VAN = f"{HOLDS}/van/dep-1-m-01"
PARCEL = {"parcel_id": "pkg-1", "lon": 24.94, "lat": 60.17, "mass_kg": 1}
WHY = {"reason": "a wheel is loose"}


def journalled(office):
    """Return the holds and releases in the journal, as somebody else reads it meanwhile."""
    with read_journal(office.folder / "journal.db") as journal:
        events = [entry.event for entry in journal.read("dep-1")]
    return [one for one in events if isinstance(one, HoldAsked | ReleaseAsked)]


async def test_a_hold_is_journalled_when_answered_and_names_who_and_why(tmp_path, caplog):
    office = Office(tmp_path)
    caplog.set_level(logging.INFO, "dispatcher.audit")
    async with office.open(), office.asking("operate") as client:
        first = (await client.put(VAN, json=WHY)).json()
        asked = HoldAsked(HoldKind.VAN, "dep-1-m-01", "operate-one", WHY["reason"])
        assert journalled(office) == [asked]
        held = first["hold"]
        assert first["changed"]
        assert (held["kind"], held["subject_id"]) == ("van", "dep-1-m-01")
        assert (held["by"], held["reason"]) == ("operate-one", "a wheel is loose")
        async with office.asking("admin") as other:
            again = (await other.put(VAN, json={"reason": "of my own"})).json()
        assert again == {"hold": held, "changed": False}
        assert (await client.get(HOLDS)).json()["holds"] == [held]
        released = await client.delete(VAN, params={"reason": "tightened"})
        assert released.json() == {"changed": True}
        assert (await client.delete(VAN)).json() == {"changed": False}
        assert (await client.get(HOLDS)).json()["holds"] == []
    done = [
        (one.who, one.action, one.outcome)
        for one in caplog.records
        if one.message == "manual_action"
    ]
    assert done[0] == ("operate-one", "hold van", "done; a wheel is loose")
    assert done[1] == ("admin-one", "hold van", "was so before; of my own")
    assert done[2] == ("operate-one", "release van", "done; tightened")


async def test_a_hold_outlives_a_restart_and_is_shown_where_it_counts(tmp_path):
    office = Office(tmp_path)
    async with office.open(), office.asking("operate") as client:
        await client.post("/v1/depots/dep-1/parcels", json=PARCEL)
        for path in ("van/dep-1-m-01", "parcel/pkg-1", "depot/dep-1"):
            assert (await client.put(f"{HOLDS}/{path}", json=WHY)).status_code == 200
    async with office.open() as desk, office.asking("view") as client:
        depot = desk.depots["dep-1"]
        await until(lambda: depot.status.overview is not None)
        held = (await client.get(HOLDS)).json()["holds"]
        assert [one["kind"] for one in held] == ["depot", "parcel", "van"]
        first = (await client.get(HOLDS, params={"limit": 2})).json()
        assert (first["holds"], first["next_after"]) == (held[:2], "parcel/pkg-1")
        rest = (await client.get(HOLDS, params={"limit": 2, "after": "parcel/pkg-1"})).json()
        assert rest == {"depot_id": "dep-1", "holds": held[2:]}
        parcel = (await client.get("/v1/depots/dep-1/parcels/pkg-1")).json()
        assert (parcel["status"], parcel["hold"]) == ("held", held[1])
        assert parcel["reason"] == "held"
        assert (await client.get("/v1/depots/dep-1/vans/dep-1-m-01")).json()["hold"] == held[2]
        assert "hold" not in (await client.get("/v1/depots/dep-1/vans/dep-1-m-02")).json()
        plan = (await client.get("/v1/depots/dep-1/plan")).json()
        assert (plan["hold"], plan["waiting_count"]) == (held[0], 0)
        (shown,) = (await client.get("/v1/depots")).json()["depots"]
        assert (shown["hold"], shown["parcels"]["held"]) == (held[0], 1)
        metrics = (await client.get("/metrics")).text
        for kind in ("van", "parcel", "depot"):
            assert f'robovan_holds{{depot="dep-1",kind="{kind}"}} 1.0' in metrics
        status = json.loads(office.broker.said("robovan/v1/depots/dep-1/status")[-1])
        assert (status["holds"], status["hold_count"]) == (held, 3)
        assert [van["held"] for van in status["vans"]] == [True, False]


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("van/nobody", WHY, 404, "DSP-602"),
        ("parcel/pkg-9", WHY, 404, "DSP-602"),
        ("depot/dep-2", WHY, 404, "DSP-602"),
        ("dock/1", WHY, 400, "DSP-604"),
        ("van/dep-1-m-01", {}, 400, "DSP-604"),
        ("van/dep-1-m-01", {"reason": ""}, 400, "DSP-604"),
        ("van/dep-1-m-01", {"reason": "x" * 257}, 400, "DSP-604"),
        ("parcel/pkg-1", WHY, 409, "DSP-615"),
    ],
)
async def test_what_cannot_be_held_is_a_problem_that_says_why(tmp_path, path, body, status, code):
    office = Office(tmp_path, (setup_of("dep-1"), setup_of("dep-2")))
    async with office.open(), office.asking("operate") as client:
        await client.post("/v1/depots/dep-1/parcels", json=PARCEL)
        await client.post("/v1/depots/dep-1/parcels/pkg-1/cancel")
        told = await client.put(f"{HOLDS}/{path}", json=body)
        assert (told.status_code, told.json()["code"]) == (status, code)
        assert (await client.get(HOLDS)).json()["holds"] == []
        if status == 409:
            assert told.json()["reasons"] == ["the parcel is cancelled already"]


async def test_who_may_only_look_holds_and_releases_nothing(tmp_path):
    office = Office(tmp_path)
    async with office.open(), office.asking("view") as client:
        assert (await client.put(VAN, json=WHY)).status_code == 403
        assert (await client.delete(VAN)).status_code == 403
        async with office.asking(None) as stranger:
            assert (await stranger.get(HOLDS)).status_code == 401
    assert journalled(office) == []


@pytest.mark.parametrize(
    "content",
    [b"\xff\xfe", b"[" * 100_000, b'{"reason":', b"reason=loose"],
    ids=["no text", "deep", "half", "a form"],
)
async def test_a_body_that_cannot_be_read_is_what_is_wrong_and_not_the_path(tmp_path, content):
    office = Office(tmp_path)
    async with office.open(), office.asking("operate") as client:
        told = await client.put(VAN, content=content, headers={"Content-Type": "application/json"})
        assert (told.status_code, told.json()["code"]) == (400, "DSP-604")


@pytest.mark.parametrize("called", ["application/x-www-form-urlencoded", "text/plain", None])
async def test_a_body_is_json_whatever_a_client_calls_it(tmp_path, called):
    office = Office(tmp_path)
    async with office.open(), office.asking("operate") as client:
        headers = {} if called is None else {"Content-Type": called}
        told = await client.put(VAN, content=json.dumps(WHY), headers=headers)
        assert (told.status_code, told.json()["changed"]) == (200, True)

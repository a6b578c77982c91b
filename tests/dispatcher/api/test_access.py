"""Who may ask what: every route of the API, every role; and a trace of what was done by hand."""

import logging

import pytest

from dispatcher.api.app import application
from dispatcher.api.server import HttpServer
from dispatcher.api.settings import HttpSettings
from dispatcher.core.events import RoadsChanged
from tests.dispatcher.api.office import SECRETS, Office, free_port, setup_of
from tests.dispatcher.api.test_parcels import PARCELS, parcel

JAM = {
    "incident_id": "jam-1",
    "way_ids": [7],
    "speed_ratio": 0.2,
    "starts_at": "2026-03-02T08:00:00+02:00",
    "ends_at": "2036-03-02T09:00:00+02:00",
}
OPEN = {"/healthz", "/readyz", "/metrics"}
NAMES = {
    "depot_id": "dep-1",
    "parcel_id": "pkg-1",
    "van_id": "dep-1-m-01",
    "kind": "van",
    "subject_id": "dep-1-m-01",
}
ROLES = ((None, ()), ("view", ("GET",)), ("operate", ("GET", "POST", "PUT", "DELETE")))


def routes(office_desk):
    """Return every operation that the document describes."""
    document = application(office_desk).openapi()
    return [
        (method.upper(), path.format(**NAMES))
        for path, operations in document["paths"].items()
        for method in operations
        if path not in OPEN
    ]


async def test_every_route_wants_a_token_and_a_role(tmp_path):
    office = Office(tmp_path)
    async with office.open() as desk:
        for role, allowed in ROLES:
            async with office.asking(role) as client:
                for method, path in routes(desk):
                    answer = await client.request(method, path)
                    if method in allowed:
                        assert answer.status_code not in (401, 403), path
                    else:
                        expected = (401, "DSP-610") if role is None else (403, "DSP-611")
                        assert (answer.status_code, answer.json()["code"]) == expected, path
        assert len(routes(desk)) >= 12


@pytest.mark.parametrize("given", ["Bearer wrong", "Basic abc", "Bearer", SECRETS["view"]])
async def test_other_tokens_open_nothing(tmp_path, given):
    office = Office(tmp_path)
    async with office.open(), office.asking(None) as client:
        answer = await client.get("/v1/depots", headers={"Authorization": given})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"


async def test_without_tokens_nobody_is_let_in(tmp_path):
    office = Office(tmp_path)
    async with office.open() as desk:
        office.settings = HttpSettings(port=free_port())
        office.url = f"http://127.0.0.1:{office.settings.port}"
        async with HttpServer(office.settings, application(desk)), office.asking() as client:
            assert (await client.get("/v1/depots")).status_code == 401
            assert (await client.get("/healthz")).status_code == 200


async def test_an_incident_is_taken_by_all_depots_or_by_none(tmp_path):
    office = Office(tmp_path, (setup_of("dep-1"), setup_of("dep-2")))
    async with office.open() as desk, office.asking("operate") as client:
        inbox = desk.depots["dep-2"].inbox
        inbox.messages_max, room = 0, inbox.messages_max
        told = await client.post("/v1/incidents", json=JAM)
        assert (told.status_code, told.json()["code"]) == (503, "DSP-613")
        assert "'dep-2'" in told.json()["detail"]
        assert (await client.get("/v1/incidents")).json() == {"incidents": []}
        inbox.messages_max = room
        assert (await client.post("/v1/incidents", json=JAM)).status_code == 202
        for depot in desk.depots.values():
            assert list(depot.stepper.core.state.incidents) == ["jam-1"]


async def test_what_is_done_by_hand_is_logged_with_who_did_it(tmp_path, caplog):
    office = Office(tmp_path, (setup_of("dep-1"), setup_of("dep-2")))
    with caplog.at_level(logging.INFO, "dispatcher.audit"):
        async with office.open() as desk, office.asking("operate") as client:
            await client.post(PARCELS, json=parcel(1))
            await client.post(f"{PARCELS}/pkg-1/cancel")
            told = await client.post("/v1/incidents", json=JAM)
            assert (told.status_code, told.json()["depots"]) == (202, ["dep-1", "dep-2"])
            wrong = await client.post("/v1/incidents", json={**JAM, "way_ids": [9999]})
            assert (wrong.status_code, wrong.json()["reasons"]) == (
                422,
                ["way_ids: no such way here"],
            )
            shown = (await client.get("/v1/incidents")).json()["incidents"]
            assert [one["incident_id"] for one in shown] == ["jam-1"]
            for depot_id, depot in desk.depots.items():
                entries = depot._around.journal.read(depot_id)
                assert sum(isinstance(entry.event, RoadsChanged) for entry in entries) == 1
        async with office.open(), office.asking("view") as client:
            await client.post(PARCELS, json=parcel(2))
    actions = [
        (record.who, record.action, record.subject_id, record.outcome)
        for record in caplog.records
        if record.message == "manual_action"
    ]
    assert actions == [
        ("operate-one", "announce", "pkg-1", "pkg-1 accepted"),
        ("operate-one", "cancel", "pkg-1", "cancelled"),
        ("operate-one", "incident", "jam-1", "taken"),
        ("operate-one", "incident", "jam-1", "taken"),
    ]
    (refused,) = [record for record in caplog.records if record.message == "access_refused"]
    assert (refused.who, refused.path) == ("view-one", PARCELS)
    assert not any(secret in caplog.text for secret in SECRETS.values())

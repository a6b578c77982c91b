"""Who may ask what: every route of the API, every role; and a trace of what was done by hand."""

import itertools
import json
import logging
import threading
from typing import cast

import pytest

from dispatcher.api.access import audit_logger
from dispatcher.api.app import application
from dispatcher.api.refused import RefusedLog
from dispatcher.api.server import HttpServer
from dispatcher.api.settings import HttpSettings
from dispatcher.core.events import (
    AnnouncementRefused,
    CancelAsked,
    ParcelAnnounced,
    RoadsChanged,
)
from dispatcher.live import desk
from dispatcher.live.clock import MachineTime
from dispatcher.live.logs import OWN_LOGGERS, configure_logs
from tests.dispatcher.api.office import (
    SECRETS,
    Office,
    free_port,
    setup_of,
    shared_application,
    until,
)
from tests.dispatcher.api.test_parcels import PARCELS, parcel

JAM = {
    "incident_id": "jam-1",
    "way_ids": [7],
    "speed_ratio": 0.2,
    "starts_at": "2026-03-02T08:00:00+02:00",
    "ends_at": "2036-03-02T09:00:00+02:00",
}
MQTT_PARCEL = json.dumps(parcel(8)).encode()
BY_HAND = ParcelAnnounced | AnnouncementRefused | CancelAsked | RoadsChanged
OPEN = {"/healthz", "/readyz", "/metrics"}
NAMES = {
    "depot_id": "dep-1",
    "parcel_id": "pkg-1",
    "van_id": "dep-1-m-01",
    "kind": "van",
    "subject_id": "dep-1-m-01",
}
ALL = ("GET", "POST", "PUT", "DELETE")
ROLES = ((None, ()), ("view", ("GET",)), ("operate", ALL), ("admin", ALL))
FOR_ADMINS = {"/v1/depots/dep-1/audit"}


def routes():
    """Return every operation that the document describes."""
    document = shared_application().openapi()
    return [
        (method.upper(), path.format(**NAMES))
        for path, operations in document["paths"].items()
        for method in operations
        if path not in OPEN
    ]


async def test_every_route_wants_a_token_and_a_role(tmp_path):
    office = Office(tmp_path)
    async with office.open():
        for role, allowed in ROLES:
            async with office.asking(role) as client:
                for method, path in routes():
                    answer = await client.request(method, path)
                    if method in allowed and (role == "admin" or path not in FOR_ADMINS):
                        assert answer.status_code not in (401, 403), path
                    else:
                        expected = (401, "DSP-610") if role is None else (403, "DSP-611")
                        assert (answer.status_code, answer.json()["code"]) == expected, path
        assert len(routes()) >= 15
        assert {path for _, path in routes()} >= FOR_ADMINS


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
            office.broker.publish("robovan/v1/depots/dep-1/parcels", MQTT_PARCEL, qos=1)
            await until(lambda: "pkg-8" in desk.depots["dep-1"].stepper.core.state.book)
            await client.post(PARCELS, json=parcel(9, mass_kg=-1))
            events = [one.event for one in desk.around.journal.read("dep-1")]
        async with office.open(), office.asking("view") as client:
            await client.post(PARCELS, json=parcel(2))
    assert [(type(one), one.by) for one in events if isinstance(one, BY_HAND)] == [
        (ParcelAnnounced, "operate-one"),
        (CancelAsked, "operate-one"),
        (RoadsChanged, "operate-one"),
        (ParcelAnnounced, ""),
        (AnnouncementRefused, "operate-one"),
    ]
    actions = [
        (record.who, record.action, record.subject_id, record.outcome)
        for record in caplog.records
        if record.message == "manual_action"
    ]
    refused = "DSP-612: The incident cannot be taken on: way_ids: no such way here"
    assert actions == [
        ("operate-one", "announce", "pkg-1", "accepted"),
        ("operate-one", "cancel", "pkg-1", "cancelled"),
        ("operate-one", "incident", "jam-1", "taken"),
        ("operate-one", "POST /v1/incidents", "", refused),
        ("operate-one", "announce", "pkg-9", "rejected"),
    ]
    asked = [one.subject_id for one in caplog.records if one.message == "manual_action_asked"]
    assert asked == ["pkg-1", "pkg-1", "jam-1", "pkg-9"]
    (refused,) = [record for record in caplog.records if record.message == "access_refused"]
    assert (refused.who, refused.path) == ("view-one", PARCELS)
    assert not any(secret in caplog.text for secret in SECRETS.values())


def told_of(caplog, name):
    """Return what the audit says under a name, as long as there is only one piece of it."""
    return [vars(record) for record in caplog.records if record.message == name]


async def test_what_nobody_was_told_in_time_has_its_records_all_the_same(
    tmp_path, caplog, monkeypatch
):
    monkeypatch.setattr(desk, "ANSWER_S_MAX", 0.05)
    caplog.set_level(logging.INFO, "dispatcher.audit")
    office = Office(tmp_path)
    async with office.open() as running, office.asking("operate") as client:
        append, written = running.around.journal.append, threading.Event()

        def slow(entries):
            written.wait(10)
            append(entries)

        running.around.journal.append = slow
        late = await client.post(PARCELS, json=parcel(1))
        assert late.json()["code"] == "DSP-614"
        written.set()
        await until(lambda: "pkg-1" in running.depots["dep-1"].stepper.core.state.book)
    (asked,), (ended,) = told_of(caplog, "manual_action_asked"), told_of(caplog, "manual_action")
    assert (asked["action"], asked["subject_id"]) == ("announce", "pkg-1")
    assert (ended["subject_id"], ended["outcome"][:8]) == ("pkg-1", "DSP-614:")


async def test_every_parcel_of_a_batch_is_named(tmp_path, caplog):
    caplog.set_level(logging.INFO, "dispatcher.audit")
    office = Office(tmp_path)
    names = [f"pkg-{number}" for number in range(250)]
    async with office.open(), office.asking("operate") as client:
        batch = {"parcels": [parcel(number) for number in range(250)]}
        assert (await client.post(PARCELS, json=batch)).status_code == 202
    for name in ("manual_action_asked", "manual_action"):
        told = [one["subject_id"].split(", ") for one in told_of(caplog, name)]
        assert [len(some) for some in told] == [100, 100, 50]
        assert list(itertools.chain(*told)) == names
    outcomes = ", ".join(one["outcome"] for one in told_of(caplog, "manual_action"))
    assert outcomes == ", ".join(f"{name} accepted" for name in names)


@pytest.mark.parametrize("called", ["application/json", "application/x-www-form-urlencoded"])
@pytest.mark.parametrize(
    ("path", "content", "status"),
    [
        (f"{PARCELS}/pkg-1/cancel", b'{"reason": 1}', 400),
        (f"{PARCELS}/pkg-1/cancel", b"no JSON", 400),
        (f"{PARCELS}/pkg-9/cancel", b"", 404),
        ("/v1/depots/dep-9/parcels", b"{}", 404),
        (PARCELS, b'{"parcels": []}', 400),
    ],
)
async def test_what_was_refused_unread_has_a_record(
    tmp_path, caplog, path, content, status, called
):
    caplog.set_level(logging.INFO, "dispatcher.audit")
    office = Office(tmp_path)
    async with office.open(), office.asking("operate") as client:
        headers = {"Content-Type": called}
        answer = await client.post(path, content=content, headers=headers)
        assert answer.status_code == status
        async with office.asking(None) as stranger:
            told = await stranger.post(path, content=content, headers=headers)
            assert told.status_code == 401, "before anything is read"
    (ended,) = told_of(caplog, "manual_action")
    assert (ended["who"], ended["action"]) == ("operate-one", f"POST {path}")
    assert ended["outcome"]


@pytest.mark.parametrize("level", ["DEBUG", "INFO", "WARNING", "ERROR"])
def test_no_level_of_the_log_hides_the_audit(level, capsys):
    names = ("", *OWN_LOGGERS, audit_logger.name)
    before = logging.getLogger().handlers[:], {one: logging.getLogger(one).level for one in names}
    configure_logs(as_json=True, level=level)
    try:
        audit_logger.info("manual_action", extra={"who": "ann"})
        logging.getLogger("dispatcher.live").debug("of no interest")
    finally:
        logging.getLogger().handlers[:] = before[0]
        for name, was in before[1].items():
            logging.getLogger(name).setLevel(was)
    shown = capsys.readouterr().err
    assert '"who": "ann"' in shown
    assert ("of no interest" in shown) == (level == "DEBUG")


class Seconds:
    """A clock set by hand, as far as it is looked at."""

    def __init__(self):
        self.now_s = 0.0

    def seconds(self):
        return self.now_s


def test_a_flood_of_bad_tokens_does_not_fill_the_log(caplog):
    clock = Seconds()
    refused = RefusedLog(cast("MachineTime", clock))
    for number in range(1_000):
        clock.now_s = number / 100
        refused.note("GET", "/v1/" + "x" * 1_000, "nobody", "no known token")
    refused.note("POST", PARCELS, "view-one", "needs operate")
    clock.now_s += 100
    refused.note("GET", PARCELS, "nobody", "no known token")
    said = told_of(caplog, "access_refused")
    assert 25 < len(said) < 35
    assert said[-2]["who"] == "view-one"
    assert sum(one["count"] for one in said) == 1_002, "none is left out"
    assert max(len(one["path"]) for one in said) == 200

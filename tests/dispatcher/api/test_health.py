"""Health, readiness and metrics, asked over a real port of a real dispatcher."""

import asyncio
import dataclasses
import json
import re
import threading

import pytest
from prometheus_client.exposition import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from dispatcher.live import metrics
from dispatcher.live.clock import LOOK_S, ClockSettings, MachineClock, WorldClock
from dispatcher.live.measures import METRICS, METRICS_OF_PROCESS
from tests.dispatcher.api.office import Office, setup_of, until

PARCELS = "robovan/v1/depots/dep-1/parcels"


async def values_of(client):
    """Return every sample of the page by name and labels."""
    page = await client.get("/metrics")
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/plain; version=")
    return {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(page.text)
        for sample in family.samples
    }


def of_depot(values, name, **labels):
    return values[(name, *sorted({"depot": "dep-1", **labels}.items()))]


class Gone:
    """A connection that is lost for the third time, and could not keep up before."""

    is_connected, connection_count, dropped_count = False, 3, 7


class Settable(MachineClock):
    """Shows a date as a test wants; time passes with every look."""

    passed_s = set_s = 0.0

    def boot_s(self):
        self.passed_s += LOOK_S
        return self.passed_s

    def unix_s(self):
        return self.passed_s + self.set_s


async def test_a_clock_that_was_set_is_a_cause_and_a_metric_and_requests_are_turned_away(tmp_path):
    office = Office(tmp_path)
    office.planner.is_ready = True
    async with office.open() as desk, office.asking() as client:
        machine = Settable()
        world = WorldClock(ClockSettings.real(), machine)
        desk.around = dataclasses.replace(desk.around, world=world)
        assert (await values_of(client))[("robovan_clock_off",)] == 0
        machine.set_s = 3600.0
        waiting = await client.get("/readyz")
        (cause,) = waiting.json()["causes"]
        assert waiting.status_code == 503
        assert cause.startswith("nothing is taken up: the machine's clock was set: it is 3600 s")
        values = await values_of(client)
        assert values[("robovan_clock_off",)] == 1
        assert values[("robovan_clock_ahead_seconds",)] == 3600
        parcel = {"parcel_id": "pkg-1", "lon": 24.94, "lat": 60.17, "mass_kg": 1}
        refused = await client.post("/v1/depots/dep-1/parcels", json=parcel)
        assert (refused.status_code, refused.json()["code"]) == (503, "DSP-607")


async def test_alive_at_once_and_ready_only_when_all_is_there(tmp_path):
    office = Office(tmp_path)
    async with office.open(replayed=False) as desk, office.asking() as client:
        alive = await client.get("/healthz")
        assert (alive.status_code, alive.json()) == (200, {"status": "alive"})
        waiting = await client.get("/readyz")
        assert waiting.status_code == 503
        causes = "the journal is being replayed", "no planning worker is ready"
        assert waiting.json() == {"ready": False, "causes": list(causes), "ended": []}
        desk.is_replayed = office.planner.is_ready = True
        ready = await client.get("/readyz")
        told = {"ready": True, "causes": [], "ended": []}
        assert (ready.status_code, ready.json()) == (200, told)
        desk.states = Gone()
        waiting = await client.get("/readyz")
        cause = "the broker is not connected for vans' states"
        assert (waiting.status_code, waiting.json()["causes"]) == (503, [cause])
        values = await values_of(client)
        assert values[("robovan_states_connected",)] == values[("robovan_ready",)] == 0
        assert values[("robovan_broker_connected",)] == 1
        assert values[("robovan_states_connections_total",)] == 3
        assert values[("robovan_states_dropped_total",)] == 7
        desk.states, desk.is_stopping = desk.around.link, True
        assert (await client.get("/readyz")).json()["causes"] == ["the dispatcher was told to stop"]


async def test_metrics_say_what_happened(tmp_path):
    office = Office(tmp_path, (setup_of("dep-1"), setup_of("dep-2")))
    async with office.open() as desk, office.asking() as client:
        depot = desk.depots["dep-1"]
        good = {"parcel_id": "pkg-1", "lon": 24.94, "lat": 60.17, "mass_kg": 1}
        for payload in (json.dumps(good).encode(), b"no parcel"):
            office.broker.publish(PARCELS, payload, qos=1)
        office.broker.publish("uagv/v2/Robovan/dep-1-m-01/state", b"junk", qos=0)
        office.broker.publish("robovan/v1/depots/dep-1/loaded", b"junk", qos=1)
        desk.depots["dep-1"].status.overview = None
        await until(lambda: depot.status.overview and depot.status.overview.announced == 2)
        values = await values_of(client)
    assert of_depot(values, "robovan_events_total") == depot.stepper.sequence
    assert of_depot(values, "robovan_messages_total", kind="parcels") == 2
    assert of_depot(values, "robovan_messages_total", kind="state") == 1
    assert of_depot(values, "robovan_messages_refused_total", cause="invalid") == 3
    assert of_depot(values, "robovan_parcels", status="waiting") == 1
    assert of_depot(values, "robovan_vans", presence="away") == 2
    assert of_depot(values, "robovan_vans_on_duty") == 2
    assert of_depot(values, "robovan_inbox_messages_limit") == 5000
    writes = of_depot(values, "robovan_journal_write_seconds_count")
    assert 1 <= writes <= depot.stepper.sequence
    assert of_depot(values, "robovan_journal_write_seconds_bucket", le="+Inf") == writes
    assert of_depot(values, "robovan_journal_write_seconds_sum") > 0
    assert values[("robovan_broker_connected",)] == 1
    assert values[("robovan_ready",)] == 0
    assert values[("robovan_parcels", ("depot", "dep-2"), ("status", "waiting"))] == 0
    assert values[("process_resident_memory_bytes",)] > 0


async def test_before_the_journal_is_replayed_no_depot_is_looked_at(tmp_path):
    office = Office(tmp_path)
    async with office.open(replayed=False), office.asking() as client:
        values = await values_of(client)
    assert not [key for key in values if ("depot", "dep-1") in key]
    assert values[("robovan_ready",)] == 0


@pytest.mark.parametrize("name", [one.name for one in METRICS])
def test_names_carry_base_units_and_say_whether_they_only_grow(name):
    (metric,) = (one for one in METRICS if one.name == name)
    assert re.fullmatch(r"robovan_[a-z_]+", name)
    assert name.endswith("_total") == (metric.kind == "counter")
    is_time = metric.kind == "histogram" or ("_lag_" in name and not name.endswith("_events"))
    assert name.endswith("_seconds") == is_time
    assert not name.endswith(("_ms", "_s", "_milliseconds"))


def test_every_metric_is_named_once():
    names = [one.name for one in METRICS] + [name for name, _, _ in METRICS_OF_PROCESS]
    assert len(names) == len(set(names))


async def test_what_is_not_there_is_a_problem_with_a_code(tmp_path):
    office = Office(tmp_path)
    async with office.open(), office.asking() as client:
        for method, path, status, code in (
            ("GET", "/nothing", 404, "DSP-602"),
            ("POST", "/healthz", 405, "DSP-603"),
        ):
            answer = await client.request(method, path)
            assert answer.status_code == status
            assert answer.headers["content-type"] == "application/problem+json"
            told = answer.json()
            assert (told["status"], told["code"], told["type"]) == (
                status,
                code,
                f"urn:robovan:{code}",
            )
            assert told["detail"]
            assert told["remedy"]


async def test_who_asks_for_metrics_holds_nobody_up(tmp_path, monkeypatch):
    turns, turns_while_read, writers = 0, [], []
    read, write = metrics._Read, generate_latest

    def note_read(found):
        turns_while_read.append(turns)
        return read(found)

    def note_writer(found):
        writers.append(threading.current_thread())
        return write(found)

    monkeypatch.setattr(metrics, "_Read", note_read)
    monkeypatch.setattr(metrics, "generate_latest", note_writer)

    async def take_turns():
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    office = Office(tmp_path)
    async with office.open() as desk:
        other = asyncio.create_task(take_turns())
        page = await metrics.Exposition(desk).page()
        other.cancel()
    assert b"robovan_ready" in page
    assert turns_while_read[0] >= len(METRICS) + len(METRICS_OF_PROCESS), "one after each metric"
    assert writers != [threading.current_thread()]

"""``robovan serve`` with HTTP: health before everything is there, and the API of the real thing."""

import asyncio
import contextlib
import os
import signal
import socket
import time

import httpx
import pytest

from simulations.broker import EmbeddedBroker
from tests.dispatcher.api.office import LINES, SECRETS, free_port
from tests.integration.test_serve import (
    announcement,
    assert_one_clear_error,
    ended,
    serving,
    write_files,
)

pytestmark = pytest.mark.integration


@pytest.fixture
def broker():
    with EmbeddedBroker() as running:
        yield running


@pytest.fixture
def port():
    return free_port()


@pytest.fixture
def config(broker, tmp_path, port):
    written = write_files(tmp_path, port=broker.port, machine_epoch_s=time.time())
    text = written.read_text()
    written.write_text(
        text.replace("[process.clock]", f"[process.http]\nport = {port}\n[process.clock]")
    )
    return written


async def answers(client, path, condition, *, within_s):
    """Ask until an answer is as wanted, and return all the answers there were."""
    found = []
    async with asyncio.timeout(within_s):
        while True:
            with contextlib.suppress(httpx.TransportError):
                found.append(await client.get(path))
                if condition(found[-1]):
                    return found
            await asyncio.sleep(0.05)


async def test_it_says_when_it_is_ready_and_when_not_any_more(broker, config, port):
    with serving(config, broker) as process:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
            asked = await answers(
                client, "/readyz", lambda answer: answer.status_code == 200, within_s=60
            )
            before = [answer for answer in asked if answer.status_code == 503]
            assert before, "the planning workers take a while to load the city"
            assert any("no planning worker is ready" in one.json()["causes"] for one in before)
            metrics = (await client.get("/metrics")).text
            assert "robovan_ready 1.0" in metrics
            assert 'robovan_starts_total{depot="dep-1"} 1.0' in metrics

            os.kill(broker.pid, signal.SIGKILL)
            (*_, gone) = await answers(
                client, "/readyz", lambda answer: len(answer.json()["causes"]) == 2, within_s=60
            )
            assert gone.status_code == 503
            lost = "the broker is not connected"
            assert gone.json()["causes"] == [lost, f"{lost} for vans' states"]
            assert (await client.get("/healthz")).status_code == 200
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=60)
        assert process.returncode == 0, err
    assert "Traceback" not in err, err[-3500:]


async def test_what_was_answered_outlives_a_kill(broker, config, port, monkeypatch):
    monkeypatch.setenv("ROBOVAN_HTTP_TOKENS", LINES)
    headers = {"Authorization": f"Bearer {SECRETS['operate']}"}
    url, parcels = f"http://127.0.0.1:{port}", "/v1/depots/dep-1/parcels"

    def is_served(answer):
        return answer.status_code == 200

    async with httpx.AsyncClient(base_url=url, headers=headers) as client:
        with serving(config, broker) as process:
            await answers(client, f"{parcels[:-8]}/vans", is_served, within_s=60)
            batch = [announcement(number) for number in range(20)]
            batch.append(announcement(20, lon=60.1711, lat=24.9414))
            told = await client.post(parcels, json={"parcels": batch})
            process.kill()
            process.wait()
            assert told.status_code == 207
            statuses = [one["status"] for one in told.json()["parcels"]]
            assert statuses == ["accepted"] * 20 + ["rejected"]
            assert "MAP-102" in told.json()["parcels"][20]["reasons"][0]
        with serving(config, broker):
            await answers(client, f"{parcels[:-8]}/vans", is_served, within_s=60)
            again = await client.post(parcels, json={"parcels": batch[:20]})
            assert (again.status_code, again.json()["parcels"][0]["status"]) == (200, "repeated")
            told = (await client.get(f"{parcels[:-8]}/events", params={"limit": 500})).json()
            accepted = [
                one["epcList"][0]
                for one in told["epcisBody"]["eventList"]
                if one["robovan:kind"] == "accepted"
            ]
            assert accepted == [f"urn:robovan:parcel:pkg-{number}" for number in range(20)]
            assert (await client.post(parcels, content=b"no JSON")).status_code == 422


def test_a_port_in_use_is_one_clear_error(broker, config, port):
    with socket.create_server(("127.0.0.1", port)):
        assert_one_clear_error("DSP-601", *ended(config, broker))

"""``robovan serve`` when its disk is full: it says so, takes nothing up, and loses nothing.

A limit on the size of the running process's files stands in for the disk: whatever would make one
longer fails in the kernel, as it does where there is no room.
"""

import asyncio
import resource
import signal
import time

import httpx
import pytest

from dispatcher.core.events import ParcelAnnounced
from dispatcher.journal.database import read_journal
from simulations.broker import EmbeddedBroker
from tests.brokers import free_port
from tests.integration.test_serve import (
    announce,
    announcement,
    outside,
    serving,
    until_serving,
    write_files,
)

pytestmark = pytest.mark.integration

TOKEN = "a-token-that-may-operate-things"
PARCELS = "/v1/depots/dep-1/parcels"


async def until(condition, *, within_s=60.0):
    """Wait until a condition holds that only asking tells."""
    async with asyncio.timeout(within_s):
        while not await condition():  # noqa: ASYNC110 - see above
            await asyncio.sleep(0.02)


def fill_disk(process, folder):
    """Let no file of a process grow any more, and return what lets them grow again."""
    size = (folder / "journal.db-wal").stat().st_size
    before = resource.prlimit(process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (size, before[1]))
    return lambda: resource.prlimit(process.pid, resource.RLIMIT_FSIZE, before)


async def test_a_full_disk_is_told_and_when_there_is_room_all_goes_on(tmp_path, monkeypatch):
    monkeypatch.setenv("ROBOVAN_HTTP_TOKENS", f"shop operate {TOKEN}")
    port = free_port()
    with EmbeddedBroker() as broker:
        config = write_files(tmp_path, port=broker.port, machine_epoch_s=time.time())
        config.write_text(f"{config.read_text()}\n[process.http]\nport = {port}\n")
        async with (
            outside(broker, "full") as (warehouse, answers, world),
            httpx.AsyncClient(
                base_url=f"http://127.0.0.1:{port}",
                headers={"Authorization": f"Bearer {TOKEN}"},
                timeout=60,
            ) as client,
        ):

            async def troubles():
                causes = (await client.get("/readyz")).json()["causes"]
                return [one for one in causes if one.startswith("nothing is taken up: DSP-4")]

            async def are_there():
                return bool(await troubles())

            async def are_gone():
                return not await troubles()

            with serving(config, broker) as process:
                await until_serving(world, 1)
                assert (await client.post(PARCELS, json=announcement(1))).status_code == 202
                make_room = fill_disk(process, tmp_path)
                await announce(warehouse, announcement(2))
                await until(are_there)
                turned_away = await client.post(PARCELS, json=announcement(3))
                assert (turned_away.status_code, turned_away.json()["code"]) == (503, "DSP-607")
                assert turned_away.json()["causes"][0] in await troubles()
                assert turned_away.headers["retry-after"]
                assert (await client.get("/readyz")).status_code == 503
                assert 'journal_unwritable{depot="dep-1"} 1.0' in (
                    (await client.get("/metrics")).text
                )
                shown = (await client.get(f"{PARCELS}/pkg-1")).json()
                assert shown["status"] == "waiting", "what is known is shown all the while"
                make_room()
                await answers.until(lambda: {"parcel_id": "pkg-2"} in answers.on("accepted"))
                await until(are_gone)
                assert (await client.post(PARCELS, json=announcement(3))).status_code == 202
                process.send_signal(signal.SIGTERM)
                _, err = await asyncio.to_thread(process.communicate, timeout=60)
                assert process.returncode == 0, err
    assert "journal_unwritable" in err
    assert "journal_writable_again" in err
    with read_journal(tmp_path / "journal.db") as journal:
        events = [entry.event for entry in journal.read("dep-1")]
    announced = [one.parcel.parcel_id for one in events if isinstance(one, ParcelAnnounced)]
    assert announced == ["pkg-1", "pkg-2", "pkg-3"]

"""Old entries leave the journal of a running ``robovan serve``, which is killed meanwhile."""

import asyncio
import itertools
import signal
import sys
import time

import pytest

from dispatcher.config import load_config
from dispatcher.core.events import ParcelAnnounced
from dispatcher.journal.archive import Archive
from dispatcher.journal.database import read_journal
from dispatcher.live.restoring import recover
from dispatcher.stepping import Stepper, replay
from simulations.broker import EmbeddedBroker
from tests.brokers import mosquitto_with_roles
from tests.databases import empty, postgresql
from tests.integration import test_serve
from tests.integration.test_serve import (
    announce,
    announcement,
    outside,
    serving,
    until_serving,
    write_files,
)

pytestmark = pytest.mark.integration

# The command as it is, but that a day and what is worth trimming are shorter, and deleting longer.
SERVE = """
import sys
from dispatcher.cli import main
from dispatcher.journal import basing
from dispatcher.live import service, trimming
trimming.LOOK_S, basing.BATCH = 0.2, 2
service.TrimSettings = lambda keep_s: trimming.TrimSettings(keep_s // 4320, entry_count=60)
sys.exit(main())
"""
EVERY_S = 0.03


@pytest.fixture(params=["nats and sqlite", "mosquitto and postgresql"])
def deployment(request, tmp_path):
    """A broker, and a configuration in which entries leave."""
    epoch_s = time.time()
    if request.param == "nats and sqlite":
        with EmbeddedBroker() as broker:
            yield broker, write_files(tmp_path, port=broker.port, machine_epoch_s=epoch_s)
        return
    with postgresql() as url, mosquitto_with_roles(tmp_path) as broker:
        empty(url)
        config = write_files(
            tmp_path,
            port=broker.port,
            machine_epoch_s=epoch_s,
            journal=url,
            states_username="dispatcher-states",
        )
        yield broker, config


async def begun(place, least):
    """Return behind which entry a journal begins, once that is beyond another."""

    def begin():
        with read_journal(place) as journal:
            return journal.begin("dep-1")

    async with asyncio.timeout(60):
        while (found := await asyncio.to_thread(begin)) <= least:  # noqa: ASYNC110 - only it tells
            await asyncio.sleep(0.1)
    return found


async def test_killed_while_entries_leave_it_has_lost_nothing(deployment, monkeypatch):
    broker, path = deployment
    monkeypatch.setattr(test_serve, "COMMAND", [sys.executable, "-c", SERVE])
    path.write_text(path.read_text().replace("[process]", "[process]\nkeep_entries_days = 1", 1))
    config = load_config(path, {"ROBOVAN_MQTT_PASSWORD": "", "ROBOVAN_MQTT_STATES_PASSWORD": ""})
    announced = []

    async def announce_on(warehouse):
        for number in itertools.count():
            announced.append(f"pkg-{number}")
            await announce(warehouse, announcement(number))
            await asyncio.sleep(EVERY_S)

    async with outside(broker, "trimming") as (warehouse, answers, world):
        with serving(path, broker) as first:
            await until_serving(world, 1)
            announcing = asyncio.create_task(announce_on(warehouse))
            first_begin = await begun(config.journal, 0)
            first.send_signal(signal.SIGKILL)
            first.wait()
        with serving(path, broker) as second:
            await until_serving(world, 2)
            await begun(config.journal, first_begin)
            announcing.cancel()
            await asyncio.gather(announcing, return_exceptions=True)
            await answers.until(
                lambda: {one["parcel_id"] for one in answers.on("accepted")} == set(announced)
            )
            second.send_signal(signal.SIGTERM)
            _, err = await asyncio.to_thread(second.communicate, timeout=60)
            assert second.returncode == 0, err
    assert "trimming_failed" not in err
    told = {(one["parcel_id"], one["number"], one["kind"]) for one in world.on("/events")}
    assert {(parcel_id, 1, "accepted") for parcel_id in announced} <= told
    with read_journal(config.journal) as journal:
        kinds, behind = (ParcelAnnounced,), first_begin + 1
        assert not journal.of_kinds("dep-1", kinds, begin=1, before=behind), "it was gone on with"
    assert_whole(config, announced)


def assert_whole(config, announced):
    """The base and the entries behind it come to what all of them come to."""
    with read_journal(config.journal) as journal:
        begin = journal.begin("dep-1")
        left = list(journal.read("dep-1", begin))
        stepper = Stepper("dep-1")
        assert recover(stepper, None, journal, None).replayed == len(left)
    archived = Archive(config.archive).read("dep-1")
    gone = list(itertools.takewhile(lambda entry: entry.sequence <= begin, archived))
    entries = [*gone, *left]
    assert [entry.sequence for entry in entries] == list(range(1, stepper.sequence + 1))
    events = [entry.event for entry in entries]
    parcels = [one.parcel.parcel_id for one in events if isinstance(one, ParcelAnnounced)]
    assert sorted(parcels) == sorted(announced)
    assert replay("dep-1", entries).image() == stepper.image()

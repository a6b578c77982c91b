"""A dispatcher that is killed is said to be lost, and one that is there never for long."""

import asyncio
import contextlib
import signal
import socket

import pytest

from dispatcher.live.clock import ClockSettings, MachineClock, WorldClock
from dispatcher.live.keeping import BrokerSettings
from dispatcher.live.mqtt import MqttLink
from dispatcher.live.presence import Speaker
from tests.brokers import KINDS, free_port, plain_config, running
from tests.integration.test_serve import (  # noqa: F401 - fixtures are found by their names
    Heard,
    broker,
    config,
    deployment,
    link,
    serving,
)

pytestmark = pytest.mark.integration
PRESENCE = "robovan/v1/dispatchers/dep-1/presence"
STATUS = "robovan/v1/depots/dep-1/status"


@contextlib.asynccontextmanager
async def hearing(listener):
    """Hear whether a dispatcher is there."""
    async with listener, asyncio.TaskGroup() as group:
        heard = Heard(listener)
        task = group.create_task(heard.run())
        await listener.subscribe(PRESENCE, qos=1)
        await listener.subscribe(STATUS, qos=0)
        yield heard
        task.cancel()


def last(heard):
    told = heard.on("/presence")
    return told[-1]["state"] if told else None


async def test_killed_it_is_lost_and_stopped_it_says_so(deployment):  # noqa: F811
    where, files, _ = deployment
    async with hearing(link(where, "conductor", "con-presence")) as heard:
        with serving(files, where) as first:
            await heard.until(lambda: last(heard) == "serving" and heard.on("/status"))
            (before,) = {one["instance_id"] for one in heard.on("/presence")}
            assert heard.on("/status")[-1]["instance_id"] == before
            first.send_signal(signal.SIGKILL)
            await heard.until(lambda: last(heard) == "lost")
            assert heard.on("/presence")[-1]["instance_id"] == before
            assert heard.on("/status")[-1]["state"] == "serving", "it could not say any more"
        with serving(files, where) as second:
            await heard.until(lambda: last(heard) == "serving")
            assert heard.on("/presence")[-1]["instance_id"] != before
            second.send_signal(signal.SIGTERM)
            _, err = await asyncio.to_thread(second.communicate, timeout=60)
            assert second.returncode == 0, err
            await heard.until(lambda: last(heard) == "stopped")
            assert heard.on("/status")[-1]["state"] == "stopped"
    async with hearing(link(where, "conductor", "con-later")) as heard:
        await heard.until(lambda: last(heard) == "stopped")


@pytest.mark.parametrize("kind", KINDS)
async def test_a_will_that_comes_behind_the_word_of_another_connection_is_put_right(kind, tmp_path):
    port = free_port()
    machine = MachineClock()
    world = WorldClock(ClockSettings.real(), machine)
    old, new = Speaker(["dep-1"], world, machine), Speaker(["dep-1"], world, machine)
    new.instance_id = "another"
    with running(kind, plain_config(kind, tmp_path, port), port):
        settings, stop = BrokerSettings("127.0.0.1", port), asyncio.Event()
        async with hearing(MqttLink(settings, "listener")) as heard:
            us = MqttLink(settings, "us", new.will)
            async with us, new.saying(us, stop):
                with connected(port, "us-before", old.will):
                    await heard.until(lambda: last(heard) == "serving")
                await heard.until(lambda: "lost" in states_of(heard, old))
                count = len(heard.on("/presence"))
                await heard.until(lambda: len(heard.on("/presence")) > count)
                assert states_of(heard, new) == {"serving"}
                assert last(heard) == "serving"
                stop.set()
            await heard.until(lambda: last(heard) == "stopped")


def states_of(heard, speaker):
    return {
        one["state"] for one in heard.on("/presence") if one["instance_id"] == speaker.instance_id
    }


@contextlib.contextmanager
def connected(port, client_id, will):
    """Be connected with a last will, and never say anything (MQTT 3.1.1, section 3.1)."""
    texts = [client_id.encode(), will.topic.encode(), will.payload]
    body = b"\x00\x04MQTT\x04\x2c\x00\x00" + b"".join(
        len(text).to_bytes(2) + text for text in texts
    )
    size = len(body)
    assert 128 <= size < 16_384, "or its length is not of two bytes"
    packet = b"\x10" + bytes([size % 128 + 128, size // 128]) + body
    with socket.create_connection(("127.0.0.1", port), 60) as raw:
        raw.sendall(packet)
        assert raw.recv(4) == b"\x20\x02\x00\x00", "accepted"
        yield

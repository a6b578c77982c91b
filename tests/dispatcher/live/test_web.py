"""HTTP beside a dispatcher: its port is taken at once, answers come when the depots have spoken."""

import asyncio
from types import SimpleNamespace
from typing import Any, cast

import httpx
import pytest

from dispatcher.api.errors import HttpPortError
from dispatcher.api.settings import HttpSettings
from dispatcher.live import web
from dispatcher.live.counting import Counts
from dispatcher.live.desk import Desk
from dispatcher.live.web import serving_http
from tests.dispatcher.api.office import free_port


@pytest.fixture
def settings():
    return HttpSettings(port=free_port())


def a_desk():
    """Return a desk of which nothing is asked but when its depot has spoken, and that event."""
    told = asyncio.Event()
    depot: Any = SimpleNamespace(status=SimpleNamespace(was_told=told))
    nobody = cast(Any, None)
    return Desk({"dep-1": depot}, nobody, nobody, Counts()), told


async def is_alive(settings):
    async with httpx.AsyncClient(timeout=60) as client:
        answer = await client.get(f"http://127.0.0.1:{settings.port}/healthz")
        return answer.status_code == 200


async def test_who_asks_early_is_answered_when_the_depots_have_spoken(settings, monkeypatch):
    monkeypatch.setattr(web, "LATE_S_MAX", 1e6)
    loaded: list[bool] = []
    made = web._server
    desk, told = a_desk()

    def noted(*given):
        loaded.append(told.is_set())
        return made(*given)

    monkeypatch.setattr(web, "_server", noted)
    async with asyncio.timeout(60), serving_http(settings, desk, asyncio.Event()):
        asking = asyncio.create_task(is_alive(settings))
        await asyncio.sleep(0.05)
        assert not asking.done()
        told.set()
        assert await asking
    assert loaded == [True]


async def test_depots_that_take_long_are_not_waited_for(settings, monkeypatch):
    monkeypatch.setattr(web, "LATE_S_MAX", 0.0)
    desk, told = a_desk()
    async with asyncio.timeout(60), serving_http(settings, desk, asyncio.Event()):
        assert await is_alive(settings)
        assert not told.is_set()


async def test_a_port_in_use_is_an_error_before_anything_else(settings):
    desk, _ = a_desk()
    async with serving_http(settings, desk, asyncio.Event()):
        with pytest.raises(HttpPortError, match="DSP-601"):
            async with serving_http(settings, desk, asyncio.Event()):
                pytest.fail("it began")
    async with serving_http(settings, desk, asyncio.Event()):
        pass  # the port is free again, though nothing was ever served there


async def test_without_settings_there_is_none():
    desk, _ = a_desk()
    async with serving_http(None, desk, asyncio.Event()):
        pass

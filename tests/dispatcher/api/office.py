"""A dispatcher with HTTP: real uvicorn, loop and SQLite journal; broker and roads in memory."""

import asyncio
import contextlib
import socket
import ssl
from functools import cache
from pathlib import Path
from typing import Any, cast

import httpx
from fastapi import FastAPI

from dispatcher.api.app import application
from dispatcher.api.server import HttpServer
from dispatcher.api.settings import HttpSettings
from dispatcher.api.tokens import TokenBook, read_tokens
from dispatcher.core.settings import Depot, DepotSetup, PlanSettings, VanSetup
from dispatcher.journal.database import open_journal
from dispatcher.live.clock import ClockSettings, MachineClock, WorldClock
from dispatcher.live.counting import Counts
from dispatcher.live.desk import Desk
from dispatcher.live.loop import DepotLoop, Surroundings
from dispatcher.live.memory_link import MemoryBroker
from dispatcher.live.parcel_log import ParcelLog
from dispatcher.live.solving import SolverLost
from dispatcher.live.switchboard import Switchboard
from maps.errors import PlaceOffNetworkError
from maps.places import LonLat
from maps.units import Instant, parse_rfc3339
from maps.weighing_errors import BadIncidentError
from vehicles.presets import PRESETS

SECRETS = {role: f"a-token-that-may-{role}-things" for role in ("view", "operate", "admin")}
LINES = "\n".join(f"{role}-one {role} {secret}" for role, secret in SECRETS.items())
TOKENS = read_tokens({"ROBOVAN_HTTP_TOKENS": LINES})

EPOCH = parse_rfc3339("2026-03-02T08:00:00+02:00")
HOUR_MS = 3_600_000


class Planner:
    """Answers no question, but is ready for them once told so."""

    is_ready = False

    async def plan(self, request):
        raise SolverLost("no worker")

    async def forecast(self, request):
        raise SolverLost("no worker")


def setup_of(depot_id, van_count=2, **settings):
    """Return a depot with its vans, whose ids begin with the depot's."""
    spec = PRESETS["robovan-m"]
    day = (Instant(EPOCH - HOUR_MS), Instant(EPOCH + 10 * HOUR_MS))
    vans = tuple(
        VanSetup(f"{depot_id}-m-{number:02}", spec, spec.battery_mwh, *day)
        for number in range(1, van_count + 1)
    )
    depot = Depot(depot_id, LonLat(24.95, 60.18), "Europe/Helsinki", 2, 300, 2, 22_000)
    return DepotSetup(depot, vans, (), PlanSettings(**settings))


def locate(label, place):
    """Know only what lies north of the 60th parallel."""
    if place.lat < 60:
        raise PlaceOffNetworkError(label, place, 9_999, 250)


def check_incident(incident):
    """Know only ways with small numbers."""
    if any(way_id > 1000 for way_id in incident.way_ids):
        raise BadIncidentError(incident.incident_id, ("way_ids: no such way here",))


def free_port() -> int:
    """Return a port that nobody listens at."""
    with socket.socket() as asking:
        asking.bind(("127.0.0.1", 0))
        port: int = asking.getsockname()[1]
        return port


class Present:
    """The desk of the office that was opened last, under one name."""

    def __init__(self) -> None:
        self.__dict__["desks"] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__dict__["desks"][-1], name)


PRESENT = Present()


@cache
def shared_application() -> FastAPI:
    """Return the application of all offices: each of its own takes longer than most tests."""
    return application(cast("Desk", PRESENT), TokenBook(TOKENS))


@cache
def nobody_trusted() -> ssl.SSLContext:
    """Return what clients need that speak in the clear: to read all authorities takes long."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


class Office:
    """A dispatcher and somebody who asks it over HTTP."""

    def __init__(self, folder: Path, setups=None, **http) -> None:
        self.folder = folder
        self.setups = setups or (setup_of("dep-1"),)
        self.broker = MemoryBroker()
        self.machine = MachineClock()
        self.world = WorldClock(ClockSettings(EPOCH, self.machine.unix_s(), 1.0), self.machine)
        self.planner = Planner()
        self.settings = HttpSettings(port=free_port(), tokens=TOKENS, **http)
        self.server = HttpServer(self.settings, shared_application())
        self.url = f"http://127.0.0.1:{self.settings.port}"

    def busy_count(self) -> int:
        """Return how many requests are being answered."""
        return len(self.server._server.server_state.tasks)

    def asking(self, role="admin") -> httpx.AsyncClient:
        """Return somebody who can ask, with a token of a role, or none."""
        headers = {} if role is None else {"Authorization": f"Bearer {SECRETS[role]}"}
        return httpx.AsyncClient(
            base_url=self.url, headers=headers, timeout=60, verify=nobody_trusted()
        )

    @contextlib.asynccontextmanager
    async def open(self, *, replayed=True):
        """Run the dispatcher; leaving the block kills its depots and closes the journal."""
        with open_journal(self.folder / "journal.db") as journal:
            link, states = self.broker.link("dispatcher"), self.broker.link("dispatcher-states")
            around = Surroundings(
                journal,
                link,
                states,
                self.planner,
                self.world,
                self.machine,
                locate,
                check_incident,
                60.0,
            )
            depots = {one.depot.depot_id: DepotLoop(one, around) for one in self.setups}
            for depot in depots.values():
                depot.parcel_log = ParcelLog()
            desk = Desk(depots, around, states, Counts())
            self.server = HttpServer(self.settings, shared_application())
            async with presenting(desk), self.server:
                for depot in depots.values():
                    depot.recover()
                desk.is_replayed = replayed
                switchboard = Switchboard(depots, link, states, self.machine, desk.counts)
                await switchboard.subscribe()
                stop = asyncio.Event()
                running = [asyncio.create_task(one.run(stop)) for one in depots.values()]
                hearing = asyncio.create_task(switchboard.run())
                await until(lambda: all(one.stepper.setup for one in depots.values()))
                try:
                    yield desk
                finally:
                    desk.is_stopping = True
                    for task in (*running, hearing):
                        task.cancel()
                    await asyncio.gather(*running, hearing, return_exceptions=True)


@contextlib.asynccontextmanager
async def presenting(desk):
    """Let the shared application show a desk."""
    PRESENT.desks.append(desk)
    try:
        yield
    finally:
        PRESENT.desks.pop()


async def until(condition, *, within_s=60.0):
    """Wait until a condition holds that nobody says has changed."""
    async with asyncio.timeout(within_s):
        while not condition():  # noqa: ASYNC110 - see above
            await asyncio.sleep(0.001)

"""One run: good traffic alone, then the same beside poison, and what was counted of it.

Good are announcements of parcels, one after the other, each timed until it is answered (through
the broker, the inbox, a durable entry of the journal and back), and states of other vans. The
dispatcher is a process of its own, asked for its figures over HTTP; so is the intruder. How much of
it is the broker's shows what it takes to answer a ping meanwhile, an announcement being four of its
turns (in, out, and both acknowledged); how much the dispatcher's, how late its event loop is.
"""

import asyncio
import contextlib
import dataclasses
import itertools
import json
import re
import statistics
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.poison.broker import Access
from benchmarks.poison.intruding import HUNG_UP
from benchmarks.poison.messages import DEPOT_ID, MANUFACTURER, state_of
from benchmarks.poison.speaking import Speaker
from dispatcher.live.mqtt import MqttLink
from dispatcher.live.warehouse import depot_topic

COMMAND = [sys.executable, "-c", "import sys; from dispatcher.cli import main; sys.exit(main())"]
START_S_MAX, SETTLE_S_MAX = 180, 60
PAUSE_S, PING_S = 0.05, 0.02
FLEET = """
stations = "none"
[[depots]]
id = "dep-1"
lon = 24.9498
lat = 60.1786
zone = "Europe/Helsinki"
[[depots]]
id = "dep-2"
lon = 24.9498
lat = 60.1786
zone = "Europe/Helsinki"
[[vans]]
id = "m-{{n}}"
depot = "dep-1"
model = "robovan-m"
count = {vans}
shift = {{ from = "00:00", until = "00:00" }}
[[vans]]
id = "n-{{n}}"
depot = "dep-2"
model = "robovan-m"
count = 1
shift = {{ from = "00:00", until = "00:00" }}
"""
CONFIG = """
[process]
city = "helsinki"
fleet = "{fleet}"
[process.broker]
{broker}
[process.http]
port = {http}
[plan]
wave_parcels = 1000000
wave_age_s = 86400
"""


@dataclass(frozen=True, slots=True)
class Plan:
    """How much of what; half of the vans send poison, so slowly that each is below its pace."""

    vans: int = 100
    poison: int = 100_000
    poison_per_s: float = 1_000.0
    quiet_s: float = 15.0


@dataclass(slots=True)
class Waits:
    """How long answers took, in seconds: to announcements, and the broker's alone to pings."""

    answers_s: list[float] = field(default_factory=list)
    pings_s: list[float] = field(default_factory=list)

    def clear(self) -> None:
        """Forget all of it."""
        self.answers_s.clear()
        self.pings_s.clear()


def write_fleet(plan: Plan, folder: Path) -> Path:
    """Write the fleet file of a run."""
    path = folder / "fleet.toml"
    path.write_text(FLEET.format(vans=plan.vans))
    return path


async def run(plan: Plan, access: Access, http: int, folder: Path) -> dict[str, Any]:
    """Run once, with the fleet file in ``folder``."""
    config = CONFIG.format(broker=access.section(), http=http, fleet=write_fleet(plan, folder))
    (folder / "serve.toml").write_text(config)
    bad = [f"m-{number}" for number in range(1, plan.vans // 2 + 1)]
    good = [f"m-{number}" for number in range(plan.vans // 2 + 1, plan.vans + 1)]
    with _serving(folder, access) as process:
        await _until_ready(http, process)
        async with _good_traffic(access, good) as waits:
            before_s = await _late(http)
            await asyncio.sleep(plan.quiet_s)
            quiet, late = _summaries(waits), [before_s, await _late(http)]
            before, cpu_s = await _refused(http), await _cpu_s(http)
            expected, took_s = await _poison(plan, access, bad, waits)
            beside = _summaries(waits)
            late.append(await _late(http))
        hung_up = expected.pop(HUNG_UP, 0)
        counted = await _settled(http, before, expected)
        cpu_s = await _cpu_s(http) - cpu_s
        is_alive = process.poll() is None
    answers = {name: (quiet[0][name], beside[0][name]) for name in ("p50", "p99")}
    return {
        "poison_sent": plan.poison,
        "poison_per_s": round(plan.poison / took_s),
        "hung_up_by_broker": hung_up,
        "expected": dict(sorted(expected.items())),
        "counted": dict(sorted(counted.items())),
        # Good states overtaken by newer ones are counted too, so that it may be more.
        "uncounted": max(0, expected.total() - counted.total()),
        "alive": is_alive,
        "cpu_us_per_poison": round(1e6 * cpu_s / plan.poison),
        "latency_ms_quiet": quiet[0],
        "latency_ms_beside": beside[0],
        **{f"latency_ratio_{name}": round(b / a, 2) for name, (a, b) in answers.items()},
        "broker_ping_ms_quiet": quiet[1],
        "broker_ping_ms_beside": beside[1],
        "loop_late_within_s_p99_quiet": _within_s(late[1] - late[0]),
        "loop_late_within_s_p99_beside": _within_s(late[2] - late[1]),
    }


@contextlib.contextmanager
def _serving(folder: Path, access: Access) -> Iterator[subprocess.Popen[bytes]]:
    with (folder / "serve.log").open("wb") as log:
        command = [*COMMAND, "serve", str(folder / "serve.toml")]
        process = subprocess.Popen(command, stdout=log, stderr=log, env=access.environment())
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


async def _until_ready(http: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(START_S_MAX * 5):
        if process.poll() is not None:
            raise RuntimeError("robovan serve ended before it was ready")
        with contextlib.suppress(OSError):
            await _get(http, "/readyz")
            return
        await asyncio.sleep(0.2)
    raise TimeoutError("robovan serve is not ready")


@contextlib.asynccontextmanager
async def _good_traffic(access: Access, vans: list[str]) -> AsyncIterator[Waits]:
    """Announce and report all the while; yield how long answers took."""
    waits, name = Waits(), f"warehouse-{DEPOT_ID}"
    async with MqttLink(access.settings(name), "good-warehouse") as warehouse:
        await warehouse.subscribe(depot_topic(DEPOT_ID, "parcels/accepted"), qos=1)
        async with asyncio.TaskGroup() as group:
            tasks = (
                group.create_task(_announce(warehouse, waits)),
                group.create_task(_report(access, vans)),
                group.create_task(_ping(access, waits)),
            )
            await asyncio.sleep(3.0)  # the first ones are slower: what is used is loaded by then
            waits.clear()
            yield waits
            for task in tasks:
                task.cancel()


async def _announce(warehouse: MqttLink, waits: Waits) -> None:
    answers = warehouse.messages()
    topic = depot_topic(DEPOT_ID, "parcels")
    for number in itertools.count():  # each a new one: only these become entries
        parcel = {"parcel_id": f"good-{number}", "lon": 24.9414, "lat": 60.1711, "mass_kg": 2}
        said_s = time.monotonic()
        await warehouse.publish(topic, json.dumps(parcel).encode(), qos=1)
        while True:
            answer = await anext(answers)
            warehouse.acknowledge(answer)
            if json.loads(answer.payload)["parcel_id"] == parcel["parcel_id"]:
                break
        waits.answers_s.append(time.monotonic() - said_s)
        await asyncio.sleep(PAUSE_S)


async def _report(access: Access, vans: list[str]) -> None:
    async with contextlib.AsyncExitStack() as stack:
        speakers = [
            await stack.enter_async_context(Speaker(access.account(f"van-{van_id}")))
            for van_id in vans
        ]
        for number in itertools.count(1):
            for van_id, speaker in zip(vans, speakers, strict=True):
                topic = f"uagv/v2/{MANUFACTURER}/{van_id}/state"
                await speaker.say(topic, state_of(van_id, number))
                await asyncio.sleep(1.0 / len(vans))


async def _ping(access: Access, waits: Waits) -> None:
    async with Speaker(access.account("screens")) as speaker:
        while True:
            waits.pings_s.append(await speaker.ping())
            await asyncio.sleep(PING_S)


async def _poison(
    plan: Plan, access: Access, vans: list[str], waits: Waits
) -> tuple[Counter[str], float]:
    """Have all the poison sent, and forget what good messages waited before it begins.

    Returns
    -------
    tuple[Counter[str], float]
        How often each cause is to be counted, and how long it took to send, in seconds.
    """
    asked: dict[str, Any] = {"access": dataclasses.asdict(access), "vans": vans}
    asked |= {"messages": plan.poison, "per_second": plan.poison_per_s}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.poison.intruding", json.dumps(asked)),
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    await process.stdout.readline()
    waits.clear()
    begun_s = time.monotonic()
    said = await process.stdout.read()
    took_s = time.monotonic() - begun_s
    if await process.wait():
        raise RuntimeError("the intruder failed")
    return Counter(json.loads(said)), took_s


async def _settled(http: int, before: Counter[str], expected: Counter[str]) -> Counter[str]:
    """Wait until as much is counted as was sent, or for long enough, and return it."""
    counted: Counter[str] = Counter()
    for _ in range(SETTLE_S_MAX * 2):
        counted = await _refused(http) - before
        if counted.total() >= expected.total():
            break
        await asyncio.sleep(0.5)
    return counted


async def _refused(http: int) -> Counter[str]:
    text = await _get(http, "/metrics")
    counted: Counter[str] = Counter()
    for labels, value in re.findall(r"robovan_messages_refused_total\{(.*?)\} (\S+)", text):
        cause = re.search(r'cause="(\w+)"', labels)
        counted[cause.group(1) if cause else ""] += int(float(value))
    return counted


async def _cpu_s(http: int) -> float:
    found = re.search(r"^process_cpu_seconds_total (\S+)", await _get(http, "/metrics"), re.M)
    return float(found.group(1)) if found else 0.0


async def _get(http: int, path: str) -> str:
    def ask() -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{http}{path}", timeout=10) as answer:
            text: str = answer.read().decode()
            return text

    return await asyncio.to_thread(ask)


def _summary(waits_s: list[float]) -> dict[str, float]:
    ordered = sorted(waits_s)
    p99 = ordered[min(len(ordered) - 1, int(0.99 * len(ordered)))]
    figures = {"p50": statistics.median(ordered), "p99": p99, "max": ordered[-1]}
    return {"count": len(ordered), **{name: round(1000 * s, 1) for name, s in figures.items()}}


def _summaries(waits: Waits) -> tuple[dict[str, float], dict[str, float]]:
    return _summary(waits.answers_s), _summary(waits.pings_s)


async def _late(http: int) -> Counter[float]:
    """Return how often the dispatcher's event loop was late by at most so many seconds so far."""
    text = await _get(http, "/metrics")
    found = re.findall(r'^robovan_loop_delay_seconds_bucket\{le="(\S+)"\} (\S+)', text, re.M)
    return Counter({float(bound): int(float(count)) for bound, count in found})


def _within_s(late: Counter[float]) -> float | None:
    """Return within how many seconds the loop came to 99 of 100 timers; None: to none."""
    total = max(late.values(), default=0)
    return min((bound for bound, count in late.items() if count >= 0.99 * total), default=None)

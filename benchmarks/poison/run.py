"""One run: good traffic alone, then the same beside poison, and what was counted of it.

Good are announcements of parcels, one after the other, each timed until it is answered (through
the broker, the inbox, a durable entry of the journal and back), and states of other vans. The
dispatcher is a process of its own, asked for its figures over HTTP; so is the intruder.
"""

import asyncio
import contextlib
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
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.poison.messages import DEPOT, MANUFACTURER, state_of
from benchmarks.poison.speaking import Speaker
from dispatcher.live.keeping import BrokerSettings
from dispatcher.live.mqtt import MqttLink

COMMAND = [sys.executable, "-c", "import sys; from dispatcher.cli import main; sys.exit(main())"]
START_S_MAX, SETTLE_S_MAX = 180, 60
PAUSE_S = 0.05
FLEET = """
stations = "none"
[[depots]]
id = "dep-1"
lon = 24.9498
lat = 60.1786
zone = "Europe/Helsinki"
[[vans]]
id = "m-{{n}}"
model = "robovan-m"
count = {vans}
shift = {{ from = "00:00", until = "00:00" }}
"""
CONFIG = """
[process]
city = "helsinki"
fleet = "fleet.toml"
[process.broker]
host = "{host}"
port = {port}
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


async def run(plan: Plan, host: str, port: int, http: int, folder: Path) -> dict[str, Any]:
    """Run once against a broker that lets everybody say everything."""
    (folder / "fleet.toml").write_text(FLEET.format(vans=plan.vans))
    (folder / "serve.toml").write_text(CONFIG.format(host=host, port=port, http=http))
    bad = [f"m-{number}" for number in range(1, plan.vans // 2 + 1)]
    good = [f"m-{number}" for number in range(plan.vans // 2 + 1, plan.vans + 1)]
    with _serving(folder) as process:
        await _until_ready(http, process)
        async with _good_traffic(host, port, good) as waits_s:
            await asyncio.sleep(plan.quiet_s)
            quiet = _summary(waits_s)
            before, begun_s, cpu_s = await _refused(http), time.monotonic(), await _cpu_s(http)
            expected = await _poison(plan, host, port, bad, waits_s)
            took_s = time.monotonic() - begun_s
            beside = _summary(waits_s)
        counted = await _settled(http, before, expected)
        cpu_s = await _cpu_s(http) - cpu_s
        is_alive = process.poll() is None
    return {
        "poison_sent": plan.poison,
        "poison_per_s": round(plan.poison / took_s),
        "expected": dict(sorted(expected.items())),
        "counted": dict(sorted(counted.items())),
        # Good states overtaken by newer ones are counted too, so that it may be more.
        "uncounted": max(0, expected.total() - counted.total()),
        "alive": is_alive,
        "cpu_us_per_poison": round(1e6 * cpu_s / plan.poison),
        "latency_ms_quiet": quiet,
        "latency_ms_beside": beside,
        "latency_ratio_p50": round(beside["p50"] / quiet["p50"], 2),
        "latency_ratio_p99": round(beside["p99"] / quiet["p99"], 2),
    }


@contextlib.contextmanager
def _serving(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    with (folder / "serve.log").open("wb") as log:
        command = [*COMMAND, "serve", str(folder / "serve.toml")]
        process = subprocess.Popen(command, stdout=log, stderr=log)
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
async def _good_traffic(host: str, port: int, vans: list[str]) -> AsyncIterator[list[float]]:
    """Announce and report all the while; yield how long answers took, in seconds."""
    waits_s: list[float] = []
    async with MqttLink(BrokerSettings(host, port), "warehouse") as warehouse:
        await warehouse.subscribe(f"{DEPOT}/parcels/accepted", qos=1)
        async with asyncio.TaskGroup() as group:
            tasks = (
                group.create_task(_announce(warehouse, waits_s)),
                group.create_task(_report(host, port, vans)),
            )
            await asyncio.sleep(3.0)  # the first ones are slower: what is used is loaded by then
            waits_s.clear()
            yield waits_s
            for task in tasks:
                task.cancel()


async def _announce(warehouse: MqttLink, waits_s: list[float]) -> None:
    answers = warehouse.messages()
    for number in itertools.count():  # each a new one: only these become entries
        parcel = {"parcel_id": f"good-{number}", "lon": 24.9414, "lat": 60.1711, "mass_kg": 2}
        said_s = time.monotonic()
        await warehouse.publish(f"{DEPOT}/parcels", json.dumps(parcel).encode(), qos=1)
        while True:
            answer = await anext(answers)
            warehouse.acknowledge(answer)
            if json.loads(answer.payload)["parcel_id"] == parcel["parcel_id"]:
                break
        waits_s.append(time.monotonic() - said_s)
        await asyncio.sleep(PAUSE_S)


async def _report(host: str, port: int, vans: list[str]) -> None:
    async with Speaker(host, port, "good-vans") as speaker:
        for number in itertools.count(1):
            for van_id in vans:
                topic = f"uagv/v2/{MANUFACTURER}/{van_id}/state"
                await speaker.say(topic, state_of(van_id, number))
                await asyncio.sleep(1.0 / len(vans))


async def _poison(
    plan: Plan, host: str, port: int, vans: list[str], waits_s: list[float]
) -> Counter[str]:
    """Have all the poison sent, and forget what good messages waited before it begins."""
    asked = {"host": host, "port": port, "vans": vans}
    asked |= {"messages": plan.poison, "per_second": plan.poison_per_s}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.poison.intruding", json.dumps(asked)),
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    await process.stdout.readline()
    waits_s.clear()
    said = await process.stdout.read()
    if await process.wait():
        raise RuntimeError("the intruder failed")
    return Counter(json.loads(said))


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

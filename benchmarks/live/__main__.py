"""How many vans one dispatcher hears, how fast, and at what price.

A real broker, a real ``robovan serve`` on a journal of its own, and vans of another maker
(``vans.py``), each on a connection of its own. Warehouses announce parcels all the time, so that
waves are planned in workers meanwhile and vans drive under orders. CPU and memory are the
dispatcher's own process, workers not counted. The lag is what it says itself: how old a van's state
was when all that it asked for had been decided.

The *warm-up* lasts until the dispatcher has heard every van once, and ``--settle-s`` longer. All
figures are of the ``--seconds`` behind it, but those called "with_warm_up".

``--reconnect N`` cuts the lines of N vans at once behind that, and waits until all are served
again: back on the broker, heard, and nothing unconfirmed that was not before. The journal then
says which vans were taken for lost: falsely, if a van was not cut, or had told again how it is.

Example: ``uv run python -m benchmarks.live --vans 19000 --seconds 60``
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

import psutil

from benchmarks.live import figures
from benchmarks.live.announcing import announce_forever
from benchmarks.live.losses import losses_of
from benchmarks.live.stage import Stage, VansProcess, begun, serving
from maps.builtin import load_city
from maps.places import LonLat
from simulations.demand import Consignee, consignees_of
from simulations.processes import Child

SCRAPE_S: Final = 15.0
"""Between two looks at the page of metrics, as Prometheus would have them."""

HEARD_S_MAX, SERVED_S_MAX = 300.0, 120.0
DRAIN_S: Final = 3.0


def main() -> int:
    """Measure and print."""
    given = _arguments().parse_args()
    everybody = consignees_of(load_city(given.city), LonLat(0.0, 0.0))
    home = everybody[len(everybody) // 2].place
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="robovan-live-")))
        stage = begun(given, folder, home, stack)
        serve, ready_s = serving(stage, stack)
        vans = VansProcess(given, stage, stack)
        run = Run(given, stage, vans, serve)
        told = asyncio.run(run.live(everybody))
        code = serve.stop(60.0)
        if given.reconnect:
            told["reconnect"] |= losses_of(folder / "journal.db", run.cut, until=run.until)
        told = {"vans": given.vans, "states_per_s": round(given.vans / given.interval_s)} | {
            "depots": len(stage.depot_ids),
            "broker": given.broker,
            "ready_s": round(ready_s, 1),
            "exit_code": code,
            **told,
        }
    sys.stdout.write(json.dumps(told, indent=1) + "\n")
    return 0


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="How many vans one dispatcher hears.")
    parser.add_argument("--vans", type=int, default=19_000)
    parser.add_argument("--interval-s", type=float, default=5.0, help="between states of a van")
    parser.add_argument("--node-s", type=float, default=20.0, help="between a van's nodes")
    parser.add_argument("--settle-s", type=float, default=60.0, help="warm-up once all were heard")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--parcels-per-s", type=float, default=30.0)
    parser.add_argument("--wave-parcels", type=int, default=20)
    parser.add_argument("--reconnect", type=int, default=0, help="vans whose lines are cut at last")
    parser.add_argument("--broker", choices=("mosquitto", "nats"), default="mosquitto")
    parser.add_argument("--city", default="helsinki")
    return parser


class Run:
    """One run, from the first connection to the last state."""

    def __init__(
        self, given: argparse.Namespace, stage: Stage, vans: VansProcess, serve: Child
    ) -> None:
        self.given, self.stage, self.vans, self.serve = given, stage, vans, serve
        self.process = psutil.Process(serve.pid)
        self.memory = 0
        self.cut: dict[str, tuple[int, int]] = {}
        self.until = 0

    async def live(self, everybody: tuple[Consignee, ...]) -> dict[str, Any]:
        """Live through it and return the figures."""
        given = self.given
        connected = await asyncio.to_thread(self.vans.said)
        async with asyncio.TaskGroup() as group:
            announcing = group.create_task(
                announce_forever(self.stage, everybody, per_s=given.parcels_per_s)
            )
            heard_s = await self._wait_until_heard()
            await asyncio.sleep(given.settle_s)
            told = {**connected, "heard_all_s": heard_s, **await self._measured()}
            if given.reconnect:
                told["reconnect"] = await self._reconnected()
            announcing.cancel()
        self.until = time.time_ns() // 1_000_000
        self.vans.tell("stop")
        fleet = await asyncio.to_thread(self.vans.said)
        fleet["states_lost"] = fleet["told"] - await self._heard_at_last()
        return {**told, "fleet": fleet}

    async def _heard_at_last(self) -> int:
        """Return how many states were heard, once no more come: some may still be on their way."""
        heard, before = 0, -1
        while heard > before:
            await asyncio.sleep(DRAIN_S)
            page, before = await self._page(), heard
            heard = figures.count(page, "robovan_messages_total", kind="state")
            heard += figures.count(page, "robovan_messages_refused_total", cause="too_fast")
        return heard

    async def _measured(self) -> dict[str, Any]:
        first = last = await self._page()
        cpu_s, begun_s = _cpu_s(self.process), time.monotonic()
        while (left_s := begun_s + self.given.seconds - time.monotonic()) > 0:
            await asyncio.sleep(min(left_s, SCRAPE_S))
            last = await self._page()
        spent_s = time.monotonic() - begun_s
        cpu_ratio = (_cpu_s(self.process) - cpu_s) / spent_s
        solves = [figures.count(page, "robovan_solves_total") for page in (first, last)]
        events = [figures.count(page, "robovan_events_total") for page in (first, last)]
        lag = figures.between(first, last, "robovan_message_lag_seconds")
        return {
            "lag": lag,
            "lag_with_warm_up": figures.between(None, last, "robovan_message_lag_seconds"),
            "loop_delay": figures.between(first, last, "robovan_loop_delay_seconds"),
            "loop_delay_with_warm_up": figures.between(None, last, "robovan_loop_delay_seconds"),
            "dispatcher_cpu_ratio": round(cpu_ratio, 3),
            "messages_per_s_and_core": round(lag["count"] / spent_s / cpu_ratio),
            "dispatcher_memory_mb": round(self.memory / 2**20),
            "waves_and_repairs_solved": solves[1] - solves[0],
            "events_per_s": round((events[1] - events[0]) / spent_s),
            "vans_driving": [
                figures.count(page, "robovan_vans", presence="driving") for page in (first, last)
            ],
            "parcels": {
                dict(labels)["status"]: round(value)
                for (name, labels), value in last.items()
                if name == "robovan_parcels" and value
            },
        }

    async def _wait_until_heard(self) -> float:
        """Wait until the dispatcher knows every van, and return how long that took."""
        begun_s = time.monotonic()
        while (spent_s := time.monotonic() - begun_s) < HEARD_S_MAX:
            page = await self._page()
            if not _away(page) and figures.count(page, "robovan_vans") == self.given.vans:
                return round(spent_s, 1)
            await asyncio.sleep(1.0)
        raise SystemExit("the dispatcher does not hear all vans")

    async def _reconnected(self) -> dict[str, Any]:
        """Cut lines, and wait until their vans are served again."""
        before = await self._page()
        waiting = figures.count(before, "robovan_orders_unconfirmed")
        begun_s = time.monotonic()
        self.vans.tell(f"cut {self.given.reconnect}")
        back = await asyncio.to_thread(self.vans.said)
        cut_ms, again_ms = back.pop("cut_ms"), back.pop("again_ms")
        self.cut = {van_id: (at, again_ms[van_id]) for van_id, at in cut_ms.items()}
        away_max, served_s = 0, None
        while (spent_s := time.monotonic() - begun_s) < SERVED_S_MAX:
            page = await self._page()
            away_max = max(away_max, _away(page))
            unconfirmed = figures.count(page, "robovan_orders_unconfirmed")
            if not _away(page) and unconfirmed <= max(waiting, self.given.vans // 1000):
                served_s = round(spent_s, 1)
                break
            await asyncio.sleep(0.5)
        await asyncio.sleep(max(0.0, 2 * self.given.interval_s))  # false words would come here
        lag = figures.between(before, await self._page(), "robovan_message_lag_seconds")
        return {"cut": len(self.cut), **back, "served_s": served_s, "away_max": away_max,
                "lag": lag}  # fmt: skip

    async def _page(self) -> figures.Page:
        self.memory = max(self.memory, self.process.memory_info().rss)
        try:
            return await asyncio.to_thread(figures.page_of, self.stage.http_port)
        except OSError as error:
            said = "\n".join(self.serve.last_lines())
            raise SystemExit(f"the dispatcher does not answer: {error}\n{said}") from error


def _away(page: figures.Page) -> int:
    return figures.count(page, "robovan_vans", presence="away")


def _cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


if __name__ == "__main__":
    sys.exit(main())

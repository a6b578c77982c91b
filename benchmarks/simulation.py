"""A day of a city offline: how fast it is lived, and what takes the time.

Demand of our own is drawn over a real city's addresses: every depot serves those nearest to it,
from six in the morning to eight in the evening. Depots live in worker processes, which import,
load and prepare for themselves: all of that is in the wall time, and in ``cpu_s_by_part``, where
``importing`` is that of all processes, this one included. Every worker repeats its days with the
same seed, so two runs must print the same journal digest.

With ``--record FOLDER`` the planner's answers are written down; with ``--plans FOLDER`` they are
read instead of solved, so that only the day itself is measured.

Example: ``uv run python -m benchmarks.simulation --size medium``
"""

import argparse
import gc
import hashlib
import json
import resource
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final

from dispatcher.core.decisions import Forecast, Solve
from dispatcher.core.parcels import Parcel
from dispatcher.core.settings import Depot, DepotSetup, PlanSettings, Station, VanSetup
from dispatcher.journal.records import entry_line
from dispatcher.providers import CityProviders
from maps.builtin import load_city
from maps.network import RoadNetwork
from maps.places import LonLat, great_circle_m
from maps.snapping import Snapper
from maps.turns import expand
from maps.units import Seconds, later, parse_rfc3339
from simulations.demand import Consignee, consignees_of
from simulations.fleet import fleet_of
from simulations.rng import Streams
from simulations.roads import RoadsByKind
from simulations.warehouse import SimulatedWarehouse, WarehousePlan
from simulations.world.answers import OwnPlanner, Planner
from simulations.world.city import City, DepotDay
from simulations.world.recorded import RecordedPlanner
from vehicles.presets import preset

SIZES: Final = {"small": (1, 12, 1_000), "medium": (2, 100, 8_000), "large": (8, 1_000, 100_000)}
"""Depots, vans and parcels of a whole day."""

MIDNIGHT: Final = parse_rfc3339("2026-03-02T00:00:00+02:00")
DAY_S: Final = Seconds(86_400)
RELEASE_S: Final = (6 * 3600, 20 * 3600)
SHIFT_S: Final = (5 * 3600, 23 * 3600)
DUE_S: Final = (7200, 14_400)
"""Parcels are due two to four hours after they are ready (assumed: same-day delivery)."""

MODELS: Final = ("robovan-m", "robovan-l", "neolix-x3")
PLAN: Final = PlanSettings(
    wave_parcels=200,
    wave_age_s=900,
    released_s_more=300,
    effort=0,
    plan_latency_s=120,
    trip_s_max=10_800,
)
"""A depot of a hundred vans plans every quarter of an hour, and takes the first plan."""


@dataclass(frozen=True, slots=True)
class DepotTask:
    """One depot's day: which, of how many, with what."""

    city: str
    number: int
    depot_count: int
    van_count: int
    parcel_count: int
    seed: int
    effort: int
    record: str = ""
    plans: str = ""


def main() -> int:
    """Measure and print."""
    given = _arguments().parse_args()
    depots, vans, parcels = SIZES[given.size]
    depots = given.depots or depots
    tasks = [
        DepotTask(
            given.city,
            number,
            depots,
            _share(given.vans or vans, number, depots),
            _share(given.parcels or parcels, number, depots),
            given.seed,
            given.effort,
            given.record,
            given.plans,
        )
        for number in range(depots)
    ]
    imported_s = _imported_s() if given.workers > 1 else 0.0  # else the day counts it
    begun = time.monotonic()
    lived = list(_lived(tasks, given.workers))
    wall_s = time.monotonic() - begun
    lived[0]["cpu_s"]["importing"] += imported_s
    sys.stdout.write(json.dumps(_summary(lived, wall_s, given), indent=1) + "\n")
    return 0


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="How fast a city's day is lived offline.")
    parser.add_argument("--size", choices=sorted(SIZES), default="medium")
    parser.add_argument("--depots", type=int, help="instead of the size's")
    parser.add_argument("--vans", type=int, help="instead of the size's, all depots together")
    parser.add_argument("--parcels", type=int, help="instead of the size's, all depots together")
    parser.add_argument("--city", default="helsinki")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--effort", type=int, default=PLAN.effort)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--record", default="", help="folder to write the planner's answers to")
    parser.add_argument("--plans", default="", help="folder to read the planner's answers from")
    return parser


def _share(total: int, number: int, count: int) -> int:
    return total * (number + 1) // count - total * number // count


def _lived(tasks: list[DepotTask], workers: int) -> Iterator[dict[str, Any]]:
    if workers <= 1:
        yield from map(live, tasks)
        return
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        yield from pool.map(live, tasks)


def _summary(
    lived: list[dict[str, Any]], wall_s: float, given: argparse.Namespace
) -> dict[str, Any]:
    """Return the figures of all depots together."""
    parts: defaultdict[str, float] = defaultdict(float)
    events, statuses = Counter[str](), Counter[str]()
    for one in lived:
        for part, spent_s in one["cpu_s"].items():
            parts[part] += spent_s
        events.update(one["events"])
        statuses.update(one["parcels"])
    event_count, cpu_s = events.total(), sum(parts.values())
    digest = hashlib.sha256("".join(one["digest"] for one in lived).encode()).hexdigest()
    return {
        "size": given.size,
        "city": given.city,
        "depots": len(lived),
        "workers": given.workers,
        "effort": given.effort,
        "plans": "from file" if given.plans else "solved",
        "wall_s": round(wall_s, 2),
        "cpu_s": round(cpu_s, 2),
        "cpu_ms_per_parcel": round(1000 * cpu_s / max(1, statuses.total()), 3),
        "cpu_s_by_part": {part: round(spent, 2) for part, spent in parts.items()},
        "events": event_count,
        "events_per_wall_s": round(event_count / wall_s),
        "events_by_kind": dict(events.most_common()),
        "acts": sum(one["acts"] for one in lived),
        "messages": sum(one["messages"] for one in lived),
        "questions": sum(one["questions"] for one in lived),
        "memory_mb_max_per_worker": max(one["memory_mb"] for one in lived),
        "parcels": dict(statuses.most_common()),
        "driven_km": round(sum(one["driven_km"] for one in lived)),
        "journal_digest": digest,
    }


# One depot


def live(task: DepotTask) -> dict[str, Any]:
    """Live one depot's day, and return what it came to."""
    spent: defaultdict[str, float] = defaultdict(float)
    spent["importing"] = _imported_s()
    with _timed(spent, "importing"):
        _import_kernels(task)
    with _timed(spent, "opening"):
        network, providers = _prepared(task.city)
        planner = TimedPlanner(_planner(task, providers))
        day = depot_day(network, task)
        city = City([day], start=MIDNIGHT, streams=Streams(task.seed), planner=planner)
    with _timed(spent, "living"):
        city.begin()
        city.run(later(MIDNIGHT, DAY_S))
    (shell,) = city.shells.values()
    with _timed(spent, "writing"):
        lines = [entry_line(entry) for entry in shell.entries]
        text = "".join(f"{line}\n" for line in lines)
        digest = hashlib.sha256(text.encode()).hexdigest()
        if task.record:
            Path(task.record).mkdir(parents=True, exist_ok=True)
            _journal(task.record, task.number).write_text(text, encoding="ascii")
    spent["planning"] = planner.cpu_s
    spent["living"] -= planner.cpu_s
    state = shell.stepper.core.state
    return {
        "cpu_s": spent,
        "events": Counter(type(entry.event).__name__ for entry in shell.entries),
        "acts": city.agenda.act_count,
        "messages": city.post.sent_count,
        "questions": planner.count,
        "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "parcels": Counter(status.value for status in state.book.statuses()),
        "driven_km": sum(van.driven_m for van in city.vans.values()) / 1000,
        "digest": digest,
    }


_counted = False


def _imported_s() -> float:
    """Return the CPU seconds of this process so far, once: until it was ready to begin."""
    global _counted  # noqa: PLW0603 - of this process
    spent_s = 0.0 if _counted else time.process_time()
    _counted = True
    return spent_s


def _import_kernels(task: DepotTask) -> None:
    """Load what the first question would wait for."""
    if not task.plans:
        import dispatcher.planner  # noqa: F401, PLC0415
        import maps.hierarchy.engine  # noqa: F401, PLC0415


@cache
def _prepared(city: str) -> tuple[RoadNetwork, CityProviders]:
    network = load_city(city)
    gc.freeze()  # as ``prepare`` does
    return network, CityProviders(network)


def _planner(task: DepotTask, providers: CityProviders) -> Planner:
    if not task.plans:
        providers.prepare()
        return OwnPlanner(providers)
    with _journal(task.plans, task.number).open(encoding="ascii") as lines:
        return RecordedPlanner(lines)


def _journal(folder: str, number: int) -> Path:
    return Path(folder) / f"dep-{number + 1:02}.jsonl"


class TimedPlanner:
    """A planner that counts what its answers take."""

    def __init__(self, planner: Planner) -> None:
        self._planner = planner
        self.cpu_s, self.count = 0.0, 0

    def ask(self, question: Solve | Forecast) -> Callable[[], Any]:
        """Return what makes the answer, and counts its time."""
        self.count += 1
        begun = time.process_time()
        make = self._planner.ask(question)
        self.cpu_s += time.process_time() - begun

        def timed() -> Any:
            begun = time.process_time()
            made = make()
            self.cpu_s += time.process_time() - begun
            return made

        return timed


@contextmanager
def _timed(spent: defaultdict[str, float], part: str) -> Iterator[None]:
    begun = time.process_time()
    yield
    spent[part] += time.process_time() - begun


def depot_day(network: RoadNetwork, task: DepotTask) -> DepotDay:
    """Return a depot's day before it has begun."""
    place, doors = _catchments(task.city, task.depot_count)[task.number]
    setup = _setup(network, place, task)
    parcels = _parcels(doors, task, setup.depot.depot_id)
    mass_g_of = {parcel.parcel_id: parcel.mass_g for parcel in parcels}
    roads, streams = _roads(task.city), Streams(task.seed)
    fleet = fleet_of(setup, roads, mass_g_of, streams=streams, now=MIDNIGHT)
    return DepotDay(setup, fleet, SimulatedWarehouse(WarehousePlan(parcels)))


@cache
def _roads(city: str) -> RoadsByKind:
    """Return what all vans of a process find under their wheels."""
    network, _ = _prepared(city)
    return RoadsByKind(Snapper(network), expand(network))


@cache
def _catchments(city: str, count: int) -> tuple[tuple[LonLat, tuple[Consignee, ...]], ...]:
    """Return where each depot stands, and the addresses that it is the nearest one to."""
    network, _ = _prepared(city)
    everybody = consignees_of(network, LonLat(0.0, 0.0))
    middle = LonLat(
        sum(one.place.lon for one in everybody) / len(everybody),
        sum(one.place.lat for one in everybody) / len(everybody),
    )
    depots = [min(everybody, key=lambda one: great_circle_m(one.place, middle)).place]
    while len(depots) < count:  # each as far as can be from those before
        depots.append(
            max(everybody, key=lambda one: min(great_circle_m(one.place, d) for d in depots)).place
        )
    doors: list[list[Consignee]] = [[] for _ in depots]
    for one in everybody:
        if one.place not in depots:
            doors[min(range(count), key=lambda d: great_circle_m(one.place, depots[d]))].append(one)
    return tuple((place, tuple(near)) for place, near in zip(depots, doors, strict=True))


def _setup(network: RoadNetwork, place: LonLat, task: DepotTask) -> DepotSetup:
    depot_id = f"dep-{task.number + 1:02}"
    specs = [preset(MODELS[number % len(MODELS)]) for number in range(task.van_count)]
    return DepotSetup(
        depot=Depot(
            depot_id=depot_id,
            place=place,
            zone=network.info.zone or "UTC",
            docks=max(6, task.van_count // 8),
            loading_s=300,
            plugs=max(6, task.van_count // 3),
            plug_power_w=22_000,
        ),
        vans=tuple(
            VanSetup(
                f"{depot_id}-van-{number:03}",
                spec,
                int(spec.battery_mwh * 0.9),
                later(MIDNIGHT, Seconds(SHIFT_S[0])),
                later(MIDNIGHT, Seconds(SHIFT_S[1])),
            )
            for number, spec in enumerate(specs)
        ),
        stations=tuple(
            Station(one.charger_id, one.place, one.power_w, one.plug_count)
            for one in network.chargers
        ),
        settings=replace(PLAN, effort=task.effort),
    )


def _parcels(doors: tuple[Consignee, ...], task: DepotTask, depot_id: str) -> tuple[Parcel, ...]:
    stream = Streams(task.seed).stream(f"benchmark/{depot_id}/parcels")
    parcels = []
    for number in range(task.parcel_count):
        who = doors[stream.randrange(len(doors))]
        ready_at = later(MIDNIGHT, Seconds(stream.randrange(*RELEASE_S)))
        mass_g = int(1000 * min(30.0, 2.5 * stream.lognormvariate(0, 0.9))) + 1
        parcels.append(
            Parcel(
                parcel_id=f"{depot_id}-prc-{number:06}",
                depot_id=depot_id,
                consignee_id=who.consignee_id,
                place=who.place,
                label=who.label,
                mass_g=mass_g,
                volume_ml=6 * mass_g,
                locker="none",
                ready_at=ready_at,
                due_from=ready_at,
                due_until=later(ready_at, Seconds(stream.randint(*DUE_S))),
                service_s=90,
                priority=20,
                handling=(),
                references=(),
            )
        )
    return tuple(parcels)


if __name__ == "__main__":
    sys.exit(main())

"""A day lived through: every depot from its opening to the last parcel, here or in workers.

Decides when a day is over, and how its depots are shared out among processes. Depots know nothing
of each other and every one has its own random streams, so that neither the number of workers nor
their order changes anything: outcomes are put together in the order of the depots' ids.
"""

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass
from multiprocessing.queues import SimpleQueue
from pathlib import Path
from typing import Final

from dispatcher.core.parcels import FINAL
from maps.units import Instant, Seconds, elapsed_s, later
from simulations.days.city import OpenCity
from simulations.days.fates import Fates, fates_of
from simulations.days.file import DayFile
from simulations.days.foreseeing import foreseen
from simulations.days.opening import open_depot
from simulations.days.spooling import JournalSpool
from simulations.invariants.watch import DayWatch
from simulations.metrics.day import DayMetrics, DepotMetrics
from simulations.metrics.grid import Grid
from simulations.metrics.meter import Meter
from simulations.world.city import City, Listener, Watcher

LOOK_S: Final = Seconds(3600)
"""How often it is looked whether a day is over, and told how far it has come."""

PROGRESS_S: Final = 0.2
"""How often, on the machine's clock, workers are asked how far they are."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one depot's day has come.

    Attributes
    ----------
    ratio
        0 when it is opened, and 1 when it is over, which is often before its last instant.
    warnings
        What can be foreseen, told when it is opened.
    """

    seed: int
    depot_id: str
    ratio: float
    warnings: tuple[str, ...] = ()


OnProgress = Callable[[Progress], None]


@dataclass(frozen=True, slots=True)
class DepotOutcome:
    """What became of one depot's day.

    Attributes
    ----------
    ended_at
        When it was over: everything settled, or the last instant of the day.
    is_settled
        Whether every parcel has come to an end and every van stands still.
    fates
        What became of its parcels.
    metrics
        What was counted, by van and hour.
    warnings
        What could be foreseen of it.
    spool
        Its journal, as ``spooling`` writes it; None if none was asked for.
    """

    depot_id: str
    ended_at: Instant
    is_settled: bool
    fates: Fates
    metrics: DepotMetrics
    warnings: tuple[str, ...]
    spool: Path | None


@dataclass(frozen=True, slots=True)
class DayRun:
    """A day lived through with one seed; depots in order of their ids."""

    day: DayFile
    seed: int
    depots: tuple[DepotOutcome, ...]

    @property
    def fates(self) -> Fates:
        """Return what became of all parcels."""
        return Fates.of([depot.fates for depot in self.depots])

    @property
    def metrics(self) -> DayMetrics:
        """Return what was counted of all depots."""
        return DayMetrics.of(depot.metrics for depot in self.depots)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is wanted of each depot's day besides its counts.

    Attributes
    ----------
    spool
        Folder for the journals, which ``writing.write_run`` joins; None to keep none.
    filming
        Whether the metrics shall hold the day's moving picture.
    check
        Whether the invariants are watched after every event and at the end, on days that
        do not settle those that do not demand rest.
    """

    spool: Path | None = None
    filming: bool = False
    check: bool = False


NOTHING_ELSE: Final = Wanted()


def live_day(
    day: DayFile,
    seed: int,
    *,
    workers: int = 1,
    spool: Path | None = None,
    filming: bool = False,
    check: bool = False,
    on_progress: OnProgress | None = None,
) -> DayRun:
    """Live a day through; see ``live_days``."""
    wanted = Wanted(spool, filming, check)
    (run,) = live_days(day, [seed], wanted, workers=workers, on_progress=on_progress)
    return run


def live_days(
    day: DayFile,
    seeds: Sequence[int],
    wanted: Wanted = NOTHING_ELSE,
    *,
    workers: int = 1,
    on_progress: OnProgress | None = None,
) -> Iterator[DayRun]:
    """Live a day through with several seeds, and yield the runs in the order of the seeds.

    Parameters
    ----------
    day
        As its file tells it.
    seeds
        Each gives a day of its own; all different.
    wanted
        Besides counts.
    workers
        Processes; with 1, everything happens in this one.
    on_progress
        Told now and then how far a depot's day has come.

    Raises
    ------
    BrokenInvariantError
        If the invariants are watched, and one is broken.
    RobovanError
        If the city cannot be opened, or no demand drawn.
    """
    tell = on_progress or (lambda _: None)
    if workers == 1:
        city = OpenCity(day)
        city.prove()
        for seed in seeds:
            outcomes = [
                live_depot(city, depot_id, seed, wanted, on_progress=tell)
                for depot_id in sorted(city.setups)
            ]
            yield DayRun(day, seed, tuple(outcomes))
        return
    yield from _live_in_workers(day, seeds, wanted, workers=workers, on_progress=tell)


def live_depot(
    city: OpenCity,
    depot_id: str,
    seed: int,
    wanted: Wanted = NOTHING_ELSE,
    *,
    on_progress: OnProgress | None = None,
) -> DepotOutcome:
    """Live one depot's day through in this process; parameters as in ``live_days``."""
    grid = Grid(city.day.day.energy.gco2e_per_kwh)
    retrying = city.day.day.customers.when_absent != "return"
    meter = Meter(city.setups[depot_id], grid, filming=wanted.filming, retrying=retrying)
    watchers: list[Watcher] = [meter]
    listeners: list[Listener] = []
    journal = watch = None
    if wanted.spool is not None:
        journal = JournalSpool(wanted.spool / f"{seed}-{depot_id}")
        watchers.append(journal)
    if wanted.check:
        watch = DayWatch(seed)
        watchers.append(watch.look)
        listeners.append(watch.listen)
    opened = open_depot(city, depot_id, seed, watchers=watchers, listeners=listeners)
    if watch is not None:
        watch.attach(opened.city, depot_id)
    tell = on_progress or (lambda _: None)
    warnings = (*city.warnings, *foreseen(opened.setup, opened.parcels))
    tell(Progress(seed, depot_id, 0.0, warnings))
    opened.city.begin()
    ended_at = _live_on(city, opened.city, lambda ratio: tell(Progress(seed, depot_id, ratio)))
    is_settled = is_over(opened.city)
    if journal is not None:
        journal.close()
    if watch is not None:
        watch.end(is_settled=is_settled)
    shell, warehouse = opened.city.shells[depot_id], opened.city.warehouses[depot_id]
    return DepotOutcome(
        depot_id,
        ended_at=ended_at,
        is_settled=is_settled,
        fates=fates_of(warehouse.ledger, shell.stepper.core.snapshot(shell.stepper.now)),
        metrics=meter.ended(opened.city),
        warnings=warnings,
        spool=None if journal is None else journal.path,
    )


def _live_on(day: OpenCity, city: City, tell: Callable[[float], None]) -> Instant:
    """Let a day go on until it is over, and return when that was."""
    at, is_settled = day.start, False
    while at < day.end and not is_settled:
        at = min(later(at, LOOK_S), day.end)
        city.run(at)
        is_settled = is_over(city)
        tell(1.0 if is_settled else elapsed_s(day.start, at) / elapsed_s(day.start, day.end))
    return at


def is_over(city: City) -> bool:
    """Return whether every parcel has come to an end and every van stands still."""
    if not all(warehouse.is_quiet for warehouse in city.warehouses.values()):
        return False
    if any(van.agent.is_busy or van.is_stuck for van in city.vans.values()):
        return False
    overviews = [shell.stepper.core.overview(city.agenda.now) for shell in city.shells.values()]
    return all(
        status in FINAL or not count for overview in overviews for status, count in overview.parcels
    )


# In workers

_Task = tuple[int, str]
"""Seed and depot."""


def _live_in_workers(
    day: DayFile,
    seeds: Sequence[int],
    wanted: Wanted,
    *,
    workers: int,
    on_progress: OnProgress,
) -> Iterator[DayRun]:
    # Compiled here once, else every worker would do it; the city is opened here for its faults.
    import routing.kernel.search  # noqa: F401, PLC0415

    city = OpenCity(day)
    city.prove()
    depot_ids = sorted(city.setups)
    tasks = [(seed, depot_id) for seed in seeds for depot_id in depot_ids]
    # Not forked: threads and locks of libraries must not be copied half-way.
    context = multiprocessing.get_context("spawn")
    told: SimpleQueue[Progress] = context.SimpleQueue()
    with ProcessPoolExecutor(
        min(workers, len(tasks)), mp_context=context, initializer=_begin, initargs=(day, told)
    ) as pool:
        futures = {task: pool.submit(_live, task, wanted) for task in tasks}
        try:
            for seed in seeds:
                # Taken out: outcomes hold films, and thousands of days are not all kept.
                mine = [futures.pop((seed, depot_id)) for depot_id in depot_ids]
                _await(mine, told, on_progress)
                yield DayRun(day, seed, tuple(future.result() for future in mine))
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _await(
    futures: Sequence[Future[DepotOutcome]],
    told: "SimpleQueue[Progress]",
    on_progress: OnProgress,
) -> None:
    """Wait for outcomes, handing on what workers tell meanwhile; the first failure ends it."""
    waiting = set(futures)
    while waiting:
        done, waiting = wait(waiting, timeout=PROGRESS_S, return_when=FIRST_COMPLETED)
        while not told.empty():
            on_progress(told.get())
        for future in done:
            future.result()


class _Worker:
    """What a worker process keeps between its tasks."""

    city: OpenCity
    told: "SimpleQueue[Progress]"


def _begin(day: DayFile, told: "SimpleQueue[Progress]") -> None:
    _Worker.city, _Worker.told = OpenCity(day), told


def _live(task: _Task, wanted: Wanted) -> DepotOutcome:
    seed, depot_id = task
    return live_depot(_Worker.city, depot_id, seed, wanted, on_progress=_Worker.told.put)

"""Days of chaos, seed after seed, in worker processes, until time is up or an invariant breaks.

Decides which seed comes next and when to stop. A day depends on its seed alone, so that workers
change nothing but the pace.
"""

import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass
from functools import cache
from itertools import count, islice, takewhile
from typing import Final

from simulations.invariants.errors import BrokenInvariantError
from simulations.soaking.clock import machine_s
from simulations.soaking.living import DayCount, Ground, day_of, live

AHEAD_PER_WORKER: Final = 2
"""Days given out per worker, so that none waits for the next."""


@dataclass(frozen=True, slots=True)
class Soak:
    """What to live.

    Attributes
    ----------
    seed_from
        The first seed; the next ones follow.
    minutes
        Of the machine; no day begins after that.
    days
        How many at most; None for as many as time allows.
    workers
        Processes; 0 lives every day in this one.
    """

    seed_from: int = 0
    minutes: float = 10.0
    days: int | None = None
    workers: int = 1


@dataclass(slots=True)
class Tally:
    """What was lived, all days together."""

    days: int = 0
    events: int = 0
    parcels: int = 0
    delivered: int = 0
    restarts: int = 0
    rescues: int = 0
    seconds: float = 0.0

    def add(self, day: DayCount, seconds: float) -> None:
        """Count a day that broke nothing."""
        self.days += 1
        self.events += day.events
        self.parcels += day.parcels
        self.delivered += day.delivered
        self.restarts += day.restarts
        self.rescues += day.rescues
        self.seconds = seconds


OnDay = Callable[[Tally], None]


def soak_days(what: Soak, on_day: OnDay | None = None) -> Tally:
    """Live days until the time or the days are over.

    Parameters
    ----------
    what
        Which days.
    on_day
        Told after every day.

    Raises
    ------
    BrokenInvariantError
        At the first invariant broken; of days lived at the same time, that of the lowest seed.
    """
    begun_s, tally = machine_s(), Tally()
    seeds = islice(count(what.seed_from), what.days)
    in_time = takewhile(lambda _: machine_s() - begun_s < 60 * what.minutes, seeds)
    for day in _lived(in_time, what.workers):
        tally.add(day, machine_s() - begun_s)
        if on_day is not None:
            on_day(tally)
    return tally


def live_seed(seed: int) -> DayCount:
    """Live the day of one seed.

    Raises
    ------
    BrokenInvariantError
        If an invariant is broken.
    """
    ground = _ground()
    return live(day_of(seed, ground), ground)


@cache
def _ground() -> Ground:
    """Return the city, loaded once per process."""
    return Ground()


def _compile_kernels() -> None:
    """Compile once, here, what workers that begin together would each compile."""
    import routing.kernel.search  # noqa: F401, PLC0415


def _lived(seeds: Iterator[int], workers: int) -> Iterator[DayCount]:
    if workers == 0:
        yield from map(live_seed, seeds)
        return
    _compile_kernels()
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        open_days: dict[Future[DayCount], int] = {}
        try:
            while True:
                for seed in islice(seeds, workers * AHEAD_PER_WORKER - len(open_days)):
                    open_days[pool.submit(live_seed, seed)] = seed
                if not open_days:
                    return
                done, _ = wait(open_days, return_when=FIRST_COMPLETED)
                yield from _results(sorted(done, key=open_days.__getitem__))
                for one in done:
                    del open_days[one]
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _results(done: list[Future[DayCount]]) -> Iterator[DayCount]:
    broken = [error for one in done if (error := one.exception()) is not None]
    if broken:
        named = [error for error in broken if isinstance(error, BrokenInvariantError)]
        raise min(named, key=lambda error: error.seed) if named else broken[0]
    yield from (one.result() for one in done)

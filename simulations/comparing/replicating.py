"""Days lived through again and again: every way of running them with every seed, in parallel.

Decides how the work is shared out: a task is one day of one way, so that a worker opens a city
once for many seeds. What a day came to hangs on neither the workers nor their order.
"""

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

from simulations.days.city import OpenCity
from simulations.days.file import DayFile
from simulations.days.living import live_depot
from simulations.metrics.day import DayMetrics, Values


@dataclass(frozen=True, slots=True)
class Way:
    """One way of running the days: what it is called, and its scenario."""

    name: str
    day: DayFile


@dataclass(frozen=True, slots=True)
class Lived:
    """One day of one way."""

    way: str
    seed: int
    metrics: Values


def replicate(
    ways: Sequence[Way],
    seeds: Sequence[int],
    *,
    workers: int = 1,
    on_lived: Callable[[Lived], None] | None = None,
) -> tuple[Lived, ...]:
    """Live through every day of every way; return them way by way, in the order of the seeds.

    Parameters
    ----------
    ways
        What is compared; names are different.
    seeds
        The same for all.
    workers
        Processes; with 1, everything happens in this one.
    on_lived
        Told of each day, in the order in which they are returned.

    Raises
    ------
    RobovanError
        If a city cannot be opened, or no demand drawn.
    """
    tasks = [(index, seed) for index in range(len(ways)) for seed in seeds]
    found: list[Lived] = []
    with _lives(ways, min(workers, len(tasks))) as live:
        for (index, seed), metrics in zip(tasks, live(tasks), strict=True):
            found.append(Lived(ways[index].name, seed, metrics))
            if on_lived is not None:
                on_lived(found[-1])
    return tuple(found)


_Task = tuple[int, int]
"""Which way, and which seed."""


@contextmanager
def _lives(
    ways: Sequence[Way], workers: int
) -> Iterator[Callable[[Sequence[_Task]], Iterator[Values]]]:
    """Yield what lives through tasks, here or in workers."""
    if workers <= 1:
        life = _Life(ways)
        yield lambda tasks: (life.live(*task) for task in tasks)
        return
    # Compiled here once, else every worker would do it.
    import routing.kernel.search  # noqa: F401, PLC0415

    context = multiprocessing.get_context("spawn")  # as in days.living
    with ProcessPoolExecutor(
        workers, mp_context=context, initializer=_begin, initargs=(tuple(ways),)
    ) as pool:
        try:
            yield lambda tasks: pool.map(_live, tasks)
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


class _Life:
    """Lives through days, and keeps the city that it opened last: tasks come way by way."""

    def __init__(self, ways: Sequence[Way]) -> None:
        self._ways = ways
        self._opened: tuple[int, OpenCity] | None = None

    def live(self, index: int, seed: int) -> Values:
        """Return what one day of one way came to."""
        if self._opened is None or self._opened[0] != index:
            self._opened = index, OpenCity(self._ways[index].day)
        city = self._opened[1]
        return DayMetrics.of(
            live_depot(city, depot_id, seed).metrics for depot_id in sorted(city.setups)
        ).total()


class _Worker:
    """What a worker process keeps between its tasks."""

    life: _Life


def _begin(ways: Sequence[Way]) -> None:
    _Worker.life = _Life(ways)


def _live(task: _Task) -> Values:
    return _Worker.life.live(*task)

"""Days lived through again and again: every way of running them with every seed.

Decides the order, way by way; how days are shared out among processes is ``days.living``'s, and
changes nothing of what a day came to.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from simulations.days.city import OpenCity
from simulations.days.file import DayFile
from simulations.days.living import OnProgress, live_days
from simulations.metrics.day import Values


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
    on_progress: OnProgress | None = None,
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
    on_progress
        Told now and then how far a depot's day has come, and first what can be foreseen of it.

    Raises
    ------
    RobovanError
        If a city cannot be opened, or no demand drawn; before any day is lived.
    """
    for way in ways:
        OpenCity(way.day).prove()
    found: list[Lived] = []
    for way in ways:
        for run in live_days(way.day, seeds, workers=workers, on_progress=on_progress):
            found.append(Lived(way.name, run.seed, run.metrics.total()))
            if on_lived is not None:
                on_lived(found[-1])
    return tuple(found)

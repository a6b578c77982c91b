"""Building a city from what ``robovan map build`` is given: a name, a place, or an extract.

Decides which area is cut out and what progress is shown. Leaves fetching to ``fetch`` and building
to ``building``.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)

from maps.areas import Area, parse_box, read_polygon
from maps.builtin import build_city, extract_of, write_city
from maps.fetching.download import Progress as Told
from maps.network import RoadNetwork
from maps.outputs import check_output


@dataclass(frozen=True, slots=True)
class BuildOptions:
    """What one ``robovan map build`` is asked for; exactly one of the first three is given."""

    name: str | None
    place: str | None
    pbf: Path | None
    box: str | None
    polygon: Path | None
    country: str | None
    zone: str | None
    refresh: bool
    output: Path


def make_city(options: BuildOptions) -> RoadNetwork:
    """Build the city and write its file; show on a terminal how far it is.

    Raises
    ------
    RobovanError
        As ``fetch.fetch_place``, ``builtin.build_city`` and ``builtin.write_city`` do.
    """
    check_output(options.output)
    area = _area(options)
    if options.place is not None:
        from maps.fetching.fetch import fetch_place  # noqa: PLC0415 - brings a download library with it

        with _downloads() as told:
            fetched = fetch_place(options.place, progress=told, refresh=options.refresh)
        extract = fetched.extract
        area = fetched.area if area is None else fetched.area.within(area)
    else:
        extract = options.pbf if options.pbf is not None else extract_of(options.name or "")
    with Console(stderr=True).status(f"Reading roads from {extract.name}"):
        network = build_city(extract, area=area, country=options.country, zone=options.zone)
        write_city(network, options.output)
    return network


def _area(options: BuildOptions) -> Area | None:
    """Return what both the box and the polygon hold."""
    box = None if options.box is None else Area.of_box(parse_box(options.box), options.box)
    if options.polygon is None:
        return box
    polygon = read_polygon(options.polygon)
    return polygon if box is None else polygon.within(box)


@contextmanager
def _downloads() -> Iterator["_Bars"]:
    """Show a bar for each file that is fetched; on stderr, and only on a terminal."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        yield _Bars(progress)


class _Bars:
    """Makes a bar for a file, and moves it."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress

    def __call__(self, name: str) -> Told:
        bar: TaskID = self._progress.add_task(f"Fetching {name}", total=None)

        def told(done: int, total: int | None) -> None:
            self._progress.update(bar, completed=done, total=total)

        return told

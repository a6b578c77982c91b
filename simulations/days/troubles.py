"""What goes wrong on a day: drawn beforehand from named streams, or told by the file.

Decides when and to whom; what it does to the city is ``world``'s. Troubles of one van or depot are
drawn from streams of that van or depot; incidents on the roads from streams of the run, so that
they are the same for all depots.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from functools import partial
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np

from dispatcher.core.settings import DepotSetup
from maps.incident_files import read_incidents
from maps.incidents import Incident
from maps.network import RoadNetwork
from maps.places import LonLat
from maps.speeds import ROAD_CLASSES
from maps.traffic import MAIN_CLASSES
from maps.units import Instant, Seconds, datetime_of, instant_of, later, moved_by
from simulations.days.file import DayFile
from simulations.days.tables import Day
from simulations.rng import Stream, Streams
from simulations.world.city import City
from simulations.world.post import Span

INCIDENT_BUFFER_M: Final = 10
"""Roads this near to the line of an incident are concerned (assumed: both carriageways)."""


@dataclass(frozen=True, slots=True)
class Breakdown:
    """A van is stuck from an instant on."""

    van_id: str
    at: Instant
    duration_s: int


@dataclass(frozen=True, slots=True)
class Troubles:
    """All that goes wrong on one depot's day, but for what luck does on the way.

    Attributes
    ----------
    kills
        When the dispatcher dies, and when it comes back.
    """

    incidents: tuple[Incident, ...] = ()
    breakdowns: tuple[Breakdown, ...] = ()
    kills: tuple[Span, ...] = ()
    broker_away: tuple[Span, ...] = field(default=())

    def await_in(self, city: City, depot_id: str) -> None:
        """Let everything happen to a city at its instant."""
        for incident in self.incidents:
            # Those that hold already are known from the beginning.
            city.at(max(incident.starts_at, city.start), partial(city.report_incident, incident))
        for one in self.breakdowns:
            city.at(one.at, partial(city.break_down, one.van_id, one.duration_s))
        shell = city.shells[depot_id]
        for kill in self.kills:
            city.at(kill.begin, shell.die)
            city.at(kill.end, shell.come_back)


def draw_troubles(
    day: Day,
    setup: DepotSetup,
    incidents: tuple[Incident, ...],
    *,
    streams: Streams,
    start: Instant,
    end: Instant,
    zone: str,
) -> Troubles:
    """Return what goes wrong at one depot between two instants."""
    clock = partial(_local, start=start, zone=zone)
    kills = [clock(at) for at in day.dispatcher.killed_at]
    return Troubles(
        incidents=incidents,
        breakdowns=tuple(
            Breakdown(van.van_id, at, int(60 * _within(stream, day.vans.stuck_min)))
            for van in setup.vans
            for stream in (streams.stream(f"breakdowns/{van.van_id}"),)
            for at in _at_random(stream, day.vans.stuck_per_hour, van.shift_start, van.shift_end)
            if start <= at < end
        ),
        kills=tuple(Span(at, later(at, Seconds(day.dispatcher.down_s))) for at in sorted(kills)),
        broker_away=tuple(
            Span(clock(span.start), clock(span.until)) for span in day.network.broker_away
        ),
    )


def day_incidents(
    day: DayFile, network: RoadNetwork, streams: Streams, start: Instant, end: Instant
) -> tuple[Incident, ...]:
    """Return the incidents on a day's roads, in order of their beginning.

    Raises
    ------
    UnreadableInputError
        If the file that the day names is wrong.
    """
    table = day.day.incidents
    told = () if table.file is None else read_incidents(day.beside(table.file))
    stream = streams.stream("incidents")
    choose = _places_of_incidents(network)
    drawn = [
        _incident(day.day, stream, number, at, choose)
        for number, at in enumerate(_at_random(stream, table.per_hour, start, end), start=1)
    ]
    return tuple(sorted([*told, *drawn], key=lambda one: (one.starts_at, one.incident_id)))


def _incident(
    day: Day,
    stream: Stream,
    number: int,
    at: Instant,
    choose: Callable[[Stream], tuple[LonLat, ...]],
) -> Incident:
    table = day.incidents
    is_closed = stream.random() < table.closed_ratio
    return Incident(
        incident_id=f"inc-{number:03}",
        line=choose(stream),
        buffer_m=INCIDENT_BUFFER_M,
        speed_ratio=0.0 if is_closed else table.speed_ratio,
        starts_at=at,
        ends_at=moved_by(at, max(60.0, 60 * _within(stream, table.duration_min))),
    )


def _places_of_incidents(network: RoadNetwork) -> Callable[[Stream], tuple[LonLat, ...]]:
    """Return what draws the line of a road: by length, and from main roads where there are any."""
    main = [index for index, name in enumerate(ROAD_CLASSES) if name in MAIN_CLASSES]
    edges = np.flatnonzero(np.isin(network.edge_class, main))
    if not len(edges):
        edges = np.arange(network.edge_count)
    upto = np.cumsum(network.edge_length_mm[edges])

    def choose(stream: Stream) -> tuple[LonLat, ...]:
        edge = int(edges[np.searchsorted(upto, stream.randrange(int(upto[-1])), side="right")])
        first, last = (int(network.edge_shape_start[edge + ahead]) for ahead in (0, 1))
        return tuple(
            LonLat(float(network.shape_lon[at]), float(network.shape_lat[at]))
            for at in range(first, last)
        )

    return choose


def _at_random(stream: Stream, per_hour: float, start: Instant, end: Instant) -> list[Instant]:
    """Return the instants of a Poisson process: each hour as likely to see one as any other."""
    found: list[Instant] = []
    at = start
    while per_hour > 0:
        at = moved_by(at, stream.expovariate(per_hour) * 3600)
        if at >= end:
            break
        found.append(at)
    return found


def _within(stream: Stream, span: tuple[float, float]) -> float:
    return stream.uniform(*span)


def _local(at: time, *, start: Instant, zone: str) -> Instant:
    """Return the first instant of the day at which local clocks show a time."""
    first = datetime_of(start).astimezone(ZoneInfo(zone))
    moment = datetime.combine(first.date(), at, tzinfo=ZoneInfo(zone))
    if moment < first:
        moment += timedelta(days=1)
    return instant_of(moment)

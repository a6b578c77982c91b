"""What goes wrong on a day: drawn beforehand from named streams, or told by the file.

Decides when and to whom; what it does to the city is ``world``'s. Troubles of one van or depot are
drawn from streams of that van or depot; incidents on the roads from streams of the run, so that
they are the same for all depots.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final

import numpy as np

from dispatcher.core.holds import HoldKind
from dispatcher.core.parcels import Parcel
from dispatcher.core.settings import DepotSetup, VanSetup
from maps.incident_files import read_incidents
from maps.incidents import Incident
from maps.network import RoadNetwork
from maps.places import LonLat
from maps.speeds import ROAD_CLASSES
from maps.traffic import MAIN_CLASSES
from maps.units import Instant, Seconds, elapsed_s, later, moved_by, seconds_of_minutes
from simulations.days.file import DayFile
from simulations.days.hours import Hours
from simulations.days.tables import Day, DispatcherTable, NetworkTable, VansTable
from simulations.rng import Stream, Streams
from simulations.world.city import City
from simulations.world.post import Span

INCIDENT_BUFFER_M: Final = 10
"""Roads this near to the line of an incident are concerned (assumed: both carriageways)."""

INCIDENT_S_MIN: Final = Seconds(60)
"""One that is over before anybody hears of it is none (assumed)."""


@dataclass(frozen=True, slots=True)
class Breakdown:
    """A van is stuck from an instant on, until it can go on or somebody has come."""

    van_id: str
    at: Instant
    duration_s: int
    is_rescued: bool


@dataclass(frozen=True, slots=True)
class Cancellation:
    """A consignee cancels an order."""

    parcel_id: str
    at: Instant


@dataclass(frozen=True, slots=True)
class ManualHold:
    """Somebody holds a van, a parcel or the depot for a while."""

    kind: HoldKind
    subject_id: str
    span: Span


@dataclass(frozen=True, slots=True)
class RoadTroubles:
    """Incidents on the roads of a day, those of each kind in order of their beginning.

    Attributes
    ----------
    announced
        Of a file: everybody knows of them when the day begins.
    sudden
        Drawn: known when they begin.
    """

    announced: tuple[Incident, ...] = ()
    sudden: tuple[Incident, ...] = ()


@dataclass(frozen=True, slots=True)
class Troubles:
    """All that goes wrong on one depot's day, but for what luck does on the way.

    Attributes
    ----------
    kills
        When the dispatcher dies, and when it comes back.
    broker_away, line_away
        When nobody can speak to anybody, and when one van's line is dead.
    """

    roads: RoadTroubles = field(default_factory=RoadTroubles)
    breakdowns: tuple[Breakdown, ...] = ()
    cancellations: tuple[Cancellation, ...] = ()
    holds: tuple[ManualHold, ...] = ()
    kills: tuple[Span, ...] = ()
    broker_away: tuple[Span, ...] = ()
    line_away: Mapping[str, tuple[Span, ...]] = field(default_factory=dict)

    def await_in(self, city: City, depot_id: str) -> None:
        """Let everything happen to a city at its instant; the network is told beforehand."""
        for incident in self.roads.announced:
            city.at(city.start, partial(city.report_incident, incident))
        for incident in self.roads.sudden:
            # Those that hold already are known from the beginning.
            city.at(max(incident.starts_at, city.start), partial(city.report_incident, incident))
        for one in self.breakdowns:
            act = partial(city.break_down, one.van_id, one.duration_s, is_rescued=one.is_rescued)
            city.at(one.at, act)
        for cancelled in self.cancellations:
            city.at(
                cancelled.at,
                partial(city.want_back, depot_id, cancelled.parcel_id, "the consignee cancelled"),
            )
        for hold in self.holds:
            city.at(hold.span.begin, partial(city.hold, depot_id, hold.kind, hold.subject_id))
            city.at(hold.span.end, partial(city.release, depot_id, hold.kind, hold.subject_id))
        for kill in self.kills:
            city.at(kill.begin, partial(city.kill, depot_id))
            city.at(kill.end, partial(city.revive, depot_id))


def draw_troubles(
    day: Day,
    setup: DepotSetup,
    parcels: Sequence[Parcel],
    roads: RoadTroubles,
    *,
    streams: Streams,
    hours: Hours,
) -> Troubles:
    """Return what goes wrong at one depot on a day; ``streams`` are those of the depot."""
    return Troubles(
        roads=roads,
        breakdowns=tuple(
            one for van in setup.vans for one in _breakdowns(day.vans, van, streams, hours)
        ),
        cancellations=_cancellations(day, parcels, streams.stream("cancellations")),
        kills=_kills(day.dispatcher, streams.stream("kills"), hours),
        broker_away=_broker_away(day.network, streams.stream("broker"), hours),
        line_away={
            van.van_id: spans
            for van in setup.vans
            if (spans := _silences(day.vans, van, streams, hours))
        },
    )


def _breakdowns(
    table: VansTable, van: VanSetup, streams: Streams, hours: Hours
) -> Iterator[Breakdown]:
    stream = streams.stream(f"breakdowns/{van.van_id}")
    for at in _at_random(stream, table.stuck_per_hour, *_on_shift(van, hours)):
        is_rescued = stream.random() < table.rescue_ratio
        least, most = table.rescue_min if is_rescued else table.stuck_min
        yield Breakdown(van.van_id, at, seconds_of_minutes(stream.uniform(least, most)), is_rescued)


def _silences(table: VansTable, van: VanSetup, streams: Streams, hours: Hours) -> tuple[Span, ...]:
    stream = streams.stream(f"silences/{van.van_id}")
    at_random = _at_random(stream, table.silent_per_hour, *_on_shift(van, hours))
    return _spans(stream, at_random, table.silent_min)


def _broker_away(table: NetworkTable, stream: Stream, hours: Hours) -> tuple[Span, ...]:
    told = [
        _span(hours.local(one.start), hours.local(one.until), hours) for one in table.broker_away
    ]
    at_random = _at_random(stream, table.broker_away_per_hour, hours.start, hours.end)
    return apart([*told, *_spans(stream, at_random, table.broker_away_min)])


def _span(begin: Instant, end: Instant, hours: Hours) -> Span:
    """Return a span of clock times; one that holds already when the day begins, from then on."""
    return Span(begin if begin < end else hours.start, end)


def _kills(table: DispatcherTable, stream: Stream, hours: Hours) -> tuple[Span, ...]:
    told = [hours.local(at) for at in table.killed_at]
    at_random = _at_random(stream, table.killed_per_hour, hours.start, hours.end)
    down_s = Seconds(table.down_s)
    return apart([Span(at, later(at, down_s)) for at in (*told, *at_random)])


def _cancellations(day: Day, parcels: Sequence[Parcel], stream: Stream) -> tuple[Cancellation, ...]:
    """Draw whose orders are cancelled: any time from when they are ready until they are due."""
    found: list[Cancellation] = []
    for parcel in parcels:
        is_cancelled, share = stream.random() < day.customers.cancelled_ratio, stream.random()
        if is_cancelled:
            wait_s = elapsed_s(parcel.ready_at, parcel.due_until) * share
            found.append(Cancellation(parcel.parcel_id, moved_by(parcel.ready_at, wait_s)))
    return tuple(found)


def day_incidents(
    day: DayFile, network: RoadNetwork, streams: Streams, hours: Hours
) -> RoadTroubles:
    """Return the incidents on a day's roads, told and drawn.

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
        for number, at in enumerate(
            _at_random(stream, table.per_hour, hours.start, hours.end), start=1
        )
    ]
    return RoadTroubles(_in_order(told), _in_order(drawn))


def _in_order(incidents: Iterable[Incident]) -> tuple[Incident, ...]:
    return tuple(sorted(incidents, key=lambda one: (one.starts_at, one.incident_id)))


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
        incident_id=f"drawn-{number:03}",
        line=choose(stream),
        buffer_m=INCIDENT_BUFFER_M,
        speed_ratio=0.0 if is_closed else table.speed_ratio,
        starts_at=at,
        ends_at=later(
            at, max(INCIDENT_S_MIN, seconds_of_minutes(stream.uniform(*table.duration_min)))
        ),
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


def _on_shift(van: VanSetup, hours: Hours) -> tuple[Instant, Instant]:
    return max(van.shift_start, hours.start), min(van.shift_end, hours.end)


def _spans(
    stream: Stream, at_random: Iterable[Instant], minutes: tuple[float, float]
) -> tuple[Span, ...]:
    return apart(
        [Span(at, later(at, seconds_of_minutes(stream.uniform(*minutes)))) for at in at_random]
    )


def apart(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Return spans in order of time, those that meet joined."""
    found: list[Span] = []
    for span in sorted(spans, key=lambda one: (one.begin, one.end)):
        if found and span.begin <= found[-1].end:
            found[-1] = Span(found[-1].begin, max(found[-1].end, span.end))
        else:
            found.append(span)
    return tuple(found)

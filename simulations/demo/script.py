"""The troubles of the demonstration's day: a jam, a breakdown, two parcels wanted back.

Decides what goes wrong, when, and to whom, from what is seen of the day; carrying it out is the
conductor's. Malformed and doubled announcements are the warehouse's part, see ``scenario``.
All times are assumed: they lie where a day of the default size is busiest.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from maps.incidents import Incident
from maps.network import RoadNetwork
from maps.places import LonLat, great_circle_m
from maps.provider import HierarchyProvider
from maps.units import Instant, Seconds, later
from simulations.demo.watch import Watch, WatchedVan
from simulations.scenario import Day
from simulations.wire.control import BreakDown, WantBack
from vehicles.energy import vehicle_class

JAM_AT_S: Final = 4500
JAM_S: Final = 4800
JAM_SPEED_RATIO: Final = 0.12
JAM_BUFFER_M: Final = 18
JAM_M_MAX: Final = 700.0
BREAKDOWN_AT_S: Final = 6000
BREAKDOWN_S: Final = 1500
BREAKDOWN_LOADS_MIN: Final = 4
WANT_BACK_WAITING_AT_S: Final = 2400
WANT_BACK_ABOARD_AT_S: Final = 3600
GIVE_UP_S: Final = 5400
"""A trouble that finds nobody to happen to within this, after its time, takes what there is."""
DOORS_MAX: Final = 60
"""Doors looked at to see where the traffic is."""


@dataclass(frozen=True, slots=True)
class Jam:
    """A road is to be slow from now on; ``street`` is its name."""

    incident: Incident
    street: str


Trouble = Jam | BreakDown | WantBack


class Script:
    """Says what goes wrong next; each trouble happens once.

    Parameters
    ----------
    day, start
        The day, and when it begins.
    """

    def __init__(self, day: Day, start: Instant) -> None:
        self._start = start
        self._jam: Jam | None = jam_of(day, start)
        self._wants_breakdown = True
        self._wants_waiting = True
        self._wants_aboard = True

    @property
    def is_done(self) -> bool:
        """Return whether everything that was to go wrong has."""
        waits = (self._wants_breakdown, self._wants_waiting, self._wants_aboard)
        return self._jam is None and not any(waits)

    def due(self, watch: Watch, now: Instant) -> tuple[Trouble, ...]:
        """Return what goes wrong now."""
        found: list[Trouble] = []
        if self._jam is not None and now >= self._jam.incident.starts_at:
            found.append(self._jam)
            self._jam = None
        if self._wants_waiting and self._is_time(now, WANT_BACK_WAITING_AT_S):
            waiting = watch.waiting()
            if waiting:
                self._wants_waiting = False
                found.append(WantBack(parcel_id=waiting[-1], reason="ordered by mistake"))
        if self._wants_aboard and self._is_time(now, WANT_BACK_ABOARD_AT_S):
            found += self._want_back_aboard(watch)
        if self._wants_breakdown and self._is_time(now, BREAKDOWN_AT_S):
            found += self._break_down(watch, now)
        return tuple(found)

    def _want_back_aboard(self, watch: Watch) -> list[Trouble]:
        """Choose the parcel deepest in the fullest van on the road: it is delivered last."""
        for van in _out(watch, loads_min=2):
            left = [parcel_id for parcel_id in van.loads if watch.cancellable(parcel_id)]
            if left:
                self._wants_aboard = False
                return [WantBack(parcel_id=left[0], reason="the consignee has moved")]
        return []

    def _break_down(self, watch: Watch, now: Instant) -> list[Trouble]:
        """Choose the fullest van on the road; towards the end one with fewer parcels will do."""
        late = self._is_time(now, BREAKDOWN_AT_S + GIVE_UP_S)
        vans = _out(watch, loads_min=1 if late else BREAKDOWN_LOADS_MIN)
        if not vans:
            return []
        self._wants_breakdown = False
        return [BreakDown(van_id=vans[0].van_id, duration_s=BREAKDOWN_S)]

    def _is_time(self, now: Instant, at_s: int) -> bool:
        return now >= later(self._start, Seconds(at_s))


def _out(watch: Watch, *, loads_min: int) -> list[WatchedVan]:
    """Return the vans driving with so many parcels aboard, the fullest first."""
    vans = [
        van
        for van in watch.vans
        if van.is_driving and not van.is_stuck and len(van.loads) >= loads_min
    ]
    return sorted(vans, key=lambda van: (-len(van.loads), van.van_id))


def jam_of(day: Day, start: Instant) -> Jam:
    """Return the day's jam: on the street that ways from and to the depot use most."""
    street = busiest_street(day)
    line = street_line(day.network, street, day.setup.depot.place)
    begins = later(start, Seconds(JAM_AT_S))
    incident = Incident(
        incident_id="inc-jam",
        line=line,
        buffer_m=JAM_BUFFER_M,
        speed_ratio=JAM_SPEED_RATIO,
        starts_at=begins,
        ends_at=later(begins, Seconds(JAM_S)),
    )
    return Jam(incident, day.network.streets[street])


def busiest_street(day: Day) -> int:
    """Return the position in ``network.streets`` of the street most driven to and from doors."""
    network, depot = day.network, day.setup.depot.place
    provider = HierarchyProvider(network, vehicle_class(day.setup.vans[0].spec), ())
    metres: Counter[int] = Counter()
    step = max(1, len(day.parcels) // DOORS_MAX)
    for parcel in day.parcels[::step]:
        for origin, end in ((depot, parcel.place), (parcel.place, depot)):
            path = provider.path(origin, end, parcel.ready_at)
            for segment in () if path is None else path.segments.tolist():
                edge = network.segment_edge[segment]
                metres[int(network.edge_street[edge])] += int(network.edge_length_mm[edge])
    metres.pop(-1, None)
    return min(metres, key=lambda street: (-metres[street], street), default=0)


def street_line(network: RoadNetwork, street: int, near: LonLat) -> tuple[LonLat, ...]:
    """Return a line along a street's roads, at most ``JAM_M_MAX`` long, near a place.

    Roads of both directions are joined into one line by their order along the street.
    """
    edges = np.flatnonzero(network.edge_street == street).tolist()
    places = []
    for edge in edges:
        first, last = network.edge_shape_start[edge], network.edge_shape_start[edge + 1]
        places += [
            LonLat(float(lon), float(lat))
            for lon, lat in zip(
                network.shape_lon[first:last], network.shape_lat[first:last], strict=True
            )
        ]
    return _ordered(places, near)


def _ordered(places: Sequence[LonLat], near: LonLat) -> tuple[LonLat, ...]:
    lons, lats = [place.lon for place in places], [place.lat for place in places]
    south_north = great_circle_m(
        LonLat(lons[0], min(lats)), LonLat(lons[0], max(lats))
    ) >= great_circle_m(LonLat(min(lons), lats[0]), LonLat(max(lons), lats[0]))
    along = sorted(set(places), key=lambda p: (p.lat, p.lon) if south_north else (p.lon, p.lat))
    nearest = min(range(len(along)), key=lambda index: great_circle_m(along[index], near))
    first = last = nearest
    while great_circle_m(along[first], along[last]) < JAM_M_MAX:
        if first == 0 and last == len(along) - 1:
            break
        first, last = max(0, first - 1), min(len(along) - 1, last + 1)
    return tuple(along[first : last + 1])

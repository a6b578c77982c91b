"""How the hour of the week changes speeds: by class of road, by way, from observations.

Decides the shares of the usual speed. Leaves the usual speeds to ``speeds``, what becomes of them
to ``weighing``, and reading files of observed speeds to ``observed_speeds``.

The usual speed is that of a working day between the peaks. The default profile follows London's
main roads, 2014/15 [1]_: of the speed between the peaks (10 to 16 h), the morning peak (7 to 10 h)
had 0.92 in inner and 0.87 in outer London, the evening peak (16 to 19 h) 0.83 and 0.81; the means
are taken. Assumed are: 1.15 at night, from 22 to 6 h, when the report takes roads for uncongested;
half of that gain in the hours between night and day; 1.0 by day at weekends; and 1.0 always on
minor roads, which the report does not cover.

References
----------
.. [1] Transport for London, Travel in London, report 8 (2015), table 4.9.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Self
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from maps.hours import WeekHours, parse_hours
from maps.network import RoadNetwork
from maps.quarters import ranges
from maps.speeds import ROAD_CLASSES
from maps.units import Instant

WEEK_HOURS: Final = 168
DAY_HOURS: Final = 24

MAIN_CLASSES: Final = frozenset(
    name
    for name in ROAD_CLASSES
    if name.partition("_")[0] in ("motorway", "trunk", "primary", "secondary", "tertiary")
)
"""Classes of roads that carry traffic between quarters, where peaks are felt."""

DEFAULT_RATIOS: Final = (
    ("Mo-Fr 07:00-10:00", 0.89),
    ("Mo-Fr 16:00-19:00", 0.82),
    ("Mo-Su 22:00-06:00", 1.15),
    ("Mo-Su 06:00-07:00,19:00-22:00; Sa-Su 06:00-09:00,19:00-22:00", 1.07),
)
"""Shares of the usual speed on main roads; 1 at all other hours. See the module for the source."""

SPEED_RATIO_MIN: Final = 0.05
SPEED_RATIO_MAX: Final = 3.0
"""Shares outside are taken for mistakes: roads so slow are closed, none is thrice as fast."""


@dataclass(frozen=True, slots=True)
class SpeedRule:
    """A speed on a class of roads, or on one way, during some hours.

    Attributes
    ----------
    road_class, way_id
        One of ``speeds.ROAD_CLASSES``, or a way of OpenStreetMap; the other is empty or 0.
    hours
        When; an hour counts if its beginning does.
    speed_mps, speed_ratio
        Mean speed in metres per second, signals and turns not counted; or the share of the usual
        one. The other is 0.
    """

    road_class: str
    way_id: int
    hours: WeekHours
    speed_mps: float
    speed_ratio: float


Speed = tuple[float, float]
"""Metres per second and share of the usual speed; one of the two is 0."""

_Speeds = dict[str | int, Speed]
"""By class or way."""


class TrafficSlice:
    """The speeds of hours that are alike. Equal only to itself: a profile has each slice once.

    Parameters
    ----------
    speeds
        By class or way; ways win. What is not named is driven as usual.
    """

    def __init__(self, speeds: Iterable[tuple[str | int, Speed]]) -> None:
        named = dict(speeds)
        self.speeds: Final = tuple(sorted(named.items(), key=lambda one: (str(one[0]), one[1])))
        by_class = [named.get(name, (0.0, 1.0)) for name in ROAD_CLASSES]
        ways = sorted((way, speed) for way, speed in named.items() if isinstance(way, int))
        self._class_speeds: Final = np.array(by_class).T.copy()
        self._way_ids: Final = np.array([way for way, _ in ways], dtype=np.int64)
        self._way_speeds: Final = np.array([speed for _, speed in ways]).reshape(-1, 2).T

    def slowness(
        self, network: RoadNetwork, usual_mps: NDArray[np.float64], top_mps: float
    ) -> NDArray[np.float64]:
        """Return the seconds that a metre of each segment takes, float64 (S,).

        Parameters
        ----------
        network
            The roads.
        usual_mps
            Usual speed of each segment, for who can drive it.
        top_mps
            The van's top speed.
        """
        of_class = self._class_speeds[:, network.edge_class[network.segment_edge]]
        slowness: NDArray[np.float64] = 1.0 / _driven(of_class, usual_mps, top_mps)
        if len(self._way_ids):
            self._slow_ways(network, usual_mps, top_mps, slowness)
        return slowness

    def _slow_ways(
        self,
        network: RoadNetwork,
        usual_mps: NDArray[np.float64],
        top_mps: float,
        slowness: NDArray[np.float64],
    ) -> None:
        """Change the part of each edge that lies on a way that is named."""
        position = np.searchsorted(self._way_ids, network.way_ids)
        position = np.minimum(position, len(self._way_ids) - 1)
        found = np.flatnonzero(self._way_ids[position] == network.way_ids)
        edge = np.searchsorted(network.edge_way_start, found, side="right") - 1
        by_edge = np.argsort(network.segment_edge, kind="stable")
        edges = network.segment_edge[by_edge]
        begin, end = np.searchsorted(edges, edge), np.searchsorted(edges, edge, side="right")
        part, segment = np.repeat(found, end - begin), by_edge[ranges(begin, end)]
        speeds = self._way_speeds[:, position[part]]
        here = 1.0 / _driven(speeds, usual_mps[segment], top_mps)
        share = network.way_share_ppm[part] / 1e6
        np.add.at(slowness, segment, share * (here - slowness[segment]))


def _driven(
    speeds: NDArray[np.float64], usual_mps: NDArray[np.float64], top_mps: float
) -> NDArray[np.float64]:
    """Return what is driven: the speed said, or the share of the usual one; speeds are (2, n)."""
    said_mps, ratio = speeds
    driven: NDArray[np.float64] = ratio * usual_mps
    np.copyto(driven, said_mps, where=said_mps > 0)
    return np.minimum(driven, top_mps, out=driven)


class SpeedProfile:
    """The speeds of a week, hour by hour; equal hours share a slice.

    Parameters
    ----------
    rules
        Later ones win over earlier ones.
    """

    def __init__(self, rules: Sequence[SpeedRule]) -> None:
        made: dict[tuple[tuple[str | int, Speed], ...], TrafficSlice] = {}
        self._hours: list[TrafficSlice] = []
        for speeds in _hourly(rules):
            key = tuple(sorted(speeds.items(), key=lambda one: str(one[0])))
            self._hours.append(made.setdefault(key, TrafficSlice(key)))
        self.slices: Final = tuple(made.values())

    @classmethod
    def usual(cls) -> Self:
        """Return the default profile; see the module."""
        rules = [
            SpeedRule(name, 0, hours, 0.0, ratio)
            for text, ratio in DEFAULT_RATIOS
            for name in sorted(MAIN_CLASSES)
            if (hours := parse_hours(text)) is not None
        ]
        return cls(rules)

    def slice_at(self, instant: Instant, zone: str) -> TrafficSlice:
        """Return the speeds at an instant, by the clocks of an IANA time zone."""
        local = datetime.fromtimestamp(instant / 1000, ZoneInfo(zone))
        return self._hours[local.weekday() * DAY_HOURS + local.hour]


def _hourly(rules: Sequence[SpeedRule]) -> list[_Speeds]:
    """Return the speeds of every hour of the week."""
    hourly: list[_Speeds] = [{} for _ in range(WEEK_HOURS)]
    for rule in rules:
        for hour, speeds in enumerate(hourly):
            if rule.hours.hold_in_minute(hour * 60):
                speeds[rule.road_class or rule.way_id] = (rule.speed_mps, rule.speed_ratio)
    return hourly

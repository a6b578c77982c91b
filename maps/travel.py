"""Travel between places: what every provider must answer, whatever computes it.

Leg energy is ``A + B * m`` with ``m`` the mass of van and load aboard (Basso et al. 2019,
doi 10.1016/j.trd.2019.01.006): two numbers per leg serve every load. A and B hold traction only;
whoever walks a route adds auxiliary power for driving, waiting and serving, once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from maps.places import LonLat
from maps.speeds import FAST_CLASSES
from maps.units import Instant, Metres, MilliwattHours, Seconds

UNREACHABLE: Final = 10**15
"""Stands in every matrix where no road leads; thousands of them still sum inside int64."""


@dataclass(frozen=True, slots=True)
class Permit:
    """Where, or where not, a kind of van may drive.

    Attributes
    ----------
    area
        The corners of a polygon, in order; the first need not be repeated at the end.
    hours
        Hours of the week by the clocks of the city, as ``hours.parse_hours`` reads them; an empty
        text for always.
    opens
        Whether roads inside may be driven during the hours, and roads outside of all such areas
        not; else the roads inside are closed during the hours.
    """

    area: tuple[LonLat, ...]
    hours: str = ""
    opens: bool = True


@dataclass(frozen=True, slots=True)
class VehicleClass:
    """What roads need to know of a kind of van, in plain numbers.

    Attributes
    ----------
    name
        Label for messages and caches.
    speed_mps_max
        Top speed, metres per second; roads with higher limits are driven at this speed.
    rolling_coefficient, drag_area_m2, efficiency_ratio
        Crr, CdA in square metres, and battery-to-wheel efficiency (0 to 1).
    stop_loss_ratio
        Share of the kinetic energy that a stop costs after recuperation (0 to 1).
    classes_barred
        Of ``speeds.ROAD_CLASSES``: roads that it must not use.
    motorroads_barred
        Whether it must not use roads for fast motor vehicles only.
    permits
        Areas that it may use, or must not.
    """

    name: str
    speed_mps_max: float
    rolling_coefficient: float
    drag_area_m2: float
    efficiency_ratio: float
    stop_loss_ratio: float
    classes_barred: frozenset[str] = FAST_CLASSES
    motorroads_barred: bool = True
    permits: tuple[Permit, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class TravelMatrix:
    """Travel between ``n`` places: int64 arrays of shape ``(n, n)``, row = from, column = to.

    All four are of the same fastest path, rounded up; the diagonal is 0; pairs with no road
    between them hold ``UNREACHABLE`` in all four.
    """

    duration_s: NDArray[np.int64]
    distance_m: NDArray[np.int64]
    energy_a_mwh: NDArray[np.int64]
    energy_b_uwh_per_kg: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class StreetPart:
    """A stretch of a path on one street; ``street`` is empty where the road has no name.

    ``elapsed_s`` and ``along_m`` are seconds and metres since the origin at which it begins,
    ``length_m`` its metres.
    """

    street: str
    elapsed_s: float
    along_m: float
    length_m: float


@dataclass(frozen=True, slots=True, eq=False)
class Path:
    """One fastest path as a line, from the road at the origin to the road at the destination.

    Attributes
    ----------
    line
        Places along the path, at least two (equal when origin and destination coincide).
    elapsed_s, along_m
        float64 arrays as long as ``line``: seconds and metres since the origin, from 0.
    junction
        bool array as long as ``line``: here, shortly before a junction, another road could still
        be taken (never the two ends).
    segments
        int64 array: the directed road segments driven, as the network numbers them.
    portions
        float64 array as long as ``segments``: the share of each that is driven (1 but at the ends).
    streets
        Names of the streets driven, in order, without repeats or nameless ones.
    duration_s, distance_m, energy_a_mwh, energy_b_uwh_per_kg
        As the matrix says for the same pair.
    begin_ppm
        Where on the first segment it begins, in millionths of that segment.
    parts
        The streets driven one after the other, nameless ones included.
    """

    line: tuple[LonLat, ...]
    elapsed_s: NDArray[np.float64]
    along_m: NDArray[np.float64]
    junction: NDArray[np.bool_]
    segments: NDArray[np.int64]
    portions: NDArray[np.float64]
    streets: tuple[str, ...]
    duration_s: Seconds
    distance_m: Metres
    energy_a_mwh: MilliwattHours
    energy_b_uwh_per_kg: int
    begin_ppm: int = 0
    parts: tuple[StreetPart, ...] = ()


class TravelProvider(Protocol):
    """Answers how long, how far and with how much energy one drives between places."""

    def matrix(self, places: Sequence[LonLat], departure: Instant) -> TravelMatrix:
        """Return travel between every ordered pair of places.

        Parameters
        ----------
        places
            The ``n`` places, ``n >= 1``. Their order fixes the rows and columns.
        departure
            When driving starts; decides which incidents count. Providers that know no time of
            day ignore the hour.

        Returns
        -------
        TravelMatrix
            Four int64 arrays of shape ``(n, n)``.

        Raises
        ------
        PlaceOffNetworkError
            If a place lies farther from every drivable road than the snap limit.
        """
        ...

    def path(self, origin: LonLat, destination: LonLat, departure: Instant) -> Path | None:
        """Return the fastest path, or None where no road leads.

        Raises
        ------
        PlaceOffNetworkError
            If either place lies farther from every drivable road than the snap limit.
        """
        ...

    def paths(self, legs: Sequence[tuple[LonLat, LonLat]], departure: Instant) -> list[Path | None]:
        """Return what ``path`` returns for each leg; many together take less.

        Raises
        ------
        PlaceOffNetworkError
            As ``path`` does, for the first such place.
        """
        ...

    def duration_along(self, path: Path, departure: Instant) -> Seconds:
        """Return how long a path takes that may have been found under other incidents.

        Rounded up; ``UNREACHABLE`` if it leads through a road closed at ``departure``.
        """
        ...

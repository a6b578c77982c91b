"""Lines on the map: encoding, a flat frame in metres, decision points, and cutting a path.

Decides how a path is written for others and where an order may be cut. Leaves finding paths to
``dijkstra`` and sending them to whoever writes orders.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from maps.errors import BadPolylineError
from maps.places import EARTH_RADIUS_M, LonLat
from maps.travel import Path
from maps.units import Metres, Seconds

NORTH_M_PER_DEGREE: Final = math.radians(EARTH_RADIUS_M)
"""Metres of one degree of latitude, the same everywhere on the sphere."""

POLYLINE_STEPS_PER_DEGREE: Final = 1_000_000
"""Six decimals, as OSRM and Valhalla write by the name of polyline6; 0.1 m at the equator."""

_CHUNK_BITS: Final = 5
_MORE: Final = 0x20
_OFFSET: Final = 63
_CHUNKS_MAX: Final = 7
"""A difference of 360 degrees takes 30 bits with its sign: six chunks; one to spare."""
_NO_CHUNK: Final = 255
_CHUNKS: Final = bytes(
    letter - _OFFSET if 0 <= letter - _OFFSET < 2 * _MORE else _NO_CHUNK for letter in range(256)
)
"""The chunk that each byte of a text stands for."""


def encode_polyline(line: Iterable[LonLat]) -> str:
    """Write a line as an encoded polyline with six decimals.

    Within the text each place is latitude first, then longitude, as the format has it [1]_, so
    that other programs read it as ``polyline6``.

    References
    ----------
    .. [1] Encoded Polyline Algorithm Format:
       https://developers.google.com/maps/documentation/utilities/polylinealgorithm
    """
    letters: list[int] = []
    last_lat = last_lon = 0
    for place in line:
        lat = round(place.lat * POLYLINE_STEPS_PER_DEGREE)
        lon = round(place.lon * POLYLINE_STEPS_PER_DEGREE)
        for difference in (lat - last_lat, lon - last_lon):
            rest = ~(difference << 1) if difference < 0 else difference << 1
            while rest >= _MORE:
                letters.append((_MORE | (rest & (_MORE - 1))) + _OFFSET)
                rest >>= _CHUNK_BITS
            letters.append(rest + _OFFSET)
        last_lat, last_lon = lat, lon
    return bytes(letters).decode("ascii")


def decode_polyline(text: str) -> tuple[LonLat, ...]:
    """Read an encoded polyline with six decimals, latitude first within the text.

    Raises
    ------
    BadPolylineError
        If a letter is none of the format's, the text ends within a place, or a place is not on
        the Earth.
    """
    numbers = _numbers(text)
    if len(numbers) % 2:
        raise BadPolylineError(text, len(text), "it ends after a latitude without a longitude")
    steps = POLYLINE_STEPS_PER_DEGREE
    lats, lons = list(accumulate(numbers[0::2])), list(accumulate(numbers[1::2]))
    places = tuple([LonLat(lon / steps, lat / steps) for lat, lon in zip(lats, lons, strict=True)])
    if max(map(abs, lats), default=0) > 90 * steps or max(map(abs, lons), default=0) > 180 * steps:
        place = next(one for one in places if abs(one.lat) > 90 or abs(one.lon) > 180)
        raise BadPolylineError(text, len(text), f"{place} is not on the Earth")
    return places


def _numbers(text: str) -> list[int]:
    """Return the numbers that a text is made of."""
    numbers: list[int] = []
    value, shift, shift_max = 0, 0, _CHUNK_BITS * (_CHUNKS_MAX - 1)
    for position, chunk in enumerate(text.encode("utf-8", "surrogatepass").translate(_CHUNKS)):
        if chunk < _MORE:
            value |= chunk << shift
            numbers.append(~(value >> 1) if value & 1 else value >> 1)
            value, shift = 0, 0
        elif chunk == _NO_CHUNK:
            raise BadPolylineError(text, position, f"unexpected letter {text[position]!r}")
        elif shift == shift_max:
            raise BadPolylineError(text, position - _CHUNKS_MAX + 1, "a number is too long")
        else:
            value |= (chunk - _MORE) << shift
            shift += _CHUNK_BITS
    if shift:
        raise BadPolylineError(text, len(text), "it ends within a number")
    return numbers


@dataclass(frozen=True, slots=True)
class LocalFrame:
    """A flat frame in metres around a place: x east, y north (equirectangular projection).

    Lengths east and west are right at the origin's latitude only: 10 km north or south of it
    they are wrong by 0.16 % times the tangent of the latitude (0.27 % in Helsinki), lengths
    north and south are right everywhere on the sphere. Good for a city, not for a country.

    Attributes
    ----------
    origin
        The place at (0, 0); not at a pole.
    map_id
        Name by which messages refer to this frame.
    east_m_per_degree
        Metres of one degree of longitude at the origin.
    """

    origin: LonLat
    map_id: str
    east_m_per_degree: float = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        east_m = self.north_m_per_degree * math.cos(math.radians(self.origin.lat))
        object.__setattr__(self, "east_m_per_degree", east_m)

    @property
    def north_m_per_degree(self) -> float:
        """Return the metres of one degree of latitude."""
        return NORTH_M_PER_DEGREE

    def to_metres(self, place: LonLat) -> tuple[float, float]:
        """Return metres east and north of the origin."""
        origin = self.origin
        return (
            (place.lon - origin.lon) * self.east_m_per_degree,
            (place.lat - origin.lat) * NORTH_M_PER_DEGREE,
        )

    def to_place(self, x: float, y: float) -> LonLat:
        """Return the place that is ``x`` metres east and ``y`` metres north of the origin."""
        return LonLat(
            self.origin.lon + x / self.east_m_per_degree,
            self.origin.lat + y / NORTH_M_PER_DEGREE,
        )

    def to_metres_many(
        self, lon: NDArray[np.float64], lat: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return an array of shape (n, 2) with metres east and north of the origin."""
        x = (lon - self.origin.lon) * self.east_m_per_degree
        y = (lat - self.origin.lat) * self.north_m_per_degree
        return np.column_stack((x, y))


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a path between two cuts, in whole seconds and metres."""

    line: tuple[LonLat, ...]
    duration_s: Seconds
    distance_m: Metres


def decision_points(path: Path, spacing_s_max: int) -> tuple[int, ...]:
    """Choose junctions so that no stretch between them takes longer than ``spacing_s_max``.

    Returns
    -------
    tuple[int, ...]
        Positions in ``path.line``, increasing, without the two ends: the fewest that do. Where
        the next junction is farther off than ``spacing_s_max``, it is taken all the same.
    """
    chosen: list[int] = []
    since_s = 0.0
    junctions: list[int] = np.flatnonzero(path.junction).tolist()
    for here, following in pairwise([*junctions, len(path.line) - 1]):
        here_s, next_s = float(path.elapsed_s[here]), float(path.elapsed_s[following])
        if here_s > since_s and next_s - since_s > spacing_s_max:
            chosen.append(here)
            since_s = here_s
    return tuple(chosen)


def cut(path: Path, indices: Sequence[int]) -> tuple[Stretch, ...]:
    """Cut a path at positions of its line.

    Parameters
    ----------
    path
        The path to cut.
    indices
        Strictly increasing positions in ``path.line``, without the two ends; may be empty.

    Returns
    -------
    tuple[Stretch, ...]
        One more than ``indices``; their durations and distances sum up to those of the path
        exactly: each cut is rounded down, so what is left over goes to the last stretch.

    Raises
    ------
    ValueError
        If ``indices`` are not as described.
    """
    ends = [0, *indices, len(path.line) - 1]
    if any(later <= earlier for earlier, later in pairwise(ends)):
        raise ValueError(f"cuts {list(indices)} do not increase within 0 and {ends[-1]}")
    at_s = [math.floor(float(path.elapsed_s[index])) for index in ends[:-1]] + [path.duration_s]
    at_m = [math.floor(float(path.along_m[index])) for index in ends[:-1]] + [path.distance_m]
    return tuple(
        Stretch(
            path.line[start : end + 1],
            Seconds(at_s[number + 1] - at_s[number]),
            Metres(at_m[number + 1] - at_m[number]),
        )
        for number, (start, end) in enumerate(pairwise(ends))
    )

"""The lie of a generated city: ring roads, radial roads, river, motorway, park, works, densities.

Decides where the large things are, in metres on a plane around the market square. Leaves points
and streets to ``mesh``. Rings and radials are straight in coordinates of their own, *reach* (the
distance from the centre, had the city been a circle) and *bearing*; both are then bent.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]

TAU: Final = 2 * np.pi

ZONE_CORE, ZONE_INNER, ZONE_MIDDLE, ZONE_OUTER, ZONE_RURAL = range(5)
SPACING_M: Final = np.array([36.0, 64.0, 82.0, 105.0, 175.0])
"""Mean distance of junctions by zone. Assumed, after old European cities."""

ZONE_ENDS: Final = np.array([0.09, 0.33, 0.58, 0.86])
"""Where zones end, as a share of the city's radius."""

WORKS_SPACING_M: Final = 150.0


def random_stream(seed: int, name: str) -> np.random.Generator:
    """Return the random numbers of a name: drawing more from one shifts no other."""
    return np.random.default_rng([seed, *name.encode()])


@dataclass(frozen=True, slots=True)
class Ground:
    """Where the large things of a city are.

    Attributes
    ----------
    seed, radius_m
        What it is drawn from, and how far it reaches.
    rings_m
        Reaches of the ring roads, the market's first.
    radials
        Bearing, and first and last reach, of each radial road; bearings ascend.
    main_count
        Radials of the first rank: every other one.
    motorway_m
        Reach of the motorway ring.
    phases
        What bends everything: 8 numbers.
    """

    seed: int
    radius_m: float
    rings_m: Floats
    radials: Floats
    main_count: int
    motorway_m: float
    phases: Floats

    def place(self, reach: Floats, bearing: Floats) -> Floats:
        """Return places (n, 2) in metres of coordinates along rings and radials."""
        angle = bearing + self._swirl(reach, bearing)
        distance = reach * self._stretch(angle)
        return np.stack((distance * np.cos(angle), distance * np.sin(angle)), axis=1)

    def coordinates(self, xy: Floats) -> tuple[Floats, Floats]:
        """Return reach and bearing of places; the inverse of ``place`` to a few centimetres."""
        angle = np.arctan2(xy[:, 1], xy[:, 0])
        reach = np.hypot(xy[:, 0], xy[:, 1]) / self._stretch(angle)
        bearing = angle
        for _ in range(14):  # a contraction: each round halves the error at least
            bearing = angle - self._swirl(reach, bearing)
        return reach, bearing % TAU

    def _stretch(self, angle: Floats) -> Floats:
        one, two, three = self.phases[:3]
        bent = 0.09 * np.sin(2 * angle + one) + 0.05 * np.sin(3 * angle + two)
        return np.asarray(1 + bent + 0.015 * np.sin(7 * angle + three))

    def _swirl(self, reach: Floats, bearing: Floats) -> Floats:
        share = reach / self.radius_m
        slow = 0.11 * np.sin(4.0 * share + 2 * bearing + self.phases[3])
        return np.asarray(slow + 0.04 * np.sin(11.0 * share + 5 * bearing + self.phases[4]))

    def zone(self, reach: Floats) -> Ints:
        """Return the zone of places by their reach, from the core to the villages."""
        return np.searchsorted(ZONE_ENDS * self.radius_m, reach).astype(np.int64)

    def river_side(self, xy: Floats) -> Floats:
        """Return metres left (positive) or right of the river's middle, roughly across it."""
        tilt = self.phases[5]
        along = xy[:, 0] * np.cos(tilt) + xy[:, 1] * np.sin(tilt)
        across = xy[:, 1] * np.cos(tilt) - xy[:, 0] * np.sin(tilt)
        return np.asarray(across - self.river_middle(along))

    def river_middle(self, along: Floats) -> Floats:
        """Return how far the river runs from the line through the centre at its own tilt."""
        size = self.radius_m
        bend = 0.06 * np.sin(6.0 * along / size + self.phases[6])
        return np.asarray(size * (0.13 + bend + 0.025 * np.sin(15 * along / size)))

    def river_line(self, offset_m: float) -> Floats:
        """Return places (n, 2) along the river, at an offset from its middle."""
        along = np.linspace(-1.15, 1.15, 240) * self.radius_m
        across = self.river_middle(along) + offset_m
        cos, sin = np.cos(self.phases[5]), np.sin(self.phases[5])
        return np.stack((along * cos - across * sin, along * sin + across * cos), axis=1)

    @property
    def river_half_m(self) -> float:
        """Return half the river's width."""
        return float(np.clip(self.radius_m * 0.012, 14.0, 75.0))

    def park_line(self) -> Floats:
        """Return the outline of the park: a closed line of places (n, 2)."""
        angle = np.linspace(0, TAU, 60)
        middle, half = self._park()
        edge = 1 + 0.12 * np.sin(3 * angle)
        return middle + half * np.stack((np.cos(angle) * edge, np.sin(angle) * edge), axis=1)

    def in_park(self, xy: Floats) -> Flags:
        """Return which places lie in the park."""
        middle, half = self._park()
        offset = (xy - middle) / half
        angle = np.arctan2(offset[:, 1], offset[:, 0])
        inside = np.hypot(offset[:, 0], offset[:, 1]) < 1 + 0.12 * np.sin(3 * angle)
        return np.asarray(inside)

    def _park(self) -> tuple[Floats, Floats]:
        angle = self.phases[5] + 4.6  # on the bank without the river, for short ways to it
        middle = 0.3 * self.radius_m * np.array([np.cos(angle), np.sin(angle)])
        return middle, self.radius_m * np.array([0.10, 0.065])

    def in_works(self, reach: Floats, bearing: Floats) -> Flags:
        """Return which places lie in the industrial area, along the river and downstream."""
        apart = np.abs((bearing - self.phases[5] - 0.25 + np.pi) % TAU - np.pi)
        near = (reach > 0.4 * self.radius_m) & (reach < 0.8 * self.radius_m)
        return np.asarray((apart < 0.3) & near)

    def spacing_m(self, reach: Floats) -> Floats:
        """Return the mean distance of junctions at a reach."""
        return np.asarray(SPACING_M[self.zone(reach)])


def lay_out(seed: int, radius_m: float) -> Ground:
    """Draw the large things of a city of a radius."""
    rng = random_stream(seed, "ground")
    ring_count = int(np.clip(round(radius_m / 1300) + 1, 2, 8))
    first = max(0.09 * radius_m, 150.0)
    share = np.linspace(0, 1, ring_count) ** 1.1
    rings = np.concatenate(([0.3 * first], first + (0.92 * radius_m - first) * share))
    main_count = int(np.clip(round(radius_m / 1100) + 3, 4, 12))
    bearings = (np.arange(2 * main_count) + rng.uniform(-0.22, 0.22, 2 * main_count)) / main_count
    radials = np.zeros((2 * main_count, 3))
    radials[:, 0] = (bearings * np.pi) % TAU
    main = np.arange(2 * main_count) % 2 == 0
    inmost = np.arange(2 * main_count) % 4 == 0
    radials[:, 1] = np.where(
        inmost, rings[0], np.where(main, rings[1], rings[min(2, len(rings) - 1)])
    )
    radials[:, 2] = np.where(main, radius_m, rings[max(2, len(rings) - 2)])
    radials = radials[np.argsort(radials[:, 0])]
    motorway = float(rings[-2] + 0.55 * (rings[-1] - rings[-2]))
    return Ground(seed, radius_m, rings, radials, main_count, motorway, rng.uniform(0, TAU, 8))

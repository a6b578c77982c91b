"""What the tags of a way say to a van.

Decides which ways become roads and what is kept of their tags. Leaves to ``access`` who may drive
them, to ``limits`` how fast, once the country is known, and to ``osm`` the reading.

References
----------
.. [1] https://wiki.openstreetmap.org/wiki/Key:surface
.. [2] https://wiki.openstreetmap.org/wiki/Key:incline
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from maps.hours import ALL_WEEK, WeekHours
from maps.network import BRIDGE, LINK, MOTORROAD, NO_THROUGH, ROUNDABOUT, TUNNEL
from maps.reading import access, limits
from maps.speeds import ROAD_CLASSES, SURFACES

KEYS: Final = (
    access.KEYS
    | frozenset(limits.LIMIT_KEYS)
    | frozenset(["highway", "motorroad", "area", "tunnel", "bridge", "surface", "lanes", "incline"])
)
"""Every tag that ``judge_way`` looks at: ways that agree in these are judged alike."""

INCLINE_UP_PERMILLE: Final = 50
"""Incline of ``incline=up`` without a figure. Assumed: mappers mention what they notice."""

INCLINE_PERMILLE_MAX: Final = 350
"""The steepest streets of the world rise by about 35 %; more is a mistake and is left out."""

LANES_MAX: Final = 16
"""More lanes than this are a mistake."""

_SAME_SURFACE: Final[Mapping[str, str]] = {
    "bricks": "paving_stones",
    "cobblestone": "sett",
    "fine_gravel": "compacted",
    "pebblestone": "gravel",
    "rock": "gravel",
    "dirt": "ground",
    "earth": "ground",
    "grass": "ground",
    "grass_paver": "compacted",
    "mud": "sand",
}
"""Surfaces that are driven like another one [1]_ (assumed)."""

_INCLINE: Final = re.compile(r"^(-?\d+(?:[.,]\d+)?)\s*(%|°)?$")


@dataclass(frozen=True, slots=True)
class DrivableWay:
    """What the tags of a way say to a van; its name is kept apart.

    Attributes
    ----------
    road_class
        One of ``maps.speeds.ROAD_CLASSES``.
    closed_forward, closed_backward
        Hours during which it may not be driven along and against the order of its nodes.
    flags, surface, lanes, incline_permille
        As the arrays of a network have them.
    limit_tags
        The tags that tell its speed limits.
    unread_count
        Conditions that could not be read; says nothing of the road.
    """

    road_class: str
    closed_forward: WeekHours
    closed_backward: WeekHours
    flags: int
    surface: int
    lanes: int
    incline_permille: int
    limit_tags: tuple[tuple[str, str], ...]
    unread_count: int = field(compare=False)

    @property
    def forward(self) -> bool:
        """Return whether it may ever be driven along the order of its nodes."""
        return self.closed_forward != ALL_WEEK

    @property
    def backward(self) -> bool:
        """Return whether it may ever be driven against the order of its nodes."""
        return self.closed_backward != ALL_WEEK


def judge_way(tags: Mapping[str, str]) -> DrivableWay | str:
    """Say how a van may drive a way with a ``highway`` tag, or why not.

    Returns
    -------
    DrivableWay or str
        A reason in words, the same for all ways left out on the same ground, if it may not.
    """
    highway = tags.get("highway", "")
    road_class = "driveway" if highway == "service" and "service" in tags else highway
    if road_class not in ROAD_CLASSES:
        return "not a road for cars"
    if tags.get("area") == "yes":
        return "an area, not a line"
    judged = access.judge_access(tags)
    if isinstance(judged, str):
        return judged
    return DrivableWay(
        road_class=road_class,
        closed_forward=judged.closed_forward,
        closed_backward=judged.closed_backward,
        flags=_flags(tags, no_through=judged.no_through),
        surface=_surface(tags.get("surface", "")),
        lanes=_lanes(tags.get("lanes", "")),
        incline_permille=parse_incline(tags.get("incline", "")),
        limit_tags=tuple((key, tags[key]) for key in limits.LIMIT_KEYS if key in tags),
        unread_count=judged.unread_count,
    )


def parse_incline(text: str) -> int:
    """Read an incline such as ``8%``, ``-3°`` or ``up``, in permille; 0 if it tells none."""
    word = text.strip().lower()
    if word in ("up", "down"):
        return INCLINE_UP_PERMILLE if word == "up" else -INCLINE_UP_PERMILLE
    found = _INCLINE.match(word)
    if found is None:
        return 0
    value = float(found[1].replace(",", "."))
    rise_ratio = math.tan(math.radians(value)) if found[2] == "°" else value / 100
    permille = round(rise_ratio * 1000)
    return permille if abs(permille) <= INCLINE_PERMILLE_MAX else 0


def _flags(tags: Mapping[str, str], *, no_through: bool) -> int:
    held = {
        ROUNDABOUT: tags.get("junction") in ("roundabout", "circular"),
        NO_THROUGH: no_through,
        MOTORROAD: tags.get("motorroad") == "yes",
        TUNNEL: tags.get("tunnel", "no") != "no",
        BRIDGE: tags.get("bridge", "no") != "no",
        LINK: tags.get("highway", "").endswith("_link"),
    }
    return sum(bit for bit, holds in held.items() if holds)


def _surface(text: str) -> int:
    said = re.split("[;:]", text, maxsplit=1)[0].strip().lower()
    kind = _SAME_SURFACE.get(said, said)
    return SURFACES.index(kind) if kind in SURFACES else 0


def _lanes(text: str) -> int:
    first = text.split(";", maxsplit=1)[0].strip()
    return int(first) if first.isdecimal() and int(first) <= LANES_MAX else 0

"""Which ways a low-speed delivery van may drive, and in which directions, from their tags.

Decides on tags alone and for every van alike; permits by kind of van, hours and conditions
(``*:conditional``), and "for residents only" as a cost rather than a ban, are not known here.
Leaves reading files to ``osm`` and speeds to ``speeds``.

References
----------
.. [1] https://wiki.openstreetmap.org/wiki/Key:access
.. [2] https://wiki.openstreetmap.org/wiki/Key:oneway
.. [3] https://wiki.openstreetmap.org/wiki/Key:barrier
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from maps.speeds import ROAD_CLASSES, limits_mps

ACCESS_KEYS: Final = ("goods", "motorcar", "motor_vehicle", "vehicle", "access")
"""From the most to the least specific; the first one tagged decides [1]_. A van is ``goods``;
``motorcar`` counts too, because many mappers mean every car by it."""

FORBIDDEN: Final = frozenset(
    [
        "no",
        "private",
        "agricultural",
        "forestry",
        "emergency",
        "military",
        "permit",
        "residents",
        "psv",
        "bus",
        "hgv",
    ]
)
"""Access values that keep a delivery van out. ``destination``, ``delivery`` and ``customers`` do
not: a delivery is why it comes."""

INVITED: Final = frozenset(["yes", "designated", "permissive", "destination", "delivery"])
"""Values that open a pedestrian street or a closed-looking barrier to the van."""

BARRED_CLASSES: Final = frozenset({"motorway", "motorway_link"})
"""Roads with a minimum speed or for fast vehicles only; a low-speed van must not enter."""

OPEN_BARRIERS: Final = frozenset(
    [
        "no",
        "gate",
        "lift_gate",
        "swing_gate",
        "sliding_gate",
        "entrance",
        "toll_booth",
        "border_control",
        "sally_port",
        "cattle_grid",
        "kerb",
        "height_restrictor",
    ]
)
"""Barrier nodes that open for a van unless their access tags say otherwise; all others stop it."""


@dataclass(frozen=True, slots=True)
class DrivableWay:
    """What the tags of a way say to a van.

    Attributes
    ----------
    road_class
        One of ``maps.speeds.ROAD_CLASSES``.
    street
        The name, or an empty text.
    forward, backward
        Whether it may be driven along and against the order of its nodes; at least one is true.
    limit_forward_mps, limit_backward_mps
        Speed limits in metres per second, tagged or assumed by class.
    """

    road_class: str
    street: str
    forward: bool
    backward: bool
    limit_forward_mps: float
    limit_backward_mps: float


def judge_way(tags: Mapping[str, str]) -> DrivableWay | str:
    """Say how a van may drive a way with a ``highway`` tag, or why not.

    Returns
    -------
    DrivableWay or str
        A reason in words, the same for all ways left out on the same ground, if it may not.
    """
    highway = tags.get("highway", "")
    if highway in BARRED_CLASSES or tags.get("motorroad") == "yes":
        return "motorway or motor road"
    road_class = "driveway" if highway == "service" and "service" in tags else highway
    if road_class not in ROAD_CLASSES:
        return "not a road for cars"
    if tags.get("area") == "yes":
        return "an area, not a line"
    access = _first(tags, ACCESS_KEYS)
    if access in FORBIDDEN:
        return "closed to vans by access tags"
    if highway == "pedestrian" and access not in INVITED:
        return "not a road for cars"
    if tags.get("service") == "emergency_access":
        return "closed to vans by access tags"
    forward, backward = _directions(tags)
    if not (forward or backward):
        return "direction changes or both directions closed"
    limits = limits_mps(road_class, tags)
    return DrivableWay(road_class, tags.get("name", ""), forward, backward, *limits)


def blocks_van(tags: Mapping[str, str]) -> bool:
    """Return whether a node on a road stops a van: a bollard, a locked gate.

    Access tags of nodes that are no barrier are passed over: on crossings they are meant for
    the footway.
    """
    if "barrier" not in tags:
        return False
    access = _first(tags, ACCESS_KEYS)
    if access in FORBIDDEN or access in INVITED:
        return access in FORBIDDEN
    return tags["barrier"] not in OPEN_BARRIERS


def _first(tags: Mapping[str, str], keys: tuple[str, ...]) -> str | None:
    for key in keys:
        if key in tags:
            return tags[key].split(";")[0].strip()
    return None


def _directions(tags: Mapping[str, str]) -> tuple[bool, bool]:
    """Return whether the way is open along and against its nodes."""
    value = _first(tags, ("oneway:goods", "oneway:motorcar", "oneway:motor_vehicle", "oneway"))
    if value in ("reversible", "alternating"):
        return False, False  # open one way at a time, and no tag says when
    implied = tags.get("junction") in ("roundabout", "circular")
    if value in ("-1", "reverse"):
        forward, backward = False, True
    elif value in ("yes", "true", "1") or (implied and value not in ("no", "false", "0")):
        forward, backward = True, False
    else:
        forward, backward = True, True
    along = _first(tags, tuple(f"{key}:forward" for key in ACCESS_KEYS))
    against = _first(tags, tuple(f"{key}:backward" for key in ACCESS_KEYS))
    return forward and along not in FORBIDDEN, backward and against not in FORBIDDEN

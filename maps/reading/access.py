"""Whether a delivery van may drive a way, in which directions and at which hours, from its tags.

Decides on tags alone and for every van alike; what bars one kind of van only, such as motorways,
is the vehicle class's business. Leaves reading files to ``osm``, other tags to ``ways``.

References
----------
.. [1] https://wiki.openstreetmap.org/wiki/Key:access
.. [2] https://wiki.openstreetmap.org/wiki/Key:oneway
.. [3] https://wiki.openstreetmap.org/wiki/Key:barrier
.. [4] https://wiki.openstreetmap.org/wiki/Conditional_restrictions
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from maps.hours import ALL_WEEK, NEVER, WeekHours, parse_conditional, parse_hours

ACCESS_KEYS: Final = ("goods", "motorcar", "motor_vehicle", "vehicle", "access")
"""From the most to the least specific; the first one tagged decides [1]_. A van is ``goods``;
``motorcar`` counts too, because many mappers mean every car by it."""

ONEWAY_KEYS: Final = (*(f"oneway:{key}" for key in ACCESS_KEYS[:4]), "oneway")

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
"""Access values that keep a delivery van out."""

TO_A_PLACE_ONLY: Final = frozenset(["destination", "delivery", "customers"])
"""Values that let a van in to reach a place there, but not to pass through."""

INVITED: Final = frozenset(["yes", "designated", "permissive"]) | TO_A_PLACE_ONLY
"""Values that open a pedestrian street or a closed-looking barrier to the van."""

KEYS: Final = (
    frozenset(["junction", "service"])
    | frozenset(f"{key}{end}" for key in ACCESS_KEYS for end in ("", ":forward", ":backward"))
    | frozenset(ONEWAY_KEYS)
    | frozenset(f"{key}:conditional" for key in (*ACCESS_KEYS, *ONEWAY_KEYS))
)
"""Every tag that ``judge_access`` looks at, besides ``highway``."""

_ALONG: Final = frozenset(["yes", "true", "1"])
_AGAINST: Final = frozenset(["-1", "reverse"])
_BOTH_WAYS: Final = frozenset(["no", "false", "0"])
_BY_TURNS: Final = frozenset(["reversible", "alternating"])

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
class Access:
    """When a van may drive a way.

    Attributes
    ----------
    closed_forward, closed_backward
        Hours during which it may not be driven along and against the order of its nodes; at
        least one of them leaves some hours.
    no_through
        Whether it may only be driven to reach or leave a place on it.
    unread_count
        Conditions that could not be read and were passed over.
    """

    closed_forward: WeekHours
    closed_backward: WeekHours
    no_through: bool
    unread_count: int


class _Rule(NamedTuple):
    """One conditional value, and when it holds: None if that cannot be read."""

    value: str
    hours: WeekHours | None


def judge_access(tags: Mapping[str, str]) -> Access | str:
    """Say when a van may drive a way with a ``highway`` tag, or why not at all.

    Returns
    -------
    Access or str
        A reason in words, the same for all ways left out on the same ground, if never.
    """
    if tags.get("service") == "emergency_access":
        return "closed to vans by access tags"
    access = _first(tags, ACCESS_KEYS)
    rules = _conditions(tags, ACCESS_KEYS)
    uninvited = tags.get("highway") == "pedestrian" and access not in INVITED
    base = ALL_WEEK if uninvited or access in FORBIDDEN else NEVER
    closed = _closed(base, rules)
    if closed == ALL_WEEK:
        return "not a road for cars" if uninvited else "closed to vans by access tags"
    oneway_rules = _conditions(tags, ONEWAY_KEYS)
    forward, backward = _closed_by_direction(tags, oneway_rules)
    forward, backward = forward.joined(closed), backward.joined(closed)
    if forward == backward == ALL_WEEK:
        return "direction changes or both directions closed"
    opening = {value for value, hours in rules if hours and base == ALL_WEEK and value in INVITED}
    return Access(
        closed_forward=forward,
        closed_backward=backward,
        no_through=(opening or {access or ""}) <= TO_A_PLACE_ONLY,
        unread_count=sum(_is_lost(rule, base) for rule in (*rules, *oneway_rules)),
    )


def _conditions(tags: Mapping[str, str], keys: tuple[str, ...]) -> tuple[_Rule, ...]:
    """Return the conditional values of the most specific key that has one, or decides alone."""
    for key in keys:
        if text := tags.get(f"{key}:conditional"):
            return tuple(
                _Rule(value, parse_hours(condition)) for value, condition in parse_conditional(text)
            )
        if key in tags:
            break
    return ()


def _is_lost(rule: _Rule, base: WeekHours) -> bool:
    """Return whether a condition changes nothing because it cannot be read or be kept."""
    return rule.hours is None or (rule.value in TO_A_PLACE_ONLY and base == NEVER)


def _closed(base: WeekHours, rules: tuple[_Rule, ...]) -> WeekHours:
    closed = base
    for value, hours in rules:
        if hours is None:
            continue
        if value in FORBIDDEN:
            closed = closed.joined(hours)
        elif value in INVITED:
            closed = _without(closed, hours)
    return closed


def _without(closed: WeekHours, hours: WeekHours) -> WeekHours:
    return closed.others().joined(hours).others()


def _closed_by_direction(
    tags: Mapping[str, str], rules: tuple[_Rule, ...]
) -> tuple[WeekHours, WeekHours]:
    """Return when the way is closed along and against its nodes, whatever else closes it."""
    value = _first(tags, ONEWAY_KEYS)
    implied = tags.get("highway") == "motorway" or tags.get("junction") in (
        "roundabout",
        "circular",
    )
    forward = backward = NEVER
    if value in _BY_TURNS:  # open one way at a time: only conditions can tell when
        forward = backward = ALL_WEEK
    elif value in _AGAINST:
        forward = ALL_WEEK
    elif value in _ALONG or (implied and value not in _BOTH_WAYS):
        backward = ALL_WEEK
    for said, hours in rules:
        if hours is None:
            continue
        if said in _ALONG | _BOTH_WAYS:
            forward = _without(forward, hours)
        if said in _AGAINST | _BOTH_WAYS:
            backward = _without(backward, hours)
        if said in _ALONG | _BY_TURNS:
            backward = backward.joined(hours)
        if said in _AGAINST | _BY_TURNS:
            forward = forward.joined(hours)
    along = _first(tags, tuple(f"{key}:forward" for key in ACCESS_KEYS))
    against = _first(tags, tuple(f"{key}:backward" for key in ACCESS_KEYS))
    return (
        ALL_WEEK if along in FORBIDDEN else forward,
        ALL_WEEK if against in FORBIDDEN else backward,
    )


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

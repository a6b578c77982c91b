"""Turn restrictions as their relations tell them.

Decides which relations hold for a delivery van, always or at hours, and what they say. Leaves to
``banning`` which segments of a network they forbid.

References
----------
.. [1] https://wiki.openstreetmap.org/wiki/Relation:restriction
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from maps.hours import parse_conditional, parse_hours
from maps.reading.access import ACCESS_KEYS

VEHICLES: Final = ACCESS_KEYS[:4]
"""Kinds of vehicles that a van is, from the most to the least specific; ``restriction:goods``
wins over ``restriction``, and ``except=goods`` lets it off."""

KINDS: Final = frozenset(
    [
        "no_left_turn",
        "no_right_turn",
        "no_straight_on",
        "no_u_turn",
        "no_entry",
        "no_exit",
        "only_left_turn",
        "only_right_turn",
        "only_straight_on",
        "only_u_turn",
    ]
)

_OLD_TIME_KEYS: Final = ("day_on", "day_off", "hour_on", "hour_off")

Member = tuple[str, int, str]
"""Kind (n, w or r), number and role of a relation's member."""


@dataclass(frozen=True, slots=True)
class Restriction:
    """A turn restriction: what must not be driven, or must be.

    Attributes
    ----------
    relation_id, kind
        Its number, and one of ``KINDS``.
    from_ways, to_ways
        Ways that it leads from and to: one each, but for ``no_entry`` and ``no_exit``.
    via_node, via_ways
        The node between, or the ways between in the order to drive them.
    hours
        When it holds, as ``hours.parse_hours`` reads it; an empty text stands for always.
    """

    relation_id: int
    kind: str
    from_ways: tuple[int, ...]
    to_ways: tuple[int, ...]
    via_node: int | None
    via_ways: tuple[int, ...]
    hours: str


def judge_restriction(
    relation_id: int, tags: Mapping[str, str], members: Sequence[Member]
) -> tuple[Restriction, ...] | str:
    """Say what a ``type=restriction`` relation forbids a van, or why nothing.

    Returns
    -------
    tuple of Restriction, or str
        One for each kind and its hours; or a reason in words.
    """
    exempt = {value.strip() for value in tags.get("except", "").split(";")}
    if exempt & set(VEHICLES):
        return "not for vans"
    said = _kinds(tags)
    if isinstance(said, str):
        return said
    from_ways = _ways(members, "from")
    to_ways = _ways(members, "to")
    via_nodes = [number for kind, number, role in members if (kind, role) == ("n", "via")]
    via_ways = _ways(members, "via")
    if not from_ways or not to_ways or bool(via_nodes) == bool(via_ways) or len(via_nodes) > 1:
        return "members missing"
    return (
        tuple(
            Restriction(
                relation_id,
                kind,
                from_ways,
                to_ways,
                via_nodes[0] if via_nodes else None,
                via_ways,
                hours,
            )
            for kind, hours in said
            if len(from_ways) == 1 or kind == "no_entry"
            if len(to_ways) == 1 or kind == "no_exit"
        )
        or "too many members"
    )


def _ways(members: Sequence[Member], role: str) -> tuple[int, ...]:
    return tuple(number for kind, number, of in members if (kind, of) == ("w", role))


def _kinds(tags: Mapping[str, str]) -> list[tuple[str, str]] | str:
    """Return the kinds that hold for a van with their hours, or why none does."""
    if any(key in tags for key in _OLD_TIME_KEYS):
        return "hours that cannot be read"
    for key in (*(f"restriction:{vehicle}" for vehicle in VEHICLES), "restriction"):
        always, conditional = tags.get(key, ""), tags.get(f"{key}:conditional", "")
        if not (always or conditional):
            continue
        if always in KINDS:
            return [(always, "")]
        found = [
            (kind, hours.text)
            for kind, condition in parse_conditional(conditional)
            if kind in KINDS and (hours := parse_hours(condition)) is not None
        ]
        if found:
            return found
        return "hours that cannot be read" if conditional else "of an unknown kind"
    return "not for vans"

"""What a vehicle's factsheet says it can take, and where we would ask for more.

Decides which of it our orders keep to (how many nodes, how fine a line, no line at all) and which
nobody can keep to but who set up the fleet (ids too short, actions missing, a smaller payload than
is planned with): those are told as faults. A factsheet says as much or as little as its maker
likes, in the words of 2.1 or of 3.0: what is not understood limits nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final, Self

from maps.units import kilograms
from vehicles.spec import VanSpec
from vehicles.trip import ActionKind

LOAD_ID_LENGTH: Final = 64
"""Characters that the id of a parcel may have."""
ID_LENGTH_MORE: Final = 26 + LOAD_ID_LENGTH
"""Characters that an action's id may have besides its van's: time and number of the trip, what is
done, and the parcel."""
HANDLING: Final = frozenset((ActionKind.PICK.value, ActionKind.DROP.value))
NODES_MIN: Final = 2
"""An update has the node that it begins at, and one more: with fewer nobody gets anywhere."""
DEVIATION: Final = ".allowedDeviationXY"
KNOTS_MORE: Final = 2
"""A line of straight pieces has so many more knots than points."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a vehicle can take; None where it says nothing of it.

    Attributes
    ----------
    nodes_max
        In one order message.
    has_deviations
        Whether it lists that nodes may say how near is near enough.
    points_max
        Of an edge's line; 0 if it takes no line.
    id_length_max, load_id_length_max, only_numbers
        Of ids, and whether they may have nothing but digits.
    node_actions, instant_actions
        What it can do at nodes, and at once.
    payload_kg_max, speed_mps_max
        What it can carry, and how fast it is.
    """

    nodes_max: int | None = None
    has_deviations: bool = False
    points_max: int | None = None
    id_length_max: int | None = None
    load_id_length_max: int | None = None
    only_numbers: bool = False
    node_actions: frozenset[str] | None = None
    instant_actions: frozenset[str] | None = None
    payload_kg_max: float | None = None
    speed_mps_max: float | None = None

    @classmethod
    def of_factsheet(cls, sheet: object) -> Self:
        """Read a factsheet of either version, as plain values."""
        protocol = _object(sheet, "protocolLimits")
        arrays = _object(protocol, "maxArrayLens", "maximumArrayLengths")
        strings = _object(protocol, "maxStringLens", "maximumStringLengths")
        kind = _object(sheet, "typeSpecification")
        body = _object(sheet, "physicalParameters")
        features = _object(sheet, "protocolFeatures")
        edges = _count(arrays, "order.edges")
        return cls(
            nodes_max=_least(_count(arrays, "order.nodes"), None if edges is None else edges + 1),
            has_deviations=any(name.endswith(DEVIATION) for name in _listed(features)),
            points_max=0 if _refuses_lines(features) else _points_max(arrays),
            id_length_max=_count(strings, "idLen", "maximumIdLength"),
            load_id_length_max=_count(strings, "loadIdLen", "maximumLoadIdLength"),
            only_numbers=strings.get("idNumericalOnly") is True,
            node_actions=_actions(features, "NODE"),
            instant_actions=_actions(features, "INSTANT"),
            payload_kg_max=_number(kind, "maxLoadMass", "maximumLoadMass"),
            speed_mps_max=_number(body, "speedMax", "maximumSpeed"),
        )

    @property
    def can_start(self) -> bool | None:
        """Return whether it begins charging when it is told to at a node; None: it says nothing."""
        known = self.node_actions
        return None if known is None else ActionKind.START_CHARGING.value in known

    @property
    def can_stop(self) -> bool | None:
        """Return whether it ends charging when it is told to at once; None: it says nothing."""
        known = self.instant_actions
        return None if known is None else ActionKind.STOP_CHARGING.value in known

    def faults(self, van_id: str, spec: VanSpec) -> tuple[str, ...]:
        """Return where we may ask for more than the vehicle can, for people; none if nowhere."""
        found = []
        if self.nodes_max is not None and self.nodes_max < NODES_MIN:
            found.append(f"it takes orders of one node, ours have {NODES_MIN} at least")
        id_length = len(van_id) + ID_LENGTH_MORE
        if self.only_numbers:
            found.append("it takes ids of digits only, and ours have letters")
        for what, limit, longest in (
            ("ids", self.id_length_max, id_length),
            ("ids of loads", self.load_id_length_max, LOAD_ID_LENGTH),
        ):
            if limit is not None and limit < longest:
                found.append(f"it takes {what} of {limit} characters, ours may have {longest}")
        if self.node_actions is not None:
            missing = sorted(HANDLING - self.node_actions)
            found += [f"it cannot {name} at a node" for name in missing]
            if not self.can_start:
                found.append("it cannot startCharging at a node, so it is not told to charge")
            elif ActionKind.STOP_CHARGING.value not in self.node_actions and not self.can_stop:
                found.append("it cannot stopCharging, so it is not told to charge")
        planned_kg = kilograms(spec.payload_g)
        if self.payload_kg_max is not None and self.payload_kg_max < planned_kg:
            found.append(f"it carries {self.payload_kg_max:g} kg, planned are {planned_kg:g}")
        if self.speed_mps_max is not None and self.speed_mps_max < spec.speed_mps_max - 0.01:
            planned = f"{spec.speed_mps_max:.2f}"
            found.append(f"it drives {self.speed_mps_max:g} m/s, planned are {planned}")
        return tuple(found)


def is_by(sheet: object, manufacturer: str, van_id: str) -> bool:
    """Return whether a factsheet, as plain values, says that it is a vehicle's own."""
    if not isinstance(sheet, Mapping):
        return False
    return (sheet.get("manufacturer"), sheet.get("serialNumber")) == (manufacturer, van_id)


UNLIMITED: Final = Limits()
"""Of a vehicle that says nothing."""


def thinned(points: Sequence[tuple[float, float]], count_max: int) -> list[tuple[float, float]]:
    """Return at most so many of a line's points (2 at least), each next the one missed most.

    The ends stay; between them the points follow that lie farthest from the line without them.
    """
    kept = [0, len(points) - 1]
    while len(kept) < min(count_max, len(points)):
        worst = max(
            (
                (_off(points[at], points[a], points[b]), -at)
                for a, b in pairwise(kept)
                for at in range(a + 1, b)
            ),
        )
        kept = sorted((*kept, -worst[1]))
    return [points[at] for at in kept]


def _off(point: tuple[float, float], start: tuple[float, float], end: tuple[float, float]) -> float:
    """Return the squared distance of a point from a straight piece."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    px, py = point[0] - start[0], point[1] - start[1]
    length2 = dx * dx + dy * dy
    along = 0.0 if length2 == 0 else min(1.0, max(0.0, (px * dx + py * dy) / length2))
    return (px - along * dx) ** 2 + (py - along * dy) ** 2


def _object(value: object, *keys: str) -> Mapping[str, Any]:
    """Return what stands under the first key that holds an object; an empty one if none does."""
    for key in keys:
        found = value.get(key) if isinstance(value, Mapping) else None
        if isinstance(found, Mapping):
            return found
    return {}


def _number(value: Mapping[str, Any], *keys: str) -> float | None:
    """Return the first positive number under the keys: 0 says that there is no limit."""
    for key in keys:
        found = value.get(key)
        if isinstance(found, int | float) and not isinstance(found, bool) and found > 0:
            return found
    return None


def _count(value: Mapping[str, Any], *keys: str) -> int | None:
    found = _number(value, *keys)
    return None if found is None else int(min(found, 2**31))


def _least(*limits: int | None) -> int | None:
    return min((limit for limit in limits if limit is not None), default=None)


def _points_max(arrays: Mapping[str, Any]) -> int | None:
    knots = _count(arrays, "trajectory.knotVector")
    points = _least(
        _count(arrays, "trajectory.controlPoints"),
        None if knots is None else knots - KNOTS_MORE,
    )
    return points if points is None or points >= 2 else 0


def _refuses_lines(features: Mapping[str, Any]) -> bool:
    """Return whether a vehicle lists what it takes besides the necessary, but no line."""
    names = _listed(features)
    return bool(names) and not any(".trajectory" in name for name in names)


def _listed(features: Mapping[str, Any]) -> list[str]:
    """Return the names of the keys that the standard leaves open and a vehicle uses."""
    listed = features.get("optionalParameters")
    if not isinstance(listed, list):
        return []
    return [str(one.get("parameter")) if isinstance(one, Mapping) else "" for one in listed]


def _actions(features: Mapping[str, Any], scope: str) -> frozenset[str] | None:
    """Return the actions that a vehicle lists for a scope; None if it lists no actions at all."""
    for key in ("agvActions", "mobileRobotActions"):
        listed = features.get(key)
        if isinstance(listed, list) and listed:
            return frozenset(
                str(one.get("actionType"))
                for one in listed
                if isinstance(one, Mapping) and scope in _scopes(one)
            )
    return None


def _scopes(action: Mapping[str, Any]) -> list[Any]:
    scopes = action.get("actionScopes")
    return scopes if isinstance(scopes, list) else []

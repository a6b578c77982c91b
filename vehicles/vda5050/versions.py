"""The standard's other versions on the wire: our messages are those of 2.1, written and read so.

Decides what a message of 2.0 or 3.0 is called in the words of 2.1, key by key: the rest of the
program knows no other. Version 3.0 renames much and means the same by it; what it has besides
(zones, requests, planned paths) is not read. Where one version tells fewer things apart than the
other, the tables say which word stands for which. Version 2.0 differs only in the one key under
which instant actions stand.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from vehicles.vda5050.dialect import Version
from vehicles.vda5050.order import BlockingType, InstantActions, Order
from vehicles.vda5050.state import Connection, State
from vehicles.vda5050.wire import WireModel, parsed, plain_of, shown, structured

type Shape = Mapping[str, Renamed]

NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})

INSTANT_TYPES: Final = ("cancelOrder", "stateRequest", "factsheetRequest")
"""What can be done at once only: in 3.0 their states stand apart from those of an order's."""


class Renamed(NamedTuple):
    """What a key of 2.1 is called in 3.0, what lies under it, and the words it may hold.

    ``newer`` says words of 2.1 in 3.0, ``older`` those of 3.0 in 2.1.
    """

    key: str
    inside: Shape = NOTHING
    newer: Mapping[str, str] = NOTHING
    older: Mapping[str, str] = NOTHING


POSITION: Final[Shape] = {"positionInitialized": Renamed("localized")}
ACTION: Final[Shape] = {"actionDescription": Renamed("actionDescriptor")}
ACTION_STATE: Final[Shape] = {
    "actionDescription": Renamed("actionDescriptor"),
    "resultDescription": Renamed("actionResult"),
    # We allow no retrying; a van that waits for it all the same has not ended the action.
    "actionStatus": Renamed("actionStatus", older={"RETRIABLE": "PAUSED"}),
}
NODE: Final[Shape] = {
    "nodeDescription": Renamed("nodeDescriptor"),
    "actions": Renamed("actions", ACTION),
}
EDGE: Final[Shape] = {
    "maxSpeed": Renamed("maximumSpeed"),
    "actions": Renamed("actions", ACTION),
}
ERROR: Final[Shape] = {
    "errorType": Renamed(
        "errorType",
        newer={
            "validationError": "VALIDATION_FAILURE",
            "orderError": "INVALID_ORDER_ACTION",
            "orderUpdateError": "OUTDATED_ORDER_UPDATE",
            "noRouteError": "START_NODE_OUT_OF_RANGE",
            "noOrderToCancel": "NO_ORDER_TO_CANCEL",
            "instantActionError": "INVALID_INSTANT_ACTION",
        },
        older={"NO_ORDER_TO_CANCEL": "noOrderToCancel"},
    ),
    # URGENT: it goes on all the same. CRITICAL: it stops, as with FATAL.
    "errorLevel": Renamed("errorLevel", older={"URGENT": "WARNING", "CRITICAL": "FATAL"}),
}
STATE: Final[Shape] = {
    "agvPosition": Renamed("mobileRobotPosition", POSITION),
    "actionStates": Renamed("actionStates", ACTION_STATE),
    "batteryState": Renamed(
        "powerSupply", {"batteryCharge": Renamed("stateOfCharge"), "reach": Renamed("range")}
    ),
    "errors": Renamed("errors", ERROR),
    "operatingMode": Renamed(
        "operatingMode",
        newer={"TEACHIN": "TEACH_IN"},
        # Neither takes orders: the van starts up, or somebody moves it by hand.
        older={"TEACH_IN": "TEACHIN", "STARTUP": "SERVICE", "INTERVENED": "MANUAL"},
    ),
    "safetyState": Renamed(
        "safetyState", {"eStop": Renamed("activeEmergencyStop", newer={"AUTOACK": "MANUAL"})}
    ),
}
CONNECTION: Final[Shape] = {
    "connectionState": Renamed(
        "connectionState",
        newer={"CONNECTIONBROKEN": "CONNECTION_BROKEN"},
        older={"CONNECTION_BROKEN": "CONNECTIONBROKEN", "HIBERNATING": "OFFLINE"},
    )
}
SHAPES: Final[Mapping[type[WireModel], Shape]] = {
    Order: {"nodes": Renamed("nodes", NODE), "edges": Renamed("edges", EDGE)},
    InstantActions: {"actions": Renamed("actions", ACTION)},
    State: STATE,
    Connection: CONNECTION,
}


def written(message: WireModel, version: Version) -> bytes:
    """Write a message as a van of a version reads it, or as such a van would write it.

    Raises
    ------
    KeyError
        If the message is of a kind that is not spoken in this version.
    """
    if version is Version.V2_1:
        return message.encode()
    content = {**plain_of(message), "version": version.number}
    if version is Version.V2_0:
        if isinstance(message, InstantActions):
            content["instantActions"] = content.pop("actions")
        return shown(content)
    content = _renamed(content, SHAPES[type(message)])
    match message:
        case Order():
            _mend_order(content)
        case InstantActions():
            for action in content["actions"]:
                action["blockingType"] = BlockingType.NONE.value  # nothing else is allowed
        case State():
            _part_action_states(content)
        case _:
            pass
    return shown(content)


def read[M: WireModel](model: type[M], payload: bytes, version: Version) -> M:
    """Parse a message of a version.

    Raises
    ------
    BadMessageError
        Whatever is wrong with it.
    """
    is_renamed = version is Version.V2_0 and model is InstantActions
    if version is not Version.V3_0 and not is_renamed:
        return model.decode(payload)
    content = parsed(model, payload)
    if isinstance(content, dict):
        if is_renamed and "instantActions" in content:
            content["actions"] = content.pop("instantActions")
        elif version is Version.V3_0:
            content = _renamed(content, _INVERSE[model])
            if model is Order:
                _restore_order(content)
            elif model is State:
                _join_action_states(content)
    return structured(model, content)


# How


def _renamed(value: Any, shape: Shape) -> Any:
    """Return a value with its keys and words as ``shape`` says; what it knows nothing of stays."""
    if isinstance(value, list | tuple):
        return [_renamed(one, shape) if isinstance(one, dict) else one for one in value]
    if not isinstance(value, dict) or not shape:
        return value
    found = {}
    for key, inner in value.items():
        told = shape.get(key)
        if told is None:
            found[key] = inner
        else:
            found[told.key] = _word(_renamed(inner, told.inside), told.newer)
    return found


def _word(value: Any, words: Mapping[str, str]) -> Any:
    return words.get(value, value) if isinstance(value, str) else value


def _turned(shape: Shape) -> Shape:
    """Return the shape that leads from 3.0 back to 2.1."""
    return {
        told.key: Renamed(key, _turned(told.inside), newer=told.older, older=told.newer)
        for key, told in shape.items()
    }


def _mend_order(content: dict[str, Any]) -> None:
    """Say what 3.0 says otherwise than by a name: edges without ends, deviations as ellipses."""
    for edge in content["edges"]:
        del edge["startNodeId"], edge["endNodeId"]
    for node in content["nodes"]:
        position = node.get("nodePosition", {})
        if "allowedDeviationXY" in position:
            radius_m = position["allowedDeviationXY"]
            position["allowedDeviationXY"] = {"a": radius_m, "b": radius_m, "theta": 0.0}


def _restore_order(content: dict[str, Any]) -> None:
    """Name the ends of edges and give deviations as radii, as far as the message is an order."""
    nodes, edges = content.get("nodes"), content.get("edges")
    if not isinstance(nodes, list) or not isinstance(edges, list):
        return
    ids = [node.get("nodeId") if isinstance(node, dict) else None for node in nodes]
    for edge, start, end in zip(edges, ids, ids[1:], strict=False):
        if isinstance(edge, dict):
            edge["startNodeId"], edge["endNodeId"] = start, end
    for node in nodes:
        position = node.get("nodePosition") if isinstance(node, dict) else None
        ellipse = position.get("allowedDeviationXY") if isinstance(position, dict) else None
        if isinstance(position, dict) and isinstance(ellipse, dict):
            position["allowedDeviationXY"] = ellipse.get("b")  # the smaller half axis


def _part_action_states(content: dict[str, Any]) -> None:
    """Put the states of instant actions where 3.0 has them."""
    states = content["actionStates"]
    content["instantActionStates"] = [s for s in states if s.get("actionType") in INSTANT_TYPES]
    content["actionStates"] = [s for s in states if s.get("actionType") not in INSTANT_TYPES]


def _join_action_states(content: dict[str, Any]) -> None:
    """Put the states of instant actions where 2.1 has them; drop lines that nobody here reads."""
    states = content.get("actionStates")
    instant = _renamed(content.pop("instantActionStates", []), _INVERSE_ACTION_STATE)
    if isinstance(states, list) and isinstance(instant, list):
        content["actionStates"] = [*states, *instant]
    for part in ("nodeStates", "edgeStates"):
        parts = content.get(part)
        for one in parts if isinstance(parts, list) else ():
            if isinstance(one, dict):
                one.pop("trajectory", None)  # 3.0 requires less of it than 2.1
                one.pop("nodePosition", None)


_INVERSE_ACTION_STATE: Final = _turned(ACTION_STATE)
_INVERSE: Final = {model: _turned(shape) for model, shape in SHAPES.items()}

"""The AsyncAPI 3.0 document of the MQTT side, made from the models that read and write it.

Decides which message stands on which topic, at which quality of service, and who says it; what is
in a message the models say. "receive" and "send" are the dispatcher's own side.
"""

import importlib.metadata
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, Literal

from pydantic.json_schema import models_json_schema

from dispatcher import announcing
from dispatcher.announcing import Announcement
from dispatcher.api.app import DISTRIBUTION, TITLE
from dispatcher.core.holds import HoldKind
from dispatcher.live.status import ServiceState
from dispatcher.live.warehouse import (
    INCIDENTS_TOPIC,
    Accepted,
    Cancelled,
    CancelRequest,
    Loaded,
    Loading,
    ParcelEvent,
    Presence,
    Rejected,
    RoadIncident,
    Withdrawal,
    Withdrawn,
    depot_topic,
    events_topic,
    presence_topic,
)
from vehicles.vda5050 import wire
from vehicles.vda5050.dialect import USUAL
from vehicles.vda5050.factsheet import Factsheet
from vehicles.vda5050.order import InstantActions, Order
from vehicles.vda5050.state import Connection, State
from vehicles.vda5050.topics import INTERFACE_NAME, TopicKind

SCHEMAS: Final = "#/components/schemas/"
STATUS: Final = "DepotStatus"
PARAMETERS: Final = {
    "depotId": "A depot of the fleet file.",
    "dispatcherId": "A dispatcher: the first by id of the depots that it serves.",
    "parcelId": "A parcel, as its warehouse names it.",
    "manufacturer": "Of the van, as VDA 5050 has it in topics.",
    "serialNumber": "The van's id.",
}


@dataclass(frozen=True, slots=True)
class Channel:
    """A topic and the one message on it.

    ``message`` is a model, or the name of a schema that no model makes.
    """

    name: str
    address: str
    action: Literal["receive", "send"]
    message: type[announcing.WireModel] | type[wire.WireModel] | str
    qos: int = 1
    retain: bool = False

    @property
    def message_name(self) -> str:
        """Return the message's name."""
        return self.message if isinstance(self.message, str) else self.message.__name__


def _of_depot(tail: str) -> str:
    return depot_topic("{depotId}", tail)


def _of_van(kind: TopicKind) -> str:
    return f"{INTERFACE_NAME}/v{USUAL.version.major}/{{manufacturer}}/{{serialNumber}}/{kind.value}"


CHANNELS: Final = (
    Channel("announcements", _of_depot("parcels"), "receive", Announcement),
    Channel("cancellations", _of_depot("parcels/cancel"), "receive", CancelRequest),
    Channel("loadedReports", _of_depot("loaded"), "receive", Loaded),
    Channel("withdrawnReports", _of_depot("loading/withdrawn"), "receive", Withdrawn),
    Channel("incidents", INCIDENTS_TOPIC, "receive", RoadIncident),
    Channel("acceptances", _of_depot("parcels/accepted"), "send", Accepted),
    Channel("rejections", _of_depot("parcels/rejected"), "send", Rejected),
    Channel("cancelled", _of_depot("parcels/cancelled"), "send", Cancelled),
    Channel("loading", _of_depot("loading"), "send", Loading),
    Channel("withdrawals", _of_depot("loading/withdraw"), "send", Withdrawal),
    Channel("parcelEvents", events_topic("{parcelId}"), "send", ParcelEvent),
    Channel("depotStatus", _of_depot("status"), "send", STATUS, qos=0, retain=True),
    Channel("presence", presence_topic("{dispatcherId}"), "send", Presence, retain=True),
    Channel("orders", _of_van(TopicKind.ORDER), "send", Order),
    Channel("instantActions", _of_van(TopicKind.INSTANT_ACTIONS), "send", InstantActions),
    Channel("states", _of_van(TopicKind.STATE), "receive", State, qos=0),
    Channel("connections", _of_van(TopicKind.CONNECTION), "receive", Connection, retain=True),
    Channel("factsheets", _of_van(TopicKind.FACTSHEET), "receive", Factsheet, retain=True),
)


def asyncapi() -> dict[str, Any]:
    """Return the document."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": TITLE,
            "version": importlib.metadata.version(DISTRIBUTION),
            "description": "What the dispatcher says and hears over MQTT 3.1.1: warehouses, the "
            "world, and vans by VDA 5050 2.1 (3.0 by its own topics and words). Receivers see "
            "some messages twice, and tell by ids.",
        },
        "defaultContentType": "application/json",
        "servers": {"broker": {"host": "127.0.0.1:1883", "protocol": "mqtt"}},
        "channels": {one.name: _channel(one) for one in CHANNELS},
        "operations": {f"{one.action}_{one.name}": _operation(one) for one in CHANNELS},
        "components": {
            "messages": {
                one.message_name: {
                    "name": one.message_name,
                    "payload": {"$ref": f"{SCHEMAS}{one.message_name}"},
                }
                for one in CHANNELS
            },
            "schemas": dict(sorted(_schemas())),
        },
    }


def _channel(channel: Channel) -> dict[str, Any]:
    names = re.findall(r"\{(\w+)\}", channel.address)
    parameters = {name: {"description": PARAMETERS[name]} for name in names}
    name = channel.message_name
    return {
        "address": channel.address,
        **({"parameters": parameters} if parameters else {}),
        "messages": {name: {"$ref": f"#/components/messages/{name}"}},
    }


def _operation(channel: Channel) -> dict[str, Any]:
    path = f"#/channels/{channel.name}"
    return {
        "action": channel.action,
        "channel": {"$ref": path},
        "messages": [{"$ref": f"{path}/messages/{channel.message_name}"}],
        "bindings": {"mqtt": {"qos": channel.qos, "retain": channel.retain}},
    }


def _schemas() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the schema of every message and of all that is in them, by name."""
    ours: list[type[announcing.WireModel]] = []
    standard: list[type[wire.WireModel]] = []
    for channel in CHANNELS:
        message = channel.message
        if isinstance(message, str):
            continue
        if issubclass(message, announcing.WireModel):
            ours.append(message)
        else:
            standard.append(message)
    _, made = models_json_schema(
        [(model, "validation") for model in ours], ref_template=f"{SCHEMAS}{{model}}"
    )
    yield from made["$defs"].items()
    for name, schema in wire.schemas_of(tuple(standard), f"{SCHEMAS}{{name}}").items():
        yield name, _in_order(schema)
    yield STATUS, STATUS_SCHEMA


def _in_order(part: Any) -> Any:
    """Return a schema whose alternatives stand in one order: they come out of a set."""
    if isinstance(part, dict):
        return {
            key: sorted(map(_in_order, inner), key=json.dumps)
            if key == "anyOf"
            else _in_order(inner)
            for key, inner in part.items()
        }
    return [_in_order(inner) for inner in part] if isinstance(part, list) else part


_COUNT: Final = {"type": "integer", "minimum": 0}
_COUNTS: Final = {"type": "object", "additionalProperties": _COUNT}
_MAYBE_NUMBER: Final = {"type": ["number", "null"]}

STATUS_SCHEMA: Final[dict[str, Any]] = {
    "title": STATUS,
    "description": "How a depot is doing: told about every second, by hand rather than by a model, "
    "as it is written often and read by screens. Retained, so it may be of a dispatcher that is "
    "gone: that is said on the presence of dispatcher_id, and it is the same as long as "
    "instance_id is. The last word of a depot that has ended by a fault may say no more than "
    "depot_id, at, dispatcher_id, instance_id, state and fault.",
    "type": "object",
    "properties": {
        "depot_id": {"type": "string"},
        "at": {"type": "string", "format": "date-time"},
        "dispatcher_id": {"type": "string"},
        "instance_id": {"type": "string"},
        "state": {"enum": [state.value for state in ServiceState]},
        "fault": {"type": ["string", "null"]},
        "announced": _COUNT,
        "refused": _COUNT,
        "forgotten": _COUNT,
        "parcels": _COUNTS,
        "vans": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "van_id": {"type": "string"},
                    "known": {"type": "boolean"},
                    "stuck": {"type": "boolean"},
                    "charging": {"type": "boolean"},
                    "lon": _MAYBE_NUMBER,
                    "lat": _MAYBE_NUMBER,
                    "battery_mwh": _COUNT,
                    "trip_id": {"type": ["string", "null"]},
                    "held": {"type": "boolean"},
                },
            },
        },
        "trips": _COUNTS,
        "replan_count": _COUNT,
        "replans": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "at": {"type": "string", "format": "date-time"},
                    "cause": {"type": "string"},
                    "vans": {"type": "array", "items": {"type": "string"}},
                },
            },
        },
        "incidents": {"type": "array", "items": {"type": "string"}},
        "hold_count": _COUNT,
        "holds": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "kind": {"enum": [kind.value for kind in HoldKind]},
                    "subject_id": {"type": "string"},
                    "by": {"type": "string"},
                    "reason": {"type": "string"},
                    "since": {"type": "string", "format": "date-time"},
                },
            },
        },
        "events_handled": _COUNT,
        "started_count": _COUNT,
        "workers_ready": {"type": "boolean"},
        "lag_s_now": {"type": "number", "minimum": 0},
        "lag_s_max": {"type": "number", "minimum": 0},
    },
}

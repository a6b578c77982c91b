"""Who speaks on the broker, and what each may say and hear: the one list of rights.

Decides names and topics, both narrow: a van says and hears its own topics, a warehouse those of
its depot, the dispatcher what it needs. Formats are left to ``mosquitto`` and ``nats``.
"""

from dataclasses import dataclass
from typing import Final

from dispatcher.inputs.fleet import FleetModel, VansModel, van_ids
from dispatcher.live.warehouse import INCIDENTS_TOPIC, depot_topic, events_topic, presence_topic
from vehicles.presets import preset
from vehicles.vda5050.dialect import Version
from vehicles.vda5050.topics import TopicKind, subscriptions, topic

VAN_SAYS: Final = (
    TopicKind.STATE,
    TopicKind.VISUALIZATION,
    TopicKind.CONNECTION,
    TopicKind.FACTSHEET,
)
VAN_HEARS: Final = (TopicKind.ORDER, TopicKind.INSTANT_ACTIONS)
WAREHOUSE_SAYS: Final = ("parcels", "parcels/cancel", "loaded", "loading/withdrawn")
WAREHOUSE_HEARS: Final = (
    "parcels/accepted",
    "parcels/rejected",
    "parcels/cancelled",
    "loading",
    "loading/withdraw",
)
ANY: Final = "+"
EVENTS_TOPIC: Final = events_topic(ANY)
STATUS_TOPIC: Final = depot_topic(ANY, "status")
PRESENCE_TOPIC: Final = presence_topic(ANY)
NOTHING: Final = ("robovan/v1/nothing",)
"""Who has nothing to say may say it where nobody listens: an empty list is leave to say anything
on NATS."""


@dataclass(frozen=True, slots=True)
class User:
    """One user of the broker; ``says`` and ``hears`` are MQTT topic filters."""

    name: str
    says: tuple[str, ...]
    hears: tuple[str, ...]


DISPATCHER: Final = User(
    "dispatcher",
    says=(
        *subscriptions(*VAN_HEARS),
        *(depot_topic(ANY, tail) for tail in WAREHOUSE_HEARS),
        STATUS_TOPIC,
        PRESENCE_TOPIC,
        EVENTS_TOPIC,
    ),
    hears=(
        *subscriptions(*VAN_SAYS),
        *(depot_topic(ANY, tail) for tail in WAREHOUSE_SAYS),
        INCIDENTS_TOPIC,
    ),
)

STATES: Final = User(
    "dispatcher-states",
    says=NOTHING,
    hears=subscriptions(TopicKind.STATE, TopicKind.CONNECTION, TopicKind.FACTSHEET),
)
"""The dispatcher's second connection, by which it hears vans (``live.statelink``)."""

WORLD: Final = User("world", says=(INCIDENTS_TOPIC,), hears=())
"""Whoever reports closures and jams."""

SCREENS: Final = User("screens", says=NOTHING, hears=(EVENTS_TOPIC, STATUS_TOPIC, PRESENCE_TOPIC))
"""Screens, shops and whoever else follows parcels and depots: they hear, and say nothing."""


def users_of(fleet: FleetModel) -> tuple[User, ...]:
    """Return all users of a fleet's broker: dispatcher, world, screens, warehouses, vans."""
    warehouses = tuple(warehouse_user(depot.id) for depot in fleet.depots)
    vans = tuple(
        van_user(_manufacturer(entry), van_id, Version(entry.vda5050.version))
        for entry in fleet.vans
        for van_id in van_ids(entry)
    )
    return (DISPATCHER, STATES, WORLD, SCREENS, *warehouses, *vans)


def warehouse_user(depot_id: str) -> User:
    """Return the user of one depot's warehouse; it hears whether its dispatcher is there."""
    return User(
        f"warehouse-{depot_id}",
        tuple(depot_topic(depot_id, tail) for tail in WAREHOUSE_SAYS),
        (*(depot_topic(depot_id, tail) for tail in WAREHOUSE_HEARS), PRESENCE_TOPIC),
    )


def van_user(manufacturer: str, van_id: str, version: Version = Version.V2_1) -> User:
    """Return the user of one van that speaks a version of the standard."""
    return User(
        f"van-{van_id}",
        tuple(topic(manufacturer, van_id, kind, version) for kind in VAN_SAYS),
        tuple(topic(manufacturer, van_id, kind, version) for kind in VAN_HEARS),
    )


def _manufacturer(vans: VansModel) -> str:
    own = vans.specification
    return preset(vans.model or "").manufacturer if own is None else own.manufacturer

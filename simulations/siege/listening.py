"""What a siege hears of the dispatcher over the broker: its status, and the events of parcels.

Decides when a day is over: all parcels announced have come to an end, and no trip is open, for a
while. Whatever else is heard is kept for the ledger.
"""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from dispatcher.live.mqtt import MqttLink
from dispatcher.live.warehouse import depot_topic
from dispatcher.ports import Incoming
from simulations.siege.evidence import Told

logger = logging.getLogger(__name__)

OPEN_PARCELS: Final = ("waiting", "held", "ordered", "aboard", "returning")
OPEN_TRIPS: Final = ("ordered", "underway", "cancelling")
EVENTS_TOPICS: Final = "robovan/v1/parcels/+/events"


@dataclass(slots=True)
class Ear:
    """Listens to one depot.

    Attributes
    ----------
    status
        The newest that was heard; ``status_count`` how many there were.
    heard
        Events of parcels.
    """

    link: MqttLink
    depot_id: str
    status: Mapping[str, Any] = field(default_factory=dict)
    status_count: int = 0
    heard: set[Told] = field(default_factory=set)

    async def listen(self) -> None:
        """Take in what is said, for ever."""
        await self.link.subscribe(depot_topic(self.depot_id, "status"), qos=0)
        await self.link.subscribe(EVENTS_TOPICS, qos=1)
        async for message in self.link.messages():
            self._hear(message)
            self.link.acknowledge(message)

    @property
    def started_count(self) -> int:
        """Return how often the dispatcher was started, as it said last."""
        return int(self.status.get("started_count", 0))

    def counts(self) -> dict[str, int]:
        """Return how many parcels were announced, and stand where."""
        parcels = self.status.get("parcels", {})
        return {"announced": int(self.status.get("announced", 0)), **parcels}

    def is_quiet(self, announced: int) -> bool:
        """Return whether so many parcels were announced, and all parcels and trips are over."""
        parcels, trips = self.status.get("parcels", {}), self.status.get("trips", {})
        return (
            self.status.get("announced") == announced
            and not any(parcels.get(one) for one in OPEN_PARCELS)
            and not any(trips.get(one) for one in OPEN_TRIPS)
        )

    def _hear(self, message: Incoming) -> None:
        said = json.loads(message.payload)
        if message.topic.endswith("/status"):
            if not message.retained:  # else it may be of a dispatcher that is dead
                self.status = said
                self.status_count += 1
            return
        one = Told(said["parcel_id"], said["number"], said["kind"], said["detail"])
        self.heard.add(one)

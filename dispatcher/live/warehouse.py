"""What warehouses, roads and the dispatcher say to each other: topics and messages.

This file is the wire contract beside VDA 5050: add to it, never rename. Unknown keys are ignored,
all else is strict. Leaves what becomes of a message to ``intake`` (in) and ``telling`` (out).

================================================ ==============================================
``robovan/v1/depots/{depot}/parcels``            in: ``Announcement``
``robovan/v1/depots/{depot}/parcels/cancel``     in: ``CancelRequest``
``robovan/v1/depots/{depot}/loaded``             in: ``Loaded``
``robovan/v1/depots/{depot}/loading/withdrawn``  in: ``Withdrawn``
``robovan/v1/roads/incidents``                   in: ``RoadIncident``
``robovan/v1/depots/{depot}/parcels/accepted``   out: ``Accepted``
``robovan/v1/depots/{depot}/parcels/rejected``   out: ``Rejected``
``robovan/v1/depots/{depot}/parcels/cancelled``  out: ``Cancelled``
``robovan/v1/depots/{depot}/loading``            out: ``Loading``
``robovan/v1/depots/{depot}/loading/withdraw``   out: ``Withdrawal``
``robovan/v1/parcels/{parcel}/events``           out: ``ParcelEvent``
``robovan/v1/depots/{depot}/status``             out, retained: see ``status``
``robovan/v1/dispatchers/{dispatcher}/presence`` out, retained: ``Presence``
================================================ ==============================================

All at QoS 1 but the status; receivers see some messages twice and tell by their ids.
"""

from typing import Annotated, Final, Literal, Self

from pydantic import Field, model_validator

from dispatcher.announcing import Identifier, Timestamp, WireModel
from maps.incident_rules import form_faults
from maps.incidents import Incident
from maps.places import LonLat

DEPOTS: Final = "robovan/v1/depots"
DISPATCHERS: Final = "robovan/v1/dispatchers"
INCIDENTS_TOPIC: Final = "robovan/v1/roads/incidents"

SPEED_RATIO_MIN: Final = 0.001
"""Roads slower than this are closed: nobody drives them, and times on them fit no number. Assumed:
a fast road at 0.1 km/h."""

WayId = Annotated[int, Field(gt=0, lt=2**63)]


class CancelRequest(WireModel):
    """A warehouse wants a parcel back."""

    parcel_id: Identifier
    reason: Annotated[str, Field(max_length=256)] = ""


class Loaded(WireModel):
    """What a warehouse really put into a van for a trip, once it is done with loading it.

    Of the loading list it names what is aboard, and beside that what was put in by mistake. What it
    leaves out is still at the depot and is not put in later: it goes to other vans.
    """

    trip_id: Annotated[str, Field(min_length=1, max_length=256)]
    parcel_ids: Annotated[tuple[Identifier, ...], Field(max_length=10_000)]


class Withdrawn(WireModel):
    """A warehouse loads no more of a trip, whatever else it hears; ``parcel_ids``: what it put in.

    What it leaves out is still at the depot then, and may be loaded into another van.
    """

    trip_id: Annotated[str, Field(min_length=1, max_length=256)]
    parcel_ids: Annotated[tuple[Identifier, ...], Field(max_length=10_000)]


class Point(WireModel):
    """A place in a message."""

    lon: Annotated[float, Field(ge=-180, le=180)]
    lat: Annotated[float, Field(ge=-90, le=90)]


class RoadIncident(WireModel):
    """A closure (``speed_ratio`` 0) or slowdown; see ``maps.incidents.Incident``.

    It says where by a line with a buffer, by ways of OpenStreetMap or by a polygon; at least one
    of them, and of several each counts. What is slowed to less than ``SPEED_RATIO_MIN`` is taken
    for closed.
    """

    incident_id: Annotated[str, Field(min_length=1, max_length=64)]
    line: Annotated[tuple[Point, ...], Field(max_length=1000)] = ()
    way_ids: Annotated[tuple[WayId, ...], Field(max_length=1000)] = ()
    polygon: Annotated[tuple[Point, ...], Field(max_length=1000)] = ()
    buffer_m: Annotated[int, Field(ge=0, le=1000)] = 15
    speed_ratio: Annotated[float, Field(ge=0, le=1)]
    starts_at: Timestamp
    ends_at: Timestamp

    @model_validator(mode="after")
    def _can_be_meant(self) -> Self:
        faults = form_faults(self.incident())
        if faults:
            raise ValueError("; ".join(faults))
        return self

    def incident(self) -> Incident:
        """Return the incident."""
        return Incident(
            incident_id=self.incident_id,
            line=tuple(LonLat(point.lon, point.lat) for point in self.line),
            buffer_m=self.buffer_m,
            speed_ratio=self.speed_ratio if self.speed_ratio >= SPEED_RATIO_MIN else 0.0,
            starts_at=self.starts_at,
            ends_at=self.ends_at,
            way_ids=self.way_ids,
            polygon=tuple(LonLat(point.lon, point.lat) for point in self.polygon),
        )

    @classmethod
    def of(cls, incident: Incident) -> Self:
        """Return the message that reports an incident."""
        return cls(
            incident_id=incident.incident_id,
            line=tuple(Point(lon=place.lon, lat=place.lat) for place in incident.line),
            way_ids=incident.way_ids,
            polygon=tuple(Point(lon=place.lon, lat=place.lat) for place in incident.polygon),
            buffer_m=incident.buffer_m,
            speed_ratio=incident.speed_ratio,
            starts_at=incident.starts_at,
            ends_at=incident.ends_at,
        )


class Accepted(WireModel):
    """The dispatcher takes a parcel on."""

    parcel_id: str


class Rejected(WireModel):
    """An announcement or a cancellation cannot be followed."""

    parcel_id: str
    reasons: tuple[str, ...]


class Cancelled(WireModel):
    """A parcel is cancelled; ``aboard``: it will come back with its van."""

    parcel_id: str
    aboard: bool


class Loading(WireModel):
    """A van to be loaded at a dock: parcels in loading sequence, last stop first.

    ``from_at`` and ``until_at`` are the slot of time that is planned for it. A later message for
    the same trip replaces this one.
    """

    trip_id: str
    van_id: str
    dock: int
    parcel_ids: tuple[str, ...]
    from_at: Timestamp
    until_at: Timestamp


class Withdrawal(WireModel):
    """A trip to be loaded no more: its van is away. Answered by ``Withdrawn``, and by nothing else.

    It holds for ever, also if it overtakes the trip's ``Loading`` or that comes once more. It is
    sent again until it is answered; a warehouse that does not know it loads on, and all is well.
    """

    trip_id: str
    van_id: str


class ParcelEvent(WireModel):
    """What became of a parcel; ``number`` counts from 1 the events of that parcel of that depot."""

    depot_id: str
    parcel_id: str
    number: int
    kind: str
    at: Timestamp
    detail: str


PresenceState = Literal["serving", "stopped", "lost"]


class Presence(WireModel):
    """Whether a dispatcher is there; said again every second while it is.

    ``stopped``: it was told to. ``lost``: it was killed, failed or is cut off, and vans go on with
    the orders that they have. That is the broker's word, and may come behind what was said since by
    another connection: it is true if ``serving`` is not heard again within 3 s.
    """

    dispatcher_id: str
    instance_id: str
    state: PresenceState
    depot_ids: tuple[str, ...]
    started_at: Timestamp


def presence_topic(dispatcher_id: str) -> str:
    """Return the topic on which it is said whether a dispatcher is there."""
    return f"{DISPATCHERS}/{dispatcher_id}/presence"


def depot_topic(depot_id: str, tail: str) -> str:
    """Return a topic of a depot, such as ``parcels/accepted``."""
    return f"{DEPOTS}/{depot_id}/{tail}"


def events_topic(parcel_id: str) -> str:
    """Return the topic of a parcel's events."""
    return f"robovan/v1/parcels/{parcel_id}/events"


def incident_of(payload: bytes) -> Incident:
    """Read an incident; raises ``pydantic.ValidationError`` and nothing else."""
    return RoadIncident.decode(payload).incident()

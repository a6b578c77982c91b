"""What warehouses, roads and the dispatcher say to each other: topics and messages.

This file is the wire contract beside VDA 5050: add to it, never rename. Unknown keys are ignored,
all else is strict. Leaves what becomes of a message to ``intake`` (in) and ``telling`` (out).

==============================================  ===============================================
``robovan/v1/depots/{depot}/parcels``           in: ``Announcement``
``robovan/v1/depots/{depot}/parcels/cancel``    in: ``CancelRequest``
``robovan/v1/depots/{depot}/loaded``            in: ``Loaded``
``robovan/v1/roads/incidents``                  in: ``RoadIncident``
``robovan/v1/depots/{depot}/parcels/accepted``  out: ``Accepted``
``robovan/v1/depots/{depot}/parcels/rejected``  out: ``Rejected``
``robovan/v1/depots/{depot}/parcels/cancelled`` out: ``Cancelled``
``robovan/v1/depots/{depot}/loading``           out: ``Loading``
``robovan/v1/parcels/{parcel}/events``          out: ``ParcelEvent``
``robovan/v1/depots/{depot}/status``            out, retained: see ``status``
==============================================  ===============================================

All at QoS 1 but the status; receivers see some messages twice and tell by their ids.
"""

from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from dispatcher.core.parcels import Parcel
from maps.incident_rules import form_faults
from maps.incidents import Incident
from maps.places import LonLat
from maps.units import (
    Instant,
    Seconds,
    grams_up,
    kilograms,
    later,
    litres,
    millilitres_up,
)
from vehicles.vda5050.wire import Timestamp

DEPOTS: Final = "robovan/v1/depots"
INCIDENTS_TOPIC: Final = "robovan/v1/roads/incidents"

VOLUME_L_DEFAULT: Final = 10.0
SERVICE_S_DEFAULT: Final = 120
PRIORITY_DEFAULT: Final = 50
DUE_S_DEFAULT: Final = Seconds(8 * 3600)
"""What holds for keys left out: the same as for columns left out of a parcels file."""

SPEED_RATIO_MIN: Final = 0.001
"""Roads slower than this are closed: nobody drives them, and times on them fit no number. Assumed:
a fast road at 0.1 km/h."""

Identifier = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
Quantity = Annotated[float, Field(gt=0, le=100_000)]
Name = Annotated[str, Field(min_length=1, max_length=256)]
WayId = Annotated[int, Field(gt=0, lt=2**63)]


class WireModel(BaseModel):
    """Base of all messages here: immutable, strict, tolerant only of unknown keys."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True, allow_inf_nan=False)

    @classmethod
    def decode(cls, payload: bytes) -> Self:
        """Parse a message's bytes; raises ``pydantic.ValidationError`` and nothing else."""
        return cls.model_validate_json(payload)

    def encode(self) -> bytes:
        """Write the message as JSON in UTF-8; keys that are not set are left out."""
        return self.model_dump_json(exclude_none=True).encode()


class Announcement(WireModel):
    """A parcel that a warehouse wants delivered; the keys are those of a parcels file.

    ``announced_at`` is when the warehouse sent it, by the world's clock: how far the dispatcher
    lags behind is measured by it.
    """

    parcel_id: Identifier
    depot_id: Identifier | None = None
    consignee_id: Annotated[str, Field(min_length=1, max_length=128)] | None = None
    lon: Annotated[float, Field(ge=-180, le=180)]
    lat: Annotated[float, Field(ge=-90, le=90)]
    label: Annotated[str, Field(max_length=256)] = ""
    mass_kg: Quantity
    volume_l: Quantity = VOLUME_L_DEFAULT
    locker: Literal["none", "s", "m", "l", "xl"] = "none"
    ready_at: Timestamp | None = None
    due_from: Timestamp | None = None
    due_until: Timestamp | None = None
    service_s: Annotated[int, Field(ge=0, le=3600)] = SERVICE_S_DEFAULT
    priority: Annotated[int, Field(ge=0, le=100)] = PRIORITY_DEFAULT
    handling: Annotated[tuple[Name, ...], Field(max_length=32)] = ()
    references: Annotated[dict[Name, str], Field(max_length=64)] = {}
    announced_at: Timestamp | None = None

    @model_validator(mode="after")
    def _windows_are_open(self) -> Self:
        if self.due_until is not None:
            for name, before in (("due_from", self.due_from), ("ready_at", self.ready_at)):
                if before is not None and self.due_until < before:
                    raise ValueError(f"due_until is before {name}")
        return self

    def parcel(self, depot_id: str, now: Instant) -> Parcel:
        """Return the parcel; ``now`` stands in for a ``ready_at`` that is not given."""
        ready_at = now if self.ready_at is None else self.ready_at
        due_from = ready_at if self.due_from is None else self.due_from
        due_until = later(due_from, DUE_S_DEFAULT) if self.due_until is None else self.due_until
        return Parcel(
            parcel_id=self.parcel_id,
            depot_id=depot_id,
            consignee_id=self.consignee_id or self.parcel_id,
            place=LonLat(self.lon, self.lat),
            label=self.label,
            mass_g=grams_up(self.mass_kg),
            volume_ml=millilitres_up(self.volume_l),
            locker=self.locker,
            ready_at=ready_at,
            due_from=due_from,
            due_until=due_until,
            service_s=self.service_s,
            priority=self.priority,
            handling=self.handling,
            references=tuple(sorted(self.references.items())),
        )

    @classmethod
    def of(cls, parcel: Parcel, announced_at: Instant) -> Self:
        """Return the announcement of a parcel, for warehouses written in this program."""
        return cls(
            parcel_id=parcel.parcel_id,
            depot_id=parcel.depot_id,
            consignee_id=parcel.consignee_id,
            lon=parcel.place.lon,
            lat=parcel.place.lat,
            label=parcel.label,
            mass_kg=kilograms(parcel.mass_g),
            volume_l=litres(parcel.volume_ml),
            locker=parcel.locker,  # type: ignore[arg-type]  # checked when the model is made
            ready_at=parcel.ready_at,
            due_from=parcel.due_from,
            due_until=parcel.due_until,
            service_s=parcel.service_s,
            priority=parcel.priority,
            handling=parcel.handling,
            references=dict(parcel.references),
            announced_at=announced_at,
        )


class CancelRequest(WireModel):
    """A warehouse wants a parcel back."""

    parcel_id: Identifier
    reason: Annotated[str, Field(max_length=256)] = ""


class Loaded(WireModel):
    """What a warehouse really put into a van for a trip."""

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

    A later message for the same trip replaces this one.
    """

    trip_id: str
    van_id: str
    dock: int
    parcel_ids: tuple[str, ...]


class ParcelEvent(WireModel):
    """What became of a parcel; ``number`` counts a parcel's events from 1."""

    parcel_id: str
    number: int
    kind: str
    at: Timestamp
    detail: str


def depot_topic(depot_id: str, tail: str) -> str:
    """Return a topic of a depot, such as ``parcels/accepted``."""
    return f"{DEPOTS}/{depot_id}/{tail}"


def events_topic(parcel_id: str) -> str:
    """Return the topic of a parcel's events."""
    return f"robovan/v1/parcels/{parcel_id}/events"


def incident_of(payload: bytes) -> Incident:
    """Read an incident; raises ``pydantic.ValidationError`` and nothing else."""
    return RoadIncident.decode(payload).incident()

"""What a warehouse announces: its message, and what an announcement must be to count as a parcel.

Decides what is well-formed and on the map, and collects all reasons where something is not; the
live shell and the simulated one both ask here. Whether a parcel can be taken on is the core's to
say, how messages come and go ``live``'s.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    ValidationError,
    ValidationInfo,
    WithJsonSchema,
    model_validator,
)

from dispatcher.core.events import AnnouncementRefused, ParcelAnnounced
from dispatcher.core.parcels import Parcel
from maps.errors import PlaceOffNetworkError
from maps.places import LonLat
from maps.units import (
    Instant,
    Seconds,
    grams_up,
    kilograms,
    later,
    litres,
    millilitres_up,
    parse_rfc3339,
    rfc3339,
)

PAYLOAD_BYTES_MAX: Final = 65_536
"""Longer messages are no parcels. Assumed: a hundred times what one takes."""

ID_LETTERS_MAX: Final = 64
REASONS_MAX: Final = 50
VALUE_LETTERS_MAX: Final = 60

Locate = Callable[[str, LonLat], object]
"""Raises ``PlaceOffNetworkError`` for a label and a place that is not on the map."""

VOLUME_L_DEFAULT: Final = 10.0
SERVICE_S_DEFAULT: Final = 120
PRIORITY_DEFAULT: Final = 50
DUE_S_DEFAULT: Final = Seconds(8 * 3600)
"""What holds for keys left out: the same as for columns left out of a parcels file."""

Identifier = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
Quantity = Annotated[float, Field(gt=0, le=100_000)]
Name = Annotated[str, Field(min_length=1, max_length=256)]


def _read_timestamp(value: object, info: ValidationInfo) -> object:
    """Read a time stamp from a message; instants pass when a message is made in the program."""
    if isinstance(value, str):
        try:
            return parse_rfc3339(value)
        except OverflowError as error:
            raise ValueError("lies outside the years 1 to 9999 in UTC") from error
    if info.mode == "json":
        raise ValueError("must be a text such as 1991-03-11T11:40:03.12Z")
    return value


Timestamp = Annotated[
    Instant,
    BeforeValidator(_read_timestamp),
    PlainSerializer(rfc3339, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
"""An instant, written as ISO 8601 in UTC; without an offset it is refused."""


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

    def parcel(self, depot_id: str, now: Instant, known: Parcel | None = None) -> Parcel:
        """Return the parcel.

        Parameters
        ----------
        depot_id
            Its depot.
        now
            Stands in for a ``ready_at`` that is not given.
        known
            The same parcel as it was announced before: times that are not given are as they were,
            so that who says the same again means the same.
        """
        if known is None:
            ready_at = now if self.ready_at is None else self.ready_at
            due_from = ready_at if self.due_from is None else self.due_from
            due_until = later(due_from, DUE_S_DEFAULT) if self.due_until is None else self.due_until
        else:
            ready_at = known.ready_at if self.ready_at is None else self.ready_at
            due_from = known.due_from if self.due_from is None else self.due_from
            due_until = known.due_until if self.due_until is None else self.due_until
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


@dataclass(frozen=True, slots=True)
class Announced:
    """A parcel as it was announced, well-formed and on the map; times may have been left out.

    Those are filled in only when it is handled: whoever announces a parcel twice at once means one.
    """

    announcement: Announcement
    depot_id: str
    by: str = ""

    def event(self, now: Instant, known: Parcel | None = None) -> ParcelAnnounced:
        """Return the event that it is; parameters as those of ``Announcement.parcel``."""
        return ParcelAnnounced(self.announcement.parcel(self.depot_id, now, known), self.by)


def hear_announcement(
    payload: bytes, *, depot_id: str, locate: Locate, by: str = ""
) -> Announced | AnnouncementRefused:
    """Read an announcement made to a depot, whatever is known of the parcel.

    Parameters
    ----------
    payload
        Any bytes.
    depot_id
        The depot of the topic on which it came.
    locate
        Checks that the place is on the map.
    by
        Who announced it over HTTP.
    """
    if len(payload) > PAYLOAD_BYTES_MAX:
        reason = f"the message has {len(payload)} bytes, more than {PAYLOAD_BYTES_MAX}"
        return AnnouncementRefused(_id_of(payload, None), (reason,), by)
    try:
        said = Announcement.decode(payload)
    except ValidationError as error:
        stored = _json(payload)
        reasons = (*reasons_of(error), *_place_reasons(stored, locate))
        return AnnouncementRefused(_id_of(payload, stored), reasons[:REASONS_MAX], by)
    place = LonLat(said.lon, said.lat)
    said_depot_id = depot_id if said.depot_id is None else said.depot_id
    faults = (
        *_of_another(said_depot_id, depot_id),
        *_off_map(said.label or said.parcel_id, place, locate),
    )
    if faults:
        return AnnouncementRefused(said.parcel_id, faults, by)
    return Announced(said, depot_id, by)


def read_announcement(
    payload: bytes, *, depot_id: str, now: Instant, locate: Locate
) -> tuple[ParcelAnnounced | AnnouncementRefused, Instant | None]:
    """Read an announcement that is handled at once, of a parcel that is not known.

    Parameters
    ----------
    payload, depot_id
        As ``hear_announcement`` takes them.
    now
        Stands in for ``ready_at`` where the warehouse does not say.
    locate
        Checks that the place is on the map.

    Returns
    -------
    tuple[ParcelAnnounced | AnnouncementRefused, Instant | None]
        The event, and when the warehouse says that it sent the announcement.
    """
    heard = hear_announcement(payload, depot_id=depot_id, locate=locate)
    if isinstance(heard, AnnouncementRefused):
        return heard, None
    return heard.event(now), heard.announcement.announced_at


def judge_parcel(
    parcel: Parcel, *, depot_id: str, locate: Locate
) -> ParcelAnnounced | AnnouncementRefused:
    """Judge a well-formed parcel that was announced to a depot.

    Parameters
    ----------
    parcel
        With the depot that the announcement names.
    depot_id
        The depot of the topic on which it came.
    locate
        Checks that the place is on the map.
    """
    found = (
        *_of_another(parcel.depot_id, depot_id),
        *_off_map(parcel.label or parcel.parcel_id, parcel.place, locate),
    )
    return AnnouncementRefused(parcel.parcel_id, found) if found else ParcelAnnounced(parcel)


def reasons_of(error: ValidationError) -> tuple[str, ...]:
    """Return all that is wrong with a message: key, value and rule of each fault."""
    return tuple(_reason(fault) for fault in error.errors(include_url=False)[:REASONS_MAX])


def _reason(fault: Any) -> str:
    key = ".".join(str(part) for part in fault["loc"])
    rule = fault["msg"].removeprefix("Value error, ")
    if fault["type"] == "missing":
        return f"{key}: is missing"
    if not key:
        return f"the message: {rule[0].lower()}{rule[1:]}"
    value = repr(fault["input"])
    if len(value) > VALUE_LETTERS_MAX:
        value = f"{value[:VALUE_LETTERS_MAX]}..."
    return f"{key} = {value}: {rule[0].lower()}{rule[1:]}"


def _place_reasons(stored: object, locate: Locate) -> tuple[str, ...]:
    """Look at the place of an announcement that has other faults, so that all come at once."""
    if not isinstance(stored, dict):
        return ()
    lon: Any = stored.get("lon")
    lat: Any = stored.get("lat")
    if not (_is_degrees(lon, 180) and _is_degrees(lat, 90)):
        return ()
    return tuple(_off_map("its place", LonLat(float(lon), float(lat)), locate))


def _is_degrees(value: Any, most: int) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= most


def _of_another(said_depot_id: str, depot_id: str) -> tuple[str, ...]:
    if said_depot_id == depot_id:
        return ()
    return (f"depot_id = {said_depot_id!r}: this topic belongs to depot {depot_id!r}",)


def _off_map(label: str, place: LonLat, locate: Locate) -> list[str]:
    try:
        locate(label, place)
    except PlaceOffNetworkError as error:
        return [str(error)]
    return []


def _id_of(payload: bytes, stored: object) -> str:
    """Return the parcel's id as far as it can be read, else a name made from the bytes."""
    if isinstance(stored, dict):
        given = stored.get("parcel_id")
        # Not every text that JSON can hold can be told again: half a surrogate pair has no UTF-8.
        if isinstance(given, str) and given and given.isprintable():
            return given[:ID_LETTERS_MAX]
    return f"refused-{hashlib.sha256(payload).hexdigest()[:12]}"


def _json(payload: bytes) -> object:
    try:
        return json.loads(payload)
    except (ValueError, RecursionError):
        return None

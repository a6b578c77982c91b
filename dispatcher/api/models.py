"""What is answered over HTTP. This file is a contract: add to it, never rename.

For people's systems: kilowatt-hours, kilometres, RFC 3339. What is not known is left out.
"""

from typing import Annotated, Literal

from pydantic import Field

from dispatcher.announcing import Announcement, Timestamp, WireModel

PARCELS_MAX = 1000
REASON_LETTERS_MAX = 256


class Batch(WireModel):
    """Parcels announced together: durable all or none, answered one by one."""

    parcels: Annotated[tuple[Announcement, ...], Field(max_length=PARCELS_MAX)]


class ParcelAnswer(WireModel):
    """What was decided about one announcement; ``repeated``: it was taken on before."""

    parcel_id: str
    status: Literal["accepted", "repeated", "rejected"]
    reasons: tuple[str, ...] = ()


class BatchAnswer(WireModel):
    """What was decided about each announcement of a batch, in its order."""

    parcels: tuple[ParcelAnswer, ...]


class CancelBody(WireModel):
    """Why a parcel is wanted back, for people."""

    reason: Annotated[str, Field(max_length=REASON_LETTERS_MAX)] = ""


class CancelAnswer(WireModel):
    """A parcel is cancelled; ``aboard``: it will come back with its van."""

    parcel_id: str
    aboard: bool


class HoldBody(WireModel):
    """Why something is held, for people."""

    reason: Annotated[str, Field(min_length=1, max_length=REASON_LETTERS_MAX)]


class HoldShown(WireModel):
    """What somebody holds by hand; ``by`` is the name of the token that asked for it."""

    kind: Literal["van", "parcel", "depot"]
    subject_id: str
    by: str
    reason: str
    since: Timestamp


class HoldAnswer(WireModel):
    """The hold that is in force now, if one is; ``changed``: it was not so before."""

    hold: HoldShown | None = None
    changed: bool


class HoldsShown(WireModel):
    """What is held at a depot; ask for more with ``after``, if ``next_after`` is there."""

    depot_id: str
    holds: tuple[HoldShown, ...]
    next_after: str | None = None


class ParcelShown(WireModel):
    """A parcel and what has become of it.

    ``events`` names what was told of it so far, in order; ``expected_at`` is when service begins
    as predicted now; ``detail`` says why it is where it is, where that needs saying.
    """

    parcel_id: str
    depot_id: str
    status: str
    status_at: Timestamp
    events: tuple[str, ...]
    van_id: str | None = None
    trip_id: str | None = None
    stop_id: str | None = None
    wave_id: str | None = None
    due_from: Timestamp
    due_until: Timestamp
    expected_at: Timestamp | None = None
    served_at: Timestamp | None = None
    reason: str | None = None
    detail: str | None = None
    hold: HoldShown | None = None


class Place(WireModel):
    """A place, WGS 84 degrees."""

    lon: float
    lat: float


class StopShown(WireModel):
    """A stop of a trip: as planned, as predicted now (``eta``), and as driven (``arrived_at``)."""

    kind: Literal["start", "stop", "charge", "reload", "end"]
    label: str
    place: Place
    stop_id: str | None = None
    station_id: str | None = None
    parcel_ids: tuple[str, ...]
    released: Annotated[bool, Field(description="The van may drive there; it changes no more.")]
    planned_at: Timestamp
    planned_until: Timestamp
    window_begin: Timestamp | None = None
    window_end: Timestamp | None = None
    slack_s: int
    eta: Timestamp
    arrived_at: Timestamp | None = None
    battery_kwh: Annotated[float, Field(description="On arrival, as planned.")]
    distance_km: Annotated[float, Field(description="From the stop before.")]


class TripShown(WireModel):
    """A trip in force; ``revision`` counts the plans that it has had."""

    trip_id: str
    van_id: str
    revision: int
    status: str
    dock: int
    charging_only: bool
    stops: tuple[StopShown, ...]


class UpcomingShown(WireModel):
    """What is planned for a van when it comes home; it is ordered then."""

    van_id: str
    parcel_ids: tuple[str, ...]


class PlanShown(WireModel):
    """Trips in force by van; ask for the next ones with ``after``, if ``next_after`` is there."""

    depot_id: str
    as_of: Timestamp
    trips: tuple[TripShown, ...]
    upcoming: tuple[UpcomingShown, ...]
    waiting_count: Annotated[int, Field(description="Parcels that wait at the depot.")]
    hold: Annotated[HoldShown | None, Field(description="Of the depot: no trip begins.")] = None
    next_after: str | None = None


class Desired(WireModel):
    """The order in force as we want it: the whole trip, of which the first nodes are released."""

    trip_id: str
    status: str
    revision: int
    node_count: int
    released_count: int


class Reported(WireModel):
    """The order as the van has confirmed it, and how far it is."""

    trip_id: str
    update_id: int
    node_count: int
    released_count: int
    passed_count: int
    finished: bool


class Unconfirmed(WireModel):
    """What the van was told and has not confirmed; sent again until it does."""

    key: str
    kind: Literal["order", "instantActions"]
    sent_count: int


class VanShown(WireModel):
    """A van: what it shall do, what it says it does, and what is still between the two."""

    van_id: str
    model: str
    presence: Literal["driving", "charging", "idle", "stuck", "away"]
    heard_s_ago: float | None = None
    place: Place | None = None
    battery_kwh: float
    charge_ratio: float
    desired: Desired | None = None
    reported: Reported | None = None
    unconfirmed: Unconfirmed | None = None
    foreign_order_id: Annotated[
        str | None, Field(description="It says it drives this, which we did not order.")
    ] = None
    hold: HoldShown | None = None


class VansShown(WireModel):
    """Vans by id; ask for the next ones with ``after``, if ``next_after`` is there."""

    depot_id: str
    as_of: Timestamp
    vans: tuple[VanShown, ...]
    next_after: str | None = None


class IncidentAnswer(WireModel):
    """An incident is taken into account by these depots."""

    incident_id: str
    depots: tuple[str, ...]


class LoadingShown(WireModel):
    """A van to be loaded: at which dock, in which slot of time, in which sequence.

    ``parcel_ids`` are in loading sequence, last stop first; of ``loaded_ids`` the van has said
    what became of them. With ``withdraw`` it is to be loaded no more: report what was put in.
    """

    trip_id: str
    van_id: str
    dock: int
    from_at: Timestamp
    until_at: Timestamp
    parcel_ids: tuple[str, ...]
    loaded_ids: tuple[str, ...]
    withdraw: bool = False


class LoadingsShown(WireModel):
    """Vans to be loaded by id; ask for the next ones with ``after``, if ``next_after`` is there."""

    depot_id: str
    loading: tuple[LoadingShown, ...]
    next_after: str | None = None


class LoadedAnswer(WireModel):
    """A report of what was loaded is taken; how it differs from what was asked for."""

    trip_id: str
    missing: tuple[str, ...]
    extra: tuple[str, ...]


class WithdrawnAnswer(WireModel):
    """A report of a withdrawal is taken; ``kept_ids`` go to other vans now."""

    trip_id: str
    kept_ids: tuple[str, ...]


class DepotShown(WireModel):
    """A depot and how it is doing."""

    depot_id: str
    zone: str
    place: Place
    vans: int
    parcels: dict[str, int]
    hold: HoldShown | None = None


class DepotsShown(WireModel):
    """All depots of this dispatcher."""

    depots: tuple[DepotShown, ...]

"""Everything that can happen to a depot. Each is journalled before it is handled.

Events hold plain values only, so that the journal can write them as JSON and read them back. ``by``
names who asked over HTTP, for people: nothing is decided by it. It is "" where a warehouse or the
world spoke over MQTT, and in journals of versions before 6.
"""

from dataclasses import dataclass, field

from dispatcher.core.holds import HoldKind
from dispatcher.core.parcels import Parcel
from dispatcher.core.requests import ForecastResult, PlanResult
from dispatcher.core.settings import SINCE_6, DepotSetup
from maps.incidents import Incident
from vehicles.facts import VanFact


@dataclass(frozen=True, slots=True)
class Configured:
    """The depot is set up: the first event of every journal, again when settings change."""

    setup: DepotSetup


@dataclass(frozen=True, slots=True)
class ParcelAnnounced:
    """A warehouse announced a parcel; the shell found it well-formed and on the map."""

    parcel: Parcel
    by: str = field(default="", metadata=SINCE_6)


@dataclass(frozen=True, slots=True)
class AnnouncementRefused:
    """A warehouse announced something that is no valid parcel.

    ``announcement_id`` is the parcel's id where one could be read, else made from the payload.
    """

    announcement_id: str
    reasons: tuple[str, ...]
    by: str = field(default="", metadata=SINCE_6)


@dataclass(frozen=True, slots=True)
class CancelAsked:
    """A warehouse wants a parcel back."""

    parcel_id: str
    reason: str
    by: str = field(default="", metadata=SINCE_6)


@dataclass(frozen=True, slots=True)
class HoldAsked:
    """Somebody holds a van, a parcel or the depot by hand; ``by`` and ``reason`` for people."""

    kind: HoldKind
    subject_id: str
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class ReleaseAsked:
    """Somebody ends a hold."""

    kind: HoldKind
    subject_id: str
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class TripLoaded:
    """A warehouse says what it really put into a van for a trip."""

    trip_id: str
    parcel_ids: tuple[str, ...]
    by: str = field(default="", metadata=SINCE_6)


@dataclass(frozen=True, slots=True)
class TripWithdrawn:
    """A warehouse loads no more of a trip, for good; ``parcel_ids``: what it put in before."""

    trip_id: str
    parcel_ids: tuple[str, ...]
    by: str = ""


@dataclass(frozen=True, slots=True)
class RoadsChanged:
    """An incident on the roads: new, or replacing the one with the same id."""

    incident: Incident
    by: str = field(default="", metadata=SINCE_6)


@dataclass(frozen=True, slots=True)
class SolveFinished:
    """The planner answered a ``Solve``."""

    result: PlanResult


@dataclass(frozen=True, slots=True)
class SolveFailed:
    """The planner could not answer (a worker died, an error): ``cause`` for people."""

    request_id: str
    cause: str


@dataclass(frozen=True, slots=True)
class ForecastFinished:
    """The planner answered a ``Forecast``."""

    result: ForecastResult


@dataclass(frozen=True, slots=True)
class Tick:
    """The instant that ``next_wakeup`` named has come."""


@dataclass(frozen=True, slots=True)
class Restarted:
    """The dispatcher was started on a journal that held events already."""


Event = (
    Configured
    | ParcelAnnounced
    | AnnouncementRefused
    | CancelAsked
    | HoldAsked
    | ReleaseAsked
    | TripLoaded
    | TripWithdrawn
    | RoadsChanged
    | SolveFinished
    | SolveFailed
    | ForecastFinished
    | Tick
    | Restarted
    | VanFact
)

"""Everything the core can want done. The shells carry decisions out, in order.

Receivers see some decisions twice after a restart; each has an id from its cause, so that
handling it twice changes nothing.
"""

from dispatcher.core.holds import Hold
from dispatcher.core.requests import ForecastRequest, PlanRequest
from maps.units import Instant
from vehicles.changing import record
from vehicles.trip import TripWish


@record
class Accept:
    """Tell the warehouse that its parcel is taken on (also when announced again)."""

    parcel_id: str


@record
class Reject:
    """Tell the warehouse that an announcement or cancellation cannot be followed, and why."""

    parcel_id: str
    reasons: tuple[str, ...]


@record
class ConfirmCancel:
    """Tell the warehouse that a parcel is cancelled; ``aboard``: it will come back."""

    parcel_id: str
    aboard: bool


@record
class AnswerHold:
    """Tell who asked for a hold or a release what is in force now; ``fault``: why it is not."""

    hold: Hold | None
    is_changed: bool
    fault: str = ""


@record
class Load:
    """Tell the warehouse to load a van: ``parcel_ids`` in loading sequence, last stop first.

    The dock is planned for it from ``from_at`` to ``until_at``.
    """

    trip_id: str
    van_id: str
    dock: int
    parcel_ids: tuple[str, ...]
    from_at: Instant
    until_at: Instant


@record
class Withdraw:
    """Tell the warehouse to load no more of a trip; it answers what it has loaded of it."""

    trip_id: str
    van_id: str


@record
class Publish:
    """Tell the world what became of a parcel; ``number`` counts a parcel's events from 1.

    ``kind``: accepted, bundled, planned, loaded, out_for_delivery, delivered, failed, returned,
    unserved, cancelled, rejected.
    """

    parcel_id: str
    number: int
    kind: str
    at: Instant
    detail: str


@record
class SendTrip:
    """Tell a van its trip, as far as it is known and released now."""

    wish: TripWish


@record
class CancelTrip:
    """Take a trip back from a van."""

    van_id: str
    trip_id: str


@record
class Solve:
    """Ask the planner; the answer comes as ``SolveFinished`` or ``SolveFailed``."""

    request: PlanRequest


@record
class Forecast:
    """Ask the planner how long trips take on changed roads; answered by ``ForecastFinished``."""

    request: ForecastRequest


@record
class Report:
    """Something staff should read in the log: ``name`` is stable, ``detail`` for people."""

    name: str
    subject_id: str
    detail: str


Decision = (
    Accept
    | Reject
    | ConfirmCancel
    | AnswerHold
    | Load
    | Withdraw
    | Publish
    | SendTrip
    | CancelTrip
    | Solve
    | Forecast
    | Report
)

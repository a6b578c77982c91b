"""What the solver answers: routes of visits, and the jobs left out with their reasons."""

from dataclasses import dataclass
from enum import Enum


class VisitKind(Enum):
    """What a vehicle does at a place."""

    START = "start"
    JOB = "job"
    CHARGE = "charge"
    RELOAD = "reload"
    END = "end"


@dataclass(frozen=True, slots=True)
class Visit:
    """One place of a route, with what happens there and when.

    Attributes
    ----------
    kind, index
        ``index`` is the job's for JOB, the station's for CHARGE, the depot's for RELOAD, else -1.
    place
        Row of the matrices.
    arrival_s, begin_s, departure_s
        Driving ends, service or charging begins (after any waiting), driving goes on.
    load
        Aboard on departure, one number per dimension.
    battery_mwh_arrival, battery_mwh_departure
        Usable energy above the reserve.
    """

    kind: VisitKind
    index: int
    place: int
    arrival_s: int
    begin_s: int
    departure_s: int
    load: tuple[int, ...]
    battery_mwh_arrival: int
    battery_mwh_departure: int


@dataclass(frozen=True, slots=True)
class Route:
    """One vehicle's visits in order: START first, END last.

    ``slack_s`` of visit k: how much later the vehicle could arrive there without missing a window
    or its shift's end from k on; as long as ``visits``.
    """

    vehicle: int
    visits: tuple[Visit, ...]
    slack_s: tuple[int, ...]
    distance_m: int
    duration_s: int
    energy_mwh: int


class Reason(Enum):
    """Why a job is not served. Values are stable: they appear in files and messages."""

    NO_VEHICLE = "no_vehicle"
    CAPACITY = "capacity"
    WINDOW = "window"
    SHIFT = "shift"
    RANGE = "range"
    UNREACHABLE = "unreachable"
    PRICE = "price"
    SKILLS = "skills"
    CHARGER = "charger"
    COMMITMENT = "commitment"


@dataclass(frozen=True, slots=True)
class Unserved:
    """A job left out, why, and the figures behind it in one sentence for people.

    ``remedy`` is the cheapest change found that would let it in, "" where none was.
    """

    job: int
    reason: Reason
    detail: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Late:
    """A job served after its last window's end, by how much, why, and what would avoid it.

    ``remedy`` is the cheapest change found that would have it served in time, "" where none was.
    """

    job: int
    late_s: int
    reason: Reason
    detail: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Cost:
    """The objective by term, in hundredths of the currency.

    ``lateness`` is of jobs served late, ``changes`` of departures from the plan in force.
    """

    fixed: int
    time: int
    distance: int
    energy: int
    unserved: int
    lateness: int = 0
    changes: int = 0

    @property
    def total(self) -> int:
        """Return the sum of all terms."""
        served = self.fixed + self.time + self.distance + self.energy + self.lateness
        return served + self.changes + self.unserved


@dataclass(frozen=True, slots=True)
class Plan:
    """All routes (vehicles without visits have none), and all unserved and late jobs by index."""

    routes: tuple[Route, ...]
    unserved: tuple[Unserved, ...]
    cost: Cost
    late: tuple[Late, ...] = ()


@dataclass(frozen=True, slots=True)
class Violation:
    """A rule that a plan breaks, found by the checker.

    ``code`` is stable (``capacity``, ``window``, ``shift``, ``battery``, ``pinned``, ``twice``,
    ``missing``, ``timing``, ``unreachable`` ...); ``vehicle`` and ``visit`` are indices or -1.
    """

    code: str
    vehicle: int
    visit: int
    detail: str

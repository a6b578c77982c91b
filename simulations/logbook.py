"""What a simulated van spends its day on: time, way and energy by the hour and by what it does.

Decides what counts as what: driving empty or loaded, waiting for a window or for a plug. It only
writes down; ``van`` decides what happens, and ``simulations.metrics`` what is made of it.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Final

from maps.units import Instant
from simulations.activities import Activity, Charging, Driving, InLine, Timed
from vehicles.agent import Agent
from vehicles.changing import record
from vehicles.trip import ActionKind, NodeKind
from vehicles.vda5050.order import Action
from vehicles.vda5050.orders import LOAD_ID_KEY

HOUR_MS: Final = 3_600_000


class Doing(Enum):
    """What a van does at one time; it never does two of them at once."""

    RESTING = "resting"  # it has no order
    HELD = "held"  # it has an order, but may not go on yet
    DOCK_QUEUE = "dock_queue"  # stands at the depot until loading begins
    LOADING = "loading"  # is loaded, or what came back is taken out
    DRIVING_LOADED = "driving_loaded"
    DRIVING_EMPTY = "driving_empty"  # nothing is aboard
    STOP_WAITING = "stop_waiting"  # at a stop whose window has not begun
    SERVING = "serving"
    CHARGER_QUEUE = "charger_queue"  # stands at a charger until a plug is free
    CHARGING = "charging"
    STUCK = "stuck"


@dataclass(slots=True)
class Spent:
    """What went into one activity in one hour."""

    span_ms: float = 0.0
    driven_m: float = 0.0
    used_mwh: float = 0.0
    charged_mwh: float = 0.0


@record
class Handling:
    """A parcel that went into a van, or out of it at a stop or the depot."""

    kind: ActionKind
    parcel_id: str
    action_id: str
    at: Instant


Totals = tuple[float, float, float]
"""A van's counters: metres driven, mWh used, mWh charged."""


class Logbook:
    """One van's day.

    Attributes
    ----------
    hours
        What was spent, by hour (whole hours since 1970) and by what it was spent on.
    breakdowns, empties, rescues
        Instants at which it broke down; at which it stood with an empty battery; and, of both,
        at which somebody had to come.
    handlings, failures
        What was really put into it and taken out by its orders, and what could not be, in order
        of time.
    """

    def __init__(self) -> None:
        self.hours: dict[tuple[int, Doing], Spent] = {}
        self.breakdowns: list[Instant] = []
        self.rescues: list[Instant] = []
        self.empties: list[Instant] = []
        self.handlings: list[Handling] = []
        self.failures: list[Handling] = []
        self._totals: Totals = (0.0, 0.0, 0.0)

    def note(self, doing: Doing, start: Instant, until: Instant, totals: Totals) -> None:
        """Write down what was done from ``start`` to ``until``.

        Parameters
        ----------
        doing
            What it was; the van did nothing else meanwhile.
        start, until
            When. Over the full hour, way and energy are shared out as time is.
        totals
            The van's counters at the end; what they have grown by since the last note is this
            one's.
        """
        before, self._totals = self._totals, totals
        grown = totals[0] - before[0], totals[1] - before[1], totals[2] - before[2]
        hour, last = start // HOUR_MS, until // HOUR_MS
        if hour == last:
            self._add(hour, doing, until - start, grown, 1.0)
            return
        for one in range(hour, last + 1):
            span_ms = min(until, (one + 1) * HOUR_MS) - max(start, one * HOUR_MS)
            self._add(one, doing, span_ms, grown, span_ms / (until - start))

    def note_done(self, action: Action, at: Instant) -> None:
        """Write down an action that went well, if it moved a parcel."""
        self.handlings += _handlings(action, at)

    def note_failed(self, action: Action, at: Instant) -> None:
        """Write down an action that failed, if it was to move a parcel."""
        self.failures += _handlings(action, at)

    def _add(
        self,
        hour: int,
        doing: Doing,
        span_ms: float,
        grown: Totals,
        share: float,
    ) -> None:
        spent = self.hours.get((hour, doing))
        if spent is None:
            spent = self.hours[hour, doing] = Spent()
        driven_m, used_mwh, charged_mwh = grown
        spent.span_ms += span_ms
        spent.driven_m += driven_m * share
        spent.used_mwh += used_mwh * share
        spent.charged_mwh += charged_mwh * share


def _handlings(action: Action, at: Instant) -> tuple[Handling, ...]:
    """Return the parcel that an action moves, if it is for that."""
    load_id = action.parameter(LOAD_ID_KEY)
    if not isinstance(load_id, str):
        return ()
    return (Handling(ActionKind(action.action_type), load_id, action.action_id, at),)


def doing_of(activity: Activity | None, agent: Agent, *, is_stuck: bool) -> Doing:
    """Return what a van does that has this activity; standing still comes before all but charging.

    Parameters
    ----------
    activity
        What it is at; None while nothing is to be done.
    agent
        Which order it has, where it stands in it, and what is aboard.
    is_stuck
        Whether it stands against its will.
    """
    if isinstance(activity, Charging):
        return Doing.CHARGING
    if is_stuck:
        return Doing.STUCK
    match activity:
        case Driving():
            return Doing.DRIVING_LOADED if agent.loads else Doing.DRIVING_EMPTY
        case InLine(action=action):
            is_charging = action.action_type == ActionKind.START_CHARGING.value
            return Doing.CHARGER_QUEUE if is_charging else Doing.DOCK_QUEUE
        case Timed(action=None):
            return _WAITING.get(_kind_here(agent), Doing.STOP_WAITING)
        case Timed(action=action) if action is not None:
            at_stop = _kind_here(agent) == NodeKind.STOP.value
            is_drop = action.action_type == ActionKind.DROP.value
            return Doing.SERVING if is_drop and at_stop else Doing.LOADING
        case _:
            return Doing.HELD if agent.is_busy else Doing.RESTING


_WAITING: Final = {
    NodeKind.START.value: Doing.DOCK_QUEUE,
    NodeKind.CHARGE.value: Doing.CHARGER_QUEUE,
}
"""What standing without an action is, by the node's kind; elsewhere it is for a window."""


def _kind_here(agent: Agent) -> str:
    node = agent.here
    return "" if node is None or node.robovan is None else node.robovan.kind

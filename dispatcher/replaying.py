"""A depot's past day built again from its journal, to any instant, and held against itself.

Decides what shows that the program decides as the one that wrote the journal did: every answer of
the planner is to a question that is asked again, at that point of the day, by this one. Files and
screens are ``replayrun``'s.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from dispatcher.core.decisions import Decision, Forecast, Solve
from dispatcher.core.events import Event, ForecastFinished, SolveFailed, SolveFinished
from dispatcher.core.invariants import InvariantBroken
from dispatcher.core.snapshot import Snapshot
from dispatcher.journal.records import Entry
from dispatcher.stepping import Stepper
from maps.errors import RobovanError
from maps.units import Instant, rfc3339


class BeforeTheDayError(RobovanError):
    """A day was to be rebuilt as it stood before it began."""

    code = "DSP-411"

    def __init__(self, name: str, until: Instant, begun_at: Instant) -> None:
        super().__init__(
            f"Nothing stood at {rfc3339(until)}: journal {name!r} begins at {rfc3339(begun_at)}",
            remedy="Give a later instant",
        )
        self.name = name
        self.until = until
        self.begun_at = begun_at


class ReplayDiffersError(RobovanError):
    """This program decides otherwise than the one that wrote a journal."""

    code = "DSP-412"

    def __init__(self, depot_id: str, sequence: int, reason: str) -> None:
        super().__init__(
            f"The day of depot {depot_id!r} cannot be replayed: at entry {sequence}, {reason}",
            remedy="Use the version of this program that wrote the journal",
        )
        self.depot_id = depot_id
        self.sequence = sequence
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Replayed:
    """A depot as it stood at an instant of its past.

    Attributes
    ----------
    begun_at, last_at
        Of the first and the last entry that was replayed.
    snapshot
        Everything known then; ``as_of`` is the instant asked for, or else that of the last entry.
    starts
        How often the dispatcher had been started.
    events, decisions
        How many of each kind there had been, by name.
    open_questions
        The planner's questions that waited for an answer.
    """

    depot_id: str
    begun_at: Instant
    last_at: Instant
    snapshot: Snapshot
    starts: int
    events: tuple[tuple[str, int], ...]
    decisions: tuple[tuple[str, int], ...]
    open_questions: tuple[str, ...]


def replay_depot(
    depot_id: str, entries: Iterable[Entry], *, until: Instant | None = None
) -> Replayed | Instant:
    """Build a depot again as it stood at an instant.

    Parameters
    ----------
    depot_id, entries
        The depot, and its journal in order; what lies after ``until`` is not read.
    until
        The instant; None for the end of the journal.

    Returns
    -------
    Replayed | Instant
        The depot; or, if its day begins after ``until``, when that is.

    Raises
    ------
    ReplayDiffersError
        If this program decides otherwise than the one that wrote the journal.
    """
    stepper, asked = Stepper(depot_id), set[str]()
    events, decisions = Counter[str](), Counter[str]()
    begun_at: Instant | None = None
    for entry in entries:
        if until is not None and entry.now > until:
            if begun_at is None:
                return entry.now
            break
        begun_at = entry.now if begun_at is None else begun_at
        answered = _answered(entry.event)
        if answered is not None and answered not in asked:
            reason = f"question {answered} is answered, which this program does not ask"
            raise ReplayDiffersError(depot_id, entry.sequence, reason)
        events[type(entry.event).__name__] += 1
        for decision in _step(stepper, entry):
            decisions[type(decision).__name__] += 1
            if isinstance(decision, Solve | Forecast):
                asked.add(decision.request.request_id)
    state = stepper.core.state
    return Replayed(
        depot_id=depot_id,
        begun_at=stepper.now if begun_at is None else begun_at,
        last_at=stepper.now,
        snapshot=stepper.core.snapshot(stepper.now if until is None else until),
        starts=stepper.started_count,
        events=tuple(sorted(events.items())),
        decisions=tuple(sorted(decisions.items())),
        open_questions=(*sorted(state.solves), *sorted(state.forecasts)),
    )


def _step(stepper: Stepper, entry: Entry) -> tuple[Decision, ...]:
    """Take an entry as the dispatcher did; what it did not stumble over must not stop us."""
    try:
        return stepper.step(entry)
    except InvariantBroken as broken:
        raise ReplayDiffersError(stepper.depot_id, entry.sequence, str(broken)) from broken


def _answered(event: Event) -> str | None:
    """Return the question that an event answers, if it is an answer."""
    match event:
        case SolveFinished(result) | ForecastFinished(result):
            return result.request_id
        case SolveFailed(request_id):
            return request_id
        case _:
            return None

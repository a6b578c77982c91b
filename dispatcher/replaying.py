"""A depot's past day built again from its journal, to any instant, and held against itself.

Decides what shows that the program decides as the one that wrote the journal did: every answer of
the planner is to a question that is asked again, at that point of the day, by this one. Files and
screens are ``replayrun``'s.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dispatcher.core.decisions import Decision, Forecast, Solve
from dispatcher.core.events import Event, ForecastFinished, SolveFailed, SolveFinished
from dispatcher.core.invariants import InvariantBroken
from dispatcher.core.snapshot import Snapshot
from dispatcher.journal.records import Entry
from dispatcher.journal.versions import RULES_VERSION, rules_of
from dispatcher.stepping import DepotImage, Stepper
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

    @classmethod
    def of_answer(
        cls, depot_id: str, sequence: int, request_id: str, rules: int | None
    ) -> "ReplayDiffersError":
        """Return the error of an answer to a question that this program does not ask."""
        reason = f"question {request_id} is answered, which this program does not ask"
        if rules != RULES_VERSION:
            theirs = "rules that were not noted" if rules is None else f"rules {rules}"
            reason += f"; the entry was decided by {theirs}, this program has rules {RULES_VERSION}"
        return cls(depot_id, sequence, reason)


class Answers:
    """Tells answers of the planner to questions that were never asked.

    Parameters
    ----------
    stepper
        As it stands before the first event: what it asked before is known by the number of it.
    """

    def __init__(self, stepper: Stepper) -> None:
        self._count_before = stepper.core.state.request_count if stepper.sequence else 0
        self._asked: set[str] = set()

    def strange(self, event: Event) -> str | None:
        """Return the question that an event answers, if it is none that was asked."""
        request_id = _answered(event)
        if request_id is None or request_id in self._asked:
            return None
        number = request_id.rpartition("-")[2]
        was_before = number.isdigit() and int(number) <= self._count_before
        return None if was_before else request_id

    def note(self, decisions: Iterable[Decision]) -> None:
        """Take note of what is asked."""
        for decision in decisions:
            if isinstance(decision, Solve | Forecast):
                self._asked.add(decision.request.request_id)


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
    depot_id: str,
    entries: Iterable[Entry],
    *,
    until: Instant | None = None,
    rules: Sequence[tuple[int, int]] = (),
    base: DepotImage | None = None,
) -> Replayed | Instant:
    """Build a depot again as it stood at an instant.

    Parameters
    ----------
    depot_id, entries
        The depot, and its journal in order; what lies after ``until`` is not read.
    until
        The instant; None for the end of the journal.
    rules
        As ``versions.rules_of`` takes them.
    base
        What entries that are removed from the journal come to; these are those behind them.

    Returns
    -------
    Replayed | Instant
        The depot; or, if its day begins after ``until``, when that is.

    Raises
    ------
    ReplayDiffersError
        If this program decides otherwise than the one that wrote the journal.
    """
    stepper = Stepper(depot_id)
    if base is not None:
        stepper.take(base)
        if until is not None and until < stepper.now:
            return stepper.now
    answers = Answers(stepper)
    events, decisions = Counter[str](), Counter[str]()
    begun_at: Instant | None = None
    for entry in entries:
        if until is not None and entry.now > until:
            if begun_at is None:
                return entry.now
            break
        begun_at = entry.now if begun_at is None else begun_at
        strange = answers.strange(entry.event)
        if strange is not None:
            by = rules_of(entry.sequence, rules)
            raise ReplayDiffersError.of_answer(depot_id, entry.sequence, strange, by)
        events[type(entry.event).__name__] += 1
        decided = _step(stepper, entry)
        answers.note(decided)
        decisions.update(type(decision).__name__ for decision in decided)
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

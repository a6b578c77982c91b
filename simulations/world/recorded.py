"""The planner's answers of a day that was lived before, so that it can be lived again unsolved.

Decides which answer belongs to which question: the one of the same id, as far as it is about the
same stops and vans. Ids count a depot's questions, so a day that takes another course soon asks
what the recorded one did not; that is an error, for a plan made for other parcels is no plan.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from dispatcher.core.decisions import Forecast, Solve
from dispatcher.core.events import ForecastFinished, SolveFinished
from dispatcher.core.requests import PlanResult
from dispatcher.journal.records import Entry, entry_of_line
from simulations.errors import UnrecordedAnswerError
from simulations.world.answers import Answer

ANSWERS: Final = tuple(f'"kind":"{kind.__name__}"' for kind in (SolveFinished, ForecastFinished))
"""How the line of an answer can be told from all others without reading it."""

REQUEST_ID: Final = re.compile(r'"request_id":"([^"]+)"')


class RecordedPlanner:
    """Answers from a journal; every answer is read when it is asked for.

    Parameters
    ----------
    lines
        Of the journal, as ``journal.jsonl`` has them; of one depot or of several.
    """

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines: Mapping[str, str] = {
            found.group(1): line
            for line in lines
            if any(kind in line for kind in ANSWERS)
            and (found := REQUEST_ID.search(line)) is not None
        }

    def ask(self, question: Solve | Forecast) -> Callable[[], Answer]:
        """Return what gives the recorded answer.

        Raises
        ------
        UnrecordedAnswerError
            If the recorded day asked no such thing.
        """
        line = self._lines.get(question.request.request_id)
        if line is None:
            raise UnrecordedAnswerError(question.request.request_id, "it was never asked there")
        return lambda: _answer(question, entry_of_line(line))


def _answer(question: Solve | Forecast, entry: Entry) -> Answer:
    request_id, answer = question.request.request_id, entry.event
    if isinstance(question, Solve) and isinstance(answer, SolveFinished):
        if not _is_about(answer.result, question):
            raise UnrecordedAnswerError(request_id, "it was asked about other stops or vans there")
        return answer
    if isinstance(question, Forecast) and isinstance(answer, ForecastFinished):
        return answer
    raise UnrecordedAnswerError(request_id, f"it was answered by {type(answer).__name__} there")


def _is_about(result: PlanResult, question: Solve) -> bool:
    """Return whether a plan is about the question's stops, all of them, and vans among its own."""
    if result.violations:
        return True  # it has no routes, and will not be adopted
    served = [node.stop_id for route in result.routes for node in route.nodes]
    told = {stop_id for stop_id in served if stop_id is not None}
    told.update(one.stop_id for one in result.unserved)
    vans = {van.van_id for van in question.request.vans}
    return told == {stop.stop_id for stop in question.request.stops} and vans.issuperset(
        route.van_id for route in result.routes
    )

"""A day lived again with the plans of its journal: the same day, or a clear error."""

from dataclasses import replace

import pytest

from dispatcher.core.decisions import Solve
from dispatcher.journal.records import entry_line
from simulations.errors import UnrecordedAnswerError
from simulations.world.answers import OwnPlanner
from simulations.world.recorded import RecordedPlanner


class Listening:
    """A planner that keeps what it was asked."""

    def __init__(self, planner):
        self.planner, self.questions = planner, []

    def ask(self, question):
        """Keep a question and hand it on."""
        self.questions.append(question)
        return self.planner.ask(question)


@pytest.fixture(scope="module")
def recorded(small_day):
    planner = Listening(OwnPlanner(small_day.providers))
    city = small_day.city(planner=planner)
    small_day.lived(city)
    (shell,) = city.shells.values()
    return planner.questions, [entry_line(entry) for entry in shell.entries]


def test_a_day_with_recorded_plans_is_the_same_day(small_day, recorded):
    _, lines = recorded
    city = small_day.city(planner=RecordedPlanner(lines))
    small_day.lived(city)
    (shell,) = city.shells.values()
    assert [entry_line(entry) for entry in shell.entries] == lines


def test_a_question_that_was_never_asked_has_no_answer(recorded):
    questions, lines = recorded
    unknown = Solve(replace(questions[0].request, request_id="elsewhere/plan-1"))
    with pytest.raises(UnrecordedAnswerError, match="elsewhere/plan-1"):
        RecordedPlanner(lines).ask(unknown)


def test_a_plan_for_other_stops_is_no_answer(recorded):
    questions, lines = recorded
    asked = next(one for one in questions if isinstance(one, Solve) and len(one.request.stops) > 1)
    other = Solve(replace(asked.request, stops=asked.request.stops[1:]))
    with pytest.raises(UnrecordedAnswerError, match="other stops"):
        RecordedPlanner(lines).ask(other)()

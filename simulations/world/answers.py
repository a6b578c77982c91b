"""The planner's answers in a simulated day: real plans, given after a modelled while.

Decides when plans are made and how long they take in the world's time. What a plan is, is decided
in ``dispatcher.planner``: its effort is counted in steps, so the same question has the same answer
wherever it is made.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from dispatcher.core.decisions import Forecast, Solve
from dispatcher.core.events import ForecastFinished, SolveFinished
from dispatcher.core.requests import PlanRequest
from dispatcher.providers import Providers

Answer = SolveFinished | ForecastFinished


@dataclass(frozen=True, slots=True)
class SolveLatency:
    """How long the planner is taken to need, in world time (assumed; live figures are near).

    Attributes
    ----------
    fixed_ms
        For any question.
    per_stop_ms
        For each stop of a plan, at effort 0 and 1; each level more takes as long again.
    """

    fixed_ms: int = 500
    per_stop_ms: int = 20

    def of(self, question: Solve | Forecast) -> int:
        """Return the milliseconds until a question is answered."""
        if isinstance(question, Forecast):
            return self.fixed_ms
        request: PlanRequest = question.request
        return self.fixed_ms + self.per_stop_ms * len(request.stops) * max(1, request.effort)


class Planner(Protocol):
    """Makes answers; may begin when it is asked and be waited for when the answer is due."""

    def ask(self, question: Solve | Forecast) -> Callable[[], Answer]:
        """Return what gives the answer, waiting for it if need be."""
        ...


class OwnPlanner:
    """Makes answers in this process, when they are due."""

    def __init__(self, providers: Providers) -> None:
        self._providers = providers

    def ask(self, question: Solve | Forecast) -> Callable[[], Answer]:
        """Return what makes the answer."""
        return lambda: answer(question, self._providers)


def answer(question: Solve | Forecast, providers: Providers) -> Answer:
    """Answer a question of the core; the first one waits for the planner to be loaded."""
    from dispatcher.planner import forecast, plan  # noqa: PLC0415 - a day may be lived without

    if isinstance(question, Solve):
        return SolveFinished(plan(question.request, providers))
    return ForecastFinished(forecast(question.request, providers))

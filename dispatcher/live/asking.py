"""One depot's questions to the planner while they are open: each becomes one answer in the inbox.

Decides that a question whose worker is lost is answered too, by ``SolveFailed``. What is asked is
the core's to say, who answers ``solving``'s.
"""

import asyncio
import logging
from typing import assert_never

from dispatcher.core.decisions import Forecast, Solve
from dispatcher.core.events import Event, ForecastFinished, SolveFailed, SolveFinished
from dispatcher.live.clock import MachineTime
from dispatcher.live.counting import Counts
from dispatcher.live.inbox import Inbox, Ready
from dispatcher.live.solving import Solver, SolverLost

logger = logging.getLogger(__name__)


class Asking:
    """Puts questions to the planner, each in a task of its own."""

    def __init__(
        self, depot_id: str, solver: Solver, inbox: Inbox, machine: MachineTime, counts: Counts
    ) -> None:
        self._depot_id = depot_id
        self._solver = solver
        self._inbox = inbox
        self._machine = machine
        self._counts = counts
        self._open: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return len(self._open)

    def ask(self, question: Solve | Forecast, group: asyncio.TaskGroup) -> None:
        """Ask in a task of a group; the answer comes by the inbox."""
        request_id = question.request.request_id
        cause = question.request.cause if isinstance(question, Solve) else "forecast"
        extra = {"depot_id": self._depot_id, "request_id": request_id, "cause": cause}
        logger.info("planner_asked", extra=extra)
        task = group.create_task(self._answer(question), name=f"ask {request_id}")
        self._open.add(task)
        task.add_done_callback(self._open.discard)

    def stop(self) -> None:
        """Wait for no answer any more."""
        for task in tuple(self._open):
            task.cancel()

    async def _answer(self, question: Solve | Forecast) -> None:
        event: Event
        kind = "plan" if isinstance(question, Solve) else "forecast"
        begun_s = self._machine.seconds()
        try:
            match question:
                case Solve(request):
                    event = SolveFinished(await self._solver.plan(request))
                case Forecast(asked):
                    event = ForecastFinished(await self._solver.forecast(asked))
                case _:
                    assert_never(question)
        except SolverLost as error:
            event = SolveFailed(question.request.request_id, str(error))
        outcome = "failed" if isinstance(event, SolveFailed) else "answered"
        self._counts.solves[kind, outcome] += 1
        self._counts.solve[kind].note(self._machine.seconds() - begun_s)
        self._inbox.put(Ready(event))

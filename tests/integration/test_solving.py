"""The planner's workers: a dead one costs its question and no more."""

import asyncio
import os
import signal
from dataclasses import replace

import psutil
import pytest

from dispatcher.core.requests import ForecastRequest, ForecastTrip
from dispatcher.live import solving
from dispatcher.live.errors import SolverStartError
from dispatcher.live.solving import SolverLost, WorkerSolver
from maps.places import LonLat
from maps.units import parse_rfc3339
from vehicles.presets import PRESETS

pytestmark = pytest.mark.integration
AT = parse_rfc3339("2026-03-02T08:00:00+02:00")


def question(request_id, anchor_count=2):
    ends = (LonLat(24.9498, 60.1786), LonLat(24.9414, 60.1711))
    anchors = tuple(ends[number % 2] for number in range(anchor_count))
    trip = ForecastTrip("m-01", PRESETS["robovan-m"], anchors)
    return ForecastRequest(request_id, AT, (trip,), (), ())


def workers():
    """Return the worker processes, without the helper that tracks their resources."""
    children = psutil.Process().children(recursive=True)
    return [child for child in children if "spawn_main" in " ".join(child.cmdline())]


async def test_a_worker_that_dies_is_replaced():
    async with WorkerSolver("helsinki", 1) as solver:
        answer = await solver.forecast(question("r-1"))
        assert answer.request_id == "r-1"
        assert answer.trips[0].planned_s == answer.trips[0].best_s
        assert answer.trips[0].best_s[0] > 0
        (worker,) = workers()
        os.kill(worker.pid, signal.SIGSTOP)
        asked = [asyncio.create_task(solver.forecast(question(f"q-{n}"))) for n in range(3)]
        await asyncio.sleep(0.05)
        os.kill(worker.pid, signal.SIGKILL)
        with pytest.raises(SolverLost, match="worker died"):
            await asked[0]
        assert not solver.is_ready
        assert [(await task).request_id for task in asked[1:]] == ["q-1", "q-2"]
        assert await solver.forecast(question("r-1")) == answer
    assert not workers()


async def test_a_worker_that_hangs_is_replaced(monkeypatch):
    async with WorkerSolver("helsinki", 1) as solver:
        answer = await solver.forecast(question("r-1"))
        (worker,) = workers()
        os.kill(worker.pid, signal.SIGSTOP)
        monkeypatch.setattr(solving, "REBUILDS_MAX", 1)
        with monkeypatch.context() as patch:
            patch.setattr(solving, "ANSWER_S_MAX", 0.2)
            hung = asyncio.create_task(solver.forecast(question("q-1")))
            waiting = asyncio.create_task(solver.forecast(question("q-2")))
            await asyncio.sleep(0)  # the one has its turn, the other waits
        with pytest.raises(SolverLost, match="no answer within"):
            await hung
        assert not solver.is_ready
        assert (await waiting).request_id == "q-2", "its time had not begun"
        (successor,) = workers()
        assert successor.pid != worker.pid
        os.kill(successor.pid, signal.SIGKILL)
        with pytest.raises(SolverLost, match="worker died"):  # the second in this run, not in a row
            await solver.forecast(question("q-3"))
        await until_ready(solver)
        assert await solver.forecast(question("r-1")) == answer
    assert not workers()


async def until_ready(solver):
    """Wait until a worker has started again, asking nothing."""
    async with asyncio.timeout(60):
        while not solver.is_ready:  # noqa: ASYNC110 - nobody says so
            await asyncio.sleep(0.02)


async def test_what_raises_in_a_worker_is_a_lost_question_and_the_worker_lives():
    async with WorkerSolver("helsinki", 1) as solver:
        was_ready = solver.is_ready
        await solver.ready()
        assert (was_ready, solver.is_ready) == (False, True)
        before = [worker.pid for worker in workers()]
        wrong = replace(question("r-2"), trips=("no trip",))
        with pytest.raises(SolverLost, match="AttributeError: 'str' object"):
            await solver.forecast(wrong)
        assert (await solver.forecast(question("r-3"))).request_id == "r-3"
        assert [worker.pid for worker in workers()] == before


async def test_workers_that_cannot_start_are_one_clear_error():
    with pytest.raises(SolverStartError, match="DSP-302"):
        async with WorkerSolver("atlantis", 1) as solver:
            await solver.ready()
    assert not workers()

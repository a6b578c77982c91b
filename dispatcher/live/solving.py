"""The planner in worker processes: questions go out, answers or failures come back.

Decides how workers start (fresh processes that load the city once), that a question waits for its
turn here and not with a worker, what becomes of one whose worker dies or hangs (it fails, the pool
is built again, those that wait lose nothing), and that no worker outlives the dispatcher, even when
that is killed. What a plan is, is decided in ``dispatcher.planner``.
"""

import asyncio
import contextlib
import logging
import multiprocessing
import multiprocessing.connection
import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Protocol, Self

from dispatcher.core.requests import ForecastRequest, ForecastResult, PlanRequest, PlanResult
from dispatcher.live.clock import MachineClock, MachineTime
from dispatcher.live.errors import SolverStartError

if TYPE_CHECKING:
    from dispatcher.providers import CityProviders
    from maps.traffic import SpeedProfile

logger = logging.getLogger(__name__)

START_S_MAX: Final = 120.0
"""How long the first worker may take to load the city. Assumed: a large city on a slow disk."""

ANSWER_S_MAX: Final = 300.0
"""Machine seconds from a question's turn until it counts as lost with its worker. Assumed: far more
than any question takes and a worker needs to start, so that only a worker that hangs is ended."""

SEARCH_S_MAX: Final = 100.0
"""Machine seconds from a question's begin after which its worker searches no more, whatever the
effort: what it found is the answer. At efforts 4 and 5 a search is 10 and 100 times as long as the
usual one, and a worker that merely searches must not count as one that hangs. A third of
``ANSWER_S_MAX``: reading the answer out, and the reasons for what is left out, may take another."""

REBUILDS_MAX: Final = 100
"""Pools built again with no answer between before the fault counts as ours (assumed)."""

ONE_THREAD: Final = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
"""Workers are as many as the configuration says; libraries in them start no threads beside."""


class SolverLost(Exception):
    """A question got no answer: its worker died or raised; ``str`` says why, for people."""


class Solver(Protocol):
    """Answers the core's questions, off the event loop."""

    @property
    def is_ready(self) -> bool:
        """Return whether a question asked now waits for no worker to start."""
        ...

    async def plan(self, request: PlanRequest) -> PlanResult:
        """Return a checked plan, or raise ``SolverLost``."""
        ...

    async def forecast(self, request: ForecastRequest) -> ForecastResult:
        """Return how long trips take now, or raise ``SolverLost``."""
        ...


class WorkerSolver:
    """A ``Solver`` with a pool of worker processes over one city.

    Parameters
    ----------
    city
        As ``maps.builtin.load_city`` takes it; each worker loads it once.
    workers
        How many processes.
    profile
        Speeds by the hour, for plans and forecasts; None for the same at all hours.
    """

    def __init__(self, city: str, workers: int, profile: "SpeedProfile | None" = None) -> None:
        self._city = city
        self._profile = profile
        self._workers = workers
        self._pool: ProcessPoolExecutor | None = None
        self._turns = asyncio.Semaphore(workers)
        self._rebuild_count = 0
        self._is_ready = False

    @property
    def is_ready(self) -> bool:
        """Return whether a question asked now waits for no worker to start."""
        return self._is_ready

    async def __aenter__(self) -> Self:
        """Begin to start workers; questions may be asked at once, and wait for them."""
        for name in ONE_THREAD:  # the workers inherit them; here numpy is loaded already
            os.environ.setdefault(name, "1")
        self._pool = self._new_pool()
        return self

    async def ready(self) -> None:
        """Wait until a worker has loaded the city.

        Raises
        ------
        SolverStartError
            If none does within ``START_S_MAX``.
        """
        try:
            async with asyncio.timeout(START_S_MAX):
                first_pid = await self._call(_worker_pid)
        except (SolverLost, TimeoutError) as error:
            reason = str(error) or f"nothing after {START_S_MAX:g} s"
            raise SolverStartError(reason) from None
        logger.info("workers_ready", extra={"workers": self._workers, "first_pid": first_pid})

    async def __aexit__(self, *details: object) -> None:
        """End the workers, at once."""
        await asyncio.to_thread(self._close)

    async def plan(self, request: PlanRequest) -> PlanResult:
        """Return a checked plan, or raise ``SolverLost``."""
        result: PlanResult = await self._answer(_plan, request)
        return result

    async def forecast(self, request: ForecastRequest) -> ForecastResult:
        """Return how long trips take now, or raise ``SolverLost``."""
        result: ForecastResult = await self._answer(_forecast, request)
        return result

    async def _answer(self, function: Callable[..., Any], *arguments: object) -> Any:
        """Return what a worker answers when it is this question's turn; end one that hangs."""
        async with self._turns:
            pool = self._pool
            try:
                async with asyncio.timeout(ANSWER_S_MAX):
                    answer = await self._call(function, *arguments)
            except TimeoutError:
                if pool is not None and self._pool is pool:
                    _kill(pool)
                    self._rebuild(pool)
                raise SolverLost(f"no answer within {ANSWER_S_MAX:g} s") from None
            self._rebuild_count = 0
            return answer

    async def _call(self, function: Callable[..., Any], *arguments: object) -> Any:
        pool = self._pool
        if pool is None:
            raise SolverLost("the workers are stopped")
        loop = asyncio.get_running_loop()
        try:
            answer = await loop.run_in_executor(pool, function, *arguments)
        except BrokenExecutor as error:
            self._rebuild(pool)
            raise SolverLost(f"a planning worker died ({error})") from None
        except Exception as error:  # any fault of a worker is an answer: none
            logger.exception("worker_failed", extra={"function": function.__name__})
            raise SolverLost(f"{type(error).__name__}: {error}") from None
        self._note_ready(pool)
        return answer

    def _rebuild(self, broken: ProcessPoolExecutor) -> None:
        """Put a new pool in the place of a broken one, once for all questions that it lost."""
        if self._pool is not broken:
            return
        self._rebuild_count += 1
        self._is_ready = False
        logger.error("workers_rebuilt", extra={"count": self._rebuild_count})
        broken.shutdown(wait=False, cancel_futures=True)
        self._pool = None if self._rebuild_count > REBUILDS_MAX else self._new_pool()

    def _new_pool(self) -> ProcessPoolExecutor:
        pool = ProcessPoolExecutor(
            self._workers,
            # Not forked: the event loop's threads and locks must not be copied half-way.
            mp_context=multiprocessing.get_context("spawn"),
            initializer=_begin,
            initargs=(self._city, self._profile),
        )
        loop = asyncio.get_running_loop()
        started = pool.submit(_worker_pid)  # else none would start before the next question
        started.add_done_callback(partial(self._note_started, loop, pool))
        return pool

    def _note_started(
        self, loop: asyncio.AbstractEventLoop, pool: ProcessPoolExecutor, started: Future[int]
    ) -> None:
        """Be ready once a worker has started; one that cannot is the next question's to notice."""
        if started.cancelled() or started.exception() is not None:
            return
        with contextlib.suppress(RuntimeError):  # the loop ends before its workers
            loop.call_soon_threadsafe(self._note_ready, pool)

    def _note_ready(self, pool: ProcessPoolExecutor) -> None:
        self._is_ready = self._pool is pool

    def _close(self) -> None:
        pool, self._pool = self._pool, None
        if pool is None:
            return
        # Not waited for to the end: a plan that nobody will read may take seconds.
        _kill(pool)
        pool.shutdown(wait=True, cancel_futures=True)


def _kill(pool: ProcessPoolExecutor) -> None:
    for process in tuple((pool._processes or {}).values()):
        process.kill()  # workers keep nothing, and one that hangs may not hear anything else


_providers: "CityProviders | None" = None  # of this worker process; set once, when it begins


def _begin(city: str, profile: "SpeedProfile | None") -> None:
    """Prepare a worker: load the city, and end when the dispatcher does, however that happens."""
    global _providers  # noqa: PLW0603 - the pool gives its functions no other place to keep it
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the dispatcher's to act on
    parent = multiprocessing.parent_process()
    if parent is not None:
        watch = threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True)
        watch.start()
    # With the planner the kernel is loaded: the first question is no slower than the others.
    from dispatcher import planner  # noqa: F401, PLC0415
    from dispatcher.providers import CityProviders  # noqa: PLC0415
    from maps.builtin import load_city  # noqa: PLC0415

    _providers = CityProviders(load_city(city), profile)
    _providers.prepare()


def _end_with(sentinel: int) -> None:
    multiprocessing.connection.wait([sentinel])
    os._exit(1)


def _worker_pid() -> int:
    return os.getpid()


def _known() -> "CityProviders":
    if _providers is None:
        raise RuntimeError("the worker was not prepared")
    return _providers


def _plan(request: PlanRequest) -> PlanResult:
    from dispatcher import planner  # noqa: PLC0415

    return planner.plan(request, _known(), stop=late_after(SEARCH_S_MAX, MachineClock()))


def late_after(duration_s: float, machine: MachineTime) -> Callable[[], bool]:
    """Return what says whether so long has passed since now."""
    until_s = machine.seconds() + duration_s
    return lambda: machine.seconds() >= until_s


def _forecast(request: ForecastRequest) -> ForecastResult:
    from dispatcher import planner  # noqa: PLC0415

    return planner.forecast(request, _known())

"""The demonstration from setting up to its result: parts, day, account, bundle.

Decides which processes there are, in which order they begin and end, and what remains afterwards:
no process ever, and the work folder only if something went wrong.
"""

import asyncio
import logging
import os
import shutil
import signal
import sys
import tempfile
import threading
from collections.abc import Coroutine, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from dispatcher.core.snapshot import Snapshot
from dispatcher.export.bundle import write_bundle
from dispatcher.export.errors import ExportUnwritableError
from dispatcher.live.clock import write_machine_epoch
from dispatcher.live.mqtt import MqttLink
from dispatcher.live.solving import START_S_MAX, compile_kernels
from maps.builtin import load_city
from maps.units import Instant, Seconds, later
from simulations.accounting import differences
from simulations.broker import EmbeddedBroker
from simulations.demo.account import Course, day_snapshot, result_document
from simulations.demo.conductor import ROLE, Conductor
from simulations.demo.files import CITY, ZONE, DemoFiles, DemoSize, write_files
from simulations.demo.script import Script
from simulations.demo.view import View, view_for
from simulations.demo.watch import Watch
from simulations.errors import ChildEndedError, NotReadyError, UnaccountedError
from simulations.processes import Child, python_command
from simulations.scenario import Day, Scenario, day_of
from simulations.wire.process import (
    PASSWORD_VARIABLE,
    READY,
    broker_settings,
    clocks_of,
)
from simulations.wire.warehouse import read_ledger

READY_S_MAX: Final = START_S_MAX
"""The planning workers take longest: the day begins when they are ready, not with their start."""
STOP_S_MAX: Final = 10.0
CHAOS_AT_S: Final = 5400
"""World seconds after which ``--chaos`` kills the dispatcher: the middle of the morning."""
CLI: Final = "import sys; from dispatcher.cli import main; sys.exit(main())"


@dataclass(frozen=True, slots=True)
class DemoOptions:
    """What a demonstration is asked for.

    Attributes
    ----------
    out
        Where the bundle goes.
    headless
        Lines instead of a live picture.
    chaos
        Kill the dispatcher in the middle and start it again.
    """

    size: DemoSize
    out: Path
    headless: bool
    chaos: bool


@dataclass(frozen=True, slots=True)
class DemoResult:
    """What came of it: the document for programs, the snapshot, and the files written."""

    document: dict[str, Any]
    snapshot: Snapshot
    files: tuple[Path, ...]


class Parts:
    """The processes of the day, started here and stopped in the order that loses nothing."""

    def __init__(self, files: DemoFiles, broker: EmbeddedBroker) -> None:
        self._files, self._broker = files, broker
        scenario = str(files.scenario_path)
        self._children: list[Child] = []
        self.serve = self._start_serve()
        wire = "simulations.wire"
        self.vans = self._start(
            "vans", python_command(wire, "vans", scenario, str(files.van_report)), "vans"
        )
        self.warehouse = self._start(
            "warehouse",
            python_command(wire, "warehouse", scenario, str(files.ledger)),
            "warehouse",
        )

    def check(self) -> None:
        """Fail if any part is over."""
        self._broker.check()
        for child in (self.serve, self.vans, self.warehouse):
            child.check()

    def is_ready(self) -> bool:
        """Return whether vans and warehouse say that they are connected."""
        return all(child.has_said(READY) for child in (self.vans, self.warehouse))

    def kill_dispatcher(self) -> None:
        """Kill the dispatcher without a warning, and start it again on the same journal."""
        self.serve.kill()
        self.serve = self._start_serve()

    def stop(self) -> None:
        """Stop all parts: the dispatcher first, so that everything it said is still heard."""
        for child in (self.serve, self.warehouse, self.vans, *self._children):
            child.stop(STOP_S_MAX)

    def end_well(self) -> None:
        """Stop all parts, and fail if one did not end as it should.

        Raises
        ------
        ChildEndedError
            With the part's exit code and last words.
        """
        for child in (self.serve, self.warehouse, self.vans):
            code = child.stop(STOP_S_MAX)
            if code != 0:
                raise ChildEndedError(child.name, code, child.last_lines(), child.folder)

    def _start_serve(self) -> Child:
        command = [sys.executable, "-c", CLI, "serve", str(self._files.config)]
        return self._start("serve", command, "dispatcher")

    def _start(self, name: str, command: list[str], role: str) -> Child:
        password = {PASSWORD_VARIABLE: self._broker.passwords[role]}
        child = Child(name, command, folder=self._files.folder, environment=password)
        self._children.append(child)
        return child


def run_demo(options: DemoOptions) -> DemoResult:
    """Run a demonstration.

    Raises
    ------
    RobovanError
        If a part cannot be set up or ends too early, or a parcel is not accounted for.
    KeyboardInterrupt
        On Ctrl-C and SIGTERM; everything is stopped then, too.
    """
    _check_out(options.out)
    view = view_for(headless=options.headless, zone=ZONE)
    view.say(f"seed {options.size.seed}")
    with ExitStack() as stack:
        stack.enter_context(_interrupted_by_sigterm())
        view.say(f"roads of {CITY}: built once, then kept in your cache folder")
        load_city(CITY)
        folder = stack.enter_context(_work_folder())
        stack.enter_context(_logging_to(folder / "conductor.log"))
        broker = stack.enter_context(EmbeddedBroker())
        view.say(f"broker listens on {broker.host}:{broker.port}; files are in {folder}")
        files, scenario = write_files(folder, options.size, broker)
        day = day_of(scenario)
        view.say("kernels of roads and routes: compiled once, a minute or two, then kept as well")
        compile_kernels()
        script = Script(day, Instant(scenario.start_ms))
        parts = Parts(files, broker)
        stack.callback(parts.stop)
        view.say("dispatcher, vans and warehouse are starting")
        living = _interruptible(_live_through(options, scenario, day, script, parts, view, broker))
        try:
            course = asyncio.run(living)
        except BaseExceptionGroup as group:
            raise _first_of(group) from None
        except asyncio.CancelledError:
            raise KeyboardInterrupt from None
        parts.end_well()
        return _account(options, files, day, course)


def _first_of(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """Return the first error that tasks ended with: the others follow from it."""
    first = group.exceptions[0]
    return _first_of(first) if isinstance(first, BaseExceptionGroup) else first


async def _interruptible[T](work: Coroutine[Any, Any, T]) -> T:
    """Do the work, and cancel it in good order on SIGTERM, as ``asyncio`` does on SIGINT."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    before = signal.getsignal(signal.SIGTERM)
    if task is not None and _is_main_thread():
        loop.add_signal_handler(signal.SIGTERM, task.cancel)
    try:
        return await work
    finally:
        if _is_main_thread():
            loop.remove_signal_handler(signal.SIGTERM)
            signal.signal(signal.SIGTERM, before)


async def _live_through(
    options: DemoOptions,
    scenario: Scenario,
    day: Day,
    script: Script,
    parts: Parts,
    view: View,
    broker: EmbeddedBroker,
) -> Course:
    """Live through the day, and return how it went."""
    clocks = clocks_of(scenario.clock)
    start, depot = Instant(scenario.start_ms), day.setup.depot
    watch = Watch(
        (parcel.parcel_id for parcel in day.parcels),
        (van.van_id for van in day.setup.vans),
        depot.place,
    )
    starts = 1

    def turn() -> None:
        nonlocal starts
        kill_at = later(start, Seconds(CHAOS_AT_S))
        if options.chaos and starts == 1 and clocks.world.now() >= kill_at:
            watch.note(clocks.world.now(), "the dispatcher is killed, and started again")
            parts.kill_dispatcher()
            starts += 1
        parts.check()

    settings = broker_settings(scenario.broker, ROLE, password=broker.passwords[ROLE])
    async with MqttLink(settings, ROLE) as link, asyncio.TaskGroup() as group:
        conductor = Conductor(
            link,
            watch=watch,
            script=script,
            clocks=clocks,
            depot_id=depot.depot_id,
            start=start,
        )
        listening = group.create_task(conductor.listen(), name="listen")
        await _until_ready(conductor, parts)
        write_machine_epoch(Path(scenario.clock.machine_epoch_file), clocks.machine.unix_s())
        begun_s = clocks.machine.seconds()
        view.begin(watch, conductor.word, len(day.parcels))
        try:
            is_over = await conductor.direct(
                lambda: view.show(clocks.world.now(), clocks.machine.seconds()), turn
            )
        finally:
            view.end()
            listening.cancel()
    seconds = clocks.machine.seconds() - begun_s
    return Course(seconds, conductor.word.lag_s_max, starts, is_over)


async def _until_ready(conductor: Conductor, parts: Parts) -> None:
    """Wait until all parts work; fail if one ends or takes too long."""
    try:
        async with asyncio.timeout(READY_S_MAX):
            while not (parts.is_ready() and conductor.word.workers_ready):
                parts.check()
                await asyncio.sleep(0.05)
    except TimeoutError:
        name = "serve" if parts.is_ready() else "vans and warehouse"
        raise NotReadyError(name, READY_S_MAX, parts.serve.folder) from None


def _account(options: DemoOptions, files: DemoFiles, day: Day, course: Course) -> DemoResult:
    """Replay the journal, hold it against the ledger, and write the bundle."""
    snapshot = day_snapshot(files.journal, day.setup.depot.depot_id)
    found = differences(read_ledger(files.ledger), snapshot)
    written = write_bundle(snapshot, options.out, network=day.network)
    if found:
        raise UnaccountedError(found, files.folder)
    document = result_document(snapshot, course, seed=options.size.seed, out=options.out)
    return DemoResult(document, snapshot, written.paths)


def _check_out(out: Path) -> None:
    """Fail before the day, not after it, if the bundle could not be written."""
    if out.exists() and not out.is_dir():
        raise ExportUnwritableError(out, "it is there and no folder")
    there = out.absolute()
    while not there.exists():
        there = there.parent
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        raise ExportUnwritableError(out, f"{there} cannot be written")


@contextmanager
def _work_folder() -> Iterator[Path]:
    """Yield a folder that goes when all went well or was interrupted, and stays on failure."""
    folder = Path(tempfile.mkdtemp(prefix="robovan-demo-"))
    try:
        yield folder
    except Exception:
        raise
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _logging_to(path: Path) -> Iterator[None]:
    """Keep this process's log in the work folder, where those of the others are."""
    handler = logging.FileHandler(path, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    root = logging.getLogger()
    root.addHandler(handler)
    try:
        yield
    finally:
        root.removeHandler(handler)
        handler.close()


@contextmanager
def _interrupted_by_sigterm() -> Iterator[None]:
    """Let SIGTERM end the demonstration as Ctrl-C does: with everything stopped."""
    if not _is_main_thread():  # only it may set handlers
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _is_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()

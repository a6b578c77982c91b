"""The demonstration from setting up to its result: parts, day, account, bundle.

Decides which processes there are, in which order they begin and end, and what remains afterwards:
no process ever, and the work folder only if something went wrong.
"""

import asyncio
import logging
import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from dispatcher.core.snapshot import Snapshot
from dispatcher.export.bundle import write_bundle
from dispatcher.export.errors import ExportUnwritableError
from dispatcher.live.clock import write_machine_epoch
from dispatcher.live.kernels import compile_kernels
from dispatcher.live.mqtt import MqttLink
from dispatcher.live.solving import START_S_MAX
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
from simulations.errors import NotReadyError, UnaccountedError
from simulations.interrupting import interrupted_by_sigterm, run_interruptible, work_folder
from simulations.parts import Parts
from simulations.scenario import Day, Scenario, day_of
from simulations.wire.process import broker_settings, clocks_of
from simulations.wire.warehouse import read_ledger

READY_S_MAX: Final = START_S_MAX
"""The planning workers take longest: the day begins when they are ready, not with their start."""
CHAOS_AT_S: Final = 5400
"""World seconds after which ``--chaos`` kills the dispatcher: the middle of the morning."""


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
        stack.enter_context(interrupted_by_sigterm())
        view.say(f"roads of {CITY}: built once, then kept in your cache folder")
        load_city(CITY)
        folder = stack.enter_context(work_folder("robovan-demo-"))
        stack.enter_context(_logging_to(folder / "conductor.log"))
        broker = stack.enter_context(EmbeddedBroker())
        view.say(f"broker listens on {broker.host}:{broker.port}; files are in {folder}")
        files, scenario = write_files(folder, options.size, broker)
        day = day_of(scenario)
        view.say("kernels of roads and routes: compiled once, a minute or two, then kept as well")
        compile_kernels()
        script = Script(day, Instant(scenario.start_ms))
        parts = Parts(files.of_processes(), broker)
        stack.callback(parts.stop)
        view.say("dispatcher, vans and warehouse are starting")
        course = run_interruptible(
            _live_through(options, scenario, day, script, parts, view, broker)
        )
        parts.end_well()
        return _account(options, files, day, course)


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

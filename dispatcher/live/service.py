"""The live dispatcher: its parts put together, started in order, and stopped.

Decides what is checked before anything runs (configuration, city, fleet, journal, HTTP's port,
broker, workers, in this sequence). Which topics are heard, and which depot a message is for, is
``switchboard``'s; what happens then is ``loop``'s; when HTTP begins, ``web``'s.
"""

import asyncio
import logging
import signal
from collections.abc import Sequence
from functools import partial
from typing import Final

from dispatcher.collecting import rare_collections
from dispatcher.config import ServeConfig
from dispatcher.core.settings import DepotSetup
from dispatcher.inputs.depots import depot_setups
from dispatcher.inputs.fleet import FleetModel, read_fleet
from dispatcher.inputs.shifts import hours_of
from dispatcher.journal.database import open_journal
from dispatcher.journal.engines import shown
from dispatcher.journal.snapshots import SnapshotFolder
from dispatcher.live.clock import MachineClock, WorldClock
from dispatcher.live.collecting import NEVER, collect_forever, no_collections
from dispatcher.live.counting import Counts
from dispatcher.live.departing import part_with
from dispatcher.live.desk import Desk
from dispatcher.live.errors import SharedVanError
from dispatcher.live.keeping import kept_apart
from dispatcher.live.kernels import compile_kernels
from dispatcher.live.loop import DepotLoop, Surroundings
from dispatcher.live.mqtt import MqttLink
from dispatcher.live.parcel_log import ParcelLog
from dispatcher.live.presence import Speaker
from dispatcher.live.rostering import Roster
from dispatcher.live.snapshotting import SnapshotMaker, SnapshotSettings
from dispatcher.live.solving import WorkerSolver
from dispatcher.live.statelink import StateLink
from dispatcher.live.status import DepotSummary, Teller
from dispatcher.live.switchboard import Switchboard
from dispatcher.live.timekeeping import ClockWatch
from dispatcher.live.trimming import Trimmer, TrimSettings
from dispatcher.live.web import serving_http, telling_webhooks
from dispatcher.providers import CityProviders
from maps.builtin import load_city
from maps.errors import RobovanError
from maps.incident_rules import check_incident
from maps.observed_speeds import speed_profile
from maps.snapping import Snapper

logger = logging.getLogger(__name__)

STOP_S_MAX: Final = 8.0
"""How long an orderly stop may take, whatever the broker does; then it is cut short. Assumed: above
the time for telling what is decided, below the ten seconds after which others begin to kill."""


def run_service(config: ServeConfig) -> tuple[DepotSummary, ...]:
    """Serve until SIGTERM or SIGINT, and return how each depot did.

    Raises
    ------
    RobovanError
        For everything that keeps the dispatcher from starting or going on.
    """
    compile_kernels()  # which says so; a worker that did it would count as one that cannot start
    try:
        return asyncio.run(_serve_until_told(config))
    except BaseExceptionGroup as group:
        expected = _expected(group)
        if expected is None:
            raise
        raise expected from None


async def serve(
    config: ServeConfig, stop: asyncio.Event, reread: asyncio.Event, depots: dict[str, DepotLoop]
) -> None:
    """Serve until ``stop`` is set; read files of HTTP again whenever ``reread`` is.

    ``depots`` are filled in by id: whoever cuts it short sees there how far they were.
    """
    machine = MachineClock()
    world = WorldClock(config.clock, machine)
    network = await asyncio.to_thread(load_city, config.city)
    profile = speed_profile(config.speeds)
    # Places are refused here that no planning worker could plan for, such as beside a motorway.
    snapper = CityProviders(network).snapper
    fleet = read_fleet(config.fleet)
    setups = _setups(config, fleet, snapper, world)
    known_ways = frozenset(network.way_ids.tolist())
    with rare_collections(oldest_after=NEVER), open_journal(config.journal) as journal:
        folder = SnapshotFolder(config.snapshots, config.archive)
        snapshots = SnapshotSettings(folder, config.snapshot_entries)
        unlisted = set(journal.depot_ids()) - {setup.depot.depot_id for setup in setups}
        name = shown(config.journal)
        await asyncio.to_thread(part_with, sorted(unlisted), journal, folder, shown=name)
        speaker = Speaker((setup.depot.depot_id for setup in setups), world, machine)
        link = MqttLink(config.broker, config.client_id, speaker.will)
        states = StateLink(config.states_broker, f"{config.client_id}-states")
        solver = WorkerSolver(config.city, config.workers, profile)
        around = Surroundings(
            journal,
            link,
            states,
            solver,
            world,
            machine,
            snapper.snap,
            partial(check_incident, box=network.info.box, known_ways=known_ways),
            config.silence_s,
            snapshots.folder,
            Teller(speaker.dispatcher_id, speaker.instance_id),
        )
        depots |= {setup.depot.depot_id: DepotLoop(setup, around) for setup in setups}
        for depot in depots.values():
            depot.parcel_log = None if config.http is None else ParcelLog()
        desk = Desk(depots, around, states, Counts())
        maker = SnapshotMaker(config.journal, snapshots, depots, machine)
        roster = Roster(setups, hours_of(fleet), depots, world)
        trimmer = Trimmer(
            *(config.journal, journal, folder, TrimSettings(config.keep_entries_s)),
            depots=depots,
            world=world,
            machine=machine,
        )
        # The workers load their city while the journal is replayed.
        async with serving_http(config.http, desk, reread), solver:
            # In a thread, while HTTP says why it is not ready; nobody else looks at the depots yet.
            with no_collections():
                for depot in depots.values():
                    await asyncio.to_thread(depot.recover)
            roster.look()
            desk.is_replayed = True
            async with (
                link,
                states,
                speaker.saying(link, stop),
                kept_apart(link, states),
                telling_webhooks(config.http, desk),
            ):
                await _run(desk, solver, roster, (maker, trimmer), stop)


async def _run(
    desk: Desk,
    solver: WorkerSolver,
    roster: Roster,
    keepers: tuple[SnapshotMaker, Trimmer],
    stop: asyncio.Event,
) -> None:
    depots, around = desk.depots, desk.around
    switchboard = Switchboard(depots, around.link, desk.states, around.machine, desk.counts)
    async with asyncio.TaskGroup() as group:
        # The depots do not wait for the workers: announcements and vans are answered meanwhile.
        warming = group.create_task(solver.ready(), name="workers")
        hearing = group.create_task(switchboard.run(), name="switchboard")
        releasing = group.create_task(switchboard.release(), name="pace")
        beating = group.create_task(desk.pulse.beat_forever(around.machine), name="pulse")
        collecting = group.create_task(collect_forever(around.machine), name="garbage")
        watching = group.create_task(ClockWatch(around.world).run(), name="clock")
        keeping = [
            group.create_task(keeper.run(), name=type(keeper).__name__) for keeper in keepers
        ]
        rostering = group.create_task(roster.run(switchboard), name="shifts")
        await switchboard.subscribe()
        logger.info("serving", extra={"depots": sorted(depots)})
        running = [
            group.create_task(depot.run(stop), name=depot_id) for depot_id, depot in depots.items()
        ]
        lasting = group.create_task(_stop_after(running, stop), name="depots")
        await stop.wait()
        desk.is_stopping = True
        await asyncio.wait(running)
        others = (hearing, releasing, beating, collecting, watching, rostering, warming, lasting)
        for task in (*others, *keeping):
            task.cancel()
    await keepers[0].finish()
    logger.info("stopped")


async def _stop_after(running: Sequence[asyncio.Task[None]], stop: asyncio.Event) -> None:
    """Tell all to stop once no depot is left."""
    await asyncio.wait(running)
    stop.set()


async def _serve_until_told(config: ServeConfig) -> tuple[DepotSummary, ...]:
    """Serve until a signal; a second one, or time, ends the waiting for anything to be finished."""
    stop, reread = asyncio.Event(), asyncio.Event()
    depots: dict[str, DepotLoop] = {}
    loop = asyncio.get_running_loop()
    work = loop.create_task(serve(config, stop, reread, depots), name="serve")

    def told(name: str) -> None:
        logger.info("told_to_stop", extra={"signal": name})
        if stop.is_set():
            work.cancel()
        stop.set()
        loop.call_later(STOP_S_MAX, work.cancel)

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told, number.name)
    loop.add_signal_handler(signal.SIGHUP, reread.set)
    try:
        await work
    except asyncio.CancelledError:
        if not stop.is_set():
            raise
    summaries = tuple(depot.summary() for depot in depots.values())
    for summary in summaries:
        _say_unfinished(summary)
    return summaries


def _say_unfinished(summary: DepotSummary) -> None:
    """Say what of a depot is left for the next start."""
    extra = {"depot_id": summary.depot_id, "untold": summary.untold_count}
    if summary.is_cut_short:
        logger.error("depot_cut_short", extra=extra)
    elif summary.untold_count:
        logger.warning("messages_not_told", extra=extra)


def _setups(
    config: ServeConfig, fleet: FleetModel, snapper: Snapper, world: WorldClock
) -> tuple[DepotSetup, ...]:
    setups = depot_setups(
        fleet,
        snapper.network,
        path=config.fleet,
        at=world.now(),
        settings=config.plan,
        snapper=snapper,
    )
    _check_vans(setups)
    return setups


def _check_vans(setups: Sequence[DepotSetup]) -> None:
    """Refuse a van of two depots: its orders would come from two cores."""
    owner: dict[str, str] = {}
    for setup in setups:
        depot_id = setup.depot.depot_id
        for van in setup.vans:
            first = owner.setdefault(van.van_id, depot_id)
            if first != depot_id:
                raise SharedVanError(van.van_id, (first, depot_id))


def _expected(group: BaseExceptionGroup[BaseException]) -> RobovanError | None:
    """Return the first expected error of a group, or None if it holds others as well."""
    found: RobovanError | None = None
    for error in group.exceptions:
        inner = _expected(error) if isinstance(error, BaseExceptionGroup) else error
        if not isinstance(inner, RobovanError):
            return None
        found = found or inner
    return found

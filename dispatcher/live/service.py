"""The live dispatcher: its parts put together, started in order, and stopped.

Decides what is checked before anything runs (configuration, city, fleet, journal, HTTP's port,
broker, workers, in this sequence; HTTP says so until all are ready), which topics are heard, and
which depot a message is for. What happens then is ``loop``'s.
"""

import asyncio
import contextlib
import logging
import signal
from collections.abc import AsyncIterator, Mapping, Sequence
from functools import partial
from typing import Final

from dispatcher.config import ServeConfig
from dispatcher.core.settings import DepotSetup
from dispatcher.inputs.depots import depot_setups
from dispatcher.inputs.fleet import read_fleet
from dispatcher.journal.database import open_journal
from dispatcher.live.clock import MachineClock, WorldClock
from dispatcher.live.counting import Counts
from dispatcher.live.desk import Desk
from dispatcher.live.errors import DepotUnknownError, SharedVanError
from dispatcher.live.inbox import Receipt, VanMessage, WarehouseMessage
from dispatcher.live.loop import DepotLoop, DepotSummary, Surroundings
from dispatcher.live.mqtt import MqttLink
from dispatcher.live.solving import WorkerSolver, compile_kernels
from dispatcher.live.warehouse import DEPOTS, INCIDENTS_TOPIC, depot_topic
from dispatcher.ports import Incoming, MessageLink
from dispatcher.providers import CityProviders
from maps.builtin import load_city
from maps.errors import RobovanError
from maps.incident_rules import check_incident
from maps.observed_speeds import speed_profile
from maps.snapping import Snapper
from vehicles.errors import BadTopicError
from vehicles.vda5050.topics import TopicKind, parse_topic, topic

logger = logging.getLogger(__name__)

DEPOT_TAILS: Final = ("parcels", "parcels/cancel", "loaded")
"""What is heard of each depot, behind its id."""

VAN_QOS: Final[Mapping[TopicKind, int]] = {TopicKind.STATE: 0, TopicKind.CONNECTION: 1}
"""What is heard of each van. A lost state is followed by the next; a last will by nothing."""

STOP_S_MAX: Final = 8.0
"""How long an orderly stop may take, whatever the broker does; then it is cut short. Assumed: above
the time for telling what is decided, below the ten seconds after which others begin to kill."""


class Switchboard:
    """Passes messages to the depots that they are for.

    Parameters
    ----------
    depots
        By id; a van belongs to one of them.
    link
        For acknowledging what is nobody's.
    counts
        Where it is counted.
    """

    def __init__(
        self, depots: Mapping[str, DepotLoop], link: MessageLink, counts: Counts | None = None
    ) -> None:
        self._depots = depots
        self._link = link
        self._counts = counts or Counts()
        self._of_van = {
            (van.spec.manufacturer, van.van_id): depot
            for depot in depots.values()
            for van in depot.setup.vans
        }

    async def subscribe(self) -> None:
        """Ask the broker for everything that concerns these depots and vans."""
        for depot_id in self._depots:
            for tail in DEPOT_TAILS:
                await self._link.subscribe(depot_topic(depot_id, tail), qos=1)
        await self._link.subscribe(INCIDENTS_TOPIC, qos=1)
        for manufacturer, van_id in self._of_van:
            for kind, qos in VAN_QOS.items():
                await self._link.subscribe(topic(manufacturer, van_id, kind), qos=qos)

    async def run(self) -> None:
        """Pass messages on, for ever."""
        async for message in self._link.messages():
            self.pass_on(message)

    def pass_on(self, message: Incoming) -> None:
        """Put a message into the inbox that it is for; nobody's message is acknowledged at once.

        One for which there is no room is not: the broker will send it again.
        """
        if message.topic == INCIDENTS_TOPIC:
            receipt = Receipt(self._link, message, readers=len(self._depots))
            for depot in self._depots.values():
                _put(depot, WarehouseMessage("roads", message.payload, receipt), "incidents")
        elif message.topic.startswith(f"{DEPOTS}/"):
            self._pass_to_depot(message)
        else:
            self._pass_to_van(message)

    def _pass_to_depot(self, message: Incoming) -> None:
        depot_id, _, tail = message.topic.removeprefix(f"{DEPOTS}/").partition("/")
        depot = self._depots.get(depot_id)
        if depot is None or tail not in DEPOT_TAILS:
            self._refuse(message, "unknown_topic", "no such depot or kind of message")
            return
        receipt = Receipt(self._link, message)
        _put(depot, WarehouseMessage(tail, message.payload, receipt), tail)

    def _pass_to_van(self, message: Incoming) -> None:
        try:
            about = parse_topic(message.topic)
        except BadTopicError as error:
            self._refuse(message, "unknown_topic", error.what)
            return
        depot = self._of_van.get((about.manufacturer, about.serial_number))
        if depot is None or about.kind not in VAN_QOS:
            self._refuse(message, "unknown_van", "no van of ours")
            return
        receipt = Receipt(self._link, message)
        arrival = VanMessage(about.serial_number, about.kind, message.payload, receipt)
        _put(depot, arrival, about.kind.value)

    def _refuse(self, message: Incoming, counted_as: str, cause: str) -> None:
        self._counts.refused[counted_as] += 1
        logger.warning("message_for_nobody", extra={"topic": message.topic, "cause": cause})
        self._link.acknowledge(message)


def _put(depot: DepotLoop, arrival: WarehouseMessage | VanMessage, kind: str) -> None:
    """Put a message into a depot's inbox, and count it by its kind."""
    depot.counts.heard[kind] += 1
    if not depot.inbox.put(arrival):
        depot.counts.refused["inbox_full"] += 1
        logger.warning("inbox_full", extra={"depot_id": depot.depot_id, "kind": kind})


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


async def serve(config: ServeConfig, stop: asyncio.Event) -> tuple[DepotSummary, ...]:
    """Serve until ``stop`` is set, and return how each depot did."""
    machine = MachineClock()
    world = WorldClock(config.clock, machine)
    network = await asyncio.to_thread(load_city, config.city)
    profile = speed_profile(config.speeds)
    # Places are refused here that no planning worker could plan for, such as beside a motorway.
    snapper = CityProviders(network).snapper
    setups = _setups(config, snapper, world)
    known_ways = frozenset(network.way_ids.tolist())
    with open_journal(config.journal) as journal:
        unknown = set(journal.depot_ids()) - {setup.depot.depot_id for setup in setups}
        if unknown:
            raise DepotUnknownError(tuple(sorted(unknown)), str(config.journal))
        link = MqttLink(config.broker, config.client_id)
        solver = WorkerSolver(config.city, config.workers, profile)
        around = Surroundings(
            journal,
            link,
            solver,
            world,
            machine,
            snapper.snap,
            partial(check_incident, box=network.info.box, known_ways=known_ways),
            config.silence_s,
        )
        depots = {setup.depot.depot_id: DepotLoop(setup, around) for setup in setups}
        desk = Desk(depots, around, Counts())
        async with _http(config, desk):
            # In a thread, while HTTP says why it is not ready; nobody else looks at the depots yet.
            for depot in depots.values():
                await asyncio.to_thread(depot.recover)
            desk.is_replayed = True
            async with link, solver:
                await _run(desk, solver, stop)
    return tuple(depot.summary() for depot in depots.values())


@contextlib.asynccontextmanager
async def _http(config: ServeConfig, desk: Desk) -> AsyncIterator[None]:
    """Serve HTTP meanwhile, if the configuration says so."""
    if config.http is None:
        yield
        return
    # Imported here: it takes a second that a dispatcher without HTTP need not wait for.
    from dispatcher.api.app import application  # noqa: PLC0415
    from dispatcher.api.server import HttpServer  # noqa: PLC0415

    async with HttpServer(config.http, application(desk)):
        yield


async def _run(desk: Desk, solver: WorkerSolver, stop: asyncio.Event) -> None:
    depots = desk.depots
    switchboard = Switchboard(depots, desk.around.link, desk.counts)
    async with asyncio.TaskGroup() as group:
        # The depots do not wait for the workers: announcements and vans are answered meanwhile.
        warming = group.create_task(solver.ready(), name="workers")
        hearing = group.create_task(switchboard.run(), name="switchboard")
        await switchboard.subscribe()
        logger.info("serving", extra={"depots": sorted(depots)})
        running = [
            group.create_task(depot.run(stop), name=depot_id) for depot_id, depot in depots.items()
        ]
        await stop.wait()
        desk.is_stopping = True
        await asyncio.wait(running)
        hearing.cancel()
        warming.cancel()
    logger.info("stopped")


async def _serve_until_told(config: ServeConfig) -> tuple[DepotSummary, ...]:
    """Serve until a signal; a second one, or time, ends the waiting for anything to be finished."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    work = loop.create_task(serve(config, stop), name="serve")

    def told(name: str) -> None:
        logger.info("told_to_stop", extra={"signal": name})
        if stop.is_set():
            work.cancel()
        stop.set()
        loop.call_later(STOP_S_MAX, work.cancel)

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told, number.name)
    try:
        return await work
    except asyncio.CancelledError:
        if not stop.is_set():
            raise
        return ()


def _setups(config: ServeConfig, snapper: Snapper, world: WorldClock) -> tuple[DepotSetup, ...]:
    fleet = read_fleet(config.fleet)
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

"""Simulated vans in the place of a fleet's real ones, on the broker that a dispatcher uses.

Decides who they connect as (each as itself, with the fleet's credentials or one password for all)
and what is shown of them. They obey as in any simulated day; roads are as the map says, and
customers are absent as often as asked for.
"""

import asyncio
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from dispatcher.brokers.credentials import read_credentials
from dispatcher.brokers.users import van_user
from dispatcher.config import ServeConfig
from dispatcher.inputs.depots import depot_setups, dialects_of
from dispatcher.inputs.fleet import read_fleet
from dispatcher.live.clock import MachineClock, WorldClock
from dispatcher.live.keeping import BrokerSettings
from dispatcher.live.mqtt import MqttLink
from dispatcher.ports import Will
from maps.builtin import load_city
from maps.observed_speeds import speed_profile
from maps.snapping import Snapper
from maps.turns import expand
from simulations.errors import NoCredentialError
from simulations.fleet import fleet_of
from simulations.interrupting import first_of
from simulations.rng import Streams
from simulations.roads import RoadsByKind
from simulations.scenario import NetworkModel
from simulations.surroundings import Luck
from simulations.van import SimulatedVan
from simulations.wire.diary import Diary
from simulations.wire.process import SIGNALS, Clocks
from simulations.wire.rough import RoughLink
from simulations.wire.vans import VanFleet, WiredVan, listen, pulse, say_goodbye
from vehicles.vda5050.dialect import Version
from vehicles.vda5050.state import ConnectionState
from vehicles.vda5050.topics import TopicKind, topic

LOOK_S: Final = 0.2
"""How often it is looked what vans have aboard, seconds of the machine."""

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What is rehearsed.

    Attributes
    ----------
    config
        Of the dispatcher: city, fleet, broker and clock are taken from it.
    credentials
        What ``robovan broker config`` wrote; None: the password of the environment for all.
    seed, absent_ratio
        Of the vans' luck; how many consignees are not there.
    """

    config: ServeConfig
    credentials: Path | None
    seed: int
    absent_ratio: float


@dataclass(slots=True)
class Counts:
    """How many vans there were, and how many parcels came aboard and left."""

    vans: int = 0
    taken_in: int = 0
    handed_out: int = 0


def run_rehearsal(rehearsal: Rehearsal, say: Say) -> Counts:
    """Rehearse until SIGINT or SIGTERM, and return what was seen.

    Raises
    ------
    RobovanError
        As ``rehearse``.
    """
    counts = Counts()

    async def until_told() -> None:
        """Rehearse, and stop by a signal."""
        stop, loop = asyncio.Event(), asyncio.get_running_loop()
        for number in SIGNALS:
            loop.add_signal_handler(number, stop.set)
        await rehearse(rehearsal, say, counts, stop)

    try:
        asyncio.run(until_told())
    except BaseExceptionGroup as group:
        raise first_of(group) from None
    return counts


async def rehearse(rehearsal: Rehearsal, say: Say, counts: Counts, stop: asyncio.Event) -> None:
    """Let the vans live until told to stop, and count meanwhile.

    Raises
    ------
    RobovanError
        If city, fleet or credentials cannot be read, a van is not among the credentials, or the
        broker lets nobody in.
    """
    machine = MachineClock()
    clocks = Clocks(WorldClock(rehearsal.config.clock, machine), machine)
    fleets, left_out = _fleets(rehearsal, clocks)
    connect = _connecting(rehearsal, tuple(van for one in fleets for van in one.simulated.vans))
    async with AsyncExitStack() as stack:
        for fleet in fleets:
            for van in fleet.simulated.vans:
                link = MqttLink(*connect[van.van_id], _will(van, clocks))
                await stack.enter_async_context(link)
                calm = RoughLink(link, NetworkModel(), Streams(0).stream(van.van_id))
                fleet.vans.append(WiredVan(van, calm))
        counts.vans = len(connect)
        say(f"{len(connect)} vans are on the broker; Ctrl-C takes them off")
        if left_out:
            say(f"not simulated, they speak another version: {', '.join(left_out)}")
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(one) for fleet in fleets for one in _life(fleet, say, counts)
            ]
            await stop.wait()
            for task in tasks:
                task.cancel()
        for fleet in fleets:
            await say_goodbye(fleet)


def _fleets(rehearsal: Rehearsal, clocks: Clocks) -> tuple[list[VanFleet], list[str]]:
    """Return the vans of each depot as they stand there now, and those that cannot be simulated."""
    config, now = rehearsal.config, clocks.world.now()
    network, model = load_city(config.city), read_fleet(config.fleet)
    dialects = dialects_of(model)
    roads = RoadsByKind(Snapper(network), expand(network), speed_profile(config.speeds))
    fleets = list[VanFleet]()
    for setup in depot_setups(model, network, path=config.fleet, at=now):
        vans = tuple(one for one in setup.vans if dialects[one.van_id].version is Version.V2_1)
        simulated = fleet_of(
            replace(setup, vans=vans),
            roads,
            mass_g_of={},  # nobody tells a van what a parcel weighs
            streams=Streams(rehearsal.seed),
            now=now,
            luck=Luck(absent_ratio=rehearsal.absent_ratio),
        )
        fleets.append(VanFleet(clocks, simulated, Diary(None)))
    others = [name for name, one in dialects.items() if one.version is not Version.V2_1]
    return fleets, others


def _connecting(
    rehearsal: Rehearsal, vans: Sequence[SimulatedVan]
) -> dict[str, tuple[BrokerSettings, str]]:
    """Return how each van connects: where, as whom, and by what client id."""
    broker = rehearsal.config.broker
    names = {van.van_id: van_user(van.spec.manufacturer, van.van_id).name for van in vans}
    if rehearsal.credentials is None:
        return {key: (replace(broker, username=name), name) for key, name in names.items()}
    known = read_credentials(rehearsal.credentials)
    unknown = [name for name in names.values() if name not in known]
    if unknown:
        raise NoCredentialError(rehearsal.credentials, unknown)
    return {
        key: (replace(broker, username=name, password=known[name].password), known[name].client_id)
        for key, name in names.items()
    }


def _will(van: SimulatedVan, clocks: Clocks) -> Will:
    broken = van.agent.connection(clocks.world.now(), ConnectionState.CONNECTIONBROKEN)
    where = topic(van.spec.manufacturer, van.van_id, TopicKind.CONNECTION)
    return Will(where, broken.encode())


def _life(fleet: VanFleet, say: Say, counts: Counts) -> Iterator[Coroutine[Any, Any, None]]:
    yield from (listen(fleet, wired, is_first=False) for wired in fleet.vans)
    yield pulse(fleet)
    yield _tell(fleet, say, counts)


async def _tell(fleet: VanFleet, say: Say, counts: Counts) -> None:
    """Say what comes aboard and what leaves, for ever."""
    aboard = {wired.van.van_id: frozenset[str]() for wired in fleet.vans}
    while True:
        for wired in fleet.vans:
            van_id, now = wired.van.van_id, frozenset(wired.van.agent.loads)
            before, aboard[van_id] = aboard[van_id], now
            counts.taken_in += len(now - before)
            counts.handed_out += len(before - now)
            for word, some in (("hands out", before - now), ("takes in", now - before)):
                if some:
                    say(f"{van_id} {word} {', '.join(sorted(some))}")
        await asyncio.sleep(LOOK_S)

"""The simulated vans of a day on a real broker: one connection each, one process for all.

Decides when a van's state goes out: when something happened, and at least every second of the
machine. What happens to a van is ``simulations.van``'s; here it only meets the clock and the wire,
which may be ``rough`` and whose ``line`` may go dead.
"""

import asyncio
import json
import logging
from collections.abc import Coroutine, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from dispatcher.live.mqtt import MqttLink
from dispatcher.live.warehouse import INCIDENTS_TOPIC, incident_of
from dispatcher.ports import Incoming, Will
from maps.incidents import Incident
from maps.observed_speeds import speed_profile
from maps.snapping import Snapper
from maps.turns import expand
from maps.units import Instant, Seconds
from simulations.fleet import Fleet, fleet_of
from simulations.rng import Streams
from simulations.roads import RoadsByKind
from simulations.scenario import Day, Scenario, day_of
from simulations.van import SimulatedVan
from simulations.wire.control import VANS_TOPIC, BreakDown, decode
from simulations.wire.deaths import deaths_of
from simulations.wire.diary import Diary
from simulations.wire.dock import luck_of, shelf_of
from simulations.wire.line import Line, absence_of
from simulations.wire.process import Clocks, broker_settings, clocks_of, say_ready
from simulations.wire.rough import RoughLink
from simulations.wire.staying import stayings_of
from vehicles.errors import BadMessageError
from vehicles.vda5050.factsheet import factsheet_of
from vehicles.vda5050.order import InstantActions, Order
from vehicles.vda5050.state import ConnectionState
from vehicles.vda5050.topics import TopicKind, topic

logger = logging.getLogger(__name__)

ROLE: Final = "vans"
STATE_S_MAX: Final = 1.0
"""Seconds of the machine after which a state goes out though nothing happened."""
GOODBYE_S_MAX: Final = 2.0
PULSE_S_MIN: Final = 0.005
"""Vans are looked after at most so often: 1 s of the world at 200 times its pace."""


@dataclass(slots=True)
class WiredVan:
    """A van and its connection; ``line`` is the one that can be dead."""

    van: SimulatedVan
    link: RoughLink
    line: Line | None = None
    told_at_s: float = float("-inf")
    connections_told: int = 0

    def topic(self, kind: TopicKind) -> str:
        """Return the van's topic of a kind."""
        return topic(self.van.spec.manufacturer, self.van.van_id, kind)


@dataclass(slots=True)
class VanFleet:
    """All vans of the process, and what they share."""

    clocks: Clocks
    simulated: Fleet
    diary: Diary
    vans: list[WiredVan] = field(default_factory=list)
    incidents: dict[str, Incident] = field(default_factory=dict)
    woken: asyncio.Event = field(default_factory=asyncio.Event)

    def now(self) -> Instant:
        """Return the world's present instant."""
        return self.clocks.world.now()


async def run_vans(scenario: Scenario, report: Path, stop: asyncio.Event) -> None:
    """Let the vans of a day live until told to stop; then write what they did to ``report``."""
    day = day_of(scenario)
    clocks = clocks_of(scenario.clock)
    async with AsyncExitStack() as stack:
        diary = stack.enter_context(Diary(None if scenario.diary is None else Path(scenario.diary)))
        fleet = VanFleet(clocks, simulated_fleet(day, scenario, clocks.world.now()), diary)
        for van in fleet.simulated.vans:
            fleet.vans.append(await _wired(van, scenario, stack))
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(listen(fleet, wired, is_first=wired is fleet.vans[0]))
                for wired in fleet.vans
            ]
            tasks += [group.create_task(trouble) for trouble in _troubles(fleet, scenario)]
            tasks.append(group.create_task(pulse(fleet), name="pulse"))
            say_ready()
            await stop.wait()
            for task in tasks:
                task.cancel()
        for wired in fleet.vans:
            diary.end(wired.van, fleet.now())
        await say_goodbye(fleet)
    report.write_text(json.dumps(_report(fleet), indent=2) + "\n", encoding="utf-8")


def simulated_fleet(day: Day, scenario: Scenario, now: Instant) -> Fleet:
    """Return the vans of a day as they stand at the depot in the morning."""
    mass_g_of = {parcel.parcel_id: parcel.mass_g for parcel in day.parcels}
    profile = speed_profile(scenario.speeds)
    return fleet_of(
        day.setup,
        RoadsByKind(Snapper(day.network), expand(day.network), profile),
        mass_g_of,
        streams=Streams(scenario.seed),
        now=now,
        luck=luck_of(scenario),
        shelf=shelf_of(scenario, day.setup.depot.depot_id, ROLE),
    )


def _troubles(fleet: VanFleet, scenario: Scenario) -> Iterator[Coroutine[Any, Any, None]]:
    """Yield what goes wrong with vans: lines that are dead for a while, computers, and both."""
    wired = {one.van.van_id: one for one in fleet.vans}
    for one in fleet.vans:
        absence = None if one.line is None else absence_of(one.van.van_id, scenario, one.line)
        if absence is not None:
            yield absence.happen(fleet.clocks)
    for death in deaths_of(scenario, tuple(wired)):
        one = wired[death.van_id]
        if one.line is not None:
            yield death.happen(one.line, partial(_die, fleet, one), fleet.clocks)
    for staying in stayings_of(scenario, tuple(wired)):
        one = wired[staying.van_id]
        if one.line is not None:
            stand = partial(_stand, fleet, one)
            yield staying.happen(one.van, one.line, stand, fleet.clocks)


def _stand(fleet: VanFleet, wired: WiredVan, duration_s: Seconds) -> None:
    """Let a van stand still for a time, and know all that it knew."""
    wired.van.break_down(duration_s, fleet.now())


def _die(fleet: VanFleet, wired: WiredVan, duration_s: Seconds, forgets: bool) -> None:
    """Let a van stand without its computer for a time, and go on as that comes back."""
    now = fleet.now()
    wired.van.break_down(duration_s, now)
    fleet.diary.look(wired.van, now)
    wired.van.agent.restart(forgets=forgets)
    if forgets:
        fleet.diary.forget(wired.van, now)


async def _wired(van: SimulatedVan, scenario: Scenario, stack: AsyncExitStack) -> WiredVan:
    """Connect a van, by a line of its own if that is to be dead at times."""
    streams = Streams(scenario.seed)
    broken = van.agent.connection(Instant(scenario.start_ms), ConnectionState.CONNECTIONBROKEN)
    will = Will(topic(van.spec.manufacturer, van.van_id, TopicKind.CONNECTION), broken.encode())
    settings = broker_settings(scenario.broker, ROLE)
    line = None
    mischief = scenario.mischief
    if scenario.network.away_ratio or mischief.van_kills or mischief.van_absences:
        line = await stack.enter_async_context(Line(settings.host, settings.port))
        settings = replace(settings, host=line.host, port=line.port)
    link = MqttLink(settings, f"van-{van.van_id}", will)
    await stack.enter_async_context(link)
    stream = streams.stream(f"network/{van.van_id}")
    return WiredVan(van, RoughLink(link, scenario.network, stream), line)


async def listen(fleet: VanFleet, wired: WiredVan, *, is_first: bool) -> None:
    """Take in a van's messages; the first van's connection hears the news for all."""
    await wired.link.subscribe(wired.topic(TopicKind.ORDER), qos=1)
    await wired.link.subscribe(wired.topic(TopicKind.INSTANT_ACTIONS), qos=1)
    if is_first:
        await wired.link.subscribe(INCIDENTS_TOPIC, qos=1)
        await wired.link.subscribe(VANS_TOPIC, qos=1)
    async for message in wired.link.messages():
        try:
            _take(fleet, wired, message)
        except (ValidationError, BadMessageError) as error:  # one bad message stops no van
            logger.warning(
                "message_unreadable", extra={"topic": message.topic, "cause": str(error)}
            )
        fleet.woken.set()


def _take(fleet: VanFleet, wired: WiredVan, message: Incoming) -> None:
    now = fleet.now()
    if message.topic == wired.topic(TopicKind.ORDER):
        fleet.diary.hear_order(wired.van, Order.decode(message.payload), now)
    elif message.topic == wired.topic(TopicKind.INSTANT_ACTIONS):
        fleet.diary.hear_actions(wired.van, InstantActions.decode(message.payload), now)
    elif message.topic == VANS_TOPIC:
        control = decode(message.payload)
        if isinstance(control, BreakDown):
            for other in fleet.vans:
                if other.van.van_id == control.van_id:
                    other.van.break_down(control.duration_s, now)
    elif message.topic == INCIDENTS_TOPIC:
        incident = incident_of(message.payload)
        fleet.incidents[incident.incident_id] = incident
        for other in fleet.vans:
            other.van.meet_incidents(tuple(fleet.incidents.values()), now)


async def pulse(fleet: VanFleet) -> None:
    """Let time pass for all vans, and tell what happened."""
    while True:
        fleet.woken.clear()
        now, machine_s = fleet.now(), fleet.clocks.machine.seconds()
        wake_s = STATE_S_MAX
        fleet.simulated.advance(now)
        for wired in fleet.vans:
            fleet.diary.look(wired.van, now)
            await _tell(wired, now, machine_s)
            event_at = wired.van.next_event_at()
            if event_at is not None:
                wake_s = min(wake_s, fleet.clocks.world.machine_seconds_until(event_at))
            wake_s = min(wake_s, wired.told_at_s + STATE_S_MAX - machine_s)
        await asyncio.sleep(PULSE_S_MIN)
        try:
            async with asyncio.timeout(max(0.0, wake_s - PULSE_S_MIN)):
                await fleet.woken.wait()
        except TimeoutError:
            pass


async def _tell(wired: WiredVan, now: Instant, machine_s: float) -> None:
    if wired.connections_told != wired.link.connection_count and wired.link.is_connected:
        wired.connections_told = wired.link.connection_count
        await _say_connection(wired, now, ConnectionState.ONLINE)
        sheet = factsheet_of(wired.van.spec, wired.van.van_id, header_id=0, timestamp=now)
        await wired.link.publish(
            wired.topic(TopicKind.FACTSHEET), sheet.encode(), qos=1, retain=True
        )
    if not wired.van.agent.changed and machine_s < wired.told_at_s + STATE_S_MAX:
        return
    wired.told_at_s = machine_s
    state = wired.van.agent.state(now)
    await wired.link.publish(wired.topic(TopicKind.STATE), state.encode(), qos=0)


async def _say_connection(wired: WiredVan, now: Instant, state: ConnectionState) -> None:
    message = wired.van.agent.connection(now, state)
    await wired.link.publish(
        wired.topic(TopicKind.CONNECTION), message.encode(), qos=1, retain=True
    )


async def say_goodbye(fleet: VanFleet) -> None:
    """Say that all vans go offline; where the broker is gone already, nobody misses it."""
    try:
        async with asyncio.timeout(GOODBYE_S_MAX):
            for wired in fleet.vans:
                await _say_connection(wired, fleet.now(), ConnectionState.OFFLINE)
    except TimeoutError:
        logger.warning("goodbye_unheard")


def _report(fleet: VanFleet) -> dict[str, dict[str, float]]:
    return {
        wired.van.van_id: {
            "driven_m": round(wired.van.driven_m),
            "used_mwh": round(wired.van.used_mwh),
            "charged_mwh": round(wired.van.charged_mwh),
            "battery_mwh": wired.van.battery_mwh,
        }
        for wired in fleet.vans
    }

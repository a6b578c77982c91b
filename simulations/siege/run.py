"""A besieged day from setting up to the verdict.

Decides what runs, when it is killed, when the day is over, and what the result says. The processes
are real: broker, ``robovan serve`` and its workers, vans and warehouse that speak MQTT. What is
right and wrong is the ``ledger``'s to say.
"""

import asyncio
import json
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from dispatcher.live.clock import write_machine_epoch
from dispatcher.live.kernels import compile_kernels
from dispatcher.live.mqtt import MqttLink
from dispatcher.live.solving import START_S_MAX
from maps.builtin import load_city
from maps.places import LonLat
from maps.units import Instant, Seconds, later
from simulations.errors import NotReadyError
from simulations.interrupting import interrupted_by_sigterm, run_interruptible, work_folder
from simulations.parts import Parts
from simulations.scenario import BrokerModel, day_of
from simulations.siege.asking import Asker
from simulations.siege.attack import Attack, drawn_kills
from simulations.siege.brokers import KillableBroker, broker_of
from simulations.siege.errors import BesiegedError
from simulations.siege.evidence import Asked, Evidence, Told, read_diary
from simulations.siege.faults import Wrong
from simulations.siege.files import CITY, DEPOT_ID, SiegeFiles, SiegeSize, write_files
from simulations.siege.ledger import Verdict, judge
from simulations.siege.listening import Ear
from simulations.siege.meddling import Deed, Meddler, deeds_of
from simulations.wire.process import broker_settings, clocks_of
from simulations.wire.warehouse import read_ledger

ROLE: Final = "conductor"
TURN_S: Final = 0.02
READY_S_MAX: Final = 3 * START_S_MAX
"""For whoever besieges a dispatcher on a machine that has other work to do."""
TELL_EVERY_S: Final = 10.0
QUIET_S: Final = 5.0
"""How long all must have been over: a message may still be on its way."""
ATTACK_MORE_S_MAX: Final = 7200
"""The attacks go on for so long after the last parcel is announced, but not for longer than parcels
were: vans are still busy then."""
DAY_MORE_S_MAX: Final = 10 * 3600
"""A day that is not over so long after the last announcement never will be (assumed) ..."""
DAY_S_MIN: Final = 300.0
"""... unless that is but so long by the machine's clock: a dispatcher may take long to be back."""

Tell = Callable[[str], None]


@dataclass(slots=True)
class Day:
    """One day while it is lived.

    Attributes
    ----------
    deeds, asked
        What is asked of the dispatcher by hand, and how that was answered.
    places
        Where the parcels are to go.
    told
        The dispatcher's parcel events, asked for at the end.
    is_over
        Whether it came to its end, and not only to its bound.
    """

    size: SiegeSize
    files: SiegeFiles
    broker: KillableBroker
    parts: Parts
    dispatcher: Attack
    brokers: Attack
    tell: Tell
    deeds: tuple[Deed, ...]
    places: Mapping[str, LonLat]
    asked: tuple[Asked, ...] = ()
    told: tuple[Told, ...] = ()
    heard: frozenset[Told] = frozenset()
    is_over: bool = False
    seconds: float = 0.0
    world_s: int = 0
    counts: dict[str, int] = field(default_factory=dict)


def besiege(size: SiegeSize, tell: Tell, *, keep: Path | None = None) -> dict[str, Any]:
    """Live a day under siege, and return what came of it.

    Parameters
    ----------
    size
        How large the day is, and how it is attacked.
    tell
        Told how it goes, in lines for people.
    keep
        A folder for journal, logs and diary; without one they go unless something is wrong.

    Raises
    ------
    BesiegedError
        If the ledger finds anything wrong, or the day came to no end.
    RobovanError
        If a part cannot be set up or ends by itself.
    """
    tell(f"seed {size.seed}")
    load_city(CITY)
    compile_kernels()
    with ExitStack() as stack:
        stack.enter_context(interrupted_by_sigterm())
        folder = stack.enter_context(_folder(keep))
        broker = stack.enter_context(broker_of(size.broker))
        files = write_files(folder, size, BrokerModel(host=broker.host, port=broker.port))
        parts = Parts(files.of_processes, broker)
        stack.callback(parts.stop)
        tell(f"{size.parcels} parcels, {size.van_count} vans, files in {folder}")
        day = _day(size, files, broker, parts, tell)
        run_interruptible(_live(day))
        parts.end_well()
        return _result(day, folder)


def _day(
    size: SiegeSize, files: SiegeFiles, broker: KillableBroker, parts: Parts, tell: Tell
) -> Day:
    start = Instant(files.scenario.start_ms)
    within_s = size.release_s + min(size.release_s, ATTACK_MORE_S_MAX)
    attacks = [
        Attack(deque(drawn_kills(size.seed, victim, count, start=start, within_s=within_s)))
        for victim, count in (("dispatcher", size.kills), ("broker", size.broker_kills))
    ]
    lived = day_of(files.scenario)
    deeds = deeds_of(lived, size.seed, start=start, within_s=size.release_s)
    places = {one.parcel_id: one.place for one in lived.parcels}
    return Day(size, files, broker, parts, attacks[0], attacks[1], tell, deeds, places)


async def _live(day: Day) -> None:
    """Live through the day; the last thing is to ask what the dispatcher told."""
    scenario = day.files.scenario
    settings = broker_settings(scenario.broker, ROLE, password=day.broker.passwords[ROLE])
    asker = Asker(day.files.http_port, day.files.token)
    clocks = clocks_of(scenario.clock)
    async with MqttLink(settings, ROLE) as link, asyncio.TaskGroup() as group:
        ear = Ear(link, DEPOT_ID)
        tasks = [group.create_task(ear.listen())]
        await _until_ready(day, asker)
        begun_s = clocks.machine.seconds()
        write_machine_epoch(Path(scenario.clock.machine_epoch_file), clocks.machine.unix_s())
        tasks.append(group.create_task(_watch_ready(day, asker, clocks.machine.seconds)))
        meddler = Meddler(day.deeds, DEPOT_ID, asker, link, clocks)
        tasks.append(group.create_task(meddler.live()))
        await _direct(day, ear, meddler)
        await _until_ready(day, asker)  # it may have been killed just now
        day.seconds = clocks.machine.seconds() - begun_s
        day.world_s = (clocks.world.now() - scenario.start_ms) // 1000
        day.told = await asker.events(DEPOT_ID)
        day.heard, day.counts = frozenset(ear.heard), ear.counts()
        day.asked = tuple(meddler.asked)
        for task in tasks:
            task.cancel()


async def _until_ready(day: Day, asker: Asker) -> None:
    try:
        async with asyncio.timeout(READY_S_MAX):
            while not (day.parts.is_ready() and await asker.is_ready()):
                day.parts.check()
                await asyncio.sleep(TURN_S)
    except TimeoutError:
        raise NotReadyError("serve", READY_S_MAX, day.files.of_processes.folder) from None


async def _watch_ready(day: Day, asker: Asker, machine_s: Callable[[], float]) -> None:
    """Take note when the dispatcher says that it is ready again."""
    while True:
        await asyncio.sleep(TURN_S)
        if day.dispatcher.ready.is_awaited:
            kills = day.dispatcher.done_count
            if await asker.is_ready() and kills == day.dispatcher.done_count:
                day.dispatcher.ready.note_back(machine_s(), day.parts.serve.cpu_s())


async def _direct(day: Day, ear: Ear, meddler: Meddler) -> None:
    """Kill what is due, and look how things stand, until the day is over."""
    scenario = day.files.scenario
    clocks = clocks_of(scenario.clock)
    ends_at = later(Instant(scenario.start_ms), Seconds(day.size.release_s + DAY_MORE_S_MAX))
    quiet_since_s: float | None = None
    told_s, starts, status_count = clocks.machine.seconds(), ear.started_count, 0
    ends_at_s = told_s + DAY_S_MIN
    while True:
        now, machine_s = clocks.world.now(), clocks.machine.seconds()
        if now >= ends_at and machine_s >= ends_at_s:
            return
        if ear.started_count > starts:
            day.dispatcher.speaks.note_back(machine_s, day.parts.serve.cpu_s())
        if ear.status_count > status_count:
            day.brokers.speaks.note_back(machine_s)
        if day.dispatcher.is_due(now, machine_s):
            starts = ear.started_count
            day.dispatcher.note_killed(machine_s)
            day.parts.kill_dispatcher()
        if day.brokers.is_due(now, machine_s):
            day.brokers.note_killed(machine_s)
            day.broker.crash()
            status_count = ear.status_count
        day.parts.check()
        if machine_s - told_s >= TELL_EVERY_S:
            told_s = machine_s
            day.tell(_progress(day, ear, now))
        is_over = not (day.dispatcher.to_come or day.brokers.to_come)
        is_quiet = is_over and meddler.is_done and ear.is_quiet(day.size.parcels)
        quiet_since_s = (quiet_since_s or machine_s) if is_quiet else None
        if quiet_since_s is not None and machine_s - quiet_since_s >= QUIET_S:
            day.is_over = True
            return
        await asyncio.sleep(TURN_S)


def _progress(day: Day, ear: Ear, now: Instant) -> str:
    hours = (now - day.files.scenario.start_ms) / 3_600_000
    counts = ", ".join(f"{count} {name}" for name, count in ear.counts().items())
    back_s = day.dispatcher.speaks.back_s
    slowest = f", back after {max(back_s):.1f} s at most" if back_s else ""
    return (
        f"hour {hours:.1f}: {counts}; dispatcher killed {day.dispatcher.done_count} times"
        f"{slowest}, broker {day.brokers.done_count} times"
    )


def _result(day: Day, folder: Path) -> dict[str, Any]:
    """Judge, and return the document; raise if anything is wrong."""
    files = day.files
    said = Evidence(
        read_diary(files.diary, files.kept),
        read_ledger(files.of_processes.ledger),
        day.told,
        day.heard,
        day.asked,
        day.places,
    )
    verdict = judge(said)
    document = _document(day, verdict)
    listed = [f"{fault.wrong.value}: {fault.what}" for fault in verdict.faults]
    text = json.dumps({**document, "faults": listed}, indent=1)
    (folder / "verdict.json").write_text(text + "\n", encoding="utf-8")
    if verdict.faults or not day.is_over:
        raise BesiegedError(verdict.faults, document, folder, is_over=day.is_over)
    return document


def _document(day: Day, verdict: Verdict) -> dict[str, Any]:
    size = day.size
    return {
        "seed": size.seed,
        "broker": size.broker,
        "parcels": size.parcels,
        "vans": size.van_count,
        "speed": size.speed,
        "seconds": round(day.seconds, 1),
        "world_hours": round(day.world_s / 3600, 2),
        "is_over": day.is_over,
        "ends": dict(verdict.ends),
        "untold": verdict.untold_count,
        "withdrawn": verdict.withdrawn_count,
        "withdrawn_unloaded": verdict.unloaded_count,
        "asked": dict(Counter(_asked_in_words(day))),
        "wrong": {wrong.value: verdict.count(wrong) for wrong in Wrong},
        "dispatcher_kills": day.dispatcher.done_count,
        "speaks_again": day.dispatcher.speaks.summary(),
        "ready_again": day.dispatcher.ready.summary(),
        "broker_kills": day.brokers.done_count,
        "heard_again": day.brokers.speaks.summary(),
        "network": size.network.model_dump(),
        "mischief": size.mischief.model_dump(),
    }


def _asked_in_words(day: Day) -> list[str]:
    """Return what was asked over HTTP, and whether it was granted."""
    return [f"{one.what.value} {'' if one.is_granted else 'not '}granted" for one in day.asked]


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    """Yield a folder that goes when all went well, and stays on failure or if it was named."""
    if keep is not None:
        keep.mkdir(parents=True, exist_ok=True)
        yield keep.absolute()
        return
    with work_folder("robovan-siege-") as folder:
        yield folder

"""The simulated warehouse of a day on a real broker.

Decides how its words are written and when they are sent; what it says is
``simulations.warehouse``'s. Its ledger is written to a file at the end, to be held against the
dispatcher's account.
"""

import asyncio
import dataclasses
import json
import logging
from collections.abc import Iterable
from contextlib import AsyncExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Final, assert_never

from pydantic import ValidationError

from dispatcher.live.mqtt import MqttLink
from dispatcher.live.warehouse import (
    Accepted,
    Cancelled,
    CancelRequest,
    Loaded,
    Loading,
    Rejected,
    Withdrawal,
    Withdrawn,
    depot_topic,
)
from dispatcher.ports import Incoming
from maps.units import Instant
from simulations.rng import Streams
from simulations.scenario import Scenario, day_of
from simulations.warehouse import (
    Announce,
    AskBack,
    LedgerEntry,
    Saying,
    SayLoaded,
    SayWithdrawn,
    SimulatedWarehouse,
    WarehousePlan,
    announcement_bytes,
)
from simulations.wire.control import WAREHOUSE_TOPIC, WantBack, decode
from simulations.wire.deaths import cuts_of
from simulations.wire.dock import luck_of, shelf_of
from simulations.wire.line import Absence, Line
from simulations.wire.process import Clocks, broker_settings, clocks_of, say_ready
from simulations.wire.rough import RoughLink

logger = logging.getLogger(__name__)

ROLE: Final = "warehouse"
HEARS: Final = (
    "parcels/accepted",
    "parcels/rejected",
    "parcels/cancelled",
    "loading",
    "loading/withdraw",
)
IDLE_S_MAX: Final = 1.0
TURN_S_MIN: Final = 0.01


class WiredWarehouse:
    """A warehouse and its connection; ``kept``: the file for what it does not put into vans."""

    def __init__(
        self,
        warehouse: SimulatedWarehouse,
        link: RoughLink,
        clocks: Clocks,
        depot_id: str,
        *,
        kept: Path | None = None,
    ) -> None:
        self.warehouse = warehouse
        self._link, self._clocks, self._depot_id, self._kept = link, clocks, depot_id, kept
        self._woken = asyncio.Event()
        self._wanted: dict[str, str] = {}

    async def listen(self) -> None:
        """Take in answers, and answer them."""
        for tail in HEARS:
            await self._link.subscribe(depot_topic(self._depot_id, tail), qos=1)
        await self._link.subscribe(WAREHOUSE_TOPIC, qos=1)
        async for message in self._link.messages():
            try:
                sayings = self._hear(message)
            except ValidationError as error:  # one bad message stops no warehouse
                sayings = ()
                logger.warning(
                    "message_unreadable", extra={"topic": message.topic, "cause": str(error)}
                )
            await self._say(sayings)
            self._woken.set()

    async def speak(self) -> None:
        """Say what is to be said, when it is time."""
        while True:
            self._woken.clear()
            machine_s = self._clocks.machine.seconds()
            await self._say(self.warehouse.sayings(self._clocks.world.now(), machine_s))
            try:
                async with asyncio.timeout(self._pause_s(machine_s)):
                    await self._woken.wait()
            except TimeoutError:
                pass

    def _pause_s(self, machine_s: float) -> float:
        pause_s = IDLE_S_MAX
        event_at, repeat_s = self.warehouse.next_event_at(), self.warehouse.next_repeat_s()
        if event_at is not None:
            pause_s = min(pause_s, self._clocks.world.machine_seconds_until(event_at))
        if repeat_s is not None:
            pause_s = min(pause_s, repeat_s - machine_s)
        return max(TURN_S_MIN, pause_s)

    def _hear(self, message: Incoming) -> tuple[Saying, ...]:
        now, machine_s = self._clocks.world.now(), self._clocks.machine.seconds()
        if message.topic == WAREHOUSE_TOPIC:
            control = decode(message.payload)
            if isinstance(control, WantBack):
                self._wanted[control.parcel_id] = control.reason
            return self._want_back(machine_s)
        match message.topic.removeprefix(depot_topic(self._depot_id, "")):
            case "parcels/accepted":
                accepted = Accepted.decode(message.payload)
                again = self.warehouse.hear_accepted(accepted.parcel_id, machine_s)
                return (*again, *self._want_back(machine_s))
            case "parcels/rejected":
                rejected = Rejected.decode(message.payload)
                self.warehouse.hear_rejected(rejected.parcel_id, rejected.reasons)
            case "parcels/cancelled":
                self.warehouse.hear_cancelled(Cancelled.decode(message.payload).parcel_id)
            case "loading":
                loading = Loading.decode(message.payload)
                self.warehouse.hear_loading(loading.trip_id, loading.parcel_ids, now)
            case "loading/withdraw":
                withdrawal = Withdrawal.decode(message.payload)
                withdrawn = self.warehouse.hear_withdraw(withdrawal.trip_id)
                return () if withdrawn is None else (withdrawn,)
        return ()

    def _want_back(self, machine_s: float) -> tuple[Saying, ...]:
        """Ask for what is wanted back, as far as it was accepted: else it may be unknown yet."""
        ready = [one for one in self._wanted if self.warehouse.is_accepted(one)]
        asked = [self.warehouse.ask_back(one, self._wanted.pop(one), machine_s) for one in ready]
        return tuple(saying for sayings in asked for saying in sayings)

    async def _say(self, sayings: Iterable[Saying]) -> None:
        for saying in sayings:
            self._note(saying)
            tail, payload = written(saying, self._clocks.world.now())
            await self._link.publish(depot_topic(self._depot_id, tail), payload, qos=1)

    def _note(self, saying: Saying) -> None:
        """Write down, for the vans' diary, what is put in for a trip, and that no more is."""
        if self._kept is None or not isinstance(saying, SayLoaded | SayWithdrawn):
            return
        kind = "kept" if isinstance(saying, SayWithdrawn) else "left_out"
        at, loads = self._clocks.world.now(), list(saying.parcel_ids)
        row = {"kind": kind, "at": at, "van": "", "order": saying.trip_id, "loads": loads}
        with self._kept.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row, separators=(",", ":")) + "\n")


async def run_warehouse(scenario: Scenario, ledger: Path, stop: asyncio.Event) -> None:
    """Let the warehouse of a day work until told to stop; then write its ledger to a file."""
    day = day_of(scenario)
    clocks, depot = clocks_of(scenario.clock), day.setup.depot
    plan = WarehousePlan(
        day.parcels,
        day.broken_ids,
        day.repeated_ids,
        changes=day.chosen.by_warehouse(),
        loading_s=depot.loading_s,
        shelf=shelf_of(scenario, depot.depot_id, ROLE),
        missing=partial(luck_of(scenario).is_missing, streams=Streams(scenario.seed)),
    )
    warehouse = SimulatedWarehouse(plan)
    settings = broker_settings(scenario.broker, ROLE)
    async with AsyncExitStack() as stack:
        cuts: tuple[Absence, ...] = ()
        if scenario.mischief.warehouse_kills:
            line = await stack.enter_async_context(Line(settings.host, settings.port))
            settings = replace(settings, host=line.host, port=line.port)
            cuts = cuts_of(scenario, line)
        link = await stack.enter_async_context(MqttLink(settings, "warehouse"))
        rough = RoughLink(
            link, scenario.network, Streams(scenario.seed).stream("network/warehouse")
        )
        kept = None if scenario.kept is None else Path(scenario.kept)
        wired = WiredWarehouse(warehouse, rough, clocks, depot.depot_id, kept=kept)
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(wired.listen(), name="listen"),
                group.create_task(wired.speak(), name="speak"),
                *(group.create_task(cut.happen(clocks)) for cut in cuts),
            ]
            say_ready()
            await stop.wait()
            for task in tasks:
                task.cancel()
    write_ledger(warehouse.ledger, ledger)


def written(saying: Saying, now: Instant) -> tuple[str, bytes]:
    """Return the tail of a saying's topic, and its bytes."""
    match saying:
        case Announce(parcel, is_broken):
            return "parcels", announcement_bytes(parcel, now, is_broken=is_broken)
        case AskBack(parcel_id, reason):
            return "parcels/cancel", CancelRequest(parcel_id=parcel_id, reason=reason).encode()
        case SayLoaded(trip_id, parcel_ids):
            return "loaded", Loaded(trip_id=trip_id, parcel_ids=parcel_ids).encode()
        case SayWithdrawn(trip_id, parcel_ids):
            withdrawn = Withdrawn(trip_id=trip_id, parcel_ids=parcel_ids)
            return "loading/withdrawn", withdrawn.encode()
        case _:
            assert_never(saying)


def write_ledger(entries: Iterable[LedgerEntry], path: Path) -> None:
    """Write a ledger as JSON."""
    rows = [dataclasses.asdict(entry) for entry in entries]
    path.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


def read_ledger(path: Path) -> tuple[LedgerEntry, ...]:
    """Read a ledger that ``write_ledger`` wrote."""
    rows: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    names = ("answers", "reasons", "trip_ids")
    return tuple(
        LedgerEntry(**{**row, **{name: tuple(row[name]) for name in names}}) for row in rows
    )

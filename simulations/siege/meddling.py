"""What people and warehouses ask of a besieged dispatcher by hand, at random instants.

Decides what is asked, and when: parcels wanted back over MQTT or HTTP, announced again as they are
or otherwise, held and released; vans and the depot held and released. Whoever gets no answer asks
again. How it was answered is kept for the ledger, which judges it.
"""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from dispatcher.core.parcels import Parcel
from dispatcher.ports import MessageLink
from maps.units import Instant, Seconds, later
from simulations.rng import Stream, Streams
from simulations.scenario import Day
from simulations.siege.asking import OK, Asker
from simulations.siege.evidence import Asked, Asking
from simulations.warehouse import announcement_bytes
from simulations.wire.control import WAREHOUSE_TOPIC, WantBack, encode
from simulations.wire.line import until
from simulations.wire.process import Clocks

ASK_AGAIN_S: Final = 0.5
PARCEL_S_MAX: Final = 3600
WAITING_S_MAX: Final = 900
"""Something is asked about a parcel at most so long after it was ready, and a hold so soon that it
may still be at the depot (assumed)."""
HELD_S: Final = (60, 1800)
DEPOT_HELD_S: Final = (60, 300)
"""Holds last so long (assumed: until somebody has looked)."""
PARCELS_PER_VAN_HOLD: Final = 2
PARCELS_PER_DEPOT_HOLD: Final = 10
"""For so many parcels that are held, a van and the depot are held once."""
REASON: Final = "siege"
UNAVAILABLE: Final = 500
"""From this status on an answer is none: the dispatcher starts, stops or cannot write."""


@dataclass(frozen=True, slots=True)
class Deed:
    """Something to be asked; ``parcel`` is what is announced, ``end`` when a hold is to end."""

    what: Asking
    subject_id: str
    at: Instant
    end: Instant | None = None
    parcel: Parcel | None = None
    is_by_warehouse: bool = False


def deeds_of(day: Day, seed: int, *, start: Instant, within_s: int) -> tuple[Deed, ...]:
    """Return what is asked on a day, in order of time.

    Parameters
    ----------
    day, seed
        The day, with the parcels that were chosen for it.
    start, within_s
        When the day begins; for how many seconds vans and the depot are held now and then.
    """
    stream = Streams(seed).stream("mischief/deeds")
    ready_at = {one.parcel_id: one.ready_at for one in day.parcels}

    def sometime(parcel_id: str, within_s: int = PARCEL_S_MAX) -> Instant:
        """Return an instant after a parcel is ready."""
        return later(ready_at[parcel_id], Seconds(stream.randrange(within_s)))

    chosen = day.chosen
    deeds = [
        Deed(Asking.CANCEL, one, sometime(one), is_by_warehouse=bool(number % 2))
        for number, one in enumerate(chosen.cancelled)
    ]
    for what, parcels in ((Asking.REPEAT, chosen.again), (Asking.CHANGE, chosen.changed)):
        deeds += [Deed(what, p.parcel_id, sometime(p.parcel_id), parcel=p) for p in parcels[1::2]]
    for parcel_id in chosen.held:
        at = sometime(parcel_id, WAITING_S_MAX)
        deeds.append(_hold(stream, Asking.HOLD_PARCEL, parcel_id, at))
    deeds += _other_holds(stream, day, start, within_s)
    return tuple(sorted(deeds, key=lambda deed: deed.at))


def _other_holds(stream: Stream, day: Day, start: Instant, within_s: int) -> Iterator[Deed]:
    vans, depot_id = [van.van_id for van in day.setup.vans], day.setup.depot.depot_id
    for _ in range(len(day.chosen.held) // PARCELS_PER_VAN_HOLD):
        at = later(start, Seconds(stream.randrange(within_s)))
        yield _hold(stream, Asking.HOLD_VAN, stream.choice(vans), at)
    for _ in range(len(day.chosen.held) // PARCELS_PER_DEPOT_HOLD):
        at = later(start, Seconds(stream.randrange(within_s)))
        yield _hold(stream, Asking.HOLD_DEPOT, depot_id, at)


def _hold(stream: Stream, what: Asking, subject_id: str, at: Instant) -> Deed:
    length_s = stream.randint(*(DEPOT_HELD_S if what is Asking.HOLD_DEPOT else HELD_S))
    return Deed(what, subject_id, at, end=later(at, Seconds(length_s)))


@dataclass(slots=True)
class Meddler:
    """Asks what is to be asked of one depot's dispatcher.

    Attributes
    ----------
    asked
        What was asked over HTTP and answered.
    is_done
        Whether nothing is left to be asked, nor to be released.
    """

    deeds: tuple[Deed, ...]
    depot_id: str
    asker: Asker
    link: MessageLink
    clocks: Clocks
    asked: list[Asked] = field(default_factory=list)
    is_done: bool = False

    async def live(self) -> None:
        """Ask each when it is time."""
        async with asyncio.TaskGroup() as group:
            for deed in self.deeds:
                group.create_task(self._ask(deed))
        self.is_done = True

    async def _ask(self, deed: Deed) -> None:
        await until(deed.at, self.clocks)
        parcel = f"parcels/{deed.subject_id}"
        if deed.what in (Asking.HOLD_VAN, Asking.HOLD_DEPOT):
            await self._hold(deed)
        elif not await self._is_accepted(parcel):
            return  # it was refused from the first, and stays so
        elif deed.what is Asking.HOLD_PARCEL:
            await self._hold(deed)
        elif deed.is_by_warehouse:
            wanted = encode(WantBack(parcel_id=deed.subject_id, reason=REASON))
            await self.link.publish(WAREHOUSE_TOPIC, wanted, qos=1)
        elif deed.parcel is not None:
            said = announcement_bytes(deed.parcel, self.clocks.world.now(), is_broken=False)
            status, _ = await self._answer("POST", "parcels", said)
            self.asked.append(Asked(deed.what, deed.subject_id, status == OK))
        else:
            status, _ = await self._answer("POST", f"{parcel}/cancel", b"{}")
            self.asked.append(Asked(deed.what, deed.subject_id, status == OK))

    async def _is_accepted(self, path: str) -> bool:
        """Wait until a parcel is known, and return whether it was taken on."""
        while True:
            status, shown = await self._answer("GET", path)
            if status == OK:
                return "accepted" in shown["events"]
            await asyncio.sleep(ASK_AGAIN_S)

    async def _hold(self, deed: Deed) -> None:
        """Hold something, see what vans had been told by then, and release it when it is time."""
        path = f"holds/{deed.what.value}/{deed.subject_id}"
        status, _ = await self._answer("PUT", path, json.dumps({"reason": REASON}).encode())
        if status != OK:
            return  # it is with a van, or over
        begin = self.clocks.world.now()
        if deed.what is Asking.HOLD_PARCEL:
            _, shown = await self._answer("GET", f"parcels/{deed.subject_id}")
            is_kept, orders = shown["status"] == "held", frozenset[str]()
        else:
            is_kept, orders = True, await self._orders()
        await until(deed.end or deed.at, self.clocks)
        end = self.clocks.world.now()
        await self._answer("DELETE", f"{path}?reason={REASON}")
        self.asked.append(Asked(deed.what, deed.subject_id, is_kept, begin, end, orders))

    async def _orders(self) -> frozenset[str]:
        """Return the orders that the dispatcher wants vans to have."""
        _, shown = await self._answer("GET", "vans?limit=500")
        return frozenset(van["desired"]["trip_id"] for van in shown["vans"] if "desired" in van)

    async def _answer(self, method: str, path: str, body: bytes = b"") -> tuple[int, Any]:
        """Ask until there is an answer: a dispatcher that is away or starting gives none."""
        while True:
            status, said = await self.asker.ask(method, f"/v1/depots/{self.depot_id}/{path}", body)
            if status and status < UNAVAILABLE:
                return status, json.loads(said)
            await asyncio.sleep(ASK_AGAIN_S)

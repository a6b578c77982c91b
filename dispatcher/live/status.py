"""How a depot is doing, for screens and summaries: a small JSON object a second, retained.

``robovan/v1/depots/{depot}/status``; keys are only ever added. ``lag_s_now`` and ``lag_s_max`` are
in seconds of the world: how old a van's state or an announcement was when all that it asked for
had been decided, for the latest message and at worst since the start. ``workers_ready`` says
whether a question asked now would wait for no planning worker to start: who lets a world's clock
begin waits for it, so that the day's first plan is no later than the others. ``state`` is the last
word of a depot that is served no more; what becomes of one whose dispatcher can say nothing any
more stands in the ``presence`` of ``dispatcher_id``.
"""

import asyncio
import contextlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import Final

from dispatcher.core.holds import Hold
from dispatcher.core.model import Van
from dispatcher.core.snapshot import Overview, ReplanRecord
from dispatcher.live.clock import MachineTime, WorldClock
from dispatcher.live.counting import Timing
from dispatcher.live.solving import Solver
from dispatcher.live.warehouse import depot_topic
from dispatcher.ports import MessageLink
from dispatcher.stepping import Stepper
from maps.units import Instant, elapsed_s, rfc3339

STATUS_S: Final = 1.0
STATUS_SHARE_MAX: Final = 0.02
STATUS_BYTES_PER_S: Final = 50_000
"""A large depot's status is told less often, so that it takes no more of the time, and no more of
the line, than this. Assumed: 1,200 vans are told every four seconds."""

HOLDS_TOLD_MAX: Final = 50
"""Only so many holds are told; over HTTP there are all."""

REPLANS_TOLD_MAX: Final = 20
"""Only the latest replans are told; the journal has all."""


class ServiceState(Enum):
    """Whether a depot is served by the dispatcher that tells its status."""

    SERVING = "serving"
    STOPPED = "stopped"  # the dispatcher was told to stop
    ENDED = "ended"  # by a fault of its own, while others are served


@dataclass(frozen=True, slots=True)
class Teller:
    """Who tells a status: a dispatcher, and which run of it (``presence``)."""

    dispatcher_id: str = ""
    instance_id: str = ""


@dataclass(frozen=True, slots=True)
class DepotSummary:
    """How a depot did; ``events_handled`` since its journal began, the lag in this run.

    99 of 100 messages had no more lag than ``lag_s_p99``; None: than any bound that is counted by.
    ``fault``: why it ended before it was told to, in a word; None if it did not.
    ``untold_count``: messages that go out only after the next start. ``is_cut_short``: whether it
    was ended, by a second signal or because it took too long, before it had finished.
    """

    depot_id: str
    events_handled: int
    started_count: int
    lag_s_max: float
    lag_s_p99: float | None
    fault: str | None = None
    untold_count: int = 0
    is_cut_short: bool = False


class Lag:
    """How far the dispatcher is behind the world."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.max_s = 0.0
        self.timing = Timing()

    def note(self, sent_at: Instant, handled_at: Instant) -> None:
        """Take note of a message: when it was sent and when all was decided about it.

        A clock that is ahead of ours shows no lag.
        """
        self.now_s = max(0.0, elapsed_s(sent_at, handled_at))
        self.max_s = max(self.max_s, self.now_s)
        self.timing.note(self.now_s)


class StatusWriter:
    """Writes a depot's status over and over; vans that are as they were are not written anew."""

    def __init__(self) -> None:
        self._written: dict[str, tuple[Van, str]] = {}
        self._vans: tuple[Van, ...] = ()
        self._vans_text = ""

    def payload(
        self,
        overview: Overview,
        lag: Lag,
        *,
        started_count: int,
        workers_ready: bool,
        who: Mapping[str, str | None],
    ) -> bytes:
        """Return the status message of a depot as JSON; ``who`` tells it, and in which state."""
        told = {
            "depot_id": overview.depot_id,
            "at": rfc3339(overview.as_of),
            **who,
            "announced": overview.announced,
            "refused": overview.refused,
            "forgotten": overview.forgotten,
            "parcels": {status.value: count for status, count in overview.parcels},
            "trips": dict(overview.trips),
            "replan_count": len(overview.replans),
            "replans": [_replan(replan) for replan in overview.replans[-REPLANS_TOLD_MAX:]],
            "incidents": [incident.incident_id for incident in overview.incidents],
            "hold_count": len(overview.holds),
            "holds": [_hold(hold) for hold in overview.holds[:HOLDS_TOLD_MAX]],
            "events_handled": overview.events_handled,
            "started_count": started_count,
            "workers_ready": workers_ready,
            "lag_s_now": round(lag.now_s, 3),
            "lag_s_max": round(lag.max_s, 3),
        }
        return f'{_json(told)[:-1]},"vans":[{self._text_of(overview.vans)}]}}'.encode()

    def _text_of(self, vans: tuple[Van, ...]) -> str:
        if vans is not self._vans:
            self._vans, self._vans_text = vans, ",".join(map(self._van_text, vans))
        return self._vans_text

    def _van_text(self, van: Van) -> str:
        written = self._written.get(van.van_id)
        if written is None or written[0] is not van:  # whatever changes is another record
            written = self._written[van.van_id] = van, _json(_van(van))
        return written[1]


class StatusTeller:
    """Tells a depot's status for ever.

    Parameters
    ----------
    stepper
        The depot.
    lag
        How far it is behind.
    link
        Where it is told.
    world, machine
        What it is told at, and how long that takes.
    solver
        The planner, which may have no worker yet.
    teller
        On whose behalf it is told.

    Attributes
    ----------
    overview
        How the depot was doing when that was told last; None before the first time.
    was_told
        Set once it was told.
    """

    def __init__(
        self,
        stepper: Stepper,
        lag: Lag,
        *,
        link: MessageLink,
        world: WorldClock,
        machine: MachineTime,
        solver: Solver,
        teller: Teller,
    ) -> None:
        self._stepper, self._lag, self._teller = stepper, lag, teller
        self._link, self._world, self._machine, self._solver = link, world, machine, solver
        self._writer = StatusWriter()
        self._sequence = 0
        self.overview: Overview | None = None
        self.was_told = asyncio.Event()

    async def tell_forever(self) -> None:
        """Tell it every second, or so seldom that little time goes into it."""
        while True:
            wait_s = await self.tell()
            await asyncio.sleep(wait_s)

    async def tell(self, state: ServiceState = ServiceState.SERVING) -> float:
        """Tell it now and return how long not to tell it again, in seconds."""
        if self._stepper.setup is None:
            return STATUS_S
        begun_s = self._machine.seconds()
        self.overview = self._look(self._world.now())
        payload = self._payload(self.overview, self._who(state))
        took_s = self._machine.seconds() - begun_s
        await self._say(payload)
        return max(STATUS_S, took_s / STATUS_SHARE_MAX, len(payload) / STATUS_BYTES_PER_S)

    async def tell_end(self, fault: str) -> None:
        """Tell for the last time how a depot was that has ended by a fault.

        Its core is not asked any more: it may be what failed.
        """
        who, overview = self._who(ServiceState.ENDED, fault), self.overview
        if overview is None:
            told = {"depot_id": self._stepper.depot_id, "at": rfc3339(self._world.now()), **who}
            await self._say(_json(told).encode())
        else:
            await self._say(self._payload(replace(overview, as_of=self._world.now()), who))

    def _who(self, state: ServiceState, fault: str | None = None) -> dict[str, str | None]:
        return {
            "dispatcher_id": self._teller.dispatcher_id,
            "instance_id": self._teller.instance_id,
            "state": state.value,
            "fault": fault,
        }

    def _payload(self, overview: Overview, who: Mapping[str, str | None]) -> bytes:
        return self._writer.payload(
            overview,
            self._lag,
            started_count=self._stepper.started_count,
            workers_ready=self._solver.is_ready,
            who=who,
        )

    async def _say(self, payload: bytes) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(STATUS_S):
                topic = depot_topic(self._stepper.depot_id, "status")
                await self._link.publish(topic, payload, qos=0, retain=True)
        self.was_told.set()

    def _look(self, now: Instant) -> Overview:
        """Return how the depot is doing: as it was, if nothing has happened since."""
        if self.overview is not None and self._sequence == self._stepper.sequence:
            return replace(self.overview, as_of=now)
        self._sequence = self._stepper.sequence
        return self._stepper.core.overview(now)


def _van(van: Van) -> dict[str, object]:
    return {
        "van_id": van.van_id,
        "known": van.known,
        "stuck": van.stuck,
        "charging": van.charging,
        "lon": None if van.place is None else van.place.lon,
        "lat": None if van.place is None else van.place.lat,
        "battery_mwh": van.battery_mwh,
        "trip_id": van.trip_id,
        "held": van.hold is not None,
    }


def _hold(hold: Hold) -> dict[str, object]:
    return {
        "kind": hold.kind.value,
        "subject_id": hold.subject_id,
        "by": hold.by,
        "reason": hold.reason,
        "since": rfc3339(hold.since),
    }


def _replan(replan: ReplanRecord) -> dict[str, object]:
    return {"at": rfc3339(replan.at), "cause": replan.cause, "vans": [v for v, _ in replan.changes]}


def _json(told: object) -> str:
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"))

"""One depot, live: arrivals become journalled events, events become decisions, decisions acts.

Theory of operation
-------------------
Tasks, all of one ``TaskGroup``: the *handler* takes a batch of arrivals from the inbox, derives
events, journals them in one durable write (in a thread), acknowledges what they came from, and
then takes the events one by one through ``stepping`` and carries the decisions out. The *outbox*
tells warehouses and the world; the *order sender* tells vans, until they echo. The *timer* sends a
``Tick`` when the core wants one, by the world's clock; the *watch* looks for silent vans, by the
machine's. Questions to the planner run as tasks whose answers come back through the inbox.

After a restart the journal is replayed without carrying anything out (``restoring``); then the
messages of the entries behind the ``carried_out`` mark go out again, and ``Restarted`` makes the
core ask again what was not answered. Vans' orders are not told by decisions but by the sessions,
which the replay has rebuilt.
"""

import asyncio
import logging
from dataclasses import dataclass, field
from typing import Final

from dispatcher.announcing import Locate
from dispatcher.core.decisions import Decision
from dispatcher.core.events import Configured, Restarted, Tick
from dispatcher.core.settings import DepotSetup
from dispatcher.journal.records import Entry
from dispatcher.journal.snapshots import SnapshotFolder
from dispatcher.live.acting import Acts
from dispatcher.live.asking import Asking
from dispatcher.live.batch import Batch, Repeated
from dispatcher.live.clock import MachineTime, WorldClock
from dispatcher.live.counting import Counts
from dispatcher.live.faults import concerns_one, concerns_one_entry, report_end
from dispatcher.live.inbox import Arrival, Inbox, Ready, Request, receipts_of
from dispatcher.live.intake import CheckIncident
from dispatcher.live.journalling import EntryWriter
from dispatcher.live.orders import OrderSender
from dispatcher.live.outbox import Outbox
from dispatcher.live.parcel_log import ParcelLog
from dispatcher.live.reading import Reader
from dispatcher.live.reporting import Reporter
from dispatcher.live.restoring import recover
from dispatcher.live.solving import Solver
from dispatcher.live.status import DepotSummary, Lag, ServiceState, StatusTeller, Teller
from dispatcher.live.timekeeping import trusted
from dispatcher.live.timers import Timers
from dispatcher.ports import Journal, Listener, MessageLink
from dispatcher.stepping import Stepper
from vehicles.facts import VanSeen, is_fact

logger = logging.getLogger(__name__)

BATCH_MAX: Final = 100
"""Arrivals journalled together: enough for ten times the durable events of single writes."""

STRETCH_S_MAX: Final = 0.005
"""After so long the handler lets other tasks of the event loop have their turn."""

FINISH_S_MAX: Final = 3.0
"""How long a stopping dispatcher goes on telling what it has decided."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What all depots of a process share."""

    journal: Journal
    link: MessageLink
    states: Listener
    solver: Solver
    world: WorldClock
    machine: MachineTime
    locate: Locate
    check_incident: CheckIncident
    silence_s: float
    snapshots: SnapshotFolder | None = None
    teller: Teller = field(default_factory=Teller)


class DepotLoop:
    """The life of one depot in this process.

    Parameters
    ----------
    setup
        What the depot is, by the configuration as it is now.
    around
        What it shares with others.

    Attributes
    ----------
    inbox, outbox, orders
        What waits to be handled, to be told, and to be confirmed by vans.
    writer
        Writes entries, and knows why it cannot if so.
    lag, counts
        How far behind we are, and what was counted.
    status
        Tells how the depot is doing, and knows how it was.
    has_ended
        Set once nothing is handled any more, whether told to stop or failed.
    is_cut_short
        Set while there would be something left to do if it ended now: from its begin until all that
        it decided is told, or may wait for the next start.
    fault
        Why it ended while others go on, in a word; None if it did not.
    parcel_log
        All that was told of parcels; set it before ``recover`` where somebody may ask for it.
    snapshot_sequence
        The entry of the newest snapshot; 0 if there is none.
    """

    def __init__(self, setup: DepotSetup, around: Surroundings) -> None:
        self.depot_id = setup.depot.depot_id
        self.setup = setup
        self.inbox = Inbox()
        self.lag = Lag()
        self.counts = Counts()
        self.has_ended = False
        self.is_cut_short = False
        self.fault: str | None = None
        self.parcel_log: ParcelLog | None = None
        self.snapshot_sequence = 0
        self._around = around
        self._stepper = Stepper(self.depot_id)
        self.outbox = Outbox(self.depot_id, around.link, around.journal, around.machine)
        self.orders = OrderSender(self._stepper.sessions, around.link, around.world, around.machine)
        self.status = StatusTeller(
            self._stepper,
            self.lag,
            link=around.link,
            world=around.world,
            machine=around.machine,
            solver=around.solver,
            teller=around.teller,
        )
        self._reader = Reader(
            self._stepper,
            states=around.states,
            machine=around.machine,
            locate=around.locate,
            check_incident=around.check_incident,
            silence_s=around.silence_s,
            counts=self.counts,
        )
        self._asking = Asking(self.depot_id, around.solver, self.inbox, around.machine, self.counts)
        reporter = Reporter(self.depot_id, around.machine)
        self._acts = Acts(self.depot_id, self.outbox, self.orders, self._asking, reporter)
        self.writer = EntryWriter(self.depot_id, around.journal, around.machine, self.counts)
        self._timers = Timers(
            self._stepper, self.inbox, around.world, reader=self._reader, writer=self.writer
        )
        self._taken: list[Arrival] = []  # of the batch being handled, what is not done with
        self._group: asyncio.TaskGroup | None = None
        self._breathed_s = 0.0

    def recover(self) -> None:
        """Replay the journal, and note what must go out again and what happens first now.

        Blocks for as long as reading takes; call it before anything else runs. Ends the depot if
        its entries are damaged, or the program fails at one of them.
        """
        try:
            self._recover()
        except Exception as error:
            if not concerns_one_entry(error):
                raise
            self.fault = report_end(self.depot_id, error)

    def _recover(self) -> None:
        around = self._around
        found = recover(self._stepper, self.parcel_log, around.journal, around.snapshots)
        around.world.go_on_from(self._stepper.now)
        for sequence, decision in found.again:
            self._acts.tell(sequence, decision)
        self.outbox.reach(self._stepper.sequence)
        self.snapshot_sequence = found.snapshot_sequence
        if self._stepper.sequence:
            extra = {"depot_id": self.depot_id, "entries": self._stepper.sequence}
            told = {"replayed": found.replayed, "told_again": len(found.again)}
            logger.info("journal_replayed", extra={**extra, **told})

    def set_up(self, setup: DepotSetup) -> None:
        """Be set up so from now on, or from when it runs; its replayed journal may say so already.

        Of a van that is new in it, what was said before this is journalled is not heard.
        """
        self.setup = setup
        if self._group is not None:
            self.inbox.put(Ready(Configured(setup)))

    async def run(self, stop: asyncio.Event) -> None:
        """Live until ``stop`` is set; then finish what is begun and tell what is decided.

        After a fault that is this depot's alone, end at once and tell nothing more but that.
        """
        try:
            if self.fault is None:
                self.is_cut_short = True
                await self._live(stop)
        except Exception as error:
            if not concerns_one(error):
                raise
            self.fault = report_end(self.depot_id, error)
        finally:
            self._turn_away()
        if self.fault is None:
            await self.outbox.finish(FINISH_S_MAX)
            await self.status.tell(ServiceState.STOPPED)
        else:
            await self.status.tell_end(self.fault)
        self.is_cut_short = False

    async def _live(self, stop: asyncio.Event) -> None:
        async with asyncio.TaskGroup() as group:
            self._group = group
            # Alone in their batch: what vans say is read against sessions that know of them.
            await self._handle(self._beginning(), stop)
            self._expect_vans()
            handler = group.create_task(self._handle_forever(stop), name=f"{self.depot_id} handler")
            others = [
                group.create_task(work, name=f"{self.depot_id} {name}")
                for name, work in (
                    ("outbox", self.outbox.run()),
                    ("orders", self.orders.run()),
                    ("timer", self._timers.tick_forever()),
                    ("watch", self._timers.watch_forever()),
                    ("status", self.status.tell_forever()),
                )
            ]
            await stop.wait()
            self.inbox.close()
            self.outbox.close()
            await handler
            self._group = None
            self._asking.stop()
            for task in others:
                task.cancel()

    def _expect_vans(self) -> None:
        """Miss the vans that have trips from before a restart if they are never heard."""
        if self._stepper.sequence:
            vans = self._stepper.core.state.van_list()
            self._reader.expect(van.van_id for van in vans if van.trip_id is not None)

    def _beginning(self) -> list[Arrival]:
        """Return what happens first: another setup if it changed, and that we begin once more."""
        found: list[Arrival] = []
        if self._stepper.setup != self.setup:
            found.append(Ready(Configured(self.setup)))
        if self._stepper.sequence:
            found.append(Ready(Restarted()))
        return found

    def _turn_away(self) -> None:
        """Let nobody wait for an answer that will not come, however this ended."""
        self.has_ended = True
        self.inbox.close()
        waiting = self.inbox.turn_away()
        for arrival in self._taken:
            if isinstance(arrival, Request):
                arrival.turn_away(was_taken=True)
        if self.fault is not None:
            for receipt in (*receipts_of(self._taken), *waiting):
                receipt.settle()  # why, says ``faults``
        self._taken = []

    def summary(self) -> DepotSummary:
        """Return how the depot did so far."""
        return DepotSummary(
            self.depot_id,
            self._stepper.sequence,
            self._stepper.started_count,
            lag_s_max=self.lag.max_s,
            lag_s_p99=self.lag.timing.within_s(0.99),
            fault=self.fault,
            untold_count=len(self.outbox),
            is_cut_short=self.is_cut_short,
        )

    # What others look at: nothing of it may be changed

    @property
    def stepper(self) -> Stepper:
        """Return the depot's state, its core's and its sessions'."""
        return self._stepper

    @property
    def question_count(self) -> int:
        """Return how many questions the planner has not answered."""
        return len(self._asking)

    def heard_s_ago(self, van_id: str) -> float | None:
        """Return how long ago a van's state came, by the machine's clock; None if none has."""
        return self._reader.heard_s_ago(van_id)

    # Arrivals to events

    async def _handle_forever(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            arrivals = await self.inbox.take(BATCH_MAX)
            await self._handle(arrivals, stop)
            await self.outbox.room()

    async def _handle(self, arrivals: list[Arrival], stop: asyncio.Event) -> None:
        self._taken = arrivals
        if not await trusted(self._around.world, stop):
            return
        now = max(self._around.world.now(), self._stepper.now)
        batch = Batch(self._stepper, now)
        waiting: list[tuple[Request, int]] = []  # with the index of its first turn
        for arrival in arrivals:
            if isinstance(arrival, Request):
                waiting.append((arrival, len(batch.turns)))
            for said in tuple(self._reader.events_of(arrival, now)):
                batch.add(said)
                await self._breathe()
            await self._breathe()
        entries = batch.entries
        if entries and not await self.writer.write(entries, stop):
            return  # told to stop: whoever sent what was taken sends it again
        for receipt in receipts_of(arrivals):
            receipt.settle()
        self._taken = [one for one in arrivals if isinstance(one, Request)]
        decided = []
        for turn in batch.turns:
            decided.append(self._step(turn) if isinstance(turn, Entry) else self._repeat(turn))
            await self._breathe()
        if self.parcel_log is not None:
            self.parcel_log.wake()
        for request, index in waiting:
            request.reply(decided[index : index + len(request.events)])
        self._note_done(stepped=bool(entries))

    # Events to acts

    def _step(self, entry: Entry) -> tuple[Decision, ...]:
        decisions = self._stepper.step(entry)
        if self.parcel_log is not None:
            self.parcel_log.keep(entry.sequence, decisions)
            self.parcel_log.forget(self._stepper.core.state, entry.now)
        event = entry.event
        if isinstance(event, Tick):
            self._timers.ticked()
        if isinstance(event, Configured):
            self._reader.part()
        if isinstance(event, VanSeen):
            self.orders.begin_again(event.van_id)
        elif is_fact(event):
            self.orders.look(event.van_id)
        logger.debug("event", extra={"depot_id": self.depot_id, "kind": type(event).__name__})
        for decision in decisions:
            self._acts.tell(entry.sequence, decision)
            self._acts.act(decision, self._group)
        self.outbox.reach(entry.sequence)
        return decisions

    def _repeat(self, turn: Repeated) -> tuple[Decision, ...]:
        answer = turn.answer or self._stepper.answer_again(turn.announced_id)
        self._acts.tell(self._stepper.sequence, answer)
        self.outbox.reach(self._stepper.sequence)
        return (answer,)

    def _note_done(self, *, stepped: bool) -> None:
        done_at = self._around.world.now()
        for sent_at in self._reader.take_sent_at():
            self.lag.note(sent_at, done_at)
        if stepped:  # else nobody has anything new to say: most states bring no event
            self._timers.stepped()

    async def _breathe(self) -> None:
        """Let other tasks run if this one has had the event loop for long."""
        now_s = self._around.machine.seconds()
        if now_s - self._breathed_s > STRETCH_S_MAX:
            await asyncio.sleep(0)
            self._breathed_s = self._around.machine.seconds()

"""Parcel events sent to whoever subscribed: each at least once, in order, signed, across restarts.

Theory of operation
-------------------
One task per webhook and depot reads the depot's stream. A message holds up to ``EVENTS_MAX`` events
and is sent again, unchanged and with the same ``Idempotency-Key``, until the receiver answers with
2xx; what comes later waits, so that order holds. Between tries it waits longer each time, capped,
and apart from others by a jitter from its name. How far a receiver was told is noted in the
journal's marks, under a channel of its own: after a restart the first event that may be missing is
the first that goes out. A receiver that is new hears what happens from now on, or all that the
stream holds, as its configuration says; from where on is noted before the first event, so that
nothing is left out that happens while it cannot be reached. One that could not be reached for so
long that events have left the stream is told so by ``Robovan-Missed`` with the next message: the
position up to which some are missing.

``Robovan-Signature: t=SECONDS,v1=HEX`` is the HMAC-SHA256, under the webhook's secret, of the
seconds, a dot and the body; receivers refuse old seconds, lest somebody repeat a message.
"""

import asyncio
import contextlib
import hashlib
import hmac
import json
import logging
import zlib
from collections.abc import Sequence
from typing import Final

from dispatcher.api.epcis import document
from dispatcher.api.hooks import Webhook
from dispatcher.api.sending import NotTaken, Sender
from dispatcher.journal.errors import NOT_NOW
from dispatcher.live.desk import Desk
from dispatcher.live.following import Follower
from dispatcher.live.loop import DepotLoop
from dispatcher.live.parcel_log import Gone, ParcelLog, Told

logger = logging.getLogger(__name__)

EVENTS_MAX: Final = 100
BACK_OFF_S_FIRST: Final = 1.0
BACK_OFF_S_MAX: Final = 300.0
"""Waits between two tries, assumed: a receiver that was down is told within five minutes."""

BEGIN_AGAIN_S: Final = 1.0
"""How often it is tried to begin while the journal cannot be read or written, assumed."""

MARK_S_MIN: Final = 0.5
"""The mark is a durable write, so it moves at most so often (assumed)."""


def channel(hook: Webhook, depot_id: str) -> str:
    """Return the name under which the journal notes how far a webhook was told.

    A digest, so that it fits wherever a depot's id does.
    """
    return "hook-" + hashlib.sha256(f"{hook.name}/{depot_id}".encode()).hexdigest()[:40]


def signature(hook: Webhook, body: bytes, at_s: int) -> str:
    """Return the signature of a message sent at an instant, in seconds since 1970."""
    signed = hmac.new(hook.secret, f"{at_s}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at_s},v1={signed}"


class Courier:
    """Tells one webhook of one depot's parcels."""

    def __init__(self, hook: Webhook, depot: DepotLoop, desk: Desk, sender: Sender) -> None:
        self._hook = hook
        self._depot = depot
        self._machine = desk.around.machine
        self._journal = desk.around.journal
        self._sender = sender
        self._channel = channel(hook, depot.depot_id)
        self._marked_at_s = self._machine.seconds()
        self._missed: int | None = None  # up to this position events went before they were told
        self._world = desk.around.world

    async def run(self, log: ParcelLog) -> None:
        """Tell what is new, for ever."""
        marked = await self._begun()
        begin = log.position_of_entry(marked) if marked else log.begin
        follower = Follower(log, self._world, begin)
        self._depot.counts.followers[self._hook.name] = follower
        while True:
            await log.changed(follower.position)
            try:
                told = log.after(follower.position, EVENTS_MAX)
            except Gone as gone:
                follower.position = self._miss(gone.begin)
                continue
            wanted = [one for one in told if self._wants(one)]
            if wanted:
                await self._deliver(wanted, follower)
            if told:
                follower.position = told[-1].position
                await self._mark(log, told[-1])

    async def _begun(self) -> int:
        """Return the last entry that it is not to be told of, or was; note it if it is new.

        Nothing is told before that is noted: a restart would else begin behind it.
        """
        # The first entry sets the depot up and tells of no parcel: it can be behind us already.
        newest = max(1, self._depot.stepper.sequence)
        while True:
            with contextlib.suppress(*NOT_NOW):
                marked = await asyncio.to_thread(self._journal.carried_out, self._channel)
                if not marked and self._hook.begin == "now":
                    marked = newest
                    await asyncio.to_thread(self._journal.mark_carried_out, self._channel, marked)
                return marked
            await asyncio.sleep(BEGIN_AGAIN_S)

    def _miss(self, begin: int) -> int:
        """Say that events went before they could be told; return where it goes on."""
        self._missed = begin
        extra = {"webhook": self._hook.name, "depot_id": self._depot.depot_id}
        logger.error("webhook_events_gone", extra={**extra, "up_to": begin})
        return begin

    def _wants(self, told: Told) -> bool:
        return not self._hook.kinds or told.event.kind in self._hook.kinds

    async def _deliver(self, told: Sequence[Told], follower: Follower) -> None:
        """Send a message until it is taken."""
        depot_id, zone = self._depot.depot_id, self._depot.setup.depot.zone
        body = json.dumps(document(depot_id, zone, told), ensure_ascii=False).encode()
        key = f"{depot_id}/{told[0].position}-{told[-1].position}"
        tries = 0
        while True:
            headers = {
                "Content-Type": "application/json",
                "Idempotency-Key": key,
                "Robovan-Signature": signature(self._hook, body, int(self._machine.unix_s())),
            }
            if self._missed is not None:
                headers["Robovan-Missed"] = str(self._missed)
            try:
                await self._sender.send(self._hook.url, body, headers)
            except NotTaken as error:
                wait_s = self._back_off_s(tries)
                tries += 1
                follower.failures += 1
                extra = {"webhook": self._hook.name, "key": key, "cause": str(error)}
                logger.warning("webhook_not_taken", extra={**extra, "try": tries, "wait_s": wait_s})
                await asyncio.sleep(wait_s)
            else:
                self._missed = None
                return

    async def _mark(self, log: ParcelLog, last: Told) -> None:
        """Note how far the receiver was told: the last entry of which it has all events."""
        waits = log.after(max(last.position, log.begin), 1)
        if waits and self._machine.seconds() - self._marked_at_s < MARK_S_MIN:
            return
        is_cut = bool(waits) and waits[0].sequence == last.sequence
        reached = last.sequence - 1 if is_cut else last.sequence
        self._marked_at_s = self._machine.seconds()
        with contextlib.suppress(*NOT_NOW):  # then it is told again after a restart
            await asyncio.to_thread(self._journal.mark_carried_out, self._channel, reached)

    def _back_off_s(self, tries: int) -> float:
        share = zlib.crc32(f"{self._channel}/{tries}".encode()) / 2**32
        longest_s: float = min(BACK_OFF_S_MAX, BACK_OFF_S_FIRST * 2.0 ** min(tries, 16))
        return longest_s * (0.5 + share / 2)


async def tell_forever(hooks: Sequence[Webhook], desk: Desk) -> None:
    """Tell all webhooks of the parcels of all depots, once the journal is replayed."""
    async with Sender() as sender, asyncio.TaskGroup() as group:
        for hook in hooks:
            for depot_id, depot in desk.depots.items():
                if depot.parcel_log is not None and depot.fault is None:
                    courier = Courier(hook, depot, desk, sender)
                    name = f"{depot_id} webhook {hook.name}"
                    group.create_task(courier.run(depot.parcel_log), name=name)

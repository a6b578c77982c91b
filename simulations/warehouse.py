"""A simulated robotic warehouse: announces parcels, hears answers, loads vans, keeps a ledger.

Decides what it says and when; how that is written and sent is ``wire``'s. Parcels are released by
the world's clock; an announcement without an answer is repeated by the machine's clock, a little
later each time. Nothing is taken for known before the dispatcher has answered, and everything that
was announced is in the ledger, so that a day can be checked against it.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from dispatcher.announcing import Announcement
from dispatcher.core.parcels import Parcel
from maps.units import Instant, Seconds, later
from simulations.shelf import Stock
from vehicles.changing import changed, record

RESEND_S_FIRST: Final = 2.0
RESEND_S_MAX: Final = 10.0
"""Waits of the machine's clock before an unanswered message is repeated (assumed)."""

LOADING_RATIO: Final = 0.7
"""Share of the time at the dock after which everything is aboard (assumed)."""

LOOK_AGAIN_S: Final = Seconds(30)
GIVE_UP_S: Final = Seconds(3600)
"""While a van was not loaded with everything that lies at the dock for it, the warehouse looks
again after so long, and for so long (assumed)."""

SECOND: Final = "-2"
"""Ends the id of a parcel that goes out again: its first try is told to the end under its own."""


@record
class Announce:
    """Say that a parcel is there; ``is_broken``: as no valid announcement would."""

    parcel: Parcel
    is_broken: bool = False


@record
class AskBack:
    """Say that a parcel is wanted back."""

    parcel_id: str
    reason: str


@record
class SayLoaded:
    """Say what was really put into a van for a trip."""

    trip_id: str
    parcel_ids: tuple[str, ...]


@record
class SayWithdrawn:
    """Say that no more is put into a van for a trip, and what was."""

    trip_id: str
    parcel_ids: tuple[str, ...]


Saying = Announce | AskBack | SayLoaded | SayWithdrawn


@record
class LedgerEntry:
    """What the warehouse knows of one parcel that it announced.

    Attributes
    ----------
    announced_count
        How often it was announced.
    answers
        Words of the dispatcher in the order they came, repeats left out: accepted, rejected,
        cancelled.
    reasons
        Given with the last rejection.
    is_asked_back
        Whether its cancellation was asked for.
    is_changed
        Whether it was announced again with other content.
    trip_ids
        Trips that it was loaded for.
    """

    parcel_id: str
    announced_count: int = 0
    answers: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    is_asked_back: bool = False
    is_changed: bool = False
    trip_ids: tuple[str, ...] = ()


@dataclass(slots=True)
class _Open:
    """Something said that has no answer yet."""

    saying: Announce | AskBack
    repeat_at_s: float
    wait_s: float = RESEND_S_FIRST


@dataclass(frozen=True, slots=True)
class WarehousePlan:
    """What a warehouse will do today.

    Attributes
    ----------
    parcels
        To be announced when they are ready.
    broken_ids
        Of these, announced in a way that cannot be right.
    repeated_ids
        Of these, announced twice although answered.
    changes
        What of some parcels is announced once they are accepted: the same again, or with other
        content under their id.
    loading_s
        How long a van stands at the dock.
    next_try
        What is announced of a parcel that is back: given it, the reason and the instant, the
        parcel of the next try, or None.
    shelf
        What lies at the depot, and is at times brought to the wrong dock; None: never.
    missing
        Given a trip and a parcel, whether that is not brought to the dock for it; it says so when
        it tells what it loaded.
    """

    parcels: tuple[Parcel, ...]
    broken_ids: frozenset[str] = field(default_factory=frozenset)
    repeated_ids: frozenset[str] = field(default_factory=frozenset)
    changes: Mapping[str, Parcel] = field(default_factory=dict)
    loading_s: int = 300
    next_try: Callable[[Parcel, str, Instant], Parcel | None] | None = None
    shelf: Stock | None = None
    missing: Callable[[str, str], bool] | None = None


class SimulatedWarehouse:
    """One warehouse over one day.

    Parameters
    ----------
    plan
        What it will do.
    """

    def __init__(self, plan: WarehousePlan) -> None:
        self._plan = plan
        self._to_announce = sorted(plan.parcels, key=_release, reverse=True)
        self._announced: dict[str, Parcel] = {}
        self._tried: set[str] = set()
        self._open: dict[str, _Open] = {}
        self._loading: dict[str, tuple[Instant, tuple[str, ...]]] = {}
        self._ledger: dict[str, LedgerEntry] = {}
        self._give_up_at: dict[str, Instant] = {}
        self._again = dict.fromkeys(plan.repeated_ids) | dict(plan.changes)

    @property
    def ledger(self) -> tuple[LedgerEntry, ...]:
        """Return what is known of everything announced, in order of id."""
        return tuple(self._ledger[parcel_id] for parcel_id in sorted(self._ledger))

    @property
    def is_quiet(self) -> bool:
        """Return whether everything is announced and nothing waits for an answer."""
        return not (self._to_announce or self._open or self._loading)

    def next_event_at(self) -> Instant | None:
        """Return the world's instant at which it has something new to say, or None."""
        ready_at = self._to_announce[-1].ready_at if self._to_announce else None
        if not self._loading:
            return ready_at
        loaded_at = min([ends_at for ends_at, _ in self._loading.values()])
        return loaded_at if ready_at is None else min(loaded_at, ready_at)

    def next_repeat_s(self) -> float | None:
        """Return the machine's second at which something is to be repeated, or None."""
        return min([entry.repeat_at_s for entry in self._open.values()], default=None)

    def sayings(self, now: Instant, machine_s: float) -> tuple[Saying, ...]:
        """Return what is to be said now, and take it for said.

        Parameters
        ----------
        now
            The world's clock: for releases and loading.
        machine_s
            The machine's clock: for repeats.
        """
        said: list[Saying] = []
        if self._to_announce and self._to_announce[-1].ready_at <= now:
            said += self._released(now, machine_s)
        if self._open:
            said += self._repeats(machine_s)
        if self._loading:
            said += self._loaded(now)
        return tuple(said)

    def is_accepted(self, parcel_id: str) -> bool:
        """Return whether the dispatcher has said that it takes a parcel on."""
        entry = self._ledger.get(parcel_id)
        return entry is not None and "accepted" in entry.answers

    def ask_back(self, parcel_id: str, reason: str, machine_s: float) -> tuple[Saying, ...]:
        """Want a parcel back; nothing is said of one that was never announced."""
        entry = self._ledger.get(parcel_id)
        if entry is None:
            return ()
        self._ledger[parcel_id] = changed(entry, is_asked_back=True)
        saying = AskBack(parcel_id, reason)
        self._open[_key(saying)] = _Open(saying, machine_s + RESEND_S_FIRST)
        return (saying,)

    # What the dispatcher says

    def hear_accepted(self, parcel_id: str, machine_s: float) -> tuple[Saying, ...]:
        """Take note of an acceptance; some parcels are announced again all the same."""
        entry = self._hear(parcel_id, "accepted")
        if entry is None or parcel_id not in self._again:
            return ()
        first = self._announced[parcel_id]
        again = self._again.pop(parcel_id) or first
        if again != first:
            self._ledger[parcel_id] = changed(entry, is_changed=True)
        return (self._announce(again, machine_s),)

    def hear_rejected(self, parcel_id: str, reasons: Sequence[str]) -> None:
        """Take note that an announcement or a cancellation cannot be followed."""
        entry = self._hear(parcel_id, "rejected")
        self._open.pop(f"back/{parcel_id}", None)
        if entry is not None:
            self._ledger[parcel_id] = changed(entry, reasons=tuple(reasons))

    def hear_cancelled(self, parcel_id: str) -> None:
        """Take note that a parcel will not be delivered."""
        self._open.pop(f"back/{parcel_id}", None)
        self._hear(parcel_id, "cancelled")

    def hear_returned(self, parcel_id: str, reason: str, now: Instant) -> None:
        """Take a parcel back, and announce it for another try if there is to be one."""
        if self._plan.next_try is None or parcel_id in self._tried:
            return
        self._tried.add(parcel_id)
        parcel = self._announced.get(parcel_id)
        again = None if parcel is None else self._plan.next_try(parcel, reason, now)
        if again is not None:
            self._to_announce.append(again)
            self._to_announce.sort(key=_release, reverse=True)

    def hear_loading(self, trip_id: str, parcel_ids: Iterable[str], now: Instant) -> None:
        """Begin to load a van, or begin again if told again."""
        known = tuple(parcel_id for parcel_id in parcel_ids if parcel_id in self._ledger)
        shelf = self._plan.shelf
        if shelf is not None and shelf.is_withdrawn(trip_id):
            return
        if shelf is not None and shelf.errs and trip_id not in self._loading:
            others = sorted(self._accepted() - set(known))
            shelf.get_together(trip_id, known, others)
        ends_at = later(now, Seconds(int(self._plan.loading_s * LOADING_RATIO)))
        self._loading[trip_id] = (ends_at, known)

    def hear_withdraw(self, trip_id: str) -> SayWithdrawn | None:
        """Load no more of a trip; who does not see what is put into vans says nothing."""
        if self._plan.shelf is None:
            return None
        self._loading.pop(trip_id, None)
        return SayWithdrawn(trip_id, self._plan.shelf.withdraw(trip_id))

    def _accepted(self) -> set[str]:
        """Return the parcels that are to be delivered, as far as the warehouse knows."""
        return {
            one.parcel_id
            for one in self._ledger.values()
            if one.answers == ("accepted",) and not one.is_asked_back
        }

    def _hear(self, parcel_id: str, word: str) -> LedgerEntry | None:
        entry = self._ledger.get(parcel_id)
        if entry is None or not entry.is_changed or word != "accepted":  # that answers the first
            self._open.pop(f"new/{parcel_id}", None)
        if entry is None or word in entry.answers:
            return entry
        self._ledger[parcel_id] = changed(entry, answers=(*entry.answers, word))
        return self._ledger[parcel_id]

    # What it says

    def _released(self, now: Instant, machine_s: float) -> list[Saying]:
        said: list[Saying] = []
        while self._to_announce and self._to_announce[-1].ready_at <= now:
            said.append(self._announce(self._to_announce.pop(), machine_s))
        return said

    def _announce(self, parcel: Parcel, machine_s: float) -> Announce:
        self._announced[parcel.parcel_id] = parcel
        saying = Announce(parcel, parcel.parcel_id in self._plan.broken_ids)
        self._open[_key(saying)] = _Open(saying, machine_s + RESEND_S_FIRST)
        self._count(parcel.parcel_id)
        return saying

    def _repeats(self, machine_s: float) -> list[Saying]:
        said: list[Saying] = []
        for entry in self._open.values():
            if entry.repeat_at_s > machine_s:
                continue
            entry.wait_s = min(RESEND_S_MAX, entry.wait_s * 2)
            entry.repeat_at_s = machine_s + entry.wait_s
            said.append(entry.saying)
            if isinstance(entry.saying, Announce):
                self._count(entry.saying.parcel.parcel_id)
        return said

    def _loaded(self, now: Instant) -> list[Saying]:
        done = [trip_id for trip_id, (ends_at, _) in self._loading.items() if ends_at <= now]
        said: list[Saying] = []
        for trip_id in done:
            ends_at, parcel_ids = self._loading.pop(trip_id)
            shelf = self._plan.shelf
            if shelf is not None and shelf.awaits(trip_id):
                if ends_at > self._give_up_at.setdefault(trip_id, later(ends_at, GIVE_UP_S)):
                    shelf.give_up(trip_id)
                self._loading[trip_id] = (later(now, LOOK_AGAIN_S), parcel_ids)
                continue
            if self._plan.missing is not None:
                is_missing = self._plan.missing
                parcel_ids = tuple(one for one in parcel_ids if not is_missing(trip_id, one))
            if shelf is not None:
                parcel_ids = shelf.really(trip_id, parcel_ids)
            for parcel_id in parcel_ids:
                entry = self._ledger[parcel_id]
                if trip_id not in entry.trip_ids:
                    self._ledger[parcel_id] = changed(entry, trip_ids=(*entry.trip_ids, trip_id))
            said.append(SayLoaded(trip_id, parcel_ids))
        return said

    def _count(self, parcel_id: str) -> None:
        entry = self._ledger.get(parcel_id)
        self._ledger[parcel_id] = (
            LedgerEntry(parcel_id, 1)
            if entry is None
            else changed(entry, announced_count=entry.announced_count + 1)
        )


def announcement_bytes(parcel: Parcel, now: Instant, *, is_broken: bool) -> bytes:
    """Return an announcement as it is sent.

    A broken one has a mass below nothing and a time without an offset.
    """
    sound = Announcement.of(parcel, now).encode()
    if not is_broken:
        return sound
    keys = json.loads(sound)
    keys["mass_kg"] = -keys["mass_kg"]
    keys["due_until"] = str(keys["due_until"]).removesuffix("Z")
    return json.dumps(keys).encode()


def _release(parcel: Parcel) -> tuple[Instant, str]:
    return parcel.ready_at, parcel.parcel_id


def _key(saying: Announce | AskBack) -> str:
    if isinstance(saying, Announce):
        return f"new/{saying.parcel.parcel_id}"
    return f"back/{saying.parcel_id}"

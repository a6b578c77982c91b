"""The independent ledger of a besieged day: where every parcel really was, and what was said of it.

Decides whether each accepted parcel was delivered once or is accounted for, whether any was in two
vans or ordered to two, and whether the world was told the truth, once and in order. It follows the
parcels by the vans' own diary alone; the dispatcher's records are not asked, and none of its code
is used.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from maps.places import LonLat, great_circle_m
from simulations.siege.asked import Untold, again_faults, cancel_faults, hold_faults
from simulations.siege.evidence import STOP_KIND, Deed, Entry, Evidence, ReleasedNode, Told
from simulations.siege.faults import Fault, Wrong
from simulations.siege.released import released_faults
from simulations.warehouse import LedgerEntry

DELIVERED: Final = "delivered"
CANCELLED: Final = "cancelled"
PICK: Final = "pick"
ENDS: Final = frozenset({DELIVERED, "returned", "unserved", CANCELLED, "rejected"})
"""Parcel events after which nothing more happens to a parcel."""
DOOR_M_MAX: Final = 300.0
"""A parcel is handed over at its place if it is not farther away than this (assumed: as far as an
address may lie from its road)."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the ledger says of a day.

    Attributes
    ----------
    faults
        Everything that is wrong; empty if nothing is.
    ends
        How many parcels came to which end, by the vans' word where they had them; ``aboard`` and
        ``open`` have come to none.
    untold_count
        How many of them nobody could tell of: handed over by a van that forgot it.
    withdrawn_count, unloaded_count
        Trips that the warehouse loaded no more, as their vans stayed away; of how many of them
        nothing was loaded before.
    """

    faults: tuple[Fault, ...]
    ends: Mapping[str, int]
    untold_count: int = 0
    withdrawn_count: int = 0
    unloaded_count: int = 0

    def count(self, wrong: Wrong) -> int:
        """Return how many faults of a kind there are."""
        return sum(fault.wrong is wrong for fault in self.faults)


@dataclass(slots=True)
class Ledger:
    """Where parcels are, followed through the vans' diary.

    Attributes
    ----------
    holder
        In which van a parcel is now.
    handed_over, loaded
        How often each was handed over and taken from the depot.
    places
        Where each is to go.
    kept
        What the warehouse says that it puts in for orders, and nothing else; of ``withdrawn`` ones
        nothing more at all.
    """

    places: Mapping[str, LonLat] = field(default_factory=dict)

    holder: dict[str, str] = field(default_factory=dict)
    handed_over: Counter[str] = field(default_factory=Counter)
    loaded: Counter[str] = field(default_factory=Counter)
    faults: list[Fault] = field(default_factory=list)
    untold: Untold = field(default_factory=Untold)
    kept: dict[str, frozenset[str]] = field(default_factory=dict)
    withdrawn: dict[str, frozenset[str]] = field(default_factory=dict)
    _claims: dict[str, tuple[str, str]] = field(default_factory=dict)
    _nodes: dict[tuple[str, str], ReleasedNode] = field(default_factory=dict)
    _orders: dict[tuple[str, str], str] = field(default_factory=dict)
    _picked: dict[str, set[str]] = field(default_factory=dict)
    _stowed: set[str] = field(default_factory=set)

    def follow(self, entry: Entry) -> None:
        """Take an entry down."""
        self.untold.follow(entry, self._kind(entry))
        match entry.deed:
            case Deed.ORDER if entry.is_taken:
                self._order(entry)
            case Deed.GAVE_UP:
                self._let_go(entry.van_id)
            case Deed.FORGOT:
                self._let_go(entry.van_id)
                self._stowed |= {one for one, van in self.holder.items() if van == entry.van_id}
            case Deed.MISSED:
                claim = self._claims.get(entry.parcel_id)
                if claim is not None and claim[0] == entry.van_id:
                    del self._claims[entry.parcel_id]
            case Deed.PICK | Deed.FOUND:
                self._take_in(entry)
            case Deed.KEPT | Deed.LEFT_OUT:
                self._keep(entry)
            case Deed.DROP | Deed.HANDED_IN:
                self._take_out(entry)
            case Deed.END:
                self._end(entry)
            case _:
                pass  # refused, or only asked for

    def _order(self, entry: Entry) -> None:
        if entry.update_id == 0:
            self._let_go(entry.van_id)
        claim = entry.van_id, entry.order_id
        for node in entry.released:
            for action_type, action_id, parcel_id in node.actions:
                self._nodes[entry.van_id, action_id] = node
                self._orders[entry.van_id, action_id] = entry.order_id
                if parcel_id is None or action_type != PICK:
                    continue
                if parcel_id not in self.kept.get(entry.order_id, {parcel_id}):
                    continue  # it hears so late of it that it will not get it
                other = self._claims.get(parcel_id, claim)
                if other[0] != claim[0]:
                    what = f"{parcel_id} is ordered to {claim[0]} while {other[0]} is to pick it"
                    self._note(Wrong.TWO_VANS, what)
                is_known = parcel_id not in self._stowed  # else nobody has looked yet
                if is_known and self.holder.get(parcel_id) not in (None, entry.van_id):
                    what = f"{parcel_id} is ordered to {claim[0]}, and in {self.holder[parcel_id]}"
                    self._note(Wrong.TWO_VANS, what)
                self._claims[parcel_id] = claim

    def _keep(self, entry: Entry) -> None:
        """Forget what a van was to pick, and will not get: the warehouse keeps it for others."""
        order_id, said = entry.order_id, frozenset(entry.loads)
        self.kept[order_id] = put_in = said & self.kept.get(order_id, said)
        if entry.deed is Deed.KEPT:
            self.withdrawn[order_id] = said
        self._claims = {
            one: claim
            for one, claim in self._claims.items()
            if claim[1] != order_id or one in put_in
        }
        for parcel_id in sorted(self._picked.get(order_id, set()) - put_in):
            self._note(Wrong.KEPT, f"{parcel_id} was loaded for {order_id} before it was kept")

    def _let_go(self, van_id: str) -> None:
        """Forget what a van was to pick and has not: it will not any more."""
        self._claims = {one: claim for one, claim in self._claims.items() if claim[0] != van_id}

    def _take_in(self, entry: Entry) -> None:
        parcel_id, van_id = entry.parcel_id, entry.van_id
        order_id = self._orders.get((van_id, entry.action_id), "")
        if self.holder.get(parcel_id) != van_id:  # else it has it by an order that it forgot
            self._picked.setdefault(order_id, set()).add(parcel_id)
            if parcel_id not in self.kept.get(order_id, {parcel_id}):
                self._note(Wrong.KEPT, f"{parcel_id} was kept, and loaded for {order_id}")
        if self.holder.get(parcel_id, van_id) != van_id:
            self._note(
                Wrong.TWO_VANS, f"{parcel_id} is in {self.holder[parcel_id]} and in {van_id}"
            )
        if self.handed_over[parcel_id]:
            self._note(Wrong.DOUBLED, f"{parcel_id} is put into {van_id} after it was handed over")
        self._claims.pop(parcel_id, None)
        if entry.deed is Deed.FOUND:
            self._stowed.add(parcel_id)
        self.loaded[parcel_id] += 1
        self.holder[parcel_id] = van_id

    def _take_out(self, entry: Entry) -> None:
        parcel_id, van_id = entry.parcel_id, entry.van_id
        if self.holder.pop(parcel_id, None) != van_id:
            self._note(Wrong.TWO_VANS, f"{parcel_id} is taken out of {van_id}, which had it not")
        self._stowed.discard(parcel_id)
        kind = self._kind(entry)
        if entry.deed is Deed.DROP and not kind:
            what = f"{parcel_id} is handed over by {van_id}, which took no order that says where"
            self._note(Wrong.PLACE, what)
        if kind != STOP_KIND:
            return  # it came back
        self.handed_over[parcel_id] += 1
        if self.handed_over[parcel_id] > 1:
            self._note(Wrong.DOUBLED, f"{parcel_id} is handed over again by {van_id}")
        self._look_where(entry)

    def _look_where(self, entry: Entry) -> None:
        """Hold the place of a handover against the parcel's."""
        there = self._nodes[entry.van_id, entry.action_id].place
        place = self.places.get(entry.parcel_id)
        if there is not None and place is not None and great_circle_m(there, place) > DOOR_M_MAX:
            self._note(Wrong.PLACE, f"{entry.parcel_id} is to go to {place}, and went to {there}")

    def _kind(self, entry: Entry) -> str:
        """Return the kind of the node where an entry's action is done; "": it is not known."""
        node = self._nodes.get((entry.van_id, entry.action_id))
        return "" if node is None else node.kind

    def _end(self, entry: Entry) -> None:
        held = {one for one, van_id in self.holder.items() if van_id == entry.van_id}
        for parcel_id in sorted(held ^ set(entry.loads)):
            self._note(Wrong.LOST, f"{parcel_id} and {entry.van_id}: diary and van disagree")

    def _note(self, wrong: Wrong, what: str) -> None:
        self.faults.append(Fault(wrong, what))


def judge(said: Evidence) -> Verdict:
    """Judge a day by what everybody says of it."""
    ledger = Ledger(places=said.places)
    for entry in said.diary:
        ledger.follow(entry)
    told = _by_parcel(said.told)
    faults = [*ledger.faults, *released_faults(said.diary), *_word_faults(told, said.heard)]
    faults += [*again_faults(said), *hold_faults(said.diary, said.asked)]
    all_kinds = {parcel_id: [one.kind for one in events] for parcel_id, events in told.items()}
    untold = {one for one in ledger.untold.parcel_ids if DELIVERED not in all_kinds.get(one, ())}
    faults += cancel_faults(said, all_kinds, {*ledger.handed_over} - untold)
    ends: Counter[str] = Counter()
    entries = {one.parcel_id: one for one in said.warehouse}
    for parcel_id in sorted({*ledger.loaded, *told} - set(entries)):
        faults.append(Fault(Wrong.WORD, f"{parcel_id} was never announced"))
    for parcel_id, announced in sorted(entries.items()):
        kinds = all_kinds.get(parcel_id, [])
        faults += _answer_faults(announced, kinds)
        end, found = _end_of(announced, kinds, ledger)
        ends[end] += 1
        faults += found
    return Verdict(
        tuple(faults),
        dict(sorted(ends.items())),
        len(untold),
        withdrawn_count=len(ledger.withdrawn),
        unloaded_count=sum(not put_in for put_in in ledger.withdrawn.values()),
    )


def _end_of(entry: LedgerEntry, kinds: list[str], ledger: Ledger) -> tuple[str, tuple[Fault, ...]]:
    """Return what became of a parcel, and what is wrong with that."""
    parcel_id, word = entry.parcel_id, next((one for one in reversed(kinds) if one in ENDS), None)
    if ledger.handed_over[parcel_id]:
        if DELIVERED not in kinds and parcel_id not in ledger.untold.parcel_ids:
            return DELIVERED, (Fault(Wrong.WORD, f"{parcel_id} was handed over; told: {kinds}"),)
        return DELIVERED, ()
    if DELIVERED in kinds:
        return "open", (Fault(Wrong.LOST, f"{parcel_id} is told delivered, and nobody had it"),)
    van_id = ledger.holder.get(parcel_id)
    if van_id is not None:
        if word in (None, CANCELLED):  # it is still to come back
            return "aboard", ()
        return "aboard", (Fault(Wrong.WORD, f"{parcel_id} is in {van_id}; told: {kinds}"),)
    if word is None and "accepted" in entry.answers:
        return "open", (Fault(Wrong.LOST, f"{parcel_id} came to no end; told: {kinds}"),)
    if word == "returned" and CANCELLED not in kinds and not ledger.loaded[parcel_id]:
        return word, (Fault(Wrong.WORD, f"{parcel_id} is told returned, and was in no van"),)
    return word or "rejected", ()


def _answer_faults(entry: LedgerEntry, kinds: list[str]) -> Iterator[Fault]:
    parcel_id, answers = entry.parcel_id, entry.answers
    if not answers:
        yield Fault(Wrong.ANSWER, f"{parcel_id} was announced, and never answered")
    elif bool({"accepted", CANCELLED} & set(answers)) != ("accepted" in kinds):
        # In any order: on a rough network an answer overtakes the one before.
        yield Fault(Wrong.ANSWER, f"{parcel_id} was answered {answers}; told: {kinds}")


def _by_parcel(told: Iterable[Told]) -> dict[str, list[Told]]:
    found: dict[str, list[Told]] = {}
    for one in told:
        found.setdefault(one.parcel_id, []).append(one)
    return found


def _word_faults(told: Mapping[str, list[Told]], heard: frozenset[Told]) -> Iterator[Fault]:
    """Yield what was told out of order, after an end, or otherwise over the broker."""
    for parcel_id, events in told.items():
        numbers = [event.number for event in events]
        if numbers != list(range(1, len(numbers) + 1)):
            yield Fault(Wrong.WORD, f"{parcel_id} has events numbered {numbers}")
        for before, after in pairwise(events):
            if before.kind in ENDS - {CANCELLED}:  # which one aboard is told before it is back
                yield Fault(Wrong.WORD, f"{parcel_id} is told {after.kind} after {before.kind}")
    for one in sorted(heard - {one for events in told.values() for one in events}, key=str):
        what = f"{one.parcel_id}'s event {one.number} was {one.kind} {one.detail!r} on the broker"
        yield Fault(Wrong.WORD, f"{what}, and is not so in the stream")

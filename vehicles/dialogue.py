"""What we know of the dialogue with one van, and how facts, wishes and cancels change it.

A frozen record and pure functions: the same calls in the same sequence give the same record, so
a session is rebuilt from the journal by replaying it. Facts are derived in ``vehicles.deriving``;
``vehicles.session`` joins the two and writes messages.

Theory of operation
-------------------
A trip's order passes through three places: ``wish`` (what the core wants, the newest only),
``in_flight`` (what was last sent and not yet answered; it never changes) and ``confirmed`` (what
the van's state has echoed). ``advanced`` moves a wish into flight when

* the van is known, nothing else is in flight, and no cancel is pending, and
* the wish is of the confirmed trip and differs from it behind the released nodes (an update), or
  it is of another trip and the confirmed one is finished, cancelled or was never there.

Of a base with more nodes than the van takes at once only the first are released to it; the next
follow as updates, as those before are confirmed.

OrderEchoed moves it on to ``confirmed``; OrderRefused drops it, and the wish with it unless a
newer one has come. An update id once used is never used again: a van's error names it. What was
refused is kept until a later update is confirmed: a van may take another copy of it after all, and
then its base ends where that says.

A cancel is sent only for an order that the van has confirmed (or one that it names itself): a
first order still in flight is resent until it is echoed and only then cancelled, so that no copy
of it that is under way can start a cancelled trip. Every cancel ends with TripCancelled, or with
OrderRefused of type ``CANCEL_REFUSED``.
"""

from typing import Final, assert_never

from maps.places import LonLat
from vehicles.changing import changed, record
from vehicles.errors import ReleasedChangedError
from vehicles.facts import (
    ActionEnded,
    ChargeChanged,
    LimitsTold,
    NodePassed,
    OrderEchoed,
    OrderRefused,
    TripCancelled,
    VanFact,
    VanLost,
    VanMobile,
    VanSeen,
    VanStuck,
)
from vehicles.trip import TripNode, TripWish
from vehicles.vda5050.limits import NODES_MIN

CANCEL_REFUSED: Final = "cancelRefused"
"""Error type of OrderRefused when a van will not give up a trip. Ours, not the standard's."""

REFUSED_MAX: Final = 4
"""So many refused updates are kept, the newest ones. Assumed: one is sent in minutes, and no copy
of it is under way for longer."""


@record
class SentOrder:
    """An order or update: the whole trip as wished, and the node that the message begins with."""

    wish: TripWish
    first_index: int
    update_id: int
    header_id: int

    @property
    def trip_id(self) -> str:
        """Return the trip, which is the order's id."""
        return self.wish.trip_id

    def is_named(self, trip_id: str, update_id: int) -> bool:
        """Return whether it is the order and update of these ids."""
        return (self.trip_id, self.update_id) == (trip_id, update_id)


@record
class Cancel:
    """A trip to be given up; ``header_id`` is None until the message is to be sent."""

    trip_id: str
    action_id: str
    header_id: int | None = None


@record
class Dialogue:
    """All we know of the dialogue with one van.

    Attributes
    ----------
    known
        Whether we have heard of it since the start, a restart, silence or its last will.
    place, battery_mwh, charging, stuck
        As facts told last.
    wish, in_flight, confirmed, cancels
        See the module.
    passed_count, ended
        Nodes of the confirmed trip that were passed; ids of its actions that have ended.
    foreign
        A trip that the van is busy with, but that we know nothing of.
    last_update
        Trip and update id used last.
    nodes_max
        How many nodes it takes in one order; None for any number.
    refused
        Updates of the confirmed trip that the van has refused since the confirmed one.
    order_count, instant_count, cancel_count
        Messages made of each kind, for their header ids; cancels asked for, for their action ids.
    """

    known: bool = False
    place: LonLat | None = None
    battery_mwh: int = 0
    charging: bool = False
    stuck: bool = False
    wish: TripWish | None = None
    in_flight: SentOrder | None = None
    confirmed: SentOrder | None = None
    cancels: tuple[Cancel, ...] = ()
    passed_count: int = 0
    ended: frozenset[str] = frozenset()
    foreign: str | None = None
    last_update: tuple[str, int] = ("", -1)
    nodes_max: int | None = None
    refused: tuple[SentOrder, ...] = ()
    order_count: int = 0
    instant_count: int = 0
    cancel_count: int = 0

    @property
    def is_finished(self) -> bool:
        """Return whether the confirmed trip is driven to its end and all its actions have ended."""
        if self.confirmed is None:
            return True
        nodes = self.confirmed.wish.nodes
        return self.passed_count >= len(nodes) and all(
            action.action_id in self.ended for node in nodes for action in node.actions
        )

    def has_in_force(self, trip_id: str) -> bool:
        """Return whether the van is under way with a trip, ours or one we know nothing of."""
        ours = self.confirmed is not None and self.confirmed.trip_id == trip_id
        return trip_id == self.foreign or (ours and not self.is_finished)

    @property
    def waits_for_more(self) -> bool:
        """Return whether the van has done all that fitted into its orders, and not yet the trip."""
        sent = self.confirmed
        if sent is None or self.nodes_max is None:
            return False
        released = sent.wish.released_count
        is_full = released - sent.first_index >= self.nodes_max
        return is_full and released < len(sent.wish.nodes) and self.passed_count >= released

    def has_in_flight(self, trip_id: str) -> bool:
        """Return whether an order or update of a trip is sent and not yet answered."""
        return self.in_flight is not None and self.in_flight.trip_id == trip_id


def wished(dialogue: Dialogue, wish: TripWish) -> Dialogue:
    """Take a wish; it replaces an earlier one. A trip being cancelled can be wished no more.

    Raises
    ------
    ReleasedChangedError
        If it changes what was released in an earlier order of the same trip.
    """
    if any(cancel.trip_id == wish.trip_id for cancel in dialogue.cancels):
        return dialogue
    if not 1 <= wish.released_count <= len(wish.nodes):
        why = f"{wish.released_count} of {len(wish.nodes)} nodes cannot be released"
        raise ReleasedChangedError(wish.van_id, wish.trip_id, wish.released_count, why)
    for sent in (dialogue.in_flight, dialogue.confirmed):
        if sent is not None and sent.trip_id == wish.trip_id:
            _check_base(sent.wish, wish)
    return advanced(changed(dialogue, wish=wish))


def cancelled(dialogue: Dialogue, trip_id: str) -> Dialogue:
    """Take the wish that a trip be given up; asking twice changes nothing."""
    if any(cancel.trip_id == trip_id for cancel in dialogue.cancels):
        return dialogue
    number = dialogue.cancel_count + 1
    cancel = Cancel(trip_id, f"{trip_id}/cancel/{number}")
    wish = dialogue.wish
    return advanced(
        changed(
            dialogue,
            cancels=(*dialogue.cancels, cancel),
            cancel_count=number,
            wish=None if wish is not None and wish.trip_id == trip_id else wish,
        )
    )


def forgotten(dialogue: Dialogue) -> Dialogue:
    """Count the van as unknown until its next state."""
    return changed(dialogue, known=False)


def applied(dialogue: Dialogue, fact: VanFact) -> Dialogue:
    """Take note of a fact, without sending anything because of it."""
    match fact:
        case VanSeen():
            after = _seen(dialogue, fact)
        case VanLost():
            after = forgotten(dialogue)
        case OrderEchoed():
            after = _echoed(dialogue, fact)
        case OrderRefused():
            after = _refused(dialogue, fact)
        case TripCancelled():
            after = _given_up(dialogue, fact.trip_id)
        case NodePassed():
            after = _passed(dialogue, fact)
        case ActionEnded():
            after = changed(dialogue, ended=dialogue.ended | {fact.action_id})
        case ChargeChanged():
            after = changed(dialogue, battery_mwh=fact.battery_mwh, charging=fact.charging)
        case VanStuck():
            after = changed(dialogue, stuck=True, place=fact.place)
        case VanMobile():
            after = changed(dialogue, stuck=False)
        case LimitsTold():
            after = changed(dialogue, nodes_max=fact.nodes_max)
        case _:
            assert_never(fact)
    return after


def advanced(dialogue: Dialogue) -> Dialogue:
    """Put into flight what can be sent now: the first cancel, else the wish."""
    if not dialogue.known:
        return dialogue
    if dialogue.cancels:
        return _cancel_sent(dialogue)
    wish = dialogue.wish
    if wish is None or dialogue.in_flight is not None or dialogue.foreign is not None:
        return dialogue
    first_index = 0
    if dialogue.confirmed is not None and dialogue.confirmed.trip_id == wish.trip_id:
        if _same_rest(dialogue.confirmed.wish, wish):
            return dialogue
        first_index = dialogue.confirmed.wish.released_count - 1
    elif not dialogue.is_finished:
        return dialogue
    trip_id, update_id = dialogue.last_update
    update_id = update_id + 1 if trip_id == wish.trip_id else 0
    header_id = dialogue.order_count + 1
    return changed(
        dialogue,
        in_flight=SentOrder(
            _at_once(wish, first_index, dialogue.nodes_max), first_index, update_id, header_id
        ),
        last_update=(wish.trip_id, update_id),
        order_count=header_id,
    )


def _at_once(wish: TripWish, first_index: int, nodes_max: int | None) -> TripWish:
    """Return a wish with no more released than fits into one order that begins at a node.

    A node behind it is told too, where there is room: who has none takes the order for done.
    """
    if nodes_max is None:
        return wish
    is_last = wish.released_count == len(wish.nodes)
    count = first_index + max(nodes_max if is_last else nodes_max - 1, NODES_MIN)
    if wish.released_count <= count:
        return wish
    count = first_index + max(nodes_max - 1, NODES_MIN)
    return changed(wish, released_count=count)


def _cancel_sent(dialogue: Dialogue) -> Dialogue:
    cancel = dialogue.cancels[0]
    if cancel.header_id is not None or not dialogue.has_in_force(cancel.trip_id):
        return dialogue
    number = dialogue.instant_count + 1
    first = changed(cancel, header_id=number)
    return changed(dialogue, cancels=(first, *dialogue.cancels[1:]), instant_count=number)


def _seen(dialogue: Dialogue, fact: VanSeen) -> Dialogue:
    ours = {sent.trip_id for sent in (dialogue.confirmed, dialogue.in_flight) if sent is not None}
    return changed(
        dialogue,
        known=True,
        place=fact.place,
        battery_mwh=fact.battery_mwh,
        charging=False,
        stuck=fact.stuck,
        foreign=None if fact.trip_id in ours else fact.trip_id,
    )


def _passed(dialogue: Dialogue, fact: NodePassed) -> Dialogue:
    count = dialogue.passed_count
    if dialogue.confirmed is not None and dialogue.confirmed.trip_id == fact.trip_id:
        count = max(count, fact.node_index + 1)
    return changed(dialogue, passed_count=count, battery_mwh=fact.battery_mwh)


def _echoed(dialogue: Dialogue, fact: OrderEchoed) -> Dialogue:
    sent, before = dialogue.in_flight, dialogue.confirmed
    if sent is None or not sent.is_named(fact.trip_id, fact.update_id):
        return _taken_after_all(dialogue, fact)
    echoed = changed(dialogue, confirmed=sent, in_flight=None, refused=())
    if before is not None and before.trip_id == sent.trip_id:
        return echoed
    return changed(echoed, passed_count=0, ended=frozenset())


def _taken_after_all(dialogue: Dialogue, fact: OrderEchoed) -> Dialogue:
    """Confirm an update that was refused before; what is in flight is still to be answered."""
    for index, sent in enumerate(dialogue.refused):
        if sent.is_named(fact.trip_id, fact.update_id):
            return changed(dialogue, confirmed=sent, refused=dialogue.refused[index + 1 :])
    return dialogue


def _refused(dialogue: Dialogue, fact: OrderRefused) -> Dialogue:
    if fact.error_type == CANCEL_REFUSED:
        kept = tuple(cancel for cancel in dialogue.cancels if cancel.trip_id != fact.trip_id)
        return changed(dialogue, cancels=kept)
    sent, confirmed = dialogue.in_flight, dialogue.confirmed
    if sent is None or not sent.is_named(fact.trip_id, fact.update_id):
        return dialogue
    is_update = confirmed is not None and confirmed.trip_id == sent.trip_id
    refused = (*dialogue.refused, sent)[-REFUSED_MAX:] if is_update else ()
    # The same wish again would be refused again: the core decides what comes next.
    wish = dialogue.wish
    if wish is not None and _at_once(wish, sent.first_index, dialogue.nodes_max) == sent.wish:
        wish = None
    return changed(dialogue, in_flight=None, wish=wish, refused=refused)


def _given_up(dialogue: Dialogue, trip_id: str) -> Dialogue:
    cancels = tuple(cancel for cancel in dialogue.cancels if cancel.trip_id != trip_id)
    left = changed(dialogue, cancels=cancels)
    if left.wish is not None and left.wish.trip_id == trip_id:
        left = changed(left, wish=None)
    if left.has_in_flight(trip_id):
        left = changed(left, in_flight=None)
    if left.confirmed is not None and left.confirmed.trip_id == trip_id:
        left = changed(left, confirmed=None, passed_count=0, ended=frozenset(), refused=())
    return changed(left, foreign=None) if left.foreign == trip_id else left


def _check_base(before: TripWish, after: TripWish) -> None:
    """Raise if a wish changes or takes back released nodes; their planned times may move."""
    if after.released_count < before.released_count:
        why = f"only {after.released_count} of {before.released_count} nodes stay released"
        raise ReleasedChangedError(after.van_id, after.trip_id, after.released_count, why)
    for index in range(before.released_count):
        old, new = before.nodes[index], after.nodes[index]
        if old is not new and _untimed(old) != _untimed(new):
            why = f"it was {before.nodes[index].node_id} and is {after.nodes[index].node_id}"
            raise ReleasedChangedError(after.van_id, after.trip_id, index, why)


def _untimed(node: TripNode) -> tuple[object, ...]:
    return (node.node_id, node.kind, node.place, node.actions, node.shape)


def _same_rest(before: TripWish, after: TripWish) -> bool:
    """Return whether two wishes are one to the van: same base, same horizon."""
    count = before.released_count
    return after.released_count == count and after.nodes[count:] == before.nodes[count:]

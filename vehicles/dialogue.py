"""What we know of the dialogue with one van, and how facts, wishes and cancels change it.

A frozen record and pure functions: the same calls in the same sequence give the same record, so
a session is rebuilt from the journal by replaying it. Facts are derived in ``vehicles.deriving``,
and taken note of in ``vehicles.noting``; ``vehicles.session`` joins all and writes messages.

Theory of operation
-------------------
A trip's order passes through three places: ``wish`` (what the core wants, the newest only),
``in_flight`` (what was last sent and not yet answered; it never changes) and ``confirmed`` (what
the van's state has echoed). ``advanced`` moves a wish into flight when

* the van is known, nothing else is in flight, and no cancel is pending, and
* the wish is of the confirmed trip and differs from it behind the released nodes (an update), or
  it is of another trip and the confirmed one is finished, cancelled or was never there.

Of a base with more nodes than the van takes at once only the first are released to it; the next
follow as updates, as those before are confirmed. So it is with what lies behind a charging stop of
a van that knows nothing of our targets (``vehicles.plugging``): it takes no order while it charges,
so before the next goes, or when its battery is as full as wanted, it is told to stop (``unplug``).

OrderEchoed moves it on to ``confirmed``; OrderRefused drops it, and the wish with it unless a
newer one has come. An update id once used is never used again: a van's error names it. What was
refused is kept until a later update is confirmed: a van may take another copy of it after all, and
then its base ends where that says.

A cancel is sent only for an order that the van has confirmed (or one that it names itself): a
first order still in flight is resent until it is echoed and only then cancelled, so that no copy
of it that is under way can start a cancelled trip. Every cancel ends with TripCancelled, or with
OrderRefused of type ``CANCEL_REFUSED``.
"""

from maps.places import LonLat
from maps.units import Instant
from vehicles.changing import changed, record
from vehicles.errors import ReleasedChangedError
from vehicles.plugging import (
    TO_TARGET,
    Charging,
    Plug,
    Unplug,
    count_to_plug,
    open_plug,
    plug_of,
)
from vehicles.trip import TripNode, TripWish
from vehicles.vda5050.limits import NODES_MIN


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
    how_charged
        How it is charged.
    unplug, plugged_at
        The ``stopCharging`` that it is to hear as long as it charges; when it began to charge at
        the plug where it stands.
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
    how_charged: Charging = TO_TARGET
    unplug: Unplug | None = None
    plugged_at: Instant | None = None
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
        if sent is None:
            return False
        if self.plug is not None:
            return True
        released, nodes = sent.wish.released_count, sent.wish.nodes
        if released >= len(nodes) or self.passed_count < released:
            return False
        is_full = self.nodes_max is not None and released - sent.first_index >= self.nodes_max
        is_plug = not self.how_charged.to_target and plug_of(nodes[released - 1]) is not None
        return is_full or is_plug

    @property
    def plug(self) -> Plug | None:
        """Return where the van charges or is about to, if it does not end that by itself."""
        sent = self.confirmed
        if self.how_charged.to_target or sent is None or self.passed_count == 0:
            return None
        here = min(self.passed_count, len(sent.wish.nodes)) - 1
        return open_plug(sent.wish.nodes[here], self.ended)

    @property
    def is_held(self) -> bool:
        """Return whether the van takes no order now, because it charges."""
        charging = self.how_charged
        return self.charging and charging.can_stop and not charging.to_target

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


def advanced(dialogue: Dialogue) -> Dialogue:
    """Put into flight what can be sent now: the first cancel, else the wish."""
    if not dialogue.known:
        return dialogue
    if dialogue.cancels:
        return _cancel_sent(dialogue)
    if dialogue.is_held:
        return _unplug_sent(dialogue)
    sent = dialogue.in_flight or next_order(dialogue)
    if sent is None or sent is dialogue.in_flight:
        return dialogue
    return changed(
        dialogue,
        in_flight=sent,
        last_update=(sent.trip_id, sent.update_id),
        order_count=sent.header_id,
    )


def next_order(dialogue: Dialogue) -> SentOrder | None:
    """Return what can be sent of the wish when nothing is in flight; None if there is nothing."""
    wish = dialogue.wish
    if wish is None or dialogue.foreign is not None:
        return None
    first_index = 0
    is_update = dialogue.confirmed is not None and dialogue.confirmed.trip_id == wish.trip_id
    if dialogue.confirmed is not None and is_update:
        first_index = dialogue.confirmed.wish.released_count - 1
    elif not dialogue.is_finished:
        return None
    told = at_once(dialogue, wish, first_index)
    if dialogue.confirmed is not None and is_update and _same_rest(dialogue.confirmed.wish, told):
        return None
    trip_id, update_id = dialogue.last_update
    update_id = update_id + 1 if trip_id == wish.trip_id else 0
    return SentOrder(told, first_index, update_id, dialogue.order_count + 1)


def _unplug_sent(dialogue: Dialogue) -> Dialogue:
    """Let a van stop charging whose battery is as full as wanted, or that must drive."""
    plug, trip_id = dialogue.plug, None
    if plug is not None and dialogue.confirmed is not None:
        if dialogue.battery_mwh >= plug.target_mwh:
            trip_id = dialogue.confirmed.trip_id
    elif dialogue.foreign is None:
        sent = dialogue.in_flight or next_order(dialogue)
        trip_id = None if sent is None else sent.trip_id
    if trip_id is None or dialogue.unplug is not None:
        return dialogue
    number = dialogue.instant_count + 1
    unplug = Unplug(trip_id, f"{trip_id}/unplug/{number}", number)
    return changed(dialogue, unplug=unplug, instant_count=number)


def at_once(dialogue: Dialogue, wish: TripWish, first_index: int) -> TripWish:
    """Return a wish with no more released than fits into one order that begins at a node.

    A node behind it is told too, where there is room: who has none takes the order for done.
    """
    nodes_max = dialogue.nodes_max
    if not dialogue.how_charged.to_target:
        count = count_to_plug(wish.nodes, first_index, wish.released_count, dialogue.ended)
        wish = wish if count == wish.released_count else changed(wish, released_count=count)
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

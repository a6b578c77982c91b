"""What a van's facts change in what we know of the dialogue with it. Pure; nothing is sent here.

What becomes possible by them is sent by ``vehicles.dialogue``, which says what is sent when.
"""

from typing import Final, assert_never

from vehicles.changing import changed
from vehicles.dialogue import Dialogue, at_once, forgotten
from vehicles.facts import (
    ActionEnded,
    ChargeChanged,
    ChargingTold,
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
from vehicles.plugging import STOP_REFUSED

CANCEL_REFUSED: Final = "cancelRefused"
"""Error type of OrderRefused when a van will not give up a trip. Ours, not the standard's."""

REFUSED_MAX: Final = 4
"""So many refused updates are kept, the newest ones. Assumed: one is sent in minutes, and no copy
of it is under way for longer."""


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
            after = _action_ended(dialogue, fact)
        case ChargeChanged():
            after = _charged(dialogue, fact)
        case VanStuck():
            after = changed(dialogue, stuck=True, place=fact.place)
        case VanMobile():
            after = changed(dialogue, stuck=False)
        case LimitsTold() | ChargingTold():
            after = _told(dialogue, fact)
        case _:
            assert_never(fact)
    return after


def _told(dialogue: Dialogue, fact: LimitsTold | ChargingTold) -> Dialogue:
    if isinstance(fact, LimitsTold):
        return changed(dialogue, nodes_max=fact.nodes_max)
    return changed(dialogue, how_charged=fact.charging, unplug=None)


def _charged(dialogue: Dialogue, fact: ChargeChanged) -> Dialogue:
    unplug = dialogue.unplug if fact.charging else None
    return changed(dialogue, battery_mwh=fact.battery_mwh, charging=fact.charging, unplug=unplug)


def _seen(dialogue: Dialogue, fact: VanSeen) -> Dialogue:
    ours = {sent.trip_id for sent in (dialogue.confirmed, dialogue.in_flight) if sent is not None}
    return changed(
        dialogue,
        known=True,
        place=fact.place,
        battery_mwh=fact.battery_mwh,
        charging=False,
        unplug=None,
        stuck=fact.stuck,
        foreign=None if fact.trip_id in ours else fact.trip_id,
    )


def _passed(dialogue: Dialogue, fact: NodePassed) -> Dialogue:
    count = dialogue.passed_count
    if dialogue.confirmed is not None and dialogue.confirmed.trip_id == fact.trip_id:
        count = max(count, fact.node_index + 1)
    return changed(dialogue, passed_count=count, battery_mwh=fact.battery_mwh)


def _action_ended(dialogue: Dialogue, fact: ActionEnded) -> Dialogue:
    ended, plug = dialogue.ended | {fact.action_id}, dialogue.plug
    if plug is None or fact.action_id not in plug.action_ids:
        return changed(dialogue, ended=ended)
    if fact.action_id == plug.start.action_id:
        return changed(dialogue, ended=ended, plugged_at=fact.measured_at)
    return changed(dialogue, ended=ended, unplug=None)


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
    if fact.error_type == STOP_REFUSED:
        return changed(dialogue, unplug=None)
    sent, confirmed = dialogue.in_flight, dialogue.confirmed
    if sent is None or not sent.is_named(fact.trip_id, fact.update_id):
        return dialogue
    is_update = confirmed is not None and confirmed.trip_id == sent.trip_id
    refused = (*dialogue.refused, sent)[-REFUSED_MAX:] if is_update else ()
    # The same wish again would be refused again: the core decides what comes next. Only what met
    # a van that charges goes again when it does not any more, as another update.
    wish = dialogue.wish
    if wish is not None and not dialogue.is_held:
        wish = None if at_once(dialogue, wish, sent.first_index) == sent.wish else wish
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

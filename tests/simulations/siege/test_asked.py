"""What was asked by hand is kept: each way to break it is found."""

from dataclasses import replace

import pytest

from maps.units import Instant
from simulations.siege.asked import Untold, again_faults, cancel_faults, hold_faults
from simulations.siege.evidence import Asked, Asking, Deed, Entry, Evidence, ReleasedNode
from simulations.siege.faults import Wrong
from simulations.warehouse import LedgerEntry

BACK = LedgerEntry("p1", 1, ("accepted", "cancelled"), is_asked_back=True)
GOES_ON = replace(BACK, answers=("accepted", "rejected"))
AT_HTTP = Asked(Asking.CANCEL, "p1", is_granted=True)
REFUSED = replace(AT_HTTP, is_granted=False)
SAID = Evidence((), (), ())


def cancels(*kinds, entry=None, asked=(), handed_over=()):
    said = Evidence((), () if entry is None else (entry,), (), asked=asked)
    return [fault.wrong for fault in cancel_faults(said, {"p1": list(kinds)}, set(handed_over))]


def test_a_cancellation_that_is_kept_or_refused_is_no_fault():
    assert not cancels("accepted", "loaded", "cancelled", "returned", entry=BACK)
    assert not cancels("accepted", "cancelled", asked=(AT_HTTP,))
    assert not cancels("accepted", "loaded", "delivered", entry=GOES_ON, handed_over=["p1"])
    assert not cancels("accepted", "delivered", asked=(REFUSED,), handed_over=["p1"])


@pytest.mark.parametrize(("entry", "is_granted"), [(BACK, True), (GOES_ON, False)])
def test_an_answer_that_overtook_the_one_before_is_no_fault(entry, is_granted):
    overtaken = replace(entry, answers=entry.answers[::-1])
    kinds = ("accepted", "cancelled") if is_granted else ("accepted", "delivered")
    assert not cancels(*kinds, entry=overtaken, handed_over=() if is_granted else ["p1"])


@pytest.mark.parametrize(
    ("kinds", "more", "wrong"),
    [
        (("cancelled", "delivered"), {"entry": BACK, "handed_over": ["p1"]}, Wrong.CANCEL),
        (("cancelled",), {"asked": (AT_HTTP,), "handed_over": ["p1"]}, Wrong.CANCEL),
        (("accepted",), {"entry": BACK}, Wrong.CANCEL),
        (("accepted", "cancelled"), {"entry": GOES_ON}, Wrong.CANCEL),
        (("accepted", "cancelled"), {"asked": (REFUSED,)}, Wrong.CANCEL),
        (("accepted",), {"entry": replace(BACK, answers=("accepted",))}, Wrong.ANSWER),
    ],
)
def test_each_cancellation_that_is_not_kept_is_found(kinds, more, wrong):
    assert wrong in cancels(*kinds, **more)


def test_what_is_announced_again_is_the_same_or_refused():
    right = Asked(Asking.REPEAT, "p1", is_granted=True), Asked(Asking.CHANGE, "p2", False)
    told = LedgerEntry("p3", 2, ("accepted", "rejected"), is_changed=True)
    assert not list(again_faults(replace(SAID, asked=right, warehouse=(told,))))
    wrong = tuple(replace(one, is_granted=not one.is_granted) for one in right)
    untold = replace(told, answers=("accepted",))
    assert len(list(again_faults(replace(SAID, asked=wrong, warehouse=(untold,))))) == 3


def order(at, van, trip, *parcels, update=0):
    picks = tuple(("pick", one, one) for one in parcels)
    nodes = (ReleasedNode(0, "start", "start", picks),)
    return Entry(
        Deed.ORDER, Instant(at), van, order_id=trip, update_id=update, is_taken=True, released=nodes
    )


def held(what, subject_id, *orders, is_granted=True):
    return Asked(what, subject_id, is_granted, Instant(10), Instant(20), frozenset(orders))


VAN, PARCEL, DEPOT = Asking.HOLD_VAN, Asking.HOLD_PARCEL, Asking.HOLD_DEPOT
PICKED = Entry(Deed.PICK, Instant(15), "a", parcel_id="p1")


@pytest.mark.parametrize(
    ("hold", "entries", "is_fault"),
    [
        (held(VAN, "a"), (order(15, "a", "t"),), True),
        (held(VAN, "a"), (order(9, "a", "t"), order(15, "a", "t", update=1)), False),
        (held(VAN, "a", "t"), (order(15, "a", "t"),), False),
        (held(VAN, "a"), (order(20, "a", "t"),), False),
        (held(VAN, "a"), (order(15, "b", "t"),), False),
        (held(DEPOT, "d"), (order(15, "b", "t", "p1"),), True),
        (held(DEPOT, "d"), (order(15, "b", "t"),), False),
        (held(PARCEL, "p1"), (PICKED,), True),
        (held(PARCEL, "p1", is_granted=False), (PICKED,), False),
        (held(PARCEL, "p2"), (PICKED,), False),
        (held(PARCEL, "p1"), (replace(PICKED, deed=Deed.FOUND),), False),
    ],
)
def test_what_is_held_is_not_sent_out_but_for_what_was_told_before(hold, entries, is_fault):
    faults = list(hold_faults(entries, [hold]))
    assert [fault.wrong for fault in faults] == [Wrong.HOLD] * is_fault


def test_nobody_need_know_of_what_a_van_handed_over_by_the_order_that_it_forgot():
    untold = Untold()
    for number, kind in ((1, "stop"), (2, "stop"), (3, "end")):
        if number == 2:
            untold.follow(order(0, "a", "t2"), "")
        drop = Entry(Deed.DROP, Instant(number), "a", parcel_id=f"p{number}")
        untold.follow(drop, kind)
    untold.follow(Entry(Deed.FORGOT, Instant(16), "b"), "")
    assert not untold.parcel_ids
    untold.follow(Entry(Deed.FORGOT, Instant(16), "a"), "")
    assert untold.parcel_ids == {"p2"}

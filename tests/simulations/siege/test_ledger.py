"""The ledger: an ordinary day is clean, and each way to break a promise is found."""

from dataclasses import replace

import pytest

from maps.places import LonLat
from maps.units import Instant
from simulations.siege.evidence import (
    Asked,
    Asking,
    Deed,
    Entry,
    Evidence,
    ReleasedNode,
    Told,
    in_order,
)
from simulations.siege.faults import Wrong
from simulations.siege.ledger import judge
from simulations.warehouse import LedgerEntry

A, B = "van-a", "van-b"


def start(*parcels, seq=0):
    picks = tuple(("pick", f"pick/{one}", one) for one in parcels)
    return ReleasedNode(seq, "start", "start", picks)


def stop(seq, *parcels, kind="stop"):
    drops = tuple(("drop", f"drop/{kind}/{one}", one) for one in parcels)
    return ReleasedNode(seq, f"{kind}-{seq}", kind, drops)


def order(at, van, trip, update, *nodes, begins=None, taken=True, busy_with=""):
    begins = nodes[0].sequence_id if begins is None else begins
    return Entry(
        Deed.ORDER,
        Instant(at),
        van,
        order_id=trip,
        update_id=update,
        begins=begins,
        is_taken=taken,
        busy_with=busy_with,
        released=nodes,
    )


def pick(at, van, parcel):
    return Entry(Deed.PICK, Instant(at), van, parcel_id=parcel, action_id=f"pick/{parcel}")


def drop(at, van, parcel, kind="stop"):
    action_id = f"drop/{kind}/{parcel}"
    return Entry(Deed.DROP, Instant(at), van, parcel_id=parcel, action_id=action_id)


def handed_in(at, van, parcel):
    return Entry(Deed.HANDED_IN, Instant(at), van, parcel_id=parcel)


def end(at, van, *loads):
    return Entry(Deed.END, Instant(at), van, loads=loads)


def told(parcel, *kinds):
    return tuple(Told(parcel, number, kind, "") for number, kind in enumerate(kinds, 1))


def accepted(parcel, *more):
    return LedgerEntry(parcel, 1, ("accepted", *more))


WHOLE = ("accepted", "planned", "loaded", "delivered")
TRIP = (
    order(1, A, "t1", 0, start("p1", "p2"), stop(2, "p1")),
    pick(2, A, "p1"),
    pick(3, A, "p2"),
    order(4, A, "t1", 1, stop(2, "p1"), stop(4, "p2"), stop(6, kind="end")),
    drop(5, A, "p1"),
    drop(6, A, "p2"),
)
DAY = Evidence(
    (*TRIP, end(9, A), end(9, B)),
    (accepted("p1"), accepted("p2")),
    (*told("p1", *WHOLE), *told("p2", *WHOLE)),
)


def with_more(*entries, said=DAY, **changes):
    """Return a day on which this happened too, at the instants of the entries."""
    return replace(said, diary=in_order((*said.diary, *entries)), **changes)


def found(said):
    return [fault.wrong for fault in judge(said).faults]


def test_an_ordinary_day_is_clean_and_counted():
    verdict = judge(replace(DAY, heard=frozenset(DAY.told)))
    assert not verdict.faults
    assert verdict.ends == {"delivered": 2}


def test_what_came_back_in_any_way_is_accounted_for():
    diary = (
        order(1, A, "t1", 0, start("p1", "p2", "p3"), stop(2, "p1"), stop(4, "p1", kind="end")),
        *(pick(2, A, one) for one in ("p1", "p2", "p3")),
        drop(5, A, "p1", kind="end"),
        handed_in(6, A, "p2"),
        end(9, A, "p3"),
    )
    back = (*WHOLE[:3], "failed", "returned")
    said = Evidence(
        diary,
        (
            *(accepted(one) for one in ("p1", "p3")),
            accepted("p2", "cancelled"),
            accepted("p4"),
            LedgerEntry("p5", 2, ("rejected",), ("mass",)),
        ),
        (
            *told("p1", *back),
            *told("p2", *WHOLE[:3], "cancelled", "returned"),
            *told("p3", *WHOLE[:3]),
            *told("p4", "accepted", "unserved"),
        ),
    )
    verdict = judge(said)
    assert not verdict.faults
    assert verdict.ends == {"aboard": 1, "rejected": 1, "returned": 2, "unserved": 1}


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        (replace(DAY, told=told("p1", *WHOLE)), Wrong.ANSWER),
        (with_more(warehouse=(*DAY.warehouse, LedgerEntry("p3", 4))), Wrong.ANSWER),
        (with_more(told=(*DAY.told, *told("p3", "accepted"))), Wrong.WORD),
        (
            with_more(
                warehouse=(*DAY.warehouse, accepted("p3")),
                told=(*DAY.told, *told("p3", "accepted", "planned")),
            ),
            Wrong.LOST,
        ),
        (
            with_more(
                warehouse=(*DAY.warehouse, accepted("p3")),
                told=(*DAY.told, *told("p3", *WHOLE)),
            ),
            Wrong.LOST,
        ),
        (with_more(told=(*told("p1", *WHOLE), *told("p2", *WHOLE[:3]))), Wrong.WORD),
        (with_more(told=(*DAY.told, Told("p1", 5, "returned", ""))), Wrong.WORD),
        (with_more(told=(*DAY.told, Told("p1", 4, "delivered", ""))), Wrong.WORD),
        (with_more(heard=frozenset({Told("p1", 2, "failed", "absent")})), Wrong.WORD),
        (with_more(drop(7, A, "p1")), Wrong.DOUBLED),
        (with_more(pick(7, B, "p1"), drop(8, B, "p1")), Wrong.DOUBLED),
        (with_more(pick(4, B, "p1")), Wrong.TWO_VANS),
        (with_more(drop(4, B, "p1")), Wrong.TWO_VANS),
        (with_more(order(2, B, "t2", 0, start("p2"))), Wrong.TWO_VANS),
        (with_more(order(4, B, "t2", 0, start("p2"))), Wrong.TWO_VANS),
        (replace(DAY, diary=(*TRIP[:5], end(9, A))), Wrong.LOST),
    ],
)
def test_each_broken_promise_is_found(said, wrong):
    assert wrong in found(said)


def test_a_parcel_may_go_to_another_van_once_the_first_gave_up_its_order():
    first = order(1, A, "t1", 0, start("p1"))
    gave_up = Entry(Deed.GAVE_UP, Instant(2), A, order_id="t1")
    second = (order(3, B, "t2", 0, start("p1"), stop(2, "p1")), pick(4, B, "p1"), drop(5, B, "p1"))
    said = Evidence((first, gave_up, *second), (accepted("p1"),), told("p1", *WHOLE))
    assert not found(said)
    assert Wrong.TWO_VANS in found(replace(said, diary=(first, *second)))


def test_a_parcel_that_a_van_did_not_get_may_go_to_another():
    first = order(1, A, "t1", 0, start("p1"))
    missed = Entry(Deed.MISSED, Instant(2), A, parcel_id="p1", action_id="pick/p1")
    second = (order(3, B, "t2", 0, start("p1"), stop(2, "p1")), pick(4, B, "p1"), drop(5, B, "p1"))
    said = Evidence((first, missed, *second), (accepted("p1"),), told("p1", *WHOLE))
    assert not found(said)
    assert Wrong.TWO_VANS in found(replace(said, diary=(first, *second)))


def test_an_order_that_was_refused_promises_nothing():
    said = with_more(order(2, B, "t2", 0, start("p2"), taken=False))
    assert not found(said)


HERE, THERE = LonLat(24.94, 60.17), LonLat(24.95, 60.17)


@pytest.mark.parametrize(("place", "is_right"), [(HERE, True), (THERE, False)])
def test_a_parcel_is_handed_over_where_it_was_announced_first(place, is_right):
    nodes = start("p1"), replace(stop(2, "p1"), place=HERE)
    diary = (order(1, A, "t1", 0, *nodes), pick(2, A, "p1"), drop(3, A, "p1"))
    said = Evidence(diary, (accepted("p1"),), told("p1", *WHOLE), places={"p1": place})
    assert (Wrong.PLACE in found(said)) != is_right


def test_a_handover_by_an_order_that_the_van_never_took_is_found():
    refused = order(1, A, "t1", 0, start("p1"), stop(2, "p1"), taken=False)
    first = (pick(2, A, "p1"), drop(3, A, "p1"))
    second = (order(4, B, "t2", 0, start("p1"), stop(2, "p1")), pick(5, B, "p1"), drop(6, B, "p1"))
    said = Evidence((refused, *first, *second), (accepted("p1"),), told("p1", *WHOLE))
    assert found(said) == [Wrong.PLACE]


def test_what_nobody_knows_to_be_in_a_van_may_be_ordered_to_another_but_not_be_in_it():
    stowed = Entry(Deed.FOUND, Instant(2), B, parcel_id="p1")
    ordered = order(3, A, "t1", 0, start("p1"), stop(2, "p1"))
    back = handed_in(5, B, "p1")
    after = pick(6, A, "p1"), drop(7, A, "p1")
    said = Evidence((stowed, ordered, back, *after), (accepted("p1"),), told("p1", *WHOLE))
    assert not found(said)
    assert Wrong.TWO_VANS in found(replace(said, diary=(stowed, ordered, *after)))
    later_on = order(6, B, "t2", 0, start("p1"))
    assert Wrong.TWO_VANS in found(replace(said, diary=(stowed, back, after[0], later_on)))


def test_a_van_that_forgot_promises_nothing_and_what_it_handed_over_nobody_can_tell():
    forgot = Entry(Deed.FORGOT, Instant(6), A)
    elsewhere = order(7, B, "t2", 0, start("p2"))
    back = told("p1", *WHOLE[:3], "returned"), told("p2", *WHOLE[:3])
    diary = (*TRIP[:5], forgot, elsewhere, end(9, A, "p2"))
    said = Evidence(diary, DAY.warehouse, (*back[0], *back[1]))
    verdict = judge(said)
    assert not verdict.faults
    assert (verdict.untold_count, verdict.ends) == (1, {"aboard": 1, "delivered": 1})
    assert Wrong.WORD in found(replace(said, diary=(*TRIP[:5], end(9, A, "p2"))))


def test_a_cancellation_that_is_not_kept_is_found_and_a_hold_too():
    wanted = replace(accepted("p1", "cancelled"), is_asked_back=True)
    assert Wrong.CANCEL in found(replace(DAY, warehouse=(wanted, DAY.warehouse[1])))
    hold = Asked(Asking.HOLD_VAN, A, True, Instant(0), Instant(3))
    assert Wrong.HOLD in found(replace(DAY, asked=(hold,)))
    again = Asked(Asking.CHANGE, "p1", True)
    assert Wrong.ANSWER in found(replace(DAY, asked=(again,)))


def kept(at, trip, *put_in):
    return Entry(Deed.KEPT, Instant(at), "", order_id=trip, loads=put_in)


BY_B = (
    order(20, B, "t2", 0, start("p1"), stop(2, "p1")),
    pick(21, B, "p1"),
    drop(25, B, "p1"),
    end(90, A),
    end(90, B),
)


def stayed_away(*more):
    """Return a day whose first van stays away with an order; the second brings the parcel."""
    diary = (order(1, A, "t1", 0, start("p1")), *more, *BY_B)
    return Evidence(in_order(diary), (accepted("p1"),), told("p1", *WHOLE))


def test_what_the_warehouse_keeps_is_nobody_s_and_goes_with_another_van():
    verdict = judge(stayed_away(kept(10, "t1")))
    assert not verdict.faults
    assert (verdict.withdrawn_count, verdict.unloaded_count) == (1, 1)


def test_an_order_that_is_heard_after_its_parcels_were_kept_claims_none():
    late = order(30, A, "t1", 0, start("p1"), taken=True)
    said = Evidence(in_order((kept(10, "t1"), late, *BY_B)), (accepted("p1"),), told("p1", *WHOLE))
    assert found(said) == []


@pytest.mark.parametrize(
    "more", [(), (kept(22, "t1"),), (kept(10, "t1", "p1"),), (kept(10, "t9"),)]
)
def test_given_to_another_van_before_the_warehouse_keeps_it_it_is_in_two(more):
    assert Wrong.TWO_VANS in found(stayed_away(*more))


@pytest.mark.parametrize("at", [5, 12])
def test_what_is_loaded_though_it_is_kept_is_the_siege_s_own_fault(at):
    back = (pick(at, A, "p1"), handed_in(15, A, "p1"))
    assert found(stayed_away(kept(10, "t1"), *back)) == [Wrong.KEPT]
    assert found(stayed_away(kept(10, "t1", "p1"), *back)) == []


def test_what_a_van_has_by_an_order_that_it_forgot_was_not_loaded_for_the_next():
    diary = (
        order(1, A, "t1", 0, start("p1")),
        pick(2, A, "p1"),
        Entry(Deed.FORGOT, Instant(3), A),
        order(4, A, "t2", 0, start("p1")),
        kept(5, "t2"),
        replace(pick(6, A, "p1"), action_id="pick/p1"),
        handed_in(7, A, "p1"),
        end(9, A),
    )
    back = (accepted("p1"),), told("p1", *WHOLE[:3], "failed", "returned")
    assert Wrong.KEPT not in found(Evidence(diary, *back))


def left_out(at, trip, *put_in):
    return replace(kept(at, trip, *put_in), deed=Deed.LEFT_OUT)


def test_what_a_loading_report_leaves_out_is_kept_and_its_trip_is_not_withdrawn():
    verdict = judge(stayed_away(left_out(10, "t1")))
    assert (verdict.faults, verdict.withdrawn_count) == ((), 0)
    verdict = judge(stayed_away(left_out(5, "t1", "p1"), kept(10, "t1")))
    assert (verdict.faults, verdict.withdrawn_count) == ((), 1)
    assert Wrong.TWO_VANS in found(stayed_away(left_out(10, "t1", "p1")))

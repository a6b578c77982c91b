"""The simulated warehouse: nothing is forgotten, everything announced is in the ledger."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from dispatcher.core.parcels import Parcel
from maps.places import LonLat
from maps.units import Instant, Seconds, later
from simulations.rng import Streams
from simulations.shelf import Shelf
from simulations.warehouse import (
    RESEND_S_FIRST,
    RESEND_S_MAX,
    Announce,
    AskBack,
    Saying,
    SayLoaded,
    SimulatedWarehouse,
    WarehousePlan,
)

START = Instant(1_000_000)


def parcel(number, ready_s=0):
    ready_at = later(START, Seconds(ready_s))
    return Parcel(
        parcel_id=f"p{number}",
        depot_id="d",
        consignee_id="c",
        place=LonLat(24.9, 60.1),
        label="",
        mass_g=1,
        volume_ml=1,
        locker="none",
        ready_at=ready_at,
        due_from=ready_at,
        due_until=later(ready_at, Seconds(3600)),
        service_s=60,
        priority=0,
    )


def ids(sayings):
    return [one.parcel.parcel_id for one in sayings if isinstance(one, Announce)]


def test_parcels_are_announced_when_they_are_ready_and_repeated_until_answered():
    warehouse = SimulatedWarehouse(WarehousePlan((parcel(1), parcel(2, 100))))
    assert warehouse.next_event_at() == START
    assert ids(warehouse.sayings(START, 0.0)) == ["p1"]
    assert warehouse.next_event_at() == later(START, Seconds(100))
    assert ids(warehouse.sayings(START, RESEND_S_FIRST - 0.1)) == []
    assert ids(warehouse.sayings(START, RESEND_S_FIRST)) == ["p1"]
    waits, at_s = [], RESEND_S_FIRST
    for _ in range(6):
        next_s = warehouse.next_repeat_s()
        assert next_s is not None
        waits.append(next_s - at_s)
        at_s = next_s
        assert ids(warehouse.sayings(START, at_s)) == ["p1"]
    assert waits == sorted(waits)
    assert waits[-1] == RESEND_S_MAX
    warehouse.hear_accepted("p1", at_s)
    assert warehouse.next_repeat_s() is None
    assert ids(warehouse.sayings(later(START, Seconds(100)), at_s)) == ["p2"]


def test_broken_and_doubled_announcements():
    plan = WarehousePlan(
        (parcel(1), parcel(2)), broken_ids=frozenset({"p1"}), repeated_ids=frozenset({"p2"})
    )
    warehouse = SimulatedWarehouse(plan)
    sayings = warehouse.sayings(START, 0.0)
    assert sayings == (Announce(parcel(1), is_broken=True), Announce(parcel(2)))
    warehouse.hear_rejected("p1", ["mass_kg: must be above 0"])
    assert ids(warehouse.hear_accepted("p2", 0.0)) == ["p2"]
    assert warehouse.hear_accepted("p2", 0.0) == ()
    first, second = warehouse.ledger
    assert (first.answers, first.reasons) == (("rejected",), ("mass_kg: must be above 0",))
    assert (second.answers, second.announced_count) == (("accepted",), 2)
    assert warehouse.is_quiet


def test_what_is_announced_otherwise_is_repeated_until_that_is_refused():
    other = replace(parcel(1), mass_g=9_000)
    warehouse = SimulatedWarehouse(WarehousePlan((parcel(1),), changes={"p1": other}))
    warehouse.sayings(START, 0.0)
    assert not warehouse.is_accepted("p1")
    assert warehouse.hear_accepted("p1", 0.0) == (Announce(other),)
    assert warehouse.hear_accepted("p1", 0.0) == (), "that was for the first one"
    assert warehouse.sayings(START, RESEND_S_FIRST) == (Announce(other),)
    warehouse.hear_rejected("p1", ["mass_kg is 9.0"])
    assert warehouse.is_quiet
    (entry,) = warehouse.ledger
    assert (entry.is_changed, entry.answers) == (True, ("accepted", "rejected"))
    assert warehouse.is_accepted("p1")


def test_parcels_are_asked_back_until_answered_and_only_if_announced():
    warehouse = SimulatedWarehouse(WarehousePlan((parcel(1),)))
    assert warehouse.ask_back("p1", "x", 0.0) == ()
    warehouse.sayings(START, 0.0)
    warehouse.hear_accepted("p1", 0.0)
    assert warehouse.ask_back("p1", "x", 0.0) == (AskBack("p1", "x"),)
    assert warehouse.sayings(START, RESEND_S_FIRST) == (AskBack("p1", "x"),)
    warehouse.hear_cancelled("p1")
    assert warehouse.sayings(START, 1000.0) == ()
    assert warehouse.ledger[0].answers == ("accepted", "cancelled")


def test_vans_are_loaded_once_per_order_to_load_and_what_is_unknown_is_not():
    warehouse = SimulatedWarehouse(WarehousePlan((parcel(1), parcel(2)), loading_s=100))
    warehouse.sayings(START, 0.0)
    warehouse.hear_accepted("p1", 0.0)
    warehouse.hear_accepted("p2", 0.0)
    warehouse.hear_loading("t", ["p2", "p1", "p9"], START)
    assert warehouse.sayings(later(START, Seconds(50)), 0.0) == ()
    ends_at = warehouse.next_event_at()
    assert ends_at is not None
    assert warehouse.sayings(ends_at, 0.0) == (SayLoaded("t", ("p2", "p1")),)
    warehouse.hear_loading("t", ["p2", "p1"], ends_at)  # told again after a restart
    again = later(ends_at, Seconds(100))
    assert warehouse.sayings(again, 0.0) == (SayLoaded("t", ("p2", "p1")),)
    assert [entry.trip_ids for entry in warehouse.ledger] == [("t",), ("t",)]


def test_what_is_really_aboard_is_said_when_it_is_or_given_up_after_a_while():
    shelf = Shelf(1.0, Streams(3))
    plan = WarehousePlan((parcel(1), parcel(2), parcel(3)), loading_s=100, shelf=shelf)
    warehouse = SimulatedWarehouse(plan)
    warehouse.sayings(START, 0.0)
    for name in ("p1", "p2", "p3"):
        warehouse.hear_accepted(name, 0.0)
    warehouse.ask_back("p3", "not wanted", 0.0)
    warehouse.hear_loading("t", ["p1"], START)
    assert warehouse.sayings(later(START, Seconds(80)), 9.0) == (AskBack("p3", "not wanted"),)
    assert shelf.take("t", "p1") == "p2", "the other one is not wanted"
    warehouse.hear_cancelled("p3")
    assert warehouse.sayings(later(START, Seconds(120)), 9.0) == (SayLoaded("t", ("p2",)),)
    assert [entry.trip_ids for entry in warehouse.ledger] == [(), ("t",), ()]
    warehouse.hear_loading("u", ["p1"], START)
    shelf.put_back(["p2"])
    said = []
    for at_s in range(0, 5000, 30):
        said += [(at_s, one) for one in warehouse.sayings(later(START, Seconds(at_s)), 9.0)]
    assert [one for _, one in said] == [SayLoaded("u", ("p1",))]


words = st.sampled_from(["accepted", "rejected", "cancelled", "ask", "load", "wait"])


@given(st.lists(st.tuples(words, st.integers(0, 5), st.floats(0, 30)), max_size=60))
def test_whatever_comes_in_whatever_order_the_ledger_holds_all_that_was_announced(steps):
    plan = WarehousePlan(tuple(parcel(n, ready_s=10 * n) for n in range(4)))
    warehouse = SimulatedWarehouse(plan)
    said: list[Saying] = []
    now, machine_s = START, 0.0
    for word, number, gap_s in steps:
        parcel_id = f"p{number}"
        match word:
            case "accepted":
                said += warehouse.hear_accepted(parcel_id, machine_s)
            case "rejected":
                warehouse.hear_rejected(parcel_id, ["no"])
            case "cancelled":
                warehouse.hear_cancelled(parcel_id)
            case "ask":
                said += warehouse.ask_back(parcel_id, "", machine_s)
            case "load":
                warehouse.hear_loading("t", [parcel_id], now)
            case _:
                machine_s += gap_s
                now = later(now, Seconds(int(gap_s)))
                said += warehouse.sayings(now, machine_s)
    announced = ids(said)
    assert {entry.parcel_id for entry in warehouse.ledger} == set(announced)
    for entry in warehouse.ledger:
        assert entry.announced_count == announced.count(entry.parcel_id)
        assert len(set(entry.answers)) == len(entry.answers)
    # and in the end: everything is announced, and goes quiet once it is answered
    for _ in range(50):
        now, machine_s = later(now, Seconds(100)), machine_s + 100
        warehouse.sayings(now, machine_s)
        for entry in warehouse.ledger:
            warehouse.hear_accepted(entry.parcel_id, machine_s)
            if entry.is_asked_back:
                warehouse.hear_cancelled(entry.parcel_id)
    assert len(warehouse.ledger) == 4
    assert warehouse.is_quiet


def test_the_plan_is_not_changed():
    plan = WarehousePlan((parcel(1),), repeated_ids=frozenset({"p1"}))
    before = replace(plan)
    warehouse = SimulatedWarehouse(plan)
    warehouse.sayings(START, 0.0)
    warehouse.hear_accepted("p1", 0.0)
    assert plan == before

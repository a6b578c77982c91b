"""The diary tells what vans heard and did, each once, so that the ledger can judge."""

from dataclasses import replace

import pytest

from maps.units import Instant
from simulations.siege.evidence import Deed, read_diary
from simulations.wire.diary import Diary
from tests.simulations.van_by_hand import (
    NO_LUCK,
    SPEC,
    START,
    TRIP,
    at,
    drop,
    node,
    order,
    pick,
    run_to_the_end,
    van,
)
from vehicles.trip import NodeKind
from vehicles.vda5050.orders import cancel_of


@pytest.fixture
def path(tmp_path):
    return tmp_path / "diary.jsonl"


def cancel(trip_id):
    return cancel_of(
        trip_id,
        f"cancel/{trip_id}",
        header_id=9,
        timestamp=START,
        manufacturer=SPEC.manufacturer,
        van_id="van-1",
    )


def test_a_trip_is_an_order_and_what_went_in_and_out(path):
    one = van()
    with Diary(path) as diary:
        diary.hear_order(one, order(*TRIP), START)
        diary.hear_order(one, order(*TRIP), START)  # a resend
        ended = run_to_the_end(one)
        diary.look(one, ended)
        diary.look(one, ended)
        diary.end(one, Instant(ended + 1))
    deeds = [(entry.deed, entry.parcel_id) for entry in read_diary(path)]
    assert deeds == [
        (Deed.ORDER, ""),
        (Deed.PICK, "p"),
        (Deed.PICK, "q"),
        (Deed.DROP, "p"),
        (Deed.DROP, "q"),
        (Deed.END, ""),
    ]
    heard = read_diary(path)[0]
    assert (heard.order_id, heard.update_id, heard.is_taken, heard.busy_with) == ("t", 0, True, "")
    assert [node.kind for node in heard.released] == ["start", "waypoint", "stop", "end"]
    assert heard.released[2].actions[0] == ("drop", "t/drop/p", "p")


def test_other_content_under_known_ids_and_an_order_in_between_are_written_down(path):
    other = order(node(NodeKind.START, 0, actions=[pick("p")]), node(NodeKind.END, 0, before=0))
    second = order(*TRIP, trip_id="u")
    one = van()
    with Diary(path) as diary:
        diary.hear_order(one, order(*TRIP), START)
        diary.hear_order(one, other, START)
        diary.hear_order(one, second, START)
    heard = [(entry.order_id, entry.is_taken, entry.busy_with) for entry in read_diary(path)]
    assert heard == [("t", True, ""), ("t", True, "t"), ("u", False, "t")]


def test_a_cancel_and_what_is_handed_in_at_the_depot_are_written_down(path):
    trip = (
        node(NodeKind.START, 0, actions=[pick("p")]),
        node(NodeKind.STOP, 800, before=0, actions=[drop("p")]),
    )
    one = van()
    with Diary(path) as diary:
        diary.hear_order(one, order(*trip), START)
        one.advance(at(101))
        diary.look(one, at(101))
        diary.hear_actions(one, cancel("t"), at(101))
        one.advance(at(102))
        diary.look(one, at(102))
        diary.end(one, at(103))
    told = [(entry.deed, entry.order_id or entry.parcel_id) for entry in read_diary(path)]
    assert told[:4] == [
        (Deed.ORDER, "t"),
        (Deed.PICK, "p"),
        (Deed.CANCEL, "t"),
        (Deed.GAVE_UP, "t"),
    ]
    assert (Deed.HANDED_IN, "p") in told
    assert read_diary(path)[-1].loads == ()


def test_without_a_file_nothing_is_written_and_all_is_heard(path):
    one = van()
    with Diary(None) as diary:
        diary.hear_order(one, order(*TRIP), START)
    assert one.agent.order_id == "t"
    assert not path.exists()


def test_a_van_that_forgot_hears_its_order_for_the_first_time_again(path):
    one = van()
    with Diary(path) as diary:
        diary.hear_order(one, order(*TRIP), START)
        one.agent.restart(forgets=True)
        diary.forget(one, START)
        diary.hear_order(one, order(*TRIP), START)
    assert [entry.deed for entry in read_diary(path)] == [Deed.ORDER, Deed.FORGOT, Deed.ORDER]
    assert read_diary(path)[0].released[0].place is not None


def test_what_a_van_did_not_get_is_written_down(path):
    one = van(luck=replace(NO_LUCK, missing_ratio=1.0))
    with Diary(path) as diary:
        diary.hear_order(one, order(*TRIP), START)
        diary.look(one, run_to_the_end(one))
    deeds = [(entry.deed, entry.parcel_id) for entry in read_diary(path)]
    assert deeds == [(Deed.ORDER, ""), (Deed.MISSED, "p"), (Deed.MISSED, "q")]

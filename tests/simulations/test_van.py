"""The simulated van: motion, energy, waiting, jams, breakdowns, charging, and its luck."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maps.incidents import Incident
from maps.units import Instant, Seconds, later
from simulations.acting import ABSENT, MISSING
from simulations.logbook import HOUR_MS, Doing
from simulations.surroundings import Luck
from simulations.van import RESCUE_MWH, RESCUE_S
from tests.simulations.van_by_hand import (
    A_UWH_PER_M,
    B_NWH_PER_KG_M,
    NO_LUCK,
    SPEC,
    SPEED_MPS,
    START,
    TRIP,
    at,
    drop,
    east,
    node,
    order,
    pick,
    run_to_the_end,
    van,
)
from vehicles.charge_curve import MONTOYA
from vehicles.trip import ActionKind, NodeKind, TripAction
from vehicles.vda5050.orders import cancel_of
from vehicles.vda5050.state import ActionStatus


def test_a_trip_takes_loading_driving_and_handing_over():
    one = van()
    one.receive_order(order(*TRIP), START)
    ended = run_to_the_end(one)
    expected_s = 2 * 100 + 1600 / SPEED_MPS + 2 * 50
    assert (ended - START) / 1000 == pytest.approx(expected_s, abs=0.5)
    assert one.driven_m == pytest.approx(1600, abs=2)
    assert one.place == east(0)
    assert one.agent.loads == ()
    assert not one.agent.is_busy


def test_energy_is_traction_with_the_load_plus_auxiliary_power_once():
    one = van()
    one.receive_order(order(*TRIP), START)
    run_to_the_end(one)
    loaded_kg = (SPEC.curb_mass_g + 15_000) / 1000
    empty_kg = SPEC.curb_mass_g / 1000
    out = 800 * (A_UWH_PER_M + B_NWH_PER_KG_M * loaded_kg / 1000) / 1000
    back = 800 * (A_UWH_PER_M + B_NWH_PER_KG_M * empty_kg / 1000) / 1000
    auxiliary = SPEC.auxiliary_w * (1600 / SPEED_MPS + 100) / 3600 * 1000  # the dock feeds loading
    assert one.used_mwh == pytest.approx(out + back + auxiliary, rel=0.003)
    assert one.battery_mwh == pytest.approx(20_000_000 - one.used_mwh, abs=1)


def test_the_logbook_says_what_the_time_went_into():
    one = van()
    waits = replace(TRIP[2], window_begin=at(1000), window_end=at(4600))
    one.receive_order(order(*TRIP[:2], waits, TRIP[3]), START)
    ended = run_to_the_end(one)
    spent_s: dict[Doing, float] = {}
    for (_, doing), spent in one.logbook.hours.items():
        spent_s[doing] = spent_s.get(doing, 0.0) + spent.span_ms / 1000
    drive_s = 800 / SPEED_MPS
    assert spent_s == {
        Doing.LOADING: 200,
        Doing.DRIVING_LOADED: pytest.approx(drive_s, abs=0.5),
        Doing.STOP_WAITING: pytest.approx(1000 - 200 - drive_s, abs=0.5),
        Doing.SERVING: 100,
        Doing.DRIVING_EMPTY: pytest.approx(drive_s, abs=0.5),
    }
    assert sum(spent_s.values()) == pytest.approx((ended - START) / 1000)


def test_a_window_does_not_wait_for_a_van_that_is_stuck():
    ends = list[int]()
    for stuck_s in (0, 600, 900):
        one = van()
        waits = replace(TRIP[2], window_begin=at(1000), window_end=at(4600))
        one.receive_order(order(*TRIP[:2], waits, TRIP[3]), START)
        one.advance(at(350))
        if stuck_s:
            one.break_down(stuck_s, at(350))
        ends.append(run_to_the_end(one))
    assert ends[1] == ends[0], "it stood before the window began anyway"
    assert ends[2] - ends[0] == (350 + 900 - 1000) * 1000


def test_the_logbook_counts_breakdowns_and_empty_batteries_apart():
    one = van(battery_mwh=50_000)
    one.receive_order(order(*TRIP), START)
    one.break_down(60, at(10))
    run_to_the_end(one)
    assert (one.logbook.breakdowns, len(one.logbook.rescues)) == ([at(10)], 1)
    assert one.logbook.hours[START // HOUR_MS, Doing.STUCK].span_ms == pytest.approx(
        (60 + RESCUE_S) * 1000, rel=0.01
    )


@given(st.lists(st.integers(1, 400_000), max_size=40))
def test_how_often_one_looks_changes_nothing(gaps_ms):
    looked_at, left_alone = van(luck=Luck()), van(luck=Luck())
    for one in (looked_at, left_alone):
        one.receive_order(order(*TRIP), START)
    now = START
    for gap in gaps_ms:
        now = Instant(now + gap)
        looked_at.advance(now)
    end = Instant(max(now, later(START, Seconds(3600))))
    looked_at.advance(end)
    left_alone.advance(end)
    assert looked_at.driven_m == pytest.approx(left_alone.driven_m)
    assert looked_at.used_mwh == pytest.approx(left_alone.used_mwh, rel=1e-6)
    assert looked_at.place == left_alone.place
    assert looked_at.agent.state(end).action_states == left_alone.agent.state(end).action_states


@given(st.integers(0, 2**32))
def test_a_seed_is_a_day_and_luck_scatters(seed):
    ends = []
    for _ in range(2):
        one = van(luck=Luck(absent_ratio=0.5), seed=seed)
        one.receive_order(order(*TRIP), START)
        ends.append((run_to_the_end(one), one.used_mwh, one.agent.loads))
    assert ends[0] == ends[1]
    calm = van()
    calm.receive_order(order(*TRIP), START)
    assert ends[0][0] != run_to_the_end(calm)


def test_it_waits_for_the_window_and_not_for_what_is_not_released():
    window = at(1000)
    stop = node(NodeKind.STOP, 80, before=0, actions=[drop("p")], window=window)
    one = van()
    begin = node(NodeKind.START, 0, actions=[pick("p")])
    one.receive_order(order(begin, stop, node(NodeKind.END, 0, before=80), released=2), START)
    one.advance(at(999))
    assert one.agent.state(at(999)).action("t/drop/p").action_status is ActionStatus.WAITING
    one.advance(at(1049))
    assert one.agent.state(at(1049)).action("t/drop/p").action_status is ActionStatus.RUNNING
    one.advance(at(5000))
    assert one.agent.state(at(5000)).action("t/drop/p").action_status is ActionStatus.FINISHED
    assert one.place == east(80)
    assert one.next_event_at() is None


def jam(*, ratio, starts_s=0, ends_s=10_000, incident_id="jam"):
    line = (east(200), east(600))
    return Incident(incident_id, line, 20, ratio, at(starts_s), at(ends_s))


ROAD = (
    node(NodeKind.START, 0),
    *(node(NodeKind.WAYPOINT, m, before=m - 50) for m in range(50, 850, 50)),
)


def test_a_jam_slows_the_van_only_where_and_while_it_is():
    free = van()
    free.receive_order(order(*ROAD), START)
    assert (run_to_the_end(free) - START) / 1000 == pytest.approx(100, abs=1)
    jammed = van()
    jammed.meet_incidents([jam(ratio=0.1)], START)
    jammed.receive_order(order(*ROAD), START)
    # 400 m in the jam, at a tenth of the speed
    assert (run_to_the_end(jammed) - START) / 1000 == pytest.approx(50 + 10 * 50, rel=0.02)
    over = van()
    over.meet_incidents([jam(ratio=0.1, starts_s=5_000)], START)
    over.receive_order(order(*ROAD), START)
    assert run_to_the_end(over) == pytest.approx(START + 100_000, abs=1000)


def test_a_jam_that_ends_or_comes_up_on_the_way_counts_from_then_on():
    one = van()
    line = Incident("jam", (east(-100), east(900)), 20, 0.1, at(50), at(150))
    one.receive_order(order(node(NodeKind.START, 0), node(NodeKind.END, 800, before=0)), START)
    one.advance(at(20))
    one.meet_incidents([line], at(20))
    # 50 s free, 100 s at a tenth, the rest free: 800 m = 400 + 80 + 320
    assert one.next_event_at() == pytest.approx(at(50 + 100 + 40), abs=500)


def test_a_breakdown_stands_still_and_goes_on_afterwards():
    one = van()
    one.receive_order(order(*TRIP), START)
    one.advance(at(220))
    one.break_down(1500, at(220))
    place = one.place
    one.advance(at(1000))
    assert one.place == place
    state = one.agent.state(at(1000))
    assert [error.error_type for error in state.errors] == ["breakdown"]
    assert not state.driving
    assert run_to_the_end(one) == pytest.approx(at(200 + 200 + 100 + 1500), abs=500)
    assert not one.agent.state(at(9000)).errors


def test_an_empty_battery_stops_it_until_somebody_helps():
    one = van(battery_mwh=40_000)
    one.receive_order(order(*TRIP), START)
    one.advance(at(400))
    assert one.battery_mwh == 0
    assert [error.error_type for error in one.agent.state(at(400)).errors] == ["batteryEmpty"]
    ended = run_to_the_end(one)
    assert ended > at(500 + RESCUE_S - 200)
    assert 0 < one.battery_mwh < RESCUE_MWH


def test_of_breakdowns_that_overlap_the_longer_one_counts():
    one = van()
    one.receive_order(order(*TRIP), START)
    one.break_down(2700, at(220))
    one.break_down(300, at(400))
    one.advance(at(2900))
    assert one.is_stuck
    assert run_to_the_end(one) == pytest.approx(at(200 + 200 + 100 + 2700), abs=500)


def test_an_empty_van_that_breaks_down_too_gets_its_charge_no_sooner():
    one = van(battery_mwh=40_000)
    one.receive_order(order(*TRIP), START)
    one.advance(at(400))
    assert one.battery_mwh == 0
    one.break_down(60, at(400))
    one.advance(at(1000))
    assert one.battery_mwh == 0
    (empty_at,) = one.logbook.empties
    one.advance(later(empty_at, Seconds(RESCUE_S)))
    assert one.battery_mwh == RESCUE_MWH


def test_a_battery_that_runs_down_while_the_van_is_broken_down_is_counted_once():
    one = van(battery_mwh=60_000)
    one.receive_order(order(*TRIP), START)
    one.break_down(36_000, at(220))
    one.advance(at(30_000))
    assert one.battery_mwh == 0
    assert len(one.logbook.empties) == len(one.logbook.rescues) == 1
    one.advance(at(36_221))
    assert one.battery_mwh > 0


@given(st.integers(1, 400_000), st.integers(0, 100))
def test_the_battery_is_never_below_zero_nor_the_sum_wrong(battery_mwh, seed):
    one = van(battery_mwh=battery_mwh, luck=Luck(), seed=seed)
    one.receive_order(order(*TRIP), START)
    for seconds in range(0, 8000, 37):
        one.advance(at(seconds))
        assert one.battery_mwh >= 0
    assert not one.agent.is_busy


def charging_order(target_mwh):
    begin = TripAction("t/on", ActionKind.START_CHARGING, None, 0, target_mwh)
    end = TripAction("t/off", ActionKind.STOP_CHARGING, None, 0)
    return order(node(NodeKind.CHARGE, 0, actions=[begin, end]))


def test_charging_takes_what_the_curve_says_at_the_smaller_power():
    one = van(battery_mwh=10_000_000)
    one.receive_order(charging_order(29_000_000), START)
    assert one.agent.state(START).battery_state.charging
    expected_s = MONTOYA.duration(
        10_000_000, 29_000_000, battery_mwh=SPEC.battery_mwh, power_w=SPEC.charge_power_w
    )
    one.advance(at(600))
    assert 10_000_000 < one.battery_mwh < 29_000_000
    assert run_to_the_end(one) == later(START, expected_s)
    assert one.battery_mwh == 29_000_000
    assert not one.agent.state(at(0)).battery_state.charging
    assert one.charged_mwh == pytest.approx(19_000_000)


def test_charging_where_there_is_no_charger_fails():
    one = van()
    far = replace(TRIP[0], place=east(0), actions=())
    on = TripAction("t/on", ActionKind.START_CHARGING, None, 0, 29_000_000)
    charge = node(NodeKind.CHARGE, 900, before=0, actions=[on])
    one.receive_order(order(far, charge), START)
    run_to_the_end(one)
    assert one.agent.state(at(0)).action("t/on").action_status is ActionStatus.FAILED


def test_an_absent_consignee_keeps_all_parcels_of_the_stop_aboard_until_the_depot():
    one = van(luck=replace(NO_LUCK, absent_ratio=1.0))
    one.receive_order(order(*TRIP), START)
    one.advance(at(450))
    assert one.agent.loads == ("p", "q")
    run_to_the_end(one)
    state = one.agent.state(at(0))
    drops = [state.action("t/drop/p"), state.action("t/drop/q")]
    assert [(one.action_status, one.result_description) for one in drops] == [
        (ActionStatus.FAILED, ABSENT)
    ] * 2
    assert one.agent.loads == ()


def test_what_an_order_wants_unloaded_at_the_depot_is_unloaded_there():
    one = van(luck=replace(NO_LUCK, absent_ratio=1.0))
    home = node(NodeKind.END, 0, before=800, actions=[drop("q", 60)])
    one.receive_order(order(*TRIP[:2], home), START)
    ended = run_to_the_end(one)
    assert one.agent.state(ended).action("t/drop/q").action_status is ActionStatus.FINISHED
    assert one.agent.loads == ()


def test_what_is_not_aboard_cannot_be_handed_over():
    one = van()
    begin = node(NodeKind.START, 0, actions=[pick("p")])
    one.receive_order(order(begin, *TRIP[1:]), START)
    run_to_the_end(one)
    state = one.agent.state(at(0))
    assert state.action("t/drop/p").action_status is ActionStatus.FINISHED
    assert state.action("t/drop/q").action_status is ActionStatus.FAILED


def test_what_the_warehouse_does_not_bring_is_not_loaded_and_the_logbook_has_what_was():
    one = van()
    one.receive_order(order(*TRIP), START)
    run_to_the_end(one)
    handled = [(each.kind.value, each.parcel_id) for each in one.logbook.handlings]
    assert handled == [("pick", "p"), ("pick", "q"), ("drop", "p"), ("drop", "q")]
    one = van(luck=replace(NO_LUCK, missing_ratio=1.0))
    one.receive_order(order(*TRIP), START)
    run_to_the_end(one)
    state = one.agent.state(at(0))
    assert state.action("t/pick/p").result_description == MISSING
    assert one.logbook.handlings == []


def test_a_cancel_on_the_way_leaves_it_where_it_is():
    one = van()
    one.receive_order(order(*TRIP), START)
    one.advance(at(225))
    cancel = cancel_of(
        "t", "c-1", header_id=2, timestamp=START, manufacturer=SPEC.manufacturer, van_id="van-1"
    )
    one.receive_instant_actions(cancel, at(225))
    place = one.place
    assert place != east(0)
    one.advance(at(2000))
    assert one.place == place
    assert one.next_event_at() is None

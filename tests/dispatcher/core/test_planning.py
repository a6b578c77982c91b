from dataclasses import replace

import pytest

from dispatcher.core.events import CancelAsked, Configured, SolveFinished
from dispatcher.core.requests import PlanResult, UnservedStop
from dispatcher.core.settings import PlanSettings
from maps.incidents import Incident
from maps.units import Instant, Seconds, later
from tests.dispatcher.core.harness import DEPOT, T0, Day, minutes, parcel, setup_of
from tests.dispatcher.core.toy_city import at
from vehicles.facts import ActionEnded, VanLost

EAGER = PlanSettings(wave_parcels=1, retry_s=300)


@pytest.mark.parametrize(("early_ms", "status"), [(1, "waiting"), (0, "unserved")])
def test_a_parcel_is_given_up_when_no_van_could_be_loaded_in_time(early_ms, status):
    day = Day(setup_of(0))
    day.announce(parcel(1, until=60))
    last = later(minutes(60), Seconds(1 - DEPOT.loading_s))
    day.run(Instant(last - early_ms))
    assert day.status(1).value == status
    if status == "unserved":
        record = day.core.snapshot(day.now).parcels[0]
        assert record.reason == "window"
        assert record.detail


def test_left_out_parcels_are_tried_again_with_the_reason_kept():
    day = Day(setup_of(1, settings=EAGER))
    day.announce(parcel(1, at(40_000, 40_000), until=100))
    day.run(minutes(4))
    entry = day.core.state.book["p-1"]
    assert (entry.status.value, entry.reason) == ("waiting", "window")
    assert len(day.solves) == 1
    day.run(minutes(6))
    assert len(day.solves) == 2
    day.drain()
    assert day.status(1).value == "unserved"
    assert day.core.state.book["p-1"].detail == "the toy planner found no way"


@pytest.mark.parametrize(
    ("reason", "incident", "mass_g", "status"),
    [
        ("unreachable", False, 1_000, "unserved"),
        ("unreachable", True, 1_000, "waiting"),  # the road may open again
        ("capacity", False, 100_001, "unserved"),
        ("capacity", False, 100_000, "waiting"),  # today's vans are too small, others come
        ("window", False, 1_000, "waiting"),
    ],
)
def test_only_what_no_plan_can_ever_serve_is_given_up_at_once(reason, incident, mass_g, status):
    day = Day(setup_of(1, settings=EAGER))
    if incident:
        closed = Incident("i", (at(0, 0),), 1, 0.0, T0, minutes(500))
        day.core.state.incidents["i"] = closed
    day.latency_s = 10_000
    day.announce(parcel(1, mass_g=mass_g))
    request = day.solves[0].request
    left = UnservedStop("stp-p-1", reason, "said the planner")
    day.send(SolveFinished(PlanResult(request.request_id, (), (left,), (), ())))
    assert day.status(1).value == status
    assert day.core.state.book["p-1"].reason == reason


def test_a_van_before_its_shift_is_planned_but_not_sent():
    setup = setup_of(1, settings=EAGER)
    late = replace(setup.vans[0], shift_start=minutes(30))
    day = Day(replace(setup, vans=(late,)))
    day.announce(parcel(1))
    day.run(Instant(minutes(30) - 1))
    assert day.status(1).value == "waiting"
    assert day.core.state.vans["van-0"].upcoming is not None
    assert day.core.snapshot(day.now).parcels[0].van_id == "van-0"
    day.run(minutes(31))
    assert day.status(1).value == "ordered"


def test_the_next_trip_waits_for_the_van_that_is_out():
    day = Day(setup_of(1, settings=EAGER))
    day.announce(parcel(1, at(3_000, 0)))
    day.run(minutes(7))
    day.announce(parcel(2, at(0, 800)))
    day.run(minutes(8))
    assert day.core.state.vans["van-0"].upcoming is not None
    assert day.status(2).value == "waiting"
    day.drain()
    day.check_end()
    assert day.statuses() == {"delivered": 2}
    assert [load.trip_id[-2:] for load in day.loads] == ["-1", "-2"]


def upcoming_day(*, retry_s: int = 300) -> Day:
    day = Day(setup_of(2, settings=replace(EAGER, wave_parcels=2, retry_s=retry_s)))
    day.announce(*(parcel(n, at(3_000, 10 * n), mass_g=60_000) for n in (1, 2)))
    day.run(minutes(8))
    day.announce(*(parcel(n, at(500, 10 * n), mass_g=60_000) for n in (3, 4)))
    day.run(minutes(9))
    assert all(van.upcoming is not None for van in day.core.state.van_list())
    return day


def test_a_new_plan_is_told_what_is_planned_for_the_next_trips():
    day = upcoming_day()
    planned = {
        van.van_id: tuple(stop.stop_id for stop in van.upcoming.stops)
        for van in day.core.state.van_list()
        if van.upcoming is not None
    }
    assert [bool(stop_ids) for stop_ids in planned.values()] == [True, True]
    assert day.solves[-1].request.standing == (), "nothing was planned before"
    day.announce(*(parcel(n, at(700, 10 * n), mass_g=60_000) for n in (5, 6)))
    asked = day.solves[-1].request
    assert {one.van_id: one.stop_ids for one in asked.standing} == planned
    assert {stop.stop_id for stop in asked.stops} > {s for ids in planned.values() for s in ids}


def test_a_van_that_comes_home_begins_what_is_planned_for_it_and_asks_for_no_other_plan():
    day = upcoming_day()
    asked = len(day.solves)
    day.run(minutes(40))
    assert len(day.loads) == 4, "both vans were home and went out again"
    assert len(day.solves) == asked
    day.drain()
    day.check_end()


@pytest.mark.parametrize("retry_s", [300, 1_200])  # late before the other is home, and after
def test_what_is_planned_for_a_van_that_stays_out_goes_with_one_that_is_home(retry_s):
    day = upcoming_day(retry_s=retry_s)
    day.vans["van-1"].slowness = 20.0
    state = day.core.state
    (parcel_id,) = (pid for pid in ("p-3", "p-4") if state.book[pid].van_id == "van-1")
    day.run(minutes(60))
    assert (state.vans["van-1"].trip_id or "").endswith("-1"), "it is still out"
    assert state.book[parcel_id].van_id == "van-0"
    assert state.book[parcel_id].trip_id is not None


def of_the_depot(day):
    """Return the questions about parcels that no van has aboard."""
    return [
        solve for solve in day.solves if any(stop.van_id is None for stop in solve.request.stops)
    ]


def test_what_is_planned_for_a_van_gone_astray_is_planned_for_others_at_once():
    day = upcoming_day()
    asked = len(of_the_depot(day))
    day.vans["van-0"].lose_memory(day.now)
    day.run(minutes(9.5))
    assert day.core.state.vans["van-0"].astray
    assert len(of_the_depot(day)) == asked + 1


def test_a_van_that_left_the_fleet_does_not_begin_what_was_planned_for_its_next_trip():
    day = upcoming_day()
    setup = day.core.state.setup
    day.send(Configured(replace(setup, vans=setup.vans[1:])))
    day.drain()
    assert [load.van_id for load in day.loads].count("van-0") == 1
    assert day.statuses() == {"delivered": 4}


def test_parcels_planned_for_a_lost_van_go_to_others():
    day = upcoming_day()
    day.vans["van-0"].disconnect(day.now)
    day.send(VanLost("van-0", day.now, "SILENCE"))
    assert day.core.state.vans["van-0"].upcoming is None
    day.run(minutes(70))
    assert day.statuses()["delivered"] >= 3
    day.drain()
    day.check_end()


def test_a_cancelled_parcel_leaves_the_trip_that_was_planned_with_it():
    day = upcoming_day()
    van_id = day.core.state.book["p-3"].van_id or ""
    day.send(CancelAsked("p-3", "lost"))
    assert day.core.state.vans[van_id].upcoming is None
    day.drain()
    day.check_end()
    assert day.statuses() == {"delivered": 3, "cancelled": 1}
    assert day.core.snapshot(day.now).parcels[2].van_id is None


def test_nothing_planned_for_vans_unknown_after_a_restart_waits_for_ever():
    day = upcoming_day()
    day.restart()
    for van in day.vans.values():
        van.disconnect(day.now, tell=False)
        van.told = []
    day.run(minutes(300))
    assert day.status(3).value == day.status(4).value == "unserved"


def test_idle_vans_charge_by_turns_and_deliver_again():
    setup = setup_of(2, settings=EAGER, battery_mwh=8_000_000)
    day = Day(setup)
    day.run(minutes(1))
    (turn,) = day.core.state.live_trips()
    assert turn.charging_only
    day.run(minutes(240))
    assert all(van.battery_mwh >= 14_000_000 for van in day.core.state.van_list())
    assert day.core.state.live_trips() == []
    day.announce(parcel(1))
    day.drain()
    day.check_end()


def test_a_charger_that_fails_is_not_tried_at_once():
    day = Day(setup_of(1, settings=EAGER, battery_mwh=8_000_000))
    (turn,) = day.core.state.live_trips()
    day.run(minutes(0.1))
    for action in turn.nodes[0].node.actions:
        fact = ActionEnded("van-0", day.now, turn.trip_id, action.action_id, False, "no power")
        day.send(fact)
    assert day.names().count("charging_failed") == 2
    assert day.core.state.live_trips() == []
    day.vans["van-0"].lose_memory(day.now)
    day.run(minutes(5))
    assert day.core.state.live_trips() == []
    day.run(minutes(5.2))
    assert len(day.core.state.live_trips()) == 1


def test_a_parcel_planned_for_a_late_van_is_given_up_only_when_that_van_is_home():
    day = Day(setup_of(1, settings=EAGER))
    day.announce(parcel(1, at(3_000, 0)))
    day.run(minutes(7))
    day.vans["van-0"].slowness = 5.0
    day.announce(parcel(2, at(0, 300), until=28))
    day.run(minutes(24))  # loading would have to begin at 23
    assert day.core.state.vans["van-0"].upcoming is not None
    assert day.status(2).value == "waiting"
    day.run(minutes(60))
    assert day.status(2).value == "unserved"


def test_what_waits_is_planned_as_soon_as_a_van_is_home():
    day = Day(setup_of(1, settings=replace(EAGER, return_s_max=60, retry_s=3_000)))
    day.announce(parcel(1, at(3_000, 0)))
    day.run(minutes(7))
    day.announce(parcel(2, at(0, 800)))
    assert day.names()[-1] == "no_van_to_plan_with"
    day.run(minutes(20))
    assert len(day.loads) == 2


def test_what_is_not_loaded_and_goes_with_another_is_not_taken_back_when_the_first_is_home():
    day = Day(setup_of(2, settings=PlanSettings(wave_parcels=2, retry_s=300)))
    for van in day.vans.values():
        van.unloadable.add("p-0")
    day.announce(parcel(0, at(5_000, 0), mass_g=90_000), parcel(1, at(5_000, 0), mass_g=90_000))
    day.run(minutes(6))
    for van in day.vans.values():
        van.unloadable.clear()
    day.drain()
    day.check_end()
    assert day.statuses() == {"delivered": 2}
    assert len(day.loads) == 3

"""Each metric against a day counted by hand."""

import pickle
from dataclasses import replace

import pytest

from dispatcher.core.decisions import Publish, Report, SendTrip, Solve
from dispatcher.core.events import (
    AnnouncementRefused,
    SolveFailed,
    SolveFinished,
    Tick,
)
from dispatcher.core.parcels import ParcelStatus
from dispatcher.core.requests import PlanRequest, PlanResult
from dispatcher.core.settings import Prices
from maps.places import great_circle_m
from simulations.metrics.day import DayMetrics
from simulations.metrics.table import METRICS
from tests.simulations.metrics.hand_made import DEPOT, FRAME, SPEC, at, setup_of
from vehicles.facts import ActionEnded
from vehicles.trip import NodeKind, TripNode, TripWish


def total(day):
    return DayMetrics.of([day.metrics()]).total()


def test_every_fate_is_counted_once(day):
    found = total(day)
    fates = ("delivered", "returned", "unserved", "held")
    assert [found[f"{fate}_count"] for fate in fates] == [2, 1, 1, 1]
    assert found["due_count"] == sum(found[f"{fate}_count"] for fate in fates)
    assert found["cancelled_count"] == 1
    assert found["rejected_count"] == 0


def test_on_time_counts_what_was_not_delivered_against_it_and_punctual_does_not(day):
    found = total(day)
    assert found["on_time_count"] == 1
    assert found["on_time_ratio"] == 1 / 5
    assert found["punctual_ratio"] == 1 / 2
    assert found["delivered_ratio"] == 2 / 5


def test_lateness_runs_from_the_windows_end_to_the_beginning_of_service(day):
    found = total(day)
    assert found["lateness_s_mean"] == (0 + 5 * 60) / 2
    assert found["lateness_s_p95"] == 5 * 60


def test_service_begins_with_the_window_and_not_with_the_van(day):
    late = day.snapshot.parcels[1]
    due = replace(late.parcel, due_from=at(70), due_until=at(69))
    parcels = (day.snapshot.parcels[0], replace(late, parcel=due), *day.snapshot.parcels[2:])
    day.snapshot = replace(day.snapshot, parcels=parcels)
    assert total(day)["lateness_s_p95"] == 60


def test_beginning_at_the_windows_end_is_on_time(day):
    late = day.snapshot.parcels[1]
    due = replace(late.parcel, due_until=at(65))
    parcels = (day.snapshot.parcels[0], replace(late, parcel=due), *day.snapshot.parcels[2:])
    day.snapshot = replace(day.snapshot, parcels=parcels)
    assert total(day)["on_time_count"] == 2


def test_way_energy_and_what_that_emits(day):
    found = total(day)
    assert found["distance_km"] == 10
    assert found["empty_km"] == 2
    assert found["empty_ratio"] == 0.2
    assert found["km_per_parcel"] == 5
    assert found["used_kwh"] == 2
    assert found["kwh_per_km"] == 0.2
    assert found["grid_kwh"] == pytest.approx(2 / 0.8)
    assert found["emitted_gco2e"] == pytest.approx(250)
    assert found["gco2e_per_parcel"] == pytest.approx(125)
    out_m = [round(great_circle_m(DEPOT, FRAME.to_place(metres, 0.0))) for metres in (1000, 2000)]
    assert found["activity_tkm"] == pytest.approx((2000 * out_m[0] + 3000 * out_m[1]) / 1e9)
    assert found["gco2e_per_tkm"] == pytest.approx(250 / found["activity_tkm"])


def test_time_of_the_vans(day):
    found = total(day)
    assert found["worked_h"] == pytest.approx(80 / 60)
    assert found["driving_h"] == pytest.approx(62 / 60)
    assert found["charging_h"] == pytest.approx(34 / 60)
    assert found["shift_h"] == pytest.approx(2 * 119 / 60), "until the end, not for whole hours"
    assert found["utilisation_ratio"] == pytest.approx(80 / 238)
    assert found["parcels_per_van_hour"] == pytest.approx(2 / (80 / 60))
    assert found["dwell_s_mean"] == (4 + 2 + 2) * 60 / 2
    assert found["stop_waiting_s_mean"] == 60
    assert found["charger_queue_s_mean"] == 5 * 60
    assert found["rescues_count"] == 1


def test_trips_stops_and_fill(day):
    found = total(day)
    assert found["trips_count"] == 1
    assert found["vans_count"] == 1
    assert found["stops_count"] == 2
    assert found["charges_count"] == 1
    assert found["fill_mass_ratio"] == pytest.approx(7000 / SPEC.payload_g)
    assert found["fill_volume_ratio"] == pytest.approx(30_000 / SPEC.volume_ml)


def test_fill_is_of_what_was_really_loaded(day):
    picked = day.vans["v-1"].logbook.handlings
    picked[:] = [one for one in picked if one.parcel_id == "on-time"]
    assert total(day)["fill_mass_ratio"] == pytest.approx(2000 / SPEC.payload_g)


def test_charge_at_the_end_of_each_hour(day):
    hours = [found["charge_ratio"] for _, found in DayMetrics.of([day.metrics()]).by_hour()]
    # v-1 holds 18 kWh at the end; in the second hour it took 0.5 and gave the share of 29 minutes
    # of driving that fell into it, and what it drove empty.
    used = 600_000 * 5 / 29 + 400_000
    first = 18_000_000 - 500_000 + used
    assert hours[0] == pytest.approx((first + 30_000_000) / 60_000_000)
    assert hours[1] == pytest.approx((18_000_000 + 30_000_000) / 60_000_000)


def test_announcements_count_when_they_are_answered_whatever_they_were(day):
    day.snapshot = replace(day.snapshot, refused=(("row-1", ("no mass",)),))
    for minute, parcel_id in ((1, "on-time"), (2, "late"), (61, "back")):
        day.tell(minute, Tick(), Publish(parcel_id, 1, "accepted", at(minute), ""))
    day.tell(3, AnnouncementRefused("row-1", ("no mass",)))
    day.tell(70, AnnouncementRefused("row-1", ("no mass",)))
    measured = DayMetrics.of([day.metrics()])
    assert [found["announced_count"] for _, found in measured.by_hour()] == [3, 1]
    assert measured.total()["rejected_count"] == 1


def test_only_the_first_attempt_counts(day):
    for minute, parcel_id, done in (
        (31, "on-time", True),
        (66, "late", False),
        (67, "late", True),
    ):
        action_id = f"t-1/drop/{parcel_id}"
        day.tell(minute, ActionEnded("v-1", at(minute), "t-1", action_id, done, ""))
    day.tell(10, ActionEnded("v-1", at(10), "t-1", "t-1/pick/late", True, ""))
    assert total(day)["first_attempt_ratio"] == 1 / 2


def test_a_second_try_is_no_first_attempt(day):
    for minute, parcel_id, done in (
        (31, "on-time", True),
        (66, "late", False),
        (90, "late-2", True),
    ):
        action_id = f"t-1/drop/{parcel_id}"
        day.tell(minute, ActionEnded("v-1", at(minute), "t-1", action_id, done, ""))
    assert DayMetrics.of([day.metrics(retrying=True)]).total()["first_attempt_ratio"] == 1 / 2
    assert total(day)["first_attempt_ratio"] == 2 / 3, "an id like any other where nothing is tried"


def test_whatever_is_held_says_why_or_how_far_it_got(day):
    waits = day.snapshot.parcels[4]
    aboard = replace(waits, status=ParcelStatus.ABOARD, reason="")
    day.snapshot = replace(day.snapshot, parcels=(*day.snapshot.parcels, aboard))
    assert day.metrics().reasons[:2] == (("held", "aboard", 1), ("held", "capacity", 1))


def test_plans_are_waited_for_in_the_worlds_time(day):
    for number, minute in ((1, 5), (2, 10)):
        day.tell(minute, Tick(), Solve(request(f"plan-{number}")))
    day.tell(6, SolveFinished(PlanResult("plan-1", (), (), (), ())))
    day.tell(13, SolveFailed("plan-2", "the worker died"))
    day.tell(14, SolveFailed("plan-2", "told twice"))
    found = total(day)
    assert found["solves_count"] == 2
    assert found["solve_wait_s_mean"] == (60 + 180) / 2


def request(request_id):
    return PlanRequest(request_id, "", at(0), (), (), (), (), Prices(), 60, 1, 1)


def wish(*stops, trip_id="t-1"):
    nodes = tuple(
        TripNode(stop_id, NodeKind.STOP, DEPOT, "", (), 0, 0, "", at(minute), at(minute))
        for stop_id, minute in stops
    )
    return TripWish(trip_id, "v-1", nodes, 1)


def test_a_replan_counts_what_it_moved_and_a_mere_release_does_not(day):
    day.tell(5, Tick(), SendTrip(wish(("a", 10), ("b", 20), ("c", 30), ("d", 40))))
    day.tell(6, Tick(), SendTrip(wish(("a", 10), ("b", 20), ("c", 30), ("d", 40))))
    changed = wish(("a", 10.5), ("c", 20), ("b", 30))
    day.tell(7, Tick(), Report("replanned", "v-1", "jam"), SendTrip(changed))
    found = total(day)
    assert found["replans_count"] == 1
    assert found["dropped_count"] == 1
    assert found["resequenced_count"] == 2
    assert found["moved_promises_count"] == 2


def test_a_replan_may_leave_nothing_of_a_trip(day):
    day.tell(5, Tick(), SendTrip(wish(("a", 10))))
    day.tell(7, Tick(), Report("replanned", "v-1", "jam"), SendTrip(wish()))
    assert total(day)["dropped_count"] == 1


def test_vans_hours_and_depots_add_up_to_the_day(day):
    measured = DayMetrics.of([day.metrics()])
    whole = measured.total()
    additive = [one.name for one in METRICS if one.how.in_words == "adds up"]
    vans = [found for _, _, found in measured.by_van()]
    hours = [found for _, found in measured.by_hour()]

    def summed(parts, name):
        return sum(found[name] or 0 for found in parts)

    assert len(hours) == 2
    for name in additive:
        assert summed(hours, name) == pytest.approx(whole[name]), name
    for name in ("delivered_count", "distance_km", "used_kwh", "worked_h", "trips_count"):
        assert summed(vans, name) == pytest.approx(whole[name]), name


def test_two_depots_are_one_day_and_no_ratio_is_a_mean_of_ratios(day):
    one = day.metrics()
    day.setup = setup_of("east", "e-1")
    day.snapshot = replace(
        day.snapshot,
        setup=day.setup,
        parcels=tuple(replace(r, van_id="e-1") for r in day.snapshot.parcels[:1]),
        trips=tuple(replace(t, van_id="e-1") for t in day.snapshot.trips),
    )
    day.vans = {"e-1": day.vans["v-1"]}
    day.vans["e-1"].van_id = "e-1"
    other = day.metrics()
    both = DayMetrics.of([other, one])
    assert [depot_id for depot_id, _ in both.by_depot()] == ["dep", "east"]
    found = both.total()
    assert found["due_count"] == 6
    assert found["on_time_ratio"] == 2 / 6
    assert found["lateness_s_mean"] == 300 / 3
    assert found["vans_count"] == 2
    assert found["distance_km"] == 20
    assert both.reasons()[0] == ("held", "capacity", 1)


def test_metrics_can_be_sent_between_processes(day):
    found = day.metrics(filming=True)
    assert pickle.loads(pickle.dumps(found)) == found


def test_events_of_other_depots_are_none_of_ours(day):
    other = setup_of("east", "e-1")
    own, day.setup = day.setup, other
    day.tell(1, Tick(), Publish("x", 1, "accepted", at(1), ""))
    day.setup = own
    assert total(day)["announced_count"] == 0


def test_a_day_without_anything_has_no_ratios():
    from tests.simulations.metrics.hand_made import HandMadeDay, ended, van

    setup = setup_of("dep", "v-1")
    empty = HandMadeDay(setup, ended(setup, (), ()), {"v-1": van("v-1", 1_000_000)})
    found = total(empty)
    assert found["delivered_count"] == 0
    assert found["on_time_ratio"] is None
    assert found["lateness_s_p95"] is None

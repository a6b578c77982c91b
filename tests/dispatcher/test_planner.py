"""Plans over the real streets: nothing lost, every leg exact, and late rather than back."""

from collections import Counter
from dataclasses import replace
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from dispatcher import planner
from dispatcher.core.requests import ForecastRequest, ForecastTrip, StandingRoute
from dispatcher.planner import forecast, plan
from dispatcher.posing import kept_mwh, survey
from dispatcher.providers import CityProviders
from maps.geometry import decode_polyline
from maps.incidents import Incident
from maps.places import LonLat, great_circle_m
from maps.travel import UNREACHABLE
from maps.units import Instant, Seconds, later, power_over_time, rfc3339, seconds_from
from vehicles.presets import preset
from vehicles.trip import NodeKind

stop_facts = st.fixed_dictionaries(
    {
        "mass_g": st.sampled_from([1000, 30_000, 400_000]),
        "window": st.sampled_from([(0, 32_400), (600, 2400), (1800, 1800), (-900, -60)]),
        "lockers": st.sampled_from([(0, 0, 0, 0), (1, 0, 0, 0), (0, 0, 1, 1)]),
        "aboard": st.sampled_from([None, None, "v-0", "v-1"]),
    }
)


def shift(at: Instant, by_s: int) -> Instant:
    return later(at, Seconds(by_s))


@settings(max_examples=12)
@given(facts=st.lists(stop_facts, min_size=1, max_size=12), seed=st.integers(0, 3))
def test_every_stop_is_in_one_route_or_unserved_and_nodes_follow_each_other(
    facts, seed, offer, stop, question, providers, eight
):
    stops = [
        stop(
            number + 1,
            mass_g=fact["mass_g"],
            lockers=fact["lockers"],
            van_id=fact["aboard"],
            window_begin=shift(eight, fact["window"][0]),
            window_end=shift(eight, fact["window"][1]),
        )
        for number, fact in enumerate(facts)
    ]
    vans = [offer("v-0"), offer("v-1", "robovan-l"), offer("v-2", "neolix-x3")]
    request = question(vans, stops, seed=seed)
    result = plan(request, providers)

    assert result.violations == ()
    served = [node.stop_id for route in result.routes for node in route.nodes if node.stop_id]
    everywhere = Counter(served) + Counter(one.stop_id for one in result.unserved)
    assert everywhere == Counter(one.stop_id for one in stops)
    offers = {one.stop_id: one for one in stops}
    for route in result.routes:
        assert [n.kind for n in route.nodes].count(NodeKind.END) == 1
        assert (route.nodes[0].kind, route.nodes[-1].kind) == (NodeKind.START, NodeKind.END)
        for before, node in pairwise(route.nodes):
            assert node.arrive_at == shift(before.leave_at, node.drive_s)
            assert node.arrive_at <= node.begin_at <= node.leave_at
        for node in route.nodes:
            if node.stop_id is None:
                continue
            promised = offers[node.stop_id]
            assert promised.van_id in (None, route.van_id), "aboard stays aboard"
            if promised.van_id is None:
                assert promised.window_begin <= node.begin_at <= promised.window_end


def test_legs_sum_up_to_the_matrix_and_are_cut_often_enough(
    offer, stop, question, providers, doors, eight
):
    request = question([offer("v-0")], [stop(number) for number in range(5, 170, 15)])
    (route,) = plan(request, providers).routes
    provider = providers.provider(preset("robovan-m"), ())
    drive_s = distance_m = waypoints = 0
    last = route.nodes[0].place
    for node in route.nodes[1:]:
        drive_s += node.drive_s
        distance_m += node.distance_m
        if node.kind is NodeKind.WAYPOINT:
            waypoints += 1
            assert great_circle_m(decode_polyline(node.shape)[-1], node.place) < 0.2
            continue
        matrix = provider.matrix([last, node.place], eight)
        assert (drive_s, distance_m) == (matrix.duration_s[0, 1], matrix.distance_m[0, 1])
        last, drive_s, distance_m = node.place, 0, 0
    assert waypoints > len(request.stops), "most legs are longer than a minute"
    assert Counter(node.drive_s > 90 for node in route.nodes)[True] <= 2


def test_the_battery_goes_down_by_what_driving_and_standing_take(offer, stop, question, providers):
    request = question([offer("v-0")], [stop(number) for number in range(3, 60, 6)])
    (route,) = plan(request, providers).routes
    auxiliary_w = preset("robovan-m").auxiliary_w
    assert route.nodes[0].battery_mwh == request.vans[0].battery_mwh
    for before, node in pairwise(route.nodes):
        standing_s = seconds_from(before.arrive_at, before.leave_at)
        standing_mwh = power_over_time(auxiliary_w, standing_s)
        assert node.energy_mwh > 0 or node.drive_s == 0
        assert node.battery_mwh == before.battery_mwh - standing_mwh - node.energy_mwh


def test_a_legs_traction_is_shared_by_distance_and_auxiliary_power_by_time(
    offer, stop, question, providers
):
    request = question([offer("v-0")], [stop(number) for number in (60, 130, 200)])
    (route,) = plan(request, providers).routes
    auxiliary_w = preset("robovan-m").auxiliary_w
    leg = []
    for node in route.nodes[1:]:
        leg.append(node)
        if node.kind is NodeKind.WAYPOINT:
            continue
        way_m = sum(one.distance_m for one in leg)
        drive_s = sum(one.drive_s for one in leg)
        traction = sum(one.energy_mwh for one in leg) - power_over_time(auxiliary_w, drive_s)
        for one in leg:
            moved = one.energy_mwh - power_over_time(auxiliary_w, one.drive_s)
            assert abs(moved - traction * one.distance_m / way_m) <= 2
        leg = []


def test_equal_requests_get_equal_answers_from_any_worker(
    offer, stop, question, providers, helsinki
):
    request = question([offer("v-0"), offer("v-1", "neolix-x3")], [stop(n) for n in range(1, 20)])
    assert repr(plan(request, providers)) == repr(plan(request, CityProviders(helsinki)))


def test_who_has_no_more_time_is_answered_with_what_was_found(offer, stop, question, providers):
    stops = [stop(number) for number in range(1, 9)]
    asked: list[int] = []

    def is_late():
        asked.append(len(asked))
        return len(asked) > 3

    hard = replace(question([offer("v-0")], stops), effort=5)
    result = plan(hard, providers, stop=is_late)
    assert len(asked) == 4, "30,000 iterations are not searched on"
    assert result.violations == ()
    assert len(result.routes) == 1
    never = replace(hard, effort=3)
    assert plan(never, providers, stop=lambda: False) == plan(never, providers)


def test_a_place_off_the_roads_spoils_no_plan(offer, stop, question, providers):
    sea = stop(7, place=LonLat(24.99, 60.15))
    result = plan(question([offer("v-0")], [stop(1), sea, stop(2)]), providers)
    assert [(one.stop_id, one.reason) for one in result.unserved] == [("stp-007", "unreachable")]
    assert "m from every road" in result.unserved[0].detail
    assert sum(node.stop_id is not None for node in result.routes[0].nodes) == 2
    assert dict(result.cost)["unserved"] == sea.unserved_price


def test_what_is_aboard_comes_late_rather_than_back(offer, stop, question, providers, eight):
    away = offer("v-0", start_at=shift(eight, 600))
    over = stop(150, van_id="v-0", window_end=shift(eight, -60))
    clash = [
        stop(number, van_id="v-0", window_end=shift(eight, 900)) for number in (40, 80, 120, 160)
    ]
    result = plan(question([away, offer("v-1")], [over, *clash]), providers)
    assert result.unserved == ()
    assert result.violations == ()
    (route,) = (route for route in result.routes if route.van_id == "v-0")
    late = [n for n in route.nodes if n.stop_id and n.begin_at > shift(eight, 900)]
    assert len(late) >= 2, "not all of them can be in time"
    assert all(node.begin_at < shift(eight, 4 * 3600) for node in late), "late, not forgotten"


def test_a_new_plan_changes_little_when_one_van_is_lost(offer, stop, question, providers):
    vans = [offer(f"v-{n}") for n in range(4)]
    stops = [stop(number, mass_g=60_000) for number in range(3, 195, 8)]
    before = plan(question(vans, stops), providers)
    standing = tuple(
        StandingRoute(route.van_id, tuple(n.stop_id for n in route.nodes if n.stop_id))
        for route in before.routes
    )
    lost = standing[0]
    left = [van for van in vans if van.van_id != lost.van_id]
    kept = {s: one.van_id for one in standing[1:] for s in one.stop_ids}

    after = plan(question(left, stops, standing=standing, seed=1), providers)
    assert (after.violations, after.unserved) == ((), ())
    van_of = {n.stop_id: r.van_id for r in after.routes for n in r.nodes if n.stop_id}
    moved = sum(van_of[stop_id] != van_id for stop_id, van_id in kept.items())
    assert moved <= len(kept) // 10


def test_a_stop_that_nobody_has_aboard_keeps_its_window(offer, stop, question, providers, eight):
    gone = stop(9, window_end=shift(eight, -60))
    soon = stop(100, window_end=shift(eight, 5))
    result = plan(question([offer("v-0")], [gone, soon]), providers)
    assert {one.stop_id: one.reason for one in result.unserved} == {
        "stp-009": "window",
        "stp-100": "window",
    }


def test_a_window_after_all_shifts_is_told_without_a_search(
    offer, stop, question, providers, eight, monkeypatch
):
    van = offer("v-0")
    end = van.shift_end
    last = stop(9, service_s=60, window_begin=shift(end, -60), window_end=shift(end, 900))
    evening = stop(100, service_s=60, window_begin=shift(end, -59), window_end=shift(end, 900))
    sought = []

    def seen(request, providers):
        sought.append(request)
        return survey(request, providers)

    monkeypatch.setattr(planner, "survey", seen)
    result = plan(question([van], [last, evening]), providers)
    assert {one.stop_id: one.reason for one in result.unserved} == {
        "stp-009": "shift",  # it could begin, but not be back
        "stp-100": "shift",
    }
    told = {one.stop_id: one.detail for one in result.unserved}["stp-100"]
    assert "its window begins at" in told
    assert f"may be out until some time after {rfc3339(shift(end, 1))}" in told
    assert [one.stop_id for one in sought[0].stops] == ["stp-009"]
    assert dict(result.cost)["unserved"] == last.unserved_price + evening.unserved_price


def test_a_van_without_energy_goes_home_with_what_it_has(offer, stop, question, providers, doors):
    spec = preset("robovan-m")
    empty = offer("v-0", start=doors[90], battery_mwh=spec.reserve_mwh)
    result = plan(question([empty], [stop(20, van_id="v-0")], stations=()), providers)
    assert [one.stop_id for one in result.unserved] == ["stp-020"]
    (home,) = result.routes
    assert home.nodes[0].place == doors[90]
    assert home.nodes[-1].place == doors[0]
    assert 0 < home.nodes[-1].battery_mwh < spec.reserve_mwh


def test_a_van_that_is_home_without_stops_gets_no_route(offer, stop, question, providers):
    result = plan(question([offer("v-0"), offer("v-1")], [stop(4)]), providers)
    assert len(result.routes) == 1


def test_a_low_battery_is_charged_on_the_way(offer, stop, question, providers):
    spec = preset("robovan-m")
    low = offer("v-0", battery_mwh=kept_mwh(spec, loaded=False) + 700_000)
    stops = [stop(number) for number in range(2, 200, 9)]
    request = question([low], stops)
    result = plan(request, providers)
    assert result.violations == ()
    (route,) = result.routes
    charges = [node for node in route.nodes if node.kind is NodeKind.CHARGE]
    assert charges, "700 Wh do not last for all stops"
    known = {station.station_id for station in request.stations}
    for node in charges:
        assert node.station_id in known
        assert node.battery_mwh < (node.charge_mwh_target or 0) <= spec.battery_mwh
    assert min(node.battery_mwh for node in route.nodes) >= spec.reserve_mwh


def test_a_problem_without_stops_or_vans_has_an_answer(offer, stop, question, providers):
    assert plan(question([offer("v-0")], []), providers).routes == ()
    result = plan(question([], [stop(1)]), providers)
    assert [one.reason for one in result.unserved] == ["no_vehicle"]


def slow(line, ratio: float, eight: Instant) -> Incident:
    return Incident("jam", line, 15, ratio, shift(eight, -60), shift(eight, 3600))


def test_a_forecast_tells_the_planned_roads_from_the_best_ones(providers, doors, eight):
    spec = preset("robovan-m")
    anchors = (doors[0], doors[100], doors[180])
    path = providers.provider(spec, ()).path(anchors[0], anchors[1], eight)
    middle = path.line[len(path.line) // 3 : len(path.line) // 2 + 1]
    asked = ForecastRequest("f-1", eight, (ForecastTrip("v-0", spec, anchors),), (), ())
    (free,) = forecast(asked, providers).trips
    assert free.planned_s == free.best_s
    assert free.planned_s[0] == path.duration_s

    (jam,) = forecast(replace(asked, incidents=(slow(middle, 0.1, eight),)), providers).trips
    assert jam.planned_s[0] > free.planned_s[0]
    assert free.best_s[0] <= jam.best_s[0] <= jam.planned_s[0]

    (closed,) = forecast(replace(asked, incidents=(slow(middle, 0.0, eight),)), providers).trips
    assert closed.planned_s[0] == UNREACHABLE
    assert closed.best_s[0] > free.best_s[0]

    over = replace(slow(middle, 0.0, eight), ends_at=eight)
    (after,) = forecast(replace(asked, incidents=(over,)), providers).trips
    assert after.planned_s == free.planned_s


def test_a_forecast_for_a_place_off_the_roads_says_unreachable(providers, doors, eight):
    trip = ForecastTrip("v-0", preset("robovan-m"), (doors[0], LonLat(24.99, 60.15)))
    (told,) = forecast(ForecastRequest("f-1", eight, (trip,), (), ()), providers).trips
    assert (told.planned_s, told.best_s) == ((UNREACHABLE,), (UNREACHABLE,))

"""The demo's troubles: each happens once, to someone it can happen to."""

from dataclasses import replace

import pytest

from maps.places import great_circle_m
from maps.provider import HierarchyProvider
from maps.units import Instant, Seconds, later
from simulations.demo.files import DAY_START, DEPOT, DemoSize, fleet_text, model_counts
from simulations.demo.script import (
    BREAKDOWN_AT_S,
    JAM_AT_S,
    JAM_M_MAX,
    WANT_BACK_ABOARD_AT_S,
    WANT_BACK_WAITING_AT_S,
    Jam,
    Script,
)
from simulations.demo.watch import Watch, WatchedVan
from simulations.scenario import BrokerModel, ClockModel, Scenario, day_of
from simulations.wire.control import BreakDown, WantBack
from vehicles.energy import vehicle_class


@pytest.fixture(scope="module")
def day(tmp_path_factory):
    fleet = tmp_path_factory.mktemp("demo") / "fleet.toml"
    fleet.write_text(fleet_text(DemoSize(12, 240, 200.0, 7)))
    return day_of(
        Scenario(
            city="helsinki",
            fleet=str(fleet),
            seed=7,
            parcel_count=240,
            start_ms=DAY_START,
            absent_ratio=0.01,
            clock=ClockModel(epoch_ms=DAY_START, machine_epoch_file="day-begins", speed=1),
            broker=BrokerModel(host="127.0.0.1", port=1),
        )
    )


def at(seconds):
    return later(Instant(DAY_START), Seconds(seconds))


def test_the_fleet_has_three_models_and_some_vans_with_next_to_nothing(day):
    assert model_counts(12) == (5, 4, 3)
    assert sum(model_counts(7)) == 7
    assert model_counts(1) == (1, 0, 0)
    vans = day.setup.vans
    assert len({van.spec.model for van in vans}) == 3
    above = [van.battery_mwh - van.spec.reserve_mwh for van in vans]
    assert sum(one <= 1_500_000 for one in above) >= 3
    assert all(one > 0 for one in above)
    assert len(set(above)) == len(above)


def test_one_parcel_is_broken_and_another_doubled(day):
    known = {parcel.parcel_id for parcel in day.parcels}
    assert len(day.broken_ids) == len(day.repeated_ids) == 1
    assert day.broken_ids | day.repeated_ids <= known
    assert not day.broken_ids & day.repeated_ids


def test_the_jam_is_on_the_busiest_street_and_slows_ways_to_the_depot(day):
    script = Script(day, DAY_START)
    watch = Watch([], [], DEPOT)
    assert script.due(watch, at(JAM_AT_S - 1)) == ()
    (jam,) = script.due(watch, at(JAM_AT_S))
    assert isinstance(jam, Jam)
    assert jam.street == "Mannerheimintie"
    line = jam.incident.line
    assert great_circle_m(line[0], line[-1]) < JAM_M_MAX * 1.2
    kind = vehicle_class(day.setup.vans[0].spec)
    free = HierarchyProvider(day.network, kind, ())
    jammed = HierarchyProvider(day.network, kind, (jam.incident,))
    places = [DEPOT, *(parcel.place for parcel in day.parcels[::6])]
    before = free.matrix(places, at(JAM_AT_S)).duration_s
    after = jammed.matrix(places, at(JAM_AT_S)).duration_s
    assert (after >= before).all()
    assert (after[0] > before[0] + 30).mean() > 0.3
    assert script.due(watch, at(JAM_AT_S)) == ()


def van(van_id, loads, *, driving=True, stuck=False):
    return WatchedVan(van_id, DEPOT, is_driving=driving, is_stuck=stuck, loads=tuple(loads))


class Seen(Watch):
    """A watch whose vans are given."""

    given = ()

    @property
    def vans(self):
        return self.given


def seen(vans, waiting=(), out=()):
    watch = Seen([*waiting, *out], [], DEPOT)
    for parcel_id in waiting:
        watch.hear_event(parcel_id, "accepted", Instant(0), "")
    for parcel_id in out:
        watch.hear_event(parcel_id, "loaded", Instant(0), "")
    watch.given = tuple(vans)
    return watch


def of_kind(troubles, kind):
    return [one for one in troubles if isinstance(one, kind)]


def test_a_waiting_and_an_aboard_parcel_are_wanted_back_once(day):
    script = Script(day, DAY_START)
    fullest = van("v2", ["deep", "top"])
    watch = seen([van("v1", ["x"]), fullest], waiting=["w1", "w2"], out=["deep", "top", "x"])
    assert script.due(watch, at(WANT_BACK_WAITING_AT_S - 1)) == ()
    (waiting,) = script.due(watch, at(WANT_BACK_WAITING_AT_S))
    assert waiting == WantBack(parcel_id="w2", reason="ordered by mistake")
    (aboard,) = script.due(watch, at(WANT_BACK_ABOARD_AT_S))
    assert aboard == WantBack(parcel_id="deep", reason="the consignee has moved")
    assert script.due(watch, at(WANT_BACK_ABOARD_AT_S)) == ()


def test_the_fullest_driving_van_breaks_down_once(day):
    vans = [van("v1", "abcde"), van("v2", "abcdefgh", driving=False), van("v3", "abcdef")]
    script = Script(day, DAY_START)
    watch = seen(vans)
    assert not of_kind(script.due(watch, at(BREAKDOWN_AT_S - 1)), BreakDown)
    (found,) = of_kind(script.due(watch, at(BREAKDOWN_AT_S)), BreakDown)
    assert found.van_id == "v3"
    assert not of_kind(script.due(watch, at(BREAKDOWN_AT_S + 1)), BreakDown)


def test_a_trouble_waits_for_somebody_to_happen_to(day):
    script = Script(day, DAY_START)
    nobody = seen([replace(van("v1", "abcdef"), is_driving=False)])
    assert of_kind(script.due(nobody, at(BREAKDOWN_AT_S)), (BreakDown, WantBack)) == []
    few = seen([van("v1", "a")])
    assert of_kind(script.due(few, at(BREAKDOWN_AT_S + 60)), BreakDown) == []
    assert of_kind(script.due(few, at(BREAKDOWN_AT_S + 6000)), BreakDown) != []

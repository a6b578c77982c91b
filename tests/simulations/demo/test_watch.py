"""What is known of a day by listening: stages of parcels, and when the day is over."""

import pytest

from maps.geometry import LocalFrame
from maps.places import LonLat
from maps.units import Instant
from simulations.demo.watch import Watch
from vehicles.agent import Agent
from vehicles.vda5050.state import ErrorLevel

DEPOT = LonLat(24.94, 60.17)
AWAY = LonLat(24.95, 60.17)
NOW = Instant(0)


@pytest.fixture
def watch():
    return Watch(["a", "b"], ["v"], DEPOT)


def state(place=DEPOT, *, driving=False, loads=(), stuck=False):
    agent = Agent(
        "m", "v", LocalFrame(DEPOT, "d"), place=place, battery_mwh=50, battery_mwh_max=100
    )
    agent.set_driving(driving)
    agent.set_loads(loads)
    if stuck:
        agent.add_error("breakdown", "broken", ErrorLevel.FATAL)
    return agent.state(NOW)


def tell(watch, parcel_id, *kinds):
    for kind in kinds:
        watch.hear_event(parcel_id, kind, NOW, "")


def test_parcels_go_from_stage_to_stage(watch):
    assert watch.counts() == {}
    tell(watch, "a", "accepted", "bundled")
    assert watch.waiting() == ("a",)
    tell(watch, "a", "planned")
    assert watch.counts() == {"planned": 1}
    assert watch.waiting() == ()
    tell(watch, "a", "loaded", "out_for_delivery", "failed")
    assert watch.counts() == {"aboard": 1}
    tell(watch, "a", "returned")
    tell(watch, "b", "accepted", "loaded", "delivered", "accepted")
    assert watch.counts() == {"delivered": 1, "returned": 1}


def test_a_day_is_over_when_parcels_have_ended_and_vans_are_home(watch):
    tell(watch, "a", "accepted", "delivered")
    assert not watch.is_over()
    watch.hear_rejected("b", NOW)
    assert watch.open_count() == 0
    assert not watch.is_over(), "nobody has heard of the van"
    for away in (
        state(AWAY),
        state(driving=True),
        state(loads=["a"]),
        state(stuck=True),
    ):
        watch.hear_state(away, NOW)
        assert not watch.is_over()
    watch.hear_state(state(), NOW)
    assert watch.is_over()


def test_a_cancelled_parcel_ends_at_once_or_when_it_is_back(watch):
    tell(watch, "a", "accepted", "cancelled")
    assert not watch.is_open("a")
    tell(watch, "b", "accepted", "loaded")
    watch.hear_cancelled("b", aboard=True)
    assert watch.is_open("b")
    assert not watch.cancellable("b")
    assert watch.stage("b") == "aboard"
    tell(watch, "b", "returned")
    assert not watch.is_open("b")
    assert watch.counts() == {"returned": 1, "cancelled": 1}


def test_a_rejected_cancellation_changes_nothing(watch):
    tell(watch, "a", "accepted", "loaded", "delivered")
    watch.hear_rejected("a", NOW)
    assert watch.stage("a") == "delivered"


def test_strangers_are_nobody(watch):
    tell(watch, "x", "delivered")
    watch.hear_rejected("x", NOW)
    watch.hear_cancelled("x", aboard=True)
    assert watch.counts() == {}


def test_news_tell_of_breakdowns_once(watch):
    for _ in range(2):
        watch.hear_state(state(stuck=True), NOW)
    watch.hear_state(state(), NOW)
    assert [text for _, text in watch.news] == [
        "v stands: broken, 0 parcels aboard",
        "v can move again, 0 parcels aboard",
    ]

from dataclasses import replace

from dispatcher.core.events import CancelAsked, RoadsChanged, SolveFailed, SolveFinished
from dispatcher.core.settings import PlanSettings
from maps.incidents import Incident
from tests.dispatcher.core.harness import Day, minutes, parcel, setup_of
from tests.dispatcher.core.toy_city import at

SETTINGS = PlanSettings(wave_parcels=4, retry_s=300)


def asked(vans: int = 2) -> Day:
    """Return a day with one question open, about four parcels for two vans."""
    day = Day(setup_of(vans, settings=SETTINGS))
    day.latency_s = 10_000
    day.announce(*(parcel(n, at(400, 10 * n), mass_g=50_000) for n in range(4)))
    assert len(day.solves) == 1
    return day


def answer(day: Day, **changes):
    result = replace(day.planner.plan(day.solves[-1].request), **changes)
    return day.send(SolveFinished(result))


def test_an_answer_that_holds_is_ordered_once():
    day = asked()
    answer(day)
    assert day.statuses() == {"ordered": 4}
    assert answer(day) == ()


def test_one_parcel_gone_spoils_one_route_only():
    day = asked()
    day.send(CancelAsked("p-0", "lost"))
    answer(day)
    assert day.statuses() == {"cancelled": 1, "ordered": 2, "waiting": 1}
    assert len(day.solves) == 2, "the other parcel of that route is asked about again"
    answer(day)
    assert day.statuses() == {"cancelled": 1, "ordered": 3}
    day.latency_s = 10
    day.drain()
    assert day.statuses() == {"cancelled": 1, "delivered": 3}


def test_a_stuck_van_spoils_its_own_route_only():
    day = asked()
    day.vans["van-0"].stick(day.now)
    day.run(minutes(1))
    answer(day)
    assert day.statuses() == {"ordered": 2, "waiting": 2}


def test_a_plan_for_other_roads_is_asked_again_once():
    day = asked()
    for number in range(3):
        slow = Incident(f"i-{number}", (at(0, 0),), 10, 0.5, day.now, minutes(100))
        day.send(RoadsChanged(slow))
        answer(day)
        if number == 0:
            assert day.statuses() == {"waiting": 4}
            assert len(day.solves) == 2
    assert day.statuses() == {"ordered": 4}, "roads that always change must not stop all work"


def test_a_plan_with_violations_or_faults_is_refused_and_asked_again_later():
    for changes in ({"violations": ("late",)}, {"routes": ()}):
        day = asked()
        answer(day, **changes)
        assert "plan_refused" in day.names()
        assert day.statuses() == {"waiting": 4}
        day.latency_s = 10
        day.run(minutes(4.9))
        assert len(day.solves) == 1
        day.drain()
        assert day.statuses() == {"delivered": 4}


def test_a_failed_plan_is_asked_again_later():
    day = asked()
    day.send(SolveFailed(day.solves[0].request.request_id, "a worker died"))
    assert day.core.state.retry_at == minutes(5)
    day.latency_s = 10
    day.drain()
    assert day.statuses() == {"delivered": 4}

"""What news of the roads does to trips under way."""

from dataclasses import replace

from dispatcher.core.decisions import Forecast, Solve
from dispatcher.core.events import ForecastFinished, RoadsChanged
from dispatcher.core.requests import ForecastResult
from maps.incidents import Incident
from tests.dispatcher.core.harness import T0, day_with_trip, minutes
from tests.dispatcher.core.toy_city import at

JAM = Incident("jam", (at(2_500, 600),), 900, 0.2, T0, minutes(300))


def asked(decisions) -> list[Forecast]:
    return [decision for decision in decisions if isinstance(decision, Forecast)]


def test_a_jam_sends_vans_around_and_says_so():
    day = day_with_trip(until=12)
    (question,) = asked(day.send(RoadsChanged(JAM)))
    assert question.request.incidents == (JAM,)
    assert question.request.incidents_before == ()
    day.drain()
    day.check_end()
    assert any("jam" in record.cause for record in day.core.state.replans)
    assert day.statuses() == {"delivered": 4}


def test_a_replan_is_told_the_order_in_force():
    day = day_with_trip(until=12)
    day.send(RoadsChanged(JAM))
    day.drain()
    replan = next(one.request for one in day.solves if one.request.cause.startswith("roads"))
    for route in replan.standing:
        assert route.stop_ids == tuple(s.stop_id for s in replan.stops if s.van_id == route.van_id)
    assert [len(route.stop_ids) for route in replan.standing] == [4]


def test_the_same_news_twice_is_no_news():
    day = day_with_trip(until=12)
    assert asked(day.send(RoadsChanged(JAM)))
    assert day.send(RoadsChanged(JAM)) == ()
    assert asked(day.send(RoadsChanged(replace(JAM, speed_ratio=0.1))))


def test_a_jam_far_away_changes_no_order():
    day = day_with_trip(until=12)
    day.send(RoadsChanged(replace(JAM, line=(at(-9_000, 0),))))
    day.drain()
    assert day.core.state.replans == []


def test_an_incident_announced_before_is_looked_at_when_it_begins_and_ends():
    day = day_with_trip(until=12)
    day.send(RoadsChanged(replace(JAM, starts_at=minutes(13), ends_at=minutes(14))))
    assert day.core.state.road_instants == (minutes(13), minutes(14))
    count = len(day.log)
    day.run(minutes(15))
    when = [at_ for at_, _, decisions in day.log[count:] if asked(decisions)]
    assert when == [minutes(13), minutes(14)]
    assert not day.core.state.road_instants


def test_incidents_that_are_over_are_not_asked_about():
    day = day_with_trip(until=12)
    day.send(RoadsChanged(replace(JAM, incident_id="old", ends_at=minutes(1))))
    (question,) = asked(day.send(RoadsChanged(JAM)))
    assert question.request.incidents == (JAM,)


def test_only_the_newest_forecast_counts():
    day = day_with_trip(until=12)
    day.latency_s = 10_000
    (first,) = asked(day.send(RoadsChanged(JAM)))
    day.send(RoadsChanged(replace(JAM, ends_at=minutes(12))))
    before = day.core.state.live_trips()
    decisions = day.send(ForecastFinished(day.planner.forecast(first.request)))
    assert decisions == ()
    assert day.core.state.live_trips() == before


def test_news_while_a_plan_is_awaited_is_looked_at_when_it_is_there():
    day = day_with_trip(until=16)
    day.send(RoadsChanged(replace(JAM, incident_id="first")))
    day.run(minutes(16.5))
    assert any(trip.request_id for trip in day.core.state.live_trips())
    decisions = day.send(RoadsChanged(replace(JAM, incident_id="second", line=(at(0, 600),))))
    assert asked(decisions) == []
    count = len(day.log)
    day.run(minutes(17.5))
    later_asked = [one for _, _, decisions in day.log[count:] for one in asked(decisions)]
    assert len(later_asked) == 1
    (before,) = later_asked[0].request.incidents_before
    assert before.incident_id == "first"


def test_answers_that_nobody_asked_for_or_that_fit_nothing_change_nothing():
    day = day_with_trip(until=12)
    day.latency_s = 10_000
    assert day.send(ForecastFinished(ForecastResult("dep/forecast-99", ()))) == ()
    (question,) = asked(day.send(RoadsChanged(JAM)))
    decisions = day.send(ForecastFinished(ForecastResult(question.request.request_id, ())))
    assert not any(isinstance(decision, Solve) for decision in decisions)

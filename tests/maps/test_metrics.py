"""Which metric counts when, and what is kept of them."""

import threading
from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from maps.dijkstra import PlainEngine
from maps.hours import parse_hours
from maps.incidents import Incident
from maps.metrics import TOGETHER, Conditions, Kept, Metrics
from maps.provider import HierarchyProvider
from maps.snapping import Snapper
from maps.traffic import SpeedProfile, SpeedRule
from maps.turns import expand
from maps.units import Instant, parse_rfc3339
from maps.weigher import Weigher

NOON = parse_rfc3339("2026-03-04T12:30:00+02:00")
RUSH = parse_rfc3339("2026-03-04T17:30:00+02:00")


class CountingEngine(PlainEngine):
    """Counts how often costs are customized in full."""

    made = 0
    together = 0

    def customize(self, arc_ms, arc_quantities):
        type(self).made += 1
        return super().customize(arc_ms, arc_quantities)

    def customize_many(self, arc_ms, arc_quantities):
        type(self).together += 1
        return super().customize_many(arc_ms, arc_quantities)


@pytest.fixture
def metrics(helsinki):
    CountingEngine.made = CountingEngine.together = 0
    turns = expand(helsinki)
    made = Metrics(Snapper(helsinki), lambda: CountingEngine(turns.graph))
    return made, turns


def closed(place, number=0):
    return Incident(f"i{number}", (place,), 15, 0.0, Instant(0), Instant(10**15))


def test_equal_conditions_share_a_metric(metrics, helsinki, van):
    made, turns = metrics
    weigher = Weigher(helsinki, turns, van, SpeedProfile.usual())
    noon, later = (Conditions(weigher.in_force(Instant(NOON + ms))) for ms in (0, 600_000))
    rush = Conditions(weigher.in_force(RUSH))
    assert made.weights(weigher, noon) is made.weights(weigher, later)
    assert made.weights(weigher, rush) is not made.weights(weigher, noon)
    slower = made.weights(weigher, rush).arc_ms >= made.weights(weigher, noon).arc_ms
    assert slower.all()
    assert CountingEngine.made == 2


def test_an_incident_changes_some_arcs_of_the_metric_there_is(metrics, helsinki, van):
    made, turns = metrics
    weigher = Weigher(helsinki, turns, van)
    now = weigher.in_force(NOON)
    place = helsinki.addresses()[50].place
    before, after = (made.weights(weigher, Conditions(now, one)) for one in ((), (closed(place),)))
    changed = np.flatnonzero(before.arc_ms != after.arc_ms)
    assert 0 < len(changed) < 40
    assert CountingEngine.made == 1
    again = weigher.arc_ms(now, after.costs.duration_ms)
    assert np.array_equal(again, after.arc_ms), "as if all had been computed anew"


def test_hours_close_roads_of_the_metric_there_is(metrics, helsinki, van):
    network = replace(
        helsinki,
        hours=("Mo-Fr 07:00-18:00",),
        closure_segment=np.array([5], np.int32),
        closure_hours=np.array([0], np.int32),
    )
    turns = expand(network)
    made = Metrics(Snapper(network), lambda: CountingEngine(turns.graph))
    weigher = Weigher(network, turns, van)
    open_at = parse_rfc3339("2026-03-04T19:00:00+02:00")
    day, night = (made.weights(weigher, Conditions(weigher.in_force(t))) for t in (NOON, open_at))
    assert set(turns.arc_segment[day.arc_ms != night.arc_ms].tolist()) == {5}
    assert CountingEngine.made == 1


def test_an_incident_that_concerns_no_road_changes_nothing(metrics, helsinki, van, at):
    made, turns = metrics
    weigher = Weigher(helsinki, turns, van)
    now = weigher.in_force(NOON)
    off = Conditions(now, (closed(at(900, 900)),))
    assert made.weights(weigher, off) is made.weights(weigher, Conditions(now))


def test_the_metric_not_asked_for_longest_goes_first():
    kept = Kept[int](2)
    assert kept.get("a", lambda: 97) == 97
    assert kept.get("b", lambda: 98) == 98
    assert kept.get("a", lambda: -1) == 97
    kept.get("c", lambda: 0)
    assert len(kept) == 2
    assert kept.get("a", lambda: -1) == 97
    assert kept.get("b", lambda: -2) == -2


def test_the_latest_is_kept_however_large():
    kept = Kept[str](5, len)
    for key, value in enumerate(("abc", "de", "f")):
        assert kept.get(key, partial(str, value)) == value
    assert [key in kept for key in range(3)] == [False, True, True]
    kept.get("large", lambda: "0123456789")
    assert len(kept) == 1
    assert "large" in kept
    kept.get(0, lambda: "abc")
    assert len(kept) == 1, "the large one went"
    assert 0 in kept


def test_the_hours_of_a_day_are_readied_together(metrics, helsinki, van):
    made, turns = metrics
    hours = [parse_hours(f"{hour:02}:00-{hour + 1:02}:00") for hour in range(TOGETHER)]
    rules = [
        SpeedRule("residential", 0, during, 0.0, 1 - number / 50)
        for number, during in enumerate(hours)
        if during is not None
    ]
    weigher = Weigher(helsinki, turns, van, SpeedProfile(rules))
    midnight = parse_rfc3339("2026-03-04T00:00:00+02:00")
    day = [weigher.in_force(Instant(midnight + hour * 3_600_000)) for hour in range(24)]
    made.prepare(weigher, day)
    assert len(set(day)) == TOGETHER + 1, "one for hours without a rule"
    assert CountingEngine.together == 1, "of eight; one more is made alone"
    assert CountingEngine.made == TOGETHER + 1
    for now in day:
        costs, ready = weigher.costs(now), made.weights(weigher, Conditions(now))
        assert np.array_equal(ready.arc_ms, weigher.arc_ms(now, costs.duration_ms))
        assert np.array_equal(ready.metric._arc_ms, ready.arc_ms)
    assert CountingEngine.made == TOGETHER + 1, "nothing is made again"


def test_what_several_threads_ask_for_is_made_once():
    kept = Kept[int](9)
    started, made = threading.Barrier(4), []

    def make() -> int:
        made.append(1)
        return kept.get("part", lambda: 7)  # what is made may need another

    def ask() -> None:
        started.wait()
        assert kept.get("whole", make) == 7

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 1


def test_incidents_in_force_are_those_of_the_departure(helsinki, van):
    place = helsinki.addresses()[50].place
    for_an_hour = replace(closed(place), ends_at=Instant(NOON + 3_600_000))
    provider = HierarchyProvider(helsinki, van, (for_an_hour,))
    during, after = (provider._weights(Instant(NOON + ms)) for ms in (3_599_999, 3_600_000))
    assert (during.arc_ms != after.arc_ms).any()
    assert after is provider.with_incidents(())._weights(NOON)

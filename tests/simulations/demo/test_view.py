"""What is shown while the demo runs: lines say everything new once, the picture draws."""

import io

import pytest
from rich.console import Console

from maps.geometry import LocalFrame
from maps.places import LonLat
from maps.units import parse_rfc3339
from simulations.demo.conductor import DispatcherWord
from simulations.demo.view import LINE_S, LineView, LiveView, clock_time
from simulations.demo.watch import Watch
from vehicles.agent import Agent

NOW = parse_rfc3339("2026-03-02T08:00:00+02:00")
ZONE = "Europe/Helsinki"
DEPOT = LonLat(24.94, 60.17)


def a_day():
    watch = Watch(["a", "b"], ["v", "w"], DEPOT)
    agent = Agent("m", "v", LocalFrame(DEPOT, "d"), place=DEPOT, battery_mwh=5, battery_mwh_max=100)
    agent.set_driving(True)
    agent.set_loads(["a"])
    watch.hear_state(agent.state(NOW), NOW)
    watch.hear_event("a", "loaded", NOW, "")
    return watch


def test_clocks_show_the_depots_time():
    assert clock_time(NOW, ZONE) == "08:00:00"


def test_lines_tell_news_once_and_the_counts_now_and_then():
    said: list[str] = []
    view = LineView(ZONE, said.append)
    watch = a_day()
    view.show(NOW, 0.0)
    assert said == []
    view.begin(watch, DispatcherWord(replan_count=3, lag_s_now=2.0), 2)
    watch.note(NOW, "something")
    view.show(NOW, 0.0)
    view.show(NOW, LINE_S / 2)
    watch.note(NOW, "more")
    view.show(NOW, LINE_S)
    assert [line.partition("  ")[2].strip() for line in said] == [
        "something",
        "aboard 1; replans 3, lag 2 s",
        "more",
        "aboard 1; replans 3, lag 2 s",
    ]


def test_the_picture_shows_parcels_vans_news_and_clock():
    screen = io.StringIO()
    view = LiveView(ZONE, Console(file=screen, force_terminal=True, width=100, height=50))
    watch = a_day()
    watch.note(NOW, "a jam somewhere")
    view.begin(watch, DispatcherWord(replan_count=3), 2)
    view.show(NOW, 10.0)
    view.end()
    shown = screen.getvalue()
    for text in (
        "08:00:00",
        "replans 3",
        "aboard",
        "drives",
        "not heard of",
        "a jam somewhere",
        "5 %",
    ):
        assert text in shown


@pytest.mark.parametrize("height", [12, 24, 60])
def test_the_latest_news_are_seen_on_any_terminal(height):
    screen = io.StringIO()
    view = LiveView(ZONE, Console(file=screen, force_terminal=True, width=80, height=height))
    watch = Watch(["a"], [f"v-{number:02}" for number in range(12)], DEPOT)
    for number in range(30):
        watch.note(NOW, f"news {number:02} " + "and so on " * 9)
    view.begin(watch, DispatcherWord(), 1)
    view.show(NOW, 10.0)
    assert "news 29" in screen.getvalue()
    assert ("v-11" in screen.getvalue()) == (height > 12)
    view.end()

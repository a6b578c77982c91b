"""That no van can be planned with is said when it begins, hourly, and when it is over."""

import logging

import pytest

from dispatcher.core.decisions import Report, Solve
from dispatcher.core.settings import PlanSettings
from dispatcher.live.clock import MachineClock
from dispatcher.live.reporting import SAID_S, Reporter
from tests.dispatcher.core.harness import Day, minutes, parcel, setup_of


class Clock(MachineClock):
    now_s = 1000.0

    def seconds(self):
        return self.now_s


@pytest.fixture
def said(caplog):
    caplog.set_level(logging.INFO, "dispatcher.live.reporting")
    return lambda: [vars(one)["name_of"] for one in caplog.records]


def say(reporter, decisions):
    for one in decisions:
        if isinstance(one, Report):
            reporter.report(one)
        elif isinstance(one, Solve):
            reporter.asked(one)


def test_what_lasts_is_said_when_it_begins_once_an_hour_and_when_it_is_over(said):
    day = Day(setup_of(1, settings=PlanSettings(wave_parcels=1, retry_s=300)), connected=False)
    day.announce(parcel(1))
    day.run(minutes(50))
    night = [one for _, _, decided in day.log for one in decided]
    day.vans["van-0"].connect(day.now)
    day.run(minutes(51))
    morning = [one for _, _, decided in day.log for one in decided][len(night) :]
    assert day.names().count("no_van_to_plan_with") > 5, "the core finds it every five minutes"
    clock = Clock()
    reporter = Reporter("dep", clock)
    say(reporter, night)
    assert said() == ["wave_closed", "no_van_to_plan_with"]
    clock.now_s += SAID_S
    say(reporter, night)
    assert said()[2:] == ["wave_closed", "no_van_to_plan_with"], "others are said each time"
    say(reporter, morning)
    assert said()[4:] == ["vans_to_plan_with", "plan_adopted"]
    say(reporter, morning)
    assert said()[6:] == ["plan_adopted"], "it is over already"
    say(reporter, night)
    assert said()[7:] == ["wave_closed", "no_van_to_plan_with"], "the next night is another"

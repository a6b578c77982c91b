"""Day after day: vans get their next shift when one has ended, whatever the clocks do."""

import asyncio
import logging
from dataclasses import replace
from types import SimpleNamespace

import pytest

from dispatcher.core.events import Configured
from dispatcher.core.settings import PlanSettings
from dispatcher.inputs.fleet import ShiftModel
from dispatcher.inputs.shifts import Hours
from dispatcher.live.clock import ClockSettings, WorldClock
from dispatcher.live.rostering import LOOK_S_MAX, Roster
from maps.units import Instant, parse_rfc3339
from tests.dispatcher.core.harness import Day, minutes, parcel, setup_of
from tests.dispatcher.core.toy_city import at
from vehicles.vda5050.dialect import Dialect, Version

DAY_MIN = 24 * 60
NINE_TO_NINE = ShiftModel.model_validate({"from": "09:00", "until": "21:00"})
HOURS = Hours(NINE_TO_NINE, "Europe/Helsinki")  # 09:00 there is T0


class Clock:
    """A machine's clock set by hand; the world's shows the same, but where it is ``ahead_s``."""

    def __init__(self, at: Instant) -> None:
        self.at = at
        self.ahead_s = 0.0

    def unix_s(self) -> float:
        return self.at / 1000 + self.ahead_s

    def boot_s(self) -> float:
        return self.at / 1000

    def seconds(self) -> float:
        return self.at / 1000

    def milliseconds(self) -> int:
        return self.at


class Loop:
    """A depot that takes a setup at once."""

    has_ended = False

    def __init__(self, day: Day) -> None:
        self.day = day
        self.setup = day.setup
        self.setup_count = 0

    @property
    def stepper(self):
        core = self.day.core
        return SimpleNamespace(now=self.day.now, core=core, setup=core.state.setup)

    def set_up(self, setup) -> None:
        self.setup = setup
        self.setup_count += 1
        self.day.send(Configured(setup))


class Depot:
    """A depot's core and vans, and the roster that sets it up, in virtual time."""

    def __init__(self, day: Day, hours: Hours = HOURS) -> None:
        self.day, self.loop, self.clock = day, Loop(day), Clock(day.now)
        by_van = {van.van_id: hours for van in day.setup.vans}
        world = WorldClock(ClockSettings.real(), self.clock)
        self.roster = Roster((day.setup,), by_van, {"dep": self.loop}, world)
        self.roster.look()

    def run(self, until: Instant) -> None:
        """Let time pass, the roster looking when it wants to and at least every minute."""
        while self.day.now < until:
            wait_ms = max(1, round(self.roster.wait_s() * 1000))
            self.day.run(Instant(min(until, self.day.now + wait_ms)))
            self.clock.at = self.day.now
            self.roster.look()


def day_of(vans=1, **settings):
    return Day(setup_of(vans, settings=PlanSettings(wave_parcels=6, wave_age_s=600, **settings)))


def test_on_the_second_day_parcels_are_delivered_as_on_the_first():
    depot = Depot(day_of())
    depot.day.announce(*(parcel(n) for n in range(4)))
    depot.run(minutes(DAY_MIN + 60))
    begin = DAY_MIN + 60
    depot.day.announce(
        *(parcel(f"n{n}", ready=begin, begin=begin, until=begin + 240) for n in range(4))
    )
    depot.run(minutes(begin + 300))
    assert depot.day.statuses() == {"delivered": 8}
    assert depot.loop.setup_count == 1  # when the first day's shift ended, and never else
    depot.day.check_end()


def test_what_is_announced_in_the_evening_leaves_when_the_next_shift_begins():
    depot = Depot(day_of())
    depot.run(minutes(14 * 60))  # 23:00
    depot.day.announce(parcel("n", begin=14 * 60, until=DAY_MIN + 120))
    depot.run(minutes(DAY_MIN - 1))
    van = depot.day.core.state.vans["van-0"]
    assert van.upcoming is not None  # planned before the shift begins
    depot.run(minutes(DAY_MIN + 1))
    assert depot.day.status("n").value == "ordered"
    depot.run(minutes(DAY_MIN + 60))
    assert depot.day.status("n").value == "delivered"


def test_started_in_the_night_a_depot_serves_the_day_that_comes():
    listed = setup_of(1)
    late = Day(listed)
    late.run(minutes(14 * 60))  # as if the dispatcher came up then, set up for the day that is over
    depot = Depot(late)
    assert depot.loop.setup.vans[0].shift_start == minutes(DAY_MIN)
    late.restart()
    late.announce(parcel("n", begin=DAY_MIN + 18, until=DAY_MIN + 120))
    depot.run(minutes(DAY_MIN + 120))
    assert late.status("n").value == "delivered"


def test_a_van_that_is_late_from_its_shift_keeps_its_trip_and_its_next_one_goes_to_others():
    day = day_of(2)
    depot = Depot(day)
    day.announce(*(parcel(n, until=12 * 60 - 5) for n in range(3)))
    depot.run(minutes(11 * 60 + 20))
    day.announce(*(parcel(f"l{n}", begin=0, until=12 * 60 - 2) for n in range(3)))
    for van in day.vans.values():
        van.slowness = 40.0
    depot.run(minutes(12 * 60 + 1))
    assert depot.loop.setup_count == 1
    assert all(van.upcoming is None for van in day.core.state.van_list())
    depot.run(minutes(DAY_MIN + 300))
    assert not day.core.state.live_trips() or day.core.state.live_trips()[0].charging_only
    day.check_end()


@pytest.mark.parametrize("shift", [("09:00", "09:00"), ("20:00", "08:00")])
def test_round_the_clock_and_by_night_all_is_delivered(shift):
    start, until = shift
    hours = Hours(ShiftModel.model_validate({"from": start, "until": until}), "Europe/Helsinki")
    day = day_of()
    depot = Depot(day, hours)
    for number in range(3):
        begin = (11 + 24 * number) * 60 + 30  # 20:30 in Helsinki
        day.announce(parcel(number, ready=begin, begin=begin, until=begin + 200))
    depot.run(minutes(4 * DAY_MIN))
    assert day.statuses() == {"delivered": 3}


def test_by_a_clock_that_is_not_trusted_no_shift_ends():
    depot = Depot(day_of())
    depot.clock.at, depot.clock.ahead_s = minutes(5), 24 * 3600.0
    for _ in range(3):
        depot.roster.look()
        assert depot.roster.wait_s() <= LOOK_S_MAX
    assert depot.loop.setup_count == 0
    depot.clock.at, depot.clock.ahead_s = minutes(13 * 60), 0.0
    depot.roster.look()
    assert depot.loop.setup_count == 1


def test_depots_in_several_zones_each_have_their_own_day():
    setups, loops = [], {}
    here = setup_of(1)
    for depot_id in ("east", "west"):
        van = replace(here.vans[0], van_id=f"{depot_id}-1")
        setup = replace(here, depot=replace(here.depot, depot_id=depot_id), vans=(van,))
        setups.append(setup)
        loops[depot_id] = Loop(Day(setup))
    hours = {"east-1": HOURS, "west-1": Hours(NINE_TO_NINE, "America/New_York")}
    clock = Clock(parse_rfc3339("2026-03-02T21:00:00+02:00"))
    roster = Roster(tuple(setups), hours, loops, WorldClock(ClockSettings.real(), clock))
    roster.look()
    starts = {key: loop.setup.vans[0].shift_start for key, loop in loops.items()}
    assert starts["east"] == parse_rfc3339("2026-03-03T09:00:00+02:00")
    assert starts["west"] == parse_rfc3339("2026-03-02T09:00:00-05:00")
    clock.at = parse_rfc3339("2026-03-02T21:00:00-05:00")
    roster.look()
    assert (loops["east"].setup_count, loops["west"].setup_count) == (1, 2)


def test_that_no_shift_is_ahead_is_said_once(caplog):
    caplog.set_level(logging.INFO, "dispatcher.live.rostering")
    setup = setup_of(0)
    loop, clock = Loop(Day(setup)), Clock(minutes(0))
    roster = Roster((setup,), {}, {"dep": loop}, WorldClock(ClockSettings.real(), clock))
    for _ in range(3):
        roster.look()
    assert [record.message for record in caplog.records] == ["no_shift_ahead"]
    assert loop.setup_count == 0


# Vans that leave


def day_under_way(hours_from_now=14.0):
    """Return a day of two vans; one of them is on its way with parcels aboard."""
    day = day_of(2)
    day.announce(*(parcel(n, at(2_000 * (n % 3 + 1), 1_500 * (n // 3 + 1))) for n in range(8)))
    day.run(minutes(hours_from_now))
    (van_id,) = [van.van_id for van in day.core.state.van_list() if van.trip_id is not None][:1]
    assert "aboard" in day.statuses()
    return day, van_id


def trip_of(day, van_id):
    return [entry for entry in day.core.state.book.entries() if entry.van_id == van_id]


def without(setup, van_id):
    return replace(setup, vans=tuple(van for van in setup.vans if van.van_id != van_id))


def roster_of(day, listed, clock, hours=HOURS):
    """Start a dispatcher anew on a changed fleet file."""
    loop = Loop(day)
    by_van = {f"van-{n}": hours for n in range(2)}
    loop.setup = listed
    roster = Roster((listed,), by_van, {"dep": loop}, WorldClock(ClockSettings.real(), clock))
    assert roster.look()
    day.restart()
    return roster, loop


def test_a_van_that_is_taken_out_of_the_fleet_brings_its_parcels_first(caplog):
    caplog.set_level(logging.INFO, "dispatcher.live.rostering")
    day, van_id = day_under_way()
    clock = Clock(day.now)
    roster, loop = roster_of(day, without(day.setup, van_id), clock)
    assert van_id in [van.van_id for van in loop.setup.vans]
    day.announce(*(parcel(f"n{n}", ready=20, until=300) for n in range(8)))
    trips_count = day.core.state.vans[van_id].trips_count
    while day.now < minutes(300):
        day.run(Instant(day.now + round(roster.wait_s() * 1000)))
        clock.at = day.now
        roster.look()
    assert day.statuses() == {"delivered": 16}
    assert van_id not in [van.van_id for van in loop.setup.vans]
    van = day.core.state.vans[van_id]
    assert (van.trips_count, van.known) == (trips_count, False)
    said = [record.message for record in caplog.records if record.message.startswith("van_")]
    assert said == ["van_leaves_when_empty", "van_has_left"]
    assert [r.van_id for r in caplog.records if r.message == "van_leaves_when_empty"] == [van_id]


def test_a_van_that_is_taken_out_speaks_as_it_did_until_it_is_empty():
    day = day_of(2)
    newer = Dialect(Version.V3_0, load_type="EPAL")
    vans = tuple(replace(van, dialect=newer) for van in day.setup.vans)
    day = Day(replace(day.setup, vans=vans))
    day.announce(*(parcel(n) for n in range(8)))
    day.run(minutes(14.0))
    (van_id,) = [van.van_id for van in day.core.state.van_list() if van.trip_id is not None][:1]
    _, loop = roster_of(day, without(day.setup, van_id), Clock(day.now))
    (kept,) = [van for van in loop.setup.vans if van.van_id == van_id]
    assert kept.is_retired
    assert kept.dialect == newer


def test_a_van_that_does_nothing_leaves_at_once():
    day = day_of(2)
    day.run(minutes(1))
    loop, clock = Loop(day), Clock(day.now)
    listed = without(day.setup, "van-1")
    loop.setup = listed
    roster = Roster(
        (listed,), {"van-0": HOURS}, {"dep": loop}, WorldClock(ClockSettings.real(), clock)
    )
    assert not roster.look()
    assert loop.setup.vans == listed.vans


def test_a_van_that_moves_to_another_depot_stays_with_the_old_one_until_it_is_empty():
    day, van_id = day_under_way()
    van = next(van for van in day.setup.vans if van.van_id == van_id)
    old = without(day.setup, van_id)
    new = replace(old, depot=replace(old.depot, depot_id="new"), vans=(van,))
    loops = {"dep": Loop(day), "new": Loop(Day(replace(new, vans=old.vans[:0])))}
    loops["dep"].setup, loops["new"].setup = old, new
    clock = Clock(day.now)
    hours = {"van-0": HOURS, "van-1": HOURS}
    roster = Roster((old, new), hours, loops, WorldClock(ClockSettings.real(), clock))
    assert roster.look()
    assert van_id in [one.van_id for one in loops["dep"].setup.vans]
    assert not loops["new"].setup.vans
    while not loops["new"].setup.vans and day.now < minutes(300):
        day.run(Instant(day.now + round(roster.wait_s() * 1000)))
        clock.at = day.now
        roster.look()
    assert not day.core.state.vans[van_id].trip_id
    assert "aboard" not in [entry.status.value for entry in trip_of(day, van_id)]
    assert [one.van_id for one in loops["new"].setup.vans] == [van_id]
    assert not loops["new"].setup.vans[0].is_retired
    assert van_id not in [one.van_id for one in loops["dep"].setup.vans]


def test_a_depot_that_has_ended_is_let_be_and_keeps_its_vans():
    day, van_id = day_under_way()
    clock = Clock(day.now)
    roster, loop = roster_of(day, without(day.setup, van_id), clock)
    day.drain()
    loop.has_ended, setups = True, loop.setup_count
    clock.at = minutes(2 * DAY_MIN)
    assert not roster.look()
    assert loop.setup_count == setups
    loop.has_ended = False
    assert roster.look()


async def test_who_has_a_van_now_is_passed_what_is_retained_of_it():
    day, van_id = day_under_way()
    clock = Clock(day.now)
    roster, loop = roster_of(day, without(day.setup, van_id), clock)
    switch = Switch(loop)
    running = asyncio.create_task(roster.run(switch))
    roster.wait_s = lambda: 0.001
    day.drain()
    async with asyncio.timeout(60):
        while not switch.again:  # noqa: ASYNC110 - nothing says when
            await asyncio.sleep(0.001)
    running.cancel()
    assert switch.again == ["topic"]


class Switch:
    """Remembers what was asked for again, once depots are set up."""

    def __init__(self, loop) -> None:
        self.loop = loop
        self.again: list[str] = []

    def reroute(self):
        return ("topic",)

    async def hear_again(self, topics):
        assert self.loop.stepper.setup == self.loop.setup
        self.again += topics

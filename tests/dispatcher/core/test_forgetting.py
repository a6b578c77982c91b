"""What ended long ago is forgotten, by instants of events alone, and nothing else changes by it."""

from dataclasses import replace

import pytest

from dispatcher.core.agenda import Agenda
from dispatcher.core.decisions import Accept, Publish, Reject
from dispatcher.core.dispatch import Dispatch
from dispatcher.core.events import (
    AnnouncementRefused,
    CancelAsked,
    Configured,
    ParcelAnnounced,
    RoadsChanged,
    Tick,
)
from dispatcher.core.forgetting import FORGOTTEN_MAX
from dispatcher.core.parcels import ParcelStatus
from dispatcher.core.settings import PlanSettings
from dispatcher.journal.packing import pack
from maps.incidents import Incident
from maps.units import Instant, Seconds, later
from tests.dispatcher.core.harness import T0, Day, minutes, parcel, setup_of
from tests.dispatcher.core.toy_city import at
from vehicles.facts import VanLost

YEAR_S = Seconds(366 * 86_400)


def settings(keep_ended_s: int = 3600, **others) -> PlanSettings:
    return PlanSettings(
        **{"wave_parcels": 2, "wave_age_s": 300, "retry_s": 300, **others},
        keep_ended_s=keep_ended_s,
    )


def long_day(keep_ended_s: int = 3600, **others) -> Day:
    """Return a day whose vans' shift lasts a year."""
    setup = setup_of(2, settings=settings(keep_ended_s, **others))
    vans = tuple(replace(van, shift_end=later(T0, YEAR_S)) for van in setup.vans)
    return Day(replace(setup, vans=vans))


def live(day: Day, days: int, *, gap: float = 240) -> list[int]:
    """Let a few parcels come every four hours; return how much is known after each time."""
    sizes = []
    for turn in range(days * 6):
        begin = (day.now - T0) / 60_000
        day.announce(
            *(
                parcel(f"{turn}-{n}", at(700 * n - 900, 400), until=begin + 120, ready=begin)
                for n in range(4)
            ),
            parcel(f"{turn}-late", until=begin - 1),  # rejected
        )
        day.send(AnnouncementRefused(f"x-{turn}", ("mass_kg is missing",)))
        day.send(CancelAsked(f"p-{turn}-3", "not needed"))
        ends_at = minutes(begin + 30)
        day.send(RoadsChanged(Incident(f"inc-{turn}", (at(300, 100),), 500, 0.3, day.now, ends_at)))
        day.run(minutes(begin + gap))
        sizes.append(len(pack(day.core)))
    return sizes


def test_what_is_known_stays_bounded_however_long_it_lasts():
    day = long_day()
    sizes = live(day, days=8)
    state = day.core.state
    assert state.book.forgotten_count > 250
    assert max(sizes[24:]) <= 1.2 * max(sizes[:24])
    assert max(len(state.book), len(state.trips)) < 20
    assert max(len(state.incidents), len(state.replans)) < 20
    assert len(state.book.refused) <= 2


def test_nothing_else_is_decided_whether_it_is_forgotten_or_not():
    day = long_day()
    live(day, days=2)
    assert day.core.state.book.forgotten_count > 40
    keeping = Dispatch()
    for now, event, decisions in day.log:
        told = event
        if isinstance(event, Configured):
            told = Configured(replace(event.setup, settings=settings(0)))
        assert keeping.handle(told, now) == decisions
    assert keeping.state.book.forgotten_count == 0
    assert keeping.next_wakeup() == day.core.next_wakeup()


def test_at_the_instant_it_is_gone_and_its_id_is_a_new_parcels():
    day = long_day()
    day.announce(parcel(1, until=60))
    day.send(CancelAsked("p-1", "no"))
    day.run(Instant(minutes(60) - 1))
    day.send(Tick())
    assert day.status(1) is ParcelStatus.CANCELLED
    day.run(minutes(60))
    day.send(Tick())
    assert "p-1" not in day.core.state.book
    (said,) = day.send(CancelAsked("p-1", "no"))
    assert isinstance(said, Reject)
    assert "forgotten" in said.reasons[0]
    accepted, told = day.send(ParcelAnnounced(parcel(1, begin=90, until=200)))
    assert accepted == Accept("p-1")
    assert isinstance(told, Publish)
    assert (told.number, told.kind) == (1, "accepted")


def test_what_was_refused_and_is_mended_is_a_parcel_of_its_own():
    day = long_day()
    day.send(AnnouncementRefused("p-1", ("mass_kg is missing",)))
    day.announce(parcel(1, begin=180, until=400, ready=180))
    day.run(minutes(61))
    day.send(Tick())
    assert day.status(1) is ParcelStatus.WAITING


def test_zero_keeps_all():
    day = long_day(keep_ended_s=0)
    live(day, days=1)
    assert day.core.state.book.forgotten_count == 0
    assert len(day.core.state.book) == 6 * 5


def test_what_a_lost_van_may_have_aboard_is_known_as_long_as_that_is_so():
    day = long_day()
    day.announce(parcel(1, at(3000, 0)), parcel(2, at(3500, 0)))
    while day.status(1) is not ParcelStatus.DELIVERED:
        day.run(later(day.now, Seconds(60)))
    assert day.status(2) is ParcelStatus.ABOARD
    (trip,) = [one for one in day.core.state.live_trips() if "p-1" in one.parcel_ids]
    van = day.vans[trip.van_id]
    van.disconnect(day.now)
    day.run(later(day.now, Seconds(2 * 86_400)))
    assert day.core.state.trips[trip.trip_id].status.value == "underway"
    assert day.status(1) is ParcelStatus.DELIVERED, "its trip names it still"
    van.connect(day.now)
    day.drain()
    day.run(later(day.now, Seconds(3 * 3600)))
    day.send(Tick())
    day.run(later(day.now, Seconds(3 * 3600)))
    day.send(Tick())
    assert len(day.core.state.book) == 0
    assert not day.core.state.trips


def test_an_open_question_keeps_what_it_may_name():
    day = long_day()
    day.latency_s = 10 * 3600
    day.announce(parcel(1, until=60), parcel(2, until=60))
    day.run(minutes(10))
    assert day.core.state.solves
    day.run(minutes(9 * 60))
    assert day.status(1) is ParcelStatus.UNSERVED
    day.run(minutes(11 * 60))
    day.send(Tick())
    assert "p-1" not in day.core.state.book


def test_one_event_forgets_no_more_than_its_share():
    day = long_day(keep_ended_s=0)
    for n in range(3 * FORGOTTEN_MAX):
        day.send(AnnouncementRefused(f"x-{n}", ("mass_kg is missing",)))
    day.now = minutes(61)
    day.setup = replace(day.setup, settings=settings(3600))
    day.send(Configured(day.setup))
    counts = []
    for _ in range(4):
        day.send(VanLost("van-0", day.now, "OFFLINE"))
        counts.append(len(day.core.state.book.refused))
    assert counts == [2 * FORGOTTEN_MAX, FORGOTTEN_MAX, 0, 0]


@pytest.mark.parametrize("count_max", [1, 2, 5])
def test_an_agenda_gives_its_earliest_first_a_few_at_a_time(count_max):
    agenda = Agenda()
    for number in (3, 1, 2):
        agenda.put(f"k{number}", Instant(number))
    agenda.put("k3", Instant(30))
    found = []
    while some := agenda.take_due(Instant(10), count_max):
        assert len(some) <= count_max
        found += some
    assert found == ["k1", "k2"]
    assert agenda.sorted_keys() == ["k3"]

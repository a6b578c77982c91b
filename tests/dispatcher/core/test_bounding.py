import pytest

from dispatcher.core import bounding
from dispatcher.core.batching import EXTRA_PARCEL_S
from dispatcher.core.book import ParcelEntry
from dispatcher.core.bounding import HOP_S, PARCELS_MAX, REACH
from dispatcher.core.parcels import ParcelStatus
from dispatcher.core.requests import VanOffer
from dispatcher.core.settings import PlanSettings
from maps.units import Seconds, later
from tests.dispatcher.core.harness import DEPOT, SPEC, T0, Day, minutes, parcel, setup_of
from tests.dispatcher.core.toy_city import at

OUT_S = Seconds(3_600)
VAN = VanOffer("van-0", SPEC, DEPOT.place, T0, DEPOT.place, later(T0, OUT_S), 16_000_000)


def waiting(name, *, reason="", van_id=None, **more):
    one = parcel(name, **more)
    return ParcelEntry(one, ParcelStatus.WAITING, T0, reason=reason, van_id=van_id)


def asked(entries, vans=(VAN,)):
    return [entry.parcel.parcel_id for entry in bounding.askable(entries, vans)]


@pytest.mark.parametrize(
    ("count", "more"),
    [
        (REACH * 10, {"mass_g": 10_000}),  # of which a van holds ten
        (REACH * OUT_S // (60 + HOP_S), {}),  # each is a minute's service
        (1 + (REACH * OUT_S - 60 - HOP_S) // EXTRA_PARCEL_S, {"consignee": "one", "mass_g": 1}),
    ],
)
def test_a_question_is_about_some_times_what_its_vans_can_take(count, more):
    some = [waiting(f"{n:05}", **more) for n in range(count + 9)]
    assert len(asked(some)) == count
    assert len(asked(some, (VAN, VAN))) == count + 9


def test_no_question_is_about_more_than_so_many_parcels():
    some = [waiting(n, mass_g=1) for n in range(PARCELS_MAX + 1)]
    assert len(asked(some, (VAN,) * 1_000)) == PARCELS_MAX
    planned = [waiting(f"next-{n}", mass_g=1, van_id="van-0") for n in range(9)]
    assert len(asked([*some, *planned], (VAN,) * 1_000)) == PARCELS_MAX + 9, "they keep nobody out"


def test_the_most_urgent_come_first_and_what_is_planned_before_them():
    some = [waiting(n, until=200 - n, mass_g=10_000) for n in range(100)]
    some[0] = waiting(0, until=200, mass_g=10_000, van_id="van-0")
    assert asked(some) == ["p-0", *(f"p-{n}" for n in range(99, 100 - REACH * 10, -1))]


def test_what_was_left_out_before_takes_turns_with_what_was_not():
    some = [waiting(n, until=100 + n, mass_g=10_000, reason="window") for n in range(100)]
    some += [waiting(n, until=100 + n, mass_g=10_000) for n in range(100, 200)]
    assert sorted(int(name[2:]) // 100 for name in asked(some)) == [0] * (5 * REACH) + [1] * (
        5 * REACH
    )


def test_what_no_van_can_take_hears_why_and_takes_nobodys_place():
    heavy = [waiting(f"heavy-{n}", until=60, mass_g=10**6) for n in range(50)]
    small = [waiting(n, until=100, mass_g=10_000) for n in range(REACH * 10)]
    too_early = [waiting("early", begin=61, until=90)]
    assert set(asked([*heavy, *small])) == {e.parcel.parcel_id for e in (*heavy, *small)}
    assert asked([*too_early, *small[1:]])[-1] == "p-early"
    assert "p-early" not in asked([*too_early, *small])


def test_a_large_batch_is_planned_in_questions_that_can_be_answered(monkeypatch):
    monkeypatch.setattr(bounding, "REACH", 1)
    day = Day(setup_of(2, settings=PlanSettings(wave_parcels=10, retry_s=300)))
    day.announce(*(parcel(n, at(500 + n, 300), mass_g=10_000) for n in range(70)))
    day.drain()
    day.check_end()
    asked_of = [sum(len(stop.parcel_ids) for stop in s.request.stops) for s in day.solves]
    assert max(asked_of) == 2 * 10, "two vans hold so many"
    assert day.statuses()["delivered"] == 70


def test_what_a_question_had_no_place_for_is_asked_about_at_once(monkeypatch):
    monkeypatch.setattr(bounding, "PARCELS_MAX", 4)
    day = Day(setup_of(4, settings=PlanSettings(wave_parcels=8, retry_s=3_600)))
    day.announce(*(parcel(n, at(500, 10 * n), mass_g=25_000) for n in range(8)))
    day.run(minutes(4))
    assert [len(solve.request.stops) for solve in day.solves] == [4, 4]
    assert all(entry.van_id is not None for entry in day.core.state.book.entries())

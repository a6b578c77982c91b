from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatcher.core.batching import (
    EXTRA_PARCEL_S,
    Room,
    bundle,
    gathering,
    ready_by,
    wave_closing,
)
from dispatcher.core.book import ParcelBook, ParcelEntry
from dispatcher.core.parcels import ParcelStatus
from dispatcher.core.policies.registry import BATCHING
from dispatcher.core.policies.rules import Gathering
from dispatcher.core.settings import PlanSettings
from dispatcher.core.state import FAR_FUTURE
from maps.units import Instant
from tests.dispatcher.core.harness import T0, Day, minutes, parcel, setup_of
from tests.dispatcher.core.toy_city import at

SETTINGS = PlanSettings(wave_parcels=3, wave_age_s=600, wave_due_slack_s=3600, plan_latency_s=60)
SMALL, LARGE = Room(10_000, 5_000, (0, 0, 0, 0)), Room(30_000, 50_000, (0, 0, 0, 0))
CABINET = Room(30_000, 50_000, (2, 1, 1, 0))


def entry(one) -> ParcelEntry:
    return ParcelEntry(one, ParcelStatus.WAITING, T0)


@pytest.mark.parametrize(
    ("gathered", "now", "is_closed"),
    [
        ((2, T0, minutes(900)), T0, False),
        ((3, T0, minutes(900)), T0, True),
        ((1, T0, minutes(900)), Instant(minutes(10) - 1), False),
        ((1, T0, minutes(900)), minutes(10), True),
        ((1, minutes(100), minutes(180)), Instant(minutes(120) - 1), True),
        ((1, minutes(115), minutes(180)), Instant(minutes(120) - 1), False),
        ((1, minutes(115), minutes(180)), minutes(120), True),
    ],
)
def test_a_wave_closes_by_size_by_age_and_when_one_is_due_soon(gathered, now, is_closed):
    count, oldest_at, due_at = gathered
    gathered = Gathering(count, oldest_at, due_at, FAR_FUTURE)
    assert (now >= wave_closing(gathered, SETTINGS).at) == is_closed


@pytest.mark.parametrize("batching", BATCHING)
@pytest.mark.parametrize("count", [1, 3])
def test_no_policy_waits_beyond_the_last_call_for_one_that_is_ready_a_moment_later(batching, count):
    ready_at = Instant(minutes(120) + 30_000)
    gathered = Gathering(count, ready_at, minutes(180), FAR_FUTURE)
    assert wave_closing(gathered, replace(SETTINGS, batching=batching)).at <= minutes(120)


@pytest.mark.parametrize("batching", BATCHING)
def test_parcels_ready_at_their_last_call_are_planned_when_a_plan_can_have_them(batching):
    settings = replace(SETTINGS, batching=batching)
    day = Day(setup_of(1, settings=settings))
    day.announce(*(parcel(n, ready=30, until=85) for n in range(3)))
    day.run(minutes(29))  # the watch holds it to that
    assert len(day.solves) == 1


@pytest.mark.parametrize(("early_ms", "count"), [(1, 0), (0, 1)])
def test_a_parcel_is_gathered_once_a_plan_made_now_could_take_it(early_ms, count):
    book = ParcelBook()
    book.add(parcel(1, ready=31), T0)
    now = Instant(minutes(30) - early_ms)
    book.gather(ready_by(now, SETTINGS))
    found = gathering(book, FAR_FUTURE)
    assert (found.count if found else 0) == count


parcels = st.lists(
    st.builds(
        lambda n, who, mass, begin, width: replace(
            parcel(n, at(100 * who, 0), begin=begin, until=begin + width, mass_g=mass),
            consignee_id=f"c-{who}",
        ),
        st.integers(0, 10**6),
        st.integers(0, 1),
        st.sampled_from([1_000, 5_000, 10_000, 10_001, 40_000]),
        st.sampled_from([0, 60, 61]),
        st.sampled_from([0, 60]),
    ),
    unique_by=lambda one: one.parcel_id,
    max_size=12,
)


@given(parcels)
def test_bundling_loses_no_parcel_and_joins_only_what_goes_together(found):
    stops = bundle(map(entry, found), rooms=(SMALL, LARGE), unserved_price=100)
    ids = [parcel_id for stop in stops for parcel_id in stop.parcel_ids]
    assert sorted(ids) == sorted(one.parcel_id for one in found)
    assert len({stop.stop_id for stop in stops}) == len(stops)
    by_id = {one.parcel_id: one for one in found}
    for stop in stops:
        inside = [by_id[parcel_id] for parcel_id in stop.parcel_ids]
        assert len({(one.consignee_id, one.place) for one in inside}) == 1
        assert stop.window_begin == max(one.due_from for one in inside)
        assert stop.window_end == min(one.due_until for one in inside)
        assert stop.window_begin <= stop.window_end
        assert stop.mass_g == sum(one.mass_g for one in inside)
        assert len(inside) == 1 or LARGE.holds(stop.mass_g, stop.volume_ml, stop.lockers)


def test_parcels_of_one_door_travel_together_and_the_stay_grows():
    two = [parcel(n, consignee="one") for n in (1, 2)]
    (stop,) = bundle(map(entry, two), rooms=(LARGE,), unserved_price=100)
    assert stop.parcel_ids == ("p-1", "p-2")
    assert stop.service_s == 60 + EXTRA_PARCEL_S
    assert stop.unserved_price == 200


def test_a_bundle_fits_one_van_and_not_only_the_best_of_two():
    heavy, bulky = Room(30_000, 1_000, (0, 0, 0, 0)), Room(1_000, 30_000, (0, 0, 0, 0))
    two = [parcel(n, consignee="one", mass_g=1_000) for n in (1, 2)]  # 2 kg and 2 l together
    assert len(bundle(map(entry, two), rooms=(heavy, bulky), unserved_price=1)) == 2


@pytest.mark.parametrize(
    ("sizes", "fits"),
    [
        (("s", "s", "s", "s"), True),  # two lie in larger ones
        (("s", "s", "s", "s", "s"), False),
        (("l", "m"), True),
        (("l", "l"), False),
        (("xl",), False),
        (("none",) * 6, True),
    ],
)
def test_a_parcel_may_lie_in_a_larger_locker_never_in_a_smaller(sizes, fits):
    lockers = tuple(sizes.count(size) for size in ("s", "m", "l", "xl"))
    assert CABINET.holds(1, 1, lockers) == fits
    assert LARGE.holds(1, 1, lockers), "a van without lockers carries them loose"

"""Parcels in the wrong van: where they are believed to be, and when they are anyone's again."""

import pytest

from dispatcher.core.decisions import ConfirmCancel, Publish, Reject
from dispatcher.core.events import CancelAsked, TripLoaded
from dispatcher.core.parcels import LOADED_WRONGLY, ParcelStatus
from dispatcher.core.settings import PlanSettings
from tests.dispatcher.core.harness import SPEC, Day, day_with_trip, minutes, parcel, setup_of
from tests.dispatcher.core.toy_city import at
from vehicles.facts import ActionEnded, TripCancelled


def live_trip(day: Day, van_id: str = "van-0"):
    trip_id = day.core.state.vans[van_id].trip_id
    assert trip_id is not None
    return day.core.state.trips[trip_id]


def test_a_parcel_put_into_the_wrong_van_rides_home_and_goes_out_again():
    day = day_with_trip()
    day.announce(parcel(9, at(0, 900)))
    trip = live_trip(day)
    day.send(TripLoaded(trip.trip_id, (*trip.parcel_ids, "p-9", "p-unheard-of")))
    entry = day.core.state.book["p-9"]
    assert (entry.status, entry.van_id, entry.trip_id) == (ParcelStatus.RETURNING, "van-0", None)
    assert (entry.reason, day.core.state.vans["van-0"].stranded) == (LOADED_WRONGLY, ("p-9",))
    assert not day.core.state.book.is_waiting("p-9")
    day.drain()
    day.check_end()
    assert day.statuses() == {"delivered": 5}
    assert told_of(day, "p-9")[-1] == "delivered"
    assert day.core.state.book["p-9"].trip_id != trip.trip_id


def day_with_two_trips() -> Day:
    """Return a day on which two vans have just been told a trip each."""
    day = Day(setup_of(2, settings=PlanSettings(wave_parcels=2, retry_s=300)))
    half = SPEC.payload_g // 2 + 1
    day.announce(parcel(0, mass_g=half), parcel(1, at(-1_000, 0), mass_g=half))
    day.run(minutes(2))
    return day


def test_a_parcel_of_another_trip_is_taken_out_of_it():
    day = day_with_two_trips()
    first, second = live_trip(day), live_trip(day, "van-1")
    (wrong,) = second.parcel_ids
    day.vans["van-1"].unloadable.add(wrong)  # it is in the other van
    day.send(TripLoaded(first.trip_id, (*first.parcel_ids, wrong)))
    assert day.core.state.book[wrong].status is ParcelStatus.RETURNING
    day.run(minutes(8))
    day.vans["van-1"].unloadable.clear()
    day.drain()
    day.check_end()
    assert day.statuses() == {"delivered": 2}
    assert "loaded_twice" not in day.names()


def told_of(day: Day, parcel_id: str) -> tuple[str, ...]:
    return day.core.state.book[parcel_id].told


class Misloaded:
    """A day whose first van has what the second is still to load; no van moves by itself."""

    def __init__(self) -> None:
        self.day = Day(setup_of(4, settings=PlanSettings(wave_parcels=3, retry_s=300)))
        half, places = SPEC.payload_g // 2 + 1, (at(500, 0), at(-1_000, 0), at(0, -1_000))
        self.day.announce(*(parcel(n, place, mass_g=half) for n, place in enumerate(places)))
        self.day.run(minutes(2))
        self.state = self.day.core.state
        self.wrong, self.meant, self.third = self.state.live_trips()
        (self.parcel_id,) = self.meant.parcel_ids
        for trip in (self.wrong, self.meant, self.third):
            self.day.vans[trip.van_id].stick(self.day.now)
            self.day.vans[trip.van_id].told.clear()
        self.put_into(self.wrong)

    @property
    def entry(self):
        return self.state.book[self.parcel_id]

    @property
    def place(self) -> tuple[ParcelStatus, str | None, str | None]:
        return self.entry.status, self.entry.van_id, self.entry.trip_id

    def put_into(self, trip) -> None:
        self.day.send(TripLoaded(trip.trip_id, (*trip.parcel_ids, self.parcel_id)))

    def end(self, trip) -> None:
        """Let a van give its trip up where it stands: it hands in what it has, if at home."""
        van = self.day.vans[trip.van_id]
        van.lose_memory(self.day.now)
        van.told.clear()
        self.day.send(TripCancelled(trip.van_id, self.day.now, trip.trip_id))

    def load(self, done: bool = True) -> None:
        self._ended("pick", done)

    def hand_over(self, done: bool = True) -> None:
        self._ended("drop", done)

    def _ended(self, kind: str, done: bool) -> None:
        action_id = f"{self.meant.trip_id}/{kind}/{self.parcel_id}"
        van_id = self.meant.van_id
        self.day.send(ActionEnded(van_id, self.day.now, self.meant.trip_id, action_id, done, ""))

    def stranded(self) -> list[str]:
        return [van.van_id for van in self.state.van_list() if self.parcel_id in van.stranded]

    def finish(self) -> None:
        for trip in (self.wrong, self.meant, self.third):
            van = self.day.vans[trip.van_id]
            if self.state.vans[trip.van_id].trip_id == trip.trip_id:
                self.end(trip)
            van.stuck = False
        self.day.drain()
        self.day.check_end()


WAITS = (ParcelStatus.WAITING, None, None)


@pytest.fixture
def mis() -> Misloaded:
    return Misloaded()


def test_a_parcel_that_is_back_is_kept_for_the_van_that_may_still_load_it(mis):
    mis.end(mis.wrong)
    kept = (ParcelStatus.RETURNING, mis.meant.van_id, mis.meant.trip_id)
    assert (mis.place, mis.stranded()) == (kept, [])
    assert "kept_for_trip" in mis.day.names()
    mis.load()
    assert mis.place == kept, "it rides with that van now"
    mis.end(mis.meant)
    assert mis.place == WAITS


def test_a_parcel_that_is_back_waits_once_its_van_says_that_it_has_it_not(mis):
    mis.end(mis.wrong)
    mis.load(done=False)
    assert (mis.place, mis.entry.reason) == (WAITS, "")


def test_a_parcel_that_its_van_did_not_find_waits_as_soon_as_it_is_back(mis):
    mis.load(done=False)
    assert mis.stranded() == [mis.wrong.van_id]
    mis.end(mis.wrong)
    assert mis.place == WAITS


def test_a_parcel_that_two_vans_are_said_to_have_is_back_when_both_are(mis):
    mis.load()
    assert "loaded_twice" in mis.day.names()
    assert mis.stranded() == [mis.wrong.van_id]
    mis.end(mis.wrong)
    assert mis.place == (ParcelStatus.RETURNING, mis.meant.van_id, mis.meant.trip_id)
    mis.end(mis.meant)
    assert mis.place == WAITS


def test_late_words_of_the_van_that_had_it_before_do_not_free_it(mis):
    mis.load()
    mis.end(mis.meant)
    assert mis.stranded() == [mis.wrong.van_id]
    mis.end(mis.wrong)
    assert mis.place == WAITS


def test_a_van_that_gives_up_on_the_road_brings_home_what_it_says_to_have(mis):
    mis.load()
    far = mis.meant.nodes[1].node.place
    mis.state.change_van(mis.meant.van_id, place=far)
    mis.end(mis.meant)
    assert mis.stranded() == [mis.meant.van_id]
    mis.end(mis.wrong)
    assert mis.stranded() == [mis.meant.van_id]


def test_what_a_van_handed_over_is_delivered_whatever_was_said_before(mis):
    mis.hand_over()
    assert mis.place == (ParcelStatus.DELIVERED, mis.meant.van_id, mis.meant.trip_id)
    assert mis.entry.told[-2:] == ("loaded", "delivered")
    assert mis.stranded() == []


@pytest.mark.parametrize("back", [False, True])
def test_a_parcel_put_into_a_third_van_is_in_that_one(mis, back):
    if back:
        mis.end(mis.wrong)
    mis.put_into(mis.third)
    assert mis.stranded() == [mis.third.van_id]
    mis.load(done=False)
    assert mis.stranded() == [mis.third.van_id]
    mis.put_into(mis.third)  # said twice
    mis.end(mis.third)
    assert mis.place == WAITS


def test_a_vans_own_word_outranks_a_third_mistake(mis):
    mis.end(mis.wrong)
    mis.load()
    mis.put_into(mis.third)
    assert (mis.entry.van_id, mis.stranded()) == (mis.meant.van_id, [])


@pytest.mark.parametrize("is_kept", [True, False])
def test_a_parcel_that_its_own_van_may_hand_over_any_moment_is_not_taken_back(mis, is_kept):
    if is_kept:
        mis.end(mis.wrong)
    asked = CancelAsked(mis.parcel_id, "not wanted")
    assert isinstance(mis.day.send(asked)[0], Reject)
    assert mis.place[0] is ParcelStatus.RETURNING
    mis.load(done=False)
    assert isinstance(mis.day.send(asked)[0], ConfirmCancel)


def test_a_parcel_that_rode_with_its_own_van_after_all_is_told_as_loaded_once_delivered(mis):
    mis.end(mis.wrong)
    mis.load()
    mis.finish()
    words = (one for _, _, told in mis.day.log for one in told if isinstance(one, Publish))
    loaded = [w.detail for w in words if (w.parcel_id, w.kind) == (mis.parcel_id, "loaded")]
    assert mis.entry.status is ParcelStatus.DELIVERED
    assert loaded == [mis.entry.trip_id]
    assert mis.entry.trip_id != mis.meant.trip_id


def test_what_is_aboard_or_at_its_end_is_not_believed_to_be_in_another_van():
    day = day_with_two_trips()
    day.run(minutes(7))
    first, second = live_trip(day), live_trip(day, "van-1")
    aboard = second.parcel_ids[0]
    assert day.core.state.book[aboard].status is ParcelStatus.ABOARD
    day.send(TripLoaded(first.trip_id, (*first.parcel_ids, aboard)))
    assert day.core.state.book[aboard].status is ParcelStatus.ABOARD
    day.drain()
    assert day.statuses() == {"delivered": 2}
    day.announce(parcel(2))
    day.send(TripLoaded(first.trip_id, ("p-2",)))
    assert day.core.state.book["p-2"].status is ParcelStatus.WAITING, "that trip is over"


def test_a_parcel_cancelled_in_the_wrong_van_stays_when_it_is_back():
    day = day_with_trip()
    day.announce(parcel(9))
    trip = live_trip(day)
    day.send(TripLoaded(trip.trip_id, (*trip.parcel_ids, "p-9")))
    day.send(CancelAsked("p-9", "not wanted"))
    day.drain()
    day.check_end()
    assert day.core.state.book["p-9"].status is ParcelStatus.RETURNED
    assert told_of(day, "p-9")[-2:] == ("cancelled", "returned")

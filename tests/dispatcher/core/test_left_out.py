"""What a loading report leaves out: others bring it, and nobody hands over what is not there."""

import pytest

from dispatcher.core.events import CancelAsked, TripLoaded, TripWithdrawn
from dispatcher.core.model import Trip, TripStatus
from dispatcher.core.parcels import LEFT_OUT, ParcelStatus
from dispatcher.core.settings import PlanSettings
from maps.units import Seconds, later
from tests.dispatcher.core.harness import Day, minutes, parcel, setup_of
from tests.dispatcher.core.toy_city import at
from vehicles.facts import VanLost

EAGER = PlanSettings(wave_parcels=3, wave_due_slack_s=0, retry_s=300)


class Loading:
    """A day on which three parcels are to be loaded into a van; their stop is not released yet."""

    def __init__(self, *, vans: int = 2, blind: bool = False, gone: str = "p-1") -> None:
        self.day = day = Day(setup_of(vans, settings=EAGER))
        for van in day.vans.values():
            van.unloadable.add(gone)
        day.announce(*(parcel(n, at(4_000, 0), consignee="one") for n in range(3)))
        day.run(minutes(1))
        (self.trip_id,) = day.core.state.live
        self.gone = gone
        self.van = day.vans[self.trip.van_id]
        if blind:
            self.van.unloadable.clear()
            day.run(minutes(6))  # all is loaded by what the van says
            assert self.entry(gone).status is ParcelStatus.ABOARD

    @property
    def trip(self) -> Trip:
        return self.day.core.state.trips[self.trip_id]

    def entry(self, parcel_id: str):
        return self.day.core.state.book[parcel_id]

    def report(self, *left_out: str) -> None:
        really = tuple(one for one in self.trip.parcel_ids if one not in left_out)
        self.day.send(TripLoaded(self.trip_id, really))

    def find(self) -> None:
        for van in self.day.vans.values():
            van.unloadable.clear()

    def dropped(self) -> set[str | None]:
        """Return what the van is to hand over."""
        return {a.parcel_id for one in self.trip.nodes[1:] for a in one.node.actions}

    def is_released(self, parcel_id: str) -> bool:
        """Return whether the van was told for good to hand a parcel over."""
        told = self.trip.nodes[1 : self.trip.released_count]
        return any(a.parcel_id == parcel_id for one in told for a in one.node.actions)

    def end(self, **statuses: int) -> None:
        self.day.drain()
        self.day.check_end()
        assert self.day.statuses() == statuses


def test_what_a_report_leaves_out_waits_before_the_van_has_said_so_and_others_bring_it():
    loading = Loading()
    loading.report("p-1")
    entry = loading.entry("p-1")
    assert (entry.status, entry.trip_id, loading.trip.kept) == (
        ParcelStatus.WAITING,
        None,
        ("p-1",),
    )
    assert "loaded_otherwise" in loading.day.names()
    loading.find()
    loading.van.unloadable.add("p-1")
    loading.day.run(minutes(3))
    assert loading.dropped() == {"p-0", "p-2"}
    loading.day.run(minutes(7))  # its van did not get it
    loading.van.unloadable.clear()
    loading.end(delivered=3)
    assert loading.entry("p-0").trip_id == loading.trip_id
    assert loading.entry("p-1").trip_id != loading.trip_id
    assert "loaded_though_kept" not in loading.day.names()


def test_said_again_or_by_the_van_first_it_changes_nothing_more():
    loading = Loading()
    loading.day.run(minutes(6))  # the van did not get it, and said so
    assert loading.entry("p-1").trip_id != loading.trip_id
    before = loading.day.statuses()
    asked = len(loading.day.solves)
    loading.report("p-1")
    assert len(loading.day.solves) == asked
    loading.report("p-1")
    assert loading.day.statuses() == before
    loading.find()
    loading.end(delivered=3)


def test_a_van_that_says_to_have_what_was_left_out_takes_it_nowhere_and_home():
    loading = Loading(vans=1, blind=True)
    loading.report("p-1")
    entry = loading.entry("p-1")
    assert (entry.status, entry.reason) == (ParcelStatus.RETURNING, LEFT_OUT)
    assert loading.day.names()[-3:-1] == ["loaded_otherwise", "loading_disputed"]
    loading.day.run(minutes(8))
    assert loading.dropped() == {"p-0", "p-2"}
    assert loading.trip.kept == ()
    loading.end(delivered=3)
    assert loading.entry("p-1").trip_id != loading.trip_id, "when it was home it went out again"


def test_what_is_disputed_and_wanted_back_stays_when_it_is_home():
    loading = Loading(vans=1, blind=True)
    loading.report("p-1")
    loading.day.send(CancelAsked("p-1", "changed my mind"))
    loading.end(delivered=2, returned=1)


def test_what_was_handed_over_all_the_same_is_delivered():
    loading = Loading(vans=1, blind=True)
    assert not loading.is_released("p-1")
    while not loading.is_released("p-1"):
        loading.day.run(later(loading.day.now, Seconds(30)))
    loading.report("p-1")
    assert loading.entry("p-1").status is ParcelStatus.RETURNING
    loading.end(delivered=3)
    assert loading.entry("p-1").trip_id == loading.trip_id


def test_a_cancelled_parcel_that_was_left_out_is_back_at_once():
    loading = Loading()
    loading.van.stick(loading.day.now)
    loading.day.send(CancelAsked("p-1", "changed my mind"))
    loading.report("p-1")
    assert loading.entry("p-1").status is ParcelStatus.RETURNED


def test_a_trip_of_which_nothing_was_loaded_is_asked_back_and_its_van_is_free():
    loading = Loading(vans=1)
    loading.van.stick(loading.day.now)
    loading.report("p-0", "p-1", "p-2")
    assert loading.trip.status.value == "cancelling", "the van has not said that it gave it up"
    loading.find()
    loading.van.free(loading.day.now)
    loading.end(delivered=3)
    assert loading.trip.status is TripStatus.CANCELLED


def test_what_is_loaded_after_it_was_left_out_counts_as_loaded_by_mistake():
    loading = Loading()
    loading.van.stick(loading.day.now)
    loading.report("p-1")
    loading.report()
    entry = loading.entry("p-1")
    assert (entry.status, entry.van_id) == (ParcelStatus.RETURNING, loading.trip.van_id)


def test_a_van_that_stays_away_is_missed_though_the_warehouse_left_something_out():
    loading = Loading()
    loading.van.disconnect(loading.day.now, tell=False)
    loading.van.stick(loading.day.now)
    loading.report("p-1")
    loading.find()
    loading.day.send(VanLost(loading.trip.van_id, loading.day.now, "SILENCE"))
    loading.day.run(later(loading.day.now, Seconds(EAGER.away_s_max + 60)))
    assert loading.trip.is_withdrawn
    assert sorted(loading.trip.kept or ()) == ["p-0", "p-1", "p-2"]
    loading.end(delivered=3)


@pytest.mark.parametrize("kind", [TripLoaded, TripWithdrawn])
def test_a_report_about_a_trip_that_is_over_takes_nothing_out_of_a_later_one(kind):
    loading = Loading()
    loading.find()
    loading.end(delivered=3)
    loading.day.send(kind(loading.trip_id, ()))
    assert loading.day.statuses() == {"delivered": 3}

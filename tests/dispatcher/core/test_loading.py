"""Orders of vans that are away: others do the work as soon as nobody can load it twice."""

import pytest

from dispatcher.core.decisions import CancelTrip, Withdraw
from dispatcher.core.events import CancelAsked, TripLoaded, TripWithdrawn
from dispatcher.core.model import Trip, TripStatus
from dispatcher.core.parcels import LOADED_WRONGLY, ParcelStatus
from dispatcher.core.settings import PlanSettings
from maps.units import Instant, Seconds, later
from tests.dispatcher.core.harness import Day, minutes, parcel, setup_of
from tests.dispatcher.core.toy_city import at
from vehicles.facts import ActionEnded, VanLost

EAGER = PlanSettings(wave_parcels=2, wave_due_slack_s=0, retry_s=300)
AWAY = Seconds(EAGER.away_s_max)


class Away:
    """A day on which a van is told a trip and is not heard of again, at once or while it loads.

    Its line dies before the order reaches it (``hears`` is false), or behind its echo; it loads on
    unseen, or stands still.
    """

    def __init__(
        self,
        *,
        hears: bool,
        vans: int = 2,
        due: float = 240,
        loads: bool = False,
        metres: int = 900,
    ) -> None:
        self.day = day = Day(setup_of(vans, settings=EAGER))
        gone = day.vans["van-0"]
        if not hears:
            gone.disconnect(day.now, tell=False)
        two = (parcel(n, at(metres, 0), until=due, consignee="one") for n in range(2))
        day.announce(*two)
        day.run(minutes(1))
        (self.trip_id,) = day.core.state.live
        assert self.trip.van_id == "van-0"
        if hears:
            gone.disconnect(day.now, tell=False)
        if not loads:
            gone.stick(day.now)
        self.lost_at = minutes(2)
        day.run(self.lost_at)
        day.send(VanLost("van-0", day.now, "SILENCE"))

    @property
    def trip(self) -> Trip:
        return self.day.core.state.trips[self.trip_id]

    def entry(self, number: int = 0):
        return self.day.core.state.book[f"p-{number}"]

    def come_back(self) -> None:
        self.day.vans["van-0"].free(self.day.now)
        self.day.vans["van-0"].connect(self.day.now)

    def asked_at(self) -> list[Instant]:
        return [
            now
            for now, _, decisions in self.day.log
            if any(isinstance(one, Withdraw) for one in decisions)
        ]

    def cancels(self) -> list[str]:
        told = [one for _, _, decisions in self.day.log for one in decisions]
        return [one.trip_id for one in told if isinstance(one, CancelTrip)]

    def end(self) -> None:
        self.day.drain()
        self.day.check_end()
        assert self.day.statuses() == {"delivered": 2}


@pytest.mark.parametrize("hears", [False, True])
def test_others_bring_in_time_what_a_van_that_is_away_has_not_loaded(hears):
    away = Away(hears=hears)
    away.day.run(minutes(60))
    assert away.asked_at() == [later(away.lost_at, AWAY)]
    assert away.cancels() == [away.trip_id]
    assert away.trip.status.value == "cancelling", "the van has not said that it gave it up"
    assert away.day.statuses() == {"delivered": 2}
    assert {away.entry(n).van_id for n in range(2)} == {"van-1"}
    away.come_back()
    away.day.run(minutes(61))
    assert away.trip.status.value == "cancelled"
    away.end()


def test_nobody_is_waited_for_until_it_is_too_late_for_others():
    away = Away(hears=False, due=15)
    away.day.run(minutes(40))
    (asked_at,) = away.asked_at()
    assert later(away.lost_at, Seconds(60)) <= asked_at < later(away.lost_at, AWAY)
    assert away.day.statuses() == {"delivered": 2}
    assert all(away.entry(n).served_at <= minutes(15) for n in range(2))


def test_a_van_that_connects_anew_within_a_minute_is_never_missed():
    away = Away(hears=False, due=9)  # too late for others from the start
    away.day.run(later(away.lost_at, Seconds(55)))
    away.come_back()
    away.end()
    assert away.asked_at() == []


@pytest.mark.parametrize("hears", [False, True])
def test_a_van_that_is_back_just_before_it_is_missed_goes_on(hears):
    away = Away(hears=hears)
    away.day.run(later(away.lost_at, Seconds(AWAY - 1)))
    away.come_back()
    away.end()
    assert (away.asked_at(), away.cancels()) == ([], [])
    assert {away.entry(n).trip_id for n in range(2)} == {away.trip_id}


def test_what_was_loaded_meanwhile_stays_with_the_van():
    away = Away(hears=True, loads=True)
    away.day.run(minutes(30))
    assert len(away.asked_at()) == 1
    assert away.trip.kept == ()
    assert away.cancels() == []
    assert {away.entry(n).status for n in range(2)} == {ParcelStatus.ORDERED}
    away.come_back()
    away.end()
    assert {away.entry(n).trip_id for n in range(2)} == {away.trip_id}


def test_what_a_van_was_loaded_with_before_its_trip_was_withdrawn_stays_the_rest_goes_to_others():
    away = Away(hears=True, loads=True)
    away.day.run(minutes(4))  # one is in, the other is being loaded
    away.day.vans["van-0"].withdraw(away.trip_id)
    first = away.trip.parcel_ids[0]
    away.day.send(TripWithdrawn(away.trip_id, (first,)))
    assert away.trip.kept == away.trip.parcel_ids[1:]
    assert (away.cancels(), away.trip.status) == ([], TripStatus.ORDERED)
    away.day.run(minutes(40))
    away.come_back()
    away.end()
    vans = {pid: away.day.core.state.book[pid].van_id for pid in away.trip.parcel_ids}
    assert vans == {first: "van-0", away.trip.parcel_ids[1]: "van-1"}


def test_a_warehouse_that_does_not_answer_is_asked_again_and_nothing_else_happens():
    away = Away(hears=False)
    away.day.warehouse_s = None
    away.day.run(later(away.lost_at, Seconds(AWAY + 300)))
    first = later(away.lost_at, AWAY)
    assert away.asked_at() == [later(first, Seconds(120 * n)) for n in range(3)]
    assert away.entry().status is ParcelStatus.ORDERED
    away.come_back()
    away.end()
    assert away.cancels() == []
    assert {away.entry(n).van_id for n in range(2)} == {"van-0"}


def test_a_van_that_is_back_before_the_warehouse_answers_is_freed_of_what_it_will_not_get():
    away = Away(hears=False)
    away.day.warehouse_s = 60
    away.day.run(later(away.lost_at, Seconds(AWAY + 30)))
    away.come_back()
    away.end()
    assert away.cancels() == [away.trip_id]
    assert away.trip.status is TripStatus.CANCELLED


def test_as_long_as_nobody_else_is_there_the_van_is_waited_for():
    away = Away(hears=False, vans=1)
    away.day.run(minutes(120))
    assert away.asked_at() == []
    away.come_back()
    away.end()


def test_a_van_that_does_not_speak_after_a_restart_is_missed_from_then_on():
    away = Away(hears=False)
    away.day.run(minutes(8))
    away.day.restart()
    away.day.vans["van-0"].connected = False
    away.day.vans["van-0"].told.clear()
    away.day.run(minutes(40))
    assert away.asked_at() == [later(minutes(8), AWAY)]
    assert away.day.statuses() == {"delivered": 2}


def test_that_it_is_lost_is_said_after_a_restart_and_puts_nothing_off():
    away = Away(hears=False)
    away.day.run(minutes(8))
    away.day.restart()
    away.day.vans["van-0"].connected = False
    away.day.vans["van-0"].told.clear()
    away.day.run(minutes(9))
    away.day.send(VanLost("van-0", away.day.now, "SILENCE"))  # it has not spoken up
    away.day.run(minutes(40))
    assert away.asked_at() == [later(minutes(8), AWAY)]
    assert away.day.names().count("van_lost") == 2


def test_a_cancelled_parcel_of_a_withdrawn_trip_is_returned_at_once():
    away = Away(hears=False, metres=4_000)  # its stop is not released yet
    away.day.send(CancelAsked("p-0", "changed my mind"))
    assert away.entry().status is ParcelStatus.RETURNING
    away.day.run(later(away.lost_at, Seconds(AWAY + 10)))
    assert away.entry().status is ParcelStatus.RETURNED
    assert away.entry(1).status is not ParcelStatus.ORDERED


def test_a_van_that_does_not_give_up_what_was_withdrawn_drives_on_with_nothing():
    away = Away(hears=True)
    away.day.vans["van-0"].keeps_trips = True
    away.day.run(minutes(40))
    away.come_back()
    away.day.run(minutes(41))
    assert "order_refused" in away.day.names()
    away.end()


def test_a_van_that_says_it_has_what_the_warehouse_kept_is_believed_and_people_look():
    away = Away(hears=True)
    away.day.send(TripWithdrawn(away.trip_id, ()))
    assert {away.entry(n).status for n in range(2)} == {ParcelStatus.WAITING}
    action_id = f"{away.trip_id}/pick/p-0"
    away.day.send(ActionEnded("van-0", away.day.now, away.trip_id, action_id, True, ""))
    assert away.day.names()[-1] == "loaded_though_kept"
    entry = away.entry()
    assert (entry.status, entry.reason) == (ParcelStatus.RETURNING, LOADED_WRONGLY)
    assert away.day.core.state.vans["van-0"].stranded == ("p-0",)


def test_what_is_loaded_after_it_was_withdrawn_counts_as_loaded_by_mistake():
    away = Away(hears=True)
    away.day.send(TripWithdrawn(away.trip_id, ("p-1",)))
    away.day.send(TripLoaded(away.trip_id, ("p-1",)))
    assert "loaded_otherwise" not in away.day.names()
    away.day.send(TripLoaded(away.trip_id, ("p-1", "p-0")))
    assert away.entry().reason == LOADED_WRONGLY


def test_a_withdrawal_said_twice_of_strangers_or_too_late_changes_nothing():
    away = Away(hears=True)
    away.day.send(TripWithdrawn("who/knows", ("p-0",)))
    assert away.day.names()[-1] == "unknown_trip_withdrawn"
    away.day.run(minutes(60))
    before = away.day.statuses()
    away.day.send(TripWithdrawn(away.trip_id, ("p-0", "p-1")))
    assert away.day.statuses() == before

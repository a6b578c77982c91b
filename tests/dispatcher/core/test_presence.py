"""Vans that are seen, lost, stuck, astray, or busy with what nobody told them."""

from dispatcher.core.decisions import CancelTrip, Report, SendTrip
from dispatcher.core.parcels import ParcelStatus
from dispatcher.core.settings import PlanSettings
from maps.units import Seconds, later
from tests.dispatcher.core.harness import Day, day_with_trip, minutes, parcel, setup_of
from tests.dispatcher.core.toy_city import at
from vehicles.facts import ChargingTold, TripCancelled, VanMobile, VanSeen, VanStuck
from vehicles.plugging import Charging

EAGER = PlanSettings(wave_parcels=1, retry_s=300)


def seen(day: Day, place=None, trip_id: str | None = None, *, stuck: bool = False):
    place = place or day.setup.depot.place
    return day.send(VanSeen("van-0", day.now, place, 16_000_000, trip_id, stuck))


def test_vans_get_trips_once_they_are_seen():
    day = Day(setup_of(1, settings=EAGER), connected=False)
    day.announce(parcel(1))
    day.run(minutes(3))
    assert day.names()[-1] == "no_van_to_plan_with"
    day.vans["van-0"].connect(day.now)
    day.drain()
    assert day.statuses() == {"delivered": 1}


def test_a_van_busy_with_an_unknown_order_is_asked_to_leave_it_and_gets_nothing_till_then():
    day = Day(setup_of(1, settings=EAGER), connected=False)
    decisions = seen(day, trip_id="who/knows")
    assert CancelTrip("van-0", "who/knows") in decisions
    assert isinstance(decisions[0], Report)
    day.announce(parcel(1))
    day.run(minutes(3))
    assert day.solves == []
    day.send(TripCancelled("van-0", day.now, "who/knows"))
    assert len(day.solves) == 1


def test_a_van_that_says_it_is_at_its_own_trip_goes_on():
    day = day_with_trip()
    (trip,) = day.core.state.live_trips()
    assert seen(day, trip.nodes[1].node.place, trip.trip_id) == ()


def test_being_stuck_when_seen_again_counts_like_getting_stuck():
    day = day_with_trip(until=16)
    (trip,) = day.core.state.live_trips()
    day.vans["van-0"].disconnect(day.now)
    day.run(minutes(16))
    seen(day, trip.nodes[2].node.place, trip.trip_id, stuck=True)
    (held,) = day.core.state.live_trips()
    assert held.etas[held.passed_index + 1] >= later(day.now, Seconds(1200))
    seen(day, trip.nodes[2].node.place, trip.trip_id)
    (free,) = day.core.state.live_trips()
    assert free.etas[free.passed_index + 1] < later(day.now, Seconds(1200))


def test_a_stuck_van_said_twice_is_stuck_once():
    day = day_with_trip(until=16)
    place = at(100, 100)
    assert day.send(VanStuck("van-0", day.now, place, "blocked")) != ()
    assert day.send(VanStuck("van-0", day.now, place, "blocked")) == ()
    assert day.send(VanMobile("van-0", day.now)) != ()
    assert day.send(VanMobile("van-0", day.now)) == ()


def test_a_van_that_forgets_its_trip_on_the_road_is_brought_home():
    day = day_with_trip(until=18)
    aboard = [n for n in range(4) if day.status(n) is ParcelStatus.ABOARD]
    assert aboard
    day.vans["van-0"].lose_memory(day.now)
    day.run(minutes(18))
    van = day.core.state.vans["van-0"]
    assert van.astray
    assert sorted(van.stranded) == [f"p-{n}" for n in aboard]
    assert all(day.status(n) is ParcelStatus.RETURNING for n in aboard)
    day.drain()
    day.check_end()
    assert "ordered_home" in day.names()


def test_a_van_first_seen_far_away_comes_home_before_it_delivers():
    day = Day(setup_of(1, settings=EAGER), connected=False)
    day.vans["van-0"].place = at(2_000, 0)
    day.vans["van-0"].connect(day.now)
    day.announce(parcel(1))
    day.drain()
    day.check_end()
    assert day.statuses() == {"delivered": 1}
    assert day.names().count("ordered_home") == 1


def test_near_its_depot_a_van_is_at_home():
    for metres, is_astray in ((299, False), (301, True)):
        day = Day(setup_of(1), connected=False)
        seen(day, at(metres, 0))
        assert day.core.state.vans["van-0"].astray == is_astray


def test_a_van_without_a_way_home_is_looked_at_again_later():
    day = Day(setup_of(1), connected=False)
    day.fail_solves = 1
    day.vans["van-0"].place = at(2_000, 0)
    day.vans["van-0"].connect(day.now)
    day.run(minutes(1))
    assert len(day.solves) == 1
    day.run(minutes(30))
    assert len(day.solves) == 2
    assert not day.core.state.vans["van-0"].astray


def test_a_lost_van_goes_on_and_is_caught_up_with():
    day = day_with_trip(until=14)
    day.vans["van-0"].disconnect(day.now)
    day.run(minutes(25))
    assert any(isinstance(d, SendTrip) for _, _, decisions in day.log[-20:] for d in decisions)
    day.vans["van-0"].connect(day.now)
    day.drain()
    day.check_end()
    assert day.statuses() == {"delivered": 4}


def test_a_van_that_cannot_be_told_to_charge_is_not_and_people_hear_of_it_once():
    settings = PlanSettings(wave_parcels=1, depot_charge_below_ratio=0.9)
    day = Day(setup_of(1, settings=settings), connected=False)
    told = ChargingTold("van-0", day.now, Charging(to_target=False, can_stop=False))
    assert [type(one) for one in day.send(told)] == [Report]
    assert day.names()[-1] == "not_told_to_charge"
    assert day.send(told) == ()
    assert not [one for one in seen(day) if isinstance(one, SendTrip)], "its battery is not full"
    day.announce(parcel(1))
    day.run(minutes(3))
    (solve,) = day.solves
    assert [van.spec.charge_power_w for van in solve.request.vans] == [0]


def test_a_van_that_can_be_told_again_is():
    settings = PlanSettings(wave_parcels=1, depot_charge_below_ratio=0.9)
    day = Day(setup_of(1, settings=settings), connected=False)
    day.send(ChargingTold("van-0", day.now, Charging(can_start=False)))
    assert seen(day) == ()
    (order,) = day.send(ChargingTold("van-0", day.now, Charging(to_target=False)))
    assert isinstance(order, SendTrip)
    assert day.names().count("not_told_to_charge") == 1

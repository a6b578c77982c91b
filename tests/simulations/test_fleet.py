"""A depot's fleet: what its vans share, also where chargers lie at one place or near each other."""

from dispatcher.core.settings import Depot, DepotSetup, PlanSettings, Station, VanSetup
from maps.units import Seconds, later
from simulations.fleet import fleet_of
from simulations.logbook import Doing
from simulations.rng import Streams
from tests.simulations.van_by_hand import (
    DEPOT,
    NO_LUCK,
    SPEC,
    START,
    StraightRoads,
    at,
    east,
    node,
    order,
    spent_s,
)
from vehicles.trip import ActionKind, NodeKind, TripAction

END = later(START, Seconds(12 * 3600))


def fleet(*stations, plugs=2, van_count=2):
    depot = Depot("dep-1", DEPOT, "Europe/Helsinki", 1, 300, plugs, 22_000)
    vans = tuple(
        VanSetup(f"v-{number}", SPEC, 5_000_000, START, END) for number in range(van_count)
    )
    return fleet_of(
        DepotSetup(depot, vans, stations, PlanSettings()),
        lambda spec: StraightRoads(),
        {},
        streams=Streams(1),
        now=START,
        luck=NO_LUCK,
    )


def charge_at(van, metres):
    begin = TripAction("t/on", ActionKind.START_CHARGING, None, 0, 6_000_000)
    end = TripAction("t/off", ActionKind.STOP_CHARGING, None, 0)
    there = node(NodeKind.CHARGE, metres, before=0, actions=[begin, end])
    van.receive_order(order(node(NodeKind.START, 0), there), START)


def test_a_van_charges_at_the_charger_that_its_order_names_and_not_at_a_stronger_one_near_it():
    near, strong = Station("a", east(1000), 4_000, 1), Station("b", east(1100), 22_000, 1)
    first, second = fleet(near, strong).vans
    charge_at(first, 1000)
    charge_at(second, 1100)
    for van in (first, second):
        van.advance(at(6000))
    assert spent_s(first, Doing.CHARGER_QUEUE) == spent_s(second, Doing.CHARGER_QUEUE) == 0
    assert spent_s(first, Doing.CHARGING) > 2 * spent_s(second, Doing.CHARGING) > 0


def test_stations_at_one_place_have_the_plugs_of_both():
    one, other = Station("a", east(1000), 11_000, 1), Station("b", east(1000), 22_000, 2)
    at_home = Station("c", DEPOT, 50_000, 1)
    stands = fleet(one, other, at_home, plugs=2).stands
    for place in (east(1000), DEPOT):
        taken = [stands.take(place, van_id, START) for van_id in "abcd"]
        assert taken == [True, True, True, False]

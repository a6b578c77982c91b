"""Every invariant can be broken: a lived day is bent in one place, and the right one says so."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from dispatcher.core.book import ParcelEntry
from dispatcher.core.decisions import Accept, ConfirmCancel, Load, Publish, Report
from dispatcher.core.events import SolveFinished, Tick, TripLoaded
from dispatcher.core.model import TripStatus
from dispatcher.core.parcels import ParcelStatus
from maps.units import Instant, Seconds, later
from simulations.invariants.ending import EverybodyComesToRest, EveryParcelEndsOnce
from simulations.invariants.journal import JournalIsEnough, TimeGoesForward
from simulations.invariants.looking import Look, World
from simulations.invariants.orders import (
    EndsAreConfirmed,
    LoadingListIsTheTrip,
    ReleasedStaysReleased,
    SameIdSameContent,
    UpdateIdsRise,
)
from simulations.invariants.parcels import (
    EveryParcelHasAStop,
    HandedOverOnce,
    NoParcelLost,
    OneVanPerParcel,
    ToldInOrder,
)
from simulations.invariants.vans import (
    LoadWithinCapacity,
    NoBatteryEmpty,
    OneTripPerVan,
    PlugsSuffice,
)
from simulations.invariants.watch import INVARIANTS, DayWatch
from simulations.logbook import Handling
from simulations.soaking import chaos
from simulations.soaking.living import Ground, city_of, day_of
from vehicles.facts import TripCancelled
from vehicles.trip import ActionKind
from vehicles.vda5050.order import Order


def some(**parts) -> Any:
    """Return a stand-in that has only these parts."""
    return SimpleNamespace(**parts)


class Recorded(DayWatch):
    """A watch that keeps what it looked at."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.heard: list[Any] = []
        self.decided: list[Any] = []

    def look(self, entry, decisions):
        """Look, and keep it."""
        super().look(entry, decisions)
        self.decided.append((entry, decisions))

    def listen(self, outgoing, message):
        """Look, and keep it."""
        super().listen(outgoing, message)
        self.heard.append((outgoing, message))


class Lived:
    """A day that broke nothing."""

    def __init__(self) -> None:
        self.ground = Ground()
        self.day = day_of(2, self.ground)
        self.watch = Recorded(2)
        city = city_of(self.day, self.ground, self.watch)
        city.begin()
        city.run(later(chaos.START, Seconds(chaos.DAY_S)))
        self.watch.end()
        shell = city.shells[chaos.DEPOT_ID]
        self.world = World(shell, dict(city.vans), city.warehouses[chaos.DEPOT_ID])

    def look(self, *, index=-1, decisions=None, world=None, event=None, **touched) -> Look:
        """Return a look at one of the day's events, bent as wanted."""
        entry, decided = self.watch.decided[index]
        if event is not None:
            entry = replace(entry, event=event)
        touched = {"vans": (), "trips": (), "parcel_ids": ()} | touched
        found = decided if decisions is None else decisions
        return Look(entry, found, world or self.world, **touched)

    @property
    def trip(self):
        """Return a finished trip with parcels."""
        over = (t for t in self.world.state.trips.values() if t.status is TripStatus.FINISHED)
        return next(trip for trip in over if len(trip.parcel_ids) > 2)

    @property
    def van(self):
        """Return the van of that trip."""
        return self.world.vans[self.trip.van_id]

    def orders(self):
        """Return the orders that the van was told first: one, and its first update."""
        told = [pair for pair in self.watch.heard if isinstance(pair[1], Order)]
        first = next(pair for pair in told if pair[1].order_id == self.trip.trip_id)
        after = next(
            pair
            for pair in told
            if pair[1].order_id == self.trip.trip_id and pair[1].order_update_id == 1
        )
        return first, after


@pytest.fixture(scope="module")
def lived() -> Lived:
    return Lived()


def seen(found) -> str:
    """Return all that an invariant says."""
    return "; ".join(found)


def test_all_of_them_are_watched_and_named():
    names = [make().title() for make in INVARIANTS]
    assert len(set(names)) == len(names) == 19
    assert "no parcel lost" in names


def test_time_goes_forward(lived):
    assert "follows entry 0" in seen(TimeGoesForward().after(lived.look(index=4)))
    whole = TimeGoesForward()
    for index in range(4):
        assert not seen(whole.after(lived.look(index=index)))
    entry, _ = lived.watch.decided[4]
    stolen = lived.look(index=4, event=entry.event)  # equal, but not what the journal holds
    assert "not in its place" in seen(whole.after(stolen))


def test_told_in_order(lived):
    def told(*kinds, numbers=(1, 2, 3, 4), details=("", "", "", "")):
        words = zip(numbers, kinds, details, strict=False)
        said = tuple(Publish("p", n, kind, Instant(0), d) for n, kind, d in words)
        return lived.look(decisions=said)

    way = ("accepted", "planned", "loaded", "delivered")
    assert not seen(ToldInOrder().after(told(*way)))
    assert "second time" in seen(ToldInOrder().after(told("accepted", "accepted")))
    assert "never planned, loaded" in seen(ToldInOrder().after(told("accepted", "delivered")))
    assert "as number 3, after 1" in seen(ToldInOrder().after(told(*way, numbers=(1, 3, 3, 4))))
    assert "after loaded" in seen(ToldInOrder().after(told("accepted", "loaded", "planned")))
    other = told(*way, details=("", "", "t-1", "t-2"))
    assert "was loaded for t-1" in seen(ToldInOrder().after(other))
    resumed = replace(other, world=some(state=some(trips={"t-2": some(aboard=("p",))})))
    assert not seen(ToldInOrder().after(resumed))


def test_an_id_means_one_thing(lived):
    (outgoing, message), (after, update) = lived.orders()
    rule = SameIdSameContent()
    assert not seen(rule.told(outgoing, message, lived.world))
    assert not seen(rule.told(outgoing, message, lived.world))
    bent = replace(outgoing, content=replace(outgoing.content, first_index=1))
    assert "something else" in seen(rule.told(bent, message, lived.world))
    agent = some(order_id=message.order_id, order_update_id=0)
    world = some(vans={outgoing.van_id: some(agent=agent)})
    again = replace(after, content=replace(after.content, wish=outgoing.content.wish))
    assert "told it again" in seen(rule.told(again, update, world))


def test_update_ids_rise(lived):
    (outgoing, message), (after, update) = lived.orders()
    rule = UpdateIdsRise()
    assert not seen(rule.told(outgoing, message, lived.world))
    assert not seen(rule.told(after, update, lived.world))
    assert "update 0 after update 1" in seen(rule.told(outgoing, message, lived.world))
    assert "update 1 after update -1" in seen(UpdateIdsRise().told(after, update, lived.world))


def test_released_stays_released(lived):
    (outgoing, message), (after, update) = lived.orders()
    idle = some(agent=some(is_busy=False, order_id=""))
    world = some(vans={outgoing.van_id: idle})
    rule = ReleasedStaysReleased()
    assert not seen(rule.told(outgoing, message, world))
    late = update.changed(nodes=update.nodes[1:], edges=update.edges[1:])
    assert "begins at" in seen(rule.told(after, late, world))
    rule = ReleasedStaysReleased()
    assert not seen(rule.told(outgoing, message, world))
    moved = update.nodes[0].changed(node_id="elsewhere")
    other = update.changed(nodes=(moved, *update.nodes[1:]))
    assert "has elsewhere" in seen(rule.told(after, other, world))
    idle.agent.is_busy, idle.agent.order_id = True, "t-0"
    assert "busy with t-0" in seen(ReleasedStaysReleased().told(outgoing, message, world))
    refused = lived.look(decisions=(Report("wish_refused", "van-01", "taken back"),))
    assert seen(ReleasedStaysReleased().after(refused)) == "taken back"


def test_ends_are_confirmed(lived):
    cancelled = replace(lived.trip, status=TripStatus.CANCELLED)
    van_id, trip_id = cancelled.van_id, cancelled.trip_id
    said = TripCancelled(van_id, Instant(0), trip_id)
    assert not seen(EndsAreConfirmed().after(lived.look(event=said, trips=(cancelled,))))
    unsaid = lived.look(event=Tick(), trips=(cancelled,))
    assert "without the van's word" in seen(EndsAreConfirmed().after(unsaid))
    busy = some(agent=some(is_busy=True, order_id=trip_id))
    world = some(vans={van_id: busy})
    at_it = lived.look(event=said, trips=(cancelled,), world=world)
    assert "still at it" in seen(EndsAreConfirmed().after(at_it))


def test_the_loading_list_is_the_trip(lived):
    loads = [
        (index, one)
        for index, (_, decisions) in enumerate(lived.watch.decided)
        for one in decisions
        if isinstance(one, Load) and one.trip_id == lived.trip.trip_id
    ]
    ((index, load),) = loads
    bent = (replace(load, parcel_ids=load.parcel_ids[::-1]),)
    found = seen(LoadingListIsTheTrip().after(lived.look(index=index, decisions=bent)))
    assert "last stop first" in found
    bent = (replace(load, van_id="van-99"),)
    found = seen(LoadingListIsTheTrip().after(lived.look(index=index, decisions=bent)))
    assert "no trip of van-99" in found


def test_one_trip_per_van(lived):
    open_again = replace(lived.trip, status=TripStatus.UNDERWAY, passed_index=1, next_at=0)
    found = seen(OneTripPerVan().after(lived.look(trips=(open_again,))))
    assert "has another trip, or none" in found
    assert "reaches a node before the one before it" in found


def test_load_within_capacity(lived):
    spec = replace(lived.van.spec, payload_g=1)
    agent = some(loads=lived.trip.parcel_ids)
    actions = some(stowaways=frozenset())
    van = some(van_id=lived.van.van_id, spec=spec, agent=agent, actions=actions)
    assert "holds" in seen(LoadWithinCapacity().after(lived.look(vans=(van,))))


def test_no_battery_empty(lived):
    def look(battery_mwh, empties=()):
        logbook = some(empties=empties)
        van = some(van_id="v", spec=lived.van.spec, battery_mwh=battery_mwh, logbook=logbook)
        return seen(NoBatteryEmpty().after(lived.look(vans=(van,))))

    assert not look(1)
    assert "holds -1 mWh" in look(-1)
    assert "empty battery" in look(1, (Instant(5),))


def test_plugs_suffice(lived):
    result = next(
        entry.event.result
        for entry, _ in lived.watch.decided
        if isinstance(entry.event, SolveFinished) and entry.event.result.routes
    )
    station = lived.world.state.setup.stations[0]
    node, at = result.routes[0].nodes[1], Instant(1000)
    charging = replace(node, station_id=station.station_id, begin_at=at, leave_at=Instant(1001))
    routes = tuple(
        replace(result.routes[0], van_id=f"v-{number}", nodes=(charging,))
        for number in range(max(1, station.plugs) + 1)
    )
    crowd = lived.look(event=SolveFinished(replace(result, routes=routes)))
    assert "vans charge at" in seen(PlugsSuffice().after(crowd))


def test_handed_over_once(lived):
    handling = next(h for h in lived.van.logbook.handlings if h.kind is ActionKind.DROP)
    logbook = some(handlings=[*lived.van.logbook.handlings, handling])
    van = some(van_id=lived.van.van_id, logbook=logbook)
    world = replace(lived.world, vans={lived.van.van_id: van})
    assert "and by" in seen(HandedOverOnce().after(lived.look(vans=(van,), world=world)))
    stolen = Handling(ActionKind.DROP, "p-x", "a", Instant(0))
    van.logbook = some(handlings=[stolen])
    assert "never loaded it" in seen(HandedOverOnce().after(lived.look(vans=(van,), world=world)))
    unheard = lived.look(parcel_ids=(handling.parcel_id,))
    assert "but nobody handed it over" in seen(HandedOverOnce().after(unheard))
    van.logbook = some(handlings=[handling])
    cancelled = (ConfirmCancel(handling.parcel_id, aboard=True),)
    told = lived.look(decisions=cancelled, vans=(van,), world=world)
    assert "confirmed as cancelled before" in seen(HandedOverOnce().after(told))


def test_one_van_per_parcel(lived):
    parcel_id = lived.trip.parcel_ids[0]

    def van(van_id, *stowaways):
        actions = some(stowaways=frozenset(stowaways))
        return some(van_id=van_id, agent=some(loads=(parcel_id,)), actions=actions)

    def world(status):
        entry = replace(lived.world.book[parcel_id], status=status)
        state = some(trips=dict(lived.world.state.trips))
        vans = {"a": van("a"), "b": van("b")}
        return some(book={parcel_id: entry}, state=state, vans=vans)

    aboard = world(ParcelStatus.ABOARD)
    both = lived.look(vans=(van("a"), van("b")), world=aboard)
    assert "is in a and in b" in seen(OneVanPerParcel().after(both))
    after = world(ParcelStatus.ABOARD)
    after.vans["a"] = some(van_id="a", agent=some(loads=()))
    rule = OneVanPerParcel()
    assert not seen(rule.after(lived.look(vans=(van("a"),), world=aboard)))
    moved = lived.look(vans=(van("b"),), world=after, parcel_ids=(parcel_id,))
    assert f"is in b, but the core gave it to {lived.trip.van_id}" in seen(rule.after(moved))
    unloaded = lived.look(vans=(after.vans["a"],), world=after, parcel_ids=(parcel_id,))
    assert "is in b" in seen(rule.after(unloaded)), "a lets go of what it has no more"
    other = lived.look(vans=(van("a"),), world=aboard, parcel_ids=(parcel_id,))
    assert f"gave it to {lived.trip.van_id}" in seen(OneVanPerParcel().after(other))
    waits = lived.look(vans=(van("a"),), world=world(ParcelStatus.HELD), parcel_ids=(parcel_id,))
    assert "waits at the depot" in seen(OneVanPerParcel().after(waits))
    rule, unaware = OneVanPerParcel(), world(ParcelStatus.WAITING)
    unaware.vans["a"], trip = van("a", parcel_id), replace(lived.trip, trip_id="t", van_id="a")
    unaware.state.trips["t"] = replace(trip, status=TripStatus.UNDERWAY)
    news = {"vans": (unaware.vans["a"],), "world": unaware, "parcel_ids": (parcel_id,)}
    assert not seen(rule.after(lived.look(**news))), "nobody knows yet what the van got"
    assert "waits" in seen(rule.after(lived.look(**news, event=TripLoaded("t", (parcel_id,)))))


def test_no_parcel_lost(lived):
    ghost = lived.look(decisions=(Accept("ghost"),), parcel_ids=("ghost",))
    assert "not in the book" in seen(NoParcelLost().after(ghost))
    parcel_id = lived.trip.parcel_ids[0]

    def look(status):
        entry = replace(lived.world.book[parcel_id], status=status)
        state = some(trips=lived.world.state.trips, vans=lived.world.state.vans)
        world = some(book={parcel_id: entry}, state=state)
        return lived.look(parcel_ids=(parcel_id,), world=world)

    assert "in no trip" in seen(NoParcelLost().after(look(ParcelStatus.ABOARD)))
    assert "with nobody" in seen(NoParcelLost().after(look(ParcelStatus.RETURNING)))
    rule = NoParcelLost()
    assert not seen(rule.after(look(ParcelStatus.DELIVERED)))
    assert "from delivered to waiting" in seen(rule.after(look(ParcelStatus.WAITING)))


def test_every_parcel_has_a_stop(lived):
    begin = replace(lived.trip, status=TripStatus.UNDERWAY, passed_index=0, ended=frozenset())
    entries = {
        parcel_id: ParcelEntry(
            lived.world.book[parcel_id].parcel,
            ParcelStatus.ABOARD,
            Instant(0),
            trip_id=begin.trip_id,
        )
        for parcel_id in begin.parcel_ids
    }
    world = some(book=entries)
    stops = sum(node.stop_id is not None for node in begin.nodes)
    assert stops > 1
    delivered = {
        one: replace(entry, status=ParcelStatus.DELIVERED)
        for one, entry in entries.items()
        if all(one not in node.parcel_ids for node in begin.nodes)
    }
    world.book |= delivered
    assert not seen(EveryParcelHasAStop().after(lived.look(trips=(begin,), world=world)))
    first = next(index for index, node in enumerate(begin.nodes) if node.parcel_ids)
    short = replace(begin, nodes=(*begin.nodes[:first], *begin.nodes[first + 1 :]))
    found = seen(EveryParcelHasAStop().after(lived.look(trips=(short,), world=world)))
    assert "without a stop" in found


def test_every_parcel_ends_once(lived):
    now = lived.world.shell.stepper.now
    assert not seen(EveryParcelEndsOnce().at_end(lived.world, now))
    warehouse = some(ledger=lived.world.warehouse.ledger[1:])
    world = some(shell=lived.world.shell, warehouse=warehouse)
    assert "was never announced" in seen(EveryParcelEndsOnce().at_end(world, now))


def test_everybody_comes_to_rest(lived):
    now = lived.world.shell.stepper.now
    assert not seen(EverybodyComesToRest().at_end(lived.world, now))
    held = some(agent=some(loads=("p-1",)))
    world = replace(lived.world, vans={lived.van.van_id: held})
    assert "still has p-1 aboard" in seen(EverybodyComesToRest().at_end(world, now))
    look = lived.look(trips=(lived.trip,))
    assert not seen(EverybodyComesToRest().after(look))
    vans = {lived.trip.van_id: some(trips_count=201)}
    look = replace(look, world=some(state=some(vans=vans)))
    assert "finds no rest" in seen(EverybodyComesToRest().after(look))


def test_the_journal_is_enough(lived):
    now, shell = lived.world.shell.stepper.now, lived.world.shell
    assert not seen(JournalIsEnough().at_end(lived.world, now))
    told = [e for e in shell.entries if type(e.event).__name__ == "ActionEnded"]
    entries = [entry for entry in shell.entries if entry is not told[0]]
    short = some(stepper=shell.stepper, entries=entries, depot_id=shell.depot_id)
    world = some(shell=short)
    assert "the journal gives other" in seen(JournalIsEnough().at_end(world, now))

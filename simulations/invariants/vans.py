"""Invariants of vans: batteries, loads, plugs, and one trip at a time."""

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from dispatcher.core.batching import rooms_of
from dispatcher.core.events import SolveFinished
from dispatcher.core.model import TRIP_OVER
from dispatcher.core.requests import PlanResult
from maps.units import Instant
from simulations.invariants.looking import Invariant, Look, World
from simulations.van import SimulatedVan
from vehicles.spec import LOCKER_SIZES


class NoBatteryEmpty(Invariant):
    """No van's battery is ever below zero, nor does it run down to nothing on the road.

    Trips are planned to end above a reserve, and planned anew when less is left than was thought:
    a van that has to be brought some charge was sent too far. No battery holds more than it can.
    """

    def after(self, look: Look) -> Iterator[str]:
        """Look at the batteries of the vans touched."""
        for van in look.vans:
            yield from _battery(van)

    def at_end(self, world: World, now: Instant) -> Iterator[str]:
        """Look at all batteries."""
        del now
        for van in world.vans.values():
            yield from _battery(van)


def _battery(van: SimulatedVan) -> Iterator[str]:
    if not 0 <= van.battery_mwh <= van.spec.battery_mwh:
        yield f"{van.van_id} holds {van.battery_mwh} mWh of {van.spec.battery_mwh}"
    if van.logbook.empties:
        yield f"{van.van_id} stood with an empty battery at {van.logbook.empties[-1]}"


class LoadWithinCapacity(Invariant):
    """No van holds more than it can: by mass, by volume, by lockers.

    What is aboard is asked of the simulated van; what it weighs, of the announcement. What was put
    in by mistake does not count: nobody chose it by its size.
    """

    def __init__(self) -> None:
        self._loads: dict[str, tuple[str, ...]] = {}

    def after(self, look: Look) -> Iterator[str]:
        """Look at the vans touched that hold something else than before."""
        for van in look.vans:
            loads = van.agent.loads
            if loads == self._loads.get(van.van_id, ()):
                continue
            self._loads[van.van_id] = loads
            yield from self._weighed(van, look.world)

    def _weighed(self, van: SimulatedVan, world: World) -> Iterator[str]:
        asked = [one for one in van.agent.loads if one not in van.actions.stowaways]
        parcels = [world.book[one].parcel for one in asked if one in world.book]
        mass_g = sum(parcel.mass_g for parcel in parcels)
        volume_ml = sum(parcel.volume_ml for parcel in parcels)
        sizes = Counter(parcel.locker for parcel in parcels)
        small, medium, large, extra = (sizes[size] for size in LOCKER_SIZES)
        (room,) = rooms_of((van.spec,))
        if not room.holds(mass_g, volume_ml, (small, medium, large, extra)):
            yield f"{van.van_id} holds {mass_g} g and {volume_ml} ml, lockers {dict(sizes)}"


class PlugsSuffice(Invariant):
    """Never are more vans sent to a charger at one time than it has plugs.

    At the depot, by the turns that are ordered; at public stations, by each plan as it is adopted,
    from the planned begin of each charge to its planned end.
    """

    def after(self, look: Look) -> Iterator[str]:
        """Look at turns ordered and at plans that came."""
        state = look.world.state
        turns = sum(trip.charging_only for trip in state.live_trips())
        if turns > state.setup.depot.plugs:
            yield f"{turns} vans charge at {state.setup.depot.plugs} plugs of the depot"
        if isinstance(look.event, SolveFinished) and not look.event.result.violations:
            plugs = {one.station_id: max(1, one.plugs) for one in state.setup.stations}
            yield from _crowded(look.event.result, plugs)


def _crowded(result: PlanResult, plugs: dict[str, int]) -> Iterator[str]:
    steps: dict[str, list[tuple[Instant, int]]] = {}
    for route in result.routes:
        for node in route.nodes:
            if node.station_id in plugs:
                steps.setdefault(node.station_id, []).append((node.begin_at, 1))
                steps[node.station_id].append((node.leave_at, -1))
    for station_id, changes in steps.items():
        count = 0
        for at, change in sorted(changes):
            count += change
            if count > plugs[station_id]:
                yield f"{count} vans charge at {station_id} at {at}, which has {plugs[station_id]}"


class OneTripPerVan(Invariant):
    """A van has at most one trip in force, and the core's records of both agree.

    Every trip that is not over is its van's trip; its predictions never go back in time; no two
    nodes and no two actions of it bear the same id; and it waits only for answers that are asked.
    """

    def after(self, look: Look) -> Iterator[str]:
        """Look at the vans and trips touched."""
        state = look.world.state
        for simulated in look.vans:
            van = state.vans.get(simulated.van_id)
            if van is not None and van.trip_id is not None and van.trip_id not in state.live:
                yield f"{van.van_id} has trip {van.trip_id}, which is over"
        for trip in look.trips:
            if trip.status in TRIP_OVER:
                continue
            if state.vans[trip.van_id].trip_id != trip.trip_id:
                yield f"{trip.trip_id} goes on, but {trip.van_id} has another trip, or none"
            if any(one > other for one, other in pairwise(trip.etas)):
                yield f"{trip.trip_id} reaches a node before the one before it: {trip.etas}"
            ids = Counter(node.node.node_id for node in trip.nodes)
            ids += Counter(one.action_id for node in trip.nodes for one in node.node.actions)
            if len(ids) != ids.total():
                yield f"{trip.trip_id} has ids twice: {[o for o, n in ids.items() if n > 1]}"
            if trip.request_id is not None and trip.request_id not in state.solves:
                yield f"{trip.trip_id} waits for {trip.request_id}, which nobody answers"

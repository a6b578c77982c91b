"""Watches one depot's day: every invariant after every event, on every message, and at the end.

Decides when the invariants look, and raises at the first that is broken. What they look for is
theirs.
"""

from collections.abc import Callable, Iterator
from typing import Final

from dispatcher.core.decisions import Decision
from dispatcher.journal.records import Entry
from simulations.invariants.ending import EverybodyComesToRest, EveryParcelEndsOnce
from simulations.invariants.errors import BrokenInvariantError
from simulations.invariants.holds import WhatIsHeldStays
from simulations.invariants.journal import JournalIsEnough, TimeGoesForward
from simulations.invariants.looking import Changes, Invariant, World
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
from simulations.world.city import City
from vehicles.session import Outgoing
from vehicles.vda5050.order import InstantActions, Order

INVARIANTS: Final[tuple[Callable[[], Invariant], ...]] = (
    NoParcelLost,
    EveryParcelHasAStop,
    OneVanPerParcel,
    HandedOverOnce,
    ToldInOrder,
    EveryParcelEndsOnce,
    SameIdSameContent,
    UpdateIdsRise,
    ReleasedStaysReleased,
    EndsAreConfirmed,
    LoadingListIsTheTrip,
    OneTripPerVan,
    LoadWithinCapacity,
    NoBatteryEmpty,
    PlugsSuffice,
    WhatIsHeldStays,
    TimeGoesForward,
    JournalIsEnough,
    EverybodyComesToRest,
)
"""All of them, parcels first."""


class DayWatch:
    """Holds one depot's day to every invariant.

    Made before the city, as one of its watchers (``look``) and listeners (``listen``); told of the
    city by ``attach`` before the day begins.

    Parameters
    ----------
    seed
        Of the day, for the message.
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.event_number = 0
        self._changes = Changes()
        self._invariants = tuple(make() for make in INVARIANTS)
        self._world: World | None = None

    def attach(self, city: City, depot_id: str) -> None:
        """Watch a depot of a city from now on."""
        shell = city.shells[depot_id]
        van_ids = [van.van_id for van in shell.setup.vans]
        vans = {van_id: city.vans[van_id] for van_id in van_ids}
        self._world = World(shell, vans, city.warehouses[depot_id])

    def look(self, entry: Entry, decisions: tuple[Decision, ...]) -> None:
        """Look at an event that was handled.

        Raises
        ------
        BrokenInvariantError
            If an invariant is broken.
        """
        world = self._world
        if world is None or entry.depot_id != world.shell.depot_id:
            return
        self.event_number = entry.sequence
        look = self._changes.look(entry, decisions, world)
        for one in self._invariants:
            self._hold(one, one.after(look))

    def listen(self, outgoing: Outgoing, message: Order | InstantActions) -> None:
        """Look at a message to a van.

        Raises
        ------
        BrokenInvariantError
            If an invariant is broken.
        """
        world = self._world
        if world is None or outgoing.van_id not in world.vans:
            return
        for one in self._invariants:
            self._hold(one, one.told(outgoing, message, world))

    def end(self, *, is_settled: bool = True) -> None:
        """Look at the day when it is over.

        Parameters
        ----------
        is_settled
            Whether everybody has come to rest; if not, what demands that is not looked at.

        Raises
        ------
        BrokenInvariantError
            If an invariant is broken.
        """
        if self._world is not None:
            now = self._world.shell.stepper.now
            for one in self._invariants:
                if is_settled or not one.demands_rest:
                    self._hold(one, one.at_end(self._world, now))

    def _hold(self, invariant: Invariant, found: Iterator[str]) -> None:
        for seen in found:
            raise BrokenInvariantError(invariant.title(), self.seed, self.event_number, seen)

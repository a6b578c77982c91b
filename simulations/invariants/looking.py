"""What an invariant gets to see: one event, what it touched, and the world beside the core's word.

Decides which vans, trips and parcels an event can have changed, so that a look costs what the
event changed and not what the day holds.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar

from dispatcher.core.book import ParcelBook
from dispatcher.core.decisions import (
    Accept,
    CancelTrip,
    ConfirmCancel,
    Decision,
    Load,
    Publish,
    Reject,
    SendTrip,
)
from dispatcher.core.events import (
    CancelAsked,
    Event,
    HoldAsked,
    ParcelAnnounced,
    ReleaseAsked,
    Restarted,
    SolveFinished,
    TripLoaded,
    TripWithdrawn,
)
from dispatcher.core.holds import HoldKind
from dispatcher.core.model import Trip
from dispatcher.core.state import DepotState
from dispatcher.journal.records import Entry
from maps.units import Instant
from simulations.van import SimulatedVan
from simulations.warehouse import SimulatedWarehouse
from simulations.world.shell import DepotShell
from vehicles.facts import VanFact
from vehicles.session import Outgoing
from vehicles.vda5050.order import InstantActions, Order


@dataclass(frozen=True, slots=True)
class World:
    """One depot of a simulated city: the dispatcher, and those who know better.

    Attributes
    ----------
    shell
        The dispatcher: journal, core, sessions.
    vans, warehouse
        What really is; asked as ledgers of their own.
    """

    shell: DepotShell
    vans: dict[str, SimulatedVan]
    warehouse: SimulatedWarehouse

    @property
    def state(self) -> DepotState:
        """Return all that the core knows."""
        return self.shell.stepper.core.state

    @property
    def book(self) -> ParcelBook:
        """Return what the core knows of parcels."""
        return self.state.book


@dataclass(frozen=True, slots=True)
class Look:
    """One event after it was handled.

    Attributes
    ----------
    entry, decisions
        The event as journalled, and what was decided.
    world
        Everything after it.
    vans, trips, parcel_ids
        What the event can have touched.
    """

    entry: Entry
    decisions: tuple[Decision, ...]
    world: World
    vans: tuple[SimulatedVan, ...]
    trips: tuple[Trip, ...]
    parcel_ids: tuple[str, ...]

    @property
    def event(self) -> Event:
        """Return what happened."""
        return self.entry.event


class Invariant:
    """A rule of the world. Each method yields what breaks it, in words; nothing if it holds.

    A class's name is the invariant's; its docstring is its explanation in the docs.

    Attributes
    ----------
    demands_rest
        Whether what it looks for at the end is true of settled days only.
    """

    demands_rest: ClassVar[bool] = False

    @classmethod
    def title(cls) -> str:
        """Return the invariant's name in words."""
        letters = (f" {one.lower()}" if one.isupper() else one for one in cls.__name__)
        return "".join(letters).strip()

    def after(self, look: Look) -> Iterator[str]:
        """Look at what an event changed."""
        del look
        yield from ()

    def told(
        self, outgoing: Outgoing, message: Order | InstantActions, world: World
    ) -> Iterator[str]:
        """Look at what a van is told."""
        del outgoing, message, world
        yield from ()

    def at_end(self, world: World, now: Instant) -> Iterator[str]:
        """Look at the day when it is over."""
        del world, now
        yield from ()


class Changes:
    """Finds what events touch; remembers only which trip each van had last."""

    def __init__(self) -> None:
        self._trip_of: dict[str, str] = {}

    def look(self, entry: Entry, decisions: tuple[Decision, ...], world: World) -> Look:
        """Return one event with what it can have changed."""
        van_ids = list(dict.fromkeys(_van_ids(entry.event, decisions, world)))
        trips = [*self._trips(van_ids, world), *_trip_named(entry.event, world)]
        trips = list({trip.trip_id: trip for trip in trips}.values())
        parcels = dict.fromkeys(_parcel_ids(entry.event, decisions, van_ids, world))
        parcels |= dict.fromkeys(one for trip in trips for one in trip.parcel_ids)
        return Look(
            entry,
            decisions,
            world,
            vans=tuple(world.vans[van_id] for van_id in van_ids if van_id in world.vans),
            trips=tuple(trips),
            parcel_ids=tuple(parcels),
        )

    def _trips(self, van_ids: Iterable[str], world: World) -> Iterator[Trip]:
        """Give the trips that vans had before the event and have after it."""
        state = world.state
        for van_id in van_ids:
            before = self._trip_of.get(van_id)
            if before is not None:
                yield state.trips[before]
            van = state.vans.get(van_id)
            if van is not None and van.trip_id is not None:
                self._trip_of[van_id] = van.trip_id
                yield state.trips[van.trip_id]


def _van_ids(event: Event, decisions: tuple[Decision, ...], world: World) -> Iterator[str]:
    match event:
        case Restarted():
            yield from world.vans
        case SolveFinished(result):
            yield from (route.van_id for route in result.routes)
        case CancelAsked() | ParcelAnnounced():
            pass
        case HoldAsked(HoldKind.VAN, van_id) | ReleaseAsked(HoldKind.VAN, van_id):
            yield van_id
        case _ if isinstance(event, VanFact):
            yield event.van_id
        case _:
            pass
    for decision in decisions:
        match decision:
            case SendTrip(wish):
                yield wish.van_id
            case CancelTrip(van_id, _) | Load(_, van_id, _, _):
                yield van_id
            case _:
                pass


def _trip_named(event: Event, world: World) -> Iterator[Trip]:
    trip = world.state.trips.get(getattr(event, "trip_id", None) or "")
    if trip is not None:
        yield trip


def _parcel_ids(
    event: Event, decisions: tuple[Decision, ...], van_ids: Iterable[str], world: World
) -> Iterator[str]:
    match event:
        case ParcelAnnounced(parcel):
            yield parcel.parcel_id
        case CancelAsked(parcel_id):
            yield parcel_id
        case HoldAsked(HoldKind.PARCEL, parcel_id) | ReleaseAsked(HoldKind.PARCEL, parcel_id):
            yield parcel_id
        case TripLoaded(_, parcel_ids):
            yield from parcel_ids
        case TripWithdrawn(trip_id):
            trip = world.state.trips.get(trip_id)
            yield from () if trip is None else trip.parcel_ids
        case _:
            pass
    for decision in decisions:
        match decision:
            case Accept(parcel_id) | Reject(parcel_id, _) | ConfirmCancel(parcel_id, _):
                yield parcel_id
            case Publish(parcel_id=parcel_id):
                yield parcel_id
            case _:
                pass
    vans = world.state.vans
    yield from (one for van_id in van_ids if van_id in vans for one in vans[van_id].stranded)

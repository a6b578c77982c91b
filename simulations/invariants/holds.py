"""Invariants of what somebody holds by hand."""

from collections.abc import Iterator

from dispatcher.core.decisions import AnswerHold, SendTrip
from dispatcher.core.events import HoldAsked, ReleaseAsked
from dispatcher.core.holds import HoldKind
from dispatcher.core.model import Trip
from simulations.invariants.looking import Invariant, Look


class WhatIsHeldStays(Invariant):
    """Nothing that is held by hand is sent out, and whoever asks for that is answered.

    A held van is told no trip that it does not have yet; no new trip brings a held parcel; from a
    held depot no trip with parcels begins. What counts as held follows from what was asked and
    answered, not from what the core believes: until it is released, over restarts too. A held
    parcel that a van had been told to load may go; if it stays, so it does in every later trip.
    """

    def __init__(self) -> None:
        self._held: set[tuple[HoldKind, str]] = set()
        self._told: set[str] = set()

    def after(self, look: Look) -> Iterator[str]:
        """Note what is held and released; look at trips told for the first time."""
        if isinstance(look.event, HoldAsked | ReleaseAsked):
            yield from self._hear(look.event, look)
        for decision in look.decisions:
            if isinstance(decision, SendTrip) and decision.wish.trip_id not in self._told:
                self._told.add(decision.wish.trip_id)
                yield from self._begun(look.world.state.trips[decision.wish.trip_id], look)

    def _hear(self, event: HoldAsked | ReleaseAsked, look: Look) -> Iterator[str]:
        answers = [one for one in look.decisions if isinstance(one, AnswerHold)]
        if len(answers) != 1:
            yield f"who asks for {event} gets {len(answers)} answers"
            return
        key = (event.kind, event.subject_id)
        if isinstance(event, ReleaseAsked):
            self._held.discard(key)
            return
        (answer,) = answers
        if (answer.hold is None) != bool(answer.fault):
            yield f"{event.subject_id} is neither held nor is it said why not"
        if answer.hold is not None:
            self._held.add(key)

    def _begun(self, trip: Trip, look: Look) -> Iterator[str]:
        if (HoldKind.VAN, trip.van_id) in self._held:
            yield f"{trip.van_id} is held, but told {trip.trip_id}"
        depot_id = look.world.shell.depot_id
        if trip.parcel_ids and (HoldKind.DEPOT, depot_id) in self._held:
            yield f"{depot_id} is held, but {trip.trip_id} begins"
        for parcel_id in trip.parcel_ids:
            if (HoldKind.PARCEL, parcel_id) in self._held:
                yield f"{parcel_id} is held, but {trip.trip_id} brings it"

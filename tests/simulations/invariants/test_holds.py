"""What is held stays: each way of sending it out all the same is found."""

from types import SimpleNamespace
from typing import Any

import pytest

from dispatcher.core.decisions import AnswerHold, SendTrip
from dispatcher.core.events import HoldAsked, ReleaseAsked, Tick
from dispatcher.core.holds import Hold, HoldKind
from dispatcher.journal.records import Entry
from maps.units import Instant
from simulations.invariants.holds import WhatIsHeldStays
from simulations.invariants.looking import Look
from vehicles.trip import TripWish

TRIP: Any = SimpleNamespace(trip_id="v-1/1", van_id="v-1", parcel_ids=("p-1", "p-2"))
WORLD: Any = SimpleNamespace(
    state=SimpleNamespace(trips={TRIP.trip_id: TRIP}), shell=SimpleNamespace(depot_id="dep")
)
BEGINS = SendTrip(TripWish("v-1/1", "v-1", (), 1))
REFUSED = AnswerHold(None, is_changed=False, fault="there is no such van here")


def look(*decisions, event=None) -> Look:
    entry = Entry("dep", 1, Instant(0), event or Tick())
    return Look(entry, decisions, WORLD, vans=(), trips=(), parcel_ids=())


def asked(kind, subject_id, answer=None):
    made = Hold(kind, subject_id, "ann", "", Instant(0))
    answer = answer or AnswerHold(made, is_changed=True)
    return look(answer, event=HoldAsked(kind, subject_id, "ann", ""))


def released(kind, subject_id):
    event = ReleaseAsked(kind, subject_id, "ann", "")
    return look(AnswerHold(None, is_changed=True), event=event)


def found(*looks) -> list[str]:
    rule = WhatIsHeldStays()
    return [seen for one in looks for seen in rule.after(one)]


@pytest.mark.parametrize(
    ("kind", "subject_id", "said"),
    [
        (HoldKind.VAN, "v-1", "v-1 is held, but told v-1/1"),
        (HoldKind.PARCEL, "p-2", "p-2 is held, but v-1/1 brings it"),
        (HoldKind.DEPOT, "dep", "dep is held, but v-1/1 begins"),
    ],
)
def test_what_is_held_is_not_sent_out_until_it_is_released(kind, subject_id, said):
    hold, begins = asked(kind, subject_id), look(BEGINS)
    assert found(hold, begins) == [said]
    assert found(begins, hold, begins) == [], "what it was told before, it is told again"
    assert found(hold, released(kind, subject_id), begins) == []
    assert found(asked(kind, subject_id, REFUSED), begins) == []
    assert found(asked(kind, "other"), begins) == []


def test_whoever_asks_is_answered_once_and_told_why_not():
    event = HoldAsked(HoldKind.VAN, "v-1", "ann", "")
    assert "gets 0 answers" in found(look(event=event))[0]
    assert "gets 2 answers" in found(look(REFUSED, REFUSED, event=event))[0]
    silent = AnswerHold(None, is_changed=False)
    assert found(look(silent, event=event)) == ["v-1 is neither held nor is it said why not"]

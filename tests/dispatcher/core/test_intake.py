from dataclasses import fields, replace
from typing import Any

import pytest

from dispatcher.core.book import ParcelBook
from dispatcher.core.decisions import Accept, ConfirmCancel, Publish, Reject
from dispatcher.core.events import AnnouncementRefused, CancelAsked, ParcelAnnounced
from dispatcher.core.intake import announce, cancel, refuse
from dispatcher.core.parcels import Parcel, ParcelStatus
from dispatcher.core.settings import PlanSettings
from maps.places import LonLat
from maps.units import Instant
from tests.dispatcher.core.harness import T0, minutes, parcel, setup_of

SETUP = setup_of(settings=PlanSettings(parcels_max=2))


def announced(book: ParcelBook, one, now=T0):
    return announce(book, ParcelAnnounced(one), now, setup=SETUP)


def kinds(decisions) -> list[object]:
    return [d.kind if isinstance(d, Publish) else type(d) for d in decisions]


@pytest.mark.parametrize(("late_ms", "is_taken"), [(0, True), (1, False)])
def test_a_parcel_may_be_due_now_but_not_before(late_ms, is_taken):
    book = ParcelBook()
    decisions = announced(book, parcel(1, until=60), Instant(minutes(60) + late_ms))
    assert isinstance(decisions[0], Accept if is_taken else Reject)
    assert book.is_waiting("p-1") == is_taken


def test_all_reasons_are_given_at_once():
    book = ParcelBook()
    wrong = replace(parcel(1, until=1), depot_id="elsewhere")
    (reject, publish) = announced(book, wrong, minutes(2))
    assert len(reject.reasons) == 2
    assert publish.kind == "rejected"
    assert announced(book, wrong, minutes(3)) == (reject,)


def test_as_many_parcels_wait_as_may_and_no_more():
    book = ParcelBook()
    assert kinds(announced(book, parcel(1))) == [Accept, "accepted"]
    assert kinds(announced(book, parcel(2))) == [Accept, "accepted"]
    assert kinds(announced(book, parcel(3))) == [Reject, "rejected"]


def test_a_parcel_announced_again_gets_the_same_answer_and_nothing_else_happens():
    book = ParcelBook()
    announced(book, parcel(1))
    assert announced(book, parcel(1), minutes(1)) == (Accept("p-1"),)
    assert book["p-1"].parcel == parcel(1)


OTHERWISE: dict[str, Any] = {
    "depot_id": "elsewhere",
    "consignee_id": "somebody else",
    "place": LonLat(24.5, 60.5),
    "label": "Another Street 1",
    "mass_g": 900_001,
    "volume_ml": 900_001,
    "locker": "xl",
    "ready_at": minutes(3),
    "due_from": minutes(4),
    "due_until": minutes(999),
    "service_s": 3000,
    "priority": 99,
    "handling": ("fragile",),
    "references": (("order", "x" * 500),),
}


@pytest.mark.parametrize("name", [field.name for field in fields(Parcel)][1:])
def test_a_parcel_announced_again_with_other_content_is_rejected_and_the_first_stands(name):
    book, first = ParcelBook(), parcel(1)
    announced(book, first)
    other = replace(first, **{name: OTHERWISE[name]})
    (answer,) = announced(book, other)
    assert isinstance(answer, Reject)
    assert len(answer.reasons) == (2 if name == "place" else 1)
    assert all("and that stands" in reason and len(reason) < 250 for reason in answer.reasons)
    assert book["p-1"].parcel == first
    assert announced(book, first) == (Accept("p-1"),)


def test_what_was_rejected_stays_so_with_what_is_other_now():
    book = ParcelBook()
    late = announced(book, parcel(1, until=1), minutes(2))[0]
    assert isinstance(late, Reject)
    (answer,) = announced(book, parcel(1, until=60), minutes(2))
    assert isinstance(answer, Reject)
    assert answer.reasons[:-1] == late.reasons
    assert answer.reasons[-1].startswith("due_until is ")


def test_an_announcement_mended_counts_once():
    book = ParcelBook()
    refuse(book, AnnouncementRefused("p-1", ("mass_kg is missing",)), T0)
    assert "p-1" in book.refused
    announced(book, parcel(1))
    assert book.refused == {}
    refuse(book, AnnouncementRefused("p-1", ("mass_kg is missing",)), T0)
    assert book.refused == {}


# What a cancellation leads to and is answered with, by the parcel's status.
CANCELS = {
    ParcelStatus.WAITING: (ParcelStatus.CANCELLED, ConfirmCancel("p-1", aboard=False)),
    ParcelStatus.HELD: (ParcelStatus.CANCELLED, ConfirmCancel("p-1", aboard=False)),
    ParcelStatus.ORDERED: (ParcelStatus.RETURNING, ConfirmCancel("p-1", aboard=True)),
    ParcelStatus.ABOARD: (ParcelStatus.RETURNING, ConfirmCancel("p-1", aboard=True)),
    ParcelStatus.RETURNING: (ParcelStatus.RETURNING, ConfirmCancel("p-1", aboard=True)),
    ParcelStatus.RETURNED: (ParcelStatus.RETURNED, ConfirmCancel("p-1", aboard=True)),
    ParcelStatus.CANCELLED: (ParcelStatus.CANCELLED, ConfirmCancel("p-1", aboard=False)),
    ParcelStatus.DELIVERED: (
        ParcelStatus.DELIVERED,
        Reject("p-1", ("the parcel is delivered already",)),
    ),
    ParcelStatus.UNSERVED: (
        ParcelStatus.UNSERVED,
        Reject("p-1", ("the parcel is unserved already",)),
    ),
    ParcelStatus.REJECTED: (
        ParcelStatus.REJECTED,
        Reject("p-1", ("the parcel is rejected already",)),
    ),
}
WAYS = {
    ParcelStatus.ABOARD: (ParcelStatus.ORDERED,),
    ParcelStatus.RETURNING: (ParcelStatus.ORDERED,),
    ParcelStatus.RETURNED: (ParcelStatus.ORDERED, ParcelStatus.RETURNING),
    ParcelStatus.DELIVERED: (ParcelStatus.ORDERED, ParcelStatus.ABOARD),
}


@pytest.mark.parametrize("status", ParcelStatus)
def test_every_cancellation_is_answered(status):
    book = ParcelBook()
    if status is ParcelStatus.REJECTED:
        book.add_rejected(parcel(1), ("too late",), T0)
    else:
        book.add(parcel(1), T0)
        for step in (*WAYS.get(status, ()), status):
            if step is not ParcelStatus.WAITING:
                book.move("p-1", step, T0)
    after, answer = CANCELS[status]
    decisions = cancel(book, CancelAsked("p-1", "why not"), T0)
    assert decisions[0] == answer
    assert book["p-1"].status is after
    assert kinds(decisions[1:]) == (["cancelled"] if after is not status else [])


def test_a_parcel_never_announced_cannot_be_cancelled():
    assert cancel(ParcelBook(), CancelAsked("p-1", ""), T0) == (
        Reject("p-1", ("the parcel was never announced",)),
    )

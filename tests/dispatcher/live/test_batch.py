"""A batch of arrivals: what is known is not journalled again, and means what it meant at first."""

import json

from dispatcher.announcing import Announced, hear_announcement
from dispatcher.core.decisions import Accept, ConfirmCancel, Reject
from dispatcher.core.events import (
    AnnouncementRefused,
    CancelAsked,
    Configured,
    ParcelAnnounced,
    Tick,
)
from dispatcher.core.parcels import LOADED_WRONGLY, ParcelStatus
from dispatcher.journal.records import Entry
from dispatcher.live.batch import Batch, Repeated
from dispatcher.stepping import Stepper
from maps.units import Instant
from tests.dispatcher.api.office import EPOCH, HOUR_MS, setup_of

LATER = Instant(EPOCH + HOUR_MS)


def said(number: int = 1, **others: object) -> Announced | AnnouncementRefused:
    content = {"parcel_id": f"pkg-{number}", "lon": 24.94, "lat": 60.17, "mass_kg": 1, **others}
    payload = json.dumps(content).encode()
    return hear_announcement(payload, depot_id="dep-1", locate=lambda label, place: None)


class Depot:
    """A depot without a journal: what is entered is stepped."""

    def __init__(self) -> None:
        self.stepper = Stepper("dep-1")
        self.handle(Configured(setup_of("dep-1")))

    def handle(self, *arrivals, now=EPOCH):
        """Handle a batch; return its turns, and what was decided in each."""
        batch = Batch(self.stepper, now)
        for arrival in arrivals:
            batch.add(arrival)
        decided = [
            self.stepper.step(turn)
            if isinstance(turn, Entry)
            else (turn.answer or self.stepper.answer_again(turn.announced_id),)
            for turn in batch.turns
        ]
        return batch, [decisions[0] for decisions in decided if decisions]


def test_what_is_new_gets_entries_in_order():
    depot = Depot()
    batch, told = depot.handle(said(1), said(2), CancelAsked("pkg-1", ""))
    assert [entry.sequence for entry in batch.entries] == [2, 3, 4]
    assert told[:2] == [Accept("pkg-1"), Accept("pkg-2")]
    assert depot.stepper.sequence == 4


def test_the_same_again_later_gets_the_same_answer_and_no_entry():
    depot = Depot()
    depot.handle(said(1), said(2, due_until="2026-03-02T07:00:00+02:00"))
    batch, told = depot.handle(said(1), said(2, due_until="2026-03-02T07:00:00+02:00"), now=LATER)
    assert batch.entries == []
    assert [turn.announced_id for turn in batch.turns if isinstance(turn, Repeated)] == [
        "pkg-1",
        "pkg-2",
    ]
    assert told[0] == Accept("pkg-1")
    assert isinstance(told[1], Reject)
    assert "has passed" in told[1].reasons[0]
    assert depot.stepper.sequence == 3


def test_of_two_at_once_the_second_means_the_times_of_the_first():
    depot = Depot()
    batch, told = depot.handle(said(1), said(3), said(1))
    assert [type(turn) for turn in batch.turns] == [Entry, Entry, Repeated]
    assert told == [Accept("pkg-1"), Accept("pkg-3"), Accept("pkg-1")]


def test_other_content_is_news_each_time_also_within_a_batch():
    depot = Depot()
    batch, told = depot.handle(said(1), said(1, mass_kg=2))
    assert len(batch.entries) == 2
    assert isinstance(told[1], Reject)
    for _ in range(2):
        batch, (answer,) = depot.handle(said(1, mass_kg=2), now=LATER)
        assert (len(batch.entries), answer) == (1, told[1])
    again, (answer,) = depot.handle(said(1), now=LATER)
    assert (again.entries, answer) == ([], Accept("pkg-1"))


def test_what_was_no_parcel_is_refused_again_without_an_entry():
    depot = Depot()
    broken = said(1, mass_kg=-1)
    batch, told = depot.handle(broken, broken)
    assert [type(turn) for turn in batch.turns] == [Entry, Repeated]
    assert isinstance(told[0], Reject)
    assert told[0] == told[1]
    batch, again = depot.handle(broken, now=LATER)
    assert (batch.entries, again) == ([], told[:1])
    worse, (other,) = depot.handle(said(1, mass_kg=-1, lon=200), now=LATER)
    assert len(worse.entries) == 1
    assert other != told[0]


def test_once_corrected_it_is_a_parcel_and_the_broken_one_is_news():
    depot = Depot()
    broken = said(1, mass_kg=-1)
    batch, told = depot.handle(broken, said(1), broken)
    assert len(batch.entries) == 3
    assert told[1] == Accept("pkg-1")
    assert told[2] == told[0]
    batch, (answer,) = depot.handle(said(1), now=LATER)
    assert (batch.entries, answer) == ([], Accept("pkg-1"))


def test_what_is_forgotten_by_an_entry_of_the_batch_is_answered_as_before():
    depot = Depot()
    late = {"due_until": "2026-03-02T07:00:00+02:00"}
    _, before = depot.handle(said(1, **late), said(2, mass_kg=-1))
    a_year_on = Instant(EPOCH + 365 * 24 * HOUR_MS)
    batch, told = depot.handle(Tick(), said(1, **late), said(2, mass_kg=-1), now=a_year_on)
    assert len(batch.entries) == 1
    assert told == before
    assert depot.stepper.parcel("pkg-1") is None
    assert depot.stepper.refusal("pkg-2") is None
    batch, _ = depot.handle(said(1, **late), said(2, mass_kg=-1), now=a_year_on)
    assert len(batch.entries) == 2, "by now it is news"


def test_an_event_that_is_ready_is_held_against_what_is_known_too():
    depot = Depot()
    heard = said(1)
    assert isinstance(heard, Announced)
    event = heard.event(EPOCH)
    assert isinstance(event, ParcelAnnounced)
    batch, _ = depot.handle(event, event)
    assert [type(turn) for turn in batch.turns] == [Entry, Repeated]


def test_what_was_given_back_is_confirmed_again_without_an_entry():
    depot = Depot()
    depot.handle(said(1), said(2, due_until="2026-03-02T07:00:00+02:00"))
    wanted = CancelAsked("pkg-1", "changed my mind")
    batch, told = depot.handle(wanted, wanted)
    assert len(batch.entries) == 2, "what an entry of the batch does may change the answer"
    batch, again = depot.handle(wanted, CancelAsked("pkg-1", "still"), now=LATER)
    assert (batch.entries, again) == ([], [told[0], told[0]])
    assert told[0] == ConfirmCancel("pkg-1", aboard=False)


def test_each_cancellation_that_was_not_confirmed_is_journalled():
    depot = Depot()
    depot.handle(said(1, due_until="2026-03-02T07:00:00+02:00"))
    for _ in range(2):
        batch, told = depot.handle(CancelAsked("pkg-1", ""), CancelAsked("pkg-9", ""))
        assert len(batch.entries) == 2
        assert all(isinstance(one, Reject) for one in told)


def test_what_comes_back_for_another_reason_is_news_to_cancel_and_then_known():
    depot = Depot()
    depot.handle(said(1))
    depot.stepper.core.state.book.move(
        "pkg-1", ParcelStatus.RETURNING, EPOCH, reason=LOADED_WRONGLY
    )
    aboard = ConfirmCancel("pkg-1", aboard=True)
    batch, (answer, *_) = depot.handle(CancelAsked("pkg-1", ""))
    assert (len(batch.entries), answer) == (1, aboard)
    batch, (answer,) = depot.handle(CancelAsked("pkg-1", ""), now=LATER)
    assert (batch.entries, answer) == ([], aboard)
    depot.stepper.core.state.book.move("pkg-1", ParcelStatus.RETURNED, LATER)
    batch, (answer,) = depot.handle(CancelAsked("pkg-1", ""), now=LATER)
    assert (batch.entries, answer) == ([], aboard)

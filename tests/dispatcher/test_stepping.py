"""The core and the sessions, step by step: what one van cannot be told stops no other."""

from dataclasses import replace

from dispatcher.core.decisions import Report, SendTrip
from dispatcher.core.events import Configured, ParcelAnnounced, SolveFinished, Tick
from dispatcher.core.model import TripStatus
from dispatcher.core.settings import PlanSettings
from dispatcher.journal.codec import decode_event, encode_event
from dispatcher.journal.records import Entry
from dispatcher.stepping import Stepper
from maps.units import Instant
from tests.dispatcher.core.harness import DEPOT, T0, parcel, setup_of
from tests.dispatcher.core.toy_city import ToyPlanner
from vehicles.facts import VanSeen
from vehicles.vda5050.dialect import USUAL, Dialect, Version


def ordered() -> tuple[Stepper, SendTrip]:
    """Return a stepper whose only van is being told a trip, and the decision to tell it."""
    stepper = Stepper("dep")
    found: list[SendTrip] = []

    def step(event):
        decisions = stepper.step(Entry("dep", stepper.sequence + 1, T0, event))
        found.extend(decision for decision in decisions if isinstance(decision, SendTrip))
        return decisions

    step(Configured(setup_of(1, settings=PlanSettings(wave_parcels=1))))
    step(VanSeen("van-0", T0, DEPOT.place, 16_000_000, None, False))
    *_, solve = step(ParcelAnnounced(parcel(1)))
    step(SolveFinished(ToyPlanner().plan(solve.request)))
    (sent,) = found
    return stepper, sent


def test_a_wish_that_takes_released_nodes_back_is_reported_and_stops_nobody(monkeypatch):
    stepper, sent = ordered()
    session = stepper.sessions["van-0"]
    before = session.outstanding()
    first, *others = sent.wish.nodes
    turned = replace(sent.wish, nodes=(replace(first, node_id="elsewhere"), *others))
    monkeypatch.setattr(stepper.core, "handle", lambda *_: (SendTrip(turned),))
    decisions = stepper.step(Entry("dep", stepper.sequence + 1, Instant(T0 + 1), Tick()))
    report = decisions[-1]
    assert isinstance(report, Report)
    assert (report.name, report.subject_id) == ("wish_refused", "van-0")
    assert "VAN-301" in report.detail
    assert session.outstanding() == before


def set_up(stepper, vans):
    """Set a depot up with other vans."""
    event = Configured(replace(stepper.setup, vans=tuple(vans)))
    return stepper.step(Entry("dep", stepper.sequence + 1, stepper.now, event))


def test_the_dialogue_with_a_van_that_has_left_is_forgotten_and_begins_anew_when_it_is_back():
    stepper = Stepper("dep")
    setup = setup_of(2)
    stepper.step(Entry("dep", 1, T0, Configured(setup)))
    for number in range(2):
        seen = VanSeen(f"van-{number}", T0, DEPOT.place, 16_000_000, None, False)
        stepper.step(Entry("dep", 2 + number, T0, seen))
    kept = stepper.sessions["van-1"]
    set_up(stepper, setup.vans[1:])
    assert stepper.sessions == {"van-1": kept}
    assert stepper.image().sessions.keys() == {"van-1"}
    set_up(stepper, setup.vans)
    assert not stepper.sessions["van-0"].known
    assert stepper.sessions["van-1"] is kept
    assert kept.known


def test_the_dialogue_with_a_van_at_work_is_not_forgotten():
    stepper, _ = ordered()
    outstanding = stepper.sessions["van-0"].outstanding()
    assert outstanding is not None
    set_up(stepper, ())
    assert stepper.sessions["van-0"].outstanding() is None, "it is not heard"
    set_up(stepper, setup_of(1).vans)
    seen = VanSeen("van-0", T0, DEPOT.place, 16_000_000, None, False)
    stepper.step(Entry("dep", stepper.sequence + 1, T0, seen))
    assert stepper.sessions["van-0"].outstanding() == outstanding


def test_a_van_that_has_left_can_be_told_something_still(monkeypatch):
    stepper, sent = ordered()
    state = stepper.core.state
    (trip,) = state.live_trips()
    state.keep_trip(replace(trip, status=TripStatus.CANCELLED))
    set_up(stepper, ())
    assert not stepper.sessions
    monkeypatch.setattr(stepper.core, "handle", lambda *_: (sent,))
    assert stepper.step(Entry("dep", stepper.sequence + 1, T0, Tick())) == (sent,)
    assert stepper.sessions["van-0"]._dialogue.wish == sent.wish


def test_a_van_is_spoken_to_as_its_setup_says_whatever_the_restart_and_whatever_the_fleet_file():
    setup = setup_of(1)
    newer = replace(setup, vans=(replace(setup.vans[0], dialect=Dialect(Version.V3_0)),))
    stepper, again = Stepper("dep"), Stepper("dep")
    stepper.step(Entry("dep", 1, T0, Configured(setup)))
    assert stepper.sessions["van-0"].dialect == USUAL
    retired = replace(newer, vans=(newer.vans[0].retired(),))
    for number, one in ((2, newer), (3, retired)):
        stepper.step(Entry("dep", number, T0, Configured(one)))
        assert stepper.sessions["van-0"].dialect == Dialect(Version.V3_0)
    again.take(stepper.image())
    assert again.sessions["van-0"].dialect == Dialect(Version.V3_0)


def test_an_entry_of_before_dialects_were_journalled_is_read_as_the_usual_one():
    written = encode_event(Configured(setup_of(1)))
    before = written.replace('"dialect":null,', "")
    assert before != written
    assert decode_event("Configured", before) == Configured(setup_of(1))

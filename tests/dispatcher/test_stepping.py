"""The core and the sessions, step by step: what one van cannot be told stops no other."""

from dataclasses import replace

from dispatcher.core.decisions import Report, SendTrip
from dispatcher.core.events import Configured, ParcelAnnounced, SolveFinished, Tick
from dispatcher.core.settings import PlanSettings
from dispatcher.journal.records import Entry
from dispatcher.stepping import Stepper
from maps.units import Instant
from tests.dispatcher.core.harness import DEPOT, T0, parcel, setup_of
from tests.dispatcher.core.toy_city import ToyPlanner
from vehicles.facts import VanSeen


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

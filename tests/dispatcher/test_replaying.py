"""A past day is built again to any instant, and a program that decides otherwise is told apart."""

import hashlib
import re
from dataclasses import replace

import pytest

from dispatcher.core.events import Configured, ForecastFinished, SolveFailed, SolveFinished
from dispatcher.core.requests import ForecastResult
from dispatcher.journal.versions import RULES_VERSION
from dispatcher.replaying import ReplayDiffersError, Replayed, replay_depot
from dispatcher.stepping import Stepper, replay
from maps.units import Instant
from tests.dispatcher.core.harness import T0, minutes
from tests.dispatcher.past_day import past_day


@pytest.fixture(scope="module")
def entries():
    return past_day()


def whole(entries, until=None) -> Replayed:
    replayed = replay_depot("dep", entries, until=until)
    assert isinstance(replayed, Replayed)
    return replayed


def test_the_end_of_a_day_is_what_the_dispatcher_knew(entries):
    replayed = whole(entries)
    stepper = replay("dep", entries)
    assert replayed.snapshot == stepper.core.snapshot(stepper.now)
    assert {record.status.value for record in replayed.snapshot.parcels} == {"delivered"}
    assert (replayed.begun_at, replayed.last_at) == (entries[0].now, entries[-1].now)
    assert replayed.starts == 2
    assert sum(count for _, count in replayed.events) == len(entries)
    assert dict(replayed.events)["ParcelAnnounced"] == 8
    assert dict(replayed.decisions)["Accept"] == 8
    assert replayed.open_questions == ()


@pytest.mark.parametrize("minute", [0, 0.1, 7, 20, 21, 40])
def test_at_any_instant_it_is_what_the_dispatcher_knew_then(entries, minute):
    until = minutes(minute)
    replayed = whole(entries, until)
    before = [entry for entry in entries if entry.now <= until]
    assert replayed.snapshot == replay("dep", before).core.snapshot(until)
    assert replayed.snapshot.as_of == until
    assert replayed.last_at == before[-1].now


def test_an_open_question_is_named(entries):
    (asked,) = whole(entries, minutes(0.1)).open_questions
    assert asked.startswith("dep/plan-")


def test_what_lies_behind_the_instant_is_not_even_read(entries):
    def broken():
        yield from (entry for entry in entries if entry.now <= minutes(20))
        yield next(entry for entry in entries if entry.now > minutes(20))
        raise AssertionError("read on")

    assert whole(broken(), minutes(20)).snapshot == whole(entries, minutes(20)).snapshot


def test_before_the_day_there_is_nothing_but_when_it_begins(entries):
    assert replay_depot("dep", entries, until=Instant(T0 - 1)) == T0


@pytest.mark.parametrize("kind", [SolveFinished, SolveFailed, ForecastFinished])
def test_an_answer_to_what_is_not_asked_shows_that_it_decides_otherwise(entries, kind):
    number = next(n for n, e in enumerate(entries) if isinstance(e.event, SolveFinished))
    event = entries[number].event
    assert isinstance(event, SolveFinished)
    strange = {
        SolveFinished: SolveFinished(replace(event.result, request_id="dep/plan-99")),
        SolveFailed: SolveFailed("dep/plan-99", "a worker died"),
        ForecastFinished: ForecastFinished(ForecastResult("dep/plan-99", ())),
    }[kind]
    changed = [*entries[:number], replace(entries[number], event=strange), *entries[number + 1 :]]
    with pytest.raises(ReplayDiffersError, match=f"entry {number + 1}, question dep/plan-99"):
        replay_depot("dep", changed)


def test_other_settings_than_those_of_the_day_are_noticed(entries):
    begun = entries[0].event
    assert isinstance(begun, Configured)
    settings = replace(begun.setup.settings, batching="size", wave_parcels=40)
    other = replace(entries[0], event=Configured(replace(begun.setup, settings=settings)))
    with pytest.raises(ReplayDiffersError):
        replay_depot("dep", [other, *entries[1:]])


def test_what_this_program_stumbles_over_is_an_expected_error(entries):
    with pytest.raises(ReplayDiffersError, match=r"entry 2, the first event .* Configured"):
        replay_depot("dep", entries[1:])


DECIDED = {
    1: "e24214f6828bf16e",
    2: "ef483907c65f74c3",
    3: "ef483907c65f74c3",
    4: "ef483907c65f74c3",
    5: "ef483907c65f74c3",
    6: "ef483907c65f74c3",
    7: "ef483907c65f74c3",
}
"""What each version of the rules decides about the same quiet day of few parcels."""


def test_other_decisions_about_the_same_day_are_other_rules(entries):
    decided = hashlib.sha256()
    stepper = Stepper("dep")
    for entry in entries:
        for decision in stepper.step(entry):
            # A set's order is no part of what is decided.
            text = re.sub(r"frozenset\(\{(.*?)\}\)", _sorted, repr(decision))
            decided.update(text.encode())
    told = "decisions have changed: raise RULES_VERSION (journal/versions.py) and note them here"
    assert decided.hexdigest()[:16] == DECIDED[RULES_VERSION], told


def _sorted(found):
    return str(sorted(found.group(1).split(", ")))

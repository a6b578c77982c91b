"""Soaking: days follow each other, the first broken invariant stops it and names its seed."""

import json
import pickle
from concurrent.futures import Future

import pytest

from dispatcher.cli import main
from simulations.invariants.errors import BrokenInvariantError
from simulations.invariants.watch import DayWatch
from simulations.soaking import running
from simulations.soaking.living import RAISED, DayCount
from simulations.soaking.running import Soak, live_seed, soak_days


def test_a_broken_invariant_names_seed_and_event_and_how_to_see_it_again():
    error = pickle.loads(
        pickle.dumps(BrokenInvariantError("no parcel lost", 17, 400, "p-1 is gone"))
    )
    assert "'no parcel lost' is broken in the day of seed 17, at event 400: p-1 is gone" in str(
        error
    )
    assert "robovan soak --only 17" in error.remedy


def test_of_days_lived_at_once_the_lowest_seed_is_told():
    days: list[Future[DayCount]] = [Future(), Future(), Future()]
    days[0].set_result(DayCount(1, 1, 1, 1, 1, 1, 1))
    days[1].set_exception(BrokenInvariantError("b", 3, 1, ""))
    days[2].set_exception(BrokenInvariantError("a", 2, 1, ""))
    with pytest.raises(BrokenInvariantError) as told:
        list(running._results(days))
    assert told.value.seed == 2


def test_days_follow_each_other_until_enough_and_none_begins_after_the_time():
    told = []
    tally = soak_days(Soak(seed_from=7, days=2, workers=0), lambda one: told.append(one.days))
    assert tally.days == 2
    assert told == [1, 2]
    assert tally.delivered > 0.7 * tally.parcels
    assert soak_days(Soak(minutes=0, workers=0)).days == 0


def test_whatever_is_raised_in_a_day_breaks_an_invariant_too(monkeypatch):
    def fall_over(watch, entry, decisions):
        raise KeyError("p-1")

    monkeypatch.setattr(DayWatch, "look", fall_over)
    with pytest.raises(BrokenInvariantError) as told:
        live_seed(7)
    assert told.value.name == RAISED
    assert told.value.seen == "KeyError: 'p-1'"


def test_the_command_lives_one_seed_alone_and_says_so(capsys):
    assert main(["soak", "--only", "7", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["seed_from"], said["days"]) == (7, 1)

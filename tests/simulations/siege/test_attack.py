"""Kills are drawn from the seed, and returns measured from the last of them."""

from collections import deque

from maps.units import Instant
from simulations.siege.attack import Attack, Kill, Return, drawn_kills


def test_kills_are_the_seed_s_and_lie_within_the_attack():
    drawn = drawn_kills(3, "dispatcher", 100, start=Instant(1000), within_s=60)
    at = [kill.at for kill in drawn]
    assert at == sorted(at)
    assert drawn == drawn_kills(3, "dispatcher", 100, start=Instant(1000), within_s=60)
    assert drawn != drawn_kills(3, "broker", 100, start=Instant(1000), within_s=60)
    assert at[0] >= 1000
    assert at[-1] < 61_000
    assert 2 <= sum(kill.is_ruthless for kill in drawn) <= 20


def test_a_return_is_measured_from_the_last_kill():
    back = Return()
    back.note_back(1.0)  # nobody was killed
    back.note_killed(2.0)
    back.note_killed(3.0)
    back.note_back(4.5, 0.25)
    back.note_back(5.0)
    assert back.back_s == [1.5]
    assert back.summary() == {
        "times": 1,
        "killed_before": 1,
        "s_median": 1.5,
        "s_p95": 1.5,
        "s_max": 1.5,
        "cpu_s_median": 0.25,
        "cpu_s_p95": 0.25,
        "cpu_s_max": 0.25,
    }


def test_a_kill_waits_for_its_time_and_for_the_victim_unless_it_is_ruthless():
    kills = Kill(Instant(5), False), Kill(Instant(6), False, 3.0), Kill(Instant(7), True, 3.0)
    attack = Attack(deque(kills))
    assert not attack.is_due(Instant(4), 0.0)
    assert attack.is_due(Instant(5), 0.0)
    attack.note_killed(0.0)
    assert not attack.is_due(Instant(100), 0.5)
    attack.speaks.note_back(1.0)
    assert not attack.is_due(Instant(6), 3.9), "it has only just begun to work"
    assert attack.is_due(Instant(6), 4.0)
    attack.note_killed(4.0)
    assert attack.is_due(Instant(7), 4.0)
    attack.note_killed(4.0)
    assert not attack.is_due(Instant(100), 100.0)
    assert (attack.done_count, attack.speaks.missed_count, attack.ready.missed_count) == (3, 1, 2)

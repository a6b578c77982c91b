"""Durations by classes: how many there were, and what most of them kept."""

from dispatcher.live.counting import Timing


def test_a_bound_is_named_that_so_many_kept():
    timing = Timing()
    for _ in range(99):
        timing.note(0.004)
    timing.note(3.0)
    assert timing.count == 100
    assert timing.within_s(0.99) == 0.005
    assert timing.within_s(1.0) == 5.0


def test_above_all_bounds_no_bound_was_kept():
    timing = Timing()
    timing.note(60.0)
    assert timing.within_s(0.5) is None

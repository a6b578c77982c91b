"""What is remembered of the segments driven, and which steps are refused."""

from maps.forbidden import Forbidden, Step
from maps.network import ALWAYS


def test_beginnings_of_runs_are_remembered_and_their_last_steps_refused():
    forbidden = Forbidden({(1, 2, 3, 4): [ALWAYS]})
    assert forbidden.memories == ((1, 2), (1, 2, 3))
    assert forbidden.step((1, 2), 3) == Step((1, 2, 3), ())
    assert forbidden.step((1, 2, 3), 4) is None
    assert forbidden.step((1, 2, 3), 5) == Step((), ())
    assert forbidden.step((2,), 3) == Step((), ()), "whoever did not come from 1 may"


def test_a_run_within_a_run_is_not_forgotten():
    forbidden = Forbidden({(1, 2, 3, 4): [ALWAYS], (2, 3, 5): [0]})
    assert forbidden.step((1, 2), 3) == Step((1, 2, 3), ())
    assert forbidden.step((1, 2, 3), 5) == Step((), (0,)), "the shorter run ends inside the longer"
    assert forbidden.step((2, 3), 4) == Step((), ())
    assert forbidden.step((2,), 3) == Step((2, 3), ())


def test_hours_of_all_runs_that_end_here_are_told_and_always_wins():
    both = Forbidden({(1, 2, 3): [0, 0], (0, 1, 2, 3): [1]})
    assert both.step((0, 1, 2), 3) == Step((), (0, 1))
    assert both.step((1, 2), 3) == Step((), (0,))
    assert Forbidden({(1, 2, 3): [0], (0, 1, 2, 3): [ALWAYS]}).step((0, 1, 2), 3) is None


def test_a_run_that_goes_round_starts_anew():
    forbidden = Forbidden({(1, 2, 1, 2, 3): [ALWAYS]})
    assert forbidden.step((1, 2, 1, 2), 1) == Step((1, 2, 1), ())
    assert forbidden.step((1, 2, 1, 2), 3) is None

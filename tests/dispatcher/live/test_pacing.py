"""Pace: nobody passes faster than the rate, and everybody's newest word passes in the end."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from dispatcher.live.pacing import Pace

RATE_PER_S, BURST = 4.0, 3.0
gaps_s = st.sampled_from([0.0, 0.0, 0.125, 0.25, 0.5, 2.0])
vans = st.sampled_from(["a", "a", "a", "b"])


@given(st.lists(st.tuples(gaps_s, vans), max_size=60))
def test_the_rate_is_kept_and_the_newest_passes(timeline):
    pace: Pace[str, tuple[str, int]] = Pace(RATE_PER_S, BURST)
    now_s, passed, last, overtaken = 0.0, [], {}, 0
    for number, (gap_s, van) in enumerate(timeline):
        now_s += gap_s
        passed += [(now_s, message) for message in pace.due(now_s)]
        last[van] = (van, number)
        overtaken += pace.held(van) is not None
        if (message := pace.take(van, last[van], now_s)) is not None:
            passed.append((now_s, message))
    assert len(pace) <= len(last)
    for _ in range(2):  # held messages pass once there is a token for each
        now_s += 1 / RATE_PER_S
        passed += [(now_s, message) for message in pace.due(now_s)]

    for van in last:
        own = [(at_s, number) for at_s, (name, number) in passed if name == van]
        assert own[-1][1] == last[van][1], "the newest passes in the end"
        assert all(one[1] < other[1] for one, other in pairwise(own)), "and nothing passes it"
        for first in range(len(own)):
            for end in range(first + 1, len(own) + 1):
                span_s = own[end - 1][0] - own[first][0]
                assert end - first <= BURST + span_s * RATE_PER_S + 1e-9
    assert len(passed) + overtaken == len(timeline)


def test_a_slow_van_is_never_held():
    pace: Pace[str, int] = Pace(RATE_PER_S, BURST)
    assert [pace.take("a", number, float(number)) for number in range(9)] == list(range(9))


def test_what_is_held_can_be_let_go_first():
    pace: Pace[str, int] = Pace(1.0, 1.0)
    assert pace.take("a", 1, 0.0) == 1
    assert pace.take("a", 2, 0.0) is None
    assert pace.forget("a") == 2
    assert pace.forget("a") is None
    assert pace.due(9.0) == []

"""Pace: nobody passes faster than the rate, and everybody's newest word passes in the end."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from dispatcher.live.pacing import BURST as USUAL_BURST
from dispatcher.live.pacing import FREE_BYTES, Pace, cost_of
from dispatcher.live.screening import BYTES_MAX

RATE_PER_S, BURST = 4.0, 3.0
gaps_s = st.sampled_from([0.0, 0.0, 0.125, 0.25, 0.5, 2.0])
vans = st.sampled_from(["a", "a", "a", "b"])
costs = st.sampled_from([1.0, 1.0, 1.5, BURST, 2 * BURST])


@given(st.lists(st.tuples(gaps_s, vans, costs), max_size=60))
def test_the_rate_is_kept_and_the_newest_passes(timeline):
    pace: Pace[str, tuple[str, int]] = Pace(RATE_PER_S, BURST)
    now_s, passed, last, overtaken = 0.0, [], {}, 0
    for number, (gap_s, van, cost) in enumerate(timeline):
        now_s += gap_s
        passed += [(now_s, message) for message in pace.due(now_s)]
        last[van] = (van, number)
        overtaken += pace.held(van) is not None
        if (message := pace.take(van, last[van], now_s, cost=cost)) is not None:
            passed.append((now_s, message))
    assert len(pace) <= len(last)
    now_s += BURST / RATE_PER_S  # however much is held: nothing takes more than that
    passed += [(now_s, message) for message in pace.due(now_s)]

    for van in last:
        own = [(at_s, number) for at_s, (name, number) in passed if name == van]
        assert own[-1][1] == last[van][1], "the newest passes in the end"
        assert all(one[1] < other[1] for one, other in pairwise(own)), "and nothing passes it"
        taken = [min(timeline[number][2], BURST) for _, number in own]
        for first in range(len(own)):
            for end in range(first + 1, len(own) + 1):
                span_s = own[end - 1][0] - own[first][0]
                assert sum(taken[first:end]) <= BURST + span_s * RATE_PER_S + 1e-9
    assert len(passed) + overtaken == len(timeline)


def test_a_slow_van_is_never_held():
    pace: Pace[str, int] = Pace(RATE_PER_S, BURST)
    assert [pace.take("a", number, float(number)) for number in range(9)] == list(range(9))


def test_what_is_held_can_be_let_go_first():
    pace: Pace[str, int] = Pace(1.0, 1.0)
    assert pace.take("a", 1, 0.0) == 1
    assert pace.take("a", 2, 0.0) is None
    assert pace.forget("a", 0.0) == 2
    assert pace.forget("a", 0.0) is None
    assert pace.due(9.0) == []


def test_what_is_let_go_first_is_owed_and_not_for_ever():
    pace: Pace[str, int] = Pace(RATE_PER_S, BURST)
    passed = []
    for number in range(100):
        assert pace.take("a", number, 0.0) is None or number < BURST
        passed.append(pace.forget("a", 0.0))
    assert len([one for one in passed if one is not None]) == BURST
    assert pace.take("a", 100, BURST / RATE_PER_S) is None, "what is owed is paid first"
    assert pace.due((BURST + 1) / RATE_PER_S) == [100]


def test_a_large_message_takes_more_and_the_largest_still_passes():
    assert cost_of(b"") == cost_of(bytes(FREE_BYTES)) == 1.0
    assert cost_of(bytes(4 * FREE_BYTES)) == 4.0
    assert cost_of(bytes(max(BYTES_MAX.values()))) <= USUAL_BURST

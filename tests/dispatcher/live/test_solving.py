"""A worker that merely searches long is not one that hangs: it answers with what it found."""

from typing import Any, cast

import pytest

from dispatcher import planner
from dispatcher.live import solving


@pytest.mark.parametrize(("search_s_max", "is_late"), [(0.0, True), (1e6, False)])
def test_a_worker_searches_no_longer_than_it_may(monkeypatch, search_s_max, is_late):
    monkeypatch.setattr(solving, "SEARCH_S_MAX", search_s_max)
    monkeypatch.setattr(solving, "_providers", object())
    monkeypatch.setattr(planner, "plan", lambda request, providers, stop: stop())
    assert cast(Any, solving._plan)(None) is is_late


def test_there_is_time_to_answer_behind_the_search():
    assert solving.SEARCH_S_MAX < solving.ANSWER_S_MAX / 2

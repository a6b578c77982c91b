import gc

import pytest

from dispatcher.collecting import YOUNGER, rare_collections


def live_and_fail(oldest_after):
    with rare_collections(oldest_after=oldest_after):
        assert gc.get_threshold() == (*YOUNGER, oldest_after)
        assert gc.get_freeze_count() > 0
        raise ZeroDivisionError


def test_collections_are_rare_only_while_it_runs():
    before = gc.get_threshold()
    assert before[:2] != YOUNGER
    with pytest.raises(ZeroDivisionError):
        live_and_fail(70)
    assert gc.get_threshold() == before
    assert gc.get_freeze_count() == 0

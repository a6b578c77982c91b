import gc

import pytest

from simulations.world.collecting import THRESHOLDS, rare_collections


def live_and_fail():
    with rare_collections():
        assert gc.get_threshold() == THRESHOLDS
        assert gc.get_freeze_count() > 0
        raise ZeroDivisionError


def test_collections_are_rare_only_while_a_day_is_lived():
    before = gc.get_threshold()
    assert before != THRESHOLDS
    with pytest.raises(ZeroDivisionError):
        live_and_fail()
    assert gc.get_threshold() == before
    assert gc.get_freeze_count() == 0

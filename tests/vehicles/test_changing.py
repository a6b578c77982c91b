"""A changed record is what ``dataclasses.replace`` makes of it."""

from dataclasses import replace

import pytest

from vehicles.changing import changed, record
from vehicles.dialogue import Dialogue


def test_a_change_is_a_replacement():
    before = Dialogue(known=True, battery_mwh=5)
    after = changed(before, stuck=True, battery_mwh=4)
    assert after == replace(before, stuck=True, battery_mwh=4)
    assert before == Dialogue(known=True, battery_mwh=5)


def test_an_unknown_field_is_refused():
    with pytest.raises(TypeError, match="colour"):
        changed(Dialogue(), colour="red")


def test_a_record_is_a_slotted_dataclass_that_can_be_a_key():
    @record
    class Spot:
        x: int
        y: int = 0

    assert changed(Spot(1), y=2) == Spot(1, 2) != Spot(1)
    assert {Spot(1): "here"}[Spot(1, 0)] == "here"
    assert not hasattr(Spot(1), "__dict__")

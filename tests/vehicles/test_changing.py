"""A changed record is what ``dataclasses.replace`` makes of it."""

from dataclasses import replace

import pytest

from vehicles.changing import changed
from vehicles.dialogue import Dialogue


def test_a_change_is_a_replacement():
    before = Dialogue(known=True, battery_mwh=5)
    after = changed(before, stuck=True, battery_mwh=4)
    assert after == replace(before, stuck=True, battery_mwh=4)
    assert before == Dialogue(known=True, battery_mwh=5)


def test_an_unknown_field_is_refused():
    with pytest.raises(TypeError, match="colour"):
        changed(Dialogue(), colour="red")

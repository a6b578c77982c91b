"""A day small enough to be counted by hand."""

import pytest

from tests.simulations.metrics.hand_made import HandMadeDay, hand_made_day


@pytest.fixture
def day() -> HandMadeDay:
    """Return the hand-made day, which a test may change."""
    return hand_made_day()

"""Errors travel between processes as they are, whatever facts their constructors take."""

import copy
import pickle
from pathlib import Path

import pytest

from maps.errors import MapFileMissingError, PlaceOffNetworkError, UnknownCityError
from maps.places import LonLat


@pytest.mark.parametrize(
    "error",
    [
        PlaceOffNetworkError("door", LonLat(24.9, 60.1), 400, 250, remedy="Move it"),
        UnknownCityError("Atlantis", ["helsinki"]),
        MapFileMissingError(Path("nowhere")),
    ],
    ids=lambda error: error.code,
)
def test_an_error_says_the_same_in_another_process(error):
    for again in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert type(again) is type(error)
        assert str(again) == str(error)
        assert vars(again) == vars(error)

"""Small days of Helsinki as files."""

from collections.abc import Callable
from pathlib import Path

import pytest

SMALL_DAY = """
city = "helsinki"
date = 2026-03-03
begins = 07:30:00
hours = 15

[fleet]
stations = "map"

[[fleet.depots]]
id = "west"
lon = 24.9362
lat = 60.1716
vans = {{ robovan-m = 2 }}
shift = {{ from = "07:00", until = "21:00" }}

[[fleet.depots]]
id = "east"
lon = 24.9452
lat = 60.1698
vans = {{ neolix-x3 = 1 }}
shift = {{ from = "07:00", until = "21:00" }}

[demand]
parcels_per_day = {parcels}
by_hour = [0, 0, 0, 0, 0, 0, 0, 0, 2, 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]

[plan]
effort = 1
{more}
"""

WriteDay = Callable[..., Path]
"""Writes a small day; ``parcels`` of it, and ``more`` tables."""


@pytest.fixture
def write_day(tmp_path) -> WriteDay:
    """Return what writes the file of a small day of two depots."""

    def write(*, parcels: int = 24, more: str = "") -> Path:
        path = tmp_path / "day.toml"
        path.write_text(SMALL_DAY.format(parcels=parcels, more=more), encoding="utf-8")
        return path

    return write

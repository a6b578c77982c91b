"""Reading files of observed speeds."""

import pytest

from maps.input_errors import UnreadableInputError
from maps.observed_speeds import read_speeds, speed_profile
from maps.traffic import SpeedProfile
from maps.units import Instant
from maps.weighing_errors import BadSpeedsError

MONDAY_0H = Instant(1_772_409_600_000)  # 2026-03-02T00:00Z
HOUR_MS = 3_600_000


@pytest.fixture
def write(tmp_path):
    def _write(text):
        path = tmp_path / "speeds.csv"
        path.write_text(text, encoding="utf-8")
        return path

    return _write


def test_speeds_by_class_and_way(write):
    profile = read_speeds(
        write(
            "road_class,way_id,days,hours,speed_kmh,speed_ratio,source\n"
            "primary,,Mo-Fr,07:00-09:00,18,,loops\n"
            ",42,,22:00-06:00,,1.2,\n"
        )
    )
    speeds = [
        dict(profile.slice_at(Instant(MONDAY_0H + hour * HOUR_MS), "UTC").speeds)
        for hour in (0, 6, 8, 9)
    ]
    assert speeds == [{42: (0.0, 1.2)}, {}, {"primary": (5.0, 0.0)}, {}]


def test_all_bad_rows_are_told_at_once(write):
    path = write(
        "road_class,way_id,days,hours,speed_kmh,speed_ratio\n"
        "primary,,Mo,07:00-08:00,30,\n"
        "prim,,Mo,07:00-08:00,30,\n"
        "primary,5,Mo,07:00-08:00,30,\n"
        ",x,Mo,07:00-08:00,30,\n"
        "primary,,Xx,07:00-08:00,30,\n"
        "primary,,Mo,,30,\n"
        "primary,,Mo,07:30-08:00,30,\n"
        "primary,,Mo,07:00-08:00,,\n"
        "primary,,Mo,07:00-08:00,30,0.5\n"
        "primary,,Mo,07:00-08:00,fast,\n"
        "primary,,Mo,07:00-08:00,,9\n"
        "primary,,Mo,07:00-08:00,nan,\n"
    )
    with pytest.raises(BadSpeedsError, match="MAP-403") as wrong:
        read_speeds(path)
    faulty = [(fault.row, fault.column) for fault in wrong.value.faults]
    assert faulty == [
        (3, "road_class"),
        (4, "road_class"),
        (5, "way_id"),
        (6, "hours"),
        (7, "hours"),
        (8, "hours"),
        (9, "speed_kmh"),
        (10, "speed_kmh"),
        (11, "speed_kmh"),
        (12, "speed_ratio"),
        (13, "speed_kmh"),
    ]


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", "road_class,hours\n", "\x00,\n"])
def test_what_is_no_file_of_speeds(write, text):
    with pytest.raises(UnreadableInputError, match="MAP-204"):
        read_speeds(write(text))


def test_a_missing_file(tmp_path):
    with pytest.raises(UnreadableInputError, match="MAP-204"):
        read_speeds(tmp_path / "none.csv")


def test_a_setting_names_no_profile_the_usual_one_or_a_file(tmp_path):
    assert speed_profile("none") is None
    usual = speed_profile("usual")
    assert usual is not None
    assert len(usual.slices) == len(SpeedProfile.usual().slices)
    path = tmp_path / "seen.csv"
    path.write_text("road_class,hours,speed_ratio\nprimary,07:00-09:00,0.5\n")
    seen = speed_profile(str(path))
    assert seen is not None
    assert len(seen.slices) == 2

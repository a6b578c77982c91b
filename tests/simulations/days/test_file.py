"""A day's file: what it says is taken as meant, and everything wrong is told at once."""

import pytest

from dispatcher.inputs.errors import InputMissingError, InputUnreadableError
from simulations.days.errors import BadDayError
from simulations.days.file import read_day


def faults_of(path) -> tuple[str, ...]:
    with pytest.raises(BadDayError) as caught:
        read_day(path)
    return caught.value.faults


def test_a_small_day_is_read(write_day):
    day = read_day(write_day())
    assert day.city == "helsinki"
    assert day.plan.effort == 1
    fleet = day.fleet_in("Europe/Helsinki")
    assert [depot.id for depot in fleet.depots] == ["west", "east"]
    assert [(vans.depot, vans.model, vans.count) for vans in fleet.vans] == [
        ("west", "robovan-m", 2),
        ("east", "neolix-x3", 1),
    ]
    assert day.end("Europe/Helsinki") - day.start("Europe/Helsinki") == 15 * 3_600_000


def test_all_faults_come_at_once_with_the_nearest_right_name(write_day):
    faults = faults_of(
        write_day(
            parcels=0,
            more="""
wave_parcel = 3
[customers]
absent_rato = 0.5
[network]
lost_ratio = 3
[vans]
stuck_min = [9, 2]
""",
        )
    )
    text = "\n".join(faults)
    assert "demand.parcels_per_day = '0'" in text
    assert "customers.absent_rato: unknown key; did you mean 'absent_ratio'?" in text
    assert "network.lost_ratio = '3'" in text
    assert "plan.wave_parcel: unknown key; did you mean 'wave_parcels'?" in text
    assert "must be [least, most]" in text
    assert len(faults) == 5


def test_ids_given_twice_and_files_that_are_not_there_are_told(write_day):
    path = write_day(more='[incidents]\nfile = "none.json"\n')
    text = path.read_text(encoding="utf-8").replace('id = "east"', 'id = "west"')
    path.write_text(text.replace("[demand]", '[traffic]\nspeeds = "s.csv"\n[demand]'))
    faults = faults_of(path)
    assert "fleet.depots: 'west' stands there twice" in faults
    assert "incidents.file = 'none.json': there is no such file" in faults
    assert "traffic.speeds = 's.csv': there is no such file" in faults


def test_a_fleet_may_be_a_file_of_its_own(write_day, tmp_path):
    path = write_day()
    text = path.read_text(encoding="utf-8")
    head, _, tail = text.partition("[fleet]")
    path.write_text(head + '[fleet]\nfile = "fleet.toml"\n[demand]' + tail.partition("[demand]")[2])
    (tmp_path / "fleet.toml").write_text(
        '[[depots]]\nid = "one"\nlon = 24.94\nlat = 60.17\nzone = "Europe/Helsinki"\n'
        '[[vans]]\nid = "v-{n}"\nmodel = "robovan-m"\ncount = 2\n'
        'shift = { from = "07:00", until = "19:00" }\n'
    )
    day = read_day(path)
    assert day.fleet is not None
    assert day.fleet_path == tmp_path / "fleet.toml"
    (tmp_path / "fleet.toml").write_text("[[depots]]\nid = 3\n")
    assert any(fault.startswith("fleet.file: ") for fault in faults_of(path))


def test_what_is_no_file_or_no_toml_is_said_so(tmp_path):
    with pytest.raises(InputMissingError):
        read_day(tmp_path / "none.toml")
    path = tmp_path / "bad.toml"
    path.write_text("city =")
    with pytest.raises(InputUnreadableError):
        read_day(path)

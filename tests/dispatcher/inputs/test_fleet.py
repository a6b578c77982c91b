"""Fleet files: units, local shifts on the days the clocks change, and every fault at once."""

from datetime import time
from pathlib import Path

import pytest

from dispatcher.core.settings import PlanSettings, Prices
from dispatcher.inputs.depots import depot_setups, dialects_of
from dispatcher.inputs.errors import BadFleetError, InputMissingError, InputUnreadableError
from dispatcher.inputs.fleet import (
    DepotModel,
    PricesModel,
    ShiftModel,
    SpecificationModel,
    SpeechModel,
    StationModel,
    VansModel,
    read_fleet,
)
from maps.units import Seconds, later, parse_rfc3339
from vehicles.presets import PRESETS, preset
from vehicles.vda5050.dialect import USUAL, Dialect, Version

DEPOT = """
[[depots]]
id = "d-1"
address = "Siltasaarenkatu 12"
zone = "Europe/Helsinki"
"""
VANS = """
[[vans]]
id = "m-{n:02}"
model = "robovan-m"
count = 2
state_of_charge_ratio = [1.0, 0.5]
shift = { from = "07:00", until = 19:00:00 }
"""


@pytest.fixture
def fleet_file(tmp_path):
    def write(text: str) -> Path:
        path = tmp_path / "fleet.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.fixture
def setups(fleet_file, helsinki, eight):
    def make(text: str, at=eight, **other):
        path = fleet_file(text)
        return depot_setups(read_fleet(path), helsinki, path=path, at=at, **other)

    return make


def test_the_example_has_eight_vans_of_three_models(examples, helsinki, eight):
    path = examples / "fleet.toml"
    (setup,) = depot_setups(read_fleet(path), helsinki, path=path, at=eight)
    assert len(setup.vans) == 8
    assert len({van.spec.model for van in setup.vans}) == 3
    assert len(setup.stations) == len(helsinki.chargers)
    assert setup.settings.prices == Prices(500, 1200, 20, 30, 10_000)


def test_vans_get_ids_charges_and_shifts(setups):
    (setup,) = setups(DEPOT + VANS)
    first, second = setup.vans
    spec = preset("robovan-m")
    assert (first.van_id, second.van_id) == ("m-01", "m-02")
    assert (first.battery_mwh, second.battery_mwh) == (spec.battery_mwh, spec.battery_mwh // 2)
    assert first.shift_start == parse_rfc3339("2026-03-02T07:00:00+02:00")
    assert first.shift_end == parse_rfc3339("2026-03-02T19:00:00+02:00")
    assert setup.stations == ()
    assert setup.settings == PlanSettings()


def test_prices_of_the_file_go_into_the_settings(setups):
    text = DEPOT + VANS + "[prices]\nper_km = 0.355\n"
    (setup,) = setups(text, settings=PlanSettings(effort=9))
    assert setup.settings == PlanSettings(effort=9, prices=Prices(per_km=36))


def test_own_specifications_are_rounded_against_ourselves(setups):
    own = """
[[vans]]
id = "own-{n}"
shift = { from = "07:00", until = "19:00" }
[vans.specification]
name = "Cargo"
manufacturer = "Acme"
payload_kg = 500.0009
volume_l = 2000.0009
lockers = { s = 3, xl = 1 }
curb_mass_kg = 900.0001
battery_kwh = 20
charge_power_kw = 11.0009
auxiliary_kw = 0.7001
speed_kmh_max = 36
"""
    (setup,) = setups(DEPOT + own)
    spec = setup.vans[0].spec
    assert (spec.payload_g, spec.volume_ml, spec.lockers) == (500_000, 2_000_000, (3, 0, 0, 1))
    assert (spec.curb_mass_g, spec.battery_mwh) == (900_001, 20_000_000)
    assert (spec.charge_power_w, spec.auxiliary_w, spec.speed_mps_max) == (11_000, 701, 10.0)


def test_stations_may_be_own_ones_and_those_of_the_map(setups, helsinki):
    own = '{ id = "s-1", lon = 24.94, lat = 60.17, power_kw = 50 }'
    text = f'stations = [{{ source = "map" }}, {own}]\n'
    (setup,) = setups(text + DEPOT + VANS)
    assert len(setup.stations) == len(helsinki.chargers) + 1
    (mine,) = (one for one in setup.stations if one.station_id == "s-1")
    assert (mine.power_w, mine.plugs) == (50_000, 1)
    assert setups('stations = "none"\n' + DEPOT + VANS)[0].stations == ()


def test_a_night_shift_that_still_runs_is_the_one_of_yesterday(setups):
    night = VANS.replace('"07:00"', '"20:00"').replace("19:00:00", "06:00:00")
    early = parse_rfc3339("2026-03-02T05:00:00+02:00")
    (setup,) = setups(DEPOT + night, at=early)
    assert setup.vans[0].shift_start == parse_rfc3339("2026-03-01T20:00:00+02:00")
    (setup,) = setups(DEPOT + night, at=later(early, Seconds(3600)))
    assert setup.vans[0].shift_start == parse_rfc3339("2026-03-02T20:00:00+02:00")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (DEPOT + VANS + "colour = 1\n", r"vans\[1\].colour: unknown key"),
        (DEPOT + VANS.replace("count", "cuont"), "did you mean 'count'"),
        (DEPOT + VANS.replace('"07:00"', '"7 am"'), r"vans\[1\].shift.from = '7 am'"),
        (DEPOT + VANS.replace("until", "til"), r"vans\[1\].shift.until: is required"),
        (DEPOT + VANS.replace("1.0, 0.5", "1.0"), "lists 1 of 2 vans"),
        (DEPOT + VANS.replace("1.0, 0.5", "1.5, nan"), r"state_of_charge_ratio"),
        (DEPOT + VANS.replace("robovan-m", "robovan-x"), "did you mean 'robovan-"),
        (DEPOT + VANS.replace('model = "robovan-m"', ""), "a model or a specification"),
        (DEPOT + VANS.replace("m-{n:02}", "m"), "'m' is the id of two vans"),
        (DEPOT + VANS.replace("m-{n:02}", "m {n}"), "must give 1 to 64"),
        (DEPOT + VANS.replace("m-{n:02}", "m-{x}"), "must give 1 to 64"),
        (DEPOT + VANS.replace("m-{n:02}", "m-{n.x}"), "must give 1 to 64"),
        (DEPOT + VANS.replace("m-{n:02}", "m-{n[0]}"), "must give 1 to 64"),
        (DEPOT + VANS.replace("count", 'depot = "d-2"\ncount'), "is no depot here; known: d-1"),
        (DEPOT + DEPOT + VANS, "'d-1' stands there twice"),
        (DEPOT.replace("Helsinki", "Atlantis") + VANS, "no IANA time zone"),
        (DEPOT.replace("address", "#") + VANS, "lon and lat, or an address"),
        (DEPOT + "docks = 0\n" + VANS, r"depots\[1\].docks = '0'"),
        (DEPOT, "vans: is required"),
        ('stations = "all"\n' + DEPOT + VANS, "map"),
        (DEPOT + VANS + '[[stations]]\nid = "s"\n', "needs id and power_kw"),
        (DEPOT + VANS + "[prices]\nvan = -1\n", r"prices.van = '-1'"),
        (DEPOT + VANS + "[prices]\nkm = 1\n", r"prices.km: unknown key"),
    ],
)
def test_a_fault_is_told_with_its_place_and_rule(fleet_file, text, told):
    with pytest.raises(BadFleetError, match=told) as raised:
        read_fleet(fleet_file(text))
    assert raised.value.code == "DSP-202"


def test_all_faults_come_at_once(fleet_file):
    text = DEPOT + "colour = 1\ndocks = 0\n" + VANS.replace("robovan-m", "x") + "speed = 3\n"
    with pytest.raises(BadFleetError) as raised:
        read_fleet(fleet_file(text))
    assert len(raised.value.faults) == 4


def test_depots_and_stations_off_the_map_come_at_once(setups):
    text = (
        DEPOT.replace('address = "Siltasaarenkatu 12"', "lon = 60.17\nlat = 24.94")
        + VANS
        + '[[stations]]\nid = "s"\npower_kw = 3\naddress = "Nowhere 1"\n'
    )
    with pytest.raises(BadFleetError) as raised:
        setups(text)
    assert "Nowhere 1" in str(raised.value)
    assert "swapped" in str(raised.value)


def test_files_that_are_something_else_are_named(tmp_path):
    with pytest.raises(InputMissingError):
        read_fleet(tmp_path / "none.toml")
    path = tmp_path / "fleet.toml"
    for junk in (b"= 1", b"\xff\xfe"):
        path.write_bytes(junk)
        with pytest.raises(InputUnreadableError):
            read_fleet(path)


def test_each_van_speaks_the_version_that_the_file_says(fleet_file):
    kinds = {
        "a": "",
        "b": 'vda5050 = "3.0"',
        "c": 'vda5050 = { version = "2.0", load_type = "EPAL", repeats_actions = false }',
    }
    vans = [VANS.replace("m-{n:02}", f"{name}-{{n}}") + said + "\n" for name, said in kinds.items()]
    dialects = dialects_of(read_fleet(fleet_file(DEPOT + "".join(vans))))
    assert set(dialects) == {f"{name}-{number}" for name in kinds for number in (1, 2)}
    assert dialects["a-2"] == USUAL
    assert dialects["b-1"] == Dialect(Version.V3_0)
    assert dialects["c-2"] == Dialect(Version.V2_0, load_type="EPAL", repeats_actions=False)


def test_a_depot_is_set_up_with_the_words_of_its_vans(setups):
    (setup,) = setups(DEPOT + VANS + 'vda5050 = "3.0"\n')
    assert {van.dialect for van in setup.vans} == {Dialect(Version.V3_0)}
    (setup,) = setups(DEPOT + VANS)
    assert {van.dialect for van in setup.vans} == {None}, "usual ones take no room in a journal"


def test_a_version_that_is_not_spoken_is_a_fault(fleet_file):
    with pytest.raises(BadFleetError, match="vda5050"):
        read_fleet(fleet_file(DEPOT + VANS + 'vda5050 = "1.1"\n'))


def test_a_local_time_has_no_offset():
    assert ShiftModel.model_validate({"from": time(7), "until": "19:00"}).start == time(7)
    with pytest.raises(ValueError, match="local time"):
        ShiftModel.model_validate({"from": "07:00+02:00", "until": "19:00"})


def test_the_page_on_files_names_every_key_and_preset():
    models = (
        DepotModel,
        VansModel,
        SpecificationModel,
        StationModel,
        PricesModel,
        SpeechModel,
    )
    keys = {name for model in models for name in model.model_fields} | set(PRESETS)
    page = (Path(__file__).parents[3] / "docs/files.md").read_text("utf-8")
    assert sorted(key for key in keys if f"`{key}`" not in page) == []

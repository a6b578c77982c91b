"""Days that no fleet could serve: told beforehand, and lived all the same."""

from dataclasses import replace

from simulations.days.city import OpenCity
from simulations.days.file import read_day
from simulations.days.foreseeing import foreseen
from simulations.days.living import Progress, live_day
from simulations.days.warehouses import warehouse_plan
from simulations.rng import Streams

IMPOSSIBLE = """
parcel_id,depot_id,lon,lat,mass_kg,volume_l,ready_at,due_until
heavy,west,24.9392,60.1692,5000,10,2026-03-03T08:00:00+02:00,2026-03-03T12:00:00+02:00
huge,west,24.9392,60.1692,5,90000,2026-03-03T08:00:00+02:00,2026-03-03T12:00:00+02:00
night,east,24.9392,60.1692,5,10,2026-03-03T21:30:00+02:00,2026-03-03T22:00:00+02:00
fine,west,24.9392,60.1692,5,10,2026-03-03T08:00:00+02:00,2026-03-03T12:00:00+02:00
"""


def test_an_impossible_day_is_warned_of_and_still_lived(write_day, tmp_path):
    (tmp_path / "parcels.csv").write_text(IMPOSSIBLE.lstrip(), encoding="utf-8")
    path = write_day()
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("parcels_per_day = 24", 'parcels = "parcels.csv"'))
    told: list[Progress] = []
    run = live_day(read_day(path), 1, on_progress=told.append)
    warnings = [warning for one in told for warning in one.warnings]
    assert any("1 parcels are heavier than the 800 kg" in one for one in warnings)
    assert any("1 parcels are larger than the 5500 litres" in one for one in warnings)
    assert any(
        "east" in one and "while no van is on shift, such as night" in one for one in warnings
    )
    assert dict(run.fates.by_status) == {"delivered": 1, "unserved": 3}
    assert {reason for _, reason, _ in run.metrics.reasons()} >= {"capacity"}


def test_more_than_vans_and_docks_can_do_is_warned_of(write_day):
    city = OpenCity(read_day(write_day()))
    setup = city.setups["west"]
    one = warehouse_plan(city, "west", Streams(1).of("west")).parcels[0]
    crowd = [replace(one, parcel_id=f"p-{n}", consignee_id=f"c-{n}") for n in range(3000)]
    assert foreseen(setup, crowd[:10]) == ()
    assert "handing over 3000 parcels takes" in foreseen(setup, crowd)[0]
    bulky = [replace(parcel, consignee_id="c", volume_ml=5_000_000) for parcel in crowd]
    assert "add docks, or load faster" in foreseen(setup, bulky)[0]
    assert foreseen(setup, ()) == ("depot west: no parcels",)

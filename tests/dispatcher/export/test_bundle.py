"""The bundle: whole or not at all, the same bytes each time, and every file says whose data."""

import csv
import hashlib
import io
import json
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest

from dispatcher.export.bundle import SUMS_NAME, bundle_dir, write_bundle
from dispatcher.export.document import ATTRIBUTION, Origin
from dispatcher.export.errors import ExportUnwritableError
from dispatcher.export.manifest import manifest, spreadsheet_safe
from maps.units import parse_rfc3339

NAMES = {
    "plan.json",
    "routes.geojson",
    "stops.geojson",
    "manifest.csv",
    "map.html",
    "map.svg",
    SUMS_NAME,
}


@pytest.fixture
def bundle(tmp_path, planned, helsinki):
    return write_bundle(
        planned,
        tmp_path / "out",
        network=helsinki,
        origin=Origin("Helsinki", effort=3, seed=7, cost=(("fixed", 5), ("time", 7))),
    )


def test_every_file_is_there_and_names_revision_and_attribution(bundle):
    assert {path.name for path in bundle.paths} == NAMES
    assert {path.name for path in bundle.paths[0].parent.iterdir()} == NAMES
    for path in bundle.paths:
        text = path.read_text("utf-8")
        assert bundle.revision in text, path.name
        assert ATTRIBUTION in text, path.name


def test_the_sums_are_those_of_the_files(bundle):
    folder = bundle.paths[0].parent
    lines = (folder / SUMS_NAME).read_text().splitlines()[1:]
    sums = dict(reversed(line.split("  ")) for line in lines)
    assert set(sums) == NAMES - {SUMS_NAME}
    for name, digest in sums.items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest


def test_equal_snapshots_give_equal_bytes_and_others_another_revision(
    tmp_path, planned, driven, helsinki
):
    first, again, other = (
        write_bundle(snapshot, tmp_path / name, network=helsinki)
        for name, snapshot in (("a", planned), ("b", planned), ("c", driven))
    )
    for one, two in zip(first.paths, again.paths, strict=True):
        assert one.read_bytes() == two.read_bytes()
    assert first.revision == again.revision != other.revision


def test_a_folder_with_other_files_keeps_them(tmp_path, planned, helsinki):
    out = tmp_path / "out"
    out.mkdir()
    (out / "journal.db").write_text("mine")
    (out / "plan.json").write_text("old")
    write_bundle(planned, out, network=helsinki, revision="r-5")
    assert (out / "journal.db").read_text() == "mine"
    assert json.loads((out / "plan.json").read_text("utf-8"))["revision"] == "r-5"
    assert [path for path in tmp_path.iterdir() if path != out] == []


def test_a_folder_on_a_disk_of_its_own_is_written_to(tmp_path, planned, helsinki):
    memory = Path("/dev/shm")
    if not memory.is_dir() or memory.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("there is no second disk here")
    with tempfile.TemporaryDirectory(dir=memory) as other:
        out = tmp_path / "mounted"
        out.symlink_to(other)
        write_bundle(planned, out, network=helsinki)
        assert {path.name for path in out.iterdir()} == NAMES
    assert [path.name for path in tmp_path.iterdir()] == ["mounted"]


def test_what_cannot_be_written_leaves_nothing_behind(tmp_path, planned, helsinki):
    taken = tmp_path / "file"
    taken.write_text("mine")
    for out in (taken, taken / "below"):
        with pytest.raises(ExportUnwritableError, match="DSP-221"):
            write_bundle(planned, out, network=helsinki)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert taken.read_text() == "mine"


def test_plan_json_has_what_the_contract_names(bundle, planned):
    document = json.loads((bundle.paths[0].parent / "plan.json").read_text("utf-8"))
    assert (document["schema"], document["schema_version"]) == ("robovan-plan", 1)
    assert (document["effort"], document["seed"]) == (3, 7)
    assert document["cost_hundredths"] == {"fixed": 5, "time": 7, "total": 12}
    assert [one["parcel_id"] for one in document["unserved"]] == ["HEL-0040"]
    assert document["unserved"][0]["reason"] == "capacity"
    trips = [trip for van in document["vans"] for trip in van["trips"]]
    assert len(trips) == len(planned.trips)
    for trip in trips:
        stops = trip["stops"]
        assert (stops[0]["kind"], stops[-1]["kind"]) == ("start", "end")
        assert sum(stop["distance_m"] for stop in stops) == trip["distance_m"]
        served = [one for stop in stops if stop["kind"] == "stop" for one in stop["parcels"]]
        assert sorted(served) == sorted(trip["load"]["parcels"])
        for stop in stops[1:]:
            assert 0 < stop["state_of_charge_ratio"] <= 1
            assert parse_rfc3339(stop["arrive_at"]) <= parse_rfc3339(stop["leave_at"])


def test_geojson_is_longitude_first_and_lines_run_from_depot_to_depot(bundle, helsinki):
    folder = bundle.paths[0].parent
    routes = json.loads((folder / "routes.geojson").read_text("utf-8"))
    stops = json.loads((folder / "stops.geojson").read_text("utf-8"))
    assert routes["type"] == stops["type"] == "FeatureCollection"
    box = helsinki.info.box
    for feature in routes["features"]:
        line = feature["geometry"]["coordinates"]
        assert line[0] == line[-1]
        assert len(line) > 10
        assert all(box.west <= lon <= box.east for lon, _ in line)
        assert all(box.south <= lat <= box.north for _, lat in line)
    kinds = {feature["properties"]["kind"] for feature in stops["features"]}
    assert kinds == {"start", "stop", "end"}


def test_the_manifest_lists_parcels_in_loading_order(planned):
    rows = list(csv.DictReader(io.StringIO(manifest(planned, "r-1"))))
    assert len(rows) == 39
    assert {row["revision"] for row in rows} == {"r-1"}
    for trip in planned.trips:
        mine = [row for row in rows if row["trip_id"] == trip.trip_id]
        assert [row["parcel_id"] for row in mine] == list(trip.nodes[0].parcel_ids)
        assert [int(row["slot"]) for row in mine] == list(range(1, len(mine) + 1))
        numbers = [int(row["stop_number"]) for row in mine]
        assert numbers == sorted(numbers, reverse=True), "the last stop is loaded first"
    hotel = [row for row in rows if row["consignee_id"] == "hotel-kamp"]
    assert len(hotel) == 3
    assert len({row["stop_id"] for row in hotel}) == 1
    assert json.loads(hotel[0]["references"]) == {"order": "SO-8100"}


def test_a_spreadsheet_runs_nothing(planned):
    record = next(one for one in planned.parcels if one.trip_id is not None)
    evil = replace(record.parcel, consignee_id="=HYPERLINK(1)", label="+1", handling=("@x",))
    records = tuple(replace(one, parcel=evil) if one is record else one for one in planned.parcels)
    rows = csv.DictReader(io.StringIO(manifest(replace(planned, parcels=records), "r-1")))
    (row,) = (row for row in rows if row["parcel_id"] == evil.parcel_id)
    assert (row["consignee_id"], row["address"], row["handling"]) == (
        "'=HYPERLINK(1)",
        "'+1",
        "'@x",
    )
    assert spreadsheet_safe(-24.9) == "-24.9"


def test_several_depots_get_a_folder_each(tmp_path):
    assert bundle_dir(tmp_path, "d-1", 1) == tmp_path
    assert bundle_dir(tmp_path, "d-1", 2) == tmp_path / "d-1"

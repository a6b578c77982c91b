"""``robovan plan`` from the outside: exit codes, one JSON object, nothing half-written."""

import json

import pytest

from dispatcher.cli import main


@pytest.fixture
def city(helsinki, tmp_path_factory):
    from maps.storing import save_network

    path = tmp_path_factory.getbasetemp() / "helsinki.city"
    if not path.exists():
        save_network(helsinki, path)
    return path


@pytest.fixture
def run(city, examples, tmp_path, capsys):
    def plan(*more: str, parcels=examples / "parcels.csv", fleet=examples / "fleet.toml"):
        files = ("--city", city, "--parcels", parcels, "--fleet", fleet)
        code = main(["plan", *map(str, files), "-o", str(tmp_path / "out"), *more])
        return code, capsys.readouterr()

    return plan


def test_the_examples_give_a_bundle_and_say_why_a_parcel_is_left_out(run, tmp_path):
    code, told = run()
    assert code == 0
    assert "HEL-0040" in told.out
    assert "capacity" in told.out
    assert (tmp_path / "out" / "map.html").is_file()


def test_strict_json_is_one_object_and_exit_3(run, tmp_path):
    code, told = run("--strict", "--json", "--seed", "4")
    assert code == 3
    document = json.loads(told.out)
    assert [one["parcel_id"] for one in document["unserved"]] == ["HEL-0040"]
    (depot,) = document["depots"]
    stored = json.loads((tmp_path / "out" / "plan.json").read_text("utf-8"))
    assert (depot["revision"], stored["seed"]) == (stored["revision"], 4)
    assert depot["summary"]["announced"] == 40


def test_bad_rows_stop_it_before_anything_is_written(run, examples, tmp_path):
    text = (examples / "parcels.csv").read_text("utf-8").replace(",24,420,", ",x,420,")
    bad = tmp_path / "bad.csv"
    bad.write_text(text, encoding="utf-8")
    code, told = run("--json", parcels=bad)
    assert code == 1
    assert json.loads(told.out)["error"]["code"] == "DSP-201"
    assert told.err.count("mass_kg: 'x'") == text.count(",x,420,") > 1
    assert not (tmp_path / "out").exists()

    code, told = run("--json", "--skip-bad", parcels=bad)
    assert code == 0
    rejected = json.loads(told.out)["rejected"]
    assert len(rejected) == text.count(",x,420,")
    assert (tmp_path / "out" / "rejected.csv").read_text("utf-8").count("\n") == len(rejected) + 1
    assert run("--skip-bad", "--strict", parcels=bad)[0] == 3


@pytest.mark.parametrize("depart", ["2026-03-02T08:00:00", "monday"])
def test_a_departure_without_an_offset_is_wrong_usage(run, tmp_path, depart):
    code, told = run("--depart", depart)
    assert code == 2
    assert "--depart" in told.err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("parcel_id,lon,lat,mass_kg,ready_at\nA,24.94,60.17,x,2026-03-02T08:00:00\n", "offset"),
        ("parcel_id;lon;lat;mass_kg\nA;24.94;60.17;1\n", "by commas"),
        ("parcel_id,lon,lat,mass_kg\nA,24.94,60.17,1\n", "give --depart"),
    ],
)
def test_rows_that_tell_no_departure_are_explained_themselves(run, tmp_path, text, told):
    path = tmp_path / "silent.csv"
    path.write_text(text, encoding="utf-8")
    code, said = run(parcels=path)
    assert (code, said.out) == (1, "")
    assert told in said.err
    assert not (tmp_path / "out").exists()


def test_a_late_departure_leaves_parcels_out_for_their_window(run):
    code, told = run("--depart", "2026-03-02T11:30:00+02:00", "--json")
    assert code == 0
    summary = json.loads(told.out)["depots"][0]["summary"]
    assert summary["rejected"] > 5
    assert summary["trips"] >= 1


def test_several_depots_get_a_bundle_each(run, examples, tmp_path):
    fleet = tmp_path / "fleet.toml"
    second = """
[[depots]]
id = "hel-02"
address = "Bulevardi 16"
zone = "Europe/Helsinki"

[[vans]]
id = "b-{n}"
model = "farizon-v6e"
count = 2
depot = "hel-02"
shift = { from = "07:00", until = "19:00" }
"""
    text = (examples / "fleet.toml").read_text("utf-8")
    text = text.replace("count =", 'depot = "hel-01"\ncount =')
    fleet.write_text(text.replace("# What the", second + "\n# What the"), encoding="utf-8")
    parcels = tmp_path / "parcels.csv"
    text = (examples / "parcels.csv").read_text("utf-8")
    parcels.write_text(text.replace(",hel-01,c-00", ",hel-02,c-00"), encoding="utf-8")
    code, told = run("--json", fleet=fleet, parcels=parcels)
    assert code == 0
    first, other = json.loads(told.out)["depots"]
    assert (first["depot_id"], other["depot_id"]) == ("hel-01", "hel-02")
    assert first["summary"]["announced"] + other["summary"]["announced"] == 40
    assert other["summary"]["announced"] == 9
    assert other["unserved"] == []
    assert (tmp_path / "out" / "hel-02" / "map.html").is_file()


def test_missing_files_are_expected_failures(run, tmp_path):
    code, told = run(parcels=tmp_path / "none.csv")
    assert (code, "DSP-203" in told.err) == (1, True)
    code, told = run(fleet=tmp_path / "none.toml")
    assert (code, "DSP-203" in told.err) == (1, True)

"""The commands ``robovan map ...`` as a user calls them."""

import json
from importlib.metadata import entry_points

import pytest

from dispatcher.cli import COMMANDS_GROUP, main


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("ROBOVAN_CACHE_DIR", str(tmp_path / "cache"))


@pytest.fixture(autouse=True)
def only_these_commands(monkeypatch):
    maps_alone = [entry for entry in entry_points(group=COMMANDS_GROUP) if entry.name == "maps"]
    monkeypatch.setattr("dispatcher.cli.entry_points", lambda group: maps_alone)


def answered(capsys, *words):
    code = main(["map", *map(str, words)])
    said = capsys.readouterr()
    return code, said.out, said.err


def test_a_city_is_built_from_an_extract_and_looked_at(capsys, town_file, tmp_path):
    city = tmp_path / "town.city"
    code, out, _ = answered(capsys, "build", "--pbf", town_file, "-o", city, "--json")
    assert code == 0
    built = json.loads(out)
    assert (built["city"], built["vertices"], built["segments"]) == (str(city), 3, 7)
    code, out, _ = answered(capsys, "info", city, "--json")
    assert code == 0
    assert json.loads(out) == built
    assert built["road_km"] == pytest.approx(1.4 + 0.3 + 0.2, rel=0.01)


def test_the_built_in_city_is_described_in_words(capsys):
    code, out, _ = answered(capsys, "info", "helsinki")
    assert code == 0
    assert "© OpenStreetMap contributors" in out
    assert "Helsinki.osm.pbf" in out
    assert "charge" in out


def test_the_built_in_city_is_built_into_a_file(capsys, tmp_path):
    code, out, _ = answered(capsys, "build", "helsinki", "-o", tmp_path / "h.city")
    assert code == 0
    assert out.startswith(f"Wrote {tmp_path / 'h.city'}\n")
    assert (tmp_path / "h.city").stat().st_size > 10_000


@pytest.mark.parametrize("words", [[], ["helsinki", "--pbf", "x.osm.pbf"]])
def test_either_a_name_or_an_extract_is_wanted(capsys, tmp_path, words):
    code, _, err = answered(capsys, "build", *words, "-o", tmp_path / "x.city")
    assert code == 2
    assert "either the name of a built-in city or --pbf" in err


def test_expected_failures_say_one_thing_and_leave_no_file(capsys, tmp_path):
    bad = tmp_path / "bad.osm.pbf"
    bad.write_text("no map")
    cases = {
        "MAP-103": ["info", "atlantis"],
        "MAP-104": ["info", tmp_path / "none.city"],
        "MAP-105": ["info", bad],
        "MAP-107": ["build", "--pbf", bad, "-o", tmp_path / "x.city"],
        "MAP-109": ["build", "helsinki", "-o", tmp_path / "none" / "x.city"],
    }
    for code, words in cases.items():
        exit_code, out, err = answered(capsys, *words)
        assert exit_code == 1
        assert code in err
        assert "Traceback" not in err
        assert out == ""
    assert [path.name for path in tmp_path.iterdir()] == ["bad.osm.pbf"]

"""The commands ``robovan map ...`` as a user calls them."""

import json
from importlib.metadata import entry_points

import pytest

from dispatcher.cli import COMMANDS_GROUP, main
from maps.builtin import write_city
from tests.maps.fetching.serving import CENTRE, town_on_the_web


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("ROBOVAN_CACHE_DIR", str(tmp_path / "cache"))


@pytest.fixture(autouse=True)
def only_these_commands(monkeypatch):
    maps_alone = [entry for entry in entry_points(group=COMMANDS_GROUP) if entry.name == "maps"]
    monkeypatch.setattr("dispatcher.cli.entry_points", lambda group: maps_alone)


@pytest.fixture(scope="session")
def town_city(town, tmp_path_factory):
    path = tmp_path_factory.mktemp("cities") / "town.city"
    write_city(town, path)
    return path


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


@pytest.mark.parametrize(
    "words", [[], ["helsinki", "--pbf", "x.osm.pbf"], ["--place", "X", "--pbf", "x.osm.pbf"]]
)
def test_one_of_name_place_and_extract_is_wanted(capsys, tmp_path, words):
    code, _, err = answered(capsys, "build", *words, "-o", tmp_path / "x.city")
    assert code == 2
    assert "--place NAME and --pbf FILE" in " ".join(err.split())


def test_a_city_is_cut_by_a_box_and_a_polygon(capsys, tmp_path, town_file):
    whole = json.loads(built(capsys, tmp_path, "--pbf", town_file))
    # The southern half of the ring keeps two ways through, and the street across.
    box = json.loads(built(capsys, tmp_path, "--pbf", town_file, "--bbox=23.999,59.9,24.1,60.003"))
    assert box["box"]["north"] < whole["box"]["north"]
    ring = [[23.999, 59.9], [24.0063, 59.9], [24.0063, 60.1], [23.999, 60.1], [23.999, 59.9]]
    area = tmp_path / "area.geojson"
    area.write_text(json.dumps({"type": "Polygon", "coordinates": [ring]}))
    cut = json.loads(built(capsys, tmp_path, "--pbf", town_file, "--polygon", area))
    assert cut["road_km"] == pytest.approx(whole["road_km"] - 0.2, abs=0.01), "no blind alley"


def test_country_and_zone_may_be_said(capsys, tmp_path, town_file):
    said = ["--country", "DE", "--zone", "Europe/Berlin"]
    facts = json.loads(built(capsys, tmp_path, "--pbf", town_file, *said))
    assert (facts["country"], facts["zone"]) == ("DE", "Europe/Berlin")


def built(capsys, tmp_path, *words):
    code, out, err = answered(capsys, "build", *words, "-o", tmp_path / "x.city", "--json")
    assert code == 0, err
    return out


def test_a_place_is_fetched_cut_and_built(capsys, tmp_path, monkeypatch):
    monkeypatch.setattr("time.sleep", lambda _: None)  # osmnx waits a second before it asks
    with town_on_the_web() as web:
        monkeypatch.setenv("ROBOVAN_NOMINATIM_URL", web.url)
        monkeypatch.setenv("ROBOVAN_EXTRACTS_URL", f"{web.url}/index.json")
        place = json.loads(built(capsys, tmp_path, "--place", "Centre, Helsinki"))
        code, _, err = answered(capsys, "build", "--place", "Atlantis", "-o", tmp_path / "y.city")
    assert place["source"] == "127.0.0.1-town.osm.pbf"
    assert CENTRE.west <= place["box"]["west"] < place["box"]["east"] <= CENTRE.east
    assert (code, "MAP-301" in err) == (1, True)


def test_a_city_is_drawn(capsys, tmp_path, town_city):
    for name, begin in (("x.svg", b"<svg"), ("x.png", b"\x89PNG")):
        code, _, err = answered(capsys, "info", town_city, "--picture", tmp_path / name)
        assert (code, err) == (0, "")
        assert (tmp_path / name).read_bytes().startswith(begin)
    assert answered(capsys, "info", town_city, "--picture", tmp_path / "x.gif")[0] == 2
    code, _, err = answered(capsys, "info", town_city, "--picture", tmp_path / "no" / "x.svg")
    assert (code, "MAP-207" in err) == (1, True)


def test_expected_failures_say_one_thing_and_leave_no_file(capsys, tmp_path):
    bad = tmp_path / "bad.osm.pbf"
    bad.write_text("no map")
    cases = {
        "MAP-103": ["info", "atlantis"],
        "MAP-104": ["info", tmp_path / "none.city"],
        "MAP-105": ["info", bad],
        "MAP-107": ["build", "--pbf", bad, "-o", tmp_path / "x.city"],
        "MAP-109": ["build", "helsinki", "-o", tmp_path / "x.osm"],
        "MAP-111": ["build", "helsinki", "--zone", "Mars/Olympus", "-o", tmp_path / "x.city"],
        "MAP-201": ["build", "helsinki", "--bbox", "1,2", "-o", tmp_path / "x.city"],
        "MAP-207": ["build", "helsinki", "-o", tmp_path / "none" / "x.city"],
    }
    for code, words in cases.items():
        exit_code, out, err = answered(capsys, *words)
        assert exit_code == 1
        assert code in err
        assert "Traceback" not in err
        assert out == ""
    assert [path.name for path in tmp_path.iterdir()] == ["bad.osm.pbf"]

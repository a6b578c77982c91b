"""The commands that ask a city for travel: matrix, route and reach, as a user calls them."""

import json

import numpy as np
import pytest
import shapely

from dispatcher.cli import main
from maps.builtin import write_city
from maps.classes import vehicle_class_of
from maps.matrix_files import unreachable_pairs
from maps.network import LICENCE
from maps.places import LonLat
from maps.provider import HierarchyProvider
from maps.units import parse_rfc3339

WEDNESDAY = parse_rfc3339("2026-03-04T11:00:00+02:00")
PLACES = {
    "depot": LonLat(24.0, 60.0), "mid": LonLat(24.0027, 60.0018), "end": LonLat(24.009, 60.0018),
    "north": LonLat(24.0027, 60.0036),
}  # fmt: skip


@pytest.fixture(scope="module")
def city(town, tmp_path_factory):
    path = tmp_path_factory.mktemp("cities") / "town.city"
    write_city(town, path)
    return path


@pytest.fixture
def points(tmp_path):
    path = tmp_path / "points.csv"
    rows = [f"{name},{place.lon},{place.lat}" for name, place in PLACES.items()]
    path.write_text("\n".join(["id,lon,lat", *rows]))
    return path


@pytest.fixture
def closure(tmp_path):
    """Close the blind alley, way 12, on 2 March from 8 to 9."""
    path = tmp_path / "incidents.json"
    entry = {
        "incident_id": "works", "way_ids": [12], "speed_ratio": 0,
        "starts_at": "2026-03-02T08:00:00+02:00", "ends_at": "2026-03-02T09:00:00+02:00",
    }  # fmt: skip
    path.write_text(json.dumps([entry]))
    return path


@pytest.fixture
def ask(capsys, tmp_path):
    def asks(*words, output="out"):
        code = main(["map", *map(str, words), "-o", str(tmp_path / output)])
        said = capsys.readouterr()
        return code, said.out, said.err

    return asks


def test_a_matrix_holds_what_the_provider_answers(ask, city, points, town, tmp_path):
    code, out, _ = ask("matrix", city, "--points", points, "--json", output="m.npz")
    assert code == 0
    facts = json.loads(out)
    assert (facts["n"], facts["unreachable_pairs"], facts["isolated"]) == (4, 0, [])
    assert 0 <= facts["seconds_cpu"] < 5
    with np.load(tmp_path / "m.npz") as stored:
        assert stored["id"].tolist() == list(PLACES)
        assert json.loads(str(stored["about"]))["attribution"] == LICENCE
        arrays = {name: stored[name] for name in stored.files if name not in ("id", "about")}
    provider = HierarchyProvider(town, vehicle_class_of("robovan"))
    answer = provider.matrix(list(PLACES.values()), WEDNESDAY)
    told = {
        "duration_s": (answer.duration_s, 1.0), "distance_m": (answer.distance_m, 1.0),
        "energy_a_wh": (answer.energy_a_mwh, 1e-3),
        "energy_b_wh_per_kg": (answer.energy_b_uwh_per_kg, 1e-6),
    }  # fmt: skip
    assert arrays.keys() == told.keys()
    for name, (rounded_up, unit) in told.items():
        assert arrays[name].dtype == np.float32
        exact = rounded_up * unit
        assert (arrays[name] <= exact + 1e-5 * exact).all(), name
        assert (arrays[name] > exact - 1.001 * unit).all(), name
    assert (np.diag(arrays["duration_s"]) == 0).all()
    assert (arrays["duration_s"] != arrays["duration_s"].T).any()


def test_what_no_road_leads_to_is_infinite_and_told(ask, city, points, closure, tmp_path):
    words = ["matrix", city, "--points", points, "--incidents", closure, "--json"]
    code, out, _ = ask(*words, output="m.npz")
    assert code == 0
    facts = json.loads(out)
    assert (facts["unreachable_pairs"], facts["isolated"]) == (6, ["end"])
    with np.load(tmp_path / "m.npz") as stored:
        away = np.isinf(stored["duration_s"])
        assert away.sum() == 6
        assert away[2, [0, 1, 3]].all()
        for name in ("distance_m", "energy_a_wh", "energy_b_wh_per_kg"):
            assert (np.isinf(stored[name]) == away).all()


@pytest.mark.parametrize(("hour", "missing"), [("08:30", 6), ("07:59", 0), ("09:00", 0)])
def test_an_incident_counts_at_the_departure(ask, city, points, closure, hour, missing):
    depart = f"2026-03-02T{hour}:00+02:00"
    words = ["--points", points, "--incidents", closure, "--depart", depart, "--json"]
    _, out, _ = ask("matrix", city, *words)
    assert json.loads(out)["unreachable_pairs"] == missing


def test_slower_classes_and_observed_speeds_take_longer(ask, city, points, tmp_path):
    speeds = tmp_path / "speeds.csv"
    speeds.write_text("road_class,hours,speed_kmh\nresidential,00:00-24:00,10\n")

    def hours(*words):
        code, _, err = ask("matrix", city, "--points", points, *words, output="m.npz")
        assert code == 0, err
        with np.load(tmp_path / "m.npz") as stored:
            return float(stored["duration_s"].sum())

    usual = hours()
    assert hours("--vehicle-class", "robovan-20") > usual
    assert hours("--speeds", speeds) > 2 * usual
    van = tmp_path / "van.toml"
    van.write_text("speed_kmh_max = 20\n")
    assert hours("--vehicle-class", van) == hours("--vehicle-class", "robovan-20")


def test_a_route_has_a_leg_for_each_pair_with_streets_and_instants(ask, city, points, tmp_path):
    depart = ["--depart", "2026-03-04T11:00:00+02:00"]
    code, out, _ = ask("route", city, "--points", points, *depart, "--json", output="r.geojson")
    assert code == 0
    route = json.loads((tmp_path / "r.geojson").read_text())
    assert route["attribution"] == LICENCE
    legs = [feature["properties"] for feature in route["features"]]
    assert [(leg["from"], leg["to"]) for leg in legs] == [
        ("depot", "mid"), ("mid", "end"), ("end", "north"),
    ]  # fmt: skip
    for feature, leg in zip(route["features"], legs, strict=True):
        line = feature["geometry"]["coordinates"]
        assert len(line) == len(leg["instants"]) == len(leg["elapsed_s"])
        assert leg["instants"] == sorted(leg["instants"])
        assert sum(street["distance_m"] for street in leg["streets"]) == pytest.approx(
            leg["distance_m"], abs=2 + len(leg["streets"])
        )
    assert legs[0]["instants"][0] == "2026-03-04T09:00:00.000Z"
    arrived = parse_rfc3339(legs[0]["instants"][-1])
    assert 0 <= parse_rfc3339(legs[1]["instants"][0]) - arrived <= 1000
    assert legs[1]["streets"][-1]["name"] == "Blind Alley"
    assert route["total"]["duration_s"] == sum(leg["duration_s"] for leg in legs)
    assert json.loads(out)["total"] == route["total"]


def test_without_a_departure_a_route_has_no_instants(ask, city, points, tmp_path):
    code, out, _ = ask("route", city, "--points", points, output="r.geojson")
    assert code == 0
    assert "Blind Alley" in out
    assert "in all: " in out
    route = json.loads((tmp_path / "r.geojson").read_text())
    assert "instants" not in route["features"][0]["properties"]


def test_a_route_that_no_road_serves_is_refused(ask, city, points, closure, tmp_path):
    code, _, err = ask("route", city, "--points", points, "--incidents", closure)
    assert code == 1
    assert "MAP-206: No road leads from 'mid' to 'end'" in err
    assert not (tmp_path / "out").exists()


def test_more_minutes_and_more_energy_reach_more(ask, city, tmp_path):
    areas = []
    for budget in (["--minutes", 0.2], ["--minutes", 1], ["--kwh", 0.005], ["--kwh", 0.1]):
        code, out, err = ask("reach", city, "--from", "24.0,60.0", *budget, "--json")
        assert code == 0, err
        feature = json.loads((tmp_path / "out").read_text())
        assert feature["properties"]["attribution"] == LICENCE
        area = shapely.geometry.shape(feature["geometry"])
        assert area.contains(shapely.Point(24.0, 60.0))
        areas.append((area.area, json.loads(out)["roads_km"]))
    short, long, little, much = areas
    assert short < long
    assert little < much


def test_a_budget_is_minutes_or_energy(ask, city):
    for words in ([], ["--minutes", 1, "--kwh", 1]):
        code, _, err = ask("reach", city, "--from", "24.0,60.0", *words)
        assert (code, "either --minutes or --kwh" in " ".join(err.split())) == (2, True)


def test_wrong_input_is_refused_with_its_code_and_nothing_is_written(ask, city, points, tmp_path):
    bad = tmp_path / "bad"
    bad.write_text("id,lon,lat\na,60.0018,24.0\nb,24.5,60.5\n")
    matrix = ["matrix", city, "--points"]
    cases = [
        ("MAP-104", ["matrix", tmp_path / "none.city", "--points", points]),
        ("MAP-202", [*matrix, bad]),
        ("MAP-204", [*matrix, tmp_path / "none.csv"]),
        ("MAP-204", [*matrix, points, "--incidents", bad]),
        ("MAP-205", [*matrix, points, "--vehicle-class", "lorry"]),
        ("MAP-203", ["reach", city, "--from", "Nowhere 5", "--minutes", 1]),
        ("MAP-101", ["reach", city, "--from", "24.5,60.5", "--minutes", 1]),
        ("MAP-102", ["reach", city, "--from", "60.0018,24.0", "--minutes", 1]),
    ]
    for code, words in cases:
        exit_code, out, err = ask(*words)
        assert (exit_code, out) == (1, ""), err
        assert code in err
        assert not (tmp_path / "out").exists()


def test_an_incident_off_the_map_is_refused(ask, city, points, tmp_path):
    path = tmp_path / "incidents.json"
    path.write_text('[{"incident_id": "x", "line": [[60.0, 24.0]], "speed_ratio": 0}]')
    code, _, err = ask("matrix", city, "--points", points, "--incidents", path)
    assert (code, "MAP-401" in err, "swapped" in err) == (1, True, True)


@pytest.mark.parametrize("depart", ["2026-03-02T08:00:00", "tomorrow"])
def test_a_departure_needs_an_offset(ask, city, points, depart):
    code, _, err = ask("matrix", city, "--points", points, "--depart", depart)
    assert code == 2
    assert "--depart" in err


def test_an_output_that_cannot_be_written_is_refused_before_the_work(ask, city, points):
    for output in ("none/m.npz", "."):
        code, _, err = ask("matrix", city, "--points", points, output=output)
        assert (code, "MAP-207" in err) == (1, True)


def test_pairs_are_counted_over_many_rows():
    durations = np.full((150, 150), 5, dtype=np.int32)
    durations[7, :] = durations[:, 9] = 100
    durations[7, 7] = durations[9, 9] = 0
    count, alone = unreachable_pairs(durations, 100)
    assert count == 149 + 149 - 1
    assert np.flatnonzero(alone).tolist() == [7, 9]

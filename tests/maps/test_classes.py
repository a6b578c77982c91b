"""Vehicle classes by name and from files."""

import json

import pytest

from maps.classes import CLASSES, vehicle_class_of
from maps.input_errors import UnknownVehicleClassError, UnreadableInputError
from maps.places import LonLat
from maps.units import speed_kmh

SQUARE = {"type": "Polygon", "coordinates": [[[0, 0], [4, 0], [4, 4], [0, 4], [0, 0]]]}

IN_PLACE = "{{ type = 'Polygon', coordinates = [[[0,0],[9,0],[9,9],[0,0]]{}] }}"


@pytest.fixture
def write(tmp_path):
    def writes(text):
        path = tmp_path / "van.toml"
        path.write_text(text)
        return str(path)

    return writes


def test_names_stand_for_classes_that_bear_them():
    assert all(vehicle_class_of(name).name == name for name in CLASSES)
    speeds = {name: round(speed_kmh(one.speed_mps_max)) for name, one in CLASSES.items()}
    assert speeds == {"robovan": 40, "robovan-20": 20, "robovan-50": 50, "car": 180}
    assert "motorway" in vehicle_class_of("robovan").classes_barred
    assert vehicle_class_of("car").classes_barred == frozenset()


def test_a_file_says_what_differs(write):
    made = vehicle_class_of(write('speed_kmh_max = 30\nclasses_barred = ["primary"]\n'))
    assert (made.name, round(speed_kmh(made.speed_mps_max))) == ("van", 30)
    assert made.classes_barred == frozenset({"primary"})
    assert made.drag_area_m2 == CLASSES["robovan"].drag_area_m2


def test_permits_are_read_from_files_and_in_place(write, tmp_path):
    (tmp_path / "town.geojson").write_text(json.dumps(SQUARE))
    text = """
    name = "night van"
    [[permits]]
    area = "town.geojson"
    hours = "Mo-Fr 22:00-06:00"
    [[permits]]
    opens = false
    [permits.area]
    type = "MultiPolygon"
    coordinates = [[[[5, 0], [6, 0], [6, 1], [5, 0]]], [[[7, 0], [8, 0], [8, 1], [7, 0]]]]
    """
    night, one, other = vehicle_class_of(write(text)).permits
    assert (night.hours, night.opens) == ("Mo-Fr 22:00-06:00", True)
    assert set(night.area) == {LonLat(0, 0), LonLat(4, 0), LonLat(4, 4), LonLat(0, 4)}
    assert not one.opens
    assert len(one.area) == len(other.area) == 3


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("speed_kmh_max = 0", "speed_kmh_max = '0': Input should be greater than 0"),
        ("speed_kmh_max = inf", "speed_kmh_max"),
        ("efficiency_ratio = 1.5\nstop_loss_ratio = -1", "efficiency_ratio.*; stop_loss_ratio"),
        ("speed = 3", "speed: unknown key; known here: name, speed_kmh_max"),
        ('classes_barred = ["highway"]', "highway is no road class; known: trunk"),
        ("no toml", "no TOML"),
        ('[[permits]]\narea = "none.geojson"', r"none\.geojson.*No such file"),
        ('[[permits]]\narea = { type = "Point", coordinates = [1, 2] }', "a Point is no polygon"),
        ('[[permits]]\narea = "x"\nwhen = "Mo"', "permits.0.when: unknown key; known here: area"),
        (
            f'[[permits]]\nhours = "sunset"\narea = {IN_PLACE.format("")}',
            "'sunset' are not understood",
        ),
        (
            f"[[permits]]\narea = {IN_PLACE.format(', [[4,1],[5,1],[5,2],[4,1]]')}",
            "no holes",
        ),
    ],
)
def test_what_is_wrong_with_a_file_is_told(write, text, says):
    with pytest.raises(UnreadableInputError, match=says) as caught:
        vehicle_class_of(write(text))
    assert "van.toml" in str(caught.value)


def test_an_unknown_name_lists_the_known_ones(tmp_path):
    with pytest.raises(UnknownVehicleClassError, match=r"MAP-205.*robovan-20"):
        vehicle_class_of("lorry")
    with pytest.raises(UnreadableInputError, match="No such file"):
        vehicle_class_of(str(tmp_path / "none.toml"))

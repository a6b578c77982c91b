"""Points files: what is read, and everything that is wrong at once."""

import pytest

from maps.addresses import AddressBook
from maps.input_errors import BadPointsError, UnknownAddressError, UnreadableInputError
from maps.network import Address
from maps.places import LonLat
from maps.points import POINTS_MAX, Point, parse_place, read_points
from maps.snapping import Snapper

ON_RING = LonLat(24.0, 60.0018)  # the corner of two streets of the town
BOOK = AddressBook((Address("Ring Street 3", ON_RING),))


@pytest.fixture
def read(tmp_path, town):
    def reads(content):
        path = tmp_path / "points.csv"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return read_points(path, BOOK, Snapper(town))

    return reads


def test_points_are_read_by_place_and_by_address(read):
    content = "\ufeffID, lon ,lat,address,note\na,24.0,60.0018,,x\n\nb,,,ring street 3,y\n"
    assert read(content) == (Point("a", ON_RING), Point("b", ON_RING, "ring street 3"))


def test_places_alone_and_addresses_alone_are_enough(read):
    assert read("id,lon,lat\na,24.0,60.0018\n") == (Point("a", ON_RING),)
    (only,) = read("address,id\nRing Street 3,b\n")
    assert only.place == ON_RING


def test_coordinates_count_before_a_label(read):
    (only,) = read("id,lon,lat,address\na,24.0,60.0018,Nowhere 5\n")
    assert only == Point("a", ON_RING, "Nowhere 5")


def test_all_bad_rows_are_told_at_once_with_row_column_value_and_rule(read):
    rows = [
        "id,lon,lat,address",
        "a,24.0,60.0018,",
        "a,24.0,60.0018,",
        ",24.0,60.0018,",
        "c,x,60.0018,",
        "d,24.0,,",
        "e,,,",
        "f,,,Ring Street 4",
        "g,60.0018,24.0,",
        "h,25.0,60.0,",
        "i,nan,60.0,",
        "j,24.0,99,",
        f"{'k' * 65},24.0,60.0018,",
    ]
    with pytest.raises(BadPointsError, match="MAP-202") as caught:
        read("\n".join(rows))
    told = [(fault.row, fault.column) for fault in caught.value.faults]
    assert told == [
        (3, "id"), (4, "id"), (5, "lon"), (6, "lat"), (7, "address"), (8, "address"),
        (9, "lon, lat"), (10, "lon, lat"), (11, "lon"), (12, "lat"), (13, "id"),
    ]  # fmt: skip
    says = str(caught.value)
    assert "row 3, id: 'a': stands in row 2 already" in says
    assert "'Ring Street 4': is no address of this map; did you mean 'Ring Street 3'?" in says
    assert "look swapped" in says
    assert "m from the nearest road of this map, and the limit is 250 m" in says


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("id;lon;lat\na;1;2\n", "separate columns by commas"),
        ("name,lon,lat\na,24,60\n", "no column 'id'"),
        ("id,long,lat\na,24,60\n", "no column 'lon'; is 'long' meant?"),
        ("id,lon,lon,lat\na,24,24,60\n", "stands there twice"),
    ],
)
def test_a_header_by_which_no_row_can_be_right_is_refused(read, content, says):
    with pytest.raises(BadPointsError, match=says):
        read(content)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "no points"),
        ("id,lon,lat\n", "no points"),
        ("id,lon,lat\n,,\n\n", "no points"),
        (b"id,lon,lat\n\xff,1,2\n", "byte 11 is not UTF-8"),
        ('id,lon,lat\n"a,1,2\n', "line 2"),
        ("id\n" + "a\n" * (POINTS_MAX + 1), f"more than {POINTS_MAX}"),
    ],
)
def test_what_is_no_points_file_is_refused(read, content, says):
    with pytest.raises(UnreadableInputError, match=says):
        read(content)


def test_a_missing_file_is_named(tmp_path, town):
    with pytest.raises(UnreadableInputError, match=r"none\.csv.*No such file"):
        read_points(tmp_path / "none.csv", BOOK, Snapper(town))


def test_a_place_is_coordinates_or_an_address():
    assert parse_place("24.5, 60.25", BOOK) == LonLat(24.5, 60.25)
    assert parse_place("RING STREET 3", BOOK) == ON_RING
    for bad in ("200,60", "24.5", "24.5,60,1", "Nowhere 3"):
        with pytest.raises(UnknownAddressError, match="MAP-203"):
            parse_place(bad, BOOK)

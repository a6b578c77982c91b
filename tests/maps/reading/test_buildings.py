"""Buildings: their kinds and sizes, and which addresses stand in them."""

import pytest

from maps.areas import Area
from maps.builtin import build_city
from maps.network import BUILDING_KINDS
from maps.places import BoundingBox
from maps.reading import buildings
from maps.reading.buildings import buildings_of
from maps.reading.osm import read_extract
from maps.storing import load_network, save_network

ROAD = {1: (0, 0), 2: (9, 0)}


def address(number: str, **more: str) -> dict[str, str]:
    return {"addr:street": "Long Street", "addr:housenumber": number, **more}


def square(first: int, x: float, y: float, size: float) -> dict[int, tuple]:
    corners = ((0, 0), (size, 0), (size, size), (0, size))
    return {first + n: (x + dx, y + dy) for n, (dx, dy) in enumerate(corners)}


def ring(first: int) -> list[int]:
    return [first, first + 1, first + 2, first + 3, first]


@pytest.fixture(scope="module")
def city(write_osm, street):
    """Return a street with a yard's block of flats, a shop in a house, and a door of nothing."""
    nodes = ROAD | square(10, 0, 1, 2) | square(20, 0.5, 1.5, 1) | square(30, 4, 1, 1)
    nodes |= {
        50: (0.2, 1.2, address("1 a")),
        51: (0.2, 0.99, address("1 b")),  # at the door, a metre outside
        52: (4.5, 1.5, address("2", shop="books")),
        53: (8, 1, address("3")),
        54: (1, 2, address("4")),  # in the yard, in nothing
    }
    house = {"building": "house", "building:levels": "1.5"}
    ways = [
        (90, [1, 2], street),
        (91, ring(10), {}),
        (92, ring(20), {}),
        (93, ring(30), house),
        (94, ring(30), {"building": "church", "building:levels": "very high"}),
    ]
    block = {"type": "multipolygon", "building": "apartments", "building:levels": "6"}
    members = [("way", 91, "outer"), ("way", 92, "inner")]
    flats = block | {"building:flats": "40"}
    return build_city(write_osm(nodes, ways, [(95, members, flats)]))


def test_addresses_stand_in_buildings_or_at_their_doors(city):
    assert city.address_labels == tuple(
        f"Long Street {one}" for one in ("1 a", "1 b", "2", "3", "4")
    )
    block, house, nothing = 0, 1, -1
    found = sorted(set(city.address_building.tolist()) - {-1})
    assert found == [0, 1], "the church, where the house is, comes second"
    kinds = [BUILDING_KINDS[kind] for kind in city.building_kind]
    block, house = kinds.index("apartments"), kinds.index("house")
    assert city.address_building.tolist() == [block, block, house, nothing, nothing]
    assert city.address_is_business.tolist() == [False, False, True, False, False]
    assert [one.is_business for one in city.addresses()] == city.address_is_business.tolist()
    assert (city.building_levels[block], city.building_flats[block]) == (6, 40)
    assert (city.building_levels[house], city.building_flats[house]) == (2, 0), "rounded up"


def test_yards_are_no_floor(city):
    block = int(city.address_building[0])
    assert int(city.building_area_m2[block]) == pytest.approx(30_000, rel=0.02)


def test_buildings_are_kept_in_the_citys_file(city, tmp_path):
    save_network(city, tmp_path / "a.city")
    again = load_network(tmp_path / "a.city")
    for name in ("address_building", "address_is_business", "building_kind", "building_flats"):
        assert getattr(again, name).tolist() == getattr(city, name).tolist()


def test_buildings_far_from_all_addresses_are_not_kept_in_memory(
    write_osm, street, at, monkeypatch
):
    nodes = ROAD | square(10, 0, 1, 1) | square(20, 40, 1, 1)
    nodes |= {50: (0.5, 1.5, address("1")), 51: (40.5, 1.5, address("2"))}
    ways = [(90, [1, 2], street), (91, ring(10), {"building": "house"})]
    path = write_osm(nodes, [*ways, (92, ring(20), {"building": "house"})])
    seen = []

    def kept(outlines, addresses):
        seen.append(len(outlines))
        return buildings_of(outlines, addresses)

    monkeypatch.setattr(buildings, "buildings_of", kept)
    corner, other = at(-1, -1), at(10, 10)
    box = BoundingBox(corner.lon, corner.lat, other.lon, other.lat)
    inside = read_extract(path, Area.of_box(box))
    assert inside.buildings.of_address.tolist() == [0]
    assert read_extract(path).buildings.of_address.tolist() == [0, 1]
    assert seen == [1, 2]


def test_a_building_without_a_value_known_is_neither_lived_nor_worked_in(write_osm, street):
    nodes = ROAD | square(10, 0, 1, 1) | {50: (0.5, 1.5, address("1"))}
    ways = [(90, [1, 2], street), (91, ring(10), {"building": "garage"})]
    city = build_city(write_osm(nodes, ways))
    assert [BUILDING_KINDS[kind] for kind in city.building_kind] == ["other"]
    assert city.building_levels.tolist() == city.building_flats.tolist() == [0]

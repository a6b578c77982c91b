"""Small networks written as OpenStreetMap XML, and the real extract of Helsinki's centre."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import quoteattr

import pytest

from maps.builtin import build_city, extract_of
from maps.dijkstra import DijkstraProvider
from maps.network import RoadNetwork
from maps.places import LonLat
from maps.travel import VehicleClass

CORNER = LonLat(24.0, 60.0)
STEP_LON, STEP_LAT = 0.0018, 0.0009  # about 100 m each way at 60 degrees north

TOWN_NODES = {1: (0, 0), 2: (3, 0), 3: (3, 4), 4: (0, 4), 6: (3, 2), 7: (5, 2), 8: (0, 2)}
STREET = {"highway": "residential", "maxspeed": "30"}
TOWN_WAYS = [
    (10, [1, 2, 6, 3, 4, 8, 1], STREET | {"name": "Ring Street"}),
    (11, [8, 6], STREET | {"name": "Short Cut", "oneway": "yes"}),
    (12, [6, 7], STREET | {"name": "Blind Alley"}),
]


def _at(x: float, y: float) -> LonLat:
    return LonLat(CORNER.lon + x * STEP_LON, CORNER.lat + y * STEP_LAT)


def _tag(key: str, value: str) -> str:
    return f"<tag k={quoteattr(key)} v={quoteattr(value)}/>"


def _osm_xml(
    nodes: Mapping[int, tuple],
    ways: Sequence[tuple[int, Sequence[int], dict]],
    relations: Sequence[tuple[int, Sequence[tuple[str, int, str]], dict]] = (),
) -> str:
    stamp = 'version="1" timestamp="2024-05-06T07:08:09Z"'
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', '<osm version="0.6">']
    for number, (x, y, *rest) in sorted(nodes.items()):
        place = _at(x, y)
        lines.append(f'<node id="{number}" {stamp} lat="{place.lat:.7f}" lon="{place.lon:.7f}">')
        lines += [_tag(key, value) for key, value in (rest[0] if rest else {}).items()]
        lines.append("</node>")
    for number, refs, tags in ways:
        lines.append(f'<way id="{number}" {stamp}>')
        lines += [f'<nd ref="{ref}"/>' for ref in refs]
        lines += [_tag(key, value) for key, value in tags.items()]
        lines.append("</way>")
    for number, members, tags in relations:
        lines.append(f'<relation id="{number}" {stamp}>')
        lines += [
            f'<member type="{kind}" ref="{ref}" role="{role}"/>' for kind, ref, role in members
        ]
        lines += [_tag(key, value) for key, value in tags.items()]
        lines.append("</relation>")
    return "\n".join([*lines, "</osm>\n"])


@pytest.fixture(scope="session")
def at() -> Callable[[float, float], LonLat]:
    """Return what makes places: steps of 100 m east and north of the test town's corner."""
    return _at


@pytest.fixture(scope="session")
def street() -> dict[str, str]:
    return dict(STREET)


@pytest.fixture(scope="session")
def write_osm(tmp_path_factory) -> Callable[..., Path]:
    """Return what writes an OSM file: nodes by number as (x, y) in steps or (x, y, tags), ways.

    Relations are (number, members as (type, number, role), tags).
    """

    def write(nodes, ways, relations=(), name: str = "town.osm") -> Path:
        path: Path = tmp_path_factory.mktemp("osm") / name
        path.write_text(_osm_xml(nodes, ways, relations), encoding="utf-8")
        return path

    return write


@pytest.fixture(scope="session")
def town_file(write_osm) -> Path:
    return write_osm(TOWN_NODES, TOWN_WAYS)


@pytest.fixture(scope="session")
def town(town_file) -> RoadNetwork:
    """Return a ring of streets with a one-way street across it and a dead end.

    ::

        4 ---- 3          Ring Street 1-2-6-3-4-8-1, both ways
        |      |
        8 ---> 6 ---- 7   8 to 6 one-way (Short Cut), 6 to 7 a dead end (Blind Alley)
        |      |
        1 ---- 2
    """
    return build_city(town_file)


@pytest.fixture(scope="session")
def van() -> VehicleClass:
    return VehicleClass(
        name="test van",
        speed_mps_max=40 / 3.6,
        rolling_coefficient=0.010,
        drag_area_m2=2.5,
        efficiency_ratio=0.85,
        stop_loss_ratio=0.4,
    )


@pytest.fixture(scope="session")
def town_travel(town, van) -> DijkstraProvider:
    return DijkstraProvider(town, van)


@pytest.fixture(scope="session")
def helsinki() -> RoadNetwork:
    return build_city(extract_of("helsinki"))


@pytest.fixture(scope="session")
def helsinki_travel(helsinki, van) -> DijkstraProvider:
    return DijkstraProvider(helsinki, van)

"""The simulated roads: speeds and energies of the network, and where a jam is."""

import pytest

from maps.builtin import load_city
from maps.incidents import Incident
from maps.places import LonLat, great_circle_m
from maps.provider import HierarchyProvider
from maps.snapping import Snapper
from maps.traffic import SpeedProfile
from maps.turns import expand
from maps.units import Instant, parse_rfc3339
from simulations.roads import CLOSED_SPEED_RATIO, PIECE_M_MAX, CityRoads, RoadsByKind
from vehicles.energy import vehicle_class
from vehicles.presets import preset

SPEC = preset("robovan-m")
NOW = Instant(0)


@pytest.fixture(scope="module")
def network():
    return load_city("helsinki")


def test_a_drive_takes_about_what_the_provider_says(network):
    kind = vehicle_class(SPEC)
    provider = HierarchyProvider(network, kind, ())
    roads = CityRoads(Snapper(network), expand(network), kind)
    ratios, energies = [], []
    addresses = network.addresses()
    for start, end in zip(addresses[::90], addresses[45::90], strict=False):
        path = provider.path(start.place, end.place, NOW)
        if path is None or path.duration_s < 60:
            continue
        pieces = roads.pieces(path.line, NOW)
        driven_s = sum(piece.length_m / piece.speed_mps for piece in pieces)
        ratios.append(driven_s / path.duration_s)
        mass_g = SPEC.curb_mass_g
        planned = path.energy_a_mwh + path.energy_b_uwh_per_kg * mass_g / 1e6
        energies.append(sum(piece.energy_mwh(mass_g / 1000) for piece in pieces) / planned)
    assert len(ratios) > 8
    assert sum(ratios) / len(ratios) == pytest.approx(1, abs=0.05)
    assert sum(energies) / len(energies) == pytest.approx(1, abs=0.05)


def test_pieces_cover_the_line_in_short_steps(network):
    roads = CityRoads(Snapper(network), expand(network), vehicle_class(SPEC))
    line = (LonLat(24.94, 60.168), LonLat(24.944, 60.168), LonLat(24.944, 60.168))
    pieces = roads.pieces(line, NOW)
    assert sum(piece.length_m for piece in pieces) == pytest.approx(
        great_circle_m(*line[:2]), rel=1e-6
    )
    assert all(0 < piece.length_m <= PIECE_M_MAX for piece in pieces)
    assert (pieces[0].start, pieces[-1].end) == line[:2]
    assert roads.pieces(line[:1] * 2, NOW) == ()


@pytest.fixture(scope="module")
def roads(network):
    return CityRoads(Snapper(network), expand(network), vehicle_class(SPEC))


@pytest.fixture(scope="module")
def piece(network, roads):
    """Return a piece of a long street."""
    edge = int(network.edge_length_mm.argmax())
    start, end = network.edge_shape_start[edge : edge + 2].tolist()
    pairs = zip(network.shape_lon[start:end], network.shape_lat[start:end], strict=True)
    pieces = roads.pieces([LonLat(float(lon), float(lat)) for lon, lat in pairs], NOW)
    return next(one for one in pieces if one.edge == edge)


def incident(network, edge, kind, ratio=0.3):
    """Return an incident on a whole edge, given by its line, its ways or an area around it."""
    start, end = network.edge_shape_start[edge : edge + 2].tolist()
    pairs = zip(network.shape_lon[start:end], network.shape_lat[start:end], strict=True)
    line = tuple(LonLat(float(lon), float(lat)) for lon, lat in pairs)
    west, east = min(p.lon for p in line) - 1e-3, max(p.lon for p in line) + 1e-3
    south, north = min(p.lat for p in line) - 1e-3, max(p.lat for p in line) + 1e-3
    corners = LonLat(west, south), LonLat(east, south), LonLat(east, north), LonLat(west, north)
    ways = network.way_ids[slice(*network.edge_way_start[edge : edge + 2].tolist())]
    by = {
        "line": {"line": line},
        "ways": {"line": (), "way_ids": tuple(ways.tolist())},
        "area": {"line": (), "polygon": corners},
    }[kind]
    return Incident("i", buffer_m=20, speed_ratio=ratio, starts_at=NOW, ends_at=Instant(1000), **by)


@pytest.mark.parametrize("kind", ["line", "ways", "area"])
def test_a_jam_slows_its_road_however_it_is_given(network, roads, piece, kind):
    jam = incident(network, piece.edge, kind)
    assert roads.speed_ratio(piece, [jam]) == pytest.approx(0.3, rel=1e-3)
    worse = incident(network, piece.edge, kind, ratio=0.2)
    assert roads.speed_ratio(piece, [jam, worse]) == pytest.approx(0.2, rel=1e-3)
    closed = incident(network, piece.edge, kind, ratio=0)
    assert roads.speed_ratio(piece, [closed]) == CLOSED_SPEED_RATIO


def test_a_jam_elsewhere_slows_nothing(network, roads, piece):
    far = (LonLat(24.0, 60.0), LonLat(24.001, 60.0))
    jam = Incident("i", far, 20, 0.3, NOW, Instant(1000))
    assert roads.speed_ratio(piece, [jam]) == roads.speed_ratio(piece, []) == 1


def test_roads_are_as_fast_as_the_profile_says_at_the_hour(network):
    snapper, turns, kind = Snapper(network), expand(network), vehicle_class(SPEC)
    hourly = CityRoads(snapper, turns, kind, SpeedProfile.usual())
    same = CityRoads(snapper, turns, kind)
    line = (LonLat(24.9386, 60.1690), LonLat(24.9370, 60.1720))  # Mannerheimintie, a main road

    def speeds(roads, at):
        return [piece.speed_mps for piece in roads.pieces(line, parse_rfc3339(at))]

    noon, evening = "2026-03-02T12:00:00+02:00", "2026-03-02T17:00:00+02:00"
    assert speeds(same, noon) == speeds(same, evening) == speeds(hourly, noon)
    assert sum(speeds(hourly, evening)) < 0.95 * sum(speeds(hourly, noon))


def test_roads_ahead_and_at_other_hours_are_looked_up_but_once(network, monkeypatch):
    kind, turns = vehicle_class(SPEC), expand(network)
    first, second, third = (one.place for one in network.addresses()[:30:10])
    asked, snap_many = [], Snapper.snap_many

    def counted(self, places):
        asked.append(places)
        return snap_many(self, places)

    monkeypatch.setattr(Snapper, "snap_many", counted)
    speeds = SpeedProfile.usual()
    apart, together = (CityRoads(Snapper(network), turns, kind, speeds) for _ in range(2))
    lines, hours = [(first, second), (second, third)], [Instant(0), Instant(7 * 3_600_000)]
    wanted = [apart.pieces(line, hour) for hour in hours for line in lines]
    assert len(asked) == 2
    begun = together.pieces(lines[0], hours[0], ahead=lines[1:])
    assert [begun, *(together.pieces(line, hour) for hour in hours for line in lines)][1:] == wanted
    assert len(asked) == 3


def test_vans_of_a_kind_share_their_roads_and_no_others(network):
    roads = RoadsByKind(Snapper(network), expand(network))
    same, other = preset("robovan-m"), preset("robovan-l")
    assert roads(same) is roads(preset("robovan-m"))
    assert roads(same) is not roads(other)

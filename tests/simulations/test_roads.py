"""The simulated roads: speeds and energies of the network, and where a jam is."""

import pytest

from maps.builtin import load_city
from maps.incidents import Incident
from maps.places import LonLat, great_circle_m
from maps.provider import HierarchyProvider
from maps.snapping import Snapper
from maps.turns import expand
from maps.units import Instant
from simulations.roads import CLOSED_SPEED_RATIO, PIECE_M_MAX, CityRoads, speed_ratio_at
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
        pieces = roads.pieces(path.line)
        driven_s = sum(piece.length_m / piece.speed_mps for piece in pieces)
        ratios.append(driven_s / path.duration_s)
        mass_g = SPEC.curb_mass_g
        planned = path.energy_a_mwh + path.energy_b_uwh_per_kg * mass_g / 1e6
        energies.append(sum(piece.energy_mwh(mass_g) for piece in pieces) / planned)
    assert len(ratios) > 8
    assert sum(ratios) / len(ratios) == pytest.approx(1, abs=0.05)
    assert sum(energies) / len(energies) == pytest.approx(1, abs=0.05)


def test_pieces_cover_the_line_in_short_steps(network):
    roads = CityRoads(Snapper(network), expand(network), vehicle_class(SPEC))
    line = (LonLat(24.94, 60.168), LonLat(24.944, 60.168), LonLat(24.944, 60.168))
    pieces = roads.pieces(line)
    assert sum(piece.length_m for piece in pieces) == pytest.approx(
        great_circle_m(*line[:2]), rel=1e-6
    )
    assert all(0 < piece.length_m <= PIECE_M_MAX for piece in pieces)
    assert (pieces[0].start, pieces[-1].end) == line[:2]
    assert roads.pieces(line[:1] * 2) == ()


def incident(*line, buffer_m=20, ratio=0.3):
    return Incident("i", line, buffer_m, ratio, NOW, Instant(1000))


def test_a_jam_is_within_its_buffer_and_the_worst_counts():
    a, b = LonLat(24.94, 60.17), LonLat(24.95, 60.17)
    middle, beside = LonLat(24.945, 60.17), LonLat(24.945, 60.17 + 25 / 111_195)
    behind = LonLat(24.95 + 25 / 55_300, 60.17)
    jam = incident(a, b)
    assert speed_ratio_at(middle, [jam]) == 0.3
    assert speed_ratio_at(beside, [jam]) == 1
    assert speed_ratio_at(behind, [jam]) == 1
    assert speed_ratio_at(beside, [incident(a, b, buffer_m=30)]) == 0.3
    assert speed_ratio_at(a, [incident(a)]) == 0.3
    assert speed_ratio_at(middle, [jam, incident(a, b, ratio=0.2)]) == 0.2
    assert speed_ratio_at(middle, [incident(a, b, ratio=0)]) == CLOSED_SPEED_RATIO
    assert speed_ratio_at(middle, []) == 1

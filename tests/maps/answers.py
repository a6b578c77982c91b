"""What both engines must answer alike, and how their answers are held against each other."""

from itertools import pairwise, product

import numpy as np
import pytest

from maps.dijkstra import DijkstraProvider
from maps.hierarchy.graph import UNREACHABLE_MS
from maps.incidents import Incident
from maps.places import great_circle_m
from maps.provider import HierarchyProvider
from maps.travel import UNREACHABLE
from maps.units import Instant

NOW = Instant(1_000_000)
MATRICES = ("duration_s", "distance_m", "energy_a_mwh", "energy_b_uwh_per_kg")
ENGINES = (HierarchyProvider, DijkstraProvider)


def closure(*line, speed_ratio=0.0, starts=0, ends=2_000_000, name="inc-1", buffer_m=10):
    return Incident(name, tuple(line), buffer_m, speed_ratio, Instant(starts), Instant(ends))


def assert_agree(provider, places, departure=NOW):
    """Check every path against the matrix, and its parts against its sums."""
    matrix = provider.matrix(places, departure)
    fine = provider.travel(places, places, departure)
    for i, j in product(range(len(places)), repeat=2):
        path = provider.path(places[i], places[j], departure)
        told = [int(getattr(matrix, name)[i, j]) for name in MATRICES]
        if path is None:
            assert told == [UNREACHABLE] * 4
            assert fine.duration_ms[i, j] == fine.quantities[0, i, j] == UNREACHABLE_MS
            continue
        assert [int(getattr(path, name)) for name in MATRICES] == told
        assert provider.duration_along(path, departure) == path.duration_s
        assert path.elapsed_s[-1] == pytest.approx(fine.duration_ms[i, j] / 1000, abs=1e-9)
        assert path.along_m[-1] == pytest.approx(fine.quantities[0, i, j] / 1000, abs=1e-9)
        assert_well_formed(provider, path)


def assert_well_formed(provider, path):
    count = len(path.line)
    assert count >= 2
    assert len(path.elapsed_s) == len(path.along_m) == len(path.junction) == count
    assert path.elapsed_s[0] == path.along_m[0] == 0
    assert np.all(np.diff(path.elapsed_s) >= 0)
    assert np.all(np.diff(path.along_m) >= 0)
    assert not path.junction[0]
    assert not path.junction[-1]
    flown_m = sum(great_circle_m(a, b) for a, b in pairwise(path.line))
    assert path.along_m[-1] == pytest.approx(flown_m, rel=0.002, abs=0.2)
    assert sum(part.length_m for part in path.parts) == pytest.approx(path.along_m[-1])
    assert tuple(dict.fromkeys(p.street for p in path.parts if p.street)) == path.streets
    tails, heads = provider.network.segment_tail, provider.network.segment_head
    assert np.all(heads[path.segments[:-1]] == tails[path.segments[1:]])

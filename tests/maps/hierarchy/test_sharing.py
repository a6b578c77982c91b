"""Metrics share what has not changed, with each other and between threads."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import numpy as np
import pytest

from maps.hierarchy.customizing import PAGE
from maps.hierarchy.engine import Hierarchy, Travel, build
from maps.hierarchy.graph import UNREACHABLE_MS, expanded_graph
from maps.hierarchy.places import Places, places

SIDE = 24
"""Junctions of a drawn grid on each side: its slots fill several pages."""

ROUNDS = 12
"""Questions each thread asks."""


@pytest.fixture(scope="module")
def hierarchy() -> Hierarchy:
    """Return a grid of streets that are driven both ways, U-turns forbidden."""
    number = np.arange(SIDE * SIDE).reshape(SIDE, SIDE)
    one = np.concatenate([number[:, :-1].ravel(), number[:-1].ravel()])
    other = np.concatenate([number[:, 1:].ravel(), number[1:].ravel()])
    tail, head = np.concatenate([one, other]), np.concatenate([other, one])
    street = np.tile(np.arange(len(one)), 2)
    first, second = np.nonzero((head[:, None] == tail) & (street[:, None] != street))
    return build(
        expanded_graph(
            segment_tail=tail,
            segment_head=head,
            segment_street=street,
            arc_tail=first,
            arc_head=second,
            junction_x_m=number.ravel() % SIDE,
            junction_y_m=number.ravel() // SIDE,
        )
    )


def costs_of(hierarchy: Hierarchy) -> tuple[np.ndarray, np.ndarray]:
    mixed = np.arange(4 * hierarchy.graph.arc_count).reshape(-1, 4) * 7919 % 8009
    return 1000 + mixed[:, 0], mixed[:, 1:]


def somewhere(hierarchy: Hierarchy, count: int) -> Places:
    chosen = np.arange(count) * 7919 % hierarchy.graph.segment_count
    return places(
        place=np.arange(count),
        segment=chosen,
        offset_ms=np.zeros(count),
        offset_quantities=np.zeros((count, 3)),
        count=count,
    )


def told(travel: Travel) -> bytes:
    return travel.duration_ms.tobytes() + travel.quantities.tobytes()


def test_a_closure_copies_only_the_pages_that_it_changes(hierarchy):
    arc_ms, quantities = costs_of(hierarchy)
    metric = before = hierarchy.customize(arc_ms, quantities)
    asked = somewhere(hierarchy, 60)
    for arcs in ([3], [900, 901], [3, 1500]):
        durations = [UNREACHABLE_MS, 70][: len(arcs)]
        arc_ms[arcs] = durations
        metric = metric.with_durations(arcs, durations)
        full = hierarchy.customize(arc_ms, quantities)
        assert told(metric.matrix(asked, asked)) == told(full.matrix(asked, asked))
        renewed = np.repeat(metric._costs.renewed, PAGE)[: len(metric._costs.quantities)] != 0
        assert 0 < renewed.sum() < len(renewed)
        assert np.array_equal(metric._costs.own[renewed], full._costs.quantities[renewed])
        assert np.array_equal(metric._costs.quantities[~renewed], full._costs.quantities[~renewed])
        assert metric._costs.quantities is before._costs.quantities


def test_threads_that_ask_and_customize_at_once_get_the_answers_of_one(hierarchy):
    arc_ms, quantities = costs_of(hierarchy)
    metric = hierarchy.customize(arc_ms, quantities)
    asked, one = somewhere(hierarchy, 80), somewhere(hierarchy, 1)
    jam = np.arange(0, len(arc_ms), 40)

    def _ask() -> bytes:
        reached = metric.reach(one)
        return told(metric.matrix(asked, asked)) + reached[0].tobytes() + reached[1].tobytes()

    def _customize() -> bytes:
        jammed = metric.with_durations(jam, 3 * arc_ms[jam])
        shut = jammed.with_durations([5], [UNREACHABLE_MS])
        slower = hierarchy.customize(2 * arc_ms, quantities)
        return told(shut.matrix(one, asked)) + told(slower.matrix(one, asked))

    works: list[Callable[[], bytes]] = [_ask, _ask, _customize]
    expected = [work() for work in works]
    together = Barrier(len(works))

    def _rounds(work: Callable[[], bytes]) -> list[bytes]:
        together.wait(60)
        return [work() for _ in range(ROUNDS)]

    with ThreadPoolExecutor(len(works)) as pool:
        answers = list(pool.map(_rounds, works))
    assert [set(found) for found in answers] == [{one} for one in expected]

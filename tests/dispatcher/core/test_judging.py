from dataclasses import replace

import pytest

from dispatcher.core.judging import faults
from dispatcher.core.requests import UnservedStop
from tests.dispatcher.core.harness import Day, minutes, parcel
from tests.dispatcher.core.toy_city import at


@pytest.fixture(scope="module")
def asked():
    day = Day()
    day.announce(*(parcel(n, at(300 * n, 900 * (n % 2))) for n in range(5)))
    day.run(minutes(11))
    request = day.solves[0].request
    return request, day.planner.plan(request)


def test_a_good_answer_has_no_faults(asked):
    request, result = asked
    assert sum(node.stop_id is not None for r in result.routes for node in r.nodes) == 5
    assert faults(request, result) == ()


def changed(result, **changes):
    route = replace(result.routes[0], **changes)
    return replace(result, routes=(route, *result.routes[1:]))


def with_node(result, index, **changes):
    nodes = list(result.routes[0].nodes)
    nodes[index] = replace(nodes[index], **changes)
    return changed(result, nodes=tuple(nodes))


def stop_index(result) -> int:
    nodes = result.routes[0].nodes
    return next(index for index, node in enumerate(nodes) if node.stop_id is not None)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda r: replace(r, routes=r.routes * 2), "has 2 routes"),
        (lambda r: changed(r, van_id="van-9"), "was not offered"),
        (lambda r: changed(r, nodes=r.routes[0].nodes[1:]), "from its start to its end"),
        (lambda r: changed(r, nodes=()), "from its start to its end"),
        (lambda r: with_node(r, 0, place=at(1, 1)), "begins elsewhere"),
        (lambda r: replace(r, routes=()), "is named 0 times"),
        (lambda r: with_node(r, stop_index(r), stop_id="stp-9"), "was not asked for"),
        (lambda r: with_node(r, stop_index(r), stop_id=None), "contradicts itself"),
        (lambda r: with_node(r, 1, drive_s=-1), "contradicts itself"),
        (lambda r: with_node(r, 1, leave_at=0), "contradicts itself"),
        (
            lambda r: replace(r, unserved=(UnservedStop("stp-p-0", "window", ""),)),
            "is named 2 times",
        ),
    ],
)
def test_an_answer_that_is_none_is_found_out(asked, spoil, said):
    request, result = asked
    assert any(said in sentence for sentence in faults(request, spoil(result)))


def test_what_is_aboard_one_van_is_not_planned_for_another(asked):
    request, result = asked
    van_id = result.routes[0].van_id
    other = next(van.van_id for van in request.vans if van.van_id != van_id)
    stops = tuple(replace(stop, van_id=other) for stop in request.stops)
    found = faults(replace(request, stops=stops), result)
    assert any(f"is aboard {other}, not {van_id}" in sentence for sentence in found)

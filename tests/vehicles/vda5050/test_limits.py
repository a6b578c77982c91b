"""Factsheets: limits are kept where orders can, told where they cannot, and junk limits nothing."""

import json
import math
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maps.geometry import encode_polyline
from tests.vehicles.trips import FRAME, SPEC, START_AT, VAN_ID, trip
from vehicles.obeying import malformed
from vehicles.session import Outgoing, Session
from vehicles.vda5050.dialect import Dialect, Version
from vehicles.vda5050.factsheet import factsheet_of
from vehicles.vda5050.limits import UNLIMITED, Limits, is_by, thinned
from vehicles.vda5050.order import Order
from vehicles.vda5050.orders import DEVIATION_M, OrderWriter
from vehicles.vda5050.topics import TopicKind
from vehicles.vda5050.versions import written

SHEET = json.loads(factsheet_of(SPEC, VAN_ID, header_id=1, timestamp=START_AT).encode())


def sheet(**arrays: int) -> dict:
    limits = {**SHEET["protocolLimits"], "maxArrayLens": arrays}
    return {**SHEET, "protocolLimits": limits}


def order(limits: Limits, *, first_index: int = 0, released: int = 2, count: int = 6) -> Order:
    """Write an order of nodes with a bent line between each two."""
    wish = trip("trip-1", count, released)
    bent = tuple(
        replace(
            node,
            shape=encode_polyline(
                [FRAME.to_place(100.0 * (at - 1) + 10 * n, 30.0 * (n % 3)) for n in range(11)]
            ),
        )
        if at
        else node
        for at, node in enumerate(wish.nodes)
    )
    writer = OrderWriter(SPEC.manufacturer, FRAME, limits=limits)
    return writer.order(
        replace(wish, nodes=bent), first_index, update_id=0, header_id=1, timestamp=START_AT
    )


def test_our_own_vans_take_what_we_send():
    limits = Limits.of_factsheet(SHEET)
    assert limits.faults(VAN_ID, SPEC) == ()
    assert order(limits) == order(UNLIMITED)
    assert is_by(SHEET, SPEC.manufacturer, VAN_ID)
    assert not is_by(SHEET, SPEC.manufacturer, "another")
    assert not is_by([], SPEC.manufacturer, VAN_ID)


@pytest.mark.parametrize("key", ["order.nodes", "order.edges"])
def test_a_long_horizon_is_cut(key):
    nodes_max = 4 if key == "order.nodes" else 5
    cut = order(Limits.of_factsheet(sheet(**{key: 4})))
    assert (len(cut.nodes), len(cut.edges)) == (nodes_max, nodes_max - 1)
    assert malformed(cut) is None


def test_what_is_released_is_told_however_long_it_is():
    limits = Limits.of_factsheet(sheet(**{"order.nodes": 3}))
    assert [node.released for node in order(limits, released=4).nodes] == [True] * 4
    update = order(limits, first_index=3, released=4)
    assert [node.released for node in update.nodes] == [True, False, False]


@pytest.mark.parametrize(
    ("arrays", "points"),
    [
        ({"trajectory.controlPoints": 5}, 5),
        ({"trajectory.knotVector": 6}, 4),
        ({"trajectory.controlPoints": 50, "trajectory.knotVector": 80}, 11),
        ({"trajectory.controlPoints": 0}, 11),
    ],
)
def test_lines_are_as_fine_as_the_van_takes_them(arrays, points):
    for edge in order(Limits.of_factsheet(sheet(**arrays))).edges:
        assert edge.trajectory is not None
        assert len(edge.trajectory.control_points) == points
        assert len(edge.trajectory.knot_vector) == points + 2


def test_a_van_that_takes_no_lines_gets_none():
    features = {**SHEET["protocolFeatures"], "optionalParameters": [{"parameter": "order.x"}]}
    for limits in (
        Limits.of_factsheet({**SHEET, "protocolFeatures": features}),
        Limits.of_factsheet(sheet(**{"trajectory.knotVector": 3})),
    ):
        assert all(edge.trajectory is None for edge in order(limits).edges)


DEVIATING = [{"parameter": "order.nodes.nodePosition.allowedDeviationXY", "support": "REQUIRED"}]


def test_how_near_is_near_enough_is_said_to_vans_that_ask_in_the_words_of_their_version(schema):
    features = {**SHEET["protocolFeatures"], "optionalParameters": DEVIATING}
    limits = Limits.of_factsheet({**SHEET, "protocolFeatures": features})
    assert limits.has_deviations
    for version in Version:
        told = json.loads(written(order(limits), version))
        if version is not Version.V2_0:
            assert schema("order", version.value).is_valid(told)
        near = [node["nodePosition"]["allowedDeviationXY"] for node in told["nodes"]]
        as_radii = [one["a"] if version is Version.V3_0 else one for one in near]
        kinds = [node.kind for node in trip("trip-1", 6, 2).nodes]
        assert as_radii == [DEVIATION_M.get(kind, 0.0) for kind in kinds]
        assert len(set(as_radii)) > 1
    assert not Limits.of_factsheet(SHEET).has_deviations


def test_the_words_of_3_0_are_understood():
    found = Limits.of_factsheet(
        {
            "typeSpecification": {"maximumLoadMass": 500},
            "physicalParameters": {"maximumSpeed": 4.5},
            "protocolLimits": {
                "maximumStringLengths": {"maximumIdLength": 36, "maximumLoadIdLength": 12},
                "maximumArrayLengths": {"order.nodes": 7},
            },
            "protocolFeatures": {
                "mobileRobotActions": [
                    {"actionType": "pick", "actionScopes": ["NODE"]},
                    {"actionType": "drop", "actionScopes": ["EDGE"]},
                ]
            },
        }
    )
    assert found.nodes_max == 7
    assert found.faults(VAN_ID, SPEC) == (
        f"it takes ids of 36 characters, ours may have {len(VAN_ID) + 90}",
        "it takes ids of loads of 12 characters, ours may have 64",
        "it cannot drop at a node",
        "it cannot startCharging at a node, so it is not told to charge",
        "it carries 500 kg, planned are 800",
        "it drives 4.5 m/s, planned are 11.11",
    )


def test_a_session_keeps_to_what_it_learns():
    session = Session(VAN_ID, SPEC, FRAME)
    session.learn(Limits(nodes_max=3))
    assert session._writer.limits.nodes_max == 3
    session.become(replace(SPEC, manufacturer="Another"), Dialect(Version.V3_0))
    session.wish(trip("trip-1", 6, 2))
    assert session._writer.limits.nodes_max == 3, "what it can take is as before"
    outgoing = Outgoing("", TopicKind.ORDER, VAN_ID, "Another", None, session._writer)  # type: ignore[arg-type]
    assert outgoing.topic == f"uagv/v3/Another/{VAN_ID}/order"


junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=6,
)


@given(st.sampled_from(sorted(SHEET)), junk)
def test_junk_limits_nothing_and_breaks_nothing(key, value):
    for content in ({**SHEET, key: value}, value, {key: {"maxArrayLens": value}}):
        limits = Limits.of_factsheet(content)
        limits.faults(VAN_ID, SPEC)
        order(limits)


@given(
    st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), min_size=2, max_size=30),
    st.integers(2, 30),
)
def test_a_thinned_line_keeps_its_ends_and_its_sequence(numbers, count_max):
    points = [(float(x), float(y)) for x, y in numbers]
    found = thinned(points, count_max)
    assert len(found) == min(count_max, len(points))
    assert (found[0], found[-1]) == (points[0], points[-1])
    places = iter(points)
    assert all(point in places for point in found)


def test_the_corner_stays():
    points = [(float(x), 0.0) for x in range(10)] + [(9.0, float(y)) for y in range(1, 10)]
    assert thinned(points, 3) == [(0.0, 0.0), (9.0, 0.0), (9.0, 9.0)]
    length = sum(math.dist(a, b) for a, b in pairwise(thinned(points, 3)))
    assert length == 18.0

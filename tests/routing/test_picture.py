"""The picture of a solution: well-formed, and everything of the instance is in it."""

from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest

from routing.formats.choices import Format
from routing.formats.instance import Battery, Instance
from routing.picture import picture


@pytest.fixture
def instance():
    places = np.array([0.0, 10.0, 20.0, 30.0])
    return Instance(
        name="a <small> one",
        format=Format.EVRPTW,
        labels=("D0", "C1", "C2", "S0"),
        customer_count=2,
        x=places,
        y=places,
        demand=np.zeros(4),
        begin=np.zeros(4),
        end=np.full(4, 100.0),
        service=np.zeros(4),
        capacity=1.0,
        battery=Battery(100.0, 1.0, 1.0),
    )


def drawn(*arguments, **options):
    root = ElementTree.fromstring(picture(*arguments, **options))
    classes = [node.get("class") for node in root.iter() if node.get("class")]
    return classes, [node.text for node in root.iter() if node.text and node.text.strip()]


def test_routes_stations_depot_and_figures_are_shown(instance):
    classes, texts = drawn(instance, [(1, 3)], best_known=80.0)
    assert sorted(classes) == ["depot", "route", "station", "unserved"]
    for text in ("a <small> one", "1 of 2 customers", "cost 84.85", "gap +6.07 %", "1 recharges"):
        assert text in texts


def test_no_gap_is_shown_where_nothing_is_known(instance):
    assert not any("gap" in text for text in drawn(instance, [(1,), (2,)])[1])


def test_many_routes_and_places_on_one_spot_are_drawn(instance):
    spot = replace(instance, x=np.zeros(4), y=np.zeros(4))
    classes, texts = drawn(spot, [(1,)] * 40)
    assert classes.count("route") == 40
    assert "and 10 more" in texts


def test_equal_solutions_give_equal_text(instance):
    assert picture(instance, [(1, 2)]) == picture(instance, [(1, 2)])

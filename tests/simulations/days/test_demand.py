"""Who orders: by households and businesses, or every address alike."""

from collections import Counter
from itertools import pairwise

import pytest

from maps.places import LonLat
from maps.units import parse_rfc3339
from simulations.days.demand import drawn_orders
from simulations.days.errors import BadDayError
from simulations.days.file import read_day
from simulations.days.hours import Hours
from simulations.days.tables import DemandTable
from simulations.demand import Consignee
from simulations.rng import Streams

HOURS = Hours(
    parse_rfc3339("2026-03-02T06:00:00+02:00"),
    parse_rfc3339("2026-03-03T00:00:00+02:00"),
    "Europe/Helsinki",
)
HOUSE = Consignee("house", "1", LonLat(24.9, 60.1), 1.0, 0.0)
TOWER = Consignee("tower", "2", LonLat(24.9, 60.2), 30.0, 0.0)
SHOP = Consignee("shop", "3", LonLat(24.9, 60.3), 0.0, 1.0)
MALL = Consignee("mall", "4", LonLat(24.9, 60.4), 0.0, 4.0)
COUNT = 8000


def orders(consignees=(HOUSE, TOWER, SHOP, MALL), **keys):
    table = DemandTable(parcels_per_day=COUNT, follow_up_ratio=0.0, **keys)
    return drawn_orders(table, consignees, COUNT, HOURS, Streams(5))


def counts(**keys):
    return Counter(order.who.consignee_id for order in orders(**keys))


def test_parcels_go_where_households_and_businesses_are():
    found = counts(business_ratio=0.5)
    assert found["tower"] + found["house"] == pytest.approx(COUNT / 2, rel=0.05)
    assert found["tower"] / found["house"] == pytest.approx(30, rel=0.25)
    assert found["mall"] / found["shop"] == pytest.approx(4, rel=0.1)


def test_businesses_get_theirs_at_their_hours():
    early = (1.0,) * 10 + (0.0,) * 14
    found = orders(business_ratio=early)
    turn = parse_rfc3339("2026-03-02T10:00:00+02:00")
    assert {order.who.businesses > 0 for order in found if order.ready_at < turn} == {True}
    assert {order.who.businesses > 0 for order in found if order.ready_at >= turn} == {False}
    assert all(one.ready_at <= other.ready_at for one, other in pairwise(found))


def test_usually_two_parcels_in_five_are_for_businesses():
    found = counts()
    assert (found["shop"] + found["mall"]) / COUNT == pytest.approx(0.4, abs=0.02)


def test_every_address_alike_where_the_day_wants_it():
    found = counts(weigh_by="addresses")
    assert set(found) == {"house", "tower", "shop", "mall"}
    assert min(found.values()) > 0.9 * COUNT / 4


@pytest.mark.parametrize("alone", [(HOUSE, TOWER), (SHOP, MALL)])
def test_a_city_of_only_homes_or_only_shops_gets_all_parcels(alone):
    found = orders(alone, business_ratio=0.5)
    assert len(found) == COUNT
    assert {order.who for order in found} == set(alone)


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        ("1.5", r"demand.business_ratio.all_day = '1.5': Input should be less"),
        (
            "[0.1, 0.2]",
            r"demand.business_ratio.by_hour = .*must be 24 numbers, one for each hour, not 2",
        ),
        (str([0.5] * 23 + [7]), r"demand.business_ratio.by_hour\[24\] = '7': Input should be less"),
    ],
)
def test_a_ratio_that_cannot_be_is_one_fault_in_the_files_own_words(write_day, said, fault):
    path = write_day()
    path.write_text(path.read_text().replace("[demand]", f"[demand]\nbusiness_ratio = {said}"))
    with pytest.raises(BadDayError, match=fault) as caught:
        read_day(path)
    assert len(caught.value.faults) == 1


def test_a_wrong_word_is_refused_with_the_right_ones(write_day):
    path = write_day()
    path.write_text(path.read_text().replace("[demand]", '[demand]\nweigh_by = "houses"'))
    with pytest.raises(BadDayError, match=r"demand.weigh_by.*dwellings"):
        read_day(path)

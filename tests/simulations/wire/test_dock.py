"""Two processes know of one shelf, and agree on it."""

from simulations.rng import Streams
from simulations.wire.dock import OTHERS_MAX, SharedShelf


def shelves(tmp_path, ratio=1.0):
    path = tmp_path / "shelf.jsonl"
    return [SharedShelf(ratio, Streams(1), path, who) for who in ("warehouse", "vans")]


def test_what_the_warehouse_mixes_up_the_van_gets_and_the_warehouse_sees(tmp_path):
    warehouse, vans = shelves(tmp_path)
    assert vans.has("a")
    assert not warehouse.awaits("t")
    others = [f"x{number}" for number in range(3 * OTHERS_MAX)]
    warehouse.get_together("t", ["a"], others)
    assert warehouse.awaits("t")
    taken = vans.take("t", "a")
    assert taken in others
    assert not warehouse.awaits("t")
    assert warehouse.really("t", ["a"]) == (taken,)
    assert vans.take("u", taken) is None
    assert not warehouse.has(taken)
    vans.put_back([taken])
    assert warehouse.has(taken)


def test_what_is_gone_is_no_mistake_and_what_is_given_up_awaits_nobody(tmp_path):
    warehouse, vans = shelves(tmp_path)
    assert vans.take("t", "x1") == "x1"
    warehouse.get_together("t", ["a"], ["x1"])
    assert vans.take("t", "a") == "a"
    warehouse.get_together("u", ["b"], ["x2"])
    warehouse.give_up("u")
    assert not vans.awaits("u")
    assert vans.take("u", "b") == "b"
    assert warehouse.errs
    assert warehouse.withdraw("u") == ("b",)
    assert vans.is_withdrawn("u")
    assert vans.take("u", "c") is None

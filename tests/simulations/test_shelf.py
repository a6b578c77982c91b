"""What lies at the depot, and what is brought to the wrong dock."""

from simulations.rng import Streams
from simulations.shelf import Shelf

OTHERS = ["x1", "x2"]


def test_right_things_where_nothing_goes_wrong():
    shelf = Shelf(0.0, Streams(1))
    shelf.get_together("t", ["a", "b"], OTHERS)
    assert [shelf.take("t", one) for one in ("a", "b")] == ["a", "b"]
    assert not shelf.awaits("t")
    assert shelf.really("t", ["a", "b"]) == ("a", "b")


def test_the_wrong_thing_is_taken_once_and_known_when_it_is_aboard():
    shelf = Shelf(1.0, Streams(1))
    shelf.get_together("t", ["a", "b", "c"], OTHERS)
    assert shelf.awaits("t")
    assert shelf.really("t", ["a"]) == ("a",), "nobody has looked yet"
    taken = [shelf.take("t", one) for one in ("a", "b", "c")]
    assert set(taken) == {"c", "x1", "x2"}, "there were no more others"
    assert not shelf.awaits("t")
    assert shelf.really("t", ["a", "b", "c"]) == tuple(taken)
    assert not shelf.has("x1")
    assert shelf.has("a")


def test_what_is_in_one_van_cannot_be_put_into_another_until_it_is_back():
    shelf = Shelf(1.0, Streams(1))
    shelf.get_together("t", ["a"], ["x1"])
    assert shelf.take("other", "x1") == "x1"
    assert shelf.take("t", "a") == "a", "the other one is gone"
    assert shelf.take("u", "x1") is None
    shelf.put_back(["x1", "a"])
    assert shelf.take("u", "x1") == "x1"


def test_told_again_nothing_is_brought_twice_and_what_is_given_up_lies_there():
    shelf = Shelf(1.0, Streams(1))
    shelf.get_together("t", ["a"], ["x1"])
    shelf.get_together("u", ["b"], ["x1"])
    assert shelf.take("u", "b") == "b"
    shelf.give_up("t")
    assert not shelf.awaits("t")
    assert shelf.take("t", "a") == "a"
    assert shelf.has("x1")


def test_who_loads_anew_does_not_get_what_was_mistaken_for_it_before():
    shelf = Shelf(1.0, Streams(1))
    shelf.get_together("t", ["a"], ["b"])
    assert shelf.take("t", "a") == "b"
    assert shelf.take("t", "a") is None
    assert shelf.take("u", "a") == "a"

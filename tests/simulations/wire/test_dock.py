"""Two processes know of one shelf, and agree on it."""

import subprocess
import sys

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


RACE = """
import sys
from pathlib import Path
import subprocess
import sys

from simulations.rng import Streams
from simulations.wire.dock import SharedShelf

who, path, begin, trips, parcels = sys.argv[1], *map(Path, sys.argv[2:4]), *map(int, sys.argv[4:])
shelf = SharedShelf(0.0, Streams(1), path, who)
print("ready", flush=True)
while not begin.exists():
    pass
for trip in range(trips):
    if who == "warehouse":
        print(trip, *shelf.withdraw(f"t{trip}"), sep=",")
        continue
    names = [f"p{trip}-{number}" for number in range(parcels)]
    print(trip, *(one for one in names if shelf.take(f"t{trip}", one)), sep=",")
"""


def test_however_two_processes_race_what_is_kept_was_never_taken(tmp_path):
    trips, parcels = 300, 4
    path, begin = tmp_path / "shelf.jsonl", tmp_path / "begin"
    command = [str(path), str(begin), str(trips), str(parcels)]
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", RACE, who, *command], stdout=subprocess.PIPE, text=True
        )
        for who in ("warehouse", "vans")
    ]
    for one in processes:
        assert one.stdout is not None
        assert one.stdout.readline() == "ready\n"
    begin.touch()
    said, took = (one.communicate(timeout=60)[0].splitlines() for one in processes)
    assert len(said) == trips
    assert said == took

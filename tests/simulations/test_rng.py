"""Streams depend on the seed and their name alone, in every process."""

import os
import subprocess
import sys

from hypothesis import given
from hypothesis import strategies as st

from simulations.rng import Streams

DRAW = "from simulations.rng import Streams; print(Streams(7).stream('van/a').random())"


@given(st.integers(0, 2**64), st.text(max_size=20), st.text(max_size=20))
def test_a_stream_is_its_seed_and_name(seed, name, other):
    streams = Streams(seed)
    streams.stream(other).random()  # drawing from another shifts nothing
    drawn = streams.stream(name).random()
    assert drawn == Streams(seed).stream(name).random() == streams.chance(name)
    if other != name:
        assert drawn != Streams(seed).stream(other).random()
    assert drawn != Streams(seed + 1).stream(name).random()


def test_every_process_draws_the_same():
    found = set()
    for hash_seed in ("0", "1", "random"):
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
        done = subprocess.run(
            [sys.executable, "-c", DRAW],
            env=environment,
            capture_output=True,
            check=True,
            text=True,
        )
        found.add(done.stdout)
    assert found == {f"{Streams(7).stream('van/a').random()}\n"}

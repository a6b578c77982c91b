"""Days that once broke an invariant, and taught something: they break none any more."""

from pathlib import Path

import pytest

from simulations.soaking.running import live_seed

SEEDS = Path(__file__).resolve().parents[2] / "seeds.txt"


def kept() -> list[tuple[int, str]]:
    """Return each seed that is kept, with what it taught."""
    lines = SEEDS.read_text(encoding="utf-8").splitlines()
    rows = [line.split(maxsplit=1) for line in lines if line.strip() and line[0] != "#"]
    return [(int(seed), taught) for seed, taught in rows]


@pytest.mark.parametrize("seed", [pytest.param(seed, id=str(seed)) for seed, _ in kept()])
def test_the_day_of_a_kept_seed_breaks_nothing(seed):
    assert live_seed(seed).parcels > 0


def test_every_seed_says_what_it_taught():
    assert all(len(taught) > 20 for _, taught in kept())
    assert len({seed for seed, _ in kept()}) == len(kept())

"""Random numbers inside kernels: one small generator, so that a seed fixes a whole search.

xorshift64* (Vigna 2016, doi 10.1145/2845077): fast, 64 bits of state, good enough to choose moves.
"""

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from routing.kernel.compiling import part

_A: Final = np.uint64(12)
_B: Final = np.uint64(25)
_C: Final = np.uint64(27)
_FACTOR: Final = np.uint64(2685821657736338717)
_HIGH: Final = np.uint64(33)


def seeded(seed: int) -> NDArray[np.uint64]:
    """Return the state of a generator for a seed that is not negative."""
    return np.random.SeedSequence(seed).generate_state(1, np.uint64) | np.uint64(1)


@part
def bits(state: NDArray[np.uint64]) -> int:
    """Return 31 random bits."""
    x = state[0]
    x ^= x >> _A
    x ^= x << _B
    x ^= x >> _C
    state[0] = x
    return np.int64((x * _FACTOR) >> _HIGH)  # type: ignore[return-value]


@part
def below(state: NDArray[np.uint64], bound: int) -> int:
    """Return a random whole number from 0 up to, not including, a bound of at most 2^31."""
    return (bits(state) * bound) >> 31


@part
def ratio(state: NDArray[np.uint64]) -> float:
    """Return a random number above 0 and below 1."""
    return (bits(state) + 0.5) / 2147483648.0


@part
def until_next(state: NDArray[np.uint64], chance: float) -> int:
    """Return after how many trials, at least 1, something of this chance happens."""
    return 1 + int(math.log(ratio(state)) / math.log(1.0 - chance))

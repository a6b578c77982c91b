"""Named streams of random numbers from one seed.

Each stream depends on the seed and its own name alone, so that drawing more from one, or adding
another, shifts none of the rest. The name is hashed with SHA-256: unlike ``hash()``, that is the
same in every process. What is drawn from a stream is decided where it is used.
"""

import hashlib
from random import Random

Stream = Random
"""A source of random numbers; only this file makes one."""


class Streams:
    """All the random streams of one run.

    Parameters
    ----------
    seed
        The run's seed; the same seed gives the same streams on every machine.
    within
        Stands before the name of every stream, as ``of`` puts it there.
    """

    def __init__(self, seed: int, within: str = "") -> None:
        self.seed = seed
        self._within = within
        self._once = Random(seed)

    def of(self, owner: str) -> "Streams":
        """Return the streams of one part of the run: the same names, other numbers."""
        return Streams(self.seed, f"{self._within}{owner}/")

    def stream(self, name: str) -> Stream:
        """Return the stream of a name, from its beginning."""
        return Random(self._begin(name))

    def chance(self, name: str) -> float:
        """Return the first number from 0 to 1 of the stream of a name, which is all it is for."""
        self._once.seed(self._begin(name))
        return self._once.random()

    def _begin(self, name: str) -> int:
        digest = hashlib.sha256(f"{self.seed}/{self._within}{name}".encode()).digest()
        return int.from_bytes(digest, "big")

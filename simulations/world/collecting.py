"""How often Python looks for garbage while a day is lived: seldom, for there is next to none.

Records of a day are freed when nothing refers to them; what refers to itself is rare. Left as it
is, the collector walks the whole city again and again, which is a twentieth of a day's time.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

THRESHOLDS: Final = (20_000, 20, 100)
"""New objects, and collections of the younger ones, before each collection (assumed): a depot's
day makes some 200,000 objects that stay."""


@contextmanager
def rare_collections() -> Iterator[None]:
    """Let garbage be looked for seldom, and never among what is there already."""
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()

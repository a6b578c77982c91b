"""How often Python looks for garbage where there is next to none: seldom.

Counts of references free nearly everything; only what refers to itself has to be looked for. Left
as it is, Python walks all that there is again and again. How seldom all is looked at, whoever runs
decides: a dispatcher for months, or a simulated day.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

YOUNGER: Final = (20_000, 20)
"""New objects, and collections of the youngest, before the younger ones are looked at. Assumed: a
hundredth of a second each at most."""


@contextmanager
def rare_collections(*, oldest_after: int) -> Iterator[None]:
    """Let garbage be looked for seldom meanwhile, and never among what is there already.

    Parameters
    ----------
    oldest_after
        So many collections of the younger ones come before one of all.
    """
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(*YOUNGER, oldest_after)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()

"""How long is waited until what failed is tried again: a lost broker, a depot's trimming."""

import zlib
from typing import Final

FIRST_S: Final = 0.1
MAX_S: Final = 10.0
"""Waits between two tries to connect, assumed."""

_DOUBLINGS_MAX: Final = 16


def back_off_s(name: str, tries: int, *, first_s: float = FIRST_S, max_s: float = MAX_S) -> float:
    """Return the wait before the next try, in seconds: twice as long each time, up to a limit.

    The jitter, up to a half, is drawn from the name of whoever tries, so that those of one broker
    come back one by one.
    """
    share = zlib.crc32(f"{name}/{tries}".encode()) / 2**32
    return min(max_s, first_s * 2.0 ** min(tries, _DOUBLINGS_MAX)) * (0.5 + share / 2)

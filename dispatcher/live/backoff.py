"""How long a client that lost its broker waits until it tries again."""

import zlib
from typing import Final

FIRST_S: Final = 0.1
MAX_S: Final = 10.0
"""Waits between two tries to connect, assumed."""

_DOUBLINGS_MAX: Final = 16


def back_off_s(client_id: str, tries: int) -> float:
    """Return the wait before the next try: twice as long each time, up to a limit.

    The jitter is drawn from the client's name, so that those of one broker come back one by one.
    """
    share = zlib.crc32(f"{client_id}/{tries}".encode()) / 2**32
    return min(MAX_S, FIRST_S * 2.0 ** min(tries, _DOUBLINGS_MAX)) * (0.5 + share / 2)

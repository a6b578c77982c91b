"""The machine's clock of a soak: how long it has run. Nothing in a day depends on it."""

import time


def machine_s() -> float:
    """Return seconds that only ever grow."""
    return time.monotonic()

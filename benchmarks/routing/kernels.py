"""How long the kernels take to be ready: compiled anew, and loaded from the cache."""

import os
import subprocess
import sys
import tempfile

_READY = """
import time, numba, numpy
begun = time.process_time()
import routing.kernel.search
print(time.process_time() - begun)
"""


def kernel_seconds() -> dict[str, float]:
    """Return CPU seconds until the search can be asked, cold and from the cache.

    numba itself is loaded before the clock starts: 1 s that every program with kernels pays.
    """
    with tempfile.TemporaryDirectory() as folder:
        cold = _ready_s(folder)
        cached = min(_ready_s(folder) for _ in range(3))
    return {"cold_s": cold, "cached_s": cached}


def _ready_s(folder: str) -> float:
    done = subprocess.run(
        [sys.executable, "-c", _READY],
        env={**os.environ, "NUMBA_CACHE_DIR": folder},
        capture_output=True,
        text=True,
        check=True,
    )
    return float(done.stdout)

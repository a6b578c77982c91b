"""Nobody waits for travel: other threads run while matrices are found."""

import threading
import time

import numpy as np

from maps.provider import HierarchyProvider
from maps.units import Instant

NOW = Instant(1_000_000)
GAP_S_MAX = 0.02


def longest_gap_s(work) -> float:
    """Return the longest time that another thread had to wait while ``work`` ran."""
    gaps, done = [0.0], threading.Event()

    def beat() -> None:
        last = time.perf_counter()  # noqa: TID251 - it is what is measured
        while not done.is_set():
            time.sleep(0.0005)
            now = time.perf_counter()  # noqa: TID251
            gaps.append(now - last)
            last = now

    thread = threading.Thread(target=beat)
    thread.start()
    try:
        work()
    finally:
        done.set()
        thread.join()
    return max(gaps)


def test_a_heartbeat_goes_on_while_a_matrix_of_a_thousand_places_is_found(helsinki, van):
    provider = HierarchyProvider(helsinki, van)
    places = [address.place for address in helsinki.addresses()][:1000]
    provider.matrix(places[:2], NOW)  # kernels are loaded, the metric is made
    gaps, idle = [], []
    for _ in range(7):
        gaps.append(longest_gap_s(lambda: provider.matrix(places, NOW)))
        idle.append(longest_gap_s(lambda: time.sleep(0.1)))
    # The best run of several, and no better than the machine lets anybody be.
    assert np.min(gaps) < max(GAP_S_MAX, 2 * np.median(idle))

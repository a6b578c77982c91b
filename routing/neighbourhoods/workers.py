"""Worker processes on this machine, with the kernel loaded and ready.

Decides how processes begin: all are children of one server that has loaded the kernel and shares
that memory with them, whatever the parent holds by then. Kernels are compiled, if need be, by the
parent, before any of them begins.
"""

import multiprocessing
import os
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager

from routing.neighbourhoods import rounds


@contextmanager
def local_workers(count: int) -> Iterator[Executor]:
    """Run some worker processes for as long as the block lasts.

    Parameters
    ----------
    count
        How many; more than there are cores are of no use.

    Yields
    ------
    Executor
        What ``search_in_parts`` takes.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([rounds.__name__])
    with ProcessPoolExecutor(count, mp_context=context) as pool:
        for _ in range(count):
            pool.submit(os.getpid)  # so that they begin now, while the whole is searched
        try:
            yield pool
        finally:
            pool.shutdown(wait=False, cancel_futures=True)

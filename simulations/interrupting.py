"""How work that starts processes is interrupted: in good order, whatever the signal.

Decides that SIGTERM does what Ctrl-C does, and what becomes of a work folder. Signals belong to the
main thread; elsewhere they are left alone.
"""

import asyncio
import shutil
import signal
import tempfile
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


@contextmanager
def interrupted_by_sigterm() -> Iterator[None]:
    """Let SIGTERM end what is done as Ctrl-C does: with everything stopped."""
    if not _is_main_thread():  # only it may set handlers
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def run_interruptible[T](work: Coroutine[Any, Any, T]) -> T:
    """Do the work, and cancel it in good order on SIGTERM, as ``asyncio`` does on SIGINT.

    Raises
    ------
    KeyboardInterrupt
        If it was interrupted.
    """
    try:
        return asyncio.run(_interruptible(work))
    except BaseExceptionGroup as group:
        raise first_of(group) from None
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None


def first_of(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """Return the first error that tasks ended with: the others follow from it."""
    first = group.exceptions[0]
    return first_of(first) if isinstance(first, BaseExceptionGroup) else first


@contextmanager
def work_folder(prefix: str) -> Iterator[Path]:
    """Yield a folder that goes when all went well or was interrupted, and stays on failure."""
    folder = Path(tempfile.mkdtemp(prefix=prefix))
    try:
        yield folder
    except Exception:
        raise
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    shutil.rmtree(folder, ignore_errors=True)


async def _interruptible[T](work: Coroutine[Any, Any, T]) -> T:
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    before = signal.getsignal(signal.SIGTERM)
    if task is not None and _is_main_thread():
        loop.add_signal_handler(signal.SIGTERM, task.cancel)
    try:
        return await work
    finally:
        if _is_main_thread():
            loop.remove_signal_handler(signal.SIGTERM)
            signal.signal(signal.SIGTERM, before)


def _is_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()

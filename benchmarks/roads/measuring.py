"""Seconds and memory: of work in this process, and of other processes from start to end.

Decides what a second is: CPU seconds of all threads, unless a name says wall. Machines are noisy
and shared, so the best of several counts.
"""

import os
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Ran:
    """What a process took: CPU and wall seconds, the most memory, and what it printed."""

    cpu_s: float
    wall_s: float
    memory_mb_peak: float
    output: str


def cpu_s_of[T](work: Callable[[], T]) -> tuple[float, T]:
    """Return the CPU seconds of some work, and what came of it."""
    before = time.process_time()
    done = work()
    return time.process_time() - before, done


def best_cpu_s_of[T](times: int, work: Callable[[], T]) -> tuple[float, T]:
    """Return the least CPU seconds of several, and what came of the last."""
    least_s, done = cpu_s_of(work)
    for _ in range(times - 1):
        taken_s, done = cpu_s_of(work)
        least_s = min(least_s, taken_s)
    return least_s, done


def wall_s_of[T](work: Callable[[], T]) -> tuple[float, T]:
    """Return the wall seconds of some work, and what came of it."""
    before = time.perf_counter()
    done = work()
    return time.perf_counter() - before, done


def run(command: Sequence[str | Path], *, more: dict[str, str] | None = None) -> Ran:
    """Run a process to its end and return what it took.

    Parameters
    ----------
    command
        Program and arguments.
    more
        Environment variables beside those of this process.

    Raises
    ------
    RuntimeError
        If it fails; holds the end of what it printed.
    """
    began = time.perf_counter()
    with subprocess.Popen(
        [str(part) for part in command],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, **(more or {})},
    ) as process:
        assert process.stdout is not None
        output = process.stdout.read()
        # Waited for by hand: only this call tells the memory of one process among several.
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{command[0]} ended with {process.returncode}: {output[-2000:]}")
    return Ran(
        used.ru_utime + used.ru_stime,
        time.perf_counter() - began,
        used.ru_maxrss / 1024,
        output,
    )


def memory_mb() -> float:
    """Return the resident memory of this process, in MiB."""
    return _status_mb("VmRSS")


def memory_peak_of[T](work: Callable[[], T]) -> tuple[float, T]:
    """Return the most resident memory, in MiB, that this process had during some work.

    Linux only: the kernel's own mark is set back before.
    """
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    done = work()
    return _status_mb("VmHWM"), done


def _status_mb(name: str) -> float:
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    line = next(line for line in lines if line.startswith(name + ":"))
    return int(line.split()[1]) / 1024

"""Processes that the demo starts, and that never outlive it.

Decides how a child begins (own process group, output into a file), how it ends (asked, then
killed, with all that it started) and that it ends with its parent even when that is killed: its
standard input closes, and on Linux the kernel signals it. What the children do is theirs.
"""

import contextlib
import ctypes
import functools
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from simulations.errors import ChildEndedError

PR_SET_PDEATHSIG = 1  # <linux/prctl.h>, man 2 PR_SET_PDEATHSIG
LAST_LINES_MAX = 6
LAST_BYTES_MAX = 4096


class Child:
    """One process that was started here.

    Parameters
    ----------
    name
        For messages and for the name of its log.
    command
        What to run, with arguments.
    folder
        Where its output goes, as ``NAME.out`` and ``NAME.log``.
    environment
        Variables on top of this process's own.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        folder: Path,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.name = name
        self.folder = folder
        self.log = folder / f"{name}.log"
        self._out = folder / f"{name}.out"
        with self.log.open("ab") as log, self._out.open("ab") as out:
            self._process = subprocess.Popen(
                list(command),
                stdin=subprocess.PIPE,
                stdout=out,
                stderr=log,
                env={**os.environ, **(environment or {})},
                start_new_session=True,
                preexec_fn=_end_with_parent(),  # noqa: PLW1509 - one call into libc, no Python lock
            )

    @property
    def pid(self) -> int:
        """Return the process id, which is also its group's."""
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """Return how it ended, or None while it runs."""
        return self._process.poll()

    def cpu_s(self) -> float | None:
        """Return its CPU seconds so far, without what it started; None where nobody says.

        References
        ----------
        .. [1] proc_pid_stat(5): fields 14 and 15, counted behind the name in parentheses.
        """
        try:
            text = Path(f"/proc/{self.pid}/stat").read_text("ascii")
        except OSError:
            return None
        fields = text.rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def last_lines(self) -> tuple[str, ...]:
        """Return the last lines that it wrote to its log."""
        with self.log.open("rb") as log:
            log.seek(max(0, log.seek(0, os.SEEK_END) - LAST_BYTES_MAX))
            text = log.read().decode(errors="replace")
        return tuple(text.splitlines()[-LAST_LINES_MAX:])

    def has_said(self, line: str) -> bool:
        """Return whether it wrote this line to its standard output."""
        return line in self._out.read_text(encoding="utf-8", errors="replace").splitlines()

    def check(self) -> None:
        """Fail if it is over.

        Raises
        ------
        ChildEndedError
            With its exit code and last words.
        """
        code = self.exit_code
        if code is not None:
            raise ChildEndedError(self.name, code, self.last_lines(), self.folder)

    def kill(self) -> None:
        """Kill the process alone, at once, as a crash would; what it started is left to itself."""
        self._process.kill()
        self._process.wait()

    def stop(self, timeout_s: float) -> int:
        """Ask it to end, wait, then kill it with all that it started; return its exit code."""
        if self._process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                self._process.stdin.close()
        if self._process.poll() is None:
            self._process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout_s)
        # Its group may hold workers also after it has ended itself.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        return self._process.wait()


def python_command(module: str, *arguments: str) -> list[str]:
    """Return the command that runs a module of this project in this environment."""
    return [sys.executable, "-m", module, *arguments]


def _end_with_parent() -> Callable[[], object] | None:
    """Return what a child calls between fork and exec, so that the kernel ends it with its parent.

    The call is loaded and bound here, so that the child itself takes no lock of Python's.
    """
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    return functools.partial(prctl, PR_SET_PDEATHSIG, int(signal.SIGTERM), 0, 0, 0)

"""One file from a web server, whole or not at all, resumed where it stopped.

Decides when a download is tried again, what is kept in between and when it is given up. What came
so far lies beside the file as ``NAME.part``; it goes on only if the server confirms that it still
has the same file, else it starts again. Leaves to ``fetch`` what is fetched.
"""

import fcntl
import http.client
import json
import shutil
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from maps.fetching.fetch_errors import CacheFullError, ExtractTooLargeError, FetchFailedError

USER_AGENT: Final = f"robovan-dispatcher/{version('robovan-dispatcher')}"

SILENCE_S_MAX: Final = 60.0
"""Time to connect, and between two pieces of an answer (assumed: a slow mobile line)."""

ATTEMPTS_MAX: Final = 4
"""Attempts in a row that bring nothing new before it is given up."""

PAUSE_S: Final = 2.0
"""Wait before the second attempt, twice as long before each further one."""

BYTES_MAX: Final = 2_000_000_000
"""A large region. Assumed: a whole large country takes hours and much memory to read."""

_PIECE_BYTES: Final = 1 << 18
_ROOM_BYTES: Final = 50_000_000
"""Left free on the disk beside the file."""

Progress = Callable[[int, int | None], None]
"""Told the bytes so far, and all bytes if the server says how many."""


@dataclass(slots=True)
class _Part:
    """What came so far of a file, and by what the server knows that it is the same file."""

    path: Path
    note: Path

    def done(self) -> tuple[int, str]:
        """Return the bytes kept and the server's mark of the file; 0 if they cannot go on."""
        try:
            mark = str(json.loads(self.note.read_text(encoding="utf-8"))["mark"])
            return self.path.stat().st_size, mark
        except (OSError, ValueError, KeyError, TypeError):
            return 0, ""

    def start(self, mark: str) -> None:
        """Begin anew; without a mark no later attempt will go on from here."""
        self.path.write_bytes(b"")
        self.note.unlink(missing_ok=True)
        if mark:
            self.note.write_text(json.dumps({"mark": mark}), encoding="utf-8")

    def drop(self) -> None:
        """Remove both files."""
        self.path.unlink(missing_ok=True)
        self.note.unlink(missing_ok=True)


def download(
    url: str,
    path: Path,
    *,
    progress: Progress,
    check: Callable[[Path], str] = lambda _: "",
    bytes_max: int = BYTES_MAX,
    pause: Callable[[float], None] = time.sleep,
) -> None:
    """Fetch a file, unless another process has done so meanwhile.

    Parameters
    ----------
    url, path
        From where, and where to; its folder is made.
    progress
        Told about every piece.
    check
        Says what is wrong with the whole file, or an empty text; what is wrong is not kept.
    bytes_max
        Larger files are refused.
    pause
        Waits so many seconds between attempts.

    Raises
    ------
    FetchFailedError
        If the server cannot be reached, refuses, stops again and again, or sends something else.
    ExtractTooLargeError, CacheFullError
        If the file is too large, or does not fit the disk.
    """
    part = _Part(path.with_name(f"{path.name}.part"), path.with_name(f"{path.name}.part.json"))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _alone(path):
            if path.exists():
                return
            _fetch_all(url, part, progress, bytes_max, pause)
            if wrong := check(part.path):
                part.drop()
                raise FetchFailedError(url, wrong)
            part.path.replace(path)
            part.drop()
    except OSError as wrong:  # of the disk: those of the network are a FetchFailedError by now
        raise CacheFullError(path, wrong.strerror or str(wrong)) from wrong


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Wait until no other process fetches the same file."""
    with path.with_name(f"{path.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _fetch_all(
    url: str, part: _Part, progress: Progress, bytes_max: int, pause: Callable[[float], None]
) -> None:
    """Attempt until all bytes are there; an attempt that brought some does not count."""
    idle = 0
    while True:
        before, _ = part.done()
        try:
            _attempt(url, part, progress, bytes_max)
        except FetchFailedError as wrong:
            idle = 0 if part.done()[0] > before else idle + 1
            if idle >= ATTEMPTS_MAX or (wrong.status is not None and wrong.status < 500):
                raise
            pause(PAUSE_S * 2 ** max(idle - 1, 0))
        else:
            return


def _attempt(url: str, part: _Part, progress: Progress, bytes_max: int) -> None:
    """Make one request for the file, or for the rest of it, and keep what comes."""
    done, mark = part.done()
    with _ask(url, done, mark) as answer:
        if answer.status == http.HTTPStatus.PARTIAL_CONTENT:
            if not answer.headers.get("Content-Range", "").startswith(f"bytes {done}-"):
                part.drop()
                raise FetchFailedError(url, "it sent another part of the file than asked for")
        else:
            done = 0
            part.start(_mark(answer.headers))
        length = answer.headers.get("Content-Length", "")
        total = done + int(length) if length.isdecimal() else None
        _check_room(url, part.path, (done, total), bytes_max)
        with part.path.open("ab") as file:
            progress(done, total)
            while piece := _piece(url, answer):
                file.write(piece)
                done += len(piece)
                _check_room(url, part.path, (done, total or done), bytes_max)
                progress(done, total)
    if total is not None and done != total:
        raise FetchFailedError(url, f"it stopped after {done} of {total} bytes")


def _ask(url: str, done: int, mark: str) -> Any:
    """Open an answer with the file, or with the rest of it if it is still the same."""
    try:
        request = urllib.request.Request(url, headers={"User-Agent": USER_AGENT})
        if done:
            request.add_header("Range", f"bytes={done}-")
            request.add_header("If-Range", mark)
        return urllib.request.urlopen(request, timeout=SILENCE_S_MAX)
    except urllib.error.HTTPError as wrong:
        wrong.close()
        said = f"HTTP {wrong.code} {wrong.reason}"
        raise FetchFailedError(url, said, status=wrong.code) from wrong
    except (OSError, http.client.HTTPException, ValueError) as wrong:
        raise FetchFailedError(url, reason_of(wrong)) from wrong


def _piece(url: str, answer: Any) -> bytes:
    try:
        return bytes(answer.read(_PIECE_BYTES))
    except (OSError, http.client.HTTPException) as wrong:
        raise FetchFailedError(url, reason_of(wrong)) from wrong


def reason_of(wrong: Exception) -> str:
    """Return in a few words what went wrong on the network."""
    inner = getattr(wrong, "reason", None)
    return str(inner) if inner else str(wrong) or type(wrong).__name__


def _mark(headers: Any) -> str:
    """Return by what the server knows this very file: a strong ETag, or when it was made."""
    tag = headers.get("ETag", "")
    return str(tag) if tag.startswith('"') else str(headers.get("Last-Modified", ""))


def _check_room(url: str, path: Path, count: tuple[int, int | None], bytes_max: int) -> None:
    done, total = count
    if total is None:
        return
    if total > bytes_max:
        raise ExtractTooLargeError(url, total // 1_000_000, bytes_max // 1_000_000)
    if done == 0 and shutil.disk_usage(path.parent).free < total + _ROOM_BYTES:
        raise CacheFullError(path, f"it needs {total // 1_000_000} MB")

"""Compile the kernels of this folder: the only file of it that imports numba.

Decides how kernels are compiled, where the machine code is kept and what is said meanwhile; what a
kernel computes is decided where it stands. As for the road kernels, each has one signature, is
compiled when its module is imported and releases the GIL while it runs; neither fast mathematics
nor threads, so that equal questions have equal answers.

The machine code is kept in the user's cache folder (``NUMBA_CACHE_DIR``, where set, goes first),
in a folder named by the version of this package and by a digest of the kernels' sources, because
numba does not notice a change in the files of the kernels that a kernel calls.
"""

import hashlib
import importlib.metadata
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, wraps
from pathlib import Path
from typing import Any, Final, cast

import numba
from numba.core import event
from platformdirs import user_cache_path

from maps import linking, tables

_TYPES: Final[Any] = numba.types
_CONFIG: Final[Any] = numba.config
_NJIT: Final[Any] = numba.njit

_OPTIONS: Final[dict[str, Any]] = {"nogil": True, "_nrt": False, "error_model": "numpy"}
"""Without reference counts: kernels make no new arrays, and counting would be half the time.

Without checks for division by zero: divisors are constants, or powers known to be above 0.
"""

_PART: Final[dict[str, Any]] = _OPTIONS | {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
"""For what is called by kernels alone."""

VOID: Final[Any] = numba.void
BOOL: Final[Any] = numba.boolean
INT: Final[Any] = numba.int64
FLOAT: Final[Any] = numba.float64
"""Plain values as kernels take and return them."""

I1_2: Final[Any] = numba.int8[:, ::1]
I4_2: Final[Any] = numba.int32[:, ::1]
I4_3: Final[Any] = numba.int32[:, :, ::1]
I8: Final[Any] = numba.int64[::1]
I8_2: Final[Any] = numba.int64[:, ::1]
I8_3: Final[Any] = numba.int64[:, :, ::1]
I8_4: Final[Any] = numba.int64[:, :, :, ::1]
U8: Final[Any] = numba.uint64[::1]
F8: Final[Any] = numba.float64[::1]
"""Arrays, by item and number of dimensions: all contiguous."""

_DISTRIBUTION: Final = "robovan-dispatcher"


def several(*kinds: Any) -> Any:
    """Return the type of a plain tuple of these."""
    return _TYPES.Tuple(kinds)


def record(made_of: type[tuple[Any, ...]], *kinds: Any, written: bool) -> Any:
    """Return the type of a named tuple whose fields are these arrays, in order."""
    return tables.tables_of(made_of, *kinds, written=written)


def kernel[**P, R](returns: Any, *takes: Any) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Return a decorator that compiles a function for these types, or loads what is compiled.

    Parameters
    ----------
    returns, *takes
        Types of the result and of the arguments. No others are accepted, so that no call ever
        compiles a second time.

    Returns
    -------
    Callable[[Callable[P, R]], Callable[P, R]]
        The decorator.
    """

    def _compiled(function: Callable[P, R]) -> Callable[P, R]:
        with (
            _kept_in(_folder()) as keeps,
            linking.optimised_once(function.__qualname__),
            event.install_listener("numba:compile", _Teller()),
        ):
            made: Any = _NJIT(returns(*takes), cache=keeps, **_OPTIONS)(function)

        @wraps(function)
        def called(*given: Any) -> R:
            answer: R = made(*map(tables.handed, takes, given))
            return answer

        return cast("Callable[P, R]", called)

    return _compiled


def part[**P, R](function: Callable[P, R]) -> Callable[P, R]:
    """Make a function part of the kernels that call it: compiled into them, never called alone.

    For what is short and runs often.
    """
    made: Callable[P, R] = _NJIT(forceinline=True, **_PART)(function)
    return made


def routine[**P, R](function: Callable[P, R]) -> Callable[P, R]:
    """Make a function part of the kernels that call it, but compile it once for all its callers.

    For what is called seldom, or takes long: it keeps kernels small and quickly compiled.
    """
    made: Callable[P, R] = _NJIT(**_PART)(function)
    return made


class _Teller(event.Listener):
    """Says once in each process that kernels are being compiled."""

    def on_start(self, event: Any) -> None:  # noqa: ARG002 - numba's signature
        _tell()

    def on_end(self, event: Any) -> None:
        pass


@cache
def _tell() -> None:
    # A warning, so that it is shown where nobody has set up logging.
    logging.getLogger(__name__).warning(
        "Compiling the routing kernel: half a minute or so, once for this version on this machine"
    )


@contextmanager
def _kept_in(folder: Path | None) -> Iterator[bool]:
    """Let numba keep its code in the folder, for as long as kernels of ours are made."""
    before = _CONFIG.CACHE_DIR
    if folder is not None and not before:
        _CONFIG.CACHE_DIR = str(folder)
    try:
        yield folder is not None or bool(before)
    finally:
        _CONFIG.CACHE_DIR = before


@cache
def _folder() -> Path | None:
    """Return the folder for machine code, made if need be, or None where none can be made."""
    digest = hashlib.sha256()
    for extension in (linking, tables):
        digest.update(Path(str(extension.__file__)).read_bytes())
    for source in sorted(Path(__file__).parent.glob("*.py")):
        written = source.read_bytes()
        if b"routing.kernel.compiling" in written or source == Path(__file__):
            digest.update(written)  # the others hold nothing that is compiled
    try:
        version = importlib.metadata.version(_DISTRIBUTION)
    except importlib.metadata.PackageNotFoundError:
        version = "source"
    folder = user_cache_path("robovan") / "routing" / f"{version}-{digest.hexdigest()[:12]}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    return folder

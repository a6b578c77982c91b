"""Compile kernels, or load what is compiled: the door to numba for everyone else.

Decides how kernels are compiled, where the machine code is kept and what is said meanwhile; what a
kernel computes is decided where it stands.

A kernel is compiled for its one signature when its module is imported, so that no first question
pays for it, and releases the GIL while it runs. Neither fast mathematics nor threads: the same
question has the same answer on every machine.

The machine code is kept in the user's cache folder (``NUMBA_CACHE_DIR``, where set, goes first).
Each kernel has a folder of its own there, named by a digest of its code and of all that is compiled
into it: numba itself notices a change in the file of a kernel, but not in the functions and
constants that the kernel takes from other files. Where nothing can be written, kernels are compiled
anew by every process.
"""

import hashlib
import importlib.metadata
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache, wraps
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any, Final, cast

import numba
from numba.core import event
from numba.core.dispatcher import Dispatcher
from platformdirs import user_cache_path

from maps.compiling import linking, tables

_TYPES: Final[Any] = numba.types
_CONFIG: Final[Any] = numba.config
_NJIT: Final[Any] = numba.njit

VOID: Final[Any] = numba.void
BOOL: Final[Any] = numba.boolean
INT: Final[Any] = numba.int64
FLOAT: Final[Any] = numba.float64
"""Plain values as kernels take and return them."""

I1: Final[Any] = numba.int8[::1]
I4: Final[Any] = numba.int32[::1]
I8: Final[Any] = numba.int64[::1]
U8: Final[Any] = numba.uint64[::1]
I1_2: Final[Any] = numba.int8[:, ::1]
I4_2: Final[Any] = numba.int32[:, ::1]
I8_2: Final[Any] = numba.int64[:, ::1]
I4_3: Final[Any] = numba.int32[:, :, ::1]
I8_3: Final[Any] = numba.int64[:, :, ::1]
I8_4: Final[Any] = numba.int64[:, :, :, ::1]
"""Arrays, by item and number of dimensions: all contiguous."""

_OPTIONS: Final[dict[str, Any]] = {
    "nogil": True,
    "error_model": "numpy",
    "no_cfunc_wrapper": True,
}
"""Without checks for division by zero: divisors are known to be above 0."""

_PART: Final[dict[str, Any]] = _OPTIONS | {"_nrt": False, "no_cpython_wrapper": True}
"""For what is called by kernels alone; it makes no new arrays."""

_DISTRIBUTION: Final = "robovan-dispatcher"


def several(*kinds: Any) -> Any:
    """Return the type of a plain tuple of these."""
    return _TYPES.Tuple(kinds)


def record(made_of: type[tuple[Any, ...]], *kinds: Any) -> Any:
    """Return the type of a named tuple whose fields are these, in order."""
    if len(set(kinds)) == 1:  # numba tells these apart, and takes one for no other
        return _TYPES.NamedUniTuple(kinds[0], len(kinds), made_of)
    return _TYPES.NamedTuple(kinds, made_of)


def kernel[**P, R](
    returns: Any, *takes: Any, makes_arrays: bool = False
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Return a decorator that compiles a function for these types, or loads what is compiled.

    Parameters
    ----------
    returns, *takes
        Types of the result and of the arguments: of this module, or made by it, or ``tables_of``.
        No others are accepted, so that no call ever compiles a second time. A kernel that takes
        records of tables can be called from Python only.
    makes_arrays
        Whether it makes new arrays, whose references are then counted. Counting takes long to
        compile.

    Returns
    -------
    Callable[[Callable[P, R]], Callable[P, R]]
        The decorator.
    """

    def _compiled(function: Callable[P, R]) -> Callable[P, R]:
        if _CONFIG.DISABLE_JIT:
            return function
        described: Any = function
        folder = _folder(_digest(described, (returns, *takes)))
        with (
            _kept_in(folder),
            linking.optimised_once(described.__qualname__),
            event.install_listener("numba:compile", _Teller(described.__module__)),
        ):
            made: Any = _NJIT(
                returns(*takes), cache=folder is not None, _nrt=makes_arrays, **_OPTIONS
            )(function)
        if not any(isinstance(kind, tables.Record) for kind in takes):
            return cast("Callable[P, R]", made)

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
    made: Callable[P, R] = _once_for_constants(_NJIT(forceinline=True, **_PART)(function))
    return made


def routine[**P, R](function: Callable[P, R]) -> Callable[P, R]:
    """Make a function part of the kernels that call it, but compile it once for all its callers.

    For what is called seldom, or takes long: it keeps kernels small and quickly compiled.
    """
    made: Callable[P, R] = _once_for_constants(_NJIT(**_PART)(function))
    return made


def _once_for_constants(made: Any) -> Any:
    """Have a function compiled once for whole numbers, not once more for each constant given.

    Without this the routing kernel held one function five times, and took a third longer.
    """
    if _CONFIG.DISABLE_JIT:
        return made  # plain Python, to look for a mistake
    choose = made.get_call_template

    def chosen(given: tuple[Any, ...], named: dict[str, Any]) -> Any:
        return choose(
            tuple(_TYPES.unliteral(kind) for kind in given),
            {name: _TYPES.unliteral(kind) for name, kind in named.items()},
        )

    made.get_call_template = chosen
    return made


class _Teller(event.Listener):
    """Says once in each process and for each package that its kernels are being compiled."""

    def __init__(self, module: str) -> None:
        self._package = module.rpartition(".")[0] or module

    def on_start(self, event: Any) -> None:  # noqa: ARG002 - numba's signature
        _tell(self._package)

    def on_end(self, event: Any) -> None:
        pass


@cache
def _tell(package: str) -> None:
    # A warning, so that it is shown where nobody has set up logging: half a minute without a word
    # looks like a program that hangs.
    logging.getLogger(__name__).warning(
        "Compiling the kernels of %s: about half a minute, once for this version on this machine",
        package,
    )


@contextmanager
def _kept_in(folder: Path | None) -> Iterator[None]:
    """Let numba keep its code in the folder, for as long as a kernel of ours is made."""
    before = _CONFIG.CACHE_DIR
    _CONFIG.CACHE_DIR = str(folder or before)
    try:
        yield
    finally:
        _CONFIG.CACHE_DIR = before


def _digest(function: FunctionType, signature: tuple[Any, ...]) -> str:
    """Return a digest of what a kernel is made of: types, code, parts and constants."""
    digest = hashlib.sha256(_door().encode())
    for kind in signature:
        digest.update(repr((kind, getattr(kind, "fields", ()))).encode())
    seen: set[FunctionType] = set()
    waiting = [function]
    while waiting:
        part = waiting.pop()
        if part in seen:
            continue
        seen.add(part)
        code = part.__code__
        digest.update(repr((part.__qualname__, code.co_code.hex(), code.co_consts)).encode())
        for name in code.co_names:
            value = part.__globals__.get(name)
            if isinstance(value, Dispatcher):
                waiting.append(value.py_func)
            elif not isinstance(value, ModuleType | type):
                digest.update(repr((name, value)).encode())
    return digest.hexdigest()[:16]


@cache
def _door() -> str:
    """Return a digest of the files that decide how kernels are compiled."""
    sources = sorted(Path(__file__).parent.glob("*.py"))
    return hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()


def _folder(digest: str) -> Path | None:
    """Return the folder for machine code, made if need be, or None where none can be made."""
    asked_for = _CONFIG.CACHE_DIR
    try:
        version = importlib.metadata.version(_DISTRIBUTION)
    except importlib.metadata.PackageNotFoundError:
        version = "source"
    kept = Path(asked_for) if asked_for else user_cache_path("robovan")
    folder = kept / "kernels" / version / digest
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    return folder

"""Whether the kernels of roads and routes are compiled already, and compiling them if not.

For whoever starts processes: several that begin together would each compile them. What was compiled
is noted in the cache folder of the user, by a digest of the kernels' own code: loading them only to
see that they are there would take a second that a dispatcher which was killed does not have. A note
that is wrong costs time alone: then the workers compile.
"""

import contextlib
import hashlib
import importlib.metadata
import importlib.util
import os
import platform
import sys
from pathlib import Path
from typing import Final

from platformdirs import user_cache_path

PACKAGES: Final = ("maps.compiling", "maps.hierarchy", "routing.kernel")
"""Where kernels stand, and what compiles them."""


def compile_kernels() -> None:
    """Compile the kernels once, here, where workers then load them; nothing if that was done."""
    note = _note()
    if note.exists():
        return
    import maps.hierarchy.engine  # noqa: F401, PLC0415
    import routing.kernel.search  # noqa: F401, PLC0415

    with contextlib.suppress(OSError):  # nothing can be kept here, as machine code cannot
        note.parent.mkdir(parents=True, exist_ok=True)
        note.touch()


def _note() -> Path:
    """Return the file that is there once this very code is compiled on this machine."""
    digest = hashlib.sha256()
    for words in (sys.version, platform.machine(), importlib.metadata.version("numba")):
        digest.update(words.encode())
    for package in PACKAGES:
        for path in sorted(_folder_of(package).rglob("*.py")):
            digest.update(path.read_bytes())
    named = os.environ.get("NUMBA_CACHE_DIR")
    kept = Path(named) if named else user_cache_path("robovan")
    return kept / "kernels" / f"compiled-{digest.hexdigest()[:16]}"


def _folder_of(package: str) -> Path:
    spec = importlib.util.find_spec(package.partition(".")[0])
    places = () if spec is None else spec.submodule_search_locations or ()
    return Path(next(iter(places))).joinpath(*package.split(".")[1:])

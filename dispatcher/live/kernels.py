"""Whether the kernels of roads and routes are compiled already, and compiling them if not.

For whoever starts processes: several that begin together would each compile them. That they are
compiled is noted in the cache folder of the user: loading them only to see it would take a second
that a dispatcher which was killed does not have. A note is of these very files as they are on the
disk, all that a kernel can take anything from; after any change the kernels are loaded once more.
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

PACKAGES: Final = ("maps", "routing")
"""Where kernels stand, what compiles them, and all that can be compiled into them."""


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
    words = [sys.version, platform.machine(), importlib.metadata.version("numba")]
    for package in PACKAGES:
        for path in sorted(_folder_of(package).rglob("*.py")):
            known = path.stat()  # as numba does: machine code is of a file's time and size
            words.append(f"{path} {known.st_mtime_ns} {known.st_size}")
    digest.update("\n".join(words).encode())
    named = os.environ.get("NUMBA_CACHE_DIR")
    kept = Path(named) if named else user_cache_path("robovan")
    return kept / "kernels" / f"compiled-{digest.hexdigest()[:16]}"


def _folder_of(package: str) -> Path:
    spec = importlib.util.find_spec(package)
    places = () if spec is None else spec.submodule_search_locations or ()
    return Path(next(iter(places)))

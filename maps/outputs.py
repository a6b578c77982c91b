"""Files that commands write: whole or not at all, and refused before the long work, not after it.

Decides how a file comes into being. Leaves to others what is in it.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from maps.input_errors import OutputUnwritableError


def check_output(path: Path) -> None:
    """Refuse a path that nothing can be written to.

    Raises
    ------
    OutputUnwritableError
        If it is a folder, or its folder does not exist or cannot be written.
    """
    if path.is_dir():
        raise OutputUnwritableError(path, "it is a folder")
    if not path.parent.is_dir():
        raise OutputUnwritableError(path, "its folder does not exist")
    if not os.access(path.parent, os.W_OK | os.X_OK):
        raise OutputUnwritableError(path, "its folder cannot be written")


@contextmanager
def writing(path: Path) -> Iterator[BinaryIO]:
    """Give a file to write to, which takes the place of ``path`` when all went well.

    Raises
    ------
    OutputUnwritableError
        If it cannot be written.
    """
    check_output(path)
    beside = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        with beside.open("wb") as file:
            yield file
        beside.replace(path)
    except OSError as wrong:
        raise OutputUnwritableError(path, wrong.strerror or str(wrong)) from wrong
    finally:
        beside.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write a text to a file, whole or not at all.

    Raises
    ------
    OutputUnwritableError
        If it cannot be written.
    """
    with writing(path) as file:
        file.write(text.encode())

"""Snapshots: what a depot's journal comes to up to an entry, in files of their own.

Decides what a file is (a first line that says of what, when and by whom; then parts, packed; all
under one digest), when it can be used (this depot, this journal, this layout, the digest right) and
which are kept. A snapshot only shortens the replay: without one, or with one that cannot be used,
all is replayed. What is in the parts is the writer's to say.
"""

import contextlib
import hashlib
import json
import logging
import os
from collections.abc import Container, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from dispatcher.journal.codec import canonical
from dispatcher.journal.errors import JournalUnwritableError
from maps.units import Instant

logger = logging.getLogger(__name__)

FORMAT: Final = "robovan snapshot"
KEPT_COUNT: Final = 2
"""Snapshots kept of a depot: the newest, and one before it should that be damaged."""

HEAD_BYTES_MAX: Final = 4096


@dataclass(frozen=True, slots=True)
class SnapshotHead:
    """Of what a snapshot is.

    Attributes
    ----------
    sequence, now, chain
        Of the last entry that is in it; the chain shows that it is of this very journal.
    layout
        What its parts are made of (``packing.layout_of``).
    rules
        The version of the rules by which the program decided that made it.
    """

    depot_id: str
    sequence: int
    now: Instant
    chain: int
    layout: str
    rules: int


class SnapshotFolder:
    """The snapshots of one journal; the folder comes into being with the first of them.

    ``archive`` is the folder of entries that left the journal; None where none are kept.
    """

    def __init__(self, path: Path, archive: Path | None = None) -> None:
        self.path = path
        self.archive = archive

    def write(self, head: SnapshotHead, parts: Mapping[str, bytes]) -> Path:
        """Write a snapshot, whole or not at all, and remove those that it makes superfluous.

        Raises
        ------
        JournalUnwritableError
            If it cannot be written.
        """
        path = self.path / f"{head.depot_id}-{head.sequence:012}.snapshot"
        begun = path.with_suffix(".part")
        try:
            self.path.mkdir(exist_ok=True)
            with begun.open("wb") as file:
                file.write(_first_line(head, parts))
                for content in parts.values():
                    file.write(content)
                file.flush()
                os.fsync(file.fileno())
            begun.replace(path)
            for old in self._paths(head.depot_id)[KEPT_COUNT:]:
                old.unlink(missing_ok=True)
        except OSError as error:
            with contextlib.suppress(OSError):
                begun.unlink(missing_ok=True)
            raise JournalUnwritableError(str(path), error.strerror or str(error)) from None
        return path

    def usable(
        self, depot_id: str, layouts: Container[str], *, up_to: int
    ) -> Iterator[tuple[SnapshotHead, dict[str, bytes]]]:
        """Yield a depot's snapshots that can be read, newest first; say why others cannot.

        Parameters
        ----------
        depot_id, layouts
            Whose they must be, and what their parts may be made of.
        up_to
            None of a later entry is wanted.
        """
        for path in self._paths(depot_id):
            try:
                found = _read(path)
            except (OSError, ValueError) as error:
                _say_unused(path, str(error))
                continue
            head, _ = found
            if head.depot_id != depot_id or head.sequence != _sequence_of(path):
                _say_unused(path, "it is of something else than its name says")
            elif head.layout not in layouts:
                _say_unused(path, "it was made by another version of this program")
            elif head.sequence <= up_to:
                yield found

    def remove(self, depot_id: str) -> None:
        """Remove a depot's snapshots."""
        for path in self._paths(depot_id):
            path.unlink(missing_ok=True)

    def _paths(self, depot_id: str) -> list[Path]:
        """Return a depot's snapshots, newest first."""
        found = [
            path
            for path in self.path.glob(f"{depot_id}-*.snapshot")
            if path.stem.removeprefix(f"{depot_id}-").isdigit()  # another depot's id may begin so
        ]
        return sorted(found, key=_sequence_of, reverse=True)


def _first_line(head: SnapshotHead, parts: Mapping[str, bytes]) -> bytes:
    sizes: list[Any] = [[name, len(content)] for name, content in parts.items()]
    told = {**asdict(head), "format": FORMAT, "parts": sizes, "sha256": digest_of(head, parts)}
    return canonical(told).encode() + b"\n"


def digest_of(head: SnapshotHead, parts: Mapping[str, bytes]) -> str:
    """Return the digest of a state and of what it is of."""
    digest = hashlib.sha256(canonical(asdict(head)).encode())
    for name, content in parts.items():
        digest.update(name.encode())
        digest.update(content)
    return digest.hexdigest()


def _read(path: Path) -> tuple[SnapshotHead, dict[str, bytes]]:
    """Return what a file holds; raise ValueError if it is not as it was written."""
    with path.open("rb") as file:
        told = json.loads(file.readline(HEAD_BYTES_MAX))
        if not isinstance(told, dict) or told.pop("format", None) != FORMAT:
            raise ValueError("it is no snapshot")
        try:
            sizes, expected = told.pop("parts"), told.pop("sha256")
            head = SnapshotHead(**told)
            parts = {str(name): file.read(size) for name, size in sizes}
        except (KeyError, TypeError) as error:
            raise ValueError(f"its first line is not as it was written ({error})") from None
    if digest_of(head, parts) != expected:
        raise ValueError("its digest is wrong")
    return head, parts


def _sequence_of(path: Path) -> int:
    return int(path.stem.rpartition("-")[2])


def _say_unused(path: Path, reason: str) -> None:
    logger.warning("snapshot_not_used", extra={"path": str(path), "reason": reason})

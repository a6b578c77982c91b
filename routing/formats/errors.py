"""Errors of benchmark files: each says which file, and all that is wrong with it at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from maps.errors import RobovanError

FAULTS_SHOWN_MAX = 20
"""Faults in the sentence; the attribute has all of them."""


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """What is wrong with one line of a file; line 0 stands for the file as a whole."""

    line: int
    what: str

    def __str__(self) -> str:
        """Return the fault as people read it."""
        return f"line {self.line}: {self.what}" if self.line else self.what


class BadInstanceError(RobovanError):
    """A benchmark instance contradicts its format or itself."""

    code: ClassVar[str] = "RTE-301"

    def __init__(self, path: Path, format_name: str, faults: Sequence[Fault]) -> None:
        listed = "; ".join(map(str, faults[:FAULTS_SHOWN_MAX]))
        more = len(faults) - FAULTS_SHOWN_MAX
        and_more = f"; and {more} more" if more > 0 else ""
        super().__init__(
            f"{str(path)!r} read as {format_name} has {len(faults)} faults: {listed}{and_more}",
            remedy="Correct these lines, or name another format with --format",
        )
        self.path = path
        self.faults = tuple(faults)


class InstanceUnreadableError(RobovanError):
    """A benchmark instance or a solution is not there, or is no text."""

    code: ClassVar[str] = "RTE-302"

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{str(path)!r} cannot be read ({reason})", remedy="Check the path")
        self.path = path
        self.reason = reason


class UnknownFormatError(RobovanError):
    """A file looks like none of the known formats."""

    code: ClassVar[str] = "RTE-303"

    def __init__(self, path: Path, known: Sequence[str]) -> None:
        super().__init__(
            f"{str(path)!r} looks like none of the formats {', '.join(known)}",
            remedy="Name its format with --format",
        )
        self.path = path
        self.known = tuple(known)


class BadSolutionError(RobovanError):
    """A file is no solution: not JSON, or without routes of names."""

    code: ClassVar[str] = "RTE-304"

    def __init__(self, path: Path, faults: Sequence[str]) -> None:
        super().__init__(
            f"{str(path)!r} is no solution, it has {len(faults)} faults: {'; '.join(faults)}",
            remedy='Give a JSON file with {"routes": [["C1", "S3", ...], ...]}',
        )
        self.path = path
        self.faults = tuple(faults)


class SolutionUnwritableError(RobovanError):
    """A solution or its picture could not be written where it should go."""

    code: ClassVar[str] = "RTE-305"

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(
            f"Cannot write to {str(path)!r} ({reason})",
            remedy="Choose another place for -o or --picture",
        )
        self.path = path
        self.reason = reason

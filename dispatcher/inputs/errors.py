"""What can be wrong with files that people give us. All faults of a file come in one error."""

from collections.abc import Sequence
from pathlib import Path

from maps.errors import RobovanError
from maps.input_errors import Fault, listed


class BadParcelsError(RobovanError):
    """Rows of a parcels file cannot be taken on."""

    code = "DSP-201"

    def __init__(self, path: Path, faults: Sequence[Fault], row_count: int) -> None:
        self.path = path
        self.faults = tuple(faults)
        self.row_count = row_count
        self.bad_rows = tuple(sorted({fault.row for fault in faults}))
        super().__init__(
            f"{str(path)!r} has {len(self.bad_rows)} bad rows beside "
            f"{row_count} that were read whole:\n{listed(self.faults)}",
            remedy="Correct them, or go on with the good rows by --skip-bad",
        )


class BadFleetError(RobovanError):
    """A fleet file says something that no fleet can have."""

    code = "DSP-202"

    def __init__(self, path: Path, faults: Sequence[str]) -> None:
        self.path = path
        self.faults = tuple(faults)
        super().__init__(
            f"{str(path)!r} has {len(self.faults)} faults:\n{listed(self.faults)}",
            remedy="Correct them; examples/fleet.toml shows every key",
        )


class InputMissingError(RobovanError):
    """A file to read is not where it should be."""

    code = "DSP-203"

    def __init__(self, path: Path) -> None:
        self.path = path
        super().__init__(f"There is no file {str(path)!r}", remedy="Check the path")


class InputUnreadableError(RobovanError):
    """A file is not in the format that its name promises."""

    code = "DSP-204"

    def __init__(self, path: Path, reason: str) -> None:
        self.path = path
        self.reason = reason
        super().__init__(
            f"{str(path)!r} cannot be read ({reason})",
            remedy="Give UTF-8 text in the format of the examples folder",
        )


class RejectsUnwritableError(RobovanError):
    """The rows left out by --skip-bad could not be written down."""

    code = "DSP-205"

    def __init__(self, path: Path, reason: str) -> None:
        self.path = path
        self.reason = reason
        super().__init__(
            f"Cannot write the rejected rows to {str(path)!r} ({reason})",
            remedy="Choose another output folder; nothing was planned",
        )

"""What can be wrong with the file of a day. All faults of a file come in one error."""

from collections.abc import Sequence
from pathlib import Path

from maps.errors import RobovanError
from maps.input_errors import listed


class BadDayError(RobovanError):
    """The file of a day says something that no day can have."""

    code = "SIM-201"

    def __init__(self, path: Path, faults: Sequence[str]) -> None:
        super().__init__(
            f"{str(path)!r} describes no day; {len(faults)} faults:\n{listed(faults)}",
            remedy="Correct them; docs/simulation.md lists every key",
        )
        self.path = path
        self.faults = tuple(faults)

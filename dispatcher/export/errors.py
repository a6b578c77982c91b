"""What can go wrong when results are written."""

from pathlib import Path

from maps.errors import RobovanError


class ExportUnwritableError(RobovanError):
    """The files of a bundle could not be written; none of them was put in place."""

    code = "DSP-221"

    def __init__(self, path: Path, reason: str) -> None:
        self.path = path
        self.reason = reason
        super().__init__(
            f"Cannot write the bundle to {str(path)!r} ({reason})",
            remedy="Choose another output folder, or make room on the disk",
        )

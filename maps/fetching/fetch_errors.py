"""What can go wrong when a place is fetched by name: each with what to do about it."""

from pathlib import Path

from maps.errors import RobovanError


class UnknownPlaceError(RobovanError):
    """A place name is not known, or stands for no area."""

    code = "MAP-301"

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(
            f"The place {name!r} cannot be used: {reason}",
            remedy=(
                'Write it like "Utrecht, Netherlands", or give an extract with --pbf and the area '
                "with --bbox or --polygon"
            ),
        )
        self.name = name
        self.reason = reason


class PlaceNotCoveredError(RobovanError):
    """No extract on offer covers a place."""

    code = "MAP-302"

    def __init__(self, name: str, catalogue: str) -> None:
        super().__init__(
            f"No extract in {catalogue} covers {name!r}",
            remedy="Give an extract of your own with --pbf, and cut it with --bbox or --polygon",
        )
        self.name = name
        self.catalogue = catalogue


class FetchFailedError(RobovanError):
    """A server could not be reached, refused, or stopped in the middle."""

    code = "MAP-303"

    def __init__(self, url: str, reason: str, *, status: int | None = None) -> None:
        super().__init__(
            f"Cannot fetch {url} ({reason})",
            remedy=(
                "Check the network and try again, it goes on where it stopped; or download an "
                "extract yourself and give it with --pbf"
            ),
        )
        self.url = url
        self.reason = reason
        self.status = status


class ExtractTooLargeError(RobovanError):
    """The smallest extract that covers a place is larger than what is fetched unasked."""

    code = "MAP-304"

    def __init__(self, url: str, size_mb: int, limit_mb: int) -> None:
        super().__init__(
            f"{url} has {size_mb} MB, but the limit is {limit_mb} MB",
            remedy=(
                "Name a smaller place; or download it yourself, cut it (osmium extract) and give "
                "it with --pbf"
            ),
        )
        self.url = url
        self.size_mb = size_mb
        self.limit_mb = limit_mb


class CacheFullError(RobovanError):
    """There is no room for what is fetched."""

    code = "MAP-305"

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(
            f"Cannot keep {str(path)!r} ({reason})",
            remedy="Make room, or set ROBOVAN_CACHE_DIR to a folder on another disk",
        )
        self.path = path
        self.reason = reason

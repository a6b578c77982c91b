"""What can be wrong with a journal: its version, its contents, or who else holds it."""

from typing import Final

from maps.errors import RobovanError


class JournalVersionError(RobovanError):
    """A journal was written by a version of this program with another schema."""

    code = "DSP-401"

    def __init__(self, name: str, found: int, oldest: int, newest: int) -> None:
        super().__init__(
            f"Journal {name!r} has schema version {found}, but this program reads {oldest} to "
            f"{newest}",
            remedy="Use the program that wrote it, or begin a new journal under another name",
        )
        self.name = name
        self.found = found
        self.oldest = oldest
        self.newest = newest


class JournalDamagedError(RobovanError):
    """A file is no journal, or entries of it are missing or unreadable."""

    code = "DSP-402"

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(
            f"Journal {name!r} cannot be used: {reason}",
            remedy="Give the path of a journal, restore it from a copy, or begin a new one",
        )
        self.name = name
        self.reason = reason


class JournalInUseError(RobovanError):
    """Another process writes this journal; two dispatchers would command the same vans."""

    code = "DSP-403"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"Journal {name!r} is in use by another process",
            remedy="Stop the other dispatcher, or give this one a journal of its own",
        )
        self.name = name


class JournalMissingError(RobovanError):
    """A journal that should be read does not exist."""

    code = "DSP-404"

    def __init__(self, name: str) -> None:
        super().__init__(f"There is no journal {name!r}", remedy="Check the path")
        self.name = name


class JournalUnwritableError(RobovanError):
    """A journal cannot be created or written where it should be."""

    code = "DSP-405"

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(
            f"Journal {name!r} cannot be written ({reason})",
            remedy="Free space, or give a path in a folder that exists and may be written",
        )
        self.name = name
        self.reason = reason


NOT_NOW: Final = (JournalUnwritableError, JournalInUseError)
"""What a journal says that cannot be written or read just now, and may be a little later: a new
connection to its server may have to wait until the old one's lock is given back."""


class UnreadableRecordError(RobovanError):
    """A record of a journal does not describe anything this program knows."""

    code = "DSP-406"

    def __init__(self, where: str, reason: str) -> None:
        super().__init__(
            f"Record {where} cannot be read: {reason}",
            remedy="Use the program that wrote it, or restore the journal from a copy",
        )
        self.where = where
        self.reason = reason


class JournalTrimmedError(RobovanError):
    """A journal's first entries are removed, and what is kept instead of them cannot be used."""

    code = "DSP-407"

    def __init__(self, depot_id: str, sequence: int, reason: str) -> None:
        super().__init__(
            f"The journal of depot {depot_id!r} begins behind entry {sequence}, but the state "
            f"there cannot be used: {reason}",
            remedy="Use the program that wrote it, or have all archived entries in the folder that "
            "the configuration names",
        )
        self.depot_id = depot_id
        self.sequence = sequence
        self.reason = reason


class EntriesLostError(RobovanError):
    """A database has less of a journal than it has confirmed: a follower took over that lagged."""

    code = "DSP-408"

    def __init__(self, name: str, depot_id: str, written: int, found: int) -> None:
        super().__init__(
            f"Journal {name!r} had {written} entries of depot {depot_id!r}, and now ends at "
            f"entry {found}",
            remedy="Start the dispatcher again: it goes on from what is left, and what came after "
            "that must be announced again. Let the server confirm only what a follower has, too",
        )
        self.name = name
        self.depot_id = depot_id
        self.written = written
        self.found = found

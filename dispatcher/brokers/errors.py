"""What can keep a broker's configuration from being written."""

from pathlib import Path

from maps.errors import RobovanError


class WeakSecretError(RobovanError):
    """The secret that passwords are made from is too short."""

    code = "DSP-701"

    def __init__(self, variable: str, size: int, least: int) -> None:
        super().__init__(
            f"The secret in {variable} has {size} bytes, but passwords made from less than "
            f"{least} could be guessed",
            remedy="Make one, for instance by: openssl rand -hex 32",
        )
        self.variable = variable


class BadCredentialsError(RobovanError):
    """A file of credentials from an earlier run cannot be read."""

    code = "DSP-702"

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(
            f"{str(path)!r} is no file of credentials ({reason})",
            remedy="Put the right one back; without it, everybody on the broker is given a new "
            "password, so move it away only if that is wanted",
        )
        self.path = path
        self.reason = reason


class BrokerFilesError(RobovanError):
    """A broker's configuration cannot be written, or its TLS files make no sense together."""

    code = "DSP-703"

    def __init__(self, folder: Path, reason: str) -> None:
        super().__init__(
            f"The broker's configuration cannot be written to {str(folder)!r}: {reason}",
            remedy="Give --certificate and --key together, and a folder that can be written",
        )
        self.folder = folder
        self.reason = reason

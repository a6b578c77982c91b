"""From a fleet file to a folder that a broker starts from.

Decides which files there are and who may read them, and that passwords given out earlier stay as
they are. With a secret in the environment no password is written anywhere but hashed.
"""

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dispatcher.brokers.credentials import (
    SECRET_VARIABLE,
    Credential,
    credentials_for,
    read_credentials,
    write_credentials,
    write_private,
)
from dispatcher.brokers.errors import BrokerFilesError
from dispatcher.brokers.listening import Listening
from dispatcher.brokers.mosquitto import mosquitto_files
from dispatcher.brokers.nats import nats_files
from dispatcher.brokers.users import User, users_of
from dispatcher.inputs.fleet import read_fleet

WRITERS: Final[
    Mapping[str, Callable[[Iterable[User], Iterable[Credential], Listening], dict[str, str]]]
] = {"mosquitto": mosquitto_files, "nats": nats_files}
CREDENTIALS: Final = "credentials.csv"


@dataclass(frozen=True, slots=True)
class Written:
    """What was written.

    Attributes
    ----------
    files
        What the broker reads.
    credentials
        Where the passwords stand, or None if they follow from the secret.
    user_count, new_count
        Users in all, and those whose password was drawn now.
    """

    files: tuple[Path, ...]
    credentials: Path | None
    user_count: int
    new_count: int


def write_broker(
    fleet: Path,
    broker: str,
    output: Path,
    listening: Listening,
    *,
    with_credentials: bool = False,
    environment: Mapping[str, str] | None = None,
) -> Written:
    """Write the configuration of a broker for a fleet.

    Parameters
    ----------
    fleet
        The fleet file.
    broker
        A key of ``WRITERS``.
    output
        Where to; made if it is not there.
    listening
        Where the broker listens.
    with_credentials
        Write the passwords into a file also where they follow from the secret.
    environment
        Where the secret is looked up; by default the process's environment.

    Raises
    ------
    RobovanError
        If the fleet file, the secret, an earlier file of passwords or the folder is no good.
    """
    if (listening.certificate is None) != (listening.key is None) or (
        listening.ca is not None and listening.certificate is None
    ):
        raise BrokerFilesError(output, "certificate and key belong together, and ca to both")
    users = users_of(read_fleet(fleet))
    secret = (os.environ if environment is None else environment).get(SECRET_VARIABLE)
    kept = output / CREDENTIALS
    known = {} if secret is not None else read_credentials(kept)
    credentials = credentials_for((user.name for user in users), secret=secret, known=known)
    texts = WRITERS[broker](users, credentials, listening)
    try:
        output.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            write_private(output / name, text)
        if secret is None or with_credentials:
            write_credentials(credentials, kept)
    except OSError as error:
        raise BrokerFilesError(output, error.strerror or str(error)) from error
    new = 0 if secret is not None else sum(user.name not in known for user in users)
    shown = kept if secret is None or with_credentials else None
    return Written(tuple(output / name for name in texts), shown, len(users), new)

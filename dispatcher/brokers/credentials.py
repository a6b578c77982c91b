"""Who everybody is on the broker, and the word that proves it: made once, kept in one file.

Decides how names of sessions and passwords come about: from one secret, so that they can be made
again anywhere, or else drawn. They hold 192 bits and are nobody's choice, so that hashing them
slowly, which protects words that can be guessed, would only delay a fleet that comes back at once.
"""

import base64
import csv
import hashlib
import hmac
import io
import os
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from dispatcher.brokers.errors import BadCredentialsError, WeakSecretError

SECRET_VARIABLE: Final = "ROBOVAN_BROKER_SECRET"
SECRET_BYTES_MIN: Final = 32
"""As many as the passwords made from it are worth, and some more (NIST SP 800-107r1, 5.3.4)."""

WORD_BYTES: Final = 24
"""192 bits: nobody goes through them."""

ID_BYTES: Final = 12
"""96 bits behind a name make the name of a session that cannot be guessed over a network."""

COLUMNS: Final = ("username", "client_id", "password")


@dataclass(frozen=True, slots=True)
class Credential:
    """What one user connects with.

    The client id is as secret as the password: where the broker does not bind it to the user, it
    is what keeps others from taking the session over.
    """

    username: str
    client_id: str
    password: str = field(repr=False)


def derived(username: str, secret: str) -> Credential:
    """Make a user's credential from the secret; the same each time.

    Raises
    ------
    WeakSecretError
        If the secret is too short to be one.
    """
    if len(secret.encode()) < SECRET_BYTES_MIN:
        raise WeakSecretError(SECRET_VARIABLE, len(secret.encode()), SECRET_BYTES_MIN)

    client_id = _word(secret, "client id", username, ID_BYTES)
    return Credential(
        username, f"{username}-{client_id}", _word(secret, "password", username, WORD_BYTES)
    )


def drawn(username: str) -> Credential:
    """Draw a user's credential; never the same again."""
    words = _text(secrets.token_bytes(ID_BYTES)), _text(secrets.token_bytes(WORD_BYTES))
    return Credential(username, f"{username}-{words[0]}", words[1])


def credentials_for(
    usernames: Iterable[str], *, secret: str | None, known: Mapping[str, Credential]
) -> tuple[Credential, ...]:
    """Return everybody's credential: from the secret, or as known, or else drawn."""
    if secret is not None:
        return tuple(derived(name, secret) for name in usernames)
    return tuple(known.get(name) or drawn(name) for name in usernames)


def read_credentials(path: Path) -> dict[str, Credential]:
    """Read what ``write_credentials`` wrote; empty if there is no such file.

    Raises
    ------
    BadCredentialsError
        If it is something else.
    """
    try:
        rows = list(csv.reader(io.StringIO(path.read_text("utf-8"))))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BadCredentialsError(path, str(error)) from error
    if not rows or tuple(rows[0]) != COLUMNS:
        raise BadCredentialsError(path, f"its first line is not {','.join(COLUMNS)}")
    bad = [number for number, row in enumerate(rows, 1) if len(row) != 3 or not all(row)]
    if bad:
        raise BadCredentialsError(path, f"line {bad[0]} has not {len(COLUMNS)} filled columns")
    return {row[0]: Credential(*row) for row in rows[1:]}


def write_credentials(credentials: Iterable[Credential], path: Path) -> None:
    """Write everybody's credential into a file that only its owner may read."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(COLUMNS)
    rows.writerows((one.username, one.client_id, one.password) for one in credentials)
    write_private(path, text.getvalue())


def write_private(path: Path, text: str) -> None:
    """Write a file that nobody but its owner may read, at no time; whole or not at all."""
    draft = path.with_name(f"{path.name}.draft")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    draft.replace(path)


def _word(secret: str, purpose: str, username: str, size: int) -> str:
    message = f"robovan broker v1 {purpose} {username}".encode()
    return _text(hmac.digest(secret.encode(), message, hashlib.sha256)[:size])


def _text(word: bytes) -> str:
    return base64.urlsafe_b64encode(word).decode().rstrip("=")

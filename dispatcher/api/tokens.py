"""Who may do what over HTTP: tokens with roles, from the environment only.

Decides how tokens are written and compared; which role a page needs, the pages say. Kept are
digests, so that no token can end up in a log or a dump.

``ROBOVAN_HTTP_TOKENS``, or the file that ``ROBOVAN_HTTP_TOKENS_FILE`` names, holds one token a
line: a name for the audit, a role and the token itself, with spaces between. Without any, nobody
may see or do anything but ask for health and metrics.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Final

from dispatcher.api.refused import RefusedLog
from dispatcher.live.clock import MachineClock
from maps.errors import RobovanError

TOKENS_VARIABLE: Final = "ROBOVAN_HTTP_TOKENS"
TOKENS_FILE_VARIABLE: Final = "ROBOVAN_HTTP_TOKENS_FILE"

LETTERS_MIN: Final = 20
"""Shorter tokens could be guessed: 20 letters of 64 kinds hold 120 bits if they are random."""

_NAME: Final = re.compile(r"[A-Za-z0-9_.-]{1,64}")


class BadTokensError(RobovanError):
    """The tokens in the environment cannot be read; none of them is repeated here."""

    code = "DSP-609"

    def __init__(self, where: str, faults: tuple[str, ...]) -> None:
        super().__init__(
            f"The tokens of {where} cannot be read: {'; '.join(faults)}",
            remedy="Write one a line: a name, view, operate or admin, and a token of "
            f"{LETTERS_MIN} letters or more, such as one of: openssl rand -hex 32",
        )
        self.faults = faults


class Role(IntEnum):
    """What somebody may do; each role may do what those before it may."""

    VIEW = 1  # look at everything
    OPERATE = 2  # announce and cancel parcels, hold and release, report incidents
    ADMIN = 3  # read who did what: names are nothing for a screen or a warehouse's system


@dataclass(frozen=True, slots=True)
class Token:
    """Who has a token, what that is good for, and the token's SHA-256."""

    name: str
    role: Role
    digest: bytes


class TokenBook:
    """The tokens that are good now; others may take their place while requests are answered.

    Attributes
    ----------
    refused
        Where it is said whose token was not good enough.
    """

    def __init__(self, tokens: tuple[Token, ...] = (), refused: RefusedLog | None = None) -> None:
        self.tokens = tokens
        self.refused = refused or RefusedLog(MachineClock())


def read_tokens(environment: Mapping[str, str]) -> tuple[Token, ...]:
    """Read the tokens that the environment holds or names a file of.

    Raises
    ------
    BadTokensError
        If a line is no token, a name is given twice, or the file cannot be read.
    """
    file = token_file(environment)
    if file is None:
        return _tokens(TOKENS_VARIABLE, environment.get(TOKENS_VARIABLE, ""))
    return read_token_file(file)


def token_file(environment: Mapping[str, str]) -> Path | None:
    """Return the file that holds the tokens; None if the environment itself does."""
    named = environment.get(TOKENS_FILE_VARIABLE)
    return None if named is None else Path(named)


def read_token_file(file: Path) -> tuple[Token, ...]:
    """Read the tokens of a file.

    Raises
    ------
    BadTokensError
        If a line is no token, a name is given twice, or the file cannot be read.
    """
    where = repr(str(file))
    try:
        return _tokens(where, file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise BadTokensError(where, (f"no text file ({type(error).__name__})",)) from None


def _tokens(where: str, text: str) -> tuple[Token, ...]:
    tokens: dict[str, Token] = {}
    faults: list[str] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        found = _token(line.split())
        if isinstance(found, str):
            faults.append(f"line {number}: {found}")
        elif found.name in tokens:
            faults.append(f"line {number}: {found.name!r} has a token already")
        else:
            tokens[found.name] = found
    if faults:
        raise BadTokensError(where, tuple(faults))
    return tuple(tokens.values())


def _token(parts: list[str]) -> Token | str:
    """Return a token, or what is wrong with its line."""
    if len(parts) != 3:
        return f"{len(parts)} words instead of 3"
    name, role, secret = parts
    if not _NAME.fullmatch(name):
        return "the name has other characters than letters, digits and _ . -"
    if role.upper() not in Role.__members__:
        return "the role is none of view, operate and admin"
    if len(secret) < LETTERS_MIN:
        return f"the token has fewer than {LETTERS_MIN} letters"
    return Token(name, Role[role.upper()], digest_of(secret))


def digest_of(secret: str) -> bytes:
    """Return what is kept of a token."""
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).digest()


def holder_of(tokens: tuple[Token, ...], secret: str) -> Token | None:
    """Return whose token it is, in the same time whether and wherever it is found."""
    asked = digest_of(secret)
    found: Token | None = None
    for token in tokens:
        if hmac.compare_digest(token.digest, asked):
            found = token
    return found

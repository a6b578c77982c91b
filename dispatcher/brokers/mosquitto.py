"""Users and rights as mosquitto 2 has them: configuration, access list, password file."""

import base64
import hashlib
import secrets
from collections.abc import Iterable
from typing import Final

from dispatcher.brokers.credentials import Credential
from dispatcher.brokers.listening import (
    MESSAGE_BYTES_MAX,
    QUEUED_MAX,
    UNACKNOWLEDGED_MAX,
    Listening,
)
from dispatcher.brokers.users import User

ROUNDS: Final = 101
"""mosquitto_passwd's own; our passwords need no more, see ``credentials``."""

SALT_BYTES: Final = 12
HEADER_BYTES: Final = 1_024
"""Room for a packet's topic beside its payload."""


def mosquitto_files(
    users: Iterable[User], credentials: Iterable[Credential], listening: Listening
) -> dict[str, str]:
    """Return the text of every file by its name."""
    return {
        "mosquitto.conf": configuration(listening),
        "access": access_list(users),
        "passwords": "".join(f"{one.username}:{hashed(one.password)}\n" for one in credentials),
    }


def configuration(listening: Listening) -> str:
    """Return the main file."""
    tls = [
        f"{option} {path}"
        for option, path in (
            ("cafile", listening.ca),
            ("certfile", listening.certificate),
            ("keyfile", listening.key),
        )
        if path is not None
    ]
    if tls:
        tls.append("tls_version tlsv1.2")
    if listening.ca is not None:
        tls.append("require_certificate true")
    lines = [
        f"listener {listening.port} {listening.address}",
        *tls,
        "",
        "# Nobody without a name, and whoever connects has the session of that name and no other.",
        "allow_anonymous false",
        "use_username_as_clientid true",
        f"password_file {listening.folder / 'passwords'}",
        f"acl_file {listening.folder / 'access'}",
        "",
        "set_tcp_nodelay true",
        f"message_size_limit {MESSAGE_BYTES_MAX}",
        f"max_packet_size {MESSAGE_BYTES_MAX + HEADER_BYTES}",
        f"max_inflight_messages {UNACKNOWLEDGED_MAX}",
        f"max_queued_messages {QUEUED_MAX}",
        "persistent_client_expiration 14d",
        "",
        "# What is kept for clients that are away outlives a restart, but for the last seconds.",
        "persistence true",
        f"persistence_location {listening.folder}/",
        "autosave_interval 30",
        "sys_interval 0",
    ]
    return "\n".join(lines) + "\n"


def access_list(users: Iterable[User]) -> str:
    """Return the file of rights: what is not in it is refused."""
    blocks = []
    for user in users:
        rights = [f"topic write {one}" for one in user.says]
        rights += [f"topic read {one}" for one in user.hears]
        blocks.append("\n".join([f"user {user.name}", *rights]))
    return "\n\n".join(blocks) + "\n"


def hashed(password: str) -> str:
    """Return a password as the password file has it: PBKDF2 with SHA-512, a salt of its own.

    References
    ----------
    .. [1] mosquitto_passwd(1); the form is ``$7$rounds$salt$hash``, both in base 64.
    """
    salt = secrets.token_bytes(SALT_BYTES)
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, ROUNDS)
    return f"$7${ROUNDS}${_base64(salt)}${_base64(digest)}"


def _base64(blob: bytes) -> str:
    return base64.b64encode(blob).decode()

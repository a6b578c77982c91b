"""Which database a journal is in, and who may write it: one process at a time.

Decides how each is made durable, and what keeps a second writer out. A file of SQLite is held by a
lock on a file beside it, a database of PostgreSQL by an advisory lock of the very connection that
writes: both are taken back by whoever gave them, however the process ends. Reading needs no lock,
so that a day can be looked at while it runs.
"""

import fcntl
import os
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa

from dispatcher.journal.errors import (
    JournalDamagedError,
    JournalInUseError,
    JournalUnwritableError,
)

JournalPlace = Path | str
"""A file of SQLite, or the URL of a database of PostgreSQL."""

BUSY_S_MAX: Final = 2
"""How long a write waits for somebody else's lock before it fails, assumed; it is tried again."""

CONNECT_S_MAX: Final = 10

IDLE_S_MAX: Final = 5
PROBE_S: Final = 2
PROBES_MAX: Final = 3
"""Who says nothing for so long is asked, so often, whether it is still there: after 11 s a route
that is dead is known to be, at both ends. Assumed: well above what a network loses and mends by
itself. Left to Linux it is two hours, and the server would hold our lock as long."""

UNHEARD_S_MAX: Final = 11
"""How long what we sent may wait for the other machine's word; a write would else wait some fifteen
minutes for a route that died under it (tcp_retries2). Assumed: as long as for one that is idle."""

CLIENT_LASTING: Final = {
    "keepalives": 1,
    "keepalives_idle": IDLE_S_MAX,
    "keepalives_interval": PROBE_S,
    "keepalives_count": PROBES_MAX,
    "tcp_user_timeout": UNHEARD_S_MAX * 1000,
}
"""The same in libpq's words, for our end."""

SERVER_LASTING: Final = (
    f"-c tcp_keepalives_idle={IDLE_S_MAX} -c tcp_keepalives_interval={PROBE_S} "
    f"-c tcp_keepalives_count={PROBES_MAX} -c tcp_user_timeout={UNHEARD_S_MAX * 1000}"
)
"""The same in the server's words, for its end: it gives the lock back when we are gone."""

WRITER_LOCK: Final = 0x526F626F76616E
"""The number of our advisory lock: "Robovan" in ASCII, so that it is nobody else's by chance."""

POSTGRESQL: Final = "postgresql+psycopg://"

READ_ONLY: Final = "25006"
"""SQLSTATE of a write that the server takes from nobody: it follows another server, or
takes none before a switch to one. A new connection may reach the one that does."""


def place_of(text: str, folder: Path) -> JournalPlace:
    """Return where a journal is: a URL as it stands, anything else a path beside others.

    Raises
    ------
    ValueError
        If it is a URL of something else, or one that holds a password.
    """
    if "://" not in text:
        return folder / text
    try:
        url = sa.engine.make_url(text)
    except sa.exc.ArgumentError:
        raise ValueError("is no URL of a database") from None
    if not text.startswith(POSTGRESQL):
        raise ValueError(f"must be a path, or a URL that begins with {POSTGRESQL}")
    if url.password is not None:
        raise ValueError("must not hold the password; it comes from the environment: PGPASSWORD")
    return text


def shown(place: JournalPlace) -> str:
    """Return a place as messages name it, without any password."""
    if isinstance(place, Path):
        return str(place)
    return sa.engine.make_url(place).render_as_string(hide_password=True)


def engine_of(place: JournalPlace, *, writing: bool) -> sa.Engine:
    """Return what a journal's database is spoken to with.

    One connection, handed from thread to thread under a lock: a journal has one writer anyway.
    """
    if isinstance(place, Path):
        return _sqlite(place, writing=writing)
    return _postgresql(place, writing=writing)


def lock(place: JournalPlace) -> int | None:
    """Return a file descriptor that holds the right to write; None where the connection holds it.

    Raises
    ------
    JournalInUseError
        If another process has it.
    JournalUnwritableError
        If there can be no such file.
    """
    if not isinstance(place, Path):
        return None
    lock_path = place.with_name(place.name + ".lock")
    try:
        lock_fd = os.open(lock_path, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise JournalUnwritableError(str(place), error.strerror or str(error)) from None
    try:
        fcntl.flock(lock_fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock_fd)
        raise JournalInUseError(str(place)) from None
    return lock_fd


class Guarded:
    """Turns what a database says of a broken or full file, or of a lost server, into our errors."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if not isinstance(error, sa.exc.DBAPIError):
            return
        is_away = isinstance(error, sa.exc.OperationalError | sa.exc.InterfaceError)
        if is_away or error.connection_invalidated:
            raise JournalUnwritableError(self._name, str(error.orig)) from None
        if isinstance(error, sa.exc.DatabaseError):
            raise JournalDamagedError(self._name, str(error.orig)) from None


def connect_args(url: str) -> dict[str, str | int]:
    """Return what a server is connected to with, besides what its URL says, which goes before."""
    asked = sa.engine.make_url(url).query
    options = asked.get("options", ())
    theirs = (options,) if isinstance(options, str) else options
    ours: dict[str, str | int] = {
        "connect_timeout": CONNECT_S_MAX,
        "application_name": "robovan journal",
        **CLIENT_LASTING,
    }
    kept = {key: value for key, value in ours.items() if key not in asked}
    return {**kept, "options": " ".join((SERVER_LASTING, *theirs))}  # of two, the last word counts


def _sqlite(path: Path, *, writing: bool) -> sa.Engine:
    engine = sa.create_engine(
        f"sqlite:///{path}",
        poolclass=sa.pool.StaticPool,
        connect_args={"check_same_thread": False, "timeout": BUSY_S_MAX},
    )

    def prepare(connection: Any, _record: object) -> None:
        cursor = connection.cursor()
        if writing:
            cursor.execute("PRAGMA journal_mode=WAL")
            # FULL: what append() returned from survives the power going off, not only a kill.
            cursor.execute("PRAGMA synchronous=FULL")
        else:
            cursor.execute("PRAGMA query_only=ON")
        cursor.close()

    sa.event.listen(engine, "connect", prepare)
    return engine


def _postgresql(url: str, *, writing: bool) -> sa.Engine:
    engine = sa.create_engine(
        url,
        poolclass=sa.pool.StaticPool,
        pool_reset_on_return="rollback",
        connect_args=connect_args(url),
    )

    def prepare(connection: Any, _record: object) -> None:
        # At every connection: one that came about anew must hold the lock anew.
        with connection.cursor() as cursor:
            if writing:
                cursor.execute("SET synchronous_commit TO on")
                cursor.execute("SELECT pg_try_advisory_lock(%s)", (WRITER_LOCK,))
                is_ours = cursor.fetchone()[0]
            else:
                cursor.execute("SET default_transaction_read_only TO on")
                is_ours = True
        connection.commit()
        if not is_ours:
            connection.close()
            raise JournalInUseError(shown(url))

    sa.event.listen(engine, "connect", prepare)
    if writing:
        sa.event.listen(engine, "handle_error", _part_with_a_follower)
    return engine


def _part_with_a_follower(context: Any) -> None:
    """Count a connection as lost by which nothing can be written."""
    if getattr(context.original_exception, "sqlstate", None) == READ_ONLY:
        context.is_disconnect = True

"""A real PostgreSQL server for tests, in a folder of its own, on a socket of the file system.

``ROBOVAN_TEST_POSTGRESQL`` names one that runs already: a URL as the configuration takes it, of a
database whose tables may be dropped. Else one is started from the programs on this machine; where
there are none the test is skipped, or fails if ``ROBOVAN_SKIP_NOTHING`` is set, as in CI.
"""

import contextlib
import getpass
import importlib.util
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest
import sqlalchemy as sa

from tests.brokers import free_port

VARIABLE = "ROBOVAN_TEST_POSTGRESQL"
USER = "robovan"
TABLES = (
    "journal_version",
    "journal_entry",
    "carried_out",
    "journal_rules",
    "journal_base",
    "journal_base_piece",
)


@contextlib.contextmanager
def postgresql() -> Iterator[str]:
    """Yield the URL of an empty database."""
    if importlib.util.find_spec("psycopg") is None:
        _missing("psycopg is not installed")
    url = os.environ.get(VARIABLE)
    if url is not None:
        yield url
        return
    with tempfile.TemporaryDirectory(prefix="robovan-pg-") as name, _server(Path(name)) as port:
        yield f"postgresql+psycopg://{USER}@127.0.0.1:{port}/postgres"


def empty(url: str) -> None:
    """Drop the journal's tables."""
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        for table in TABLES:
            connection.exec_driver_sql(f"DROP TABLE IF EXISTS {table}")
    engine.dispose()


@contextlib.contextmanager
def _server(folder: Path) -> Iterator[int]:
    initdb, pg_ctl = _program("initdb"), _program("pg_ctl")
    data, port = folder / "data", free_port()
    if getpass.getuser() == "root":  # which PostgreSQL refuses
        shutil.chown(folder, "postgres")
    _run([initdb, "-D", str(data), "-U", USER, "-A", "trust", "--no-sync"])
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=''"
    _run([pg_ctl, "-D", str(data), "-w", "-o", options, "-l", str(folder / "log"), "start"])
    try:
        yield port
    finally:
        _run([pg_ctl, "-D", str(data), "-w", "-m", "immediate", "stop"])


def _run(command: list[str]) -> None:
    user = "postgres" if getpass.getuser() == "root" else None
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, user=user, cwd="/")


def _program(name: str) -> str:
    folders = sorted(map(str, Path("/usr/lib/postgresql").glob("*/bin")), reverse=True)
    found = shutil.which(name) or shutil.which(name, path=os.pathsep.join(folders))
    if found is None:
        _missing(f"PostgreSQL's {name} is not installed")
    return found


def _missing(what: str) -> NoReturn:
    if os.environ.get("ROBOVAN_SKIP_NOTHING"):
        pytest.fail(f"{what}, and nothing is to be skipped")
    pytest.skip(what)

"""The journal in a real PostgreSQL: the same promises as in a file."""

import json
import os
import socket
import subprocess
import sys

import pytest
import sqlalchemy as sa

from dispatcher.cli import main
from dispatcher.core.events import CancelAsked
from dispatcher.journal import basing
from dispatcher.journal.database import open_journal, read_journal
from dispatcher.journal.engines import IDLE_S_MAX, PROBE_S, PROBES_MAX, UNHEARD_S_MAX
from dispatcher.journal.errors import (
    EntriesLostError,
    JournalDamagedError,
    JournalInUseError,
    JournalUnwritableError,
    JournalVersionError,
)
from dispatcher.journal.records import Entry
from dispatcher.journal.snapshots import SnapshotFolder
from maps.units import Instant
from tests.brokers import free_port
from tests.databases import empty, postgresql
from tests.dispatcher.past_day import past_day, recovered, trim

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def server():
    with postgresql() as url:
        yield url


@pytest.fixture
def url(server):
    empty(server)
    return server


def entry(sequence, depot_id="dep-1"):
    return Entry(depot_id, sequence, Instant(sequence * 10), CancelAsked(f"pkg-{sequence}", "ä\0"))


def test_entries_outlive_the_process_that_wrote_them(url):
    with open_journal(url) as journal:
        journal.append([entry(1), entry(1, "dep-2"), entry(2)])
        journal.append([entry(number) for number in range(3, 2502)])
        journal.mark_carried_out("dep-1", 7)
        journal.mark_carried_out("dep-1", 3)
    with open_journal(url) as journal:
        assert list(journal.read("dep-1")) == [entry(number) for number in range(1, 2502)]
        assert journal.depot_ids() == ("dep-1", "dep-2")
        assert journal.carried_out("dep-1") == 7


def test_old_entries_leave_and_the_state_in_their_place_is_the_journals(url, tmp_path, monkeypatch):
    monkeypatch.setattr(basing, "PIECE_BYTES", 5_000)
    entries, folder = past_day(), SnapshotFolder(tmp_path / "snapshots", tmp_path / "archive")
    with open_journal(url) as journal:
        journal.append(entries)
        journal.mark_carried_out("dep", len(entries))
        whole, _, _ = recovered(journal)
        trim(journal, folder, 60)
    with open_journal(url) as journal:
        assert (journal.begin("dep"), journal.depot_ids()) == (60, ("dep",))
        again, _, found = recovered(journal)
        assert found.replayed == len(entries) - 60
        assert again.image() == whole.image()
        assert journal.bases.last_until("dep", entries[-1].now) == len(entries)


def test_a_batch_with_a_gap_is_refused_whole(url):
    with open_journal(url) as journal:
        journal.append([entry(1)])
        with pytest.raises(JournalDamagedError):
            journal.append([entry(1, "dep-2"), entry(3)])
        assert journal.depot_ids() == ("dep-1",)
        journal.append([entry(2)])
        assert len(list(journal.read("dep-1"))) == 2


def test_one_process_at_a_time_writes_and_others_may_read(url):
    with open_journal(url) as journal:
        journal.append([entry(1)])
        with pytest.raises(JournalInUseError):
            open_journal(url)
        with read_journal(url) as reading:
            assert list(reading.read("dep-1")) == [entry(1)]
            with pytest.raises(JournalDamagedError):
                reading.append([entry(2)])
    open_journal(url).close()


def test_a_killed_writer_holds_nobody_up(url):
    code = (
        "import os, sys; from dispatcher.journal.database import open_journal; "
        "open_journal(sys.argv[1]); os.kill(os.getpid(), 9)"
    )
    killed = subprocess.run([sys.executable, "-c", code, url], check=False)
    assert killed.returncode == -9
    open_journal(url).close()


def test_another_version_and_other_databases_are_refused(url):
    open_journal(url).close()
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE journal_version SET version = 99")
    with pytest.raises(JournalVersionError):
        open_journal(url)
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE journal_version")
    with pytest.raises(JournalDamagedError, match="something else"):
        open_journal(url)
    engine.dispose()


def test_no_server_is_one_clear_error(url):
    nowhere = sa.engine.make_url(url).set(port=free_port()).render_as_string()
    with pytest.raises(JournalUnwritableError, match=r"[Cc]onnection refused"):
        open_journal(nowhere)


def test_a_server_that_is_gone_and_back_is_written_to_as_if_nothing_had_been(url):
    database = sa.engine.make_url(url).database
    template = sa.engine.make_url(url).set(database="template1")
    admin = sa.create_engine(template, isolation_level="AUTOCOMMIT")
    lets = f"ALTER DATABASE {database} WITH ALLOW_CONNECTIONS"
    ends = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database}'"
    with open_journal(url) as journal, admin.connect() as raw:
        journal.append([entry(1)])
        raw.exec_driver_sql(f"{lets} false")
        raw.exec_driver_sql(ends)
        try:
            for _ in range(3):
                with pytest.raises(JournalUnwritableError):
                    journal.append([entry(2), entry(3)])
        finally:
            raw.exec_driver_sql(f"{lets} true")
        journal.append([entry(2), entry(3)])
        with pytest.raises(JournalInUseError):
            open_journal(url)  # the lock was taken anew with the connection
        assert list(journal.read("dep-1")) == [entry(1), entry(2), entry(3)]
        raw.exec_driver_sql(ends)
        with pytest.raises(JournalUnwritableError):
            journal.append([entry(4)])
        with open_journal(url) as other:  # somebody else was quicker
            other.append([entry(4), entry(5)])
            with pytest.raises(JournalInUseError):
                journal.append([entry(4)])
        with pytest.raises(JournalDamagedError, match="already exists"):
            journal.append([entry(4)])
    admin.dispose()


def test_a_server_that_takes_no_writes_is_waited_for(url):
    database = sa.engine.make_url(url).database
    template = sa.engine.make_url(url).set(database="template1")
    admin = sa.create_engine(template, isolation_level="AUTOCOMMIT")
    follows = "default_transaction_read_only"  # as a server does that follows another one
    ends = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database}'"
    with open_journal(url) as journal, admin.connect() as raw:
        journal.append([entry(1)])
        raw.exec_driver_sql(f"ALTER DATABASE {database} SET {follows} = on")
        try:
            raw.exec_driver_sql(ends)
            for _ in range(3):
                with pytest.raises(JournalUnwritableError):
                    journal.append([entry(2)])
            with pytest.raises(JournalUnwritableError, match="read-only"):
                journal.mark_carried_out("dep-1", 1)
        finally:
            raw.exec_driver_sql(f"ALTER DATABASE {database} RESET {follows}")
        journal.append([entry(2)])  # by a new connection: the old one would take none for ever
        journal.mark_carried_out("dep-1", 1)
        assert list(journal.read("dep-1")) == [entry(1), entry(2)]
    admin.dispose()


def test_nothing_is_written_behind_entries_that_a_server_has_lost(url):
    engine = sa.create_engine(url)
    ends = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE %s"
    ours = [entry(number) for number in range(1, 5)]
    with open_journal(url) as journal:
        journal.append([*ours[:3], entry(1, "dep-2")])
        with engine.begin() as connection:  # as a follower that lagged, and took over
            connection.exec_driver_sql(
                "DELETE FROM journal_entry WHERE depot_id = 'dep-1' AND sequence > 1"
            )
            connection.exec_driver_sql(ends, ("robovan%",))
        with pytest.raises(JournalUnwritableError):
            journal.append(ours[3:])
        journal.append([entry(2, "dep-2")])  # which lost none
        for _ in range(2):
            with pytest.raises(EntriesLostError, match=r"had 3 entries.* now ends at entry 1"):
                journal.append(ours[3:])
    with open_journal(url) as journal:
        assert list(journal.read("dep-1")) == ours[:1]
        journal.append(ours[1:2])
        assert list(journal.read("dep-1")) == ours[:2]
        assert len(list(journal.read("dep-2"))) == 2
    engine.dispose()


def test_a_damaged_end_is_cut_and_a_day_is_replayed_from_the_url(url, capsys, caplog):
    day = past_day()
    with open_journal(url) as journal:
        journal.append(day)
        journal.mark_carried_out("dep", len(day))
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql(
            f"UPDATE journal_entry SET body = '{{}}' WHERE sequence = {len(day)}"
        )
    engine.dispose()
    with open_journal(url) as journal:
        assert list(journal.read("dep")) == day[:-1]
        assert journal.carried_out("dep") == len(day) - 1
        assert [one.message for one in caplog.records][:1] == ["journal_tail_cut"]
        assert main(["replay", url, "--json"]) == 0
    (told,) = json.loads(capsys.readouterr().out)["depots"]
    assert sum(told["events"].values()) == len(day) - 1


def test_an_earlier_journal_is_brought_up(url):
    day = past_day()
    with open_journal(url) as journal:
        journal.append(day)
    engine = sa.create_engine(url)
    with engine.begin() as connection:  # as version 4 was
        for statement in (
            "ALTER TABLE journal_entry DROP COLUMN chain",
            "DROP TABLE journal_rules",
            "DROP TABLE journal_base",
            "DROP TABLE journal_base_piece",
            "UPDATE journal_version SET version = 4",
        ):
            connection.exec_driver_sql(statement)
    engine.dispose()
    with read_journal(url) as journal:
        assert list(journal.read("dep")) == day
    with open_journal(url) as journal:
        assert list(journal.read("dep")) == day


def test_a_dead_route_is_noticed_at_both_ends_after_seconds(url):
    with open_journal(url) as journal, journal._engine.connect() as connection:
        shown = {
            name: connection.scalar(sa.text(f"SHOW {name}"))
            for name in ("tcp_keepalives_idle", "tcp_keepalives_interval", "tcp_keepalives_count")
        }
        assert shown == {
            "tcp_keepalives_idle": str(IDLE_S_MAX),
            "tcp_keepalives_interval": str(PROBE_S),
            "tcp_keepalives_count": str(PROBES_MAX),
        }
        timeout = connection.scalar(
            sa.text("SELECT setting FROM pg_settings WHERE name = 'tcp_user_timeout'")
        )
        assert timeout == str(UNHEARD_S_MAX * 1000)
        raw = connection.connection.driver_connection
        assert raw is not None
        with socket.socket(fileno=os.dup(raw.fileno())) as ours:
            assert ours.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
            assert ours.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == IDLE_S_MAX
            assert (
                ours.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == UNHEARD_S_MAX * 1000
            )

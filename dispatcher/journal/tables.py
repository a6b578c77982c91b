"""The tables of a journal in a database.

An entry's ``chain`` is a checksum over it and all entries of its depot before it (``chaining``).
``journal_base`` has of each depot whose first entries are removed what these come to, in pieces.
``journal_rules`` says from which entry on a depot's day was decided by which version of the rules.
"""

from typing import Final

import sqlalchemy as sa

METADATA: Final = sa.MetaData()

VERSION: Final = sa.Table(
    "journal_version", METADATA, sa.Column("version", sa.Integer, nullable=False)
)
ENTRY: Final = sa.Table(
    "journal_entry",
    METADATA,
    sa.Column("depot_id", sa.String(64), primary_key=True),
    sa.Column("sequence", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("now", sa.BigInteger, nullable=False),
    sa.Column("kind", sa.String(64), nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("chain", sa.BigInteger, nullable=False, server_default="0"),
    sqlite_with_rowid=False,
)
MARK: Final = sa.Table(
    "carried_out",
    METADATA,
    sa.Column("depot_id", sa.String(64), primary_key=True),
    sa.Column("sequence", sa.BigInteger, nullable=False),
)
RULES: Final = sa.Table(
    "journal_rules",
    METADATA,
    sa.Column("depot_id", sa.String(64), primary_key=True),
    sa.Column("sequence", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("rules", sa.Integer, nullable=False),
)
BASE: Final = sa.Table(
    "journal_base",
    METADATA,
    sa.Column("depot_id", sa.String(64), primary_key=True),
    sa.Column("sequence", sa.BigInteger, nullable=False),
    sa.Column("now", sa.BigInteger, nullable=False),
    sa.Column("chain", sa.BigInteger, nullable=False),
    sa.Column("layout", sa.String(64), nullable=False),
    sa.Column("rules", sa.Integer, nullable=False),
    sa.Column("parts", sa.Text, nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False),
)
BASE_PIECE: Final = sa.Table(
    "journal_base_piece",
    METADATA,
    sa.Column("depot_id", sa.String(64), primary_key=True),
    sa.Column("sequence", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("content", sa.LargeBinary, nullable=False),
)

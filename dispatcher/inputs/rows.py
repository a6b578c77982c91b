"""Parcels files as plain rows of text, before anyone asks what the values mean.

Decides which columns there are and how CSV and JSON are read; leaves the rules of each column to
``parcels``. Everything of a JSON file is turned into the text that a CSV file would have, so that
both obey the same rules.
"""

import csv
import difflib
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dispatcher.inputs.errors import InputMissingError, InputUnreadableError
from maps.input_errors import Fault

COLUMNS = (
    "parcel_id",
    "depot_id",
    "consignee_id",
    "lon",
    "lat",
    "address",
    "mass_kg",
    "volume_l",
    "locker",
    "ready_at",
    "due_from",
    "due_until",
    "service_s",
    "priority",
    "handling",
    "references",
)
REJECT_PREFIX = "reject_"
"""Columns that a reject file adds; ignored when it is corrected and read again."""

ROWS_MAX = 100_000
"""Rows read from one file. Assumed: a depot's week; more is a file that is something else."""


@dataclass(frozen=True, slots=True)
class Row:
    """One entry: its number for people and its values as text, without empty ones."""

    number: int
    values: dict[str, str]


def read_rows(path: Path) -> tuple[tuple[Row, ...], tuple[Fault, ...]]:
    """Read a ``.csv`` or ``.json`` file.

    Returns
    -------
    tuple[tuple[Row, ...], tuple[Fault, ...]]
        All rows that have the columns they should, and what is wrong with the others.

    Raises
    ------
    InputMissingError, InputUnreadableError
        If there is no such file, or it is not of that format at all.
    """
    if not path.is_file():
        raise InputMissingError(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as wrong:
        raise InputUnreadableError(path, f"byte {wrong.start} is not UTF-8") from wrong
    except OSError as wrong:
        raise InputUnreadableError(path, wrong.strerror or str(wrong)) from wrong
    rows, faults = _json_rows(path, text) if path.suffix == ".json" else _csv_rows(path, text)
    if len(rows) > ROWS_MAX:
        raise InputUnreadableError(path, f"more than {ROWS_MAX} rows")
    return tuple(rows), tuple(faults)


def write_rejects(path: Path, rows: Sequence[Row], faults: Sequence[Fault]) -> None:
    """Write bad rows with what is wrong with them, to be corrected and read again.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    reasons: dict[int, list[str]] = {}
    for fault in faults:
        reasons.setdefault(fault.row, []).append(f"{fault.column}: {fault.rule}")
    by_number = {row.number: row.values for row in rows}
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*COLUMNS, REJECT_PREFIX + "row", REJECT_PREFIX + "reasons"])
    for number in sorted(reasons):
        values = by_number.get(number, {})
        kept = [values.get(column, "") for column in COLUMNS]
        writer.writerow([*kept, number, "; ".join(reasons[number])])
    beside = path.with_name(path.name + ".part")
    beside.write_text(text.getvalue(), encoding="utf-8")
    beside.replace(path)


def _csv_rows(path: Path, text: str) -> tuple[list[Row], list[Fault]]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        lines = [(number, line) for number, line in enumerate(reader, start=1) if line]
    except csv.Error as wrong:
        raise InputUnreadableError(path, f"line {reader.line_num}: {wrong}") from wrong
    if not lines:
        raise InputUnreadableError(path, "it is empty; the first row must name the columns")
    header = [name.strip() for name in lines[0][1]]
    faults = _header_faults(header)
    rows: list[Row] = []
    for number, line in lines[1:]:
        if len(line) > len(header):
            rule = f"there are {len(line)} values, but the header names {len(header)} columns"
            faults.append(Fault(number, "(row)", line[len(header)], rule))
        pairs = zip(header, line, strict=False)
        rows.append(Row(number, _known({name: value.strip() for name, value in pairs})))
    return rows, faults


def _header_faults(header: Sequence[str]) -> list[Fault]:
    faults = [_unknown(1, name) for name in header if not _expected(name)]
    doubled = sorted({name for name in header if header.count(name) > 1 and name in COLUMNS})
    faults += [Fault(1, name, name, "the column stands there twice") for name in doubled]
    return faults


def _json_rows(path: Path, text: str) -> tuple[list[Row], list[Fault]]:
    try:
        stored = json.loads(text)
    except ValueError as wrong:
        raise InputUnreadableError(path, f"no JSON: {wrong}") from wrong
    except RecursionError as wrong:
        raise InputUnreadableError(path, "no list of parcels: it is nested too deeply") from wrong
    entries = stored.get("parcels") if isinstance(stored, dict) else stored
    if not isinstance(entries, list):
        raise InputUnreadableError(path, "no list of parcels, nor an object with one as `parcels`")
    rows: list[Row] = []
    faults: list[Fault] = []
    for number, entry in enumerate(entries, start=1):
        if not isinstance(entry, dict):
            faults.append(Fault(number, "(row)", json.dumps(entry)[:80], "must be an object"))
            continue
        faults += [_unknown(number, name) for name in entry if not _expected(name)]
        values = {name: _text(value) for name, value in entry.items() if value is not None}
        rows.append(Row(number, _known(values)))
    return rows, faults


def _text(value: Any) -> str:
    """Return a JSON value as a CSV file would have it: lists and objects stay JSON."""
    return value.strip() if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _expected(name: str) -> bool:
    return name in COLUMNS or name.startswith(REJECT_PREFIX)


def _known(values: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in values.items() if name in COLUMNS and value}


def _unknown(row: int, name: str) -> Fault:
    close = difflib.get_close_matches(name, COLUMNS, n=1)
    hint = f"; did you mean {close[0]!r}?" if close else ""
    if ";" in name or "\t" in name:
        hint = "; separate columns by commas"
    return Fault(row, name[:40] or "(nameless)", name[:80], f"is no column of a parcels file{hint}")

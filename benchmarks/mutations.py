"""Deliberate faults in the core and its sessions: does the soak find each of them, and how soon?

Each fault is a few lines of text changed in a copy of the sources, as ``faults.toml`` describes it.
The copy is soaked until an invariant breaks, for sixty days (about a minute) at most, and thrown
away. Writes the table of faults, the
invariants that found them and how long that took to ``benchmarks/mutations.md``, from where
``make docs`` takes it into ``docs/invariants.md``.

Example: ``uv run python -m benchmarks.mutations``
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
COPIED = ("vehicles", "dispatcher", "simulations")
"""The rest is used in place: kernels are compiled for the place where they lie."""
FAULTS = ROOT / "benchmarks" / "faults.toml"
TABLE = ROOT / "benchmarks" / "mutations.md"
PROGRAM = "import sys; from dispatcher.cli import main; sys.exit(main(sys.argv[1:]))"
FOUND = re.compile(
    r"The invariant '(?P<name>[^']+)' is broken in the day of seed (?P<seed>\d+), "
    r"at event (?P<event>\d+): (?P<seen>.*)"
)
OPENING = """# Deliberate faults

Each of these was put into a copy of the sources (`benchmarks/faults.toml` has them word for word),
and the copy soaked from seed 0 on in one process: `uv run python -m benchmarks.mutations`. Seconds
are CPU seconds of that process, its start included; days are those lived, the one that broke
included. "Nothing" was found of a fault in the days of about a minute: too few of them call for
what is missing, or something else makes up for it.

| fault | found by | days | CPU s |
|---|---|---|---|
"""


@dataclass(frozen=True, slots=True)
class Change:
    """A change of text, once, in one file."""

    file: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault as changes of text."""

    name: str
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """How the soak of a fault ended; ``invariant`` is None if nothing was found."""

    fault: str
    invariant: str | None
    seed: int | None
    event: int | None
    seen: str
    seconds_cpu: float


def main() -> int:
    """Soak every fault, or those named; write their rows of the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--days", type=int, default=60, help="at most, for each fault")
    parser.add_argument("--seed-from", type=int, default=0)
    parser.add_argument("--only", default="", help="faults whose name contains this")
    given = parser.parse_args()
    rows = _rows_before()
    missed = 0
    for fault in faults():
        if given.only in fault.name:
            finding = look_for(fault, days=given.days, seed_from=given.seed_from)
            missed += finding.invariant is None
            rows[fault.name] = _row(finding, given.seed_from)
            print(rows[fault.name], finding.seen, file=sys.stderr, flush=True)
            _write([rows[one.name] for one in faults() if one.name in rows])
    return int(missed > 0)


def faults() -> tuple[Fault, ...]:
    """Return all faults, as their file describes them."""
    found = tomllib.loads(FAULTS.read_text(encoding="utf-8"))["faults"]
    return tuple(
        Fault(one["name"], tuple(Change(**change) for change in one["changes"])) for one in found
    )


def look_for(fault: Fault, *, days: int, seed_from: int) -> Finding:
    """Put a fault into a copy of the sources and soak that until something breaks."""
    with tempfile.TemporaryDirectory(prefix="fault-") as name:
        folder = Path(name)
        copy_sources(folder)
        put_in(fault, folder)
        words = ["soak", "--minutes", "1000", "--days", str(days), "--workers", "0"]
        words += ["--seed-from", str(seed_from)]
        begun_s = _children_s()
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, *words],
            cwd=folder,
            env=os.environ | {"PYTHONPATH": f"{folder}{os.pathsep}{ROOT}"},
            capture_output=True,
            text=True,
            check=False,
        )
    seconds = _children_s() - begun_s
    said = FOUND.search(done.stderr)
    if said is None:
        return Finding(fault.name, None, None, None, done.stderr[-400:], seconds)
    seed, event = int(said["seed"]), int(said["event"])
    return Finding(fault.name, said["name"], seed, event, said["seen"], seconds)


def copy_sources(folder: Path) -> None:
    """Copy the folders that faults are put into."""
    for name in COPIED:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))


def put_in(fault: Fault, folder: Path) -> None:
    """Change the text of a copy.

    Raises
    ------
    ValueError
        If the sources no longer say what is to be changed.
    """
    for change in fault.changes:
        path = folder / change.file
        text = path.read_text(encoding="utf-8")
        if change.before not in text:
            raise ValueError(f"{change.file} says it otherwise: describe {fault.name!r} anew")
        path.write_text(text.replace(change.before, change.after, 1), encoding="utf-8")


def _row(finding: Finding, seed_from: int) -> str:
    if finding.invariant is None or finding.seed is None:
        return f"| {finding.fault} | nothing | | {finding.seconds_cpu:.0f} |"
    days = finding.seed - seed_from + 1
    return f"| {finding.fault} | {finding.invariant} | {days} | {finding.seconds_cpu:.0f} |"


def _rows_before() -> dict[str, str]:
    """Return the rows of the table that is there, by fault."""
    lines = TABLE.read_text(encoding="utf-8").splitlines() if TABLE.exists() else []
    rows = [line for line in lines if line.startswith("| ") and not line.startswith("| fault |")]
    return {row.split("|")[1].strip(): row for row in rows}


def _write(rows: Sequence[str]) -> None:
    TABLE.write_text(OPENING + "\n".join(rows) + "\n", encoding="utf-8")


def _children_s() -> float:
    """Return the CPU seconds of all processes that have ended below this one."""
    times = os.times()
    return times.children_user + times.children_system


if __name__ == "__main__":
    sys.exit(main())

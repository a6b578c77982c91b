"""Results on disk: every finished run is kept, so that an interrupted benchmark goes on.

A result of our own code counts only as long as that code does the same.
"""

import ast
import hashlib
import importlib.metadata
import json
import os
from pathlib import Path
from typing import Any

from benchmarks.routing.cases import Run

ROOT = Path(__file__).resolve().parents[2]


class Results:
    """Figures by the name of their run."""

    def __init__(self, path: Path, *, fresh: bool = False) -> None:
        self._path = path
        self._kept: dict[str, Any] = {}
        if path.is_file() and not fresh:
            self._kept = json.loads(path.read_text("utf-8"))
        self._codes: dict[str, str] = {}

    def of(self, run: Run) -> dict[str, Any] | None:
        """Return what is kept of a run, or None if it must be measured."""
        kept: dict[str, Any] | None = self._kept.get(run.key)
        return kept if kept is not None and kept["code"] == self._code(run) else None

    def keep(self, run: Run, figures: dict[str, Any]) -> None:
        """Write a run down at once."""
        self._kept[run.key] = {**figures, "code": self._code(run)}
        self.write()

    def other(self, name: str) -> Any:
        """Return figures that belong to no run, or None."""
        return self._kept.get(name)

    def keep_other(self, name: str, figures: Any) -> None:
        """Write figures down that belong to no run."""
        self._kept[name] = figures
        self.write()

    def write(self) -> None:
        """Write everything, and never half of it."""
        beside = self._path.with_suffix(".tmp")
        beside.write_text(json.dumps(self._kept, indent=1) + "\n", "utf-8")
        os.replace(beside, self._path)

    def _code(self, run: Run) -> str:
        solver = "rich" if run.group == "rich" else run.solver
        if solver not in self._codes:
            self._codes[solver] = code_of(solver)
        return self._codes[solver]


BETWEEN = tuple(f"routing/formats/{name}.py" for name in ("scaling", "solving", "walk"))
"""What stands between an instance's file and the kernel, and judges its answer."""

OURS = {
    "kernel": ("routing/kernel/*.py", *BETWEEN),
    "neighbourhoods": ("routing/kernel/*.py", "routing/neighbourhoods/*.py", *BETWEEN),
    "rich": ("routing/*.py", "routing/kernel/*.py", "benchmarks/routing/r*.py"),
}
"""The files on which results of our own code depend."""


def code_of(solver: str) -> str:
    """Return what a solver's results depend on: a digest of our code, or a version."""
    if solver not in OURS:
        return importlib.metadata.version({"vroom": "pyvroom"}.get(solver, solver))
    digest = hashlib.sha256()
    for source in sorted(path for pattern in OURS[solver] for path in ROOT.glob(pattern)):
        digest.update(what_it_does(source.read_text("utf-8")).encode())
    return digest.hexdigest()[:12]


def what_it_does(source: str) -> str:
    """Return a program without what is only read by people: comments and documentation."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            node.body = [line for line in body if not _is_text(line)]  # type: ignore[attr-defined]
    return ast.dump(tree)


def _is_text(line: ast.stmt) -> bool:
    return isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant)

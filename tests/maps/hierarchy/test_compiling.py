"""Kernels are compiled once for each machine, which is said, and for no other types."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numba
import numpy as np
import pytest

from maps.hierarchy import compiling
from maps.hierarchy.contraction import find_slot

ROOT = Path(__file__).resolve().parents[3]
CONFIG: Any = numba.config
SAID = "Compiling the road kernels"
PROGRAM = """
from maps.hierarchy.compiling import INT, kernel

@kernel(INT, INT)
def twice(number: int) -> int:
    return 2 * number

print(twice(21))
"""


def run(folder: Path) -> tuple[str, list[Path]]:
    """Run a program with one kernel; return what it said, and the machine code kept."""
    program = folder / "program.py"
    if not program.exists():
        program.write_text(PROGRAM, encoding="utf-8")
    env = {name: value for name, value in os.environ.items() if name != "NUMBA_CACHE_DIR"}
    env |= {"XDG_CACHE_HOME": str(folder / "cache"), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, program], env=env, capture_output=True, text=True, check=True
    )
    assert done.stdout == "42\n"
    return done.stderr, sorted(folder.rglob("*.nbi"))


def test_a_second_process_finds_the_machine_code_and_says_nothing(tmp_path):
    said, kept = run(tmp_path)
    assert said.count(SAID) == 1
    assert len(kept) == 1
    assert kept[0].is_relative_to(tmp_path / "cache" / "robovan" / "kernels")
    assert run(tmp_path) == ("", kept)


def test_a_folder_that_was_asked_for_goes_first(tmp_path, monkeypatch):
    monkeypatch.setattr(CONFIG, "CACHE_DIR", "asked for")
    with compiling._kept_in(tmp_path) as keeps:
        assert (keeps, CONFIG.CACHE_DIR) == (True, "asked for")


def test_the_folder_is_ours_only_while_our_kernels_are_made(tmp_path, monkeypatch):
    monkeypatch.setattr(CONFIG, "CACHE_DIR", "")
    with compiling._kept_in(tmp_path) as keeps:
        assert (keeps, CONFIG.CACHE_DIR) == (True, str(tmp_path))
    assert CONFIG.CACHE_DIR == ""


def test_without_a_folder_nothing_is_kept(tmp_path, monkeypatch):
    (tmp_path / "cache").write_text("a file where the folder should be", encoding="utf-8")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(CONFIG, "CACHE_DIR", "")
    folder = compiling._folder.__wrapped__()
    assert folder is None
    with compiling._kept_in(folder) as keeps:
        assert not keeps


def test_a_kernel_takes_no_other_types_than_its_own():
    with pytest.raises(TypeError, match="No matching definition"):
        find_slot(np.zeros(3), np.zeros(1, dtype=np.int32), 0, 0, 1)  # type: ignore[arg-type]

"""Kernels are compiled once for each machine, which is said, and for no other types."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numba
import numpy as np
import pytest

from maps.compiling import kernels
from maps.compiling.kernels import I4, I8, INT
from maps.hierarchy.contraction import find_slot

ROOT = Path(__file__).resolve().parents[3]
CONFIG: Any = numba.config
SAID = "Compiling the kernels of __main__"
PROGRAM = """
from maps.compiling.kernels import INT, kernel
from factors import times

@kernel(INT, INT)
def multiple(number: int) -> int:
    return times(number)

print(multiple(21))
"""
FACTORS = """
from maps.compiling.kernels import part

FACTOR = {factor}

@part
def times(number: int) -> int:
    return FACTOR * number
"""


def run(folder: Path, *, factor: int = 2) -> tuple[str, list[Path]]:
    """Run a program with one kernel; return what it said, and the machine code kept."""
    program = folder / "program.py"
    if not program.exists():
        program.write_text(PROGRAM, encoding="utf-8")
    (folder / "factors.py").write_text(FACTORS.format(factor=factor), encoding="utf-8")
    env = {name: value for name, value in os.environ.items() if name != "NUMBA_CACHE_DIR"}
    env |= {"XDG_CACHE_HOME": str(folder / "cache"), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-B", program], env=env, capture_output=True, text=True, check=True
    )
    assert done.stdout == f"{21 * factor}\n"
    return done.stderr, sorted(folder.rglob("*.nbi"))


def test_a_second_process_finds_the_machine_code_and_says_nothing(tmp_path):
    said, kept = run(tmp_path)
    assert said.count(SAID) == 1
    assert len(kept) == 1
    assert kept[0].is_relative_to(tmp_path / "cache" / "robovan" / "kernels")
    assert run(tmp_path) == ("", kept)


def test_a_constant_of_another_file_makes_it_another_kernel(tmp_path):
    _, kept = run(tmp_path)
    said, both = run(tmp_path, factor=3)
    assert said.count(SAID) == 1
    assert len(both) == 2
    assert kept[0] in both
    assert run(tmp_path) == ("", both)


def test_a_kernel_is_what_it_is_made_of():
    digest = kernels._digest(find_slot.py_func, (INT, I4))  # type: ignore[attr-defined]
    assert digest == kernels._digest(find_slot.py_func, (INT, I4))  # type: ignore[attr-defined]
    assert digest != kernels._digest(find_slot.py_func, (INT, I8))  # type: ignore[attr-defined]


def test_a_folder_that_was_asked_for_goes_first(tmp_path, monkeypatch):
    monkeypatch.setattr(CONFIG, "CACHE_DIR", str(tmp_path / "asked for"))
    folder = kernels._folder("digest")
    assert folder is not None
    assert folder.is_relative_to(tmp_path / "asked for")


def test_the_folder_is_ours_only_while_our_kernels_are_made(tmp_path, monkeypatch):
    monkeypatch.setattr(CONFIG, "CACHE_DIR", "")
    with kernels._kept_in(tmp_path):
        assert str(tmp_path) == CONFIG.CACHE_DIR
    assert CONFIG.CACHE_DIR == ""


def test_without_a_folder_nothing_is_kept(tmp_path, monkeypatch):
    (tmp_path / "cache").write_text("a file where the folder should be", encoding="utf-8")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(CONFIG, "CACHE_DIR", "")
    assert kernels._folder("digest") is None
    doubled = kernels.kernel(INT, INT)(lambda number: 2 * number)
    assert doubled(21) == 42


def test_a_kernel_takes_no_other_types_than_its_own():
    with pytest.raises(TypeError, match="No matching definition"):
        find_slot(np.zeros(3), np.zeros(1, dtype=np.int32), 0, 0, 1)  # type: ignore[arg-type]

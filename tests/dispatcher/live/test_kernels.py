"""Kernels are compiled once for their code; whoever comes later does not even load them."""

import subprocess
import sys

from dispatcher.live import kernels

LOADED = (
    "import sys; from dispatcher.live.kernels import compile_kernels; compile_kernels(); "
    "print(*sorted({'numba', 'routing.kernel.search'} & set(sys.modules)))"
)


def loaded():
    done = subprocess.run(
        [sys.executable, "-c", LOADED], capture_output=True, text=True, check=True
    )
    return done.stdout.split()


def test_what_is_compiled_is_not_even_loaded_again():
    kernels.compile_kernels()
    assert loaded() == []


def test_the_note_is_of_these_files_and_lies_with_what_is_compiled(monkeypatch, tmp_path):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    for package in kernels.PACKAGES:
        (tmp_path / package).mkdir()
    code = tmp_path / kernels.PACKAGES[0] / "code.py"
    code.write_text("A = 1\n", "utf-8")
    monkeypatch.setattr(kernels, "_folder_of", lambda package: tmp_path / package)
    note = kernels._note()
    assert note.parent == tmp_path / "kernels"
    assert kernels._note() == note
    code.write_text("A = 10\n", "utf-8")
    assert kernels._note() != note

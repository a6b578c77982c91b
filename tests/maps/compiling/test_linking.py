"""A kernel is optimised once, parts included; then numba is as it was.

``linking`` replaces two methods of numba that are not public: these tests fail when a new version
of numba has them no more, or calls them otherwise.
"""

from typing import Any

import pytest
from numba.core.codegen import JITCodeLibrary
from numba.core.registry import cpu_target

from maps.compiling.kernels import INT, kernel, part, routine
from maps.compiling.linking import _Part, optimised_once


@part
def _squared(number: int) -> int:
    return number * number


@routine
def _plus_one(number: int) -> int:
    return number + 1


def twice_each(number: int) -> int:
    return _squared(_plus_one(number)) + 1000 * _squared(_plus_one(number + 1))


@pytest.fixture
def optimised(monkeypatch) -> list[str]:
    """Return the names of the functions whose code is optimised from now on."""
    names: list[str] = []
    optimise = JITCodeLibrary._optimize_final_module

    def noting(library: Any) -> None:
        names.append(library.name)
        optimise(library)

    monkeypatch.setattr(JITCodeLibrary, "_optimize_final_module", noting)
    return names


def replaced() -> set[str]:
    """Return which methods of numba's code generator are replaced now."""
    codegen: Any = cpu_target.target_context.codegen()
    return {"create_library", "set_env"} & set(vars(codegen))


def test_only_the_kernel_is_optimised_and_its_parts_count_where_they_are_called(
    optimised, monkeypatch, tmp_path
):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr("numba.config.CACHE_DIR", "")
    made = kernel(INT, INT)(twice_each)
    assert optimised == [twice_each.__qualname__]
    assert made(3) == 16 + 25_000


def test_what_is_compiled_elsewhere_is_optimised_as_ever():
    assert replaced() == set()
    codegen: Any = cpu_target.target_context.codegen()
    assert type(codegen.create_library("elsewhere")) is JITCodeLibrary
    with optimised_once("a kernel"):
        assert replaced() == {"create_library", "set_env"}
        assert type(codegen.create_library("a kernel")) is JITCodeLibrary
        assert type(codegen.create_library("a part")) is _Part
    assert replaced() == set()


def test_numba_is_as_it_was_after_an_error_too():
    with pytest.raises(ValueError, match="while compiling"), optimised_once("a kernel"):
        raise ValueError("while compiling")
    assert replaced() == set()

"""Optimise a kernel as a whole, once, instead of each of the functions that it is made of.

numba makes a library of each function, copies into it the libraries of all functions that it calls,
and theirs, and runs all of LLVM's optimisations over that, and then makes machine code of it: what
lies ten calls deep is optimised ten times, for machine code that nobody runs. Parts of a kernel are
never called from Python, so here their libraries are only kept to be copied, and optimised with the
kernel. That is two thirds of the time that the routing kernel took to compile.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from numba.core.codegen import JITCodeLibrary
from numba.core.registry import cpu_target


class _Part(JITCodeLibrary):
    """Code of a function that only other compiled functions call: copied, never run."""

    def _optimize_final_module(self) -> None:
        pass

    def _finalize_final_module(self) -> None:
        self._finalize_dynamic_globals()
        self._finalized = True

    def get_pointer_to_function(self, name: str) -> int:  # noqa: ARG002 - numba's signature
        return 0


@contextmanager
def optimised_once(kernel: str) -> Iterator[None]:
    """Optimise, of all that is compiled meanwhile, only the function of this qualified name."""
    codegen: Any = cpu_target.target_context.codegen()
    set_env = codegen.set_env

    def create(name: str, **options: Any) -> Any:
        """Make the library of one function."""
        made = JITCodeLibrary if name == kernel else _Part
        return made(codegen, name, **options)

    def set_env_of_kernel(name: str, env: Any) -> None:
        """Tell a function its environment, if it was made machine code."""
        if codegen._engine.get_global_value_address(name):
            set_env(name, env)

    codegen.create_library, codegen.set_env = create, set_env_of_kernel
    try:
        yield
    finally:
        del codegen.create_library, codegen.set_env

"""From an instance's file to a solution's file: what ``robovan solve`` does, without its words.

Decides the order: what cannot be written is refused before the search, not after it.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from routing.errors import SolverMissingError
from routing.formats.choices import Format, Objective, Solver
from routing.formats.errors import SolutionUnwritableError
from routing.formats.instance import Instance, default_objective
from routing.formats.reading import read_instance
from routing.formats.solution import OnProgress, Solution
from routing.formats.solution_file import as_json, as_text, write_text
from routing.picture import picture


@dataclass(frozen=True, slots=True)
class SolveOptions:
    """What to solve, how long, and where to write.

    Attributes
    ----------
    instance, form
        The file, and its format or None for what it looks like.
    objective
        What counts, or None for what published results of such instances count.
    seconds, seed, solver
        CPU seconds of search, which search of that length, and whose.
    workers
        Processes that search at once, or None for what the instance's size asks for.
    output, picture
        The solution's file, and its picture's or None.
    best_known
        A cost to compare with, or None.
    """

    instance: Path
    form: Format | None
    objective: Objective | None
    seconds: float
    seed: int
    solver: Solver
    output: Path
    picture: Path | None = None
    best_known: float | None = None
    workers: int | None = None


def run_solve(
    options: SolveOptions,
    on_progress: OnProgress | None = None,
    stop: Callable[[], bool] | None = None,
) -> dict[str, Any]:
    """Read, solve and write; return what the solution's file has.

    Parameters
    ----------
    options
        What to do.
    on_progress
        Told of each step of the search.
    stop
        Asked again and again; the search ends when it says True.

    Returns
    -------
    dict
        The solution as its file has it, the objective and, if asked and if everybody is served,
        ``gap_ratio``.
    """
    for path in (options.output, options.picture):
        _refuse_unwritable(path)
    _refuse_overwriting(options)
    instance = read_instance(options.instance, options.form)
    objective = options.objective or default_objective(instance)
    solved = _solved(instance, objective, options, on_progress, stop)
    document = {
        **as_json(instance, solved),
        "objective": objective.value,
        "seed": options.seed,
    }
    # What serves fewer costs less: there is no gap to tell.
    best_known = None if solved.unserved else options.best_known
    if best_known is not None:
        document["gap_ratio"] = document["cost"] / best_known - 1
    write_text(options.output, as_text(document))
    if options.picture is not None:
        drawn = picture(instance, solved.routes, best_known=best_known)
        write_text(options.picture, drawn)
    return document


def _solved(
    instance: Instance,
    objective: Objective,
    options: SolveOptions,
    on_progress: OnProgress | None,
    stop: Callable[[], bool] | None,
) -> Solution:
    # Imported here: only the one that is asked is compiled or loaded.
    if options.solver is Solver.VROOM:
        try:
            from routing.formats.solving_by_vroom import solve_by_vroom  # noqa: PLC0415
        except ImportError as error:  # pyvroom is compiled code, which not every machine can load
            raise SolverMissingError("VROOM", str(error)) from error
        return solve_by_vroom(
            instance,
            objective=objective,
            seconds=options.seconds,
            seed=options.seed,
            on_progress=on_progress,
            stop=stop,
        )
    from routing.formats.solving import solve_by_kernel  # noqa: PLC0415

    return solve_by_kernel(
        instance,
        objective=objective,
        seconds=options.seconds,
        seed=options.seed,
        workers=options.workers or len(os.sched_getaffinity(0)),
        on_progress=on_progress,
        stop=stop,
    )


def _refuse_unwritable(path: Path | None) -> None:
    """Raise before the search what would else be noticed after it."""
    if path is None:
        return
    if path.is_dir():
        raise SolutionUnwritableError(path, "it is a folder")
    folder = path.absolute().parent
    if not folder.is_dir():
        raise SolutionUnwritableError(path, f"there is no folder {str(folder)!r}")
    if not os.access(path if path.exists() else folder, os.W_OK):
        raise SolutionUnwritableError(path, "permission denied")


def _refuse_overwriting(options: SolveOptions) -> None:
    """Raise where one file would take the place of another that is asked for or read."""
    taken = {options.instance.resolve(): "it is the instance"}
    for path, what in ((options.output, "it is the solution's file"), (options.picture, "")):
        if path is not None and path.resolve() in taken:
            raise SolutionUnwritableError(path, taken[path.resolve()])
        if path is not None:
            taken[path.resolve()] = what

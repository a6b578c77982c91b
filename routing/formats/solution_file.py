"""Solutions of benchmark instances as files: JSON of ours, and CVRPLIB's own text in.

Decides how nodes are named: as the instance's file does; CVRPLIB and Solomon number their customers
from 1, and these stay numbers.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StrictInt, StrictStr, ValidationError

from routing.formats.choices import Format
from routing.formats.errors import BadSolutionError, SolutionUnwritableError
from routing.formats.instance import Instance, total_distance
from routing.formats.reading import read_text
from routing.formats.solution import Solution
from routing.formats.walk import TOLERANCE, Breach, breaches

Name = StrictStr | StrictInt
Finite = Annotated[float, Field(allow_inf_nan=False)]

STATED_COST_TOLERANCE = 1e-6
"""Of the whole cost, relative: writers round (assumed)."""


class SolutionFile(BaseModel):
    """What a solution says: only the routes are needed to judge it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    instance: str = ""
    cost: Finite | None = None
    vehicles: StrictInt | None = None
    routes: tuple[tuple[Name, ...], ...]


def names_of(instance: Instance, nodes: Sequence[int]) -> list[str | int]:
    """Return nodes as solutions name them: numbers where the file numbers its customers."""
    labels = [instance.labels[node] for node in nodes]
    return [*labels] if instance.format is Format.EVRPTW else [int(label) for label in labels]


def as_json(instance: Instance, solution: Solution) -> dict[str, Any]:
    """Return a solution as its file has it; cost and vehicles are counted anew from the routes."""
    return {
        "instance": instance.name,
        "format": instance.format.value,
        "cost": total_distance(instance, solution.routes),
        "vehicles": len(solution.routes),
        "routes": [names_of(instance, route) for route in solution.routes],
        "unserved": names_of(instance, solution.unserved),
        "solver": solution.solver,
        **solution.facts,
        "seconds_cpu": solution.seconds_cpu,
        "trajectory": [list(step) for step in solution.trajectory],
    }


def as_text(document: dict[str, Any]) -> str:
    """Return a solution's JSON with one line for each key, and one for each route."""
    routes = ",\n  ".join(json.dumps(route) for route in document["routes"])
    lines = [
        f'"{key}": [\n  {routes}\n ]' if key == "routes" else f'"{key}": {json.dumps(value)}'
        for key, value in document.items()
    ]
    return "{\n " + ",\n ".join(lines) + "\n}\n"


def write_text(path: Path, text: str) -> None:
    """Write a text file, or raise SolutionUnwritableError."""
    try:
        path.write_text(text, "utf-8")
    except OSError as error:
        raise SolutionUnwritableError(path, error.strerror or "no such folder") from error


def read_solution(path: Path) -> SolutionFile:
    """Read a solution: our JSON, or the text in which CVRPLIB publishes them.

    Parameters
    ----------
    path
        The file.

    Returns
    -------
    SolutionFile
        What it says, not judged yet.

    Raises
    ------
    InstanceUnreadableError
        If there is no such text file.
    BadSolutionError
        If it is neither; carries every fault.
    """
    text = read_text(path)
    if re.match(r"\s*Route #", text):
        return _published(path, text)
    try:
        return SolutionFile.model_validate_json(text)
    except ValidationError as error:
        raise BadSolutionError(path, _faults(error)) from error


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a solution is worth: its distance and vehicles counted anew, and what it breaks."""

    cost: float
    vehicles: int
    breaches: tuple[Breach, ...]


def judge(instance: Instance, given: SolutionFile) -> Judgement:
    """Judge a solution's file, what it states of itself included.

    Parameters
    ----------
    instance, given
        The instance, and what the solution's file says.

    Returns
    -------
    Judgement
        Names that the instance does not know come first, and are left out of the walk.
    """
    nodes = {label: node for node, label in enumerate(instance.labels) if node > 0}
    found: list[Breach] = []
    routes, places = [], []
    for number, names in enumerate(given.routes):
        known = [position for position, name in enumerate(names) if str(name) in nodes]
        for position in sorted(set(range(len(names))) - set(known)):
            found.append(Breach("unknown", number, position, str(names[position]), 0, 1))
        routes.append(tuple(nodes[str(names[position])] for position in known))
        places.append((*known, len(names)))  # the depot at the end comes last
    for one in breaches(instance, routes, tolerance=TOLERANCE):
        at = places[one.route][one.position] if one.position >= 0 else -1
        found.append(replace(one, position=at))
    cost = total_distance(instance, routes)
    vehicles = sum(bool(route) for route in routes)
    if given.cost is not None and abs(given.cost - cost) > STATED_COST_TOLERANCE * max(1.0, cost):
        found.append(Breach("stated_cost", -1, -1, "", given.cost, cost))
    if given.vehicles is not None and given.vehicles != vehicles:
        found.append(Breach("stated_vehicles", -1, -1, "", given.vehicles, vehicles))
    return Judgement(cost, vehicles, tuple(found))


def _faults(error: ValidationError) -> list[str]:
    """Return what is wrong with a file, one sentence each."""
    return [
        f"{'.'.join(map(str, fault['loc'])) or 'the file'}: {fault['msg']}"
        for fault in error.errors()
    ]


def _published(path: Path, text: str) -> SolutionFile:
    """Return a solution of lines ``Route #1: 5 3 8`` and ``Cost 27591``."""
    routes: list[list[int]] = []
    cost, faults = None, []
    for number, line in enumerate(text.splitlines(), start=1):
        if found := re.fullmatch(r"\s*Route #\d+:([\d\s]*)", line):
            routes.append([int(word) for word in found[1].split()])
        elif found := re.fullmatch(r"\s*Cost\s+(\d+\.?\d*)\s*", line, re.IGNORECASE):
            cost = float(found[1])
        elif line.strip():
            faults.append(f"line {number}: {line.strip()[:40]!r} is neither a route nor the cost")
    if faults:
        raise BadSolutionError(path, faults)
    return SolutionFile.model_validate_json(json.dumps({"routes": routes, "cost": cost}))

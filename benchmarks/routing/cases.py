"""What is measured: instances, objectives, budgets and seeds, and who is asked.

One frozen configuration for all: no solver is told which instance it is given. VROOM stops by
itself, so it is asked once for each instance, with the longest budget.
"""

from dataclasses import dataclass
from pathlib import Path

CVRP = (
    "X-n101-k25", "X-n200-k36", "X-n303-k21", "X-n401-k29", "X-n502-k39", "X-n701-k44",
    "X-n1001-k43",
)  # fmt: skip

VRPTW = (
    "C101", "C201", "R101", "R104", "R201", "R206", "RC101", "RC106", "RC201", "r1_2_1", "rc2_2_1",
    "c1_4_1", "r1_4_1", "rc1_6_5", "r1_10_1",
)  # fmt: skip

HUGE = "Leuven1"

AFTERNOON = "afternoon"
"""Our own problem, see ``rich``; the only one that needs no file."""

INSTANCE_GROUPS = ("cvrp", "vrptw_distance", "vrptw_vehicles", "evrptw", "evrptw_small", "huge")
GROUPS = (*INSTANCE_GROUPS, "rich")

SEEDS = (1, 2, 3)

BUDGETS = {
    "cvrp": (1.0, 3.0, 10.0),
    "vrptw_distance": (1.0, 3.0, 10.0),
    "vrptw_vehicles": (10.0, 30.0),
    "evrptw": (10.0, 30.0),
    "evrptw_small": (2.0,),
    "huge": (60.0,),
    "rich": (2.0,),
}
"""CPU seconds, by group."""

QUICK_BUDGETS = dict.fromkeys(GROUPS, (1.0, 10.0)) | {"evrptw_small": (1.0,), "rich": (2.0,)}

LONGER = {"X-n1001-k43": 30.0}
"""One more budget for single instances."""

SOLVERS = {
    "cvrp": ("kernel", "pyvrp", "vroom"),
    "vrptw_distance": ("kernel", "pyvrp", "vroom"),
    "vrptw_vehicles": ("kernel", "vroom"),
    "evrptw": ("kernel", "vroom"),
    "evrptw_small": ("kernel", "vroom"),
    "huge": ("neighbourhoods", "pyvrp"),
    "rich": ("kernel",),
}
"""Who can be asked: PyVRP knows no battery, and its distances are compared where they count.

``neighbourhoods`` is the kernel on parts of a plan, in two worker processes.
"""

ALONE = ("huge", "rich")
"""Groups whose runs have the machine for themselves: workers of their own, or milliseconds."""

BESIDES_S = {"rich": 60.0, "huge": 15.0}
"""CPU seconds of a run besides its budget, about: reading, judging, what else is measured."""

BESIDES_S_USUAL = 1.0


@dataclass(frozen=True, slots=True, order=True)
class Run:
    """One question to one solver."""

    group: str
    instance: str
    solver: str
    seconds: float
    seed: int

    @property
    def key(self) -> str:
        """Return the name of its result."""
        return f"{self.group}/{self.instance}/{self.solver}/{self.seconds:g}/{self.seed}"

    @property
    def objective(self) -> str:
        """Return what counts."""
        if self.group == "rich":
            return "cost"
        return "distance" if self.group in {"cvrp", "vrptw_distance", "huge"} else "vehicles"

    @property
    def seconds_about(self) -> float:
        """Return how many CPU seconds it will take, about; VROOM often ends long before."""
        return self.seconds + BESIDES_S.get(self.group, BESIDES_S_USUAL)


def path_of(folder: Path, run: Run) -> Path:
    """Return the instance's file."""
    family = {"huge": "cvrp", "evrptw_small": "evrptw"}.get(run.group, run.group.partition("_")[0])
    return folder / family / f"{run.instance}{'.vrp' if family == 'cvrp' else '.txt'}"


def runs_of(
    folder: Path, *, quick: bool, groups: tuple[str, ...], seeds: tuple[int, ...] = SEEDS
) -> list[Run]:
    """Return all runs of some groups, those of the first seed first."""
    budgets = QUICK_BUDGETS if quick else BUDGETS
    runs = []
    for group in GROUPS:
        if group not in groups:
            continue
        for name in instances_of(folder, group):
            longer = () if quick else tuple({LONGER[name]} if name in LONGER else ())
            for solver in SOLVERS[group]:
                if solver == "vroom":
                    runs.append(Run(group, name, solver, max(budgets[group]), 0))
                    continue
                for seconds in (*budgets[group], *longer):
                    runs += [Run(group, name, solver, seconds, seed) for seed in seeds]
    return sorted(runs, key=lambda run: run.seed if run.seed in seeds[1:] else -1)


def instances_of(folder: Path, group: str) -> tuple[str, ...]:
    """Return the names of a group's instances; the electric ones are those in the folder."""
    named = {"cvrp": CVRP, "huge": (HUGE,), "rich": (AFTERNOON,)}
    if group in named:
        return named[group]
    if group.startswith("vrptw"):
        return VRPTW
    names = sorted(path.stem for path in (folder / "evrptw").glob("*.txt"))
    return tuple(name for name in names if name.endswith("_21") == (group == "evrptw"))

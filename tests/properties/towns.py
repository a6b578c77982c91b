"""A town of forty doors: enough that searches differ, drawn from a seed alone."""

import hashlib
from dataclasses import replace

import numpy as np

from routing.kernel.search import search
from routing.problem import Job, Matrices, Problem, Station, Window
from tests.properties.rich_problems import TONNE

DOORS = 40
STATIONS = 3


def town(seed: int, *, electric: bool) -> Problem:
    """Return a problem of forty jobs and six vans, with batteries that bind or none."""
    random = np.random.Generator(np.random.PCG64(seed))
    at = random.integers(0, 60, size=(1 + DOORS + STATIONS, 2))
    steps = np.abs(at[:, None] - at[None]).sum(axis=2).astype(np.int64)
    opens = random.integers(0, 7000, size=DOORS).tolist()
    jobs = tuple(
        Job(
            label=f"job-{index}",
            place=1 + index,
            demand=(int(random.integers(20_000, 200_000)), 1),
            windows=(Window(opens[index], opens[index] + 3600),),
            service_s=120,
            unserved_price=20_000,
        )
        for index in range(DOORS)
    )
    battery_mwh = 2_500_000 if electric else 10_000_000
    van = replace(TONNE, battery_mwh=battery_mwh, auxiliary_w=800 if electric else 0)
    unit = 15_000 if electric else 0
    return Problem(
        dimensions=("mass_g", "lockers"),
        jobs=jobs,
        vehicles=tuple(
            replace(van, label=f"van-{k}", capacity=(1_000_000, 20), battery_mwh_max=20_000_000)
            for k in range(6)
        ),
        stations=tuple(
            Station(f"station-{k}", 1 + DOORS + k, 50_000)
            for k in range(STATIONS if electric else 0)
        ),
        matrices=(Matrices(steps * 10, steps * 100, steps * unit, steps * unit // 2),),
    )


def digest(seed: int, iterations: int) -> str:
    """Return a digest of the plan found for an electric town."""
    plan = search(town(seed, electric=True), seed=seed, iterations=iterations).plan
    return hashlib.sha256(repr(plan).encode()).hexdigest()

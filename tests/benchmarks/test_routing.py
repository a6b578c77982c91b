"""The routing benchmark: gaps by convention, aims from results alone, and going on after a stop."""

import json
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from benchmarks.routing.__main__ import foretold
from benchmarks.routing.cases import Run, runs_of
from benchmarks.routing.gaps import mean_gap, with_gap
from benchmarks.routing.keeping import Results, code_of, what_it_does
from benchmarks.routing.memory import watched
from benchmarks.routing.plot import plot
from benchmarks.routing.reacting import moved
from benchmarks.routing.table import markdown
from benchmarks.routing.targets import aims_of, aims_of_kernels, aims_of_retiming

ROOT = Path(__file__).resolve().parents[2]

BEST = {
    "cvrp": {"X-n101-k25": {"cost": 1000, "vehicles": 5}, "Leuven1": {"cost": 500}},
    "vrptw": {
        "R101": {"hierarchical": [19, 1650.0], "dimacs": 1600.0},
        "r1_2_1": {"hierarchical": [20, 4800.0], "dimacs": None},
    },
    "evrptw": {"r101_21": {"vehicles": 18, "cost": 1600.0}},
}


def result(group, instance, *, solver="kernel", seconds=10.0, seed=1, **figures):
    run = Run(group, instance, solver, seconds, seed)
    plain = {
        **asdict(run),
        "objective": run.objective,
        "cost": 1000.0,
        "cost_truncated": 990.0,
        "vehicles": 5,
        "unserved": 0,
        "breaches": 0,
        "seconds_cpu": seconds,
        "trajectory": [[0.1, 1200.0], [seconds, 1000.0]],
    }
    return with_gap({**plain, **figures}, BEST)


@pytest.mark.parametrize(
    ("given", "more", "percent"),
    [
        (result("cvrp", "X-n101-k25", cost=1010.0), None, 1.0),
        (result("cvrp", "X-unknown"), None, None),
        (result("huge", "Leuven1", cost=505.0), None, 1.0),
        (result("vrptw_distance", "R101", cost=1700.0, cost_truncated=1616.0), None, 1.0),
        (result("vrptw_distance", "r1_2_1", cost=4752.0), None, -1.0),
        (result("vrptw_vehicles", "R101", vehicles=19, cost=1666.5), 0, 1.0),
        (result("vrptw_vehicles", "R101", vehicles=20, cost=1500.0), 1, None),
        (result("evrptw", "r101_21", vehicles=17, cost=1700.0), -1, None),
        (result("evrptw", "r101_21", vehicles=18, cost=1592.0), 0, -0.5),
        (result("evrptw", "r101_21", vehicles=18, unserved=1), None, None),
    ],
)
def test_gaps_follow_each_familys_convention(given, more, percent):
    assert given["vehicles_more"] == more
    assert given["gap_percent"] == (None if percent is None else pytest.approx(percent))


def test_aims_are_reached_and_missed_by_the_results():
    good = [
        result("cvrp", "X-n101-k25", cost=1003.0),
        result("cvrp", "X-n101-k25", solver="pyvrp", cost=1010.0),
    ]
    assert all(aim.reached for aim in aims_of(good))
    bad = [result("cvrp", "X-n101-k25", cost=1020.0, unserved=0), good[1]]
    missed = [aim.what for aim in aims_of(bad) if not aim.reached]
    assert missed == [
        "CVRP, mean gap at 10 s",
        "CVRP: no worse than PyVRP",
        "CVRP: mean gap",
    ]
    left_out = [result("cvrp", "X-n101-k25", cost=1.0, unserved=1), good[1]]
    missed = [aim.what for aim in aims_of(left_out) if not aim.reached]
    assert missed == ["CVRP: no worse than PyVRP", "Anything unserved or infeasible"]


def test_most_seeds_decide_whether_a_count_is_reached():
    runs = [
        result("evrptw", "r101_21", seed=seed, vehicles=vehicles)
        for seed, vehicles in ((1, 18), (2, 19), (3, 18))
    ]
    found = {aim.what: aim.found for aim in aims_of(runs)}
    assert found["Electric at 10 s: published count or fewer"] == "1 of 1"
    runs[0] = result("evrptw", "r101_21", seed=1, vehicles=19)
    found = {aim.what: aim.found for aim in aims_of(runs)}
    assert found["Electric at 10 s: published count or fewer"] == "0 of 1"


def test_nothing_is_claimed_without_results():
    assert list(aims_of([])) == []
    assert mean_gap([]) is None


def test_the_table_has_a_row_for_each_instance_and_the_means():
    runs = [
        result("cvrp", "X-n101-k25", cost=1010.0),
        result("cvrp", "X-n101-k25", seed=2, cost=1030.0),
        result("cvrp", "X-n101-k25", solver="vroom", cost=1050.0, seconds_cpu=0.25),
        result("vrptw_vehicles", "R101", vehicles=20),
    ]
    about = {"versions": {"numba": "1"}, "machine": "m", "workers": 1, "kernels": None}
    text = markdown(runs, list(aims_of(runs)), about)
    assert "| X-n101-k25 | 2.00 | 5.00 in 0.2 s |" in text
    assert "| **mean** | 2.00 | 5.00 |" in text
    assert "| R101 | +1 |" in text


def test_trajectories_are_drawn_for_the_longest_run_of_each_solver():
    runs = [result("cvrp", "X-n101-k25", seconds=seconds) for seconds in (1.0, 10.0)]
    runs.append(result("cvrp", "X-n101-k25", solver="pyvrp"))
    root = ElementTree.fromstring(plot(runs, BEST))
    assert sum(node.tag.endswith("polyline") for node in root.iter()) == 2


def test_finished_runs_are_kept_until_the_code_changes(tmp_path, monkeypatch):
    path = tmp_path / "results.json"
    run = Run("cvrp", "X-n101-k25", "kernel", 1.0, 1)
    Results(path).keep(run, {"cost": 3.0})
    kept = Results(path).of(run)
    assert kept is not None
    assert kept["cost"] == 3.0
    assert Results(path, fresh=True).of(run) is None
    monkeypatch.setattr("benchmarks.routing.keeping.code_of", lambda solver: "another")
    assert Results(path).of(run) is None
    assert len(code_of("kernel")) == 12


def test_words_about_code_outdate_no_result():
    plain = "LIMIT = 3\n\ndef twice(x):\n    return 2 * x\n"
    told = '"""A file."""\nLIMIT = 3  # why\n"""Measured."""\n\ndef twice(x):\n    """Say."""\n'
    assert what_it_does(told + "    return 2 * x\n") == what_it_does(plain)
    assert what_it_does(told + "    return 3 * x\n") != what_it_does(plain)


def test_every_run_has_a_name_of_its_own():
    runs = list(runs_of(Path("nowhere"), quick=False, groups=("cvrp", "vrptw_distance", "huge")))
    assert len({run.key for run in runs}) == len(runs) > 300
    seeds = [run.seed for run in runs]
    assert seeds.index(2) > max(at for at, seed in enumerate(seeds) if seed in {0, 1})
    assert {run.seed for run in runs_of(Path(), quick=False, groups=("huge",), seeds=(2,))} == {2}
    quick = list(runs_of(Path("nowhere"), quick=True, groups=("cvrp",)))
    assert {run.seconds for run in quick if run.solver == "kernel"} == {1.0, 10.0}


REPAIR = {"stops": 7, "reinserted": 6, "violations": 0}

FIGURES: dict[str, Any] = {
    "first_s": 0.1,
    "first_unserved": 3,
    "breakdowns": [
        {**REPAIR, "reinsert_s": 0.001, "gap_percent": 0.5, "moved_percent": 4.0},
        {**REPAIR, "reinsert_s": 0.003, "gap_percent": 1.5, "moved_percent": 9.0},
    ],
    "urgent": [{"insert_s": 0.0002, "served": True, "violations": 0}],
    "violations": 0,
}


def test_the_worst_repair_decides_about_our_own_problem():
    def told(**figures):
        run = result("rich", "afternoon", unserved=2, figures={**FIGURES, **figures})
        return {aim.what: aim.reached for aim in aims_of([run])}

    assert all(told().values())
    assert len(told()) == 6
    run = result("rich", "afternoon", unserved=2, figures=FIGURES)
    notes = [aim.found.partition("; ")[2] for aim in aims_of([run])]
    assert [note for note in notes if note] == [
        "3 stops left out in 1 plans",
        "12 of 14 stops found a van",
        "1 of 1 stops found a van",
    ]
    slow = {**REPAIR, "reinsert_s": 0.006, "gap_percent": 2.5, "moved_percent": 11.0}
    missed = [
        what
        for what, reached in told(breakdowns=[*FIGURES["breakdowns"], slow], violations=1).items()
        if not reached
    ]
    assert missed == [
        "Own problem: a van's stops reinserted",
        "Own problem: 50 ms after a breakdown against 2 s",
        "Own problem: other stops that move meanwhile",
        "Own problem: every plan passes the checker",
    ]


def test_stops_that_move_are_those_outside_a_longest_run_in_the_old_order():
    before = {0: (1, 2, 3, 4, 5), 1: (6, 7), 2: (8,)}
    assert moved(before, before) == set()
    assert moved(before, {0: (1, 9, 2, 3, 4, 5), 1: (6, 7), 2: (8,)}) == set(), "new ones do not"
    assert moved(before, {0: (2, 3, 4, 5, 1), 1: (6, 8, 7)}) == {1, 8}
    assert moved(before, {1: (7, 6), 0: (1, 2, 3, 4, 5), 2: (8,)}) in ({6}, {7})


def test_memory_and_compiling_have_aims_of_their_own():
    huge = result("huge", "Leuven1", solver="neighbourhoods", seconds=60.0, cost=504.0)
    aims = {aim.what: aim for aim in aims_of([{**huge, "memory_mb_peak": 501}])}
    assert aims["Leuven1 by two workers, gap at 60 s"].reached
    assert not aims["Leuven1 by two workers, memory"].reached
    kernels = list(aims_of_kernels({"cold_s": 44.0, "cached_s": 2.1}))
    assert [aim.reached for aim in kernels] == [True, False]
    retiming = {"routes": 20_000, "stops_mean": 23.4, "seconds_cpu": 1.2}
    assert [aim.reached for aim in aims_of_retiming(retiming)] == [False]
    assert [*aims_of_kernels(None), *aims_of_retiming(None)] == []


def test_memory_of_children_counts():
    hold = "import sys; held = bytearray(60_000_000); held[::4096] = b'x' * len(held[::4096])"
    with watched() as memory:
        alone = memory.peak_mb
        code = f"{hold}; print('ready', flush=True); sys.stdin.read()"
        child = subprocess.Popen(
            [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert child.stdout is not None
        child.stdout.readline()
        memory.look()
        child.communicate()
    assert memory.peak_mb >= alone + 55


def test_the_time_that_missing_runs_take_is_foretold():
    runs = [Run("cvrp", "X-n101-k25", "kernel", 59.0, seed) for seed in (1, 2)]
    runs.append(Run("huge", "Leuven1", "neighbourhoods", 45.0, 1))
    assert foretold(runs, 5, 2).startswith("3 of 5 runs are missing: 3 CPU minutes, 2 minutes")


SQUARE = """\
NAME : X-n101-k25
TYPE : CVRP
DIMENSION : 3
EDGE_WEIGHT_TYPE : EUC_2D
CAPACITY : 2
NODE_COORD_SECTION
1 0 0
2 3 4
3 3 -4
DEMAND_SECTION
1 0
2 1
3 1
DEPOT_SECTION
1
-1
EOF
"""


def asked(*words, folder):
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.routing", "--folder", str(folder), *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    return json.loads(done.stdout), done.stderr


def test_without_instances_it_says_so_and_stops(tmp_path):
    report, said = asked("--group", "cvrp", folder=tmp_path / "none")
    assert report == {"skipped": "no instances"}
    assert "is not there" in said


def test_a_run_is_measured_kept_and_told(tmp_path):
    (tmp_path / "cvrp").mkdir()
    (tmp_path / "cvrp/X-n101-k25.vrp").write_text(SQUARE)
    (tmp_path / "best_known.json").write_text(json.dumps({"cvrp": {"X-n101-k25": {"cost": 18}}}))
    words = ["--group", "cvrp", "--quick", "--solvers", "vroom", "--instance", "X-n101-k25"]
    words += ["--results", str(tmp_path / "r.json"), "--no-kernels"]
    words += ["--markdown", str(tmp_path / "t.md"), "--plot", str(tmp_path / "p.svg")]
    report, said = asked(*words, folder=tmp_path)
    (run,) = report["runs"]
    assert (run["cost"], run["gap_percent"], run["breaches"]) == (18.0, 0.0, 0)
    assert "1/1 cvrp/X-n101-k25/vroom/10/0" in said
    assert "| X-n101-k25 | 0.00 in" in (tmp_path / "t.md").read_text()
    assert "1 of 1 runs are missing" in said
    again, said = asked(*words, folder=tmp_path)
    assert again["runs"] == report["runs"]
    assert "1/1" not in said


def test_no_run_begins_that_would_end_too_late(tmp_path):
    (tmp_path / "cvrp").mkdir()
    (tmp_path / "cvrp/X-n101-k25.vrp").write_text(SQUARE)
    (tmp_path / "best_known.json").write_text("{}")
    words = ["--group", "cvrp", "--solvers", "vroom", "--instance", "X-n101-k25"]
    words += ["--results", str(tmp_path / "r.json"), "--no-kernels", "--minutes", "0.1"]
    report, said = asked(*words, folder=tmp_path)
    assert report["runs"] == []
    assert "1 runs are left for another time" in said

"""The routing benchmark: gaps by convention, aims from results alone, and going on after a stop."""

import json
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from xml.etree import ElementTree

import pytest

from benchmarks.routing.cases import Run, runs_of
from benchmarks.routing.gaps import mean_gap, with_gap
from benchmarks.routing.keeping import Results, code_of
from benchmarks.routing.plot import plot
from benchmarks.routing.table import markdown
from benchmarks.routing.targets import aims_of

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


def test_every_run_has_a_name_of_its_own():
    runs = list(runs_of(Path("nowhere"), quick=False, groups=("cvrp", "vrptw_distance", "huge")))
    assert len({run.key for run in runs}) == len(runs) > 300
    quick = list(runs_of(Path("nowhere"), quick=True, groups=("cvrp",)))
    assert {run.seconds for run in quick if run.solver == "kernel"} == {1.0, 10.0}


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
    report, said = asked(folder=tmp_path / "none")
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
    again, said = asked(*words, folder=tmp_path)
    assert again["runs"] == report["runs"]
    assert "1/1" not in said

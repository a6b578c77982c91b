"""The measuring of roads: what counts as a figure, a target reached, and agreement with OSRM."""

import sys

import numpy as np
import pytest

from benchmarks.roads.cases import Case
from benchmarks.roads.compare import Comparison, report_of
from benchmarks.roads.measuring import best_cpu_s_of, memory_peak_of, run
from benchmarks.roads.osrm import Table
from benchmarks.roads.table import markdown
from benchmarks.roads.targets import TARGETS, Target
from maps.places import LonLat


def comparison(ours_s: list[list[float]], osrm_s: list[list[float]]) -> Comparison:
    places = tuple(LonLat(8.0 + 0.01 * number, 50.0) for number in range(len(ours_s)))
    table = Table(np.array(osrm_s), None, places)
    return Comparison(places, np.array(ours_s), table, np.zeros(len(places)))


def test_ratios_are_ours_over_theirs():
    found = report_of(comparison([[0, 110], [90, 0]], [[0, 100], [100, 0]]))
    assert found["all"]["pairs"] == 2
    assert found["all"]["median"] == pytest.approx(1.0)
    assert found["worst"][0]["ratio"] == pytest.approx(0.9)


def test_pairs_that_only_one_engine_joins_are_counted_apart():
    nan = float("nan")
    found = report_of(comparison([[0, nan], [90, 0]], [[0, 100], [nan, 0]]))
    assert found["pairs_only_osrm_reaches"] == 1
    assert found["pairs_only_we_reach"] == 1
    assert found["all"] == {"pairs": 0}


def test_short_trips_and_places_on_other_roads_do_not_count_as_costs():
    one = comparison([[0, 20, 80], [20, 0, 80], [80, 80, 0]], [[0, 10, 80], [10, 0, 80], [80] * 3])
    assert report_of(one)["all"]["p99"] == pytest.approx(1.0)
    apart = Comparison(one.places, one.ours_s, one.osrm, np.array([0.0, 0.0, 99.0]))
    assert report_of(apart)["same_spots"] == {"pairs": 0}
    assert report_of(apart)["places_on_other_roads"] == 1


def test_a_target_says_in_which_direction_it_is_reached():
    most = Target("seconds", 2, "s", lambda figures: figures["a"]["s"])
    least = Target("times", 4, "×", lambda figures: figures["a"]["s"], at_least=True)
    assert most.reached(2.0)
    assert not most.reached(2.1)
    assert least.reached(4.0)
    assert not least.reached(3.9)
    assert most.of({}) is None
    assert most.of({"a": {"s": 3}}) == 3.0


def test_the_page_names_what_is_missed_and_what_is_not_measured():
    about = {
        "command": "measure", "segments": 300_000, "seed": 1, "sizes": [500], "cores": 2,
        "processor": "a processor", "python": "3.12", "versions": {"numpy": "2"},
    }  # fmt: skip
    generated = {"build": {"cpu_s": 13.0, "memory_mb_peak": 700.0}, "osrm": {"skipped": "not here"}}
    cities = {"generated": generated, "heidelberg": {"skipped": "no folder of cities was given"}}
    page = markdown({"about": about, "cities": cities})
    assert "| extract to city file | ≤ 12 s | 13.0 (missed) | – |" in page
    assert "| memory for it | ≤ 800 MB | 700 | – |" in page
    assert "not here" in page
    assert "no folder of cities was given" in page
    assert all(target.text in page for target in TARGETS)


def test_a_process_is_measured_from_start_to_end():
    program = "import numpy as np; print(np.ones(30_000_000).sum())"
    ran = run([sys.executable, "-c", program])
    assert "30000000.0" in ran.output
    assert ran.memory_mb_peak > 200
    assert ran.cpu_s > 0


def test_a_failing_process_is_told_with_its_last_words():
    with pytest.raises(RuntimeError, match=r"ended with 3: .*the reason"):
        run([sys.executable, "-c", "print('the reason', flush=True); raise SystemExit(3)"])


def test_the_best_of_several_counts():
    answers = iter("abc")
    least_s, last = best_cpu_s_of(3, lambda: next(answers))
    assert last == "c"
    assert least_s >= 0


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the mark is the kernel's")
def test_the_peak_of_memory_is_that_of_the_work_alone():
    before_mb, _ = memory_peak_of(lambda: None)
    during_mb, _ = memory_peak_of(lambda: np.ones(20_000_000).sum())
    after_mb, _ = memory_peak_of(lambda: None)
    assert during_mb - before_mb > 100
    assert during_mb - after_mb > 100


def test_a_case_survives_the_way_to_another_process(tmp_path):
    case = Case("one", tmp_path / "one.osm.pbf", tmp_path, 1, (500, 1000), 3)
    assert Case.of_text(case.text()) == case

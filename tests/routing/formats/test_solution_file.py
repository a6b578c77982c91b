"""Solutions as files: written, read again, judged, and refused where they are none."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.formats.choices import Format
from routing.formats.errors import BadSolutionError, SolutionUnwritableError
from routing.formats.instance import total_distance
from routing.formats.reading import read_instance
from routing.formats.solution import Solution
from routing.formats.solution_file import as_json, as_text, judge, read_solution, write_text


@given(data=st.data())
def test_what_is_written_is_read_again(data, any_instance, tmp_path_factory):
    instance = data.draw(any_instance())
    nodes = data.draw(st.permutations(range(1, len(instance.labels))))
    cut = data.draw(st.integers(0, len(nodes)))
    routes = tuple(tuple(part) for part in (nodes[:cut], nodes[cut:]) if part)
    solution = Solution(routes, seconds_cpu=1.5, trajectory=((0.5, 9.0),), solver="drawn")
    document = as_json(instance, solution)
    path = tmp_path_factory.mktemp("solution") / "s.json"
    write_text(path, as_text(document))
    assert json.loads(path.read_text()) == document
    read = read_solution(path)
    found = judge(instance, read)
    assert {one.code for one in found.breaches} <= {"capacity", "window", "battery", "vehicles"}
    assert (found.cost, found.vehicles) == (total_distance(instance, routes), len(routes))
    assert (read.instance, read.cost, read.vehicles) == ("drawn", found.cost, found.vehicles)
    numbered = instance.format is not Format.EVRPTW
    assert all(isinstance(name, int) is numbered for route in read.routes for name in route)


def judged(electric_file, document, tmp_path):
    path = tmp_path / "s.json"
    path.write_text(json.dumps(document))
    found = judge(read_instance(electric_file), read_solution(path))
    return [(one.code, one.route, one.position, one.place) for one in found.breaches]


GOOD = ["C1", "S0", "C2", "C3", "S0"]


def test_routes_alone_are_enough_to_be_judged(electric_file, tmp_path):
    assert judged(electric_file, {"routes": [GOOD]}, tmp_path) == []


def test_what_a_file_says_of_itself_is_judged_as_well(electric_file, tmp_path):
    said = {"routes": [[*GOOD, "C9"], []], "cost": 101, "vehicles": 2}
    assert judged(electric_file, said, tmp_path) == [
        ("unknown", 0, 5, "C9"),
        ("stated_cost", -1, -1, ""),
        ("stated_vehicles", -1, -1, ""),
    ]
    assert judged(electric_file, {"routes": [GOOD], "cost": 100.00005}, tmp_path) == []


def test_the_depot_is_no_name_within_a_route(electric_file, tmp_path):
    assert judged(electric_file, {"routes": [["D0", *GOOD, "D0"]]}, tmp_path) == [
        ("unknown", 0, 0, "D0"),
        ("unknown", 0, 6, "D0"),
    ]


def test_positions_count_the_names_that_are_unknown_too(electric_file, tmp_path):
    assert judged(electric_file, {"routes": [["C1", "S0", "C9", "C2", "C3"]]}, tmp_path) == [
        ("unknown", 0, 2, "C9"),
        ("battery", 0, 5, "D0"),
    ]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "the file"),
        ("[]", "the file"),
        ("{}", "routes"),
        ('{"routes": [["C1"], 7]}', "routes.1"),
        ('{"routes": [["C1", null]]}', "routes.0.1"),
        ('{"routes": [[1.5]]}', "routes.0.0"),
        ('{"routes": [], "cost": NaN}', "cost"),
        ("Route #1: 1 2\nRoute #2: x\n", "line 2"),
        ("Route #1: 1 2\nCost 1.2.3\n", "line 2"),
    ],
)
def test_what_is_no_solution_is_refused(tmp_path, text, fault):
    path = tmp_path / "s.json"
    path.write_text(text)
    with pytest.raises(BadSolutionError) as refused:
        read_solution(path)
    assert any(one.startswith(fault) for one in refused.value.faults)


def test_cvrplibs_own_solutions_are_read(tmp_path, electric_file):
    path = tmp_path / "s.sol"
    path.write_text("Route #1: 2 1\nRoute #2: 3 \nCost 130\n")
    read = read_solution(path)
    assert (read.routes, read.cost) == (((2, 1), (3,)), 130.0)
    line = read_instance(electric_file)
    numbered = replace(line, labels=("0", "1", "2", "3", "4"), battery=None)
    assert [one.code for one in judge(numbered, read).breaches] == ["window", "stated_cost"]


def test_a_place_that_cannot_be_written_is_an_expected_failure(tmp_path):
    with pytest.raises(SolutionUnwritableError, match="No such file"):
        write_text(tmp_path / "none" / "s.json", "{}")

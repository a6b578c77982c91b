"""Read electric instances with time windows and recharging stations.

One row a node (depot ``d``, stations ``f``, customers ``c``), then five parameters between
slashes. Distances are Euclidean and not rounded, travel time is distance / velocity, energy is
distance x consumption rate; a vehicle leaves the depot full, and a station always recharges it to
full at a constant rate. Reference: Schneider, Stenger, Goeke, Transportation Science 48(4), 2014,
doi 10.1287/trsc.2013.0490.
"""

import re
from collections.abc import Sequence

from routing.formats.choices import Format
from routing.formats.instance import Battery, Instance
from routing.formats.lines import Faults, Line, Row, check_demands, column, row_of

COLUMNS = 8

PARAMETER = re.compile(r"^([QCrgv])\s.*/([^/]*)/$")

PARAMETERS = {
    "Q": "battery capacity Q",
    "C": "load capacity C",
    "r": "consumption rate r",
    "g": "inverse refuelling rate g",
    "v": "velocity v",
}


def looks_like_evrptw(lines: Sequence[Line]) -> bool:
    """Say whether these are the lines of such a file."""
    return bool(lines) and lines[0].words[0].lower() == "stringid"


def parse_evrptw(lines: Sequence[Line], faults: Faults, *, name: str) -> Instance | None:
    """Return the instance in these lines, or None with every fault noted; files hold no name."""
    kinds: dict[str, list[Row]] = {"d": [], "f": [], "c": []}
    parameters: dict[str, float] = {}
    labels: dict[str, int] = {}
    for line in lines[1:] if looks_like_evrptw(lines) else lines:
        if found := PARAMETER.match(line.text):
            _take_parameter(line, found[1], found[2], parameters, faults)
        else:
            _take_node(line, kinds, labels, faults)
    for letter, meaning in PARAMETERS.items():
        if letter not in parameters:
            faults.add(0, f"there is no line with the {meaning}")
    if len(kinds["d"]) != 1:
        faults.add(0, f"there are {len(kinds['d'])} depots, but one is expected")
    if not kinds["c"]:
        faults.add(0, "there is no customer")
    check_demands(kinds["c"], parameters.get("C", float("inf")), faults)
    if faults.found:
        return None
    return _instance(name, kinds, parameters)


def _instance(name: str, kinds: dict[str, list[Row]], parameters: dict[str, float]) -> Instance:
    rows = [*kinds["d"], *kinds["c"], *kinds["f"]]
    return Instance(
        name=name,
        format=Format.EVRPTW,
        labels=tuple(row.label for row in rows),
        customer_count=len(kinds["c"]),
        x=column(rows, "x"),
        y=column(rows, "y"),
        demand=column(rows, "demand"),
        begin=column(rows, "begin"),
        end=column(rows, "end"),
        service=column(rows, "service"),
        capacity=parameters["C"],
        speed=parameters["v"],
        battery=Battery(
            capacity=parameters["Q"],
            energy_per_distance=parameters["r"],
            time_per_energy=parameters["g"],
        ),
    )


def _take_parameter(
    line: Line, letter: str, text: str, parameters: dict[str, float], faults: Faults
) -> None:
    if letter in parameters:
        faults.add(line.number, f"the {PARAMETERS[letter]} is given a second time")
    value = faults.number(line.number, f"the {PARAMETERS[letter]}", text, least=0.0)
    if letter == "v" and value == 0:
        faults.add(line.number, "the velocity v is 0: nothing would ever arrive")
    parameters[letter] = value


def _take_node(
    line: Line, kinds: dict[str, list[Row]], labels: dict[str, int], faults: Faults
) -> None:
    words = line.words
    if len(words) != COLUMNS:
        faults.add(line.number, f"{len(words)} columns, but a node has {COLUMNS}")
        return
    label, kind = words[:2]
    if kind not in kinds:
        faults.add(line.number, f"{label}: type {kind!r} is none of d, f and c")
        return
    if label in labels:
        faults.add(line.number, f"{label} is the name of line {labels[label]} already")
    labels[label] = line.number
    row = row_of(line, label, words[2:], faults)
    if kind != "c" and (row.demand > 0 or row.service > 0):
        faults.add(line.number, f"{label}: only customers have a demand and a service time")
    kinds[kind].append(row)

"""Read capacitated instances in the form of CVRPLIB, a dialect of TSPLIB.

Keywords with values, then sections of numbers. Distances are given (EXPLICIT), or Euclidean and
rounded to the nearest whole number (EUC_2D) or up (CEIL_2D), as best-known values count them.
Solutions number customers from 1 in the file's order without the depot, as CVRPLIB's own do.
Reference: http://vrp.galgos.inf.puc-rio.br; Reinelt, TSPLIB 95.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from routing.formats.choices import Format
from routing.formats.instance import Floats, Instance, Rounding
from routing.formats.lines import Faults, Line
from routing.formats.weights import weight_matrix

ROUNDINGS = {"EUC_2D": Rounding.NEAREST, "CEIL_2D": Rounding.UP}

KEYWORDS = {
    "NAME", "COMMENT", "TYPE", "DIMENSION", "CAPACITY", "VEHICLES", "EDGE_WEIGHT_TYPE",
    "EDGE_WEIGHT_FORMAT", "NODE_COORD_TYPE", "DISPLAY_DATA_TYPE",
}  # fmt: skip

SECTIONS = {
    "NODE_COORD_SECTION", "DEMAND_SECTION", "DEPOT_SECTION", "EDGE_WEIGHT_SECTION",
    "DISPLAY_DATA_SECTION",
}  # fmt: skip

DIMENSION_MAX = 65_535
"""Nodes of an instance: what VROOM takes, and a matrix of 34 GB."""


@dataclass(slots=True)
class _File:
    """What stands in the file, by keyword and by section."""

    values: dict[str, tuple[int, str]] = field(default_factory=dict)
    sections: dict[str, list[Line]] = field(default_factory=dict)
    titles: dict[str, int] = field(default_factory=dict)

    def value(self, keyword: str) -> tuple[int, str]:
        """Return line and text of a keyword, 0 and "" if it is missing."""
        return self.values.get(keyword, (0, ""))


def looks_like_cvrplib(lines: Sequence[Line]) -> bool:
    """Say whether these are the lines of such a file."""
    return any(line.text.partition(":")[0].strip() == "DIMENSION" for line in lines[:30])


def parse_cvrplib(lines: Sequence[Line], faults: Faults) -> Instance | None:
    """Return the instance in these lines, or None with every fault noted."""
    file = _sorted_out(lines, faults)
    line, text = file.value("TYPE")
    if text and text.upper() != "CVRP":
        faults.add(line, f"TYPE is {text!r}, but only CVRP is known")
    count = _required_whole(file, "DIMENSION", faults, least=2)
    capacity = _required_whole(file, "CAPACITY", faults, least=0)
    if count is None:
        return None
    if count > DIMENSION_MAX:
        faults.add(file.value("DIMENSION")[0], f"DIMENSION is above {DIMENSION_MAX}")
        return None
    vehicles = _required_whole(file, "VEHICLES", faults) if "VEHICLES" in file.values else None
    depot = _depot(file, count, faults)
    coordinates, explicit, rounding = _distances(file, count, faults)
    demand = _by_node(file, "DEMAND_SECTION", count, ("demand",), faults, least=0)[:, 0]
    _check_demands(file, demand, depot, capacity, faults)
    if faults.found or capacity is None:
        return None
    order = [depot, *(node for node in range(count) if node != depot)]
    return Instance(
        name=file.value("NAME")[1] or "unnamed",
        format=Format.CVRPLIB,
        labels=tuple(map(str, range(count))),
        customer_count=count - 1,
        x=coordinates[order, 0],
        y=coordinates[order, 1],
        demand=demand[order],
        begin=np.zeros(count),
        end=np.full(count, np.inf),
        service=np.zeros(count),
        capacity=float(capacity),
        vehicle_count_max=vehicles,
        rounding=rounding,
        explicit=None if explicit is None else explicit[np.ix_(order, order)],
    )


def _sorted_out(lines: Sequence[Line], faults: Faults) -> _File:
    file, section = _File(), ""
    for line in lines:
        keyword, colon, value = line.text.partition(":")
        keyword = keyword.strip().upper()
        if keyword == "EOF":
            break
        if keyword in SECTIONS:
            section = keyword
            if section in file.sections:
                faults.add(line.number, f"{section} is given a second time")
            file.sections[section], file.titles[section] = [], line.number
        elif colon or keyword in KEYWORDS:
            section = ""
            if keyword not in KEYWORDS:
                faults.add(line.number, f"the keyword {keyword!r} is not known")
            elif keyword in file.values and keyword != "COMMENT":
                faults.add(line.number, f"{keyword} is given a second time")
            file.values[keyword] = (line.number, value.strip())
        elif section:
            file.sections[section].append(line)
        else:
            faults.add(line.number, f"{line.text[:40]!r} belongs to no section")
    return file


def _required_whole(file: _File, keyword: str, faults: Faults, *, least: int = 1) -> int | None:
    line, text = file.value(keyword)
    if not line:
        faults.add(0, f"there is no {keyword}")
        return None
    return faults.whole(line, keyword, text, least=least)


def _depot(file: _File, count: int, faults: Faults) -> int:
    """Return the position of the depot among the nodes."""
    ended, named = False, []
    for line in file.sections.get("DEPOT_SECTION", []):
        for word in line.words:
            number = faults.whole(line.number, "depot", word, least=-1)
            ended = ended or number == -1
            if number is not None and not ended:
                named.append((line.number, number))
    if len(named) != 1:
        line_number = file.titles.get("DEPOT_SECTION", 0)
        faults.add(line_number, f"there are {len(named)} depots, but one is expected")
        return 0
    line_number, number = named[0]
    if not 1 <= number <= count:
        faults.add(line_number, f"depot {number} is none of the nodes 1 to {count}")
        return 0
    return number - 1


def _distances(file: _File, count: int, faults: Faults) -> tuple[Floats, Floats | None, Rounding]:
    """Return coordinates of shape (n, 2), the matrix if there is one, and the rounding."""
    line, kind = file.value("EDGE_WEIGHT_TYPE")
    none = np.zeros((count, 2))
    if kind in ROUNDINGS:
        found = _by_node(file, "NODE_COORD_SECTION", count, ("x", "y"), faults)
        return found, None, ROUNDINGS[kind]
    if kind != "EXPLICIT":
        known = ", ".join((*ROUNDINGS, "EXPLICIT"))
        faults.add(line, f"EDGE_WEIGHT_TYPE is {kind!r}, but only {known} are known")
        return none, None, Rounding.NONE
    drawn = next(
        (s for s in ("NODE_COORD_SECTION", "DISPLAY_DATA_SECTION") if s in file.sections), ""
    )
    places = _by_node(file, drawn, count, ("x", "y"), faults) if drawn else none
    weights = weight_matrix(
        file.sections.get("EDGE_WEIGHT_SECTION", []),
        layout=file.value("EDGE_WEIGHT_FORMAT"),
        count=count,
        faults=faults,
    )
    return places, weights, Rounding.NONE


def _by_node(
    file: _File,
    section: str,
    count: int,
    names: Sequence[str],
    faults: Faults,
    *,
    least: float = -np.inf,
) -> Floats:
    """Return the numbers of a section, shape (n, names); every node must be there once."""
    values = np.full((count, len(names)), np.nan)
    seen: dict[int, int] = {}
    if section not in file.sections:
        faults.add(0, f"there is no {section}")
        return values
    for line in file.sections[section]:
        words = line.words
        if len(words) != 1 + len(names):
            faults.add(line.number, f"{len(words)} numbers, but {section} has {1 + len(names)}")
            continue
        node = faults.whole(line.number, "node", words[0])
        if node is None:
            continue
        if not 1 <= node <= count:
            faults.add(line.number, f"node {node} is none of 1 to {count}")
            continue
        if node in seen:
            faults.add(line.number, f"node {node} was given on line {seen[node]} already")
        seen[node] = line.number
        for place, (name, word) in enumerate(zip(names, words[1:], strict=True)):
            what = f"node {node}: {name}"
            values[node - 1, place] = faults.number(line.number, what, word, least=least)
    missing = [node for node in range(1, count + 1) if node not in seen]
    if missing:
        listed = ", ".join(map(str, missing[:10])) + (" ..." if len(missing) > 10 else "")
        faults.add(file.titles[section], f"{section} lacks the nodes {listed}")
    return values


def _check_demands(
    file: _File, demand: Floats, depot: int, capacity: int | None, faults: Faults
) -> None:
    for line in file.sections.get("DEMAND_SECTION", []):
        if capacity is None or len(line.words) != 2 or not line.words[0].isdigit():
            continue
        node = int(line.words[0])
        value = demand[node - 1] if 1 <= node <= len(demand) else np.nan
        if value > capacity:
            what = f"node {node}: demand is {value:g}, but the capacity is {capacity}"
            faults.add(line.number, what)
        elif node - 1 == depot and value > 0:
            faults.add(line.number, f"the depot, node {node}, has a demand of {value:g}")

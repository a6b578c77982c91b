"""Read instances with time windows: Solomon 1987, Gehring and Homberger 1999.

A line with the name, the number of vehicles and their capacity under VEHICLE, then one row a
customer under CUSTOMER, the depot first as number 0. Distances and times are Euclidean and not
rounded. References: doi 10.1287/opre.35.2.254 (Solomon);
https://www.sintef.no/projectweb/top/vrptw/ (both sets, in this form).
"""

from collections.abc import Sequence

from routing.formats.choices import Format
from routing.formats.instance import Instance
from routing.formats.lines import Faults, Line, Row, check_demands, column, row_of

COLUMNS = 7


def looks_like_solomon(lines: Sequence[Line]) -> bool:
    """Say whether these are the lines of such a file."""
    titles = {line.text.upper() for line in lines[:12]}
    return {"VEHICLE", "CUSTOMER"} <= titles


def parse_solomon(lines: Sequence[Line], faults: Faults) -> Instance | None:
    """Return the instance in these lines, or None with every fault noted."""
    titles = [line.text.upper() for line in lines]
    missing = [title for title in ("VEHICLE", "CUSTOMER") if title not in titles]
    for title in missing:
        faults.add(0, f"there is no line {title!r}")
    if missing:
        return None
    head, body = lines[: titles.index("CUSTOMER")], lines[titles.index("CUSTOMER") + 1 :]
    count, capacity = _fleet(head, titles.index("VEHICLE"), faults)
    rows = _rows(body, faults)
    check_demands(rows, capacity, faults)
    if len(rows) < 2:
        faults.add(0, "there is no customer")
    elif rows[0].demand > 0:
        faults.add(rows[0].line, f"the depot has a demand of {rows[0].demand:g}")
    if faults.found:
        return None
    return Instance(
        name=head[0].text,
        format=Format.SOLOMON,
        labels=tuple(row.label for row in rows),
        customer_count=len(rows) - 1,
        x=column(rows, "x"),
        y=column(rows, "y"),
        demand=column(rows, "demand"),
        begin=column(rows, "begin"),
        end=column(rows, "end"),
        service=column(rows, "service"),
        capacity=capacity,
        vehicle_count_max=count,
    )


def _fleet(head: Sequence[Line], at: int, faults: Faults) -> tuple[int, float]:
    """Return how many vehicles there are and what each carries; infinite with a fault."""
    infinite = float("inf")
    if at == 0:
        faults.add(head[0].number, "the first line must be the instance's name")
    values = [line for line in head[at + 1 :] if line.words[0].upper() != "NUMBER"]
    if not values or len(values[0].words) != 2:
        line = values[0].number if values else head[at].number
        faults.add(line, "number and capacity of the vehicles must follow VEHICLE")
        return 1, infinite
    line, (number, capacity) = values[0].number, values[0].words
    count = faults.whole(line, "number of vehicles", number, least=1)
    carries = faults.number(line, "capacity", capacity, least=0)
    return count or 1, carries if carries >= 0 else infinite


def _rows(body: Sequence[Line], faults: Faults) -> list[Row]:
    rows: list[Row] = []
    for line in body:
        if line.words[0].upper().startswith("CUST"):  # the titles of the columns
            continue
        if len(line.words) != COLUMNS:
            faults.add(line.number, f"{len(line.words)} columns, but a customer has {COLUMNS}")
            continue
        label = line.words[0]
        if label != str(len(rows)):
            faults.add(line.number, f"customer {label!r} stands where {len(rows)} is expected")
        rows.append(row_of(line, label, line.words[1:], faults))
    return rows

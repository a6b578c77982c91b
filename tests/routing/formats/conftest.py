"""Small benchmark files of each family, drawn, written as their authors write them."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import strategies as st

from routing.formats.choices import Format
from routing.formats.instance import Battery, Instance, Rounding


def written(instance: Instance) -> str:
    """Return an instance as a file of its family."""
    return {
        Format.CVRPLIB: _cvrplib,
        Format.SOLOMON: _solomon,
        Format.EVRPTW: _evrptw,
    }[instance.format](instance)


def _cvrplib(instance: Instance) -> str:
    kinds = {Rounding.NEAREST: "EUC_2D", Rounding.UP: "CEIL_2D", Rounding.NONE: "EXPLICIT"}
    count = len(instance.labels)
    lines = [
        f"NAME : {instance.name}",
        'COMMENT : "drawn: by a test"',
        "TYPE : CVRP",
        f"DIMENSION : {count}",
        f"EDGE_WEIGHT_TYPE : {kinds[instance.rounding]}",
        f"CAPACITY : {instance.capacity:.0f}",
    ]
    if instance.vehicle_count_max is not None:
        lines.append(f"VEHICLES : {instance.vehicle_count_max}")
    if instance.explicit is not None:
        lines += ["EDGE_WEIGHT_FORMAT : FULL_MATRIX", "EDGE_WEIGHT_SECTION"]
        lines += [" ".join(map(repr, row)) for row in instance.explicit.tolist()]
    lines.append("NODE_COORD_SECTION")
    lines += [f"{k + 1}\t" + "\t".join(_numbers(instance, k)[:2]) for k in range(count)]
    lines.append("DEMAND_SECTION")
    lines += [f"{k + 1}\t{_numbers(instance, k)[2]}" for k in range(count)]
    return "\n".join([*lines, "DEPOT_SECTION", " 1", " -1", "EOF", ""])


def _solomon(instance: Instance) -> str:
    lines = [
        instance.name, "", "VEHICLE", "NUMBER     CAPACITY",
        f"{instance.vehicle_count_max}  {instance.capacity!r}", "", "CUSTOMER",
        "CUST NO.  XCOORD.  YCOORD.  DEMAND  READY TIME  DUE DATE  SERVICE TIME", "",
    ]  # fmt: skip
    for k, label in enumerate(instance.labels):
        lines.append("  ".join([label, *_numbers(instance, k)]))
    return "\n".join(lines) + "\n"


def _evrptw(instance: Instance) -> str:
    assert instance.battery is not None
    lines = ["StringID Type x y demand ReadyTime DueDate ServiceTime"]
    for k, label in enumerate(instance.labels):
        kind = "d" if k == 0 else "c" if k in instance.customers else "f"
        lines.append(" ".join([label, kind, *_numbers(instance, k)]))
    lines += [
        "",
        f"Q Vehicle fuel tank capacity /{instance.battery.capacity!r}/",
        f"C Vehicle load capacity /{instance.capacity!r}/",
        f"r fuel consumption rate /{instance.battery.energy_per_distance!r}/",
        f"g inverse refueling rate /{instance.battery.time_per_energy!r}/",
        f"v average Velocity /{instance.speed!r}/",
    ]
    return "\n".join(lines)


def _numbers(instance: Instance, node: int) -> list[str]:
    arrays = (
        instance.x, instance.y, instance.demand, instance.begin, instance.end, instance.service,
    )  # fmt: skip
    return [repr(float(array[node])) for array in arrays]


@st.composite
def instances(
    draw: st.DrawFn, *, form: Format | None = None, customers_max: int = 7, loose: bool = False
) -> Instance:
    """Return an instance in which capacity, windows and battery may bind."""
    form = form or draw(st.sampled_from(Format))
    count = draw(st.integers(1, customers_max))
    stations = draw(st.integers(0, 3)) if form is Format.EVRPTW else 0
    size = 1 + count + stations
    at = st.integers(0, 60) if draw(st.booleans()) else st.integers(0, 600).map(lambda k: k / 10)

    def column(values: st.SearchStrategy[float]) -> list[float]:
        inner = draw(st.lists(values, min_size=count, max_size=count))
        return [0.0, *map(float, inner), *([0.0] * stations)]

    x = np.array(draw(st.lists(at, min_size=size, max_size=size)), np.float64)
    y = np.array(draw(st.lists(at, min_size=size, max_size=size)), np.float64)
    timed = form is not Format.CVRPLIB
    horizon = 2000.0 if loose else draw(st.sampled_from([150.0, 400.0, 2000.0]))
    begin, end = np.zeros(size), np.full(size, horizon if timed else np.inf)
    if timed:
        begin[1 : count + 1] = draw(
            st.lists(st.integers(0, int(horizon // 2)), min_size=count, max_size=count)
        )
        width = st.sampled_from([0, 30, 2000])
        widths = draw(st.lists(width, min_size=count, max_size=count))
        end[1 : count + 1] = np.minimum(horizon, begin[1 : count + 1] + widths)
    demand = np.array(column(st.integers(0, 40)))
    rounding, explicit = Rounding.NONE, None
    if form is Format.CVRPLIB:
        rounding = draw(st.sampled_from(Rounding))
        if rounding is Rounding.NONE:
            entry = st.one_of(st.integers(0, 90), st.sampled_from([0.5, 7.25]))
            rows = draw(st.lists(entry, min_size=size * size, max_size=size * size))
            explicit = np.array(rows, np.float64).reshape(size, size)
    battery = None
    if form is Format.EVRPTW:
        battery = Battery(
            capacity=draw(st.sampled_from([40.0, 79.69, 500.0])),
            energy_per_distance=draw(st.sampled_from([1.0, 0.7])),
            time_per_energy=draw(st.sampled_from([0.0, 0.11, 3.39])),
        )
    names = [f"C{k}" for k in range(1, count + 1)] + [f"S{k}" for k in range(stations)]
    numbered = tuple(map(str, range(size)))
    return Instance(
        name="drawn",
        format=form,
        labels=("D0", *names) if form is Format.EVRPTW else numbered,
        customer_count=count,
        x=x,
        y=y,
        demand=demand,
        begin=begin,
        end=end,
        service=np.array(column(st.sampled_from([0, 10, 90]))) if timed else np.zeros(size),
        capacity=float(draw(st.sampled_from([40, 60, 1000]))),
        vehicle_count_max=(
            draw(st.sampled_from([1, 2, 25]))
            if form is Format.SOLOMON
            else draw(st.sampled_from([None, 3]))
            if form is Format.CVRPLIB
            else None
        ),
        speed=draw(st.sampled_from([1.0, 2.0])) if form is Format.EVRPTW else 1.0,
        rounding=rounding,
        explicit=explicit,
        battery=battery,
    )


@pytest.fixture(scope="session")
def file_of() -> Callable[[Instance], str]:
    """Return the writer of instances."""
    return written


@pytest.fixture(scope="session")
def any_instance() -> Callable[..., st.SearchStrategy[Instance]]:
    """Return the strategy of small instances of all families."""
    return instances


ELECTRIC_LINE = """\
StringID Type x y demand ReadyTime DueDate ServiceTime
D0 d 0.0 0.0 0.0 0.0 1000.0 0.0
S0 f 30.0 0.0 0.0 0.0 1000.0 0.0
C1 c 20.0 0.0 30.0 0.0 60.0 5.0
C2 c 40.0 0.0 40.0 0.0 110.0 5.0
C3 c 50.0 0.0 20.0 120.0 300.0 5.0

Q Vehicle fuel tank capacity /60.0/
C Vehicle load capacity /100.0/
r fuel consumption rate /1.0/
g inverse refueling rate /0.5/
v average Velocity /1.0/
"""


@pytest.fixture(scope="session")
def electric_line() -> str:
    """Return the text of the file below."""
    return ELECTRIC_LINE


@pytest.fixture
def electric_file(tmp_path):
    """Return three customers on a line, too far for one battery, with a station half way.

    C1, S0, C2, C3, S0 and home is good: full at S0 after 30, then 40 more, then 30.
    """
    path = tmp_path / "line.txt"
    path.write_text(ELECTRIC_LINE)
    return path

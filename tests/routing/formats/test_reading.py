"""Files of the three families: read as they were written, or refused with every fault at once."""

import re
from contextlib import suppress
from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.formats.choices import Format
from routing.formats.errors import BadInstanceError, InstanceUnreadableError, UnknownFormatError
from routing.formats.instance import Rounding
from routing.formats.reading import read_instance


def equal(one, other):
    for field in fields(one):
        ours, theirs = getattr(one, field.name), getattr(other, field.name)
        if field.name != "name":
            same = np.array_equal(ours, theirs) if isinstance(ours, np.ndarray) else ours == theirs
            assert same, f"{field.name}: {ours} became {theirs}"
    return True


@given(data=st.data())
def test_what_is_written_is_read_again(data, any_instance, file_of, tmp_path_factory):
    instance = data.draw(any_instance())
    # Demands above the capacity are refused, and tested below.
    instance.demand[:] = np.minimum(instance.demand, instance.capacity)
    path = tmp_path_factory.mktemp("round") / "drawn.txt"
    path.write_text(file_of(instance))
    once = read_instance(path)
    assert equal(instance, once)
    assert (once.name, once.format) == (instance.name, instance.format)
    path.write_text(file_of(once))
    assert equal(once, read_instance(path, instance.format))


CVRP = """\
NAME : tiny
TYPE : CVRP
DIMENSION : 4
EDGE_WEIGHT_TYPE : EUC_2D
CAPACITY : 10
NODE_COORD_SECTION
1 0 0
2 3 4
3 6 8
4 1 1
DEMAND_SECTION
1 3
2 0
3 4
4 5
DEPOT_SECTION
2
-1
EOF
"""


def test_the_depot_may_be_any_node_and_customers_are_numbered_without_it(tmp_path):
    path = tmp_path / "tiny.vrp"
    path.write_text(CVRP)
    instance = read_instance(path)
    assert instance.labels == ("0", "1", "2", "3")
    assert instance.x.tolist() == [3, 0, 6, 1]
    assert instance.demand.tolist() == [0, 3, 4, 5]
    assert instance.legs((1, 2)) == [5, 10, 5]
    assert instance.rounding is Rounding.NEAREST
    assert instance.vehicle_count_max is None


def test_distances_are_rounded_as_published_results_count_them(tmp_path):
    path = tmp_path / "tiny.vrp"
    path.write_text(CVRP.replace("4 1 1", "4 3.5 4"))
    assert read_instance(path).legs((3,)) == [1, 1]  # 0.5 goes up, as TSPLIB's nint has it
    path.write_text(CVRP.replace("4 1 1", "4 3.1 4").replace("EUC_2D", "CEIL_2D"))
    assert read_instance(path).legs((3,)) == [1, 1]


@pytest.mark.parametrize(
    ("layout", "numbers"),
    [
        ("FULL_MATRIX", "0 1 2  1 0 3  2 3 0"),
        ("LOWER_ROW", "1 2 3"),
        ("UPPER_ROW", "1 2 3"),
        ("LOWER_DIAG_ROW", "0 1 0 2 3 0"),
        ("UPPER_DIAG_ROW", "0 1 2 0 3 0"),
        ("UPPER_COL", "1 2 3"),
        ("LOWER_COL", "1 2 3"),
    ],
)
def test_explicit_distances_in_every_layout(tmp_path, layout, numbers):
    path = tmp_path / "explicit.vrp"
    path.write_text(
        "NAME: explicit\nTYPE: CVRP\nDIMENSION: 3\nEDGE_WEIGHT_TYPE: EXPLICIT\nCAPACITY: 9\n"
        f"EDGE_WEIGHT_FORMAT: {layout}\nEDGE_WEIGHT_SECTION\n{numbers}\n"
        "DEMAND_SECTION\n1 0\n2 1\n3 1\nDEPOT_SECTION\n1\n-1\nEOF\n"
    )
    instance = read_instance(path)
    assert instance.explicit is not None
    assert instance.explicit.tolist() == [[0, 1, 2], [1, 0, 3], [2, 3, 0]]
    assert instance.legs((1, 2)) == [1, 3, 2]


BAD_SOLOMON = """\
bad

VEHICLE
NUMBER CAPACITY
0 nan

CUSTOMER
CUST NO. XCOORD. YCOORD. DEMAND READY TIME DUE DATE SERVICE TIME

0 35 35 0 0 230 0
1 41 x 10 161 171 10
2 35 17 7 60 50 10
3 55 45 -13 116 126
5 55 20 inf 149 159 10
"""


def test_every_fault_of_a_file_is_told_with_its_line(tmp_path):
    path = tmp_path / "bad.txt"
    path.write_text(BAD_SOLOMON)
    with pytest.raises(BadInstanceError) as refused:
        read_instance(path)
    assert [str(fault) for fault in refused.value.faults] == [
        "line 5: capacity is nan, but must be finite",
        "line 5: number of vehicles is 0, but must be at least 1",
        "line 11: 1: y 'x' is not a number",
        "line 12: 2: the window ends at 50, before it begins",
        "line 13: 6 columns, but a customer has 7",
        "line 14: 5: demand is inf, but must be finite",
        "line 14: customer '5' stands where 3 is expected",
    ]
    assert "line 11" in str(refused.value)


BAD_CVRP = """\
NAME : bad
TYPE : TSP
DIMENSION : 4
CAPACITY : 10
DISTANCE : 200
EDGE_WEIGHT_TYPE : GEO
NODE_COORD_SECTION
1 0 0
DEMAND_SECTION
1 0
2 11
2 3
9 3
4 -1
4 1 1
DEPOT_SECTION
1
2
-1
EOF
"""


def test_every_fault_of_a_cvrplib_file_is_told(tmp_path):
    path = tmp_path / "bad.vrp"
    path.write_text(BAD_CVRP)
    with pytest.raises(BadInstanceError) as refused:
        read_instance(path)
    assert [str(fault) for fault in refused.value.faults] == [
        "line 2: TYPE is 'TSP', but only CVRP is known",
        "line 5: the keyword 'DISTANCE' is not known",
        "line 6: EDGE_WEIGHT_TYPE is 'GEO', but only EUC_2D, CEIL_2D, EXPLICIT are known",
        "line 9: DEMAND_SECTION lacks the nodes 3",
        "line 12: node 2 was given on line 11 already",
        "line 13: node 9 is none of 1 to 4",
        "line 14: node 4: demand is -1, but must be at least 0",
        "line 15: 3 numbers, but DEMAND_SECTION has 2",
        "line 16: there are 2 depots, but one is expected",
    ]


def test_a_demand_above_the_capacity_is_a_fault_in_every_family(tmp_path, electric_file):
    path = tmp_path / "tiny.vrp"
    path.write_text(CVRP.replace("4 5", "4 11"))
    with pytest.raises(BadInstanceError, match="node 4: demand is 11, but the capacity is 10"):
        read_instance(path)
    electric_file.write_text(electric_file.read_text().replace(" 40.0 0.0 110", " 140.0 0.0 110"))
    with pytest.raises(BadInstanceError, match="C2: demand is 140, but the capacity is 100"):
        read_instance(electric_file)


def test_every_fault_of_an_electric_file_is_told(electric_file):
    text = electric_file.read_text()
    text = text.replace("S0 f", "C1 f").replace("C3 c", "C3 x").replace("/1.0/\ng", "/-1/\ng")
    electric_file.write_text(re.sub("^v.*$", "v none /0/", text, flags=re.MULTILINE) + "Q a /3/\n")
    with pytest.raises(BadInstanceError) as refused:
        read_instance(electric_file)
    assert [str(fault) for fault in refused.value.faults] == [
        "line 4: C1 is the name of line 3 already",
        "line 6: C3: type 'x' is none of d, f and c",
        "line 10: the consumption rate r is -1, but must be at least 0",
        "line 12: the velocity v is 0: nothing would ever arrive",
        "line 13: the battery capacity Q is given a second time",
    ]


@pytest.mark.parametrize("form", Format)
@pytest.mark.parametrize(
    "text", ["", "\n\n", "VEHICLE\nCUSTOMER\n", "Q a /b/\n", "DIMENSION : 0\n"]
)
def test_nearly_nothing_is_a_fault_not_a_crash(tmp_path, form, text):
    path = tmp_path / "nothing.txt"
    path.write_text(text)
    with pytest.raises(BadInstanceError) as refused:
        read_instance(path, form)
    assert refused.value.faults


@given(text=st.text(max_size=300), form=st.sampled_from(Format))
def test_junk_is_refused_and_nothing_else(tmp_path_factory, text, form):
    path = tmp_path_factory.mktemp("junk") / "junk.txt"
    path.write_text(text, "utf-8")
    with pytest.raises((BadInstanceError, UnknownFormatError, InstanceUnreadableError)):
        read_instance(path, form)


@given(data=st.data())
def test_a_damaged_file_is_read_or_refused_but_never_crashes(
    data, any_instance, file_of, tmp_path_factory
):
    text = file_of(data.draw(any_instance(customers_max=3)))
    words = re.split(r"(\s+)", text)
    at = data.draw(st.integers(0, len(words) - 1))
    words[at] = data.draw(st.sampled_from(["", "nan", "-1", "1e400", "x", "0", "99", "\n", "é"]))
    path = tmp_path_factory.mktemp("damaged") / "damaged.txt"
    path.write_text("".join(words), "utf-8")
    with suppress(BadInstanceError, UnknownFormatError):
        assert read_instance(path).customer_count >= 1


def test_what_is_no_text_or_no_file_cannot_be_read(tmp_path):
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00\x01")
    with pytest.raises(InstanceUnreadableError, match="no text"):
        read_instance(tmp_path / "binary")
    with pytest.raises(InstanceUnreadableError, match="No such file"):
        read_instance(tmp_path / "none")
    (tmp_path / "letter.txt").write_text("Dear Sir,\n")
    with pytest.raises(UnknownFormatError, match="cvrplib, solomon, evrptw"):
        read_instance(tmp_path / "letter.txt")

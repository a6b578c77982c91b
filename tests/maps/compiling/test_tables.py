"""Records of tables: read and written in kernels as arrays are, and refused where they differ."""

from typing import NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray

from maps.compiling.kernels import I4_2, I8, I8_3, INT, kernel, part
from maps.compiling.tables import handed, tables_of


class Sheet(NamedTuple):
    """Tables of two kinds."""

    row: NDArray[np.int64]
    cell: NDArray[np.int32]
    cube: NDArray[np.int64]


READ = tables_of(Sheet, I8, I4_2, I8_3, written=False)
WRITTEN = tables_of(Sheet, I8, I4_2, I8_3, written=True)


@part
def _plus(sheet: Sheet, a: int, b: int) -> int:
    return sheet.row[a] + sheet.cell[a, b]


@kernel(INT, READ, WRITTEN, INT, INT, INT)
def copy(source: Sheet, target: Sheet, a: int, b: int, c: int) -> int:
    target.row[a] = source.row[a]
    target.cell[a, b] = source.cell[a, b]
    target.cube[a, b, c] += source.cube[a, b, c]
    return _plus(source, a, b) + 1000 * source.cube.shape[2] + 100 * target.cell.shape[1]


def sheet(first: int) -> Sheet:
    """Return tables of 2, 2 x 3 and 2 x 3 x 4 different items."""
    items = np.arange(first, first + 24)
    return Sheet(items[:2].copy(), items[:6].astype(np.int32).reshape(2, 3), items.reshape(2, 3, 4))


def test_items_are_read_and_written_where_they_stand():
    source, target = sheet(10), sheet(50)
    before = sheet(50)
    assert copy(source, target, 1, 2, 3) == 11 + 15 + 4000 + 300
    for field, place in (("row", (1,)), ("cell", (1, 2)), ("cube", (1, 2, 3))):
        now, was, new = (getattr(s, field) for s in (target, before, source))
        changed = np.argwhere(now != was)
        assert [tuple(found) for found in changed.tolist()] == [place]
        assert now[place] == (was[place] if field == "cube" else 0) + new[place]


@pytest.mark.parametrize(
    ("field", "array", "said"),
    [
        ("row", np.zeros(2), "row: 1 x float64"),
        ("cell", np.zeros(2, np.int32), "cell: 1 x int32"),
        ("cube", np.zeros((2, 3, 8), np.int64)[:, :, ::2], "cube: not contiguous"),
    ],
)
def test_other_arrays_are_refused(field, array, said):
    with pytest.raises(TypeError, match=said):
        copy(sheet(0)._replace(**{field: array}), sheet(0), 0, 0, 0)


def test_what_is_only_read_cannot_be_written():
    def write(source: Sheet) -> int:
        source.row[0] = 1
        return 0

    with pytest.raises(Exception, match="setitem"):
        kernel(INT, READ)(write)


def test_plain_arguments_are_handed_as_they_are():
    assert handed(INT, 7) == 7
    assert tables_of(Sheet, I8, I4_2, I8_3, written=True) == WRITTEN != READ

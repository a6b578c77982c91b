"""A snapshot is used as it was written, or not at all."""

from dataclasses import dataclass, replace
from enum import Enum

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatcher.journal.errors import JournalUnwritableError
from dispatcher.journal.packing import UnpackError, layout_of, pack, unpack
from dispatcher.journal.snapshots import KEPT_COUNT, SnapshotFolder, SnapshotHead
from maps.units import Instant

HEAD = SnapshotHead("dep-1", 7, Instant(70), 123, "layout", 1)
PARTS = {"depot": b"\x00state\n", "parcel_log": b""}


@pytest.fixture
def folder(tmp_path):
    return SnapshotFolder(tmp_path / "snapshots")


def usable(folder, depot_id="dep-1", layout="layout", up_to=10**6):
    return list(folder.usable(depot_id, {layout}, up_to=up_to))


def test_it_comes_back_as_it_was_written(folder):
    assert usable(folder) == [], "there is not even a folder"
    folder.write(HEAD, PARTS)
    assert usable(folder) == [(HEAD, PARTS)]
    assert usable(folder, up_to=6) == []
    assert usable(folder, depot_id="dep") == [], "whose id begins alike"


def test_the_newest_comes_first_and_old_ones_go(folder):
    for sequence in (3, 9, 100, 7):
        folder.write(replace(HEAD, sequence=sequence), PARTS)
    folder.write(replace(HEAD, depot_id="dep"), PARTS)
    assert [head.sequence for head, _ in usable(folder)] == [100, 9]
    assert len(usable(folder)) == KEPT_COUNT
    assert [head.sequence for head, _ in usable(folder, up_to=50)] == [9]


@given(st.data())
def test_what_is_damaged_anywhere_is_not_used_and_the_one_before_is(tmp_path_factory, data):
    folder = SnapshotFolder(tmp_path_factory.mktemp("snapshots"))
    folder.write(replace(HEAD, sequence=5), PARTS)
    path = folder.write(HEAD, PARTS)
    content = bytearray(path.read_bytes())
    at = data.draw(st.integers(0, len(content) - 1))
    if data.draw(st.booleans()):
        content[at] ^= 1 << data.draw(st.integers(0, 7))
    else:
        del content[at:]
    path.write_bytes(content)
    found = usable(folder)
    # White space in the first line, or a letter of its format's name in the other case, would do.
    assert [head.sequence for head, _ in found if head.sequence != 7] == [5]
    assert all(parts == PARTS for _, parts in found)
    assert all(head == HEAD for head, _ in found if head.sequence == 7)


def test_why_one_is_not_used_is_said(folder, caplog):
    folder.write(HEAD, PARTS)
    assert usable(folder, layout="of today") == []
    (folder.path / "dep-1-000000000009.snapshot").write_bytes(b"[]\n")
    assert [head.sequence for head, _ in usable(folder)] == [7]
    reasons = [one.reason for one in caplog.records if one.message == "snapshot_not_used"]
    assert reasons == ["it was made by another version of this program", "it is no snapshot"]


def test_one_that_is_named_as_another_is_not_used(folder):
    path = folder.write(HEAD, PARTS)
    path.rename(path.with_name("dep-1-000000000008.snapshot"))
    assert usable(folder) == []


def test_where_none_can_be_written_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(JournalUnwritableError):
        SnapshotFolder(tmp_path / "file").write(HEAD, PARTS)
    with pytest.raises(JournalUnwritableError, match="No such file"):
        SnapshotFolder(tmp_path / "no" / "folder").write(HEAD, PARTS)


class Colour(Enum):
    RED = "red"


@dataclass(frozen=True)
class Inner:
    colours: tuple[Colour, ...]
    names: frozenset[str] = frozenset()


@dataclass
class Outer:
    _inner: dict[str, Inner | None]
    count: int = 0


def test_values_come_back_and_strange_bytes_are_one_error():
    value = Outer({"b": Inner((Colour.RED,), frozenset({"x"})), "a": None}, 3)
    read = unpack(pack(value), Outer)
    assert read == value
    assert list(read._inner) == ["b", "a"], "in their order"
    for junk in (b"", b"\xc1", pack(value)[:-1], pack([1]), pack({"count": "3"})):
        with pytest.raises(UnpackError):
            unpack(junk, Outer)


def test_the_layout_tells_types_apart_all_the_way_down():
    @dataclass
    class OtherInner:
        colours: tuple[Colour, ...]
        names: frozenset[int] = frozenset()

    OtherInner.__qualname__ = "Inner"

    @dataclass
    class WithOther:
        _inner: dict[str, OtherInner | None]
        count: int = 0

    WithOther.__qualname__ = "Outer"
    OtherInner.__annotations__["names"] = frozenset[str]
    WithOther.__annotations__["_inner"] = dict[str, OtherInner | None]
    assert layout_of(Outer) == layout_of(Outer)
    assert layout_of(WithOther) == layout_of(Outer), "it is a matter of names and types"
    OtherInner.__annotations__["names"] = frozenset[int]
    assert layout_of(WithOther) != layout_of(Outer)
    assert layout_of(Outer, Inner) == layout_of(Outer)
    assert layout_of(Inner) != layout_of(Outer)

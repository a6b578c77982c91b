"""The city file: what is written comes back, and what is no city is refused."""

import io
import json
import zipfile
from dataclasses import fields, replace

import numpy as np
import pytest

from maps.errors import CityVersionError, MapFileMissingError, NotACityFileError
from maps.network import ARRAY_DTYPES
from maps.storing import FORMAT_VERSION, load_network, save_network


def assert_same(one, other):
    for field in fields(one):
        left, right = getattr(one, field.name), getattr(other, field.name)
        if isinstance(left, np.ndarray):
            assert left.dtype == right.dtype, field.name
            assert np.array_equal(left, right), field.name
        else:
            assert left == right, field.name


@pytest.mark.parametrize("city", ["town", "helsinki"])
def test_a_network_comes_back_as_it_was(city, request, tmp_path):
    network = request.getfixturevalue(city)
    save_network(network, tmp_path / "a.city")
    assert_same(network, load_network(tmp_path / "a.city"))
    assert [path.name for path in tmp_path.iterdir()] == ["a.city"], "nothing left beside it"


def test_a_network_cannot_be_changed(town, tmp_path):
    save_network(town, tmp_path / "a.city")
    for network in (town, load_network(tmp_path / "a.city")):
        with pytest.raises(ValueError, match="read-only"):
            network.segment_limit_mps[0] = 1.0


def test_arrays_stay_in_the_file_and_begin_where_machines_like_it(helsinki, tmp_path):
    save_network(helsinki, tmp_path / "a.city")
    loaded = load_network(tmp_path / "a.city")
    for name in ARRAY_DTYPES:
        array = getattr(loaded, name)
        if len(array):
            assert not array.flags.owndata, name
            assert array.ctypes.data % 64 == 0, name


def test_the_same_network_gives_the_same_bytes(town, tmp_path):
    for name in "ab":
        save_network(town, tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_a_failed_write_leaves_the_old_file_and_nothing_else(town, tmp_path, monkeypatch):
    path = tmp_path / "a.city"
    save_network(town, path)

    def full_disk(file, array, **_):
        file.write(b"half of it")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np.lib.format, "write_array", full_disk)
    with pytest.raises(OSError, match="No space"):
        save_network(replace(town, streets=("Other",)), path)
    assert_same(town, load_network(path))
    assert [left.name for left in tmp_path.iterdir()] == ["a.city"]


def test_a_missing_file_is_said_to_be_missing(tmp_path):
    with pytest.raises(MapFileMissingError, match="MAP-104"):
        load_network(tmp_path / "none.city")


def rewritten(source, target, name, content):
    """Copy a city file with one entry replaced, or left out if ``content`` is None."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for entry in old.namelist():
            if entry != f"{name}.npy":
                new.writestr(entry, old.read(entry))
        if content is not None:
            packed = io.BytesIO()
            np.save(packed, content)
            new.writestr(f"{name}.npy", packed.getvalue())
    return target


def head_of(path):
    with np.load(path) as stored:
        return json.loads(stored["head"].tobytes().decode())


def as_bytes(head):
    return np.frombuffer(json.dumps(head).encode(), dtype=np.uint8)


def test_another_version_is_said_to_be_one(town, tmp_path):
    save_network(town, tmp_path / "a.city")
    head = head_of(tmp_path / "a.city") | {"version": FORMAT_VERSION + 1}
    newer = rewritten(tmp_path / "a.city", tmp_path / "b.city", "head", as_bytes(head))
    with pytest.raises(CityVersionError) as caught:
        load_network(newer)
    assert (caught.value.found, caught.value.expected) == (FORMAT_VERSION + 1, FORMAT_VERSION)


def test_damaged_and_foreign_files_are_no_cities(town, tmp_path):
    good = tmp_path / "a.city"
    save_network(town, good)
    whole = good.read_bytes()
    (tmp_path / "empty.city").write_bytes(b"")
    (tmp_path / "text.city").write_text("lon,lat\n24,60\n")
    (tmp_path / "half.city").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "pickle.city").write_bytes(b"\x80\x04N.")
    np.savez(tmp_path / "other.npz", a=np.arange(3))
    np.save(tmp_path / "one.npy", np.arange(3))
    rewritten(good, tmp_path / "foreign.city", "head", as_bytes({"format": "x", "version": 1}))
    rewritten(good, tmp_path / "list.city", "head", as_bytes([1]))
    rewritten(good, tmp_path / "poor.city", "head", as_bytes({"format": "robovan-city"}))
    rewritten(good, tmp_path / "missing.city", "edge_way_id", None)
    rewritten(good, tmp_path / "short.city", "edge_way_id", town.edge_way_id[:-1])
    rewritten(good, tmp_path / "open.city", "edge_way_start", town.edge_way_start + 1)
    rewritten(good, tmp_path / "float.city", "edge_way_id", town.edge_way_id.astype(float))
    bad = [path for path in tmp_path.iterdir() if path != good]
    assert len(bad) == 13
    for path in bad:
        with pytest.raises(NotACityFileError, match="MAP-105") as caught:
            load_network(path)
        assert "pickle" not in caught.value.reason, "no advice to load it without care"


def test_a_changed_byte_is_refused_or_was_never_read(town, tmp_path):
    """In the archive's own bytes: a member's head and numbers, and the list of members."""
    good, bad = tmp_path / "a.city", tmp_path / "b.city"
    save_network(town, good)
    whole = good.read_bytes()
    with zipfile.ZipFile(good) as archive:
        head, listed = archive.infolist()[1].header_offset, archive.start_dir
    refused = 0
    for at in (*range(head, head + 256), *range(listed, listed + 128)):
        bad.write_bytes(whole[:at] + bytes([whole[at] ^ 0x3F]) + whole[at + 1 :])
        try:
            assert_same(town, load_network(bad))
        except NotACityFileError:
            refused += 1
    assert refused > 200


@pytest.mark.parametrize("name", sorted(ARRAY_DTYPES))
def test_a_changed_number_is_refused(name, helsinki, tmp_path):
    path = tmp_path / "a.city"
    save_network(helsinki, path)
    array = getattr(load_network(path), name)
    if not len(array):
        pytest.skip("the built-in city has none")
    whole = bytearray(path.read_bytes())
    at = whole.index(f"{name}.npy".encode())
    at = whole.index(array[:8].tobytes(), at + 128)
    whole[at] ^= 1
    path.write_bytes(whole)
    with pytest.raises(NotACityFileError, match=f"{name}.npy differs from what was written"):
        load_network(path)

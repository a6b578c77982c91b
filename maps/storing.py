"""The city file: one archive of arrays, mapped into memory where it lies.

Decides the file's format. It is an uncompressed ``.npz`` whose members begin at multiples of 64
bytes, so that arrays are used in place, read-only, and processes that load the same file share its
memory. Each member's checksum is compared when it is opened: a damaged array would lead searches
astray without a word. Leaves to ``network`` what the arrays mean.
"""

import json
import mmap
import os
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import IO, Any, Final

import numpy as np
from numpy.typing import NDArray

from maps.errors import CityVersionError, MapFileMissingError, NotACityFileError
from maps.network import ARRAY_DTYPES, Charger, NetworkInfo, RoadNetwork
from maps.places import BoundingBox, LonLat

FORMAT: Final = "robovan-city"
FORMAT_VERSION: Final = 3

_TEXTS: Final = ("streets", "address_labels", "hours")

_STARTS: Final[Mapping[str, tuple[str, str]]] = {
    "edge_shape_start": ("edge_class", "shape_lon"),
    "edge_way_start": ("edge_class", "way_ids"),
    "restriction_start": ("restriction_hours", "restriction_segments"),
}
"""Arrays of starts, with one array of what has a start and one of what they point into."""

_ALIGNMENT: Final = 64
"""Members begin at multiples of this, as arrays inside ``.npy`` files do: a cache line."""

_DAMAGES: Final = (
    OSError,
    ValueError,
    KeyError,
    TypeError,
    EOFError,
    SyntaxError,
    NotImplementedError,
    struct.error,
    tokenize.TokenError,
    zipfile.BadZipFile,
)
"""What reading a damaged file raises: the archive's parts, numpy's headers, JSON."""

_PADDING_ID: Final = 0xD935
"""Identifier of the extra field that only fills up, as Android's zipalign writes it."""


def save_network(network: RoadNetwork, path: Path) -> None:
    """Write the network to one file, whole or not at all (written beside it, then renamed).

    Raises
    ------
    OSError
        If the folder cannot be written to.
    """
    head = {
        "format": FORMAT,
        "version": FORMAT_VERSION,
        "info": asdict(network.info),
        "chargers": [asdict(charger) for charger in network.chargers],
    }
    entries: dict[str, NDArray[Any]] = {
        "head": _bytes(json.dumps(head, ensure_ascii=False, sort_keys=True))
    }
    entries |= {name: getattr(network, name) for name in ARRAY_DTYPES}
    entries |= {name: _bytes("\n".join(getattr(network, name))) for name in _TEXTS}
    beside = path.with_name(f"{path.name}.{os.getpid()}.part")  # others may write it too
    try:
        with beside.open("wb") as file:
            _write_entries(file, entries)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def _write_entries(file: IO[bytes], entries: Mapping[str, NDArray[Any]]) -> None:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, array in entries.items():
            entry = zipfile.ZipInfo(f"{name}.npy")  # dated 1980: the same network, the same bytes
            head_end = file.tell() + 30 + len(entry.filename) + 4
            entry.extra = _padding(-head_end % _ALIGNMENT)
            with archive.open(entry, "w") as member:
                np.lib.format.write_array(member, array, allow_pickle=False)


def _padding(count: int) -> bytes:
    return struct.pack("<HH", _PADDING_ID, count) + bytes(count)


def load_network(path: Path) -> RoadNetwork:
    """Open a network in a file that ``save_network`` wrote; its arrays stay in the file.

    Raises
    ------
    MapFileMissingError, NotACityFileError, CityVersionError
        If there is no such file, it is something else or damaged, or of another version.
    """
    if not path.is_file():
        raise MapFileMissingError(path)
    if not zipfile.is_zipfile(path):
        raise NotACityFileError(path, "it is no archive of arrays, or was cut short")
    try:
        return _load(path)
    except _DAMAGES as wrong:
        raise NotACityFileError(path, str(wrong) or type(wrong).__name__) from wrong


def _load(path: Path) -> RoadNetwork:
    with path.open("rb") as file, zipfile.ZipFile(file) as archive:
        mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        entries = {entry.filename: entry for entry in archive.infolist()}

        def stored(name: str) -> NDArray[Any]:
            return _mapped_array(mapped, file, entries[f"{name}.npy"])

        head = json.loads(_text(stored("head")))
        _check_head(head, path)
        arrays = {name: stored(name) for name in ARRAY_DTYPES}
        texts = {name: tuple(_lines(stored(name))) for name in _TEXTS}
    _check_arrays(arrays, path)
    parts: dict[str, Any] = {**arrays, **texts}
    return RoadNetwork(info=_info(head["info"]), chargers=_chargers(head["chargers"]), **parts)


def _mapped_array(mapped: mmap.mmap, file: IO[bytes], entry: zipfile.ZipInfo) -> NDArray[Any]:
    """Return one member of the archive as an array in place."""
    if entry.compress_type != zipfile.ZIP_STORED:
        raise ValueError(f"{entry.filename} is compressed")
    name_length, extra_length = struct.unpack_from("<HH", mapped, entry.header_offset + 26)
    begin = entry.header_offset + 30 + name_length + extra_length
    with memoryview(mapped) as whole, whole[begin : begin + entry.file_size] as member:
        if zlib.crc32(member) != entry.CRC:
            raise ValueError(f"{entry.filename} differs from what was written")
    file.seek(begin)
    if np.lib.format.read_magic(file) != (1, 0):
        raise ValueError(f"{entry.filename} is of an unknown kind")
    shape, _, dtype = np.lib.format.read_array_header_1_0(file)
    if dtype.hasobject or len(shape) != 1:
        raise ValueError(f"{entry.filename} is no plain list of numbers")
    if shape[0] == 0:
        return np.empty(0, dtype=dtype)  # nothing may lie behind it
    return np.frombuffer(mapped, dtype=dtype, count=shape[0], offset=file.tell())


def _check_head(head: Any, path: Path) -> None:
    if not isinstance(head, dict) or head.get("format") != FORMAT:
        raise NotACityFileError(path, "its first entry is not that of a city")
    if head["version"] != FORMAT_VERSION:
        raise CityVersionError(path, int(head["version"]), FORMAT_VERSION)


def _check_arrays(arrays: dict[str, NDArray[Any]], path: Path) -> None:
    """Refuse arrays of a wrong type or length, so that a damaged file fails here and clearly."""
    for name, dtype in ARRAY_DTYPES.items():
        if arrays[name].dtype != dtype:
            raise NotACityFileError(path, f"{name} has an unexpected type")
    alone = {*_STARTS, "restriction_segments"}
    groups = {name: name.partition("_")[0] for name in ARRAY_DTYPES if name not in alone}
    for group in set(groups.values()):
        if len({len(arrays[name]) for name, of in groups.items() if of == group}) != 1:
            raise NotACityFileError(path, f"its {group} arrays differ in length")
    for name, (owner, target) in _STARTS.items():
        starts = arrays[name]
        if len(starts) != len(arrays[owner]) + 1 or starts[-1] != len(arrays[target]):
            raise NotACityFileError(path, f"its {name} does not fit {target}")


def _info(stored: dict[str, Any]) -> NetworkInfo:
    known = {field.name: stored[field.name] for field in fields(NetworkInfo)}
    return NetworkInfo(**{**known, "box": BoundingBox(**stored["box"])})


def _chargers(stored: list[dict[str, Any]]) -> tuple[Charger, ...]:
    return tuple(
        Charger(
            **{
                **one,
                "place": LonLat(**one["place"]),
                "sockets": tuple((kind, count) for kind, count in one["sockets"]),
            }
        )
        for one in stored
    )


def _bytes(text: str) -> NDArray[np.uint8]:
    return np.frombuffer(text.encode(), dtype=np.uint8)


def _text(stored: NDArray[np.uint8]) -> str:
    return stored.tobytes().decode()


def _lines(stored: NDArray[np.uint8]) -> list[str]:
    text = _text(stored)
    return text.split("\n") if text else []

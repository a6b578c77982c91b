"""Frozen records to canonical JSON and back, by their type hints.

Decides how a value is written: a dataclass as an object of all its fields, an ``Enum`` as its
value, a tuple as a list, a dataclass that stands in a union with others as ``{"Name": {...}}``.
Keys are sorted, no space is spent, and floats are written so that they read back as the same bits:
equal records have equal bytes. Reading is strict: a field too many or too few, a value of another
type, a name that is no member of the union is an error that says where. Only a field that is marked
as one that came with a later version may be missing: an entry stays as it was written, or its
checksum would not hold. Versions are told apart by the journal's schema version, in ``versions``.
"""

import dataclasses
import json
import math
import types
from collections.abc import Callable, Mapping
from enum import Enum
from functools import cache
from json.encoder import encode_basestring_ascii
from typing import Any, Final, NewType, Union, cast, get_args, get_origin, get_type_hints

from dispatcher.core.events import Event
from dispatcher.journal.errors import UnreadableRecordError

type Json = bool | int | float | str | list[Json] | dict[str, Json] | None
type Write = Callable[[Any], str]
type Where = str | tuple[Where, str | int]
type Unpack = Callable[[Json, Where], Any]

SCALARS = (bool, int, float, str)

PLAIN: Final = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False)


class _Unreadable(ValueError):
    """A value does not fit its type; ``where`` is the path to it within the record.

    The path is put into words only here: nearly all values fit.
    """

    def __init__(self, where: Where, reason: str) -> None:
        super().__init__(f"{_in_words(where)}: {reason}")


def _in_words(where: Where) -> str:
    if isinstance(where, str):
        return where
    before, step = where
    return _in_words(before) + (f"[{step}]" if isinstance(step, int) else f".{step}")


def _no_number(name: str) -> float:
    raise ValueError(f"{name} cannot be journalled")


READER: Final = json.JSONDecoder(parse_constant=_no_number)


def canonical(value: Json) -> str:
    """Write plain JSON values as one line of canonical JSON (ASCII only).

    Raises
    ------
    ValueError
        If it holds NaN or an infinity, which JSON cannot.
    """
    return PLAIN.encode(value)


def parsed(text: str) -> Json:
    """Read JSON text as plain values.

    Raises
    ------
    ValueError
        If it is none, or holds NaN or an infinity by name.
    """
    return cast(Json, READER.decode(text))


def kind_of(event: Event) -> str:
    """Return the name under which an event is journalled."""
    return type(event).__name__


def encode_event(event: Event) -> str:
    """Write an event as canonical JSON; its kind is not part of it (``kind_of``)."""
    return encode(event, type(event))


def decode_event(kind: str, body: str) -> Event:
    """Read an event of a kind back.

    Raises
    ------
    UnreadableRecordError
        If the kind is unknown, or the body is not exactly what an event of this kind holds.
    """
    try:
        return decode_parsed(kind, parsed(body))
    except (ValueError, RecursionError) as error:
        raise UnreadableRecordError(kind, str(error)) from None


def decode_parsed(kind: str, body: Json) -> Event:
    """Read an event of a kind back from what its body is as plain JSON values.

    Raises
    ------
    UnreadableRecordError
        As ``decode_event`` does.
    """
    event_type = _event_types().get(kind)
    if event_type is None:
        raise UnreadableRecordError(kind, "no event has this name")
    try:
        return cast(Event, _unpacker(event_type)(body, kind))
    except (_Unreadable, RecursionError) as error:
        raise UnreadableRecordError(kind, str(error)) from None


def encode(value: Any, hint: Any) -> str:
    """Write a value of the type that ``hint`` describes as canonical JSON."""
    return _writer(hint)(value)


def decode(value: Json, hint: Any) -> Any:
    """Return plain JSON values as a value of the type that ``hint`` describes.

    Raises
    ------
    UnreadableRecordError
        If they do not describe one.
    """
    try:
        return _unpacker(hint)(value, getattr(hint, "__name__", "value"))
    except _Unreadable as error:
        raise UnreadableRecordError("of plain values", str(error)) from None


@cache
def _event_types() -> dict[str, type]:
    return {member.__name__: member for member in get_args(Event)}


@cache
def _writer(hint: Any) -> Write:
    """Return the function that writes a value of this type.

    It puts the text together itself: plain values in between would take twice as long.
    """
    if isinstance(hint, NewType):
        return _writer(hint.__supertype__)
    if hint in SCALAR_WRITERS:
        return SCALAR_WRITERS[hint]
    if get_origin(hint) is tuple:
        return _tuple_writer(hint)
    if get_origin(hint) in (Union, types.UnionType):
        return _union_writer(hint)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return lambda value: canonical(value.value)
    if dataclasses.is_dataclass(hint):
        return _record_writer(hint)
    raise TypeError(f"the journal has no way to write {hint!r}")


@cache
def _unpacker(hint: Any) -> Unpack:
    """Return the function that turns plain JSON values into a value of this type."""
    if isinstance(hint, NewType):
        return _unpacker(hint.__supertype__)
    if hint in SCALARS or hint is type(None):
        return _read_float if hint is float else _scalar_unpacker(hint)
    if get_origin(hint) is tuple:
        return _tuple_unpacker(hint)
    if get_origin(hint) in (Union, types.UnionType):
        return _union_unpacker(hint)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return _enum_unpacker(hint)
    if dataclasses.is_dataclass(hint):
        return _record_unpacker(hint)
    raise TypeError(f"the journal has no way to read {hint!r}")


def _write_float(value: float) -> str:
    if not math.isfinite(value):
        raise ValueError(f"{value} cannot be journalled")
    return float.__repr__(float(value))


SCALAR_WRITERS: Final[Mapping[Any, Write]] = {
    bool: lambda value: "true" if value else "false",
    int: int.__repr__,
    float: _write_float,
    str: encode_basestring_ascii,
    type(None): lambda _: "null",
}
"""As ``json`` writes them."""


def _scalar_unpacker(expected: type) -> Unpack:
    def unpack(value: Json, where: Where) -> Any:
        # Exactly this type: JSON's true must not pass as the int 1, nor 1.0 as 1.
        if type(value) is not expected:
            raise _Unreadable(where, f"{value!r} is no {expected.__name__}")
        return value

    return unpack


def _read_float(value: Json, where: Where) -> Any:
    # JSON has no infinity, but a number too large for us is read as one.
    if type(value) is not float or not math.isfinite(value):
        raise _Unreadable(where, f"{value!r} is no float")
    return value


def _enum_unpacker(hint: type[Enum]) -> Unpack:
    def unpack(value: Json, where: Where) -> Any:
        try:
            return hint(value)
        except ValueError:
            raise _Unreadable(where, f"{value!r} is no {hint.__name__}") from None

    return unpack


def _tuple_writer(hint: Any) -> Write:
    members = get_args(hint)
    if len(members) == 2 and members[1] is Ellipsis:
        write_item = _writer(members[0])
        return lambda value: f"[{','.join(map(write_item, value))}]"
    writers = [_writer(member) for member in members]

    def write(value: Any) -> str:
        items = [write_item(item) for write_item, item in zip(writers, value, strict=True)]
        return f"[{','.join(items)}]"

    return write


def _tuple_unpacker(hint: Any) -> Unpack:
    members = get_args(hint)
    repeated = len(members) == 2 and members[1] is Ellipsis
    unpackers = [_unpacker(member) for member in (members[:1] if repeated else members)]

    def unpack(value: Json, where: Where) -> Any:
        if type(value) is not list:
            raise _Unreadable(where, f"{value!r} is no list")
        if not repeated and len(value) != len(unpackers):
            raise _Unreadable(where, f"{len(value)} values instead of {len(unpackers)}")
        chosen = unpackers * len(value) if repeated else unpackers
        return tuple(
            unpack_item(item, (where, index))
            for index, (unpack_item, item) in enumerate(zip(chosen, value, strict=True))
        )

    return unpack


def _union_writer(hint: Any) -> Write:
    members = [member for member in get_args(hint) if member is not type(None)]
    if len(members) == 1:
        write_value = _writer(members[0])
        return lambda value: "null" if value is None else write_value(value)
    writers = {member: _writer(member) for member in members}

    def write(value: Any) -> str:
        if value is None:
            return "null"
        return f'{{"{type(value).__name__}":{writers[type(value)](value)}}}'

    return write


def _union_unpacker(hint: Any) -> Unpack:
    members = [member for member in get_args(hint) if member is not type(None)]
    optional = len(members) < len(get_args(hint))
    if len(members) == 1:
        unpack_value = _unpacker(members[0])
        return lambda value, where: None if value is None else unpack_value(value, where)
    unpackers = {member.__name__: _unpacker(member) for member in members}

    def unpack(value: Json, where: Where) -> Any:
        if value is None and optional:
            return None
        if type(value) is not dict or len(value) != 1:
            raise _Unreadable(where, "not one value under the name of its type")
        name, content = next(iter(value.items()))
        if name not in unpackers:
            raise _Unreadable(where, f"{name!r} is none of {', '.join(sorted(unpackers))}")
        return unpackers[name](content, (where, name))

    return unpack


def _record_writer(record: Any) -> Write:
    hints = get_type_hints(record)
    names = sorted(field.name for field in dataclasses.fields(record))
    members = [(name, _writer(hints[name])) for name in names]
    form = "{" + ",".join(f'"{name}":%s' for name in names) + "}"

    def write(value: Any) -> str:
        return form % tuple([write_field(getattr(value, name)) for name, write_field in members])

    return write


def _record_unpacker(record: Any) -> Unpack:
    hints = get_type_hints(record)
    fields_of = dataclasses.fields(record)
    unpackers = {f.name: _unpacker(hints[f.name]) for f in fields_of}
    later: dict[str, Any] = {f.name: f.default for f in fields_of if "since" in f.metadata}

    def unpack(value: Json, where: Where) -> Any:
        if type(value) is not dict:
            raise _Unreadable(where, f"{value!r} is no object")
        if value.keys() != unpackers.keys():
            unknown = sorted(value.keys() - unpackers.keys())
            missing = sorted(unpackers.keys() - value.keys())
            if unknown or not later.keys() >= set(missing):
                raise _Unreadable(where, f"unknown fields {unknown}, missing fields {missing}")
            value = later | value
        fields = {
            name: unpack_field(value[name], (where, name))
            for name, unpack_field in unpackers.items()
        }
        return record(**fields)

    return unpack

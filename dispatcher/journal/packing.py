"""Plain values to bytes and back, quickly: how snapshots and what is kept of a day are written.

Decides the form (MessagePack by msgspec: a depot's whole day in a tenth of a second) and when two
programs mean the same by it: their types have the same fields, of the same types, in the same order
(``layout_of``). What was written under another layout is not read. Entries of the journal are
written by ``codec`` instead, for people and for versions to come.
"""

import dataclasses
import hashlib
from enum import Enum
from functools import cache
from typing import Any, NewType, cast, get_args, get_origin, get_type_hints

import msgspec


class UnpackError(ValueError):
    """Bytes do not hold a value of the type wanted."""


def pack(value: object) -> bytes:
    """Write a value of dataclasses, enums and plain containers."""
    return msgspec.msgpack.encode(value)


def unpack[Value](data: bytes, kind: type[Value]) -> Value:
    """Read what ``pack`` wrote of a value of this type.

    Raises
    ------
    UnpackError
        If it is no such value.
    """
    try:
        value: Value = _decoder(cast(Any, kind)).decode(data)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise UnpackError(str(error)) from None
    return value


def plain(data: bytes) -> Any:
    """Read what ``pack`` wrote as dictionaries, lists and scalars, whatever its type was.

    Raises
    ------
    UnpackError
        If it is nothing that was written so.
    """
    try:
        return msgspec.msgpack.decode(data)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise UnpackError(str(error)) from None


def layout_of(*kinds: Any) -> str:
    """Return a digest of what values of these types are made of, all the way down."""
    told: dict[str, str] = {}
    for kind in kinds:
        _tell(kind, told)
    text = "\n".join(f"{name}: {fields}" for name, fields in sorted(told.items()))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@cache
def _decoder(kind: Any) -> Any:
    return msgspec.msgpack.Decoder(kind)


def _tell(hint: Any, told: dict[str, str]) -> str:
    """Return a type's name; tell what it is made of if it is a record or an enum."""
    if isinstance(hint, NewType):
        return _tell(hint.__supertype__, told)
    arguments = get_args(hint)
    if arguments:
        inner = ",".join("..." if one is Ellipsis else _tell(one, told) for one in arguments)
        return f"{getattr(get_origin(hint), '__name__', 'Union')}[{inner}]"
    name = getattr(hint, "__qualname__", str(hint))
    if name not in told and dataclasses.is_dataclass(hint):
        told[name] = ""  # lest a type within itself goes on for ever
        hints = get_type_hints(hint)
        fields = [f"{one.name}={_tell(hints[one.name], told)}" for one in dataclasses.fields(hint)]
        told[name] = " ".join(fields)
    elif isinstance(hint, type) and issubclass(hint, Enum):
        told[name] = " ".join(f"{one.name}={one.value!r}" for one in hint)
    return name

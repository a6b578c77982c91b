"""Records that are made all the time: frozen for whoever reads the code, cheap to make.

Vans' dialogues, trips and parcels change dozens of times a parcel, each time into a new record;
of all that happens on a day, making these is what happens most.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from functools import cache
from typing import Any, cast, dataclass_transform


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def record[Record](kind: type[Record]) -> type[Record]:
    """Make a class a slotted dataclass that the type checker holds to be frozen.

    For records made at every event; all others are ``dataclass(frozen=True, slots=True)``. What
    is frozen at run time sets each field by a call of its own: it takes five times as long.
    """
    made: type[Record] = dataclass(slots=True, unsafe_hash=True)(kind)
    return made


def changed[Record](record: Record, **changes: object) -> Record:
    """Return a dataclass record with some fields changed, as ``dataclasses.replace`` does.

    All of its fields can be given to its constructor, in their order: that is why it is quicker,
    for names need not be matched.

    Raises
    ------
    TypeError
        If it has no field of a name.
    """
    kind: Any = type(record)
    other: Record = _changer(kind)(record, **changes)
    return other


@cache
def _changer(kind: type) -> Callable[..., Any]:
    """Return what makes a changed record of a kind: written out for its fields, as ``__init__`` is.

    For ``a`` and ``b`` it says ``kind(_old.a if a is _same else a, _old.b if b is _same else b)``.
    """
    names = [field.name for field in fields(cast(Any, kind))]
    given = ", ".join(f"{name}=_same" for name in names)
    values = ", ".join(f"_old.{name} if {name} is _same else {name}" for name in names)
    space: dict[str, Any] = {"_kind": kind, "_same": object()}
    exec(f"def change(_old, {given}): return _kind({values})", space)
    return cast(Callable[..., Any], space["change"])

"""Records that are made all the time: frozen for whoever reads the code, cheap to make.

Vans' dialogues, trips and parcels change dozens of times a parcel, each time into a new record;
of all that happens on a day, making these is what happens most.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from functools import cache
from operator import attrgetter
from typing import Any, dataclass_transform


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

    The record has two fields or more, and all can be given to its constructor, in their order:
    that is why it is quicker, for names need not be matched.

    Raises
    ------
    TypeError
        If it has no field of a name.
    """
    kind: Any = type(record)
    position, values = _read_by(kind)
    row = list(values(record))
    for name, value in changes.items():
        if name not in position:
            raise TypeError(f"{kind.__name__} has no field {name!r}")
        row[position[name]] = value
    other: Record = kind(*row)
    return other


@cache
def _read_by(kind: Any) -> tuple[dict[str, int], Callable[[Any], tuple[Any, ...]]]:
    """Return where each field of a record stands, and what reads them all at once."""
    names = [field.name for field in fields(kind)]
    return {name: index for index, name in enumerate(names)}, attrgetter(*names)

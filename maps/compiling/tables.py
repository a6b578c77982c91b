"""Hand many arrays to compiled code as one address: what this project adds to numba.

Why: numba takes an array apart into 5 + 2n values, its owner, sizes and strides among them. A named
tuple of twenty arrays is 150 arguments of every function that takes it, and a kernel of seventy
functions took two minutes to compile, most of it moving arguments.

What: a *record of tables*. In Python it is the same named tuple of contiguous arrays. On the way
into a kernel it becomes one address, of a *directory*: for each field in turn where its items begin
and how long each of its dimensions is. In kernels,

- ``draft.node`` reads the address and the lengths of one field: a ``Table``;
- ``node[at, NEXT]``, as reading or writing, is address arithmetic; one whole number for each
  dimension, never negative (nothing counts from the end) and, as everywhere in numba, unchecked;
- ``node.shape`` are the lengths.

Nothing else: no slices, no iteration, no arithmetic of whole tables. The directory never changes
while a kernel runs, and neither do the items of a record that is only read; the compiler is told so
(LLVM's ``invariant.load``), and may keep them in registers. Writing into such a record is an error
while compiling.

How, in numba's words: ``Record`` and ``Table`` are types with a data model (an address; an address
with lengths), typing templates that say which attributes and items they have, and lowering that
writes the LLVM instructions. ``_Handed`` is what Python passes: it holds directory and arrays for
as long as the kernel runs. See numba's manual, "Extending Numba, low-level extension API".
"""

import operator
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numba.core import cgutils, types
from numba.core.datamodel import models
from numba.core.datamodel.registry import register_default
from numba.core.imputils import lower_builtin, lower_getattr, lower_getattr_generic
from numba.core.typing.templates import (
    AbstractTemplate,
    AttributeTemplate,
    infer_getattr,
    infer_global,
    signature,
)
from numba.extending import NativeValue, typeof_impl, unbox

_WORD: Final = 8
"""Bytes of an address and of a length: kernels run on 64 bits."""


class Table(types.Type):
    """An array within a record: items in rows without gaps, and the lengths of its dimensions."""

    def __init__(self, dtype: Any, ndim: int, *, written: bool) -> None:
        self.dtype, self.ndim, self.written = dtype, ndim, written
        super().__init__(f"Table({dtype}, {ndim}, {'written' if written else 'read'})")


class Record(types.Type):
    """Named tables behind one address; ``made_of`` is the named tuple it is in Python."""

    def __init__(self, made_of: type[tuple[Any, ...]], tables: Sequence[Table]) -> None:
        self.made_of, self.tables = made_of, tuple(tables)
        fields: tuple[str, ...] = made_of._fields  # type: ignore[attr-defined]
        self.fields = dict(zip(fields, self.tables, strict=True))
        name = f"{made_of.__module__}.{made_of.__qualname__}"
        super().__init__(f"Record({name}: {', '.join(str(table) for table in tables)})")

    def place_of(self, name: str) -> int:
        """Return where the directory says of a field where it begins, in words."""
        place = 0
        for field, table in self.fields.items():
            if field == name:
                break
            place += 1 + table.ndim
        return place


class _Handed:
    """A record on its way into a kernel; keeps arrays and directory while the kernel runs."""

    def __init__(self, kind: Record, arrays: tuple[Any, ...]) -> None:
        words: list[int] = []
        for (name, table), array in zip(kind.fields.items(), arrays, strict=True):
            if array.ndim != table.ndim or array.dtype != np.dtype(str(table.dtype)):
                raise TypeError(f"{name}: {array.ndim} x {array.dtype}, but takes {table}")
            if not array.flags.c_contiguous:
                raise TypeError(f"{name}: not contiguous")
            words += (array.ctypes.data, *array.shape)
        self.kind, self._arrays = kind, arrays
        self._directory = np.array(words, np.int64)
        self.address = self._directory.ctypes.data


def handed(kind: Any, given: Any) -> Any:
    """Return an argument as a compiled kernel takes it, by the type that it has there.

    Raises
    ------
    TypeError
        If an array of a record has other items or dimensions than its table, or gaps.
    """
    return _Handed(kind, given) if isinstance(kind, Record) else given


@typeof_impl.register(_Handed)
def _typeof(given: _Handed, _context: Any) -> Record:
    return given.kind


@register_default(Record)
class _RecordModel(models.OpaqueModel):
    """An address."""


@register_default(Table)
class _TableModel(models.StructModel):
    """An address with lengths."""

    def __init__(self, manager: Any, kind: Table) -> None:
        shape = types.UniTuple(types.intp, kind.ndim)
        members = [("data", types.CPointer(kind.dtype)), ("shape", shape)]
        super().__init__(manager, kind, members)


@unbox(Record)
def _unboxed(_kind: Record, given: Any, call: Any) -> Any:
    address = call.pyapi.object_getattr_string(given, "address")
    value = call.pyapi.long_as_voidptr(address)
    call.pyapi.decref(address)
    return NativeValue(value)


@infer_getattr
class _RecordFields(AttributeTemplate):
    key = Record

    def generic_resolve(self, record: Any, name: str) -> Any:  # type: ignore[override]
        return record.fields.get(name)


@infer_getattr
class _TableShape(AttributeTemplate):
    key = Table

    def resolve_shape(self, table: Table) -> Any:
        return types.UniTuple(types.intp, table.ndim)


def _parts(index: Any) -> tuple[Any, ...]:
    """Return the types of the whole numbers of an index."""
    several: Any = index
    return tuple(several.types) if isinstance(index, types.BaseTuple) else (index,)


def _fits(table: Any, index: Any) -> bool:
    """Say whether something is a table, and something else points to one item of it."""
    parts = _parts(index)
    return (
        isinstance(table, Table)
        and len(parts) == table.ndim
        and all(isinstance(part, types.Integer) for part in parts)
    )


@infer_global(operator.getitem)
class _Reads(AbstractTemplate):
    def generic(self, args: Any, _kws: Any) -> Any:
        table, index = args
        return signature(table.dtype, table, index) if _fits(table, index) else None


@infer_global(operator.setitem)
class _Writes(AbstractTemplate):
    def generic(self, args: Any, _kws: Any) -> Any:
        table, index, _value = args
        if _fits(table, index) and table.written:
            return signature(types.none, table, index, table.dtype)
        return None


def _same(builder: Any, load: Any) -> Any:
    """Tell the compiler that what is loaded stays the same while the kernel runs."""
    load.set_metadata("invariant.load", builder.module.add_metadata([]))
    return load


@lower_getattr_generic(Record)
def _field(context: Any, builder: Any, record: Record, address: Any, name: str) -> Any:
    kind = record.fields[name]
    table = context.make_helper(builder, kind)
    place, lengths = record.place_of(name), []
    word = context.get_value_type(types.intp)
    for at in range(1 + kind.ndim):
        there = cgutils.pointer_add(builder, address, (place + at) * _WORD)
        holds = table.data.type if at == 0 else word
        value = _same(builder, builder.load(builder.bitcast(there, holds.as_pointer())))
        if at == 0:
            table.data = value
        else:
            lengths.append(value)
    table.shape = cgutils.pack_array(builder, lengths)
    return table._getvalue()


@lower_getattr(Table, "shape")
def _shape(context: Any, builder: Any, kind: Table, value: Any) -> Any:
    return context.make_helper(builder, kind, value).shape


def _item(context: Any, builder: Any, kinds: Sequence[Any], values: Sequence[Any]) -> Any:
    """Return the address of an item."""
    kind, index = kinds
    table = context.make_helper(builder, kind, values[0])
    given: Sequence[Any] = (values[1],)
    if isinstance(index, types.BaseTuple):
        given = cgutils.unpack_tuple(builder, values[1])
    lengths = cgutils.unpack_tuple(builder, table.shape)
    offset = None
    for length, part, value in zip(lengths, _parts(index), given, strict=True):
        along = context.cast(builder, value, part, types.intp)
        if offset is not None:
            along = builder.add(builder.mul(offset, length, flags=["nsw"]), along, flags=["nsw"])
        offset = along
    return builder.gep(table.data, [offset], inbounds=True)


@lower_builtin(operator.getitem, Table, types.Any)
def _read(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    kind = sig.args[0]
    load = builder.load(_item(context, builder, sig.args, args))
    value = load if kind.written else _same(builder, load)
    return context.data_model_manager[kind.dtype].from_data(builder, value)


@lower_builtin(operator.setitem, Table, types.Any, types.Any)
def _write(context: Any, builder: Any, sig: Any, args: Any) -> Any:
    kind = sig.args[0]
    value = context.data_model_manager[kind.dtype].as_data(builder, args[2])
    builder.store(value, _item(context, builder, sig.args[:2], args[:2]))
    return context.get_dummy_value()


def tables_of(made_of: type[tuple[Any, ...]], *arrays: Any, written: bool) -> Record:
    """Return the type of a record whose fields are tables with these arrays' items."""
    return Record(made_of, [Table(array.dtype, array.ndim, written=written) for array in arrays])

"""What pydantic finds wrong with a file, in sentences for whoever wrote the file."""

import difflib
from collections.abc import Iterator, Sequence
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

VALUE_LETTERS_MAX = 60


def describe_faults(error: ValidationError, model: type[BaseModel]) -> tuple[str, ...]:
    """Return one sentence per fault: where, which value, which rule, and what may be meant.

    Parameters
    ----------
    error
        What validation of the file's contents raised.
    model
        The model of the whole file; its keys are what a misspelled one is compared with.
    """
    return tuple(_sentence(fault, model) for fault in error.errors(include_url=False))


def _sentence(fault: Any, model: type[BaseModel]) -> str:
    where = _path(fault["loc"])
    if fault["type"] == "extra_forbidden":
        key = str(fault["loc"][-1])
        keys = _keys_at(model, fault["loc"][:-1])
        close = difflib.get_close_matches(key, keys, n=1)
        hint = f"did you mean {close[0]!r}?" if close else f"known here: {', '.join(keys)}"
        return f"{where}: unknown key; {hint}"
    if fault["type"] == "missing":
        return f"{where}: is required"
    rule = fault["msg"].removeprefix("Value error, ")
    if isinstance(fault["input"], dict):
        return f"{where or 'the file'}: {rule}"
    value = str(fault["input"])[:VALUE_LETTERS_MAX]
    return f"{where} = {value!r}: {rule}"


def _path(location: Sequence[str | int]) -> str:
    """Write a location as TOML readers count: ``vans[2].shift.from`` is the second entry."""
    text = ""
    for part in location:
        text += f"[{part + 1}]" if isinstance(part, int) else f".{part}"
    return text.removeprefix(".")


def _keys_at(model: type[BaseModel], location: Sequence[str | int]) -> list[str]:
    """Return the keys that the model at a location knows."""
    here = model
    for part in location:
        if isinstance(part, int):
            continue
        field = next((f for name, f in here.model_fields.items() if part in (name, f.alias)), None)
        inner = list(_models_in(field.annotation)) if field is not None else []
        if not inner:
            break
        here = inner[0]
    return [field.alias or name for name, field in here.model_fields.items()]


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models_in(inner)

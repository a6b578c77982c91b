"""What is read of any bytes, and what is refused, is what strict pydantic models make of them."""

import json
from contextlib import suppress
from copy import deepcopy
from enum import Enum
from functools import cache
from types import NoneType
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from tests.vehicles.vda5050 import reference
from tests.vehicles.vda5050.test_messages import MODELS, sent_messages
from vehicles.errors import BadMessageError
from vehicles.vda5050.wire import WireModel

EXAMPLES = 50

NUMBERS = (
    "NaN", "Infinity", "-Infinity", "1e999", "-1e999", "1e308", "5e-324", "9" * 400,
    "-0", "-0.0", "0.0", "1.0", "7.5", "1e3", "01", "+1", ".5", "1.", "-1", "-0.5", "0", "1.01",
    "90", "90.5", "-90.5", "180", "180.5", "-180.5",
    str(2**31), str(2**53 + 1), str(2**63), str(-(2**63) - 1), str(2**64), str(10**30),
)  # fmt: skip
STAMPS = (
    '"1991-03-11T11:40:03.12Z"', '"2026-03-02T08:00:00"', '"2026-03-02"', '"2026-02-30T00:00:00Z"',
    '"0001-01-01T00:00:00+14:00"', '"9999-12-31T23:59:59-14:00"', '"2026-03-02T24:00:00Z"',
    '"2026-03-02T08:00:00.123456789+02:00"', '"20260302T080000Z"', '"2026-03-02 08:00:00Z"',
    "1772434800", '"now"',
)  # fmt: skip
OTHERS = (
    "null", "true", "false", "[]", "{}", '""', '"7"', "[1]", '{"a":1}', '"FINISHED"', '"finished"',
    r'"\ud800"', r'"\ud83d\ude00"', r'"\u00e9\u0000"', '"\x01"', r'"\x"', "[" * 40 + "]" * 40,
    '{"value":NaN}', "[1,]", "'a'", "", "nul", '{"a":1,"a":2}', "/**/1",
)  # fmt: skip
LONG = b'{"headerId":' + b"9" * 5000 + b"}"
"""More digits than Python reads; where nobody looks, only the reference minds."""

junk = st.sampled_from(NUMBERS + STAMPS + OTHERS) | st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
).map(json.dumps)


def value_of(kind: Any) -> st.SearchStrategy[Any]:
    """Draw a good value of a field's kind, as JSON has it."""
    args = get_args(kind)
    if kind == reference.Timestamp:
        return st.sampled_from([json.loads(STAMPS[0]), "2026-03-02T06:00:00+02:00"])
    if kind == reference.ParameterValue:
        return st.sampled_from([True, 7, 0.5, "x", [1, None, {"a": "b"}], {"a": [None]}])
    if get_origin(kind) is Annotated:
        return value_of(args[0]) if args[0] is not float else st.sampled_from([0, 1, 0.5])
    if get_origin(kind) is tuple:
        return st.lists(value_of(args[0]), max_size=2)
    if args:
        return st.one_of([value_of(one) for one in args])
    if issubclass(kind, Enum):
        return st.sampled_from([one.value for one in kind])
    if issubclass(kind, BaseModel):
        return document_of(kind)
    plain = {bool: st.booleans(), int: st.integers(0, 9), str: st.text(max_size=5)}
    plain |= {float: st.integers(-9, 9) | st.floats(-1e9, 1e9), NoneType: st.none()}
    return plain[kind]


@cache
def document_of(model: type[BaseModel]) -> st.SearchStrategy[dict[str, Any]]:
    """Draw a good message; of what may be left out, anything is."""
    needed: dict[str, st.SearchStrategy[Any]] = {}
    free: dict[str, st.SearchStrategy[Any]] = {"acme": st.just({"a": [None]})}
    kinds = get_type_hints(model, include_extras=True)
    for name, field in model.model_fields.items():
        (needed if field.is_required() else free)[field.alias or name] = value_of(kinds[name])
    return st.fixed_dictionaries(needed, optional=free)


def spots(inner: Any) -> list[tuple[Any, Any]]:
    """Return every place in a document: what holds it, and under which key."""
    keys = (
        inner if isinstance(inner, dict) else range(len(inner)) if isinstance(inner, list) else ()
    )
    return [spot for key in keys for spot in [(inner, key), *spots(inner[key])]]


@st.composite
def payloads(draw: st.DrawFn, model: type[BaseModel]) -> bytes:
    """Draw a message in which up to two places hold something else, or nothing."""
    document, texts = deepcopy(draw(document_of(model))), []
    for number in range(draw(st.integers(0, 2))):
        if not (found := spots(document)):
            break
        holder, key = found[draw(st.integers(0, len(found) - 1))]
        if isinstance(holder, dict) and draw(st.booleans()):
            del holder[key]
        else:
            holder[key] = f"@{number}@"
            texts.append(draw(junk))
    payload = json.dumps(document, ensure_ascii=draw(st.booleans()))
    for number, text in enumerate(texts):
        payload = payload.replace(f'"@{number}@"', text)
    return payload.encode()


def as_read(message: Any) -> Any:
    """Return what was read, as names and values that can be compared with their kinds."""
    if isinstance(message, msgspec.Struct):
        names = message.__struct_fields__
        return {name: as_read(getattr(message, name)) for name in names}
    if isinstance(message, BaseModel):
        return {name: as_read(getattr(message, name)) for name in type(message).model_fields}
    if isinstance(message, tuple | list):
        return [as_read(one) for one in message]
    if isinstance(message, dict):
        return {key: as_read(one) for key, one in message.items()}
    if isinstance(message, int) and not isinstance(message, bool):
        return int(message)
    return message


def refuse(constant: str) -> None:
    """Refuse what RFC 8259 does not have, but pydantic passes over where it does not look."""
    raise ValueError(constant)


def both(model: type[WireModel], payload: bytes) -> tuple[Any, Any]:
    """Return what the program reads and what the reference does; None where it is refused."""
    read, expected = None, None
    with suppress(BadMessageError):
        read = model.decode(payload)
    with suppress(ValueError):  # pydantic's own ValidationError is one
        json.loads(payload, parse_constant=refuse, parse_int=str)
        expected = getattr(reference, model.__name__).model_validate_json(payload)
    return as_read(read), as_read(expected)


@pytest.mark.parametrize("model", MODELS)
@settings(max_examples=EXAMPLES)
@given(st.data())
def test_a_message_is_read_or_refused_as_the_reference_does(model, data):
    payload = data.draw(payloads(getattr(reference, model.__name__)))
    read, expected = both(model, payload)
    assert repr(read) == repr(expected)


def full(kind: Any) -> Any:
    """Return a good value of a kind with everything in it that may be left out."""
    args = get_args(kind)
    if kind == reference.Timestamp:
        return json.loads(STAMPS[0])
    if kind == reference.ParameterValue:
        return [1, None, {"a": "b"}]
    if get_origin(kind) is tuple:
        return [full(args[0])]
    if args:
        return full(args[0])
    if issubclass(kind, Enum):
        return next(one.value for one in kind)
    if issubclass(kind, BaseModel):
        kinds = get_type_hints(kind, include_extras=True)
        fields = kind.model_fields.items()
        return {field.alias or name: full(kinds[name]) for name, field in fields}
    return {bool: True, int: 7, float: 0.5, str: "x"}[kind]


@pytest.mark.parametrize("model", MODELS)
def test_anything_at_every_place_is_read_or_refused_as_the_reference_does(model):
    document = full(getattr(reference, model.__name__))
    assert both(model, json.dumps(document).encode())[0] is not None
    for holder, key in spots(document):
        kept, holder[key] = holder[key], "@"
        text = json.dumps(document)
        for junk_text in NUMBERS + STAMPS + OTHERS:
            payload = text.replace('"@"', junk_text).encode()
            read, expected = both(model, payload)
            assert repr(read) == repr(expected), payload
        holder[key] = kept


@pytest.mark.parametrize(("name", "message"), sent_messages())
def test_what_we_send_is_read_as_the_reference_does(name, message):
    read, expected = both(type(message), message.encode())
    assert read is not None, name
    assert repr(read) == repr(expected)


@pytest.mark.parametrize("model", MODELS)
def test_the_reference_has_the_same_fields(model):
    fields = {field.name: field.required for field in msgspec.structs.fields(model)}
    models = getattr(reference, model.__name__).model_fields
    assert fields == {name: field.is_required() for name, field in models.items()}


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(
    "payload", [b"", b"\xff", b'{"headerId":"\xff"}', b"[" * 100_000, b"{}x", b"7", LONG]
)
def test_bytes_that_are_no_message_are_refused_in_one_way(model, payload):
    with pytest.raises(BadMessageError, match="VAN-202"):
        model.decode(payload)


def test_a_message_nested_without_end_is_refused():
    deep = b'{"acme":' + b'{"a":' * 100_000 + b"1" + b"}" * 100_001
    with pytest.raises(BadMessageError):
        MODELS[0].decode(deep)

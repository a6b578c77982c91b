"""What every VDA 5050 message has in common: strictness, header, time stamps, bytes.

Keys on the wire are the standard's camelCase; names here are snake_case. Messages are immutable
and strict about what they accept, but ignore keys they do not know, so that vehicles with newer
software or other makers' extensions can still talk to us. Optional keys that are not set are left
out, as the standard wants, never sent as null.

They are msgspec's structures: a simulated day makes a quarter of a million of them, and a live
dispatcher reads thousands of states a second. Only what is read is checked; what the program makes
itself is the type checker's to judge.
"""

from functools import cache
from typing import Annotated, Any, Final, Self

import msgspec

from maps.units import Instant, parse_rfc3339, rfc3339
from vehicles.errors import BadMessageError

PROTOCOL_VERSION: Final = "2.1.0"
"""Version of the standard that our messages follow; ``versions`` writes and reads others."""

Count = Annotated[int, msgspec.Meta(ge=0)]
CountFromOne = Annotated[int, msgspec.Meta(ge=1)]
NotNegative = Annotated[float, msgspec.Meta(ge=0)]
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Longitude = Annotated[float, msgspec.Meta(ge=-180, le=180)]
Latitude = Annotated[float, msgspec.Meta(ge=-90, le=90)]


class Timestamp(int):
    """An instant, written as ISO 8601 in UTC; without an offset it is refused."""

    __slots__ = ()

    @property
    def instant(self) -> Instant:
        """Return it as the program knows instants."""
        return Instant(int(self))


# Messages are trees, so nothing is to be collected but what is counted out: hence gc=False.
class WireModel(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True, gc=False):
    """Base of everything on the wire: immutable, strict, tolerant only of unknown keys.

    A field that is as by default is not sent, so only what may be left out has a default.
    """

    @classmethod
    def decode(cls, payload: bytes) -> Self:
        """Parse a message's bytes.

        Raises
        ------
        BadMessageError
            Whatever is wrong with them.
        """
        try:
            message: Self = _decoder(cls).decode(payload)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise BadMessageError(cls.__name__, str(error)) from error
        return message

    def encode(self) -> bytes:
        """Write the message as JSON in UTF-8, keys as in the standard, unset ones left out."""
        return _ENCODER.encode(self)

    def changed(self, **changes: object) -> Self:
        """Return the same with some fields changed.

        Raises
        ------
        TypeError
            If it has no field of a name.
        """
        return msgspec.structs.replace(self, **changes)


class Message(WireModel, frozen=True, kw_only=True):
    """The header of every message (VDA 5050 2.1, section 6.3)."""

    header_id: Count
    timestamp: Timestamp
    version: str
    manufacturer: str
    serial_number: str


def plain_of(message: WireModel) -> dict[str, Any]:
    """Return a message as what its JSON would read as."""
    plain: dict[str, Any] = msgspec.to_builtins(message, enc_hook=_written)
    return plain


def shown(content: dict[str, Any]) -> bytes:
    """Write plain values as JSON."""
    return msgspec.json.encode(content)


def parsed(model: type[WireModel], payload: bytes) -> object:
    """Read the JSON of a message as plain values.

    Raises
    ------
    BadMessageError
        If it is none.
    """
    try:
        return msgspec.json.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadMessageError(model.__name__, str(error)) from error


def structured[M: WireModel](model: type[M], content: object) -> M:
    """Return plain values as the message that they are.

    Raises
    ------
    BadMessageError
        If they are none.
    """
    try:
        return msgspec.convert(content, model, dec_hook=_read)
    except (msgspec.DecodeError, RecursionError) as error:
        raise BadMessageError(model.__name__, str(error)) from error


def schemas_of(models: tuple[type[WireModel], ...], reference: str) -> dict[str, Any]:
    """Return JSON schemas of messages and all that they hold, by name.

    Parameters
    ----------
    models
        The messages.
    reference
        How they name each other, with ``{name}`` for the name.
    """
    _, found = msgspec.json.schema_components(
        models, schema_hook=_described, ref_template=reference
    )
    return found


def _described(kind: type) -> dict[str, Any]:
    """Return the schema of a kind of value that JSON does not know."""
    if kind is not Timestamp:
        raise NotImplementedError(f"{kind.__name__} is none of a message's kinds")
    return {"type": "string", "format": "date-time"}


def _written(value: Any) -> str:
    """Write a value of a kind that JSON does not know."""
    if not isinstance(value, Timestamp):
        raise NotImplementedError(f"{type(value).__name__} is none of a message's kinds")
    return rfc3339(value.instant)


def _read(kind: type, value: Any) -> Timestamp:
    """Read a value of a kind that JSON does not know; ValueErrors become the decoder's own."""
    if kind is not Timestamp:
        raise NotImplementedError(f"{kind.__name__} is none of a message's kinds")
    if not isinstance(value, str):
        raise ValueError("must be a text such as 1991-03-11T11:40:03.12Z")
    try:
        return Timestamp(parse_rfc3339(value))
    except OverflowError as error:
        raise ValueError("lies outside the years 1 to 9999 in UTC") from error


_ENCODER: Final = msgspec.json.Encoder(enc_hook=_written)


@cache
def _decoder(model: type[Any]) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(model, dec_hook=_read)

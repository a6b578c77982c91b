"""What every VDA 5050 message has in common: strictness, header, time stamps, bytes.

Keys on the wire are the standard's camelCase; names here are snake_case. Messages are immutable
and strict about what they accept, but ignore keys they do not know, so that vehicles with newer
software or other makers' extensions can still talk to us. Optional keys that are not set are left
out, as the standard wants, never sent as null.
"""

from typing import Annotated, Final, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    ValidationInfo,
)
from pydantic.alias_generators import to_camel

from maps.units import Instant, parse_rfc3339, rfc3339

PROTOCOL_VERSION: Final = "2.1.0"
"""Version of the standard that our messages follow."""


def _read_timestamp(value: object, info: ValidationInfo) -> object:
    """Read a time stamp from a message; instants pass when a message is made in the program."""
    if isinstance(value, str):
        try:
            return parse_rfc3339(value)
        except OverflowError as error:
            raise ValueError("lies outside the years 1 to 9999 in UTC") from error
    if info.mode == "json":
        raise ValueError("must be a text such as 1991-03-11T11:40:03.12Z")
    return value


Timestamp = Annotated[
    Instant,
    BeforeValidator(_read_timestamp),
    PlainSerializer(rfc3339, return_type=str),
]
"""An instant, written as ISO 8601 in UTC; without an offset it is refused."""


class WireModel(BaseModel):
    """Base of everything on the wire: immutable, strict, tolerant only of unknown keys."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        populate_by_name=True,
        frozen=True,
        extra="ignore",
        strict=True,
        allow_inf_nan=False,
    )

    @classmethod
    def decode(cls, payload: bytes) -> Self:
        """Parse a message's bytes; raises ``pydantic.ValidationError`` and nothing else."""
        return cls.model_validate_json(payload)

    def encode(self) -> bytes:
        """Write the message as JSON in UTF-8, keys as in the standard, unset ones left out."""
        return self.model_dump_json(by_alias=True, exclude_none=True).encode()


class Message(WireModel):
    """The header of every message (VDA 5050 2.1, section 6.3)."""

    header_id: Annotated[int, Field(ge=0)]
    timestamp: Timestamp
    version: str = PROTOCOL_VERSION
    manufacturer: str
    serial_number: str

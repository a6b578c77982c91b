"""What the conductor of a simulated day tells its vans and its warehouse, beside the real topics.

Nobody but simulated things listens here: a real van breaks down without being told to.
"""

from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

VANS_TOPIC: Final = "robovan/v1/simulation/vans"
WAREHOUSE_TOPIC: Final = "robovan/v1/simulation/warehouse"


class BreakDown(BaseModel):
    """A van is to stand still for a time, in seconds of the world."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["break_down"] = "break_down"
    van_id: str
    duration_s: Annotated[int, Field(gt=0)]


class WantBack(BaseModel):
    """The warehouse is to want a parcel back."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["want_back"] = "want_back"
    parcel_id: str
    reason: str


Control = BreakDown | WantBack
_CONTROL: TypeAdapter[Control] = TypeAdapter(Annotated[Control, Field(discriminator="kind")])


def encode(control: Control) -> bytes:
    """Write a control message as JSON."""
    return control.model_dump_json().encode()


def decode(payload: bytes) -> Control:
    """Read a control message; raises ``pydantic.ValidationError`` and nothing else."""
    return _CONTROL.validate_json(payload)

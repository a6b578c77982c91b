"""``[process.clock]`` as the configuration file writes it: how the world's clock runs.

Decides what is a moment there. What a clock does with it is ``live.clock``'s.
"""

from datetime import datetime
from typing import Annotated, Self

from pydantic import AwareDatetime, BeforeValidator, Field, model_validator

from dispatcher.steering import Section


def _moment(value: object) -> object:
    """Take RFC 3339 as text as well as TOML's own date and time."""
    if not isinstance(value, str):
        return value
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        raise ValueError("no date and time such as 2026-03-02T07:00:00+02:00") from None


Moment = Annotated[AwareDatetime, BeforeValidator(_moment)]
Text = Annotated[str, Field(min_length=1)]


class ClockSection(Section):
    """``[process.clock]``: how the world's clock runs."""

    epoch: Moment
    machine_epoch_s: Annotated[float, Field(ge=0)] | None = None
    machine_epoch_file: Text | None = None
    speed: Annotated[float, Field(gt=0, le=100_000)] = 1.0

    @model_validator(mode="after")
    def _one_epoch(self) -> Self:
        if (self.machine_epoch_s is None) == (self.machine_epoch_file is None):
            raise ValueError("give either machine_epoch_s or machine_epoch_file")
        return self

"""The ``[plan]`` table: what steers decisions, as the files of live and simulated days write it.

Decides which keys there are, made from the core's own settings so that none is forgotten, and what
a value of each name may be. What they mean is said in ``core.settings``; which speeds the roads
have, and prices, are keys of other tables and files.
"""

import dataclasses
from functools import cache, partial
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, create_model

from dispatcher.core.policies.registry import KINDS, hint
from dispatcher.core.settings import PlanSettings

AT_LEAST_ONE: Final = (
    "wave_parcels",
    "parcels_max",
    "decision_point_s_max",
    "retry_s",
    "overdue_s",
    "wave_interval_s",
)
"""Keys of ``[plan]`` whose 0 would let nothing happen, or the same thing without end."""


class Section(BaseModel):
    """Base of every table of the file: frozen, and nothing in it that is not known."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


@cache
def plan_section() -> type[Section]:
    """Return the model of ``[plan]``; its ``model_dump()`` is what ``PlanSettings`` takes."""
    fields: dict[str, Any] = {
        field.name: (Annotated[field.type, _bounds(field.name)], field.default)
        for field in dataclasses.fields(PlanSettings)
        if field.name != "prices"  # the fleet file's
    }
    return create_model("PlanSection", __base__=Section, **fields)


def _bounds(name: str) -> Any:
    """Return what a value of this name may be; for a number, the name's unit says it."""
    if name in KINDS:
        return AfterValidator(partial(_known_policy, name))
    if name == "replanning":
        return Field()
    if "_ratio" in name:
        return Field(ge=0, le=1)
    if name == "effort":
        return Field(ge=0, le=5)
    if name in AT_LEAST_ONE:
        return Field(ge=1)
    return Field(ge=0)


def _known_policy(kind: str, name: str) -> str:
    """Return the name of a policy if there is one."""
    if name not in KINDS[kind]:
        raise ValueError(f"no {kind} policy; {hint(kind, name)}")
    return name

"""The page for planners lists every key, with the default that holds."""

import re
from pathlib import Path
from typing import Any, cast, get_args

import pytest
from pydantic import BaseModel

from simulations.days.tables import Day, LocalSpan, PlaceTable

PAGE = Path(__file__).parents[3] / "docs" / "simulation.md"
TOLD_IN_WORDS = {
    *("by_hour", "business_ratio", "services"),
    *("planned_speeds", "planned_celsius", "demand_share"),
}


def is_table(one: Any) -> bool:
    """Return whether a type is a table of its own in the file."""
    own = isinstance(one, type) and issubclass(one, BaseModel) and one.__module__ == Day.__module__
    return own and one not in (LocalSpan, PlaceTable)


def tables(model: type[BaseModel], name: str = "") -> dict[str, type[BaseModel]]:
    """Return every table of the file by its heading on the page."""
    found = {name: model}
    for key, field in model.model_fields.items():
        below = f"{name}.{key}".strip(".")
        if is_table(field.annotation):
            found |= tables(cast("type[BaseModel]", field.annotation), below)
        for one in filter(is_table, get_args(field.annotation)):
            found |= tables(one, f"[{below}]")
    return found


def rows(page: str) -> dict[str, dict[str, str]]:
    """Return the defaults on the page by table and key."""
    found: dict[str, dict[str, str]] = {"": {}}
    here = ""
    for line in page.splitlines():
        if not line.startswith("| "):
            continue
        keys, default, _ = (cell.strip() for cell in line.strip("|").split("|", 2))
        heading = re.fullmatch(r"\*\*`\[(.+)\]`\*\*", keys)
        if heading:
            here = heading[1]
            found[here] = {}
            continue
        names = re.findall(r"`([a-z0-9_]+)`", keys)
        parts = re.split(r", (?![^\[]*\])", default)
        if len(parts) != len(names):
            parts = [default] * len(names)
        found[here] |= dict(zip(names, parts, strict=True))
    return found


@pytest.mark.parametrize(("name", "model"), sorted(tables(Day).items()))
def test_every_key_is_on_the_page_with_its_default(name, model):
    page = PAGE.read_text(encoding="utf-8").partition("## Every key")[2]
    listed = rows(page)[name]
    for key, field in model.model_fields.items():
        if is_table(field.annotation) or key in ("depots", "plan"):
            continue
        assert key in listed, f"{name}.{key}"
        default = field.default
        if key in TOLD_IN_WORDS or not listed[key]:
            continue
        if isinstance(default, int | float):
            assert float(listed[key]) == default, f"{name}.{key}"
        elif isinstance(default, tuple) and default:
            assert listed[key] == f"[{default[0]:g}, {default[1]:g}]", f"{name}.{key}"

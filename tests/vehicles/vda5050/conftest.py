"""The published JSON schemas, where they are at hand."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from jsonschema.protocols import Validator

SHARED = Path(os.environ.get("ROBOVAN_SHARED", Path(__file__).parents[4] / "shared"))
SCHEMAS = SHARED / "schemas"


@pytest.fixture(scope="session")
def schema() -> Callable[..., Validator]:
    """Return a function from a message's name and version to a validator of its schema."""
    if not SCHEMAS.is_dir():
        pytest.skip(f"no VDA 5050 schemas in {SCHEMAS}; set ROBOVAN_SHARED to where they are")

    def load(name: str, version: str = "2.1") -> Validator:
        path = SCHEMAS / f"vda5050-{version}" / f"{name}.schema"
        found = json.loads(path.read_text(encoding="utf-8"))
        Draft202012Validator.check_schema(found)
        return Draft202012Validator(_closed(found))

    return load


def _closed(schema: Any) -> Any:
    """Return a schema that lets no key pass that it does not name, except our extension's.

    The published ones let all pass, so that a key of another version would go unnoticed.
    """
    if isinstance(schema, list):
        return [_closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: _closed(value) for key, value in schema.items()}
    if isinstance(found.get("properties"), dict) and found.get("type") == "object":
        found["properties"]["robovan"] = {}
        found["additionalProperties"] = False
    return found

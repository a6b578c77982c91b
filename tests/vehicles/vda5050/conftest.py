"""The published JSON schemas, where they are at hand."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from jsonschema.protocols import Validator

SHARED = Path(os.environ.get("ROBOVAN_SHARED", Path(__file__).parents[4] / "shared"))
SCHEMAS = SHARED / "schemas" / "vda5050-2.1"


@pytest.fixture(scope="session")
def schema() -> Callable[[str], Validator]:
    """Return a function from a message's name to a validator of its published schema."""
    if not SCHEMAS.is_dir():
        pytest.skip(f"no VDA 5050 schemas in {SCHEMAS}; set ROBOVAN_SHARED to where they are")

    def load(name: str) -> Validator:
        found = json.loads((SCHEMAS / f"{name}.schema").read_text(encoding="utf-8"))
        Draft202012Validator.check_schema(found)
        return Draft202012Validator(found)

    return load

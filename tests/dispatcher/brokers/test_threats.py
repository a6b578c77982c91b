"""The page on security names tests, and all of them are there."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_every_threat_names_a_test_that_is_there():
    page = (ROOT / "docs" / "security.md").read_text("utf-8")
    threats = page.partition("\n## Threats\n")[2].partition("\n## ")[0]
    rows = [line for line in threats.splitlines() if line.startswith("| ")][1:]
    others = (path for path in (ROOT / "tests").rglob("test_*.py") if path != Path(__file__))
    sources = "\n".join(path.read_text("utf-8") for path in others)
    assert len(rows) >= 12
    for row in rows:
        named = re.findall(r"`(test_\w+|tests/[\w/]+\.py)`", row.split("|")[-2])
        assert named, row
        for name in named:
            there = (ROOT / name).is_file() if "/" in name else f"def {name}(" in sources
            assert there, name

"""What a real browser makes of a page, without a window and without a network."""

import shutil
import subprocess
from pathlib import Path

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")

needs_browser = pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine")


def dom_of(path: Path, *, budget_ms: int) -> str:
    """Return the page as it stands after so much of its own time, once it says it is ready."""
    done = subprocess.run(
        [
            CHROMIUM or "",
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-background-networking",
            f"--user-data-dir={path.parent / 'profile'}",
            f"--virtual-time-budget={budget_ms}",
            "--dump-dom",
            path.as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert 'data-ready="true"' in done.stdout, done.stderr[-2000:]
    return done.stdout

"""The dispatcher's own figures, read off its page of metrics, and what was between two looks at it.

Nothing of the dispatcher is imported here: what is read is what Prometheus would.
"""

import re
import urllib.request
from typing import Any, Final

SAMPLE: Final = re.compile(r"(\w+)(?:\{(.*)\})? (\S+)")
LABEL: Final = re.compile(r'(\w+)="([^"]*)"')
ASK_S_MAX: Final = 30.0

Page = dict[tuple[str, tuple[tuple[str, str], ...]], float]
"""Every sample by name and labels but for the depot's: those of all depots are added up."""


def page_of(port: int) -> Page:
    """Return what the dispatcher's page of metrics says now."""
    url = f"http://127.0.0.1:{port}/metrics"
    with urllib.request.urlopen(url, timeout=ASK_S_MAX) as answer:
        return read(answer.read().decode())


def read(text: str) -> Page:
    """Read a page of metrics."""
    page: Page = {}
    for line in text.splitlines():
        sample = SAMPLE.fullmatch(line)
        if sample is not None and not line.startswith("#"):
            name, labels, value = sample.groups()
            kept = [one for one in LABEL.findall(labels or "") if one[0] != "depot"]
            key = name, tuple(sorted(kept))
            page[key] = page.get(key, 0.0) + float(value)
    return page


def count(page: Page, name: str, **labels: str) -> int:
    """Return the sum of all samples of a name that have these labels."""
    wanted = set(labels.items())
    return round(sum(v for (n, has), v in page.items() if n == name and wanted <= set(has)))


def between(before: Page | None, after: Page, name: str) -> dict[str, Any]:
    """Return how a histogram grew between two pages, or since the start.

    Returns
    -------
    dict[str, Any]
        How many there were, the least bounds in seconds that half, 99 of 100 and all of them kept
        (None: no bound), and the share within a quarter of a second.
    """
    grown: list[tuple[float, float]] = []
    for (found, labels), value in after.items():
        if found == f"{name}_bucket":
            bound = float(dict(labels)["le"])
            grown.append(
                (bound, value - (0.0 if before is None else before.get((found, labels), 0.0)))
            )
    grown.sort()
    total = grown[-1][1]
    return {
        "count": round(total),
        "p50_s": _bound(grown, 0.5 * total),
        "p99_s": _bound(grown, 0.99 * total),
        "max_s": _bound(grown, total),
        "within_250_ms": round(dict(grown)[0.25] / total, 5) if total else None,
    }


def _bound(grown: list[tuple[float, float]], wanted: float) -> float | None:
    bound = next(bound for bound, count in grown if count >= wanted)
    return None if bound == float("inf") else bound

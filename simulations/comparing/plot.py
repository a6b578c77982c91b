"""A comparison as one still picture: every headline's differences with their intervals, in SVG."""

from collections.abc import Iterator
from html import escape
from typing import Final

from simulations.comparing.judging import Judged, Tournament
from simulations.comparing.paired import LEVEL
from simulations.comparing.telling import signed
from simulations.metrics.table import HEADLINES, Metric

WIDTH_PX: Final = 900
NAME_PX: Final = 190
ROW_PX: Final = 26
HEAD_PX: Final = 40
"""Of a metric's heading with its scale."""
TOP_PX: Final = 64
EDGE_PX: Final = 20

BETTER: Final = "#2b8a3e"
WORSE: Final = "#d9480f"
UNDECIDED: Final = "#868e96"
INK: Final = "#1f2933"
RULE: Final = "#dde1e5"


def plot(tournament: Tournament) -> str:
    """Return the picture as SVG; equal comparisons give equal text."""
    shown_metrics = [metric for metric in HEADLINES if _rows(tournament, metric)]
    block_px = HEAD_PX + ROW_PX * len(tournament.comparisons)
    height = TOP_PX + block_px * len(shown_metrics) + EDGE_PX
    title = f"Difference to {tournament.ways[0]}, {len(tournament.seeds)} paired days"
    level = f"{LEVEL:.0%}".replace("%", " %")
    opening = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH_PX} {height}" '
        f'width="{WIDTH_PX}" height="{height}" font-family="Helvetica, Arial, sans-serif">'
    )
    parts = [
        opening,
        f"<title>{escape(title)}</title>",
        f'<rect width="{WIDTH_PX}" height="{height}" fill="#ffffff"/>',
        _text(EDGE_PX, 28, escape(title), size=18, weight="bold"),
        _text(
            EDGE_PX,
            48,
            f"{level} intervals; green and orange: significantly better and worse, grey: undecided",
            size=12,
            colour=UNDECIDED,
        ),
    ]
    for index, metric in enumerate(shown_metrics):
        parts += _block(tournament, metric, TOP_PX + index * block_px)
    return "\n".join([*parts, "</svg>"]) + "\n"


def _rows(tournament: Tournament, metric: Metric) -> list[tuple[str, Judged]]:
    return [
        (comparison.other, one)
        for comparison in tournament.comparisons
        for one in comparison.judged
        if one.metric is metric
    ]


def _block(tournament: Tournament, metric: Metric, top: int) -> Iterator[str]:
    """Draw one metric: its scale, a line at no difference, and a row for each way."""
    rows = _rows(tournament, metric)
    ends = [
        abs(end)
        for _, one in rows
        for end in (one.difference.mean, one.difference.low, one.difference.high)
        if end is not None
    ]
    reach = max(ends, default=0.0) or 1.0
    left, right = EDGE_PX + NAME_PX, WIDTH_PX - EDGE_PX - 60
    middle, scale = (left + right) / 2, (right - left) / 2 / reach
    bottom = top + HEAD_PX + ROW_PX * len(rows) - 8
    unit = "points" if metric.unit == "%" else metric.unit
    yield f'<path d="M{EDGE_PX} {top + 6}H{WIDTH_PX - EDGE_PX}" stroke="{RULE}"/>'
    yield _text(EDGE_PX, top + 28, escape(f"{metric.title}, {unit}"), size=14, weight="bold")
    yield f'<path d="M{middle:.1f} {top + 34}V{bottom}" stroke="{INK}" stroke-dasharray="2 3"/>'
    for end, anchor in ((-reach, "start"), (reach, "end")):
        yield _text(
            middle + end * scale, top + 28, signed(metric, end), size=11, anchor=anchor,
            colour=UNDECIDED,
        )  # fmt: skip
    for index, (way, one) in enumerate(rows):
        y = top + HEAD_PX + ROW_PX * index + 10
        yield _text(EDGE_PX + 12, y + 4, escape(way), size=13)
        yield from _row(one, y, middle, scale)


def _row(one: Judged, y: float, middle: float, scale: float) -> Iterator[str]:
    found = one.difference
    colour = UNDECIDED
    if one.is_significant:
        colour = BETTER if one.is_better else WORSE
    if found.low is not None and found.high is not None:
        low, high = middle + found.low * scale, middle + found.high * scale
        yield f'<path d="M{low:.1f} {y}H{high:.1f}" stroke="{colour}" stroke-width="3"/>'
        yield f'<path d="M{low:.1f} {y - 5}v10M{high:.1f} {y - 5}v10" stroke="{colour}"/>'
    x = middle + found.mean * scale
    yield f'<circle cx="{x:.1f}" cy="{y}" r="5" fill="{colour}"/>'
    yield _text(
        WIDTH_PX - EDGE_PX, y + 4, signed(one.metric, found.mean), size=12, anchor="end",
        colour=colour,
    )  # fmt: skip


def _text(
    x: float,
    y: float,
    text: str,
    *,
    size: int,
    weight: str = "normal",
    anchor: str = "start",
    colour: str = INK,
) -> str:
    """Return one line of text; ``text`` is escaped already."""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" font-weight="{weight}" '
        f'text-anchor="{anchor}" fill="{colour}">{text}</text>'
    )

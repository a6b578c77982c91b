"""Plots of a day by the hour, in SVG written by hand: bars, a scale, and what the bars are."""

from collections.abc import Sequence
from html import escape
from typing import Final

from simulations.metrics.table import Metric

WIDTH_PX: Final = 460
HEIGHT_PX: Final = 190
LEFT_PX, RIGHT_PX, TOP_PX, BOTTOM_PX = 46, 8, 34, 24
LABELS_MAX: Final = 9
"""Hours named below the bars; of more, every second or third."""

STEPS: Final = (1.0, 2.0, 2.5, 5.0, 10.0)
"""Round numbers for a scale's end, times a power of ten."""


def hour_chart(
    metric: Metric, labels: Sequence[str], values: Sequence[float | None], *, colour: str
) -> str:
    """Return a metric's bars, one for each hour; an hour without the metric has none.

    Parameters
    ----------
    metric
        For its title, unit and definition.
    labels, values
        One for each hour: its clock time, and the metric.
    colour
        Of the bars.
    """
    scaled = [None if one is None else one * (100 if metric.unit == "%" else 1) for one in values]
    top = 100.0 if metric.unit == "%" else scale_end(max((one or 0 for one in scaled), default=0))
    room_x, room_y = WIDTH_PX - LEFT_PX - RIGHT_PX, HEIGHT_PX - TOP_PX - BOTTOM_PX
    step = room_x / max(len(values), 1)
    opening = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH_PX} {HEIGHT_PX}" role="img" '
        f'class="chart" data-metric="{escape(metric.name)}">'
    )
    parts = [
        opening,
        f"<title>{escape(metric.definition)}</title>",
        _text(0, 16, metric.caption, size=13, weight="bold", anchor="start"),
    ]
    for share in (0.0, 0.5, 1.0):
        y = TOP_PX + room_y * (1 - share)
        parts.append(f'<path d="M{LEFT_PX} {y:.1f}h{room_x}" stroke="#dfe4e8"/>')
        parts.append(_text(LEFT_PX - 6, y + 4, f"{top * share:g}"))
    every = -(-len(labels) // LABELS_MAX) if labels else 1
    for index, (label, value) in enumerate(zip(labels, scaled, strict=True)):
        x = LEFT_PX + index * step
        if value is not None:
            high = room_y * min(value / top, 1.0)
            parts.append(
                f'<rect x="{x + step * 0.1:.1f}" y="{TOP_PX + room_y - high:.1f}" '
                f'width="{step * 0.8:.1f}" height="{high:.1f}" fill="{colour}">'
                f"<title>{escape(label)}: {value:.4g} {escape(metric.unit)}</title></rect>"
            )
        if index % every == 0:
            parts.append(_text(x + step / 2, HEIGHT_PX - 8, label, anchor="middle"))
    return "".join([*parts, "</svg>"])


def scale_end(largest: float) -> float:
    """Return a round number that is not less than the largest bar; 1 if all are 0."""
    if largest <= 0:
        return 1.0
    power = 1.0
    while power * 10 <= largest:
        power *= 10
    while power > largest:
        power /= 10
    return next(step * power for step in STEPS if step * power >= largest * (1 - 1e-12))


def _text(
    x: float,
    y: float,
    text: str,
    *,
    size: int = 11,
    weight: str = "normal",
    anchor: str = "end",
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" font-weight="{weight}" '
        f'text-anchor="{anchor}" fill="#3d4853">{escape(text)}</text>'
    )

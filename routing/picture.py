"""A solution of a benchmark instance as one still picture, in SVG written by hand.

Decides what a glance should show: every route in its colour, customers, stations, the depot, and
what the solution costs. Instances without coordinates give a picture of points in one place.
"""

from collections.abc import Iterator, Sequence
from html import escape
from typing import Final

from routing.formats.instance import Instance, total_distance

WIDTH_PX: Final = 1000
HEIGHT_PX: Final = 800
PANEL_PX: Final = 220
MARGIN_PX: Final = 30
LEGEND_ROUTES_MAX: Final = 30
"""Routes that the legend names one by one."""

COLOURS: Final = (
    "#0b6fcf", "#d9480f", "#2b8a3e", "#9c36b5", "#c2255c", "#0c8599", "#e8a400", "#5f3dc4",
    "#846358", "#3b5bdb", "#74b816", "#e64980",
)  # fmt: skip
"""Told apart on white; with more routes they begin again."""

Point = tuple[float, float]


def picture(
    instance: Instance, routes: Sequence[Sequence[int]], *, best_known: float | None = None
) -> str:
    """Return a solution as SVG; equal solutions give equal text.

    Parameters
    ----------
    instance, routes
        The instance, and the nodes of each route without the depot.
    best_known
        A cost to compare with, if there is one: the legend then has the gap to it.

    Returns
    -------
    str
        The file's text.
    """
    points = _points(instance)
    parts = [
        _open_tag(),
        f"<title>{escape(instance.name)}</title>",
        f'<rect width="{WIDTH_PX}" height="{HEIGHT_PX}" fill="#ffffff"/>',
        *(_route(points, route, _colour(number)) for number, route in enumerate(routes)),
        *_customers(instance, points, routes),
        *(_station(points[node], instance.labels[node]) for node in instance.stations),
        _depot(points[0]),
        *_legend(instance, routes, best_known),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _open_tag() -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH_PX} {HEIGHT_PX}" '
        f'width="{WIDTH_PX}" height="{HEIGHT_PX}" font-family="sans-serif" font-size="13">'
    )


def _colour(number: int) -> str:
    return COLOURS[number % len(COLOURS)]


def _points(instance: Instance) -> list[Point]:
    """Return every node in pixels: north up, one scale both ways."""
    west, south = float(instance.x.min()), float(instance.y.min())
    span = max(float(instance.x.max()) - west, float(instance.y.max()) - south, 1e-9)
    room = min(WIDTH_PX - PANEL_PX, HEIGHT_PX) - 2 * MARGIN_PX
    return [
        (
            PANEL_PX + MARGIN_PX + (x - west) / span * room,
            HEIGHT_PX - MARGIN_PX - (y - south) / span * room,
        )
        for x, y in zip(instance.x.tolist(), instance.y.tolist(), strict=True)
    ]


def _route(points: Sequence[Point], route: Sequence[int], colour: str) -> str:
    line = " ".join(f"{points[node][0]:.1f},{points[node][1]:.1f}" for node in (0, *route, 0))
    return (
        f'<polyline class="route" points="{line}" fill="none" '
        f'stroke="{colour}" stroke-width="1.6"/>'
    )


def _customers(
    instance: Instance, points: Sequence[Point], routes: Sequence[Sequence[int]]
) -> Iterator[str]:
    """Draw customers in their route's colour; those in no route as open circles."""
    colours = {node: _colour(number) for number, route in enumerate(routes) for node in route}
    for node in instance.customers:
        x, y = points[node]
        style = (
            f'fill="{colours[node]}"'
            if node in colours
            else 'class="unserved" fill="#ffffff" stroke="#c92a2a" stroke-width="1.5"'
        )
        label = escape(instance.labels[node])
        yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" {style}><title>{label}</title></circle>'


def _station(point: Point, label: str) -> str:
    x, y = point
    corners = f"{x:.1f},{y - 7:.1f} {x - 6:.1f},{y + 5:.1f} {x + 6:.1f},{y + 5:.1f}"
    return (
        f'<polygon class="station" points="{corners}" fill="#ffe066" stroke="#7a5c00">'
        f"<title>{escape(label)}</title></polygon>"
    )


def _depot(point: Point) -> str:
    x, y = point
    return (
        f'<rect class="depot" x="{x - 6:.1f}" y="{y - 6:.1f}" width="12" height="12" '
        'fill="#212529"><title>depot</title></rect>'
    )


def _legend(
    instance: Instance, routes: Sequence[Sequence[int]], best_known: float | None
) -> Iterator[str]:
    cost = total_distance(instance, routes)
    served = sum(node in instance.customers for route in routes for node in route)
    lines = [
        f"cost {cost:,.2f}",
        f"{len(routes)} vehicles",
        f"{served} of {instance.customer_count} customers",
    ]
    if instance.battery is not None:
        visits = sum(node in instance.stations for route in routes for node in route)
        lines.append(f"{visits} recharges")
    if best_known:
        lines.append(f"best known {best_known:,.2f}")
        lines.append(f"gap {100 * (cost / best_known - 1):+.2f} %")
    yield f'<text x="20" y="36" font-size="18" font-weight="bold">{escape(instance.name)}</text>'
    for number, line in enumerate(lines):
        yield f'<text x="20" y="{62 + 18 * number}">{escape(line)}</text>'
    top = 80 + 18 * len(lines)
    for number, route in enumerate(routes[:LEGEND_ROUTES_MAX]):
        y = top + 18 * number
        length = sum(instance.legs(route))
        yield (
            f'<line x1="20" y1="{y - 4}" x2="44" y2="{y - 4}" stroke="{_colour(number)}" '
            f'stroke-width="3"/><text x="52" y="{y}" font-size="12">{number + 1}: '
            f"{len(route)} stops, {length:,.1f}</text>"
        )
    if len(routes) > LEGEND_ROUTES_MAX:
        y, more = top + 18 * LEGEND_ROUTES_MAX, len(routes) - LEGEND_ROUTES_MAX
        yield f'<text x="52" y="{y}" font-size="12">and {more} more</text>'

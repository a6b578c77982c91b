"""A city's roads as a picture: SVG with routes, incidents and places, or a plain PNG of the roads.

Decides what a glance should show and in which colours. One picture holds one or several *panels*
side by side over the same roads, so that before and after can be compared. Leaves to ``painting``
how a PNG is made of coloured lines.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from maps.geometry import LocalFrame
from maps.incidents import Incident
from maps.network import RoadNetwork
from maps.outputs import writing
from maps.painting import Line, paint
from maps.places import BoundingBox, LonLat
from maps.speeds import ROAD_CLASSES

WIDTH_PX: Final = 1200
"""Width of one panel of an SVG."""

PNG_WIDTH_PX: Final = 1600

ATTRIBUTION: Final = "© OpenStreetMap contributors, ODbL"

SHAPES_MAX: Final = 60_000
"""Roads drawn in an SVG; of a larger city those of the lowest classes are left out first."""

GROUND: Final = "#dfe3da"
INK: Final = "#1f2933"
ALARM: Final = "#e03131"

COLOURS: Final = ("#0b6fcf", "#2b8a3e", "#9c36b5", "#d9480f", "#0c8599", "#c2255c", "#5f3dc4")
"""Of routes, in order; more routes begin again."""

_STYLES: Final[tuple[tuple[frozenset[str], str, float, float], ...]] = (
    (frozenset({"service", "driveway", "pedestrian", "track"}), "#f3f4f0", 4, 0.5),
    (frozenset(), "#ffffff", 8, 0.9),
    (frozenset({"tertiary"}), "#fbe8b0", 11, 1.1),
    (frozenset({"secondary"}), "#f6d07c", 13, 1.5),
    (frozenset({"primary"}), "#efae62", 15, 1.9),
    (frozenset({"trunk"}), "#e58a4e", 17, 2.2),
    (frozenset({"motorway"}), "#d2694f", 20, 2.4),
)
"""Road classes drawn alike, lowest first: colour, width in metres, least width in pixels. Classes
named nowhere are streets, the second row. Links are drawn as what they lead to."""

_TENTHS: Final = 10
"""Coordinates in the picture are whole tenths of a pixel: shorter than decimals."""

_SIMPLE_PX: Final = 0.3
"""Bends smaller than this are left out."""


@dataclass(frozen=True, slots=True)
class Route:
    """A way to draw: what to call it, its places, and its position among the colours."""

    label: str
    line: Sequence[LonLat]
    colour: int = 0


@dataclass(frozen=True, slots=True)
class Panel:
    """What is drawn over the roads in one part of the picture.

    Attributes
    ----------
    title
        Written above; may be empty.
    routes
        Ways in their colours, the last one on top.
    incidents
        Closures and slowdowns, as broad red bands, areas or roads.
    places
        Labels and places of dots.
    """

    title: str = ""
    routes: Sequence[Route] = ()
    incidents: Sequence[Incident] = ()
    places: Sequence[tuple[str, LonLat]] = ()


def draw(network: RoadNetwork, *panels: Panel, box: BoundingBox | None = None) -> str:
    """Return a picture as SVG: the roads by class, and over them what each panel holds.

    Parameters
    ----------
    network
        The roads to draw.
    *panels
        Parts of the picture, side by side; none is one that shows the roads alone.
    box
        What to show; the whole city if not given.
    """
    canvas = _Canvas(box or network.info.box, WIDTH_PX)
    edges = _shown_edges(network, canvas)
    shown = panels or (Panel(),)
    width, height = canvas.width * len(shown), canvas.height
    title = " / ".join(filter(None, (one.title for one in shown))) or "Roads"
    opening = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width * _TENTHS} '
        f'{height * _TENTHS}" width="{width}" height="{height}" '
        'font-family="Helvetica, Arial, sans-serif">'
    )
    parts = [
        opening,
        f"<title>{escape(title)}</title>",
        '<defs><g id="roads" fill="none" stroke-linecap="round" stroke-linejoin="round">',
        *_roads(network, canvas, edges),
        "</g></defs>",
        *(_panel(network, canvas, panel, index) for index, panel in enumerate(shown)),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def draw_png(network: RoadNetwork, *, box: BoundingBox | None = None) -> bytes:
    """Return a picture of the roads by class as PNG, with the attribution written on it."""
    canvas = _Canvas(box or network.info.box, PNG_WIDTH_PX)
    points = canvas.pixels(network.shape_lon, network.shape_lat)
    starts = network.edge_shape_start
    lines = [
        Line(
            [points[starts[edge] : starts[edge + 1]] for edge in edges.tolist()],
            colour,
            canvas.width_px(metres, least),
        )
        for edges, colour, metres, least in _layers(network, np.arange(network.edge_count))
    ]
    return paint(canvas.width, canvas.height, GROUND, lines, text=ATTRIBUTION, ink=INK)


class _Canvas:
    """Places on the Earth to points of the picture: north up, one scale both ways."""

    def __init__(self, box: BoundingBox, width_px: int) -> None:
        grown = box.grown(60.0)
        self._frame = LocalFrame(LonLat(grown.west, grown.north), "picture")
        across_m, down_m = self._frame.to_metres(LonLat(grown.east, grown.south))
        self._scale = width_px / max(across_m, -down_m)  # never higher than wide
        self.width = max(round(across_m * self._scale), 300)
        self.height = max(round(-down_m * self._scale), 200)

    def pixels(self, lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return x and y in pixels, y downwards: shape (n, 2)."""
        return self._frame.to_metres_many(lon, lat) * (self._scale, -self._scale)

    def width_px(self, metres: float, least: float) -> float:
        """Return how wide to draw something, in pixels."""
        return round(max(metres * self._scale, least), 1)

    def path(self, line: Sequence[LonLat]) -> str:
        """Return a line as the data of an SVG path."""
        lon = np.array([place.lon for place in line], dtype=np.float64)
        lat = np.array([place.lat for place in line], dtype=np.float64)
        return _path_data(self.pixels(lon, lat))

    def shows(self, points: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Return which points (n, 2) lie within the picture."""
        return ((points >= 0) & (points <= (self.width, self.height))).all(axis=1)


def _path_data(points: NDArray[np.float64]) -> str:
    """Return a line in whole tenths of a pixel: where it begins, then one step after another."""
    simple = shapely.simplify(shapely.linestrings(points), _SIMPLE_PX) if len(points) > 2 else None
    kept = points if simple is None else shapely.get_coordinates(simple)
    whole = np.rint(kept * _TENTHS).astype(np.int64)
    steps = np.diff(whole, axis=0)
    steps = steps[steps.any(axis=1)] if len(steps) > 1 else steps
    return f"M{_pair(whole[0])}l" + " ".join(_pair(step) for step in steps)


def _pair(xy: Any) -> str:
    x, y = xy.tolist()
    return f"{x}{y}" if y < 0 else f"{x} {y}"


def _shown_edges(network: RoadNetwork, canvas: _Canvas) -> NDArray[np.int64]:
    """Return the edges with a place in the picture; of too many, those of the highest classes."""
    inside = canvas.shows(canvas.pixels(network.shape_lon, network.shape_lat))
    edges = np.flatnonzero(np.logical_or.reduceat(inside, network.edge_shape_start[:-1]))
    if len(edges) <= SHAPES_MAX:
        return edges
    layers = [chosen for chosen, *_ in _layers(network, edges)]
    return np.sort(np.concatenate(layers[::-1])[:SHAPES_MAX])


def _layers(
    network: RoadNetwork, edges: NDArray[np.int64]
) -> list[tuple[NDArray[np.int64], str, float, float]]:
    """Return the edges drawn alike, lowest classes first, with colour and width."""
    named = {name: row for row, (names, *_) in enumerate(_STYLES) for name in names}
    rows = np.array([named.get(name.removesuffix("_link"), 1) for name in ROAD_CLASSES])
    row_of = rows[network.edge_class[edges]]
    return [
        (edges[row_of == row], colour, metres, least)
        for row, (_, colour, metres, least) in enumerate(_STYLES)
    ]


def _roads(network: RoadNetwork, canvas: _Canvas, edges: NDArray[np.int64]) -> list[str]:
    points = canvas.pixels(network.shape_lon, network.shape_lat)
    starts = network.edge_shape_start
    parts = []
    for chosen, colour, metres, least in _layers(network, edges):
        data = "".join(_path_data(points[starts[e] : starts[e + 1]]) for e in chosen.tolist())
        if data:
            width = canvas.width_px(metres, least) * _TENTHS
            parts.append(f'<path d="{data}" stroke="{colour}" stroke-width="{width:.0f}"/>')
    return parts


def _panel(network: RoadNetwork, canvas: _Canvas, panel: Panel, index: int) -> str:
    width, height = canvas.width * _TENTHS, canvas.height * _TENTHS
    opening = (
        f'<svg x="{index * width}" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}">'
    )
    parts = [
        opening,
        f'<rect width="{width}" height="{height}" fill="{GROUND}"/>',
        '<use href="#roads"/>',
        *(_incident(network, canvas, incident) for incident in panel.incidents),
        *(
            _route(canvas, route, 40 + 30 * over)
            for route, over in zip(panel.routes, range(len(panel.routes))[::-1], strict=True)
        ),
        *(_dot(canvas, label, place) for label, place in panel.places),
        *_legend(panel),
        _text(width - 80, height - 80, ATTRIBUTION, size=110, anchor="end"),
        f'<path d="M0 0v{height}" stroke="{INK}" stroke-width="10"/>' if index else "",
        "</svg>",
    ]
    return "\n".join(filter(None, parts))


def _incident(network: RoadNetwork, canvas: _Canvas, incident: Incident) -> str:
    """Return where an incident is: a band along its line, its area, or the roads it names."""
    band = (
        f'fill="none" stroke="{ALARM}" stroke-opacity="0.45" stroke-linecap="round" '
        f'stroke-linejoin="round" stroke-width='
        f'"{canvas.width_px(2.0 * incident.buffer_m, 8) * _TENTHS:.0f}"'
    )
    said = f"<title>{escape(incident.incident_id)}</title>"
    parts = []
    if incident.line:
        line = incident.line if len(incident.line) > 1 else incident.line * 2
        parts.append(f'<path d="{canvas.path(line)}" {band}>{said}</path>')
    if incident.polygon:
        data = canvas.path((*incident.polygon, incident.polygon[0]))
        parts.append(f'<path d="{data}z" fill="{ALARM}" fill-opacity="0.3">{said}</path>')
    for edge in _edges_of_ways(network, incident.way_ids).tolist():
        start, end = network.edge_shape_start[edge : edge + 2].tolist()
        points = canvas.pixels(network.shape_lon[start:end], network.shape_lat[start:end])
        parts.append(f'<path d="{_path_data(points)}" {band}>{said}</path>')
    return "\n".join(parts)


def _edges_of_ways(network: RoadNetwork, way_ids: Sequence[int]) -> NDArray[np.int64]:
    named = np.flatnonzero(np.isin(network.way_ids, np.array(way_ids, dtype=np.int64)))
    return np.unique(np.searchsorted(network.edge_way_start, named, side="right") - 1)


def _route(canvas: _Canvas, route: Route, width: int) -> str:
    """Return a way in its colour, with a pale rim; those beneath others are wider, to be seen."""
    data, colour = canvas.path(route.line), COLOURS[route.colour % len(COLOURS)]
    both = 'fill="none" stroke-linecap="round" stroke-linejoin="round"'
    return (
        f'<path d="{data}" {both} stroke="#ffffff" stroke-opacity="0.8" '
        f'stroke-width="{width + 30}"/>'
        f'<path d="{data}" {both} stroke="{colour}" stroke-width="{width}">'
        f"<title>{escape(route.label)}</title></path>"
    )


def _dot(canvas: _Canvas, label: str, place: LonLat) -> str:
    x, y = (canvas.pixels(np.array([place.lon]), np.array([place.lat]))[0] * _TENTHS).tolist()
    dot = f'<circle cx="{x:.0f}" cy="{y:.0f}" r="55" fill="{INK}" stroke="#fff" stroke-width="18"/>'
    return dot + _text(round(x) + 80, round(y) + 45, label, size=150, halo=True)


def _legend(panel: Panel) -> list[str]:
    """Return the title and the routes' names with their colours, at the upper left."""
    parts = [_text(150, 330, panel.title, size=240, bold=True, halo=True)] if panel.title else []
    top = 620 if panel.title else 300
    named = {route.label: route.colour for route in panel.routes if route.label}
    for row, (label, colour) in enumerate(named.items()):
        y = top + 240 * row
        parts.append(
            f'<path d="M150 {y - 50}h280" stroke="{COLOURS[colour % len(COLOURS)]}" '
            'stroke-width="50" stroke-linecap="round"/>'
        )
        parts.append(_text(500, y, label, size=160, halo=True))
    return parts


def _text(
    x: int, y: int, text: str, *, size: int, anchor: str = "", bold: bool = False,
    halo: bool = False,
) -> str:  # fmt: skip
    """Return one line of text; with ``halo`` it can be read over roads."""
    weight = ' font-weight="bold"' if bold else ""
    side = f' text-anchor="{anchor}"' if anchor else ""
    rim = (
        f' paint-order="stroke" stroke="{GROUND}" stroke-width="{size // 4}"'
        ' stroke-linejoin="round"'
        if halo
        else ""
    )
    return (
        f'<text x="{x}" y="{y}" font-size="{size}"{weight}{side}{rim} fill="{INK}">'
        f"{escape(text)}</text>"
    )


def write_picture(network: RoadNetwork, path: Path) -> None:
    """Write a picture of the roads to a file: PNG if its name ends so, else SVG.

    Raises
    ------
    OutputUnwritableError
        If it cannot be written.
    """
    drawn = draw_png(network) if path.suffix == ".png" else draw(network).encode()
    with writing(path) as file:
        file.write(drawn)

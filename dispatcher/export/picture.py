"""``map.svg``: the day as one still picture, for a README, a report or a wall.

Decides what a glance should show: streets, every van's way in its colour, stops handed over and
not, chargers, incidents, and the day's figures. ``page`` has the same as a map to explore.
"""

from collections.abc import Iterable
from html import escape
from typing import Final

from dispatcher.core.snapshot import Snapshot, TripRecord
from dispatcher.export.document import ATTRIBUTION
from dispatcher.export.geojson import way
from dispatcher.export.streets import day_box, drawn_edges, edge_line
from dispatcher.export.summary import summary
from maps.geometry import LocalFrame
from maps.network import RoadNetwork
from maps.places import BoundingBox, LonLat
from maps.speeds import ROAD_CLASSES
from vehicles.trip import NodeKind

WIDTH_PX: Final = 1200
HEIGHT_PX: Final = 800
PANEL_PX: Final = 300
MARGIN_PX: Final = 30

COLOURS: Final = (
    "#0b6fcf", "#d9480f", "#2b8a3e", "#9c36b5", "#c2255c", "#0c8599", "#e8a400", "#5f3dc4",
    "#846358", "#3b5bdb", "#74b816", "#e64980",
)  # fmt: skip
"""Told apart on the pale ground; a larger fleet begins again."""

MAIN_ROADS: Final = frozenset({"trunk", "primary", "secondary", "tertiary"})


class Canvas:
    """Places on the Earth to points of the picture: north up, one scale both ways."""

    def __init__(self, box: BoundingBox) -> None:
        middle = LonLat((box.west + box.east) / 2, (box.south + box.north) / 2)
        self._frame = LocalFrame(middle, "picture")
        half_x, half_y = self._frame.to_metres(LonLat(box.east, box.north))
        room_x = WIDTH_PX - PANEL_PX - 2 * MARGIN_PX
        room_y = HEIGHT_PX - 2 * MARGIN_PX
        self._scale = min(room_x / max(2 * half_x, 1.0), room_y / max(2 * half_y, 1.0))

    def point(self, place: LonLat) -> tuple[float, float]:
        """Return x and y in pixels, y downwards."""
        x, y = self._frame.to_metres(place)
        middle_x = PANEL_PX + (WIDTH_PX - PANEL_PX) / 2
        return middle_x + x * self._scale, HEIGHT_PX / 2 - y * self._scale

    def points(self, line: Iterable[LonLat]) -> str:
        """Return a line as SVG has it, to a tenth of a pixel."""
        return " ".join(f"{x:.1f},{y:.1f}" for x, y in map(self.point, line))


def picture(snapshot: Snapshot, network: RoadNetwork, revision: str) -> str:
    """Return the picture as SVG; equal snapshots give equal text."""
    box = day_box(snapshot)
    chosen = [int(edge) for edge in drawn_edges(network, box)]
    whole = len(chosen) == network.edge_count
    canvas = Canvas(network.info.box if whole else box)
    colours = {van.van_id: COLOURS[index % len(COLOURS)] for index, van in enumerate(snapshot.vans)}
    driven = [t for t in snapshot.trips if t.status != "cancelled" and not t.charging_only]
    parts = [
        _open_tag(),
        f"<title>{escape(snapshot.setup.depot.depot_id)} {escape(revision)}</title>",
        f'<rect width="{WIDTH_PX}" height="{HEIGHT_PX}" fill="#eceee8"/>',
        *_streets(canvas, network, chosen),
        *_incidents(canvas, snapshot),
        *(_route(canvas, trip, colours[trip.van_id]) for trip in driven),
        *_stops(canvas, snapshot, driven, colours),
        *_signs(canvas, snapshot),
        *_panel(snapshot, driven, colours),
        _credit(revision),
        "</svg>",
    ]
    return "\n".join(part for part in parts if part) + "\n"


def _open_tag() -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH_PX} {HEIGHT_PX}" '
        f'width="{WIDTH_PX}" height="{HEIGHT_PX}" font-family="Helvetica, Arial, sans-serif">'
    )


def _credit(revision: str) -> str:
    """Return whose map it is and which plan, at the lower right."""
    return (
        f'<text x="{WIDTH_PX - 8}" y="{HEIGHT_PX - 8}" font-size="11" text-anchor="end" '
        f'fill="#555">{escape(ATTRIBUTION)} · revision {escape(revision)}</text>'
    )


def _streets(canvas: Canvas, network: RoadNetwork, edges: list[int]) -> list[str]:
    """Return the streets: main ones wide and yellow, all others white."""
    groups: dict[bool, list[str]] = {False: [], True: []}
    for edge in edges:
        main = ROAD_CLASSES[int(network.edge_class[edge])] in MAIN_ROADS
        groups[main].append("M" + canvas.points(edge_line(network, edge)).replace(" ", "L"))
    return [
        f'<path d="{"".join(groups[main])}" fill="none" stroke="{colour}" '
        f'stroke-width="{width}" stroke-linecap="round" stroke-linejoin="round"/>'
        for main, colour, width in ((False, "#ffffff", 3.5), (True, "#fbe8b0", 5.5))
        if groups[main]
    ]


def _incidents(canvas: Canvas, snapshot: Snapshot) -> list[str]:
    """Return jams and closures as broad bands; one at a single place as a dot."""
    outlines = [one.outline for one in snapshot.incidents if one.outline]
    lines = (line if len(line) > 1 else line * 2 for line in outlines)
    return [
        f'<polyline points="{canvas.points(line)}" fill="none" stroke="#e03131" stroke-width="14" '
        'stroke-opacity="0.35" stroke-linecap="round" stroke-linejoin="round"/>'
        for line in lines
    ]


def _route(canvas: Canvas, trip: TripRecord, colour: str) -> str:
    """Return a trip's way."""
    return (
        f'<polyline points="{canvas.points(way(trip))}" fill="none" stroke="{colour}" '
        'stroke-width="2.4" stroke-opacity="0.75" stroke-linejoin="round"/>'
    )


def _stops(
    canvas: Canvas, snapshot: Snapshot, trips: list[TripRecord], colours: dict[str, str]
) -> list[str]:
    """Return the stops: filled where everything was handed over, hollow elsewhere."""
    handed_over = {one.parcel.parcel_id for one in snapshot.parcels if one.served_at is not None}
    dots: list[str] = []
    for trip in trips:
        for node in trip.nodes:
            if node.kind is not NodeKind.STOP:
                continue
            x, y = canvas.point(node.place)
            colour = colours[trip.van_id]
            fill = colour if handed_over.issuperset(node.parcel_ids) else "#ffffff"
            dots.append(
                f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4.2" fill="{fill}" stroke="{colour}" '
                f'stroke-width="1.6"><title>{escape(node.label)}</title></circle>'
            )
    return dots


def _signs(canvas: Canvas, snapshot: Snapshot) -> list[str]:
    """Return the depot and the charging stations."""
    signs: list[str] = []
    for station in snapshot.setup.stations:
        x, y = canvas.point(station.place)
        signs.append(
            f'<rect x="{x - 6:.1f}" y="{y - 6:.1f}" width="12" height="12" rx="2" fill="#fff" '
            f'stroke="#2b8a3e"/><text x="{x:.1f}" y="{y + 4:.1f}" font-size="10" '
            'text-anchor="middle" fill="#2b8a3e">⚡</text>'
        )
    x, y = canvas.point(snapshot.setup.depot.place)
    signs.append(
        f'<path d="M{x - 11:.1f},{y + 9:.1f}v-12l11,-9l11,9v12z" fill="#1f2933" stroke="#fff" '
        'stroke-width="1.5"/>'
    )
    return signs


def _panel(snapshot: Snapshot, trips: list[TripRecord], colours: dict[str, str]) -> list[str]:
    """Return the figures and the vans at the left."""
    rows = [
        f'<rect width="{PANEL_PX}" height="{HEIGHT_PX}" fill="#ffffff"/>',
        _text(24, 44, escape(f"Depot {snapshot.setup.depot.depot_id}"), size=22, bold=True),
    ]
    for index, (figure, word) in enumerate(_figures(snapshot)):
        x, y = 24 + 132 * (index % 2), 84 + 52 * (index // 2)
        rows.append(_text(x, y, escape(figure), size=20, bold=True))
        rows.append(_text(x, y + 18, escape(word), size=12))
    top = 340
    room_count = (HEIGHT_PX - top - 20) // 22
    for index, van in enumerate(snapshot.vans[:room_count]):
        own = [trip for trip in trips if trip.van_id == van.van_id]
        stops = sum(node.kind is NodeKind.STOP for trip in own for node in trip.nodes)
        y = top + 22 * index
        rows.append(
            f'<rect x="24" y="{y - 11}" width="14" height="14" rx="3" '
            f'fill="{colours[van.van_id]}"/>'
        )
        rows.append(_text(46, y, escape(van.van_id), size=13))
        words = f"{_count(len(own), 'trip')}, {_count(stops, 'stop')}" if own else "no trip"
        rows.append(_text(150, y, words, size=13))
    if len(snapshot.vans) > room_count:
        y = top + 22 * room_count
        rows.append(_text(46, y, f"and {len(snapshot.vans) - room_count} more", size=13))
    return rows


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def _figures(snapshot: Snapshot) -> list[tuple[str, str]]:
    """Return the figures to show, with their words; of a day not driven yet, what is planned."""
    day = summary(snapshot)
    announced, trips = (str(day.announced), "parcels announced"), (str(day.trips), "trips")
    if day.km == 0:
        return [
            announced,
            (str(sum(one.trip_id is None for one in snapshot.parcels)), "in no trip"),
            trips,
            (str(day.stops), "stops"),
            (f"{day.km_planned:.1f}", "km planned"),
            (f"{day.kwh_planned:.1f}", "kWh planned"),
        ]
    return [
        announced,
        (str(day.delivered), "delivered"),
        (str(day.on_time), "on time"),
        (str(day.unserved + day.returned), "unserved or returned"),
        (f"{day.km:.1f}", "km driven"),
        (f"{day.kwh:.1f}", "kWh"),
        (str(len(day.replans)), "replans"),
        trips,
    ]


def _text(x: float, y: float, text: str, *, size: int, bold: bool = False) -> str:
    """Return one line of text; ``text`` is escaped already."""
    weight = ' font-weight="bold"' if bold else ""
    return f'<text x="{x}" y="{y}" font-size="{size}"{weight} fill="#1f2933">{text}</text>'

"""Draw the picture of docs/maps.md: two routes through Helsinki, before and after a closure.

Run it from the project's folder: ``python -m benchmarks.roads_picture docs/roads.svg``.
"""

import sys
from pathlib import Path

from maps.addresses import AddressBook
from maps.builtin import load_city
from maps.classes import vehicle_class_of
from maps.incidents import Incident
from maps.picture import Panel, Route, draw
from maps.places import BoundingBox, LonLat
from maps.provider import HierarchyProvider
from maps.travel import Path as Way
from maps.units import Instant, parse_rfc3339

AT = parse_rfc3339("2026-03-02T08:00:00+02:00")
ROUTES = (("Mannerheimintie 5", "Fredrikinkatu 45"), ("Mikonkatu 8", "Annankatu 25"))
CLOSED = (LonLat(24.94082, 60.16717), LonLat(24.93930, 60.16664))
"""A stretch of Lönnrotinkatu."""

BOX = BoundingBox(24.9345, 60.1640, 24.9510, 60.1735)


def main(output: Path) -> None:
    """Find both ways before and after, and write the picture."""
    network = load_city("helsinki")
    book = AddressBook(network.addresses())
    provider = HierarchyProvider(network, vehicle_class_of("robovan"))
    closure = Incident(
        incident_id="closed",
        line=CLOSED,
        buffer_m=15,
        speed_ratio=0.0,
        starts_at=AT,
        ends_at=Instant(AT + 3_600_000),
    )
    ends = [(book.place(here), book.place(there)) for here, there in ROUTES]
    places = [(label, book.place(label)) for pair in ROUTES for label in pair]
    panels = []
    for title, asked in (("Before", provider), ("After", provider.with_incidents([closure]))):
        ways = [asked.path(here, there, AT) for here, there in ends]
        routes = [_route(index, way) for index, way in enumerate(ways)]
        incidents = [closure] if title == "After" else []
        panels.append(Panel(title, routes, incidents, places))
    output.write_text(draw(network, *panels, box=BOX), encoding="utf-8")
    print(f"{output}: {output.stat().st_size / 1000:.0f} kB")


def _route(index: int, way: Way | None) -> Route:
    if way is None:
        raise SystemExit(f"no road leads along route {index + 1}")
    minutes, seconds = divmod(way.duration_s, 60)
    return Route(f"{minutes}:{seconds:02} min, {way.distance_m / 1000:.2f} km", way.line, index)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/roads.svg"))

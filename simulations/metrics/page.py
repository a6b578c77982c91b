"""``metrics.html``: a day's figures, its plots by the hour, and the day itself as a moving map.

Decides what the page is told; how it looks and moves is ``page_template.html``'s affair, and the
ground under the vans is drawn by the script that all map pages share. One file, which opens without
a network. Whatever comes from outside is text in it, never markup.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from html import escape
from importlib.resources import files
from typing import Any, Final
from zoneinfo import ZoneInfo

from dispatcher.export.document import ATTRIBUTION
from dispatcher.export.page import incident_on_page, json_for_script
from dispatcher.export.streets import box_of, ground, ground_script
from maps.geometry import encode_polyline
from maps.network import RoadNetwork
from maps.places import LonLat
from maps.units import Instant, datetime_of, seconds_from
from simulations.metrics.charts import hour_chart
from simulations.metrics.day import DayMetrics, Values
from simulations.metrics.film import Film, FilmedTrip
from simulations.metrics.table import BY_NAME, GROUPS, HEADLINES, METRICS, Metric

CHARTS: Final = (
    ("on_time_ratio", "#2b8a3e"),
    ("delivered_count", "#0b6fcf"),
    ("distance_km", "#d9480f"),
    ("charge_ratio", "#e8a400"),
    ("utilisation_ratio", "#0c8599"),
    ("replans_count", "#9c36b5"),
)
"""Metrics plotted by the hour, and in which colour."""

ENDS: Final = ("on_time", "late", "returned", "unserved", "held")
"""What became of a parcel, as the page numbers it; all that is none of the others is held."""

MARK: Final = re.compile("@@([A-Z]+)@@")

VANS_MAX: Final = 2000
"""Rows of the table of vans; of a larger fleet the CSV file has the rest."""


def metrics_page(day: DayMetrics, network: RoadNetwork, head: Mapping[str, Any]) -> str:
    """Return the page's text.

    Parameters
    ----------
    day
        What was counted, with the films of its depots.
    network
        The city's.
    head
        What the day was: its words stand below the title.
    """
    template = files("simulations.metrics").joinpath("page_template.html").read_text("utf-8")
    title = str(head.get("scenario", "A simulated day"))
    about = " · ".join(f"{key} {value}" for key, value in head.items() if key != "scenario")
    parts = {
        "GROUND": ground_script(),
        "TITLE": escape(title),
        "ABOUT": escape(about),
        "ATTRIBUTION": escape(ATTRIBUTION),
        "CARDS": _cards(day.total()),
        "CHARTS": _charts(day),
        "TABLES": _tables(day),
        "DATA": json_for_script(_film_document(day, network)),
    }
    # In one pass, so that no mark in what is put in is taken for one of the template's.
    return MARK.sub(lambda found: parts[found[1]], template)


def shown(metric: Metric, value: float | None) -> str:
    """Return a value as the page shows it."""
    if value is None:
        return "–"
    if metric.unit == "%":
        return f"{100 * value:.1f}"
    if value == int(value):
        return f"{int(value):,}".replace(",", "\u202f")
    return f"{value:,.1f}".replace(",", "\u202f") if abs(value) >= 10 else f"{value:.3g}"


def _cards(total: Values) -> str:
    cards = (BY_NAME["delivered_count"], *HEADLINES)
    return "".join(
        f'<div class="card" title="{escape(metric.definition)}"><b>'
        f"{shown(metric, total[metric.name])}</b><span>{escape(metric.caption)}"
        f"</span></div>"
        for metric in cards
    )


def _charts(day: DayMetrics) -> str:
    hours = list(day.by_hour())
    labels = [_clock(begins_at, day.zone) for begins_at, _ in hours]
    return "".join(
        hour_chart(BY_NAME[name], labels, [found[name] for _, found in hours], colour=colour)
        for name, colour in CHARTS
    )


def _clock(at: Instant, zone: str) -> str:
    local: datetime = datetime_of(at).astimezone(ZoneInfo(zone))
    return f"{local:%H}"


def _tables(day: DayMetrics) -> str:
    depots = list(day.by_depot())
    columns = [("day", day.total()), *(depots if len(depots) > 1 else ())]
    groups = [
        f"<div><h2>{escape(title)}</h2>{_metric_rows(metrics, columns)}</div>"
        for title, metrics in GROUPS
    ]
    reasons = [(status, reason.replace("_", " "), str(n)) for status, reason, n in day.reasons()]
    table = _table(("what became of it", "reason", "parcels"), reasons, texts=2)
    groups.append(f"<div><h2>Not delivered</h2>{table}</div>")
    vans = [(f"{depot_id} / {van_id}", found) for depot_id, van_id, found in day.by_van()]
    hours = [(f"{_clock(at, day.zone)}:00", found) for at, found in day.by_hour()]
    folded = _folded("By the hour", "hour", hours) + _folded("By van", "van", vans[:VANS_MAX])
    return f'<div class="groups">{"".join(groups)}</div>{folded}'


def _metric_rows(metrics: Iterable[Metric], columns: Sequence[tuple[str, Values]]) -> str:
    rows = [
        (
            f'<span title="{escape(metric.definition)}">{escape(metric.title)}</span>',
            escape(metric.unit),
            *(shown(metric, found[metric.name]) for _, found in columns),
        )
        for metric in metrics
    ]
    head = ("metric", "unit", *(escape(name) for name, _ in columns))
    return _markup(head, rows, texts=2)


def _folded(title: str, about: str, rows: Sequence[tuple[str, Values]]) -> str:
    """Return a table of all metrics, folded away until it is asked for."""
    cells = [
        (escape(name), *(shown(metric, found[metric.name]) for metric in METRICS))
        for name, found in rows
    ]
    head = (
        about,
        *(
            f'<span title="{escape(metric.definition)}">{escape(metric.caption)}</span>'
            for metric in METRICS
        ),
    )
    table = _markup(head, cells, texts=1)
    return f'<details><summary>{title}</summary><div class="wide">{table}</div></details>'


def _table(head: Sequence[str], rows: Iterable[Sequence[str]], *, texts: int) -> str:
    return _markup(head, [tuple(map(escape, row)) for row in rows], texts=texts)


def _markup(head: Sequence[str], rows: Iterable[Sequence[str]], *, texts: int) -> str:
    """Return a table of cells that are markup already; after so many texts come figures."""

    def cells(row: Sequence[str], tag: str) -> str:
        return "".join(
            f"<{tag}{'' if index < texts else ' class=n'}>{cell}</{tag}>"
            for index, cell in enumerate(row)
        )

    body = "".join(f"<tr>{cells(row, 'td')}</tr>" for row in rows)
    return f"<table><thead><tr>{cells(head, 'th')}</tr></thead><tbody>{body}</tbody></table>"


# The moving map


def _film_document(day: DayMetrics, network: RoadNetwork) -> dict[str, Any]:
    """Return all that moves, as short lists of whole numbers; seconds count from the start."""
    films = [(depot, depot.film) for depot in day.depots if depot.film is not None]
    instants = [instant for _, film in films for instant in _instants(film)]
    start = min(instants, default=Instant(0))
    places = [place for _, film in films for place in _places(film)]
    box = box_of(places) if places else network.info.box
    rows = {van_id: row for row, van_id in enumerate(v for d, _ in films for v in d.van_ids)}
    parcels = [parcel for _, film in films for parcel in film.parcels]
    incidents = {one.incident_id: one for _, film in films for one in film.incidents}
    return {
        **ground(network, box),
        "zone": day.zone,
        "start": start,
        "span_s": seconds_from(start, max(instants, default=start)),
        "depots": [[depot.depot_id, [film.depot.lon, film.depot.lat]] for depot, film in films],
        "stations": sorted({(one.lon, one.lat) for _, film in films for one in film.stations}),
        "vans": list(rows),
        "trips": [_trip(trip, rows, start) for _, film in films for trip in film.trips],
        "left_out": sum(film.trips_left_out for _, film in films),
        "parcels": {
            "at": encode_polyline(parcel.place for parcel in parcels),
            "ready": [seconds_from(start, parcel.ready_at) for parcel in parcels],
            "ended": [seconds_from(start, parcel.ended_at) for parcel in parcels],
            "end": [_end(parcel.end) for parcel in parcels],
        },
        "incidents": [incident_on_page(one) for one in incidents.values()],
    }


def _end(end: str) -> int:
    return ENDS.index(end) if end in ENDS else ENDS.index("held")


def _instants(film: Film) -> Iterable[Instant]:
    for trip in film.trips:
        yield trip.legs[0].departs_at
        yield trip.legs[-1].arrives_at
    for parcel in film.parcels:
        yield parcel.ready_at
        yield parcel.ended_at


def _places(film: Film) -> Iterable[LonLat]:
    yield film.depot
    yield from film.stations
    for parcel in film.parcels:
        yield parcel.place


def _trip(trip: FilmedTrip, rows: Mapping[str, int], start: Instant) -> list[Any]:
    """Return a trip: its van, the seconds of its departures and arrivals, each after the one
    before, and the ways between them."""
    times, last = [], start
    for leg in trip.legs:
        for instant in (leg.departs_at, leg.arrives_at):
            times.append(seconds_from(start, instant) - seconds_from(start, last))
            last = instant
    return [rows[trip.van_id], times, " ".join(leg.shape for leg in trip.legs)]

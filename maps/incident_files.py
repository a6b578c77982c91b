"""Incidents from a JSON file: a list of objects, or GeoJSON features with the same properties.

=======================  =====================================================================
key                      rule
=======================  =====================================================================
incident_id              any text up to 64 letters, once in the file; required
line, polygon, way_ids   one of them at least: places as ``[lon, lat]`` or as objects with
                         ``lon`` and ``lat``; ways of OpenStreetMap. In GeoJSON the geometry
                         (Point, LineString or Polygon) stands for line or polygon
buffer_m                 whole metres around the line, 0 to 1000; 15
speed_ratio              what is left of the usual speed, 0 (closed) to 1; required
starts_at, ends_at       RFC 3339 with offset; always
=======================  =====================================================================
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from maps.incidents import Incident
from maps.input_errors import Fault, UnreadableInputError, listed
from maps.places import LonLat
from maps.units import Instant, NaiveInstantError, parse_rfc3339

INCIDENTS_MAX: Final = 10_000

_ALWAYS_FROM: Final = parse_rfc3339("0002-01-01T00:00:00Z")
_ALWAYS_UNTIL: Final = parse_rfc3339("9998-12-31T00:00:00Z")


def _pair(given: Any) -> Any:
    """Return longitude and latitude of a place written either way."""
    if isinstance(given, dict) and given.keys() == {"lon", "lat"}:
        return given["lon"], given["lat"]
    return given


def _instant(given: Any) -> Any:
    if not isinstance(given, str):
        raise ValueError("must be a text such as 2026-03-02T08:00:00+02:00")
    try:
        return parse_rfc3339(given)
    except NaiveInstantError:
        raise ValueError("lacks the offset from UTC, such as +02:00 or Z") from None
    except ValueError:
        raise ValueError("must be a date and time such as 2026-03-02T08:00:00+02:00") from None


_Lon = Annotated[float, Field(ge=-180, le=180)]
_Lat = Annotated[float, Field(ge=-90, le=90)]
_Place = Annotated[tuple[_Lon, _Lat], BeforeValidator(_pair)]
_When = Annotated[int, BeforeValidator(_instant)]


class _IncidentModel(BaseModel):
    """One entry of the file."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    incident_id: str = Field(min_length=1, max_length=64)
    line: tuple[_Place, ...] = Field(default=(), max_length=1000)
    polygon: tuple[_Place, ...] = Field(default=(), max_length=1000)
    way_ids: tuple[int, ...] = Field(default=(), max_length=1000)
    buffer_m: int = Field(default=15, ge=0, le=1000)
    speed_ratio: float = Field(ge=0, le=1)
    starts_at: _When = _ALWAYS_FROM
    ends_at: _When = _ALWAYS_UNTIL


def read_incidents(path: Path) -> tuple[Incident, ...]:
    """Read a file of incidents.

    Raises
    ------
    UnreadableInputError
        If there is no such file, or any entry is wrong; it names all of them.
    """
    faults: list[Fault] = []
    incidents: list[Incident] = []
    entries = _entries(path)
    for number, entry in enumerate(entries, start=1):
        try:
            incidents.append(_incident(_IncidentModel.model_validate(_plain(entry))))
        except ValidationError as wrong:
            faults += _faults(number, wrong)
        except ValueError as wrong:
            faults.append(Fault(number, "(entry)", json.dumps(entry)[:60], str(wrong)))
    ids = [incident.incident_id for incident in incidents]
    for twice in sorted({one for one in ids if ids.count(one) > 1}):
        faults.append(Fault(ids.index(twice) + 1, "incident_id", twice, "stands there twice"))
    if faults:
        raise UnreadableInputError(path, f"{len(faults)} faults:\n{listed(faults)}")
    return tuple(incidents)


def _entries(path: Path) -> list[Any]:
    try:
        stored = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as wrong:
        raise UnreadableInputError(path, wrong.strerror or str(wrong)) from wrong
    except (ValueError, RecursionError) as wrong:
        raise UnreadableInputError(path, f"it is no JSON: {wrong}") from wrong
    match stored:
        case list(entries) | {"incidents": list(entries)} | {"features": list(entries)}:
            if len(entries) > INCIDENTS_MAX:
                raise UnreadableInputError(path, f"it holds more than {INCIDENTS_MAX} incidents")
            return entries
    raise UnreadableInputError(path, "it is no list of incidents")


def _plain(entry: Any) -> Any:
    """Return an entry with a GeoJSON feature's geometry as line or polygon."""
    match entry:
        case {"type": "Feature", "geometry": geometry, "properties": dict(properties)}:
            pass
        case _:
            return entry
    match geometry:
        case None:
            return properties
        case {"type": "Point", "coordinates": list(place)}:
            return {**properties, "line": [place]}
        case {"type": "LineString", "coordinates": list(line)}:
            return {**properties, "line": line}
        case {"type": "Polygon", "coordinates": [list(ring)]}:
            return {**properties, "polygon": ring}
    raise ValueError("its geometry must be a Point, a LineString or a Polygon without holes")


def _incident(model: _IncidentModel) -> Incident:
    if not (model.line or model.polygon or model.way_ids):
        raise ValueError("line, polygon or way_ids is required")
    if 0 < len(model.polygon) < 3:
        raise ValueError("a polygon has three corners or more")
    if model.ends_at <= model.starts_at:
        raise ValueError("ends_at is not after starts_at")
    return Incident(
        incident_id=model.incident_id,
        line=tuple(LonLat(*place) for place in model.line),
        buffer_m=model.buffer_m,
        speed_ratio=model.speed_ratio,
        starts_at=Instant(model.starts_at),
        ends_at=Instant(model.ends_at),
        way_ids=model.way_ids,
        polygon=tuple(LonLat(*place) for place in model.polygon),
    )


def _faults(number: int, wrong: ValidationError) -> Iterator[Fault]:
    for fault in wrong.errors(include_url=False):
        where = ".".join(str(part) for part in fault["loc"]) or "(entry)"
        rule = fault["msg"].removeprefix("Value error, ")
        yield Fault(number, where, str(fault["input"])[:60], rule)

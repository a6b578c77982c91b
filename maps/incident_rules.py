"""Whether a closure or slowdown can be meant as it was reported.

Decides what a well-formed incident is and whether it can be one of a map. Leaves to
``disruptions`` which roads it concerns.
"""

import math
from collections.abc import Container, Sequence
from typing import Final

from maps.incidents import Incident
from maps.places import BoundingBox, LonLat
from maps.weighing_errors import BadIncidentError

POLYGON_CORNERS_MIN: Final = 3

BOX_MARGIN_M: Final = 1000
"""An incident may lie so far off the roads' bounding box (assumed): a line along a motorway often
begins before the map does."""


def check_incident(
    incident: Incident, box: BoundingBox, known_ways: Container[int] | None = None
) -> None:
    """Refuse an incident that cannot be meant as it is.

    Parameters
    ----------
    incident
        What was reported.
    box
        Around the roads.
    known_ways
        Ways of OpenStreetMap that the roads are made of; None to let all numbers pass.

    Raises
    ------
    BadIncidentError
        If it names no place at all, lies off the map, perhaps for swapped coordinates, names
        only ways that are not on it, has a polygon of fewer than three corners, ends before it
        begins, or a buffer or speed ratio out of range. All faults are told at once.
    """
    faults = [*form_faults(incident), *_place_faults(incident, box)]
    unknown = known_ways is not None and not any(way in known_ways for way in incident.way_ids)
    if incident.way_ids and unknown:
        faults.append(f"none of its {len(incident.way_ids)} ways is a road of this map")
    if faults:
        raise BadIncidentError(incident.incident_id, faults)


def form_faults(incident: Incident) -> list[str]:
    """Return what is wrong with an incident on any map; see ``check_incident``."""
    faults = []
    if not (incident.line or incident.way_ids or incident.polygon):
        faults.append("it has neither a line, nor way_ids, nor a polygon")
    if incident.polygon and len(set(incident.polygon)) < POLYGON_CORNERS_MIN:
        corners = len(set(incident.polygon))
        faults.append(f"its polygon has {corners} corners, fewer than {POLYGON_CORNERS_MIN}")
    if not 0 <= incident.speed_ratio <= 1:  # not a number fails too
        faults.append(f"its speed_ratio {incident.speed_ratio} is not between 0 and 1")
    if incident.buffer_m < 0:
        faults.append(f"its buffer_m {incident.buffer_m} is below 0")
    if incident.ends_at <= incident.starts_at:
        faults.append("it ends before it starts")
    return faults


def _place_faults(incident: Incident, box: BoundingBox) -> list[str]:
    """Return a fault for a line and for a polygon of which no place is on the map."""
    grown, faults = box.grown(BOX_MARGIN_M), []
    for name, places in (("line", incident.line), ("polygon", incident.polygon)):
        if not places or _meets(places, grown):
            continue
        first = f"lon={places[0].lon:.6f}, lat={places[0].lat:.6f}"
        fault = f"its {name}, from {first} on, lies off the map"
        if _meets([LonLat(place.lat, place.lon) for place in places], grown):
            fault += ": longitude and latitude look swapped"
        faults.append(fault)
    return faults


def _meets(places: Sequence[LonLat], box: BoundingBox) -> bool:
    """Return whether the box around the places meets another one."""
    lons, lats = [place.lon for place in places], [place.lat for place in places]
    if not all(map(math.isfinite, (*lons, *lats))):
        return False
    across = min(lons) <= box.east and max(lons) >= box.west
    return across and min(lats) <= box.north and max(lats) >= box.south

"""Time zones by place; the only file that imports tzfpy.

Decides which clocks a place goes by: hours of restrictions and of traffic are local.
"""

from zoneinfo import available_timezones

import tzfpy

from maps.errors import UnknownRegionError
from maps.places import LonLat


def zone_at(place: LonLat) -> str:
    """Return the IANA name of the time zone in force at a place; ``UTC`` if none is known."""
    found = tzfpy.get_tz(place.lon, place.lat)
    return found if found in available_timezones() else "UTC"


def checked_zone(name: str) -> str:
    """Return the name of a time zone that someone gave.

    Raises
    ------
    UnknownRegionError
        If it is no IANA time zone.
    """
    if name not in available_timezones():
        raise UnknownRegionError("time zone", name)
    return name

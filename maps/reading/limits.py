"""Speed limits of roads: from signs, from zones, and from what is customary.

Decides the limit of a way from its tags and its country. Leaves to ``countries`` the customary
figures, and to ``speeds`` how much of a limit is driven.

A value that cannot be read counts as none. Where no tag tells a zone, the limit is the usual one
of the road's class: whether a street lies in a town is not known, and the classes are what OSRM
goes by too.

References
----------
.. [1] https://wiki.openstreetmap.org/wiki/Key:maxspeed
.. [2] https://wiki.openstreetmap.org/wiki/Key:zone:traffic
"""

import re
from collections.abc import Mapping
from typing import Final

from maps.reading.countries import COUNTRY_LIMITS, KM_PER_MILE, OTHER_LIMITS, CountryLimits
from maps.speeds import CLASS_LIMITS_KMH
from maps.units import speed_mps_of

LIMIT_KEYS: Final = (
    "maxspeed:forward",
    "maxspeed:backward",
    "maxspeed",
    "zone:maxspeed",
    "maxspeed:type",
    "source:maxspeed",
    "zone:traffic",
)
"""Every tag that ``limits_mps`` looks at."""

_ZONE_KEYS: Final = ("zone:maxspeed", "maxspeed:type", "source:maxspeed")

WALKING_KMH: Final = 7.0
"""``maxspeed=walk``: 4 to 7 km/h in Germany [1]_."""

KM_PER_NAUTICAL_MILE: Final = 1.852
"""Exact; ``knots`` are tagged on waterways, and by mistake elsewhere."""

SPEED_MPS_MIN: Final = 1.0
"""No road is slower than this. Assumed: tags such as ``maxspeed=1`` are mistakes."""

_NUMBER: Final = re.compile(r"^(\d+(?:[.,]\d+)?)\s*(km/h|kmh|kph|mph|knots)?$")

_UNITS_KMH: Final[Mapping[str | None, float]] = {
    "mph": KM_PER_MILE,
    "knots": KM_PER_NAUTICAL_MILE,
}


def parse_maxspeed(text: str, country: str = "") -> float | None:
    """Read one ``maxspeed`` value, in metres per second; None if it names no fixed speed.

    Understands numbers in km/h, mph and knots, words such as ``FI:urban`` and zones such as
    ``DE:zone:30``, and takes the first of several values. A word's own country wins over the one
    given. ``none``, ``signals`` and ``variable`` give None. In countries that sign miles per hour
    a zone's number counts miles.
    """
    value = re.split(r"[;|]", text, maxsplit=1)[0].strip()
    prefix, colon, rest = value.partition(":")
    foreign = bool(colon) and re.fullmatch("[A-Za-z]{2}", prefix) is not None
    said, where = (rest, prefix.upper()) if foreign else (value, country)
    word = said.strip().lower()
    if word == "walk":
        return speed_mps_of(WALKING_KMH)
    customary = _limits_of(where).of(word.removeprefix("zone:"))
    if customary is not None:
        return speed_mps_of(customary)
    match = _NUMBER.match(word.removeprefix("zone").lstrip(":"))
    if match is None:
        return None
    number = float(match[1].replace(",", "."))
    in_miles = where in ("GB", "US") and word.startswith("zone")
    limit_kmh = number * _UNITS_KMH.get("mph" if in_miles else match[2], 1.0)
    return max(speed_mps_of(limit_kmh), SPEED_MPS_MIN) if number > 0 else None


def limits_mps(road_class: str, tags: Mapping[str, str], country: str) -> tuple[float, float]:
    """Return the speed limits along and against the way, in metres per second.

    Parameters
    ----------
    road_class
        One of ``speeds.ROAD_CLASSES``.
    tags
        Those of the way's tags that are in ``LIMIT_KEYS``. Directions win over both ways, and
        signs over zones.
    country
        ISO 3166-1 code, or an empty text.
    """
    both = parse_maxspeed(tags.get("maxspeed", ""), country)
    for key in _ZONE_KEYS:
        both = both or parse_maxspeed(tags.get(key, ""), country)
    both = both or _usual_mps(road_class, tags, country)
    forward = parse_maxspeed(tags.get("maxspeed:forward", ""), country) or both
    backward = parse_maxspeed(tags.get("maxspeed:backward", ""), country) or both
    return forward, backward


def _usual_mps(road_class: str, tags: Mapping[str, str], country: str) -> float:
    """Return the limit of a road without a sign."""
    usual_kmh = CLASS_LIMITS_KMH[road_class]
    limits = _limits_of(country)
    if road_class in ("living_street", "motorway"):
        usual_kmh = limits.of(road_class) or usual_kmh
    elif road_class in ("residential", "unclassified", "service", "driveway", "pedestrian"):
        usual_kmh = min(usual_kmh, limits.urban)
    elif tags.get("zone:traffic", "").endswith(":rural"):
        usual_kmh = limits.rural
    elif tags.get("zone:traffic", "").endswith(":urban"):
        usual_kmh = min(usual_kmh, limits.urban)
    return speed_mps_of(usual_kmh)


def _limits_of(country: str) -> CountryLimits:
    return COUNTRY_LIMITS.get(country, OTHER_LIMITS)

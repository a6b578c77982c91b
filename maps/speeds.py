"""How fast roads are driven: by the tagged limit, by road class, and what junctions cost.

Decides which road classes exist, the speed limit of a road from its tags, the share of the limit
that is really driven, and the seconds lost at signals and junctions. Leaves to ``access`` which
roads a van may use at all, and to ``weighing`` what becomes of it for one kind of van.

The yardstick is OSRM's car profile, because travel times from limits alone run 22 to 25 % short
of it: a share of the limit and a cost per signal are its own numbers; its turn costs need turns,
which a search over junctions does not see, so a mean cost per junction stands for them.

References
----------
.. [1] OSRM, ``profiles/car.lua``: https://github.com/Project-OSRM/osrm-backend
.. [2] https://wiki.openstreetmap.org/wiki/Key:maxspeed
.. [3] https://wiki.openstreetmap.org/wiki/Default_speed_limits
.. [4] https://wiki.openstreetmap.org/wiki/Key:surface
"""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from maps.units import speed_mps_of

KM_PER_MILE: Final = 1.609344
"""Exact (international yard and pound agreement, 1959)."""

CLASS_LIMITS_KMH: Final[Mapping[str, float]] = MappingProxyType(
    {
        "trunk": 80.0,
        "trunk_link": 60.0,
        "primary": 50.0,
        "primary_link": 50.0,
        "secondary": 50.0,
        "secondary_link": 50.0,
        "tertiary": 50.0,
        "tertiary_link": 40.0,
        "unclassified": 30.0,
        "residential": 30.0,
        "road": 30.0,
        "living_street": 20.0,
        "service": 20.0,
        "pedestrian": 10.0,
        "driveway": 10.0,
        "motorway": 100.0,
        "motorway_link": 60.0,
    }
)
"""Limit where no ``maxspeed`` is tagged, by road class; ``driveway`` is ``service`` with a
``service`` tag. 50 is the urban default of most countries [3]_; 25 to 30 for minor streets is
OSRM's speed for them over ``TRAVEL_SPEED_RATIO`` [1]_; the others are assumed."""

ROAD_CLASSES: Final = tuple(CLASS_LIMITS_KMH)
"""Every road class; a network stores positions in this tuple, so it only ever grows at the end."""

SURFACES: Final = (
    "",
    "paving_stones",
    "sett",
    "unhewn_cobblestone",
    "compacted",
    "gravel",
    "unpaved",
    "ground",
    "sand",
)
"""Road surfaces from smooth to slow; a network stores positions, so it only grows at the end. The
first stands for asphalt, concrete and the unknown; others are those of OpenStreetMap's table [4]_,
with kinds that are driven alike under one name."""

FAST_CLASSES: Final = frozenset({"motorway", "motorway_link"})
"""Roads for fast vehicles only."""

MINOR_CLASSES: Final = frozenset({"service", "pedestrian", "driveway"})
"""Classes whose mouths do not slow the traffic on the street that they join (assumed)."""

NAMED_LIMITS_KMH: Final[Mapping[str, float]] = MappingProxyType(
    {"walk": 7.0, "urban": 50.0, "rural": 80.0, "trunk": 80.0, "living_street": 20.0}
)
"""Limits tagged by a word, such as ``FI:urban`` [2]_. Walking pace is 4 to 7 km/h in Germany."""

TRAVEL_SPEED_RATIO: Final = 0.8
"""Share of the limit that is driven on average; OSRM's ``speed_reduction`` [1]_."""

SIGNAL_DELAY_S: Final = 2.0
"""Mean loss per signal node passed; OSRM's ``traffic_light_penalty`` [1]_."""

JUNCTION_DELAY_S: Final = 2.0
"""Mean loss per junction passed. Fitted: with it the durations between 3,056 pairs of places in
the built-in Helsinki are 0.986 of OSRM's (26.10, car profile, median), and 1.017 of them where
both drive the same path. OSRM charges 2 to 5 s for a right angle and nearly 0 straight on [1]_."""

STOPS_PER_SIGNAL: Final = 0.3
"""Mean full stops per signal node. Assumed: half of them are red, and the several nodes of one
large junction are green together."""

STOPS_PER_JUNCTION: Final = 0.1
"""Mean full stops per junction without signals. Assumed; with the signals it gives about three
stops a kilometre in a city centre, as in the urban driving cycle of UN Regulation 83, annex 4a."""

SPEED_MPS_MIN: Final = 1.0
"""No road is slower than this. Assumed: tags such as ``maxspeed=1`` are mistakes."""

_NUMBER = re.compile(r"^(\d+(?:\.\d+)?)\s*(km/h|kmh|kph|mph)?$")


def parse_maxspeed(text: str) -> float | None:
    """Read one ``maxspeed`` value, in metres per second; None if it names no fixed speed.

    Understands numbers in km/h and mph, words such as ``FI:urban`` and ``DE:zone:30``, and takes
    the first of several values. ``none``, ``signals`` and ``variable`` give None.
    """
    value = re.split(r"[;|]", text, maxsplit=1)[0].strip().lower()
    word = value.rsplit(":", 1)[-1].strip()
    if word in NAMED_LIMITS_KMH:
        return speed_mps_of(NAMED_LIMITS_KMH[word])
    match = _NUMBER.match(word.removeprefix("zone"))
    if match is None or float(match[1]) <= 0:
        return None
    limit_kmh = float(match[1]) * (KM_PER_MILE if match[2] == "mph" else 1.0)
    return max(speed_mps_of(limit_kmh), SPEED_MPS_MIN)


def limits_mps(road_class: str, tags: Mapping[str, str]) -> tuple[float, float]:
    """Return the speed limits along and against the way, in metres per second.

    Parameters
    ----------
    road_class
        One of ``ROAD_CLASSES``; gives the limit where none is tagged.
    tags
        The way's tags; ``maxspeed:forward`` and ``maxspeed:backward`` win over ``maxspeed``.
    """
    default = speed_mps_of(CLASS_LIMITS_KMH[road_class])
    both = parse_maxspeed(tags.get("maxspeed", "")) or default
    forward = parse_maxspeed(tags.get("maxspeed:forward", "")) or both
    backward = parse_maxspeed(tags.get("maxspeed:backward", "")) or both
    return forward, backward

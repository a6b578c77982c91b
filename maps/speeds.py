"""How fast roads are driven: by the tagged limit, by class and surface, and what signals cost.

Decides which road classes and surfaces exist, the share of the limit that is really driven, and
what is lost at signals and signs. Leaves to ``access`` which roads a van may use at all, to
``turning`` what turns cost, and to ``weighing`` what becomes of it for one kind of van.

The yardstick is OSRM's car profile, because travel times from limits alone run 22 to 25 % short
of it. With these figures and those of ``turning`` durations between 500 random places are, for a
car, 0.997 of OSRM's (26.10, median) in Heidelberg, 1.002 in the middle of São Paulo and 0.997 in
Bad Hersfeld; eight in ten lie within 0.986 and 1.012 of them.

References
----------
.. [1] OSRM, ``profiles/car.lua``: https://github.com/Project-OSRM/osrm-backend
.. [2] https://wiki.openstreetmap.org/wiki/Key:surface
"""

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

TRAVEL_SPEED_RATIO: Final = 0.8
"""Share of the limit that is driven on average; OSRM's ``speed_reduction`` [1]_."""

CLASS_SPEEDS_KMH: Final[Mapping[str, float]] = MappingProxyType(
    {
        "trunk": 85.0,
        "trunk_link": 40.0,
        "primary": 65.0,
        "primary_link": 30.0,
        "secondary": 55.0,
        "secondary_link": 25.0,
        "tertiary": 40.0,
        "tertiary_link": 20.0,
        "unclassified": 25.0,
        "residential": 25.0,
        "road": 25.0,
        "living_street": 10.0,
        "service": 15.0,
        "pedestrian": 10.0,
        "driveway": 15.0,
        "motorway": 90.0,
        "motorway_link": 45.0,
    }
)
"""What is driven on average where no ``maxspeed`` is tagged, by road class; ``driveway`` is
``service`` with a ``service`` tag. OSRM's ``speeds`` [1]_; it has none for ``road`` and
``pedestrian``: taken as residential, and as its speed for ways that only access tags open."""

CLASS_LIMITS_KMH: Final[Mapping[str, float]] = MappingProxyType(
    {name: speed_kmh / TRAVEL_SPEED_RATIO for name, speed_kmh in CLASS_SPEEDS_KMH.items()}
)
"""The limits that such roads are driven as though they had."""

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
first stands for asphalt, concrete and the unknown; others are those of OpenStreetMap's table [2]_,
with kinds that are driven alike under one name."""

FAST_CLASSES: Final = frozenset({"motorway", "motorway_link"})
"""Roads for fast vehicles only."""

SURFACE_SPEEDS_KMH: Final = (math.inf, 60.0, 40.0, 30.0, 80.0, 40.0, 40.0, 40.0, 20.0)
"""What is driven at most on each of ``SURFACES``; OSRM's ``surface_speeds`` [1]_."""

SIGNAL_S: Final = 2.0
"""Mean loss per signal node passed; OSRM's ``traffic_light_penalty`` [1]_."""

STOP_SIGN_S: Final = 2.0
GIVE_WAY_SIGN_S: Final = 1.0
"""Mean loss at a stop and a give-way sign; OSRM's (``lib/obstacles.lua``) [1]_."""

LEVEL_CROSSING_S: Final = 2.0
"""Mean loss at a railway crossing. Assumed: that of a signal, which most of them have."""

STOPS_PER_SIGNAL: Final = 0.3
"""Mean full stops per signal node. Assumed: half of them are red, and the several nodes of one
large junction are green together."""

STOPS_PER_STOP_SIGN: Final = 1.0
STOPS_PER_GIVE_WAY_SIGN: Final = 0.4
STOPS_PER_LEVEL_CROSSING: Final = 0.1
"""Mean full stops at signs and railway crossings: the law at the first, assumed at the others."""

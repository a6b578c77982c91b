"""Charging stations from their tags.

Decides plugs and power where tags are silent. Leaves reading files to ``osm``, and what charging
takes to ``vehicles``.

References
----------
.. [1] https://wiki.openstreetmap.org/wiki/Tag:amenity%3Dcharging_station
"""

import re
from collections.abc import Mapping
from typing import Final

from maps.network import Charger
from maps.places import LonLat
from maps.units import watts_down

PLUG_COUNT_DEFAULT: Final = 2
"""Plugs of a station whose ``capacity`` is not tagged. Assumed: most public posts have two."""

POWER_W_DEFAULT: Final = 22_000
"""Power where no output is tagged. Assumed: public AC posts in Europe are 11 or 22 kW, type 2."""

POWER_W_MAX: Final = 1_000_000
"""Tagged outputs above this are taken for mistakes (megawatt charging is for lorries)."""

_POWER = re.compile(r"(\d+(?:[.,]\d+)?)\s*(kw|kva|w)?", re.IGNORECASE)


def charger_of(charger_id: str, place: LonLat, tags: Mapping[str, str]) -> Charger:
    """Return the charging station that tags describe, with defaults where they are silent."""
    plugs = _whole(tags.get("capacity", ""))
    powers = [
        power
        for key, value in sorted(tags.items())
        if key == "charging_station:output" or (key.startswith("socket:") and ":output" in key)
        if (power := parse_power_w(value)) is not None
    ]
    sockets = _sockets(tags)
    if plugs is None:
        plugs = sum(count for _, count in sockets) or None
    return Charger(
        charger_id=charger_id,
        label=tags.get("name") or tags.get("operator") or tags.get("brand") or "",
        place=place,
        plug_count=plugs or PLUG_COUNT_DEFAULT,
        power_w=max(powers, default=POWER_W_DEFAULT),
        assumed=plugs is None or not powers,
        sockets=sockets,
    )


def parse_power_w(text: str) -> int | None:
    """Read a power such as ``22 kW``, ``3,7kW`` or ``11000 W``; the largest of several.

    A number without a unit counts as kW up to 1,000 and as W above. None if there is none.
    """
    found = []
    for number, unit in _POWER.findall(text):
        value = float(number.replace(",", "."))
        in_watts = unit.lower() == "w" or (not unit and value > 1000)
        power_w = int(value) if in_watts else watts_down(value)
        if 0 < power_w <= POWER_W_MAX:
            found.append(power_w)
    return max(found, default=None)


def _sockets(tags: Mapping[str, str]) -> tuple[tuple[str, int], ...]:
    """Return the kinds of plugs that tags such as ``socket:type2=2`` name, with their numbers."""
    tagged = (
        (key.removeprefix("socket:"), _whole(value))
        for key, value in sorted(tags.items())
        if re.fullmatch(r"socket:[^:]+", key)
    )
    return tuple((kind, count) for kind, count in tagged if count is not None)


def _whole(text: str) -> int | None:
    return int(text) if text.isdecimal() and 0 < int(text) < 1000 else None

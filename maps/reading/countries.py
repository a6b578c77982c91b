"""What is customary in a country: the limits that need no sign, and the side of the road.

Decides the figures and which country an extract lies in. Leaves to ``limits`` what a single road
makes of them.

References
----------
.. [1] https://wiki.openstreetmap.org/wiki/Default_speed_limits, as github.com/westnordost/
   osm-legal-default-speeds had it on 1 August 2022; where limits differ by region or by kind of
   road, the one for a light vehicle on an ordinary road
.. [2] https://wiki.openstreetmap.org/wiki/Key:driving_side
"""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from maps.errors import UnknownRegionError

KM_PER_MILE: Final = 1.609344
"""Exact (international yard and pound agreement, 1959)."""


@dataclass(frozen=True, slots=True)
class CountryLimits:
    """Limits in km/h where no sign says another, by the words that OpenStreetMap has for them."""

    urban: float
    rural: float
    trunk: float
    motorway: float
    living_street: float

    def of(self, word: str) -> float | None:
        """Return the limit of a word such as ``urban``; None if it is none of them."""
        return {
            "urban": self.urban,
            "rural": self.rural,
            "trunk": self.trunk,
            "motorroad": self.trunk,
            "motorway": self.motorway,
            "living_street": self.living_street,
            "nsl_restricted": self.urban,
            "nsl_single": self.rural,
            "nsl_dual": self.motorway,
        }.get(word)


COUNTRY_LIMITS: Final[Mapping[str, CountryLimits]] = MappingProxyType(
    {
        # São Paulo's kind of streets: local 30, collector 40, arterial 60; the middle one.
        "BR": CountryLimits(40, 100, 110, 110, 20),
        "CN": CountryLimits(50, 70, 100, 120, 20),
        "DE": CountryLimits(50, 100, 130, 130, 7),  # motorways: the advised speed
        "ES": CountryLimits(50, 90, 90, 120, 20),
        "FI": CountryLimits(50, 80, 100, 120, 20),
        "FR": CountryLimits(50, 80, 110, 130, 20),
        "GB": CountryLimits(
            30 * KM_PER_MILE, 60 * KM_PER_MILE, 70 * KM_PER_MILE, 70 * KM_PER_MILE, 16
        ),
        "HK": CountryLimits(50, 50, 70, 80, 20),
        "NL": CountryLimits(50, 80, 100, 100, 15),
        # Most states: 25 mph in residence districts, 55 mph outside, 65 mph on interstates.
        "US": CountryLimits(
            25 * KM_PER_MILE, 55 * KM_PER_MILE, 55 * KM_PER_MILE, 65 * KM_PER_MILE, 24
        ),
    }
)
"""By ISO 3166-1 code. Those of BR, CN, DE, ES, FR and GB are compared with the page [1]_, where
German living streets have walking pace, here 7 km/h. Of Spain's two urban limits, 30 with one lane
each way and 50 with more, it is the higher: zones of 30 are mostly tagged. The page's 100 of rural
FI is what light vehicles may drive where signs allow it; the general limit is 80. HK, NL and US
are written from general knowledge and not compared. Assumed, as the page names none: trunk roads
of BR and CN, Brazil's motorways as its dual carriageways, living streets of BR, CN, HK, GB (10 mph)
and US (15 mph), and trunk and motorway of HK, which are always signed."""

OTHER_LIMITS: Final = CountryLimits(50, 80, 80, 100, 20)
"""Where the country is not in the table: figures that many countries have (assumed)."""

LEFT_DRIVING: Final = frozenset(
    [
        "AU",
        "BD",
        "BN",
        "BT",
        "BW",
        "CY",
        "FJ",
        "GB",
        "HK",
        "ID",
        "IE",
        "IN",
        "JM",
        "JP",
        "KE",
        "LK",
        "LS",
        "MO",
        "MT",
        "MU",
        "MW",
        "MY",
        "MZ",
        "NA",
        "NP",
        "NZ",
        "PG",
        "PK",
        "SG",
        "SZ",
        "TH",
        "TL",
        "TT",
        "TZ",
        "UG",
        "ZA",
        "ZM",
        "ZW",
    ]
)
"""Countries that drive on the left [2]_; small islands are left out."""

ZONE_COUNTRIES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "America/Bahia": "BR",
        "America/Chicago": "US",
        "America/Denver": "US",
        "America/Fortaleza": "BR",
        "America/Los_Angeles": "US",
        "America/Manaus": "BR",
        "America/New_York": "US",
        "America/Phoenix": "US",
        "America/Recife": "BR",
        "America/Sao_Paulo": "BR",
        "Asia/Hong_Kong": "HK",
        "Asia/Shanghai": "CN",
        "Asia/Urumqi": "CN",
        "Atlantic/Canary": "ES",
        "Europe/Amsterdam": "NL",
        "Europe/Berlin": "DE",
        "Europe/Helsinki": "FI",
        "Europe/London": "GB",
        "Europe/Madrid": "ES",
        "Europe/Paris": "FR",
    }
)
"""Countries of time zones, for extracts whose tags name none; zones of one country only."""

_PREFIX: Final = re.compile(r"^([A-Z]{2}):")

_ZONE_KEYS: Final = (
    "maxspeed",
    "source:maxspeed",
    "maxspeed:type",
    "zone:traffic",
    "zone:maxspeed",
)


def country_named(tags: Mapping[str, str]) -> str | None:
    """Return the country that a road's or an address's tags name, as a code of two letters."""
    for key in ("addr:country", "is_in:country_code"):
        code = tags.get(key, "").strip().upper()
        if re.fullmatch("[A-Z]{2}", code):
            return code
    for key in _ZONE_KEYS:
        if found := _PREFIX.match(tags.get(key, "")):
            return found[1]
    return None


def country_of(named: Mapping[str, int], zone: str) -> str:
    """Return the country that most tags name, else the zone's; an empty text if none is known."""
    if named:
        return Counter(named).most_common(1)[0][0]
    return ZONE_COUNTRIES.get(zone, "")


def drives_on_left(country: str) -> bool:
    """Return whether traffic keeps to the left; an unknown country keeps to the right."""
    return country in LEFT_DRIVING


def checked_country(code: str) -> str:
    """Return the code of a country that someone gave, in capitals.

    Raises
    ------
    UnknownRegionError
        If it is not two letters.
    """
    if not re.fullmatch("[A-Za-z]{2}", code):
        raise UnknownRegionError("country", code)
    return code.upper()

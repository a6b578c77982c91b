"""From an address as people write it to a place, offline, by the addresses of the city's map.

Decides what counts as the same address: equal but for letter case, spaces, and anything after the
first comma (town, postcode). Guesses nothing: near misses are only suggested.
"""

import difflib

from maps.network import Address
from maps.places import LonLat, great_circle_m

SPREAD_M_MAX = 150.0
"""Entries of one address this close together are entrances of one building (assumed)."""

SUGGESTIONS_MAX = 3


class AddressBook:
    """The addresses of a city, by name."""

    def __init__(self, addresses: tuple[Address, ...]) -> None:
        self._places: dict[str, list[LonLat]] = {}
        self._labels: dict[str, str] = {}
        for address in addresses:
            key = _key(address.label)
            self._places.setdefault(key, []).append(address.place)
            self._labels.setdefault(key, address.label)

    def find(self, text: str) -> LonLat | str:
        """Return the place of an address, or a sentence on why there is none.

        Of several entrances the first one of the map is taken.
        """
        places = self._places.get(_key(text)) or self._places.get(_key(text.partition(",")[0]))
        if places is None:
            return f"is no address of this map{self._suggested(text)}"
        if max(great_circle_m(places[0], place) for place in places) > SPREAD_M_MAX:
            listed = "; ".join(f"lon={p.lon:.6f}, lat={p.lat:.6f}" for p in places)
            return f"is ambiguous on this map, give lon and lat instead: {listed}"
        return places[0]

    def _suggested(self, text: str) -> str:
        key = _key(text.partition(",")[0])
        close = difflib.get_close_matches(key, self._labels, n=SUGGESTIONS_MAX, cutoff=0.75)
        if not close:
            return ""
        return "; did you mean " + " or ".join(repr(self._labels[one]) for one in close) + "?"


def _key(text: str) -> str:
    return " ".join(text.split()).casefold()

"""From an address as people write it to a place, offline, by the addresses of the city's map.

Decides what counts as the same address, in two steps. First, what is equal but for letter case,
spaces, and anything after the first comma (town, postcode). If there is none, what is equal when
also spelled alike: ``Hauptstr. 5 a`` and ``Hauptstraße 5A``, ``Muellerweg`` and ``Müllerweg``,
``10 Downing St`` and ``Downing Street 10``, ``Rua Augusta, 15`` and ``R. Augusta 15``. Guesses
nothing: near misses are only suggested, and what fits places far apart is listed.
"""

import difflib
import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Final

from maps.input_errors import UnknownAddressError
from maps.network import Address
from maps.places import LonLat, great_circle_m

SPREAD_M_MAX: Final = 150.0
"""Entries of one address this close together are entrances of one building (assumed)."""

SUGGESTIONS_MAX: Final = 3

LISTED_MAX: Final = 10
"""Places of an ambiguous address that are listed."""

_WORDS: Final = {
    "str": "strasse", "pl": "platz", "st": "street", "rd": "road", "ave": "avenue",
    "av": "avenida", "r": "rua",
}  # fmt: skip
"""Usual abbreviations of words for streets; both forms become the same on both sides."""

_LETTERS: Final = str.maketrans({"ø": "o", "æ": "a", "œ": "o", "ł": "l", "đ": "d", "ı": "i"})
"""Letters that are no other letter with a mark. ß becomes ss by case folding."""

_DIGRAPHS: Final = re.compile(r"([aou])e")
_SEPARATORS: Final = re.compile(r"[\s.,_]+|(?<![0-9])[-/]|[-/](?![0-9])")
_QUOTES: Final = re.compile(r"['’`´\"]")
_SEVERAL: Final = re.compile(r"(?P<street>.*\S)\s+(?P<numbers>\d[^;,]*(?:[;,]\s*\d[^;,]*)+)")


class AddressBook:
    """The addresses of a city, by name; made once and then only asked."""

    def __init__(self, addresses: Iterable[Address]) -> None:
        self._places: dict[str, list[LonLat]] = {}
        self._labels: dict[str, str] = {}
        for address in addresses:
            key = _key(address.label)
            self._places.setdefault(key, []).append(address.place)
            self._labels.setdefault(key, address.label)
        # Street spelled alike -> number spelled alike -> keys of the labels; on the first miss.
        self._alike: dict[str, dict[str, list[str]]] = {}

    def find(self, text: str) -> LonLat | str:
        """Return the place of an address, or a sentence on why there is none.

        Of several entrances the first one of the map is taken.
        """
        keys = self._keys(text)
        if not keys:
            return f"is no address of this map{self._suggested(text)}"
        places = [place for key in keys for place in self._places[key]]
        if max(great_circle_m(places[0], place) for place in places) > SPREAD_M_MAX:
            listed = "; ".join(self._told(key) for key in keys)
            return f"is ambiguous on this map, give lon and lat instead: {listed}"
        return places[0]

    def place(self, text: str) -> LonLat:
        """Return the place of an address.

        Raises
        ------
        UnknownAddressError
            If there is none, or it is ambiguous.
        """
        found = self.find(text)
        if isinstance(found, str):
            raise UnknownAddressError(text, found)
        return found

    def _keys(self, text: str) -> list[str]:
        """Return the keys of the labels that an address may mean."""
        for key in (_key(text), _key(text.partition(",")[0])):
            if key in self._places:
                return [key]
        street, number = _spelled_alike(_without_town(text))
        return self._by_street().get(street, {}).get(number, [])

    def _by_street(self) -> dict[str, dict[str, list[str]]]:
        if not self._alike:
            for key, label in self._labels.items():
                for single in _single_numbers(label):
                    street, number = _spelled_alike(single)
                    self._alike.setdefault(street, {}).setdefault(number, []).append(key)
        return self._alike

    def _told(self, key: str) -> str:
        places = self._places[key][:LISTED_MAX]
        told = " and ".join(f"lon={place.lon:.6f}, lat={place.lat:.6f}" for place in places)
        return f"{self._labels[key]!r} at {told}"

    def _suggested(self, text: str) -> str:
        """Return the nearest numbers of this street, or of streets written much like it."""
        street, number = _spelled_alike(_without_town(text))
        known = self._by_street()
        if street in known:
            close = _nearest_numbers(known[street], number)[:SUGGESTIONS_MAX]
            keys = [known[street][one][0] for one in close]
        else:
            streets = difflib.get_close_matches(street, known, n=SUGGESTIONS_MAX, cutoff=0.75)
            keys = [known[one][_nearest_numbers(known[one], number)[0]][0] for one in streets]
        if not keys:
            return ""
        return "; did you mean " + " or ".join(repr(self._labels[key]) for key in keys) + "?"


def _key(text: str) -> str:
    return " ".join(text.split()).casefold()


def _without_town(text: str) -> str:
    """Return street and number: up to the first comma, or the second if the number follows it."""
    street, _, rest = text.partition(",")
    number = rest.partition(",")[0].strip()
    if number[:1].isdigit() and not any(letter.isdigit() for letter in street):
        return f"{street} {number}"
    return street


def _single_numbers(label: str) -> Iterator[str]:
    """Yield a label once for each of its house numbers: ``Ring 5;7`` is Ring 5 and Ring 7."""
    several = _SEVERAL.fullmatch(label)
    if several is None:
        yield label
        return
    for number in re.split(r"[;,]", several["numbers"]):
        yield f"{several['street']} {number.strip()}"


def _spelled_alike(text: str) -> tuple[str, str]:
    """Return street and house number in a spelling that does not tell usual variants apart."""
    words = [word for word in _SEPARATORS.split(_QUOTES.sub("", _plain(text))) if word]
    if words and words[0][0].isdigit() and not any(word[0].isdigit() for word in words[1:]):
        words = words[1:] + words[:1]  # the number first, as in English and French
    starts = [index for index, word in enumerate(words) if index and word[0].isdigit()]
    cut = starts[-1] if starts else len(words)
    street = "".join(_street_word(word) for word in words[:cut])
    return _DIGRAPHS.sub(r"\1", street), "".join(words[cut:])


def _plain(text: str) -> str:
    """Return the letters without case and marks."""
    marked = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS))
    return "".join(letter for letter in marked if not unicodedata.combining(letter))


def _street_word(word: str) -> str:
    if word in _WORDS:
        return _WORDS[word]
    return f"{word}asse" if word.endswith("str") else word


def _nearest_numbers(numbers: Iterable[str], asked: str) -> list[str]:
    """Return house numbers from the nearest to the farthest, of equals the shorter first."""
    wanted = _leading(asked)
    return sorted(numbers, key=lambda one: (abs(_leading(one) - wanted), len(one), one))


def _leading(number: str) -> int:
    digits = re.match(r"\d{1,9}", number)
    return int(digits[0]) if digits else 0

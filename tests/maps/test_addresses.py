"""Addresses: which spellings mean the same place, and what is said when none or several do."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maps.addresses import AddressBook
from maps.input_errors import UnknownAddressError
from maps.network import Address
from maps.places import LonLat

HERE, NEAR, FAR = LonLat(24.94, 60.17), LonLat(24.9401, 60.17), LonLat(24.95, 60.17)
LABELS = (
    "Mannerheimintie 5",
    "Mannerheimintie 12-14",
    "Hauptstraße 5A",
    "Karl-Marx-Straße 7",
    "Müllerweg 3",
    "Åsögatan 9",
    "Rua São João 15",
    "Avenida Paulista 1578",
    "Downing Street 10",
    "Straße des 17. Juni 135",
    "Ring 5;7, 9",
    "Platz der Republik 1",
    "L 7 12",
)


@pytest.fixture(scope="module")
def book():
    """Return addresses each at a place of its own, 0.01 degrees east of the one before."""
    return AddressBook(Address(label, place_of(label)) for label in LABELS)


def place_of(label):
    return LonLat(20 + LABELS.index(label) / 100, 60.0)


@pytest.mark.parametrize(
    ("written", "label"),
    [
        ("mannerheimintie  5", "Mannerheimintie 5"),
        ("MANNERHEIMINTIE 5, 00100 Helsinki", "Mannerheimintie 5"),
        ("Hauptstrasse 5a", "Hauptstraße 5A"),
        ("Hauptstr. 5 a", "Hauptstraße 5A"),
        ("Hauptstr.5A", "Hauptstraße 5A"),
        ("Haupt Straße 5 A", "Hauptstraße 5A"),
        ("Karl Marx Str. 7", "Karl-Marx-Straße 7"),
        ("Muellerweg 3", "Müllerweg 3"),
        ("Mullerweg 3", "Müllerweg 3"),
        ("Mu\u0308llerweg 3", "Müllerweg 3"),
        ("Asogatan 9", "Åsögatan 9"),
        ("R. Sao Joao, 15, São Paulo", "Rua São João 15"),
        ("Av Paulista, 1578", "Avenida Paulista 1578"),
        ("10 Downing St.", "Downing Street 10"),
        ("Str. des 17. Juni 135", "Straße des 17. Juni 135"),
        ("Ring 7", "Ring 5;7, 9"),
        ("ring 9", "Ring 5;7, 9"),
        ("Pl. der Republik 1", "Platz der Republik 1"),
        ("Mannerheimintie 12-14", "Mannerheimintie 12-14"),
        ("l 7 12", "L 7 12"),
    ],
)
def test_usual_spellings_mean_the_same_address(book, written, label):
    assert book.find(written) == place_of(label)


@pytest.mark.parametrize(
    ("written", "suggested"),
    [
        ("Mannerheimintie 6", "did you mean 'Mannerheimintie 5' or 'Mannerheimintie 12-14'?"),
        ("Mannerheimintie", "did you mean 'Mannerheimintie 5'"),
        ("Manerheimintie 13", "did you mean 'Mannerheimintie 12-14'?"),
        ("Hauptstr. 5", "did you mean 'Hauptstraße 5A'?"),
        ("Mannerheimintie 1", "did you mean 'Mannerheimintie 5'"),
    ],
)
def test_near_misses_are_suggested_and_never_taken(book, written, suggested):
    told = book.find(written)
    assert isinstance(told, str)
    assert told.startswith("is no address of this map; ")
    assert suggested in told


@pytest.mark.parametrize("written", ["Nowhere at all 3", "", ",", "5", "  ", "....", "東京都 1"])
def test_what_is_like_nothing_has_no_suggestion(book, written):
    assert book.find(written) == "is no address of this map"


def test_entrances_of_one_building_are_one_address():
    book = AddressBook((Address("A 1", HERE), Address("a  1", NEAR), Address("B 2", HERE)))
    assert book.find("A 1") == HERE
    assert book.find("b 2") == HERE


def test_an_address_at_two_distant_places_lists_them():
    book = AddressBook((Address("A 1", HERE), Address("A 1", FAR)))
    told = str(book.find("A 1"))
    assert "ambiguous" in told
    assert "'A 1' at lon=24.940000, lat=60.170000 and lon=24.950000" in told
    with pytest.raises(UnknownAddressError, match=r"MAP-203: 'A 1' is ambiguous.*LON,LAT"):
        book.place("A 1")


def test_two_streets_spelled_alike_are_ambiguous_unless_written_exactly():
    book = AddressBook((Address("Bauerstraße 1", HERE), Address("Baurstraße 1", FAR)))
    assert book.find("bauerstraße 1") == HERE
    assert book.find("Baurstraße 1") == FAR
    told = str(book.find("Bauerstr. 1"))
    assert "'Bauerstraße 1' at" in told
    assert "'Baurstraße 1' at" in told


def test_a_map_without_addresses_answers_too():
    assert AddressBook(()).find("A 1") == "is no address of this map"


@given(st.text(max_size=40))
def test_any_text_gets_an_answer(text):
    book = AddressBook((Address(text, HERE), Address("Ring 5;7", FAR)))
    assert book.find(text) == HERE or "," in text or not text.strip()
    assert isinstance(AddressBook((Address("Ring 5", FAR),)).find(text), str | LonLat)

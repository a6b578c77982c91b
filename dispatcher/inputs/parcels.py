"""Parcels files (``.csv``, ``.json``) into the core's parcels, by rules that name row and column.

=============  ===========================================================================
column         rule, and what holds when it is missing or empty
=============  ===========================================================================
parcel_id      1 to 64 of ``A-Z a-z 0-9 _ -``, unique in the file; required
depot_id       a depot of the fleet; the only depot, required when there are several
consignee_id   any text up to 128; the parcel's own id, so that it is bundled with no other
lon, lat       degrees, longitude first, within the snap limit of a road; or ``address``
address        street and number on this map (see ``maps.addresses``); label only, beside lon, lat
mass_kg        above 0; required
volume_l       above 0; 10 litres
locker         none, s, m, l or xl; none
ready_at       RFC 3339 with offset; when planning begins
due_from       RFC 3339 with offset; ready_at
due_until      RFC 3339 with offset, not before due_from; 8 hours after due_from
service_s      whole seconds, 0 to 3600; 120
priority       whole number, 0 to 100; 50
handling       words separated by ``;`` or a JSON list; none
references     ``key=value`` pairs separated by ``;`` or a JSON object; none
=============  ===========================================================================

The defaults are assumed, for lack of anything better: a shoe box or two, two minutes at the door.
"""

import json
import math
import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeVar

from dispatcher.core.parcels import Parcel
from dispatcher.inputs.errors import BadParcelsError
from dispatcher.inputs.rows import Row, read_rows
from maps.addresses import AddressBook
from maps.input_errors import Fault
from maps.places import LonLat
from maps.points import off_road_rule
from maps.snapping import Snapper
from maps.units import (
    Instant,
    NaiveInstantError,
    Seconds,
    grams_up,
    later,
    millilitres_up,
    parse_rfc3339,
)
from vehicles.spec import LOCKER_SIZES

ID_PATTERN: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
CONSIGNEE_LETTERS_MAX: Final = 128
VOLUME_L_DEFAULT: Final = 10.0
SERVICE_S_DEFAULT: Final = 120
SERVICE_S_MAX: Final = 3600
PRIORITY_DEFAULT: Final = 50
PRIORITY_MAX: Final = 100
DUE_S_DEFAULT: Final = Seconds(8 * 3600)
QUANTITY_MAX: Final = 100_000.0
"""Kilograms and litres above this are slips of the pen, not parcels (assumed)."""

NOWHERE: Final = LonLat(0.0, 0.0)
"""Stands in for a place that is wrong; the row is refused in any case."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Context:
    """What a file's rows are read against.

    Attributes
    ----------
    depot_ids
        The fleet's depots.
    ready_at
        When parcels are ready that do not say.
    addresses, snapper
        The city's addresses and roads.
    """

    depot_ids: tuple[str, ...]
    ready_at: Instant
    addresses: AddressBook
    snapper: Snapper


@dataclass(frozen=True, slots=True)
class ParcelsFile:
    """A parcels file as read: the good parcels, and the bad rows with all that is wrong."""

    path: Path
    parcels: tuple[Parcel, ...]
    rejected: tuple[Row, ...]
    faults: tuple[Fault, ...]

    def whole(self) -> tuple[Parcel, ...]:
        """Return the parcels if every row is good.

        Raises
        ------
        BadParcelsError
            If any is bad; it names all of them.
        """
        if self.faults:
            raise BadParcelsError(self.path, self.faults, len(self.parcels))
        return self.parcels

    def faulty_rows(self) -> tuple[Fault, ...]:
        """Return the first fault of every bad row: one per parcel that cannot be taken on."""
        first: dict[int, Fault] = {}
        for fault in self.faults:
            first.setdefault(fault.row, fault)
        return tuple(first.values())


def first_ready(path: Path) -> Instant | None:
    """Return when the first parcel of a file is ready, or, if none says so, may be delivered.

    None if no row says either in a way that can be read; what is wrong with the rows is for
    ``read_parcels`` to say.

    Raises
    ------
    InputMissingError, InputUnreadableError
        If there is no such file, or it is not CSV or JSON at all.
    """
    rows, _ = read_rows(path)
    for column in ("ready_at", "due_from"):
        instants: list[Instant] = []
        for row in rows:
            with suppress(KeyError, ValueError):
                instants.append(_instant(row.values[column]))
        if instants:
            return min(instants)
    return None


def read_parcels(path: Path, context: Context) -> ParcelsFile:
    """Read a parcels file; a bad row spoils no other, and all faults are found at once.

    Raises
    ------
    InputMissingError, InputUnreadableError
        If there is no such file, or it is not CSV or JSON at all.
    BadParcelsError
        If the header itself is wrong, so that no row can be trusted.
    """
    rows, faults = read_rows(path)
    if path.suffix != ".json" and any(fault.row == 1 for fault in faults):
        raise BadParcelsError(path, faults, 0)
    found: list[Fault] = list(faults)
    parcels: list[tuple[int, Parcel]] = []
    places: list[tuple[int, LonLat]] = []
    first_row: dict[str, int] = {}
    for row in rows:
        reader = _Reader(row, context)
        parcel = reader.parcel()
        parcel_id = row.values.get("parcel_id", "")
        if parcel_id and first_row.setdefault(parcel_id, row.number) != row.number:
            reader.fault("parcel_id", parcel_id, f"stands in row {first_row[parcel_id]} already")
        if parcel is not None:
            parcels.append((row.number, parcel))
        if reader.place is not None:
            places.append((row.number, reader.place))
        found += reader.faults
    off = list(_off_roads(places, context.snapper))
    found = sorted([*found, *off], key=lambda fault: fault.row)
    bad = {fault.row for fault in found}
    return ParcelsFile(
        path,
        tuple(parcel for number, parcel in parcels if number not in bad),
        tuple(row for row in rows if row.number in bad),
        tuple(found),
    )


def _off_roads(places: list[tuple[int, LonLat]], snapper: Snapper) -> Iterable[Fault]:
    refusals = snapper.refusals([str(number) for number, _ in places], [at for _, at in places])
    for (number, place), refusal in zip(places, refusals, strict=True):
        if refusal is not None:
            yield Fault(number, "lon, lat", f"{place.lon}, {place.lat}", off_road_rule(refusal))


@dataclass(slots=True)
class _Reader:
    """Reads one row, noting what is wrong with it, column by column.

    ``place`` is where the parcel goes, if the row says so rightly, whatever else is wrong.
    """

    row: Row
    context: Context
    faults: list[Fault] = field(default_factory=list)
    place: LonLat | None = None

    def fault(self, column: str, value: str, rule: str) -> None:
        """Note what is wrong."""
        self.faults.append(Fault(self.row.number, column, value[:80], rule))

    def parcel(self) -> Parcel | None:
        """Return the parcel, or None if anything is wrong with its row."""
        parcel_id = self.required("parcel_id", _identifier, "")
        mass_kg = self.required("mass_kg", _quantity, 1.0)
        self.place = self._place()
        ready_at = self.value("ready_at", _instant, self.context.ready_at)
        due_from = self.value("due_from", _instant, ready_at)
        due_until = self.value("due_until", _instant, later(due_from, DUE_S_DEFAULT))
        if due_until < due_from and not self._is_wrong("ready_at", "due_from", "due_until"):
            self.fault("due_until", self.row.values["due_until"], "is before due_from")
        parcel = Parcel(
            parcel_id=parcel_id,
            depot_id=self._depot_id(),
            consignee_id=self.value("consignee_id", _consignee, parcel_id),
            place=self.place or NOWHERE,
            label=self.row.values.get("address", ""),
            mass_g=grams_up(mass_kg),
            volume_ml=millilitres_up(self.value("volume_l", _quantity, VOLUME_L_DEFAULT)),
            locker=self.value("locker", _locker, "none"),
            ready_at=ready_at,
            due_from=due_from,
            due_until=due_until,
            service_s=self.value("service_s", _whole_to(SERVICE_S_MAX), SERVICE_S_DEFAULT),
            priority=self.value("priority", _whole_to(PRIORITY_MAX), PRIORITY_DEFAULT),
            handling=self.value("handling", _words, ()),
            references=self.value("references", _pairs, ()),
        )
        return None if self.faults else parcel

    def required(self, column: str, rule: Callable[[str], T], stand_in: T) -> T:
        """Return a column's value by its rule; missing is a fault."""
        if column not in self.row.values:
            self.fault(column, "", "is required")
        return self.value(column, rule, stand_in)

    def value(self, column: str, rule: Callable[[str], T], default: T) -> T:
        """Return a column's value by its rule, which raises ``ValueError`` with a sentence.

        The default also stands in for a value that is wrong, so that the rest can be looked at.
        """
        text = self.row.values.get(column)
        if text is None:
            return default
        try:
            return rule(text)
        except ValueError as wrong:
            self.fault(column, text, str(wrong))
            return default

    def _depot_id(self) -> str:
        known = self.context.depot_ids
        text = self.row.values.get("depot_id")
        if text is None and len(known) == 1:
            return known[0]
        if text not in known:
            rule = f"must be a depot of the fleet: {', '.join(known)}"
            self.fault("depot_id", text or "", rule)
        return text or ""

    def _is_wrong(self, *columns: str) -> bool:
        return any(fault.column in columns for fault in self.faults)

    def _place(self) -> LonLat | None:
        """Return where the parcel goes: lon and lat if given, else the address; None if wrong."""
        values = self.row.values
        if "lon" in values or "lat" in values:
            lon = self.required("lon", _degrees(180), 0.0)
            lat = self.required("lat", _degrees(90), 0.0)
            return None if self._is_wrong("lon", "lat") else LonLat(lon, lat)
        if "address" not in values:
            self.fault("address", "", "lon and lat, or an address, are required")
            return None
        found = self.context.addresses.find(values["address"])
        if isinstance(found, str):
            self.fault("address", values["address"], found)
            return None
        return found


def _identifier(text: str) -> str:
    if not ID_PATTERN.fullmatch(text):
        raise ValueError("must be 1 to 64 of A-Z a-z 0-9 _ -")
    return text


def _consignee(text: str) -> str:
    if len(text) > CONSIGNEE_LETTERS_MAX:
        raise ValueError(f"must be at most {CONSIGNEE_LETTERS_MAX} letters long")
    return text


def _number(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise ValueError("must be a number, such as 2.5")
    return number


def _quantity(text: str) -> float:
    number = _number(text)
    if not 0 < number <= QUANTITY_MAX:
        raise ValueError(f"must be above 0 and at most {QUANTITY_MAX:,.0f}")
    return number


def _degrees(most: int) -> Callable[[str], float]:
    def rule(text: str) -> float:
        number = _number(text)
        if abs(number) > most:
            raise ValueError(f"must lie between -{most} and {most} degrees")
        return number

    return rule


def _whole_to(most: int) -> Callable[[str], int]:
    def rule(text: str) -> int:
        if not (text.isascii() and text.isdecimal() and len(text) <= 9 and int(text) <= most):
            raise ValueError(f"must be a whole number from 0 to {most}")
        return int(text)

    return rule


def _locker(text: str) -> str:
    if text not in ("none", *LOCKER_SIZES):
        raise ValueError(f"must be one of none, {', '.join(LOCKER_SIZES)}")
    return text


def _instant(text: str) -> Instant:
    try:
        return parse_rfc3339(text)
    except NaiveInstantError:
        raise ValueError("lacks the offset from UTC, such as +02:00 or Z") from None
    except (ValueError, OverflowError):
        raise ValueError("must be a date and time such as 2026-03-02T08:00:00+02:00") from None


def _words(text: str) -> tuple[str, ...]:
    if not text.startswith("["):
        return tuple(word.strip() for word in text.split(";") if word.strip())
    words = _json(text)
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise ValueError("must be words separated by ; or a JSON list of texts")
    return tuple(words)


def _pairs(text: str) -> tuple[tuple[str, str], ...]:
    rule = "must be key=value pairs separated by ; or a JSON object of texts"
    if text.startswith("{"):
        stored = _json(text)
        if not all(isinstance(value, str | int) for value in stored.values()):
            raise ValueError(rule)
        return tuple(sorted((key, str(value)) for key, value in stored.items()))
    pairs: dict[str, str] = {}
    for part in filter(None, (part.strip() for part in text.split(";"))):
        key, equals, value = part.partition("=")
        if not equals or not key.strip() or key.strip() in pairs:
            raise ValueError(rule)
        pairs[key.strip()] = value.strip()
    return tuple(sorted(pairs.items()))


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as wrong:
        raise ValueError(f"is no JSON ({wrong})") from None

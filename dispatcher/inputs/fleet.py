"""Fleet files: depots, vans, charging stations and prices, as people write them in TOML.

Decides the keys, their units (kilograms, litres, kilowatts, local times) and their defaults, and
finds all faults of a file at once. Leaves turning them into a depot's settings for one day to
``depots``.

::

    stations = "map"                # the charging stations of the city's map; or "none"; or a list:
    # [[stations]]                  # of own stations, and/or of { source = "map" }

    [[depots]]
    id = "hel-01"
    lon = 24.94                     # or address = "Mannerheimintie 5"
    lat = 60.17
    zone = "Europe/Helsinki"

    [[vans]]
    id = "m-{n:02}"                 # {n} counts from 1
    model = "robovan-m"             # a preset; or [vans.specification] in full
    count = 6
    shift = { from = "07:00", until = "19:00" }   # local times of the depot
    vda5050 = "3.0"                 # which version they speak; 2.1 if nothing is said

    [prices]                        # in the currency
    per_hour = 12.0
"""

import difflib
import re
import tomllib
from collections import Counter
from datetime import time
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from dispatcher.inputs.errors import BadFleetError, InputMissingError, InputUnreadableError
from dispatcher.inputs.faults import describe_faults
from vehicles.presets import PRESETS
from vehicles.vda5050.dialect import USUAL

ID_PATTERN: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")

VANS_MAX: Final = 1000
"""Vans one entry may count. Assumed: a core serves one depot, and no depot has more."""


def _known_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("is no IANA time zone, such as Europe/Helsinki") from None
    return name


def _known_model(name: str) -> str:
    if name not in PRESETS:
        close = difflib.get_close_matches(name, PRESETS, n=1)
        hint = f"; did you mean {close[0]!r}?" if close else f"; known: {', '.join(PRESETS)}"
        raise ValueError(f"is no preset{hint}")
    return name


def _local_time(value: Any) -> Any:
    """Take ``"07:30"`` and TOML's own local times; a time with an offset is none."""
    if isinstance(value, str):
        try:
            value = time.fromisoformat(value)
        except ValueError:
            raise ValueError("must be a local time such as 07:30") from None
    if not isinstance(value, time) or value.tzinfo is not None:
        raise ValueError("must be a local time such as 07:30, without an offset")
    return value


Identifier = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
Zone = Annotated[str, AfterValidator(_known_zone)]
ModelName = Annotated[str, AfterValidator(_known_model)]
LocalTime = Annotated[time, BeforeValidator(_local_time)]
Positive = Annotated[float, Field(gt=0)]
Longitude = Annotated[float, Field(ge=-180, le=180)]
Latitude = Annotated[float, Field(ge=-90, le=90)]
Ratio = Annotated[float, Field(ge=0, le=1)]
Price = Annotated[float, Field(ge=0, le=1e6)]


def station_list(value: Any) -> Any:
    """Take ``"map"`` and ``"none"`` for the lists that they stand for."""
    if isinstance(value, str):
        lists: dict[str, list[dict[str, str]]] = {"map": [{"source": "map"}], "none": []}
        if value not in lists:
            raise ValueError('must be "map", "none" or a list of stations')
        return lists[value]
    return value


def is_placed(lon: float | None, lat: float | None, address: str | None) -> bool:
    """Say whether there are both coordinates, or none and an address."""
    both = lon is not None and lat is not None
    return both or (lon is None and lat is None and bool(address))


class FileModel(BaseModel):
    """Base of what a fleet file may hold: unknown keys and numbers that are none are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class DepotModel(FileModel):
    """A depot. ``loading_s`` is how long a van stands at the dock per trip."""

    id: Identifier
    lon: Longitude | None = None
    lat: Latitude | None = None
    address: str | None = None
    zone: Zone
    docks: Annotated[int, Field(ge=1, le=1000)] = 4
    loading_s: Annotated[int, Field(ge=0, le=7200)] = 300
    plugs: Annotated[int, Field(ge=0, le=1000)] = 4
    plug_power_kw: Positive = 22.0

    @model_validator(mode="after")
    def _has_place(self) -> Self:
        if not is_placed(self.lon, self.lat, self.address):
            raise ValueError("needs lon and lat, or an address")
        return self


class ShiftModel(FileModel):
    """Local times of the depot; ``until`` at or before ``from`` is on the next day."""

    start: Annotated[LocalTime, Field(alias="from")]
    until: LocalTime


class LockersModel(FileModel):
    """How many lockers of each size a van has."""

    s: Annotated[int, Field(ge=0, le=1000)] = 0
    m: Annotated[int, Field(ge=0, le=1000)] = 0
    l: Annotated[int, Field(ge=0, le=1000)] = 0  # noqa: E741 - the size's name
    xl: Annotated[int, Field(ge=0, le=1000)] = 0


class SpecificationModel(FileModel):
    """A van that no preset describes. The coefficients' defaults are those of the presets."""

    name: Annotated[str, Field(min_length=1, max_length=64)]
    manufacturer: Identifier
    payload_kg: Positive
    volume_l: Positive
    lockers: LockersModel = LockersModel()
    curb_mass_kg: Positive
    battery_kwh: Positive
    reserve_ratio: Annotated[float, Field(ge=0, lt=1)] = 0.1
    charge_power_kw: Positive
    auxiliary_kw: Annotated[float, Field(ge=0)] = 1.0
    speed_kmh_max: Positive = 40.0
    rolling_coefficient: Positive = 0.010
    drag_area_m2: Positive = 1.5
    efficiency_ratio: Annotated[float, Field(gt=0, le=1)] = 0.85
    stop_loss_ratio: Ratio = 0.4
    source: str = "the fleet file"


def _speech(value: Any) -> Any:
    """Take a version of VDA 5050 alone for a table that says no more."""
    return {"version": value} if isinstance(value, str) else value


class SpeechModel(FileModel):
    """How vans speak VDA 5050; ``vehicles.vda5050.dialect`` says what the keys mean."""

    version: Literal["2.0", "2.1", "3.0"] = "2.1"
    station_type: Annotated[str, Field(min_length=1, max_length=64)] = USUAL.station_type
    load_type: Annotated[str, Field(min_length=1, max_length=64)] = USUAL.load_type
    repeats_actions: bool = USUAL.repeats_actions


class VansModel(FileModel):
    """Vans of one kind. ``id`` holds ``{n}``, counted from 1, when there are several."""

    id: Annotated[str, Field(min_length=1, max_length=64)]
    model: ModelName | None = None
    specification: SpecificationModel | None = None
    count: Annotated[int, Field(ge=1, le=VANS_MAX)] = 1
    depot: Identifier | None = None
    state_of_charge_ratio: Ratio | list[Ratio] = 0.9
    shift: ShiftModel
    vda5050: Annotated[SpeechModel, BeforeValidator(_speech)] = SpeechModel()

    @model_validator(mode="after")
    def _is_described_once(self) -> Self:
        if (self.model is None) == (self.specification is None):
            raise ValueError("needs a model or a specification, and not both")
        charges = self.state_of_charge_ratio
        if isinstance(charges, list) and len(charges) != self.count:
            raise ValueError(f"state_of_charge_ratio lists {len(charges)} of {self.count} vans")
        return self


class StationModel(FileModel):
    """A charging station, or ``source = "map"``: all those of the city's map."""

    source: Literal["map"] | None = None
    id: Identifier | None = None
    lon: Longitude | None = None
    lat: Latitude | None = None
    address: str | None = None
    power_kw: Positive | None = None
    plugs: Annotated[int, Field(ge=1, le=1000)] = 1

    @model_validator(mode="after")
    def _is_one_or_the_map(self) -> Self:
        own = (self.id, self.power_kw)
        if self.source == "map":
            if any(one is not None for one in (*own, self.lon, self.lat, self.address)):
                raise ValueError('source = "map" stands alone')
        elif None in own:
            raise ValueError('needs id and power_kw, or source = "map"')
        elif not is_placed(self.lon, self.lat, self.address):
            raise ValueError("needs lon and lat, or an address")
        return self


class PricesModel(FileModel):
    """What the objective counts, in the currency; the defaults are those of the settings."""

    van: Price | None = None
    per_hour: Price | None = None
    per_km: Price | None = None
    per_kwh: Price | None = None
    unserved: Price | None = None
    late_per_hour: Price | None = None
    moved: Price | None = None
    reordered: Price | None = None


class FleetModel(FileModel):
    """A whole fleet file."""

    depots: Annotated[list[DepotModel], Field(min_length=1)]
    vans: Annotated[list[VansModel], Field(min_length=1)]
    stations: Annotated[list[StationModel], BeforeValidator(station_list)] = []
    prices: PricesModel = PricesModel()


def read_fleet(path: Path) -> FleetModel:
    """Read a fleet file.

    Raises
    ------
    InputMissingError, InputUnreadableError
        If there is no such file, or it is not TOML.
    BadFleetError
        If it says something that no fleet can have: all of that at once.
    """
    if not path.is_file():
        raise InputMissingError(path)
    try:
        stored = tomllib.loads(path.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, OSError) as wrong:
        raise InputUnreadableError(path, str(wrong)) from wrong
    try:
        fleet = FleetModel.model_validate(stored)
    except ValidationError as wrong:
        raise BadFleetError(path, describe_faults(wrong, FleetModel)) from None
    faults = contradictions(fleet)
    if faults:
        raise BadFleetError(path, faults)
    return fleet


def van_ids(vans: VansModel) -> tuple[str, ...]:
    """Return the ids of one entry's vans, counted from 1."""
    return tuple(vans.id.format(n=number) for number in range(1, vans.count + 1))


def contradictions(fleet: FleetModel) -> tuple[str, ...]:
    """Return what no single key shows: ids given twice, depots that are none, ids of no form."""
    depot_ids = [depot.id for depot in fleet.depots]
    faults = [f"depots: {one!r} stands there twice" for one in _doubled(depot_ids)]
    station_ids = [one.id for one in fleet.stations if one.id is not None]
    faults += [f"stations: {one!r} stands there twice" for one in _doubled(station_ids)]
    every_id: list[str] = []
    for position, vans in enumerate(fleet.vans, start=1):
        where = f"vans[{position}]"
        if vans.depot is None and len(depot_ids) > 1:
            faults.append(f"{where}.depot: is required when there are several depots")
        elif vans.depot is not None and vans.depot not in depot_ids:
            known = ", ".join(depot_ids)
            faults.append(f"{where}.depot = {vans.depot!r}: is no depot here; known: {known}")
        try:
            ids = van_ids(vans)
        except (KeyError, IndexError, ValueError, AttributeError, TypeError):
            ids = ("",)
        if not all(ID_PATTERN.fullmatch(one) for one in ids):
            rule = "must give 1 to 64 of A-Z a-z 0-9 _ -, with {n} or {n:02} as the number"
            faults.append(f"{where}.id = {vans.id!r}: {rule}")
        else:
            every_id += ids
    faults += [f"vans: {one!r} is the id of two vans" for one in _doubled(every_id)]
    return tuple(faults)


def _doubled(ids: list[str]) -> list[str]:
    return sorted(one for one, count in Counter(ids).items() if count > 1)

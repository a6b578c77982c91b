"""The file of a day, read: TOML into frozen tables, a fleet and settings; all faults at once.

Decides what contradicts itself beyond a single key. The keys are ``tables``', those of the fleet
``dispatcher.inputs``', those of ``[plan]`` ``dispatcher.steering``'s. Paths are relative to the
file. What only the city shows, such as an address that it does not have, is found when the day is
opened.
"""

import tomllib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ValidationError

from dispatcher.core.settings import PlanSettings
from dispatcher.inputs.errors import BadFleetError, InputMissingError, InputUnreadableError
from dispatcher.inputs.faults import describe_faults
from dispatcher.inputs.fleet import FleetModel, contradictions, read_fleet
from dispatcher.steering import plan_section
from maps.units import Instant, Seconds, instant_of, later
from simulations.days.errors import BadDayError
from simulations.days.fleet import fleet_in_place
from simulations.days.tables import SPEED_WORDS, Day


@dataclass(frozen=True, slots=True)
class SettingsChange:
    """Other settings from an instant on, at all depots; prices stay the fleet's."""

    at: Instant
    plan: PlanSettings


@dataclass(frozen=True, slots=True)
class DayFile:
    """A day as its file tells it; the same file gives equal ones.

    Attributes
    ----------
    path
        Where the file was.
    day
        Its tables.
    fleet
        Depots, vans, stations, prices; None if they stand in place and need the city's zone.
    plan
        What steers decisions; prices are the fleet's.
    changes
        What steers them later in the day: no file says so, a fork does (``forking``).
    """

    path: Path
    day: Day
    fleet: FleetModel | None
    plan: PlanSettings
    changes: tuple[SettingsChange, ...] = ()

    @property
    def city(self) -> str:
        """Return the city's name, or its path beside the file if there is one there."""
        beside = self.path.parent / self.day.city
        return str(beside) if beside.is_file() or "/" in self.day.city else self.day.city

    @property
    def fleet_path(self) -> Path:
        """Return the file that tells of the fleet."""
        named = self.day.fleet.file
        return self.path if named is None else self.path.parent / named

    def fleet_in(self, zone: str) -> FleetModel:
        """Return the fleet; what stands in place lives by the clocks of the city's zone."""
        return self.fleet or fleet_in_place(self.day.fleet, zone)

    def beside(self, name: str) -> Path:
        """Return the path of a file that the day names."""
        return self.path.parent / name

    def speeds(self, word: str) -> str:
        """Return speeds as ``maps.observed_speeds.speed_profile`` takes them."""
        return word if word in SPEED_WORDS else str(self.beside(word))

    def start(self, zone: str) -> Instant:
        """Return when the day begins by the clocks of a zone."""
        local = datetime.combine(self.day.date, self.day.begins, tzinfo=ZoneInfo(zone))
        return instant_of(local)

    def end(self, zone: str) -> Instant:
        """Return when the day ends at the latest."""
        return later(self.start(zone), Seconds(int(self.day.hours * 3600)))


def read_day(path: Path) -> DayFile:
    """Read the file of a day.

    Raises
    ------
    InputMissingError, InputUnreadableError
        If there is no such file, or it is not TOML.
    BadDayError
        If it says something that no day can have: all of that at once.
    """
    stored = _stored(path)
    faults: list[str] = []
    day = _checked(Day, stored, faults)
    plan = _plan(stored.get("plan", {}), faults)
    fleet: FleetModel | None = None
    if day is not None:
        fleet = _fleet(path, day, faults)
        faults += _missing_files(path, day)
    if faults or day is None or plan is None:
        raise BadDayError(path, faults)
    return DayFile(path, day, fleet, plan)


def _stored(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise InputMissingError(path)
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, OSError) as wrong:
        raise InputUnreadableError(path, str(wrong)) from wrong


def _checked[M: BaseModel](model: type[M], stored: object, faults: list[str]) -> M | None:
    try:
        return model.model_validate(stored)
    except ValidationError as wrong:
        faults += describe_faults(wrong, model)
        return None


def _plan(stored: object, faults: list[str]) -> PlanSettings | None:
    found: list[str] = []
    section = _checked(plan_section(), stored, found)
    faults += [f"plan.{fault}" for fault in found]
    return None if section is None else PlanSettings(**section.model_dump())


def _fleet(path: Path, day: Day, faults: list[str]) -> FleetModel | None:
    """Return the fleet of a file of its own; find what is wrong with it or one in place."""
    if day.fleet.file is None:
        faults += [f"fleet.{one}" for one in contradictions(fleet_in_place(day.fleet, "UTC"))]
        return None
    try:
        return read_fleet(path.parent / day.fleet.file)
    except InputMissingError:
        return None  # told with the other files that are missing
    except (BadFleetError, InputUnreadableError) as wrong:
        faults.append(f"fleet.file: {wrong.what}")
        return None


def _missing_files(path: Path, day: Day) -> list[str]:
    """Return a fault for every file that the day names and that is not there."""
    named = {
        "fleet.file": day.fleet.file,
        "demand.parcels": day.demand.parcels,
        "demand.lade": day.demand.lade,
        "incidents.file": day.incidents.file,
    }
    for key, word in (("speeds", day.traffic.speeds), ("planned_speeds", day.traffic.planned)):
        named[f"traffic.{key}"] = None if word in SPEED_WORDS else word
    return [
        f"{key} = {name!r}: there is no such file"
        for key, name in named.items()
        if name is not None and not (path.parent / name).is_file()
    ]

"""Kinds of vehicles by name, or from a TOML file, for the commands of ``robovan map``.

Decides what the names stand for and how a file says a class. Leaves to ``vehicles`` how a real
van's specification becomes a class.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import shapely
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from maps.areas import Area, read_polygon
from maps.hours import parse_hours
from maps.input_errors import BadAreaError, UnknownVehicleClassError, UnreadableInputError
from maps.places import LonLat
from maps.speeds import FAST_CLASSES, ROAD_CLASSES
from maps.travel import Permit, VehicleClass
from maps.units import speed_mps_of

SPEED_KMH_MAX: Final = 250.0

_ROBOVAN: Final = VehicleClass(
    name="robovan",
    speed_mps_max=speed_mps_of(40),
    rolling_coefficient=0.010,
    drag_area_m2=1.5,
    efficiency_ratio=0.85,
    stop_loss_ratio=0.4,
)
"""A driverless van of three cubic metres and more; figures estimated as for the van presets: car
tyres on asphalt (Gillespie, Fundamentals of Vehicle Dynamics, 1992, chapter 4), a box's outline
with a drag coefficient of 0.45, efficiency and loss within the span of Basso et al. 2019."""

_CAR: Final = VehicleClass(
    name="car",
    speed_mps_max=speed_mps_of(180),
    rolling_coefficient=0.010,
    drag_area_m2=0.65,
    efficiency_ratio=0.85,
    stop_loss_ratio=0.4,
    classes_barred=frozenset(),
    motorroads_barred=False,
)
"""As fast as limits allow and welcome everywhere, as OSRM's car profile has it; the drag area is
that of a compact car (assumed)."""

CLASSES: Final[Mapping[str, VehicleClass]] = MappingProxyType(
    {
        "robovan": _ROBOVAN,
        "robovan-20": replace(_ROBOVAN, name="robovan-20", speed_mps_max=speed_mps_of(20)),
        "robovan-50": replace(_ROBOVAN, name="robovan-50", speed_mps_max=speed_mps_of(50)),
        "car": _CAR,
    }
)


class _PermitModel(BaseModel):
    """An area, as the path of a GeoJSON file beside this one, or as GeoJSON itself."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    area: str | dict[str, Any]
    hours: str = ""
    opens: bool = True


class _ClassModel(BaseModel):
    """A vehicle class as its file says it; what is left out is as for ``robovan``."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    name: str = Field(default="", max_length=64)
    speed_kmh_max: float = Field(default=40.0, gt=0, le=SPEED_KMH_MAX)
    rolling_coefficient: float = Field(default=_ROBOVAN.rolling_coefficient, ge=0, le=0.1)
    drag_area_m2: float = Field(default=_ROBOVAN.drag_area_m2, ge=0, le=20)
    efficiency_ratio: float = Field(default=_ROBOVAN.efficiency_ratio, gt=0, le=1)
    stop_loss_ratio: float = Field(default=_ROBOVAN.stop_loss_ratio, ge=0, le=1)
    classes_barred: frozenset[str] = FAST_CLASSES
    motorroads_barred: bool = True
    permits: tuple[_PermitModel, ...] = ()


def vehicle_class_of(name_or_path: str) -> VehicleClass:
    """Return a vehicle class by its name, or from a TOML file.

    Raises
    ------
    UnknownVehicleClassError
        If it is neither a name nor looks like a file.
    UnreadableInputError
        If it is a file that says no class; it names all that is wrong.
    """
    if name_or_path in CLASSES:
        return CLASSES[name_or_path]
    path = Path(name_or_path)
    if path.suffix != ".toml" and not path.is_file():
        raise UnknownVehicleClassError(name_or_path, tuple(CLASSES))
    try:
        stored = tomllib.loads(path.read_text(encoding="utf-8"))
        model = _ClassModel.model_validate(stored)
    except OSError as wrong:
        raise UnreadableInputError(path, wrong.strerror or str(wrong)) from wrong
    except ValidationError as wrong:
        raise UnreadableInputError(path, "; ".join(_sentences(wrong))) from wrong
    except ValueError as wrong:  # no UTF-8, no TOML
        raise UnreadableInputError(path, f"it is no TOML: {wrong}") from wrong
    return _class(path, model)


def _sentences(wrong: ValidationError) -> Iterator[str]:
    for fault in wrong.errors(include_url=False):
        where = ".".join(str(part) for part in fault["loc"])
        if fault["type"] == "extra_forbidden":
            known = (_PermitModel if fault["loc"][0] == "permits" else _ClassModel).model_fields
            yield f"{where}: unknown key; known here: {', '.join(known)}"
        else:
            yield f"{where} = {str(fault['input'])[:60]!r}: {fault['msg']}"


def _class(path: Path, model: _ClassModel) -> VehicleClass:
    unknown = sorted(model.classes_barred - set(ROAD_CLASSES))
    if unknown:
        known = ", ".join(ROAD_CLASSES)
        reason = f"classes_barred: {', '.join(unknown)} is no road class; known: {known}"
        raise UnreadableInputError(path, reason)
    figures = model.model_dump(exclude={"name", "speed_kmh_max", "permits"})
    return VehicleClass(
        name=model.name or path.stem,
        speed_mps_max=speed_mps_of(model.speed_kmh_max),
        permits=tuple(permit for one in model.permits for permit in _permits(path, one)),
        **figures,
    )


def _permits(path: Path, model: _PermitModel) -> Iterator[Permit]:
    """Yield one permit for each polygon of an area."""
    if model.hours and parse_hours(model.hours) is None:
        reason = f"permits: hours {model.hours!r} are not understood; write Mo-Fr 07:00-19:00"
        raise UnreadableInputError(path, reason)
    try:
        if isinstance(model.area, str):
            area = read_polygon(path.parent / model.area)
        else:
            area = Area.of_geojson(model.area, "a permit")
    except BadAreaError as wrong:
        raise UnreadableInputError(path, f"permits: {wrong.what}") from wrong
    for polygon in shapely.get_parts(area.shape):
        if shapely.get_num_interior_rings(polygon):
            raise UnreadableInputError(path, "permits: an area may have no holes; use two permits")
        corners = shapely.get_coordinates(shapely.get_exterior_ring(polygon))[:-1].tolist()
        places = tuple(LonLat(lon, lat) for lon, lat in corners)
        yield Permit(area=places, hours=model.hours, opens=model.opens)

"""The tables of a day's file: keys with their units, bounds and defaults.

Decides what a planner may write. What the world makes of it is said in ``opening`` and
``troubles``; reading a file and finding all of its faults at once is ``file``'s. Defaults are those
of a day on which nothing unusual happens.
"""

from datetime import date, time
from typing import Annotated, Any, Final, Literal, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Discriminator,
    Field,
    Tag,
    model_validator,
)

from dispatcher.inputs.fleet import (
    FileModel,
    Identifier,
    Latitude,
    LocalTime,
    Longitude,
    ModelName,
    Positive,
    PricesModel,
    Ratio,
    ShiftModel,
    StationModel,
    is_placed,
    station_list,
)
from maps.observed_speeds import NO_SPEEDS, USUAL_SPEEDS
from vehicles.weather import CELSIUS_USUAL

DAY_HOURS: Final = 24

RELEASES_BY_HOUR: Final = (0.0,) * 6 + (1, 3, 5, 6, 6, 5, 5, 5, 5, 4, 3, 2, 1) + (0.0,) * 5
"""Weights of the hours at which parcels become ready (assumed: a shop's working day)."""

BUSINESS_RATIO_BY_HOUR: Final = (0.0,) * 6 + (0.55,) * 4 + (0.4,) * 4 + (0.3,) * 3 + (0.0,) * 7
"""Share of the parcels ready in each hour that businesses get: 0.4 over a shop's day, between the
39 % of the study "KEP-Markt und E-Commerce" (MRU and bvh, Germany) and the 47 % of the KEP-Studie
2017 (BIEK) that go from firm to firm; that firms get theirs early is assumed."""

PER_HOUR_MAX: Final = 1000.0
"""More troubles an hour than this are a slip of the pen (assumed)."""

Text = Annotated[str, Field(min_length=1)]
Minutes = Annotated[float, Field(ge=0, le=10_080)]
PerHour = Annotated[float, Field(ge=0, le=PER_HOUR_MAX)]
Spread = Annotated[float, Field(ge=0, le=3)]
MonthDay = Annotated[str, Field(pattern=r"^(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$")]
Celsius = Annotated[float, Field(ge=-50, le=60)]


def _ordered(value: tuple[float, float]) -> tuple[float, float]:
    if value[0] > value[1]:
        raise ValueError("must be [least, most]")
    return value


Span = Annotated[tuple[Minutes, Minutes], AfterValidator(_ordered)]
"""Least and most minutes; what lies between is equally likely."""


def _is_told(value: object) -> str:
    """Return how a figure is told, so that only that is held against it."""
    return "by_hour" if isinstance(value, (list, tuple)) else "all_day"


def _for_each_hour(value: tuple[float, ...]) -> tuple[float, ...]:
    if len(value) != DAY_HOURS:
        raise ValueError(f"must be {DAY_HOURS} numbers, one for each hour, not {len(value)}")
    return value


_HOURLY = AfterValidator(_for_each_hour)

RatioOrHourly = Annotated[
    Annotated[Ratio, Tag("all_day")] | Annotated[tuple[Ratio, ...], _HOURLY, Tag("by_hour")],
    Discriminator(_is_told),
]

CelsiusOrHourly = Annotated[
    Annotated[Celsius, Tag("all_day")] | Annotated[tuple[Celsius, ...], _HOURLY, Tag("by_hour")],
    Discriminator(_is_told),
]

RatioSpan = Annotated[tuple[Ratio, Ratio], AfterValidator(_ordered)]


class LocalSpan(FileModel):
    """A stretch of the day by the clocks of the city."""

    start: Annotated[LocalTime, Field(alias="from")]
    until: LocalTime

    @model_validator(mode="after")
    def _runs_forward(self) -> Self:
        if self.until <= self.start:
            raise ValueError("until must be later than from")
        return self


class DepotTable(FileModel):
    """``[[fleet.depots]]``: a depot with its vans, in short."""

    id: Identifier
    lon: Longitude | None = None
    lat: Latitude | None = None
    address: str | None = None
    docks: Annotated[int, Field(ge=1, le=1000)] = 4
    loading_s: Annotated[int, Field(ge=0, le=7200)] = 300
    plugs: Annotated[int, Field(ge=0, le=1000)] = 4
    plug_power_kw: Positive = 22.0
    vans: Annotated[dict[ModelName, Annotated[int, Field(ge=1, le=1000)]], Field(min_length=1)]
    shift: ShiftModel
    state_of_charge_ratio: RatioSpan = (0.9, 0.9)
    demand_share: Positive | None = None


class FleetTable(FileModel):
    """``[fleet]``: a fleet file, or depots in place."""

    file: Text | None = None
    depots: tuple[DepotTable, ...] = ()
    stations: Annotated[tuple[StationModel, ...], BeforeValidator(station_list)] = ()
    prices: PricesModel = PricesModel()

    @model_validator(mode="after")
    def _is_told_once(self) -> Self:
        if (self.file is None) == (not self.depots):
            raise ValueError("needs either file or [[fleet.depots]]")
        if self.file is not None and (self.stations or self.prices != PricesModel()):
            raise ValueError("with file, stations and prices belong into that file")
        return self


class PlaceTable(FileModel):
    """A place on the map."""

    lon: Longitude | None = None
    lat: Latitude | None = None
    address: str | None = None

    @model_validator(mode="after")
    def _is_told_once(self) -> Self:
        if not is_placed(self.lon, self.lat, self.address):
            raise ValueError("needs lon and lat, or an address")
        return self


class ServiceTable(FileModel):
    """``[[demand.services]]``: what consignees were promised."""

    name: Identifier
    share: Positive = 1.0
    due_min: Span | None = None
    window: LocalSpan | None = None
    priority: Annotated[int, Field(ge=0, le=100)] = 20

    @model_validator(mode="after")
    def _is_told_once(self) -> Self:
        if (self.due_min is None) == (self.window is None):
            raise ValueError("needs either due_min or window")
        return self


class DemandTable(FileModel):
    """``[demand]``: who gets how many parcels, and when they are ready."""

    parcels_per_day: Annotated[int, Field(ge=1, le=2_000_000)] | None = None
    parcels: Text | None = None
    lade: Text | None = None
    lade_day: MonthDay | None = None
    lade_regions: tuple[str, ...] = ()
    by_hour: Annotated[tuple[Annotated[float, Field(ge=0)], ...], _HOURLY] = RELEASES_BY_HOUR
    services: Annotated[tuple[ServiceTable, ...], Field(min_length=1)] = (
        ServiceTable(name="standard", due_min=(180, 240)),
    )
    weigh_by: Literal["dwellings", "addresses"] = "dwellings"
    business_ratio: RatioOrHourly = BUSINESS_RATIO_BY_HOUR
    follow_up_ratio: Ratio = 0.1
    mass_kg_median: Annotated[float, Field(gt=0, le=100)] = 2.5
    mass_spread: Spread = 0.9
    locker_ratio: Ratio = 0.05

    @model_validator(mode="after")
    def _is_told_once(self) -> Self:
        if sum(one is not None for one in (self.parcels_per_day, self.parcels, self.lade)) != 1:
            raise ValueError("needs one of parcels_per_day, parcels, lade")
        if (self.lade is None) != (self.lade_day is None):
            raise ValueError("lade and lade_day go together")
        if not any(self.by_hour):
            raise ValueError("by_hour names no hour at which parcels are ready")
        return self

    def business_ratio_at(self, hour: int) -> float:
        """Return the share of the parcels ready in a clock hour that businesses get."""
        by_hour = self.business_ratio
        return by_hour[hour] if isinstance(by_hour, tuple) else by_hour


class TrafficTable(FileModel):
    """``[traffic]``: how fast the roads really are, and what the dispatcher takes them for."""

    speeds: Text = USUAL_SPEEDS
    planned_speeds: Text | None = None
    spread: Spread = 0.06

    @property
    def planned(self) -> str:
        """Return the speeds that plans are made with."""
        return self.speeds if self.planned_speeds is None else self.planned_speeds


class IncidentsTable(FileModel):
    """``[incidents]``: roads closed or slow, at random or from a file."""

    per_hour: PerHour = 0.0
    closed_ratio: Ratio = 0.3
    speed_ratio: Annotated[float, Field(ge=0.05, le=1)] = 0.3
    duration_min: Span = (15, 60)
    file: Text | None = None


class WeatherTable(FileModel):
    """``[weather]``: the temperature, one for all hours or one for each."""

    celsius: CelsiusOrHourly = CELSIUS_USUAL
    planned_celsius: Celsius | None = None


class WarehousesTable(FileModel):
    """``[warehouses]``: what they do otherwise than they should."""

    late_ratio: Ratio = 0.0
    late_min: Span = (10, 40)
    missing_ratio: Ratio = 0.0
    wrong_ratio: Ratio = 0.0
    broken_ratio: Ratio = 0.0
    repeated_ratio: Ratio = 0.0
    loading_spread: Spread = 0.15


class CustomersTable(FileModel):
    """``[customers]``: who is there, and what becomes of parcels where nobody is."""

    absent_ratio: Ratio = 0.03
    when_absent: Literal["return", "retry", "locker"] = "return"
    retry_after_min: Minutes = 30
    retry_due_min: Minutes = 240
    lockers: tuple[PlaceTable, ...] = ()
    cancelled_ratio: Ratio = 0.0
    service_spread: Spread = 0.15

    @model_validator(mode="after")
    def _has_lockers(self) -> Self:
        if self.when_absent == "locker" and not self.lockers:
            raise ValueError('when_absent = "locker" needs lockers')
        return self


class VansTable(FileModel):
    """``[vans]``: what befalls them, per van and hour of its shift."""

    stuck_per_hour: PerHour = 0.0
    stuck_min: Span = (5, 30)
    rescue_ratio: Ratio = 0.1
    rescue_min: Span = (45, 90)
    silent_per_hour: PerHour = 0.0
    silent_min: Span = (2, 15)
    energy_spread: Spread = 0.05


class NetworkTable(FileModel):
    """``[network]``: how messages fare."""

    delay_ms: Annotated[int, Field(ge=0, le=60_000)] = 60
    lost_ratio: Annotated[float, Field(ge=0, le=0.5)] = 0.0
    doubled_ratio: Annotated[float, Field(ge=0, le=0.5)] = 0.0
    late_ratio: Annotated[float, Field(ge=0, le=0.5)] = 0.0
    late_ms_max: Annotated[int, Field(ge=1, le=600_000)] = 2000
    broker_away: tuple[LocalSpan, ...] = ()
    broker_away_per_hour: PerHour = 0.0
    broker_away_min: Span = (1, 5)


class DispatcherTable(FileModel):
    """``[dispatcher]``: what befalls it, and how long the planner needs in world time."""

    killed_at: tuple[LocalTime, ...] = ()
    killed_per_hour: PerHour = 0.0
    down_s: Annotated[int, Field(ge=1, le=3600)] = 10
    solve_ms: Annotated[int, Field(ge=0, le=600_000)] = 500
    solve_ms_per_stop: Annotated[int, Field(ge=0, le=60_000)] = 20


class EnergyTable(FileModel):
    """``[energy]``: what the grid emits for a kilowatt-hour."""

    gco2e_per_kwh: Annotated[float, Field(ge=0, le=2000)] = 210.0
    """About the EU's mean of 2023 (assumed), of generation alone: see ``metrics.grid``."""


class Day(FileModel):
    """A whole file. ``plan`` is judged by ``dispatcher.steering``."""

    city: Text
    date: date
    begins: LocalTime = time(6)
    hours: Annotated[float, Field(gt=0, le=48)] = 18.0
    fleet: FleetTable
    demand: DemandTable
    traffic: TrafficTable = TrafficTable()
    incidents: IncidentsTable = IncidentsTable()
    weather: WeatherTable = WeatherTable()
    warehouses: WarehousesTable = WarehousesTable()
    customers: CustomersTable = CustomersTable()
    vans: VansTable = VansTable()
    network: NetworkTable = NetworkTable()
    dispatcher: DispatcherTable = DispatcherTable()
    energy: EnergyTable = EnergyTable()
    plan: Annotated[dict[str, Any], Field(default_factory=dict)]


SPEED_WORDS: Final = (NO_SPEEDS, USUAL_SPEEDS)

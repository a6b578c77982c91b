"""From a fleet file to what a dispatch core is told, for one day.

Decides which charging stations a depot's vans may use (all of the fleet's). The day is the local
date of the depot at a given instant; how its shifts become instants is ``shifts``'s.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from dispatcher.core.settings import (
    Depot,
    DepotSetup,
    PlanSettings,
    Prices,
    Station,
    VanSetup,
)
from dispatcher.inputs.errors import BadFleetError
from dispatcher.inputs.fleet import (
    DepotModel,
    FleetModel,
    SpecificationModel,
    SpeechModel,
    StationModel,
    VansModel,
    van_ids,
)
from dispatcher.inputs.shifts import local_day, shift_instants
from maps.addresses import AddressBook
from maps.network import RoadNetwork
from maps.places import LonLat
from maps.snapping import Snapper
from maps.units import (
    Instant,
    grams_down,
    grams_up,
    hundredths,
    millilitres_down,
    milliwatt_hours_down,
    speed_mps_of,
    watts_down,
    watts_up,
)
from vehicles.presets import preset
from vehicles.spec import VanSpec
from vehicles.vda5050.dialect import USUAL, Dialect, Version


def depot_setups(
    fleet: FleetModel,
    network: RoadNetwork,
    *,
    path: Path,
    at: Instant,
    settings: PlanSettings | None = None,
    snapper: Snapper | None = None,
) -> tuple[DepotSetup, ...]:
    """Return what each depot's core is told, for the day that ``at`` falls on there.

    Parameters
    ----------
    fleet
        A fleet file as read.
    network
        The city, for addresses, roads and charging stations.
    path
        Where the fleet file was, for messages.
    at
        Any instant of the day; shifts that began the day before and still run are taken.
    settings
        What steers decisions; the file's prices are put into it.
    snapper
        Of the roads that the vans can use; of all roads of the network if it is not given.

    Raises
    ------
    BadFleetError
        If a depot or station lies off the roads or at no address of the city; all at once.
    """
    places = _Places(network, snapper or Snapper(network))
    depots = [(model, places.of(f"depots {model.id!r}", model)) for model in fleet.depots]
    stations = _stations(fleet.stations, network, places)
    places.check_roads()
    if places.faults:
        raise BadFleetError(path, places.faults)
    chosen = _priced(settings or PlanSettings(), fleet)
    return tuple(
        DepotSetup(
            _depot(model, place),
            tuple(
                van
                for vans in fleet.vans
                if vans.depot in (model.id, None)
                for van in _vans(vans, model.zone, at)
            ),
            stations,
            chosen,
        )
        for model, place in depots
    )


def spec_of(vans: VansModel) -> VanSpec:
    """Return the specification of an entry's vans, rounded against ourselves."""
    if vans.specification is None:
        return preset(vans.model or "")
    own: SpecificationModel = vans.specification
    return VanSpec(
        model=own.name,
        manufacturer=own.manufacturer,
        payload_g=grams_down(own.payload_kg),
        volume_ml=millilitres_down(own.volume_l),
        lockers=(own.lockers.s, own.lockers.m, own.lockers.l, own.lockers.xl),
        curb_mass_g=grams_up(own.curb_mass_kg),
        battery_mwh=milliwatt_hours_down(own.battery_kwh),
        reserve_ratio=own.reserve_ratio,
        charge_power_w=watts_down(own.charge_power_kw),
        auxiliary_w=watts_up(own.auxiliary_kw),
        speed_mps_max=speed_mps_of(own.speed_kmh_max),
        rolling_coefficient=own.rolling_coefficient,
        drag_area_m2=own.drag_area_m2,
        efficiency_ratio=own.efficiency_ratio,
        stop_loss_ratio=own.stop_loss_ratio,
        source=own.source,
    )


def dialects_of(fleet: FleetModel) -> dict[str, Dialect]:
    """Return how each van of a fleet speaks, by its id."""
    return {van_id: _dialect(vans.vda5050) for vans in fleet.vans for van_id in van_ids(vans)}


def _dialect(speech: SpeechModel) -> Dialect:
    return Dialect(
        Version(speech.version), speech.station_type, speech.load_type, speech.repeats_actions
    )


def _vans(vans: VansModel, zone: str, at: Instant) -> list[VanSetup]:
    spec = spec_of(vans)
    today = local_day(at, zone)
    start, end = shift_instants(vans.shift, today - timedelta(days=1), zone)
    if end <= at:  # the shift of the day before is over
        start, end = shift_instants(vans.shift, today, zone)
    charges = vans.state_of_charge_ratio
    dialect = _dialect(vans.vda5050)
    ratios = charges if isinstance(charges, list) else [charges] * vans.count
    return [
        VanSetup(
            van_id,
            spec,
            int(spec.battery_mwh * ratio),
            start,
            end,
            None if dialect == USUAL else dialect,
        )
        for van_id, ratio in zip(van_ids(vans), ratios, strict=True)
    ]


def _depot(model: DepotModel, place: LonLat) -> Depot:
    return Depot(
        depot_id=model.id,
        place=place,
        zone=model.zone,
        docks=model.docks,
        loading_s=model.loading_s,
        plugs=model.plugs,
        plug_power_w=watts_down(model.plug_power_kw),
    )


def _stations(
    models: Sequence[StationModel], network: RoadNetwork, places: "_Places"
) -> tuple[Station, ...]:
    stations: dict[str, Station] = {}
    for model in models:
        if model.source == "map":
            for one in network.chargers:
                stations[one.charger_id] = Station(
                    one.charger_id, one.place, one.power_w, one.plug_count
                )
        else:
            station_id = model.id or ""
            place = places.of(f"stations {station_id!r}", model)
            power_w = watts_down(model.power_kw or 0.0)
            stations[station_id] = Station(station_id, place, power_w, model.plugs)
    return tuple(stations[station_id] for station_id in sorted(stations))


def _priced(settings: PlanSettings, fleet: FleetModel) -> PlanSettings:
    given = fleet.prices.model_dump(exclude_none=True)
    prices: Prices = replace(settings.prices, **{k: hundredths(v) for k, v in given.items()})
    return replace(settings, prices=prices)


class _Places:
    """Finds the places of depots and stations, and notes all faults."""

    def __init__(self, network: RoadNetwork, snapper: Snapper) -> None:
        self.faults: list[str] = []
        self._book = AddressBook(network.addresses())
        self._snapper = snapper
        self._found: dict[str, LonLat] = {}

    def of(self, label: str, model: DepotModel | StationModel) -> LonLat:
        """Return where something is; what has no place is noted and stands nowhere."""
        if model.lon is not None and model.lat is not None:
            self._found[label] = LonLat(model.lon, model.lat)
            return self._found[label]
        found = self._book.find(model.address or "")
        if isinstance(found, str):
            self.faults.append(f"{label}: address {model.address!r} {found}")
            return LonLat(0.0, 0.0)
        self._found[label] = found
        return found

    def check_roads(self) -> None:
        """Note the places that no van can drive to."""
        refusals = self._snapper.refusals(list(self._found), list(self._found.values()))
        self.faults += [f"{one.what}; {one.remedy}" for one in refusals if one is not None]

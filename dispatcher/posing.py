"""A planning request turned into a routing problem: places to rows, instants to seconds.

Decides how vans, stops, chargers and commitments become whole numbers. Leaves solving to
``routing.solver``.

*Capacity* has six dimensions: mass in grams, volume in millilitres, and lockers. Every parcel
counts with its mass and volume in every van. A parcel that needs a locker may lie in a larger
one, so dimension ``locker_m`` counts the parcels that need size m or larger against the lockers
of size m or larger; four such sums hold exactly when the parcels fit (the sizes are nested). A
van without any locker carries locker parcels loose: the lockers do not bind there, volume does.
Volume is counted for parcels in lockers too, which may turn a parcel away that would have
fitted, but never loads one that does not fit.

A van that has parcels aboard is loaded: others cannot come to it on the road. Its stops may be
late, at a price, because late is better than back at the depot; all others keep their windows.

Seconds count from ``asked_at`` and are rounded against ourselves: what may begin, up; what must
end, down. Energy is what the battery holds above the reserve.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dispatcher.core.invariants import check
from dispatcher.core.requests import PlanRequest, StopOffer, VanOffer
from dispatcher.core.settings import Station
from dispatcher.providers import Providers, road_class
from maps.errors import PlaceOffNetworkError
from maps.places import LonLat
from maps.travel import TravelMatrix, TravelProvider, VehicleClass
from maps.units import Instant, seconds_from, seconds_from_up
from routing import problem as routing
from vehicles.charge_curve import MONTOYA, ChargeCurve
from vehicles.spec import VanSpec

DIMENSIONS = (
    "g of payload",
    "ml of room",
    "lockers",
    "lockers of size m or larger",
    "lockers of size l or larger",
    "lockers of size xl",
)
"""As explanations name them behind a number; they turn g and ml into kg and litres."""

WINDOW_SHARE_KEPT = 4
"""The margin before a window's end takes at most one part in so many of it; assumed."""

ENERGY_SHARE_KEPT = 30
"""One part in so many of the battery is planned to be left above the reserve on trips that are
still to be loaded, as far as charges go: what the road takes more is then no replan. Assumed."""


@dataclass(frozen=True, slots=True, eq=False)
class Survey:
    """All places of a request that lie on roads, with travel between them.

    Attributes
    ----------
    rows
        The row of each place in every matrix.
    matrices, profiles
        Travel by class of vehicle; the position in ``matrices`` for each van of the request.
    providers
        Who answered, for each van of the request: for the paths later.
    off
        Places that lie off the roads, with what is wrong with them.
    """

    rows: dict[LonLat, int]
    matrices: tuple[routing.Matrices, ...]
    profiles: tuple[int, ...]
    providers: tuple[TravelProvider, ...]
    off: dict[LonLat, str]

    def drive_s(self, van_index: int, origin: LonLat, destination: LonLat) -> int:
        """Return how long a van of the request drives between two places on roads."""
        durations = self.matrices[self.profiles[van_index]].duration_s
        return int(durations[self.rows[origin], self.rows[destination]])


@dataclass(frozen=True, slots=True, eq=False)
class Posed:
    """A problem, and which stop, van and station each of its indices means."""

    problem: routing.Problem
    stops: tuple[StopOffer, ...]
    vans: tuple[VanOffer, ...]
    van_indices: tuple[int, ...]
    stations: tuple[Station, ...]


def kept_mwh(spec: VanSpec, *, loaded: bool) -> int:
    """Return what the battery shall never hold less of, by plan: more than the reserve at first."""
    return spec.reserve_mwh + (0 if loaded else spec.battery_mwh // ENERGY_SHARE_KEPT)


def survey(request: PlanRequest, providers: Providers) -> Survey:
    """Ask for travel between all places of a request, once per class of vehicle.

    Places off the roads are left out and named, so that one bad address spoils no plan.
    """
    places = _places(request)
    classes: dict[VehicleClass, int] = {}
    asked: list[TravelProvider] = []
    profiles: list[int] = []
    for van in request.vans:
        profile = classes.setdefault(road_class(van.spec), len(classes))
        if profile == len(asked):
            asked.append(providers.provider(van.spec, request.incidents))
        profiles.append(profile)
    off: dict[LonLat, str] = {}
    matrices = tuple(_matrix(one, places, request.asked_at, off) for one in asked)
    return Survey(
        rows={place: row for row, place in enumerate(p for p in places if p not in off)},
        matrices=matrices,
        profiles=tuple(profiles),
        providers=tuple(asked[profile] for profile in profiles),
        off=off,
    )


def pose(request: PlanRequest, found: Survey, stops: Sequence[StopOffer]) -> Posed:
    """Build the problem for some stops of a request; all of them must lie on roads.

    Vans whose start or end lies off the roads take no part, nor do chargers there.
    """
    van_indices = tuple(
        index
        for index, van in enumerate(request.vans)
        if van.start in found.rows and van.end in found.rows
    )
    vans = tuple(request.vans[index] for index in van_indices)
    stations = tuple(one for one in request.stations if one.place in found.rows)
    vehicle_of = {van.van_id: position for position, van in enumerate(vans)}
    problem = routing.Problem(
        dimensions=DIMENSIONS,
        jobs=tuple(_job(stop, request, found.rows, vehicle_of) for stop in stops),
        vehicles=tuple(
            _vehicle(request, request.vans[index], found, index, stops) for index in van_indices
        ),
        stations=tuple(
            routing.Station(
                one.station_id, found.rows[one.place], one.power_w, plugs=max(1, one.plugs)
            )
            for one in stations
        ),
        matrices=found.matrices,
        curve=charge_curve([van.spec for van in vans]),
        standing=_standing(request, vans, stops),
    )
    return Posed(problem, tuple(stops), vans, van_indices, stations)


def _standing(
    request: PlanRequest, vans: Sequence[VanOffer], stops: Sequence[StopOffer]
) -> routing.Standing | None:
    """Return the plan in force, as far as it is about these vans and stops; None if it is not."""
    jobs = {stop.stop_id: job for job, stop in enumerate(stops)}
    planned = {route.van_id: route.stop_ids for route in request.standing}
    routes = tuple(
        tuple(jobs[stop_id] for stop_id in planned.get(van.van_id, ()) if stop_id in jobs)
        for van in vans
    )
    if not any(routes):
        return None
    return routing.Standing(routes, request.prices.moved, request.prices.reordered)


def charge_curve(specs: Iterable[VanSpec], curve: ChargeCurve = MONTOYA) -> routing.ChargeCurve:
    """Return a curve over whole batteries as one over what is planned with.

    Charging slows at a share of the whole battery, which is a smaller share of the usable one.
    There is one curve for all: where vans keep more or less, it bends as for those that keep most.
    """
    percents = tuple(zip(curve.until_percent, curve.power_percent, strict=True))
    bends = {percent: 1.0 for percent, _ in percents}
    for spec in specs:
        most_mwh = kept_mwh(spec, loaded=False)
        usable_mwh = spec.battery_mwh - most_mwh
        for percent in bends if usable_mwh > 0 else ():
            above_mwh = spec.battery_mwh * percent / 100 - most_mwh
            bends[percent] = min(bends[percent], above_mwh / usable_mwh)
    kept = [(bends[percent], power) for percent, power in percents if bends[percent] > 0]
    return routing.ChargeCurve(
        until_ratio=(*(bend for bend, _ in kept[:-1]), 1.0),
        power_ratio=tuple(power / 100 for _, power in kept),
    )


def instant_at(request: PlanRequest, second: int) -> Instant:
    """Return the instant of a second of the request's problem."""
    return Instant(request.asked_at + second * 1000)


def locker_sums(lockers: Sequence[int]) -> tuple[int, ...]:
    """Return for each size how many there are of that size or larger."""
    return tuple(sum(lockers[size:]) for size in range(len(lockers)))


def _places(request: PlanRequest) -> list[LonLat]:
    ends: Iterable[LonLat] = (place for van in request.vans for place in (van.start, van.end))
    stops = (stop.place for stop in request.stops)
    stations = (station.place for station in request.stations)
    return list(dict.fromkeys([*ends, *stops, *stations]))


def _matrix(
    provider: TravelProvider, places: Sequence[LonLat], departure: Instant, off: dict[LonLat, str]
) -> routing.Matrices:
    """Return travel between the places on roads; note in ``off`` those that are not.

    All providers of a survey know the same roads, so that what one refuses no other takes.
    """
    while kept := [place for place in places if place not in off]:
        try:
            return _matrices(provider.matrix(kept, departure))
        except PlaceOffNetworkError as error:
            check(error.place in kept, f"a provider refused {error.place}, which was not asked")
            off[error.place] = f"it lies {error.distance_m} m from every road a van may drive"
    nothing = np.zeros((0, 0), dtype=np.int64)
    return routing.Matrices(nothing, nothing, nothing, nothing)


def _matrices(matrix: TravelMatrix) -> routing.Matrices:
    return routing.Matrices(
        duration_s=_whole(matrix.duration_s),
        distance_m=_whole(matrix.distance_m),
        energy_a_mwh=_whole(matrix.energy_a_mwh),
        energy_b_uwh_per_kg=_whole(matrix.energy_b_uwh_per_kg),
    )


def _whole(numbers: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.ascontiguousarray(numbers, dtype=np.int64)


def _job(
    stop: StopOffer, request: PlanRequest, rows: dict[LonLat, int], vehicle_of: dict[str, int]
) -> routing.Job:
    begin_s: int = max(0, seconds_from_up(request.asked_at, stop.window_begin))
    end_s: int = seconds_from(request.asked_at, stop.window_end)
    is_aboard = stop.van_id is not None
    if is_aboard:
        end_s = max(0, end_s)  # a window that is over; every plan is later by what is past
    begin_s = min(begin_s, end_s)
    if not is_aboard:  # what is aboard already needs every second of its window
        end_s -= min(request.window_margin_s, (end_s - begin_s) // WINDOW_SHARE_KEPT)
    window = routing.Window(begin_s, end_s)
    return routing.Job(
        label=stop.stop_id,
        place=rows[stop.place],
        demand=(stop.mass_g, stop.volume_ml, *locker_sums(stop.lockers)),
        windows=(window,),
        service_s=stop.service_s,
        unserved_price=stop.unserved_price,
        vehicle=None if stop.van_id is None else vehicle_of[stop.van_id],
        late_price_per_hour=request.prices.late_per_hour if is_aboard else None,
    )


def _vehicle(
    request: PlanRequest, van: VanOffer, found: Survey, index: int, stops: Sequence[StopOffer]
) -> routing.Vehicle:
    spec, prices = van.spec, request.prices
    loaded = any(stop.van_id == van.van_id for stop in stops)
    kept = kept_mwh(spec, loaded=loaded)
    lockers = locker_sums(spec.lockers)
    if not any(lockers):  # carried loose: as many as there are
        lockers = locker_sums(tuple(map(sum, zip(*(s.lockers for s in stops), strict=True))))
    return routing.Vehicle(
        label=van.van_id,
        profile=found.profiles[index],
        start_place=found.rows[van.start],
        end_place=found.rows[van.end],
        start_s=max(0, seconds_from_up(request.asked_at, van.start_at)),
        shift_end_s=seconds_from(request.asked_at, van.shift_end),
        capacity=(spec.payload_g, spec.volume_ml, *(lockers or (0, 0, 0, 0))),
        mass_g=spec.curb_mass_g,
        battery_mwh=max(0, min(van.battery_mwh, spec.battery_mwh) - kept),
        battery_mwh_max=max(0, spec.battery_mwh - kept),
        charge_power_w=spec.charge_power_w,
        auxiliary_w=spec.auxiliary_w,
        price_fixed=prices.van,
        price_per_hour=prices.per_hour,
        price_per_km=prices.per_km,
        price_per_kwh=prices.per_kwh,
        loaded=loaded,
    )

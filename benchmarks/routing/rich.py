"""A problem of our own with everything at once: a city's afternoon, half under way.

Two hundred stops, twenty vans of five models, two trips a shift, chargers with few plugs, a loading
dock, and six vans on the road already, with goods aboard, stops that are frozen and orders of
loading that are kept. Roads are those of a real city where an extract is at hand, of a generated
one where not; all four quantities of travel come from the road hierarchy. A seed draws the rest.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.roads.cases import REAL_CITIES, generated_extract
from benchmarks.roads.drawing import draw_places
from benchmarks.roads.provider import DEPARTURE
from dispatcher.providers import CityProviders, road_class
from maps.builtin import build_city, load_city, write_city
from maps.network import RoadNetwork
from maps.places import LonLat, great_circle_m
from routing.problem import Depot, Job, Matrices, Problem, Station, Vehicle, Window
from vehicles.energy import usable_energy_max
from vehicles.presets import preset
from vehicles.spec import VanSpec

STOPS: Final = 200
VANS: Final = 20
ON_THE_ROAD: Final = 6
"""The first vans: they left before, with these many stops aboard each."""

ABOARD: Final = 4
RADIUS_M: Final = 9_000
"""Stops lie this near to the depot at most (assumed: a depot's own quarter of a region)."""

MODELS: Final = ("robovan-l", "neolix-x3", "farizon-v6e", "nissan-env200", "robovan-m")
STATIONS_MAX: Final = 10
PLUGS_AT_DEPOT: Final = 6
DOCKS: Final = 4
RELOAD_S: Final = 600
SHIFT_S: Final = 6 * 3600
"""From now to the end of the shift."""

GENERATED_SEGMENTS: Final = 20_000
"""Size of the city that is drawn where there is no extract."""


@dataclass(frozen=True, slots=True, eq=False)
class City:
    """Roads, and what they are called."""

    name: str
    network: RoadNetwork


def city_of(cities: Path, work: Path) -> City:
    """Return the roads of the first real city of a folder, or of a generated one; kept as files."""
    work.mkdir(parents=True, exist_ok=True)
    found = [(name, cities / file) for name, file in REAL_CITIES.items()]
    name, extract = next(((n, path) for n, path in found if path.is_file()), ("generated", None))
    kept = work / f"{name}.city"
    if not kept.is_file():
        extract = extract or generated_extract(work, GENERATED_SEGMENTS, 1)
        write_city(build_city(extract), kept)
    return City(name, load_city(str(kept)))


def rich_problem(city: City, seed: int, *, urgent: int = 0) -> Problem:
    """Return the afternoon that a seed draws.

    Parameters
    ----------
    city
        Its roads.
    seed
        The same seed gives the same problem.
    urgent
        Stops more than ``STOPS``, the last ones: open from now on for an hour and a half.

    Returns
    -------
    Problem
        Without faults; seconds count from now.
    """
    random = np.random.default_rng(seed)
    depot, drawn = _doors(city.network, ON_THE_ROAD + STOPS + urgent, seed)
    chargers = _chargers(city.network, depot, seed)
    places = (depot, *drawn, *(place for place, _, _ in chargers))
    specs = [preset(MODELS[k % len(MODELS)]) for k in range(VANS)]
    profiles, matrices = _travel(city.network, places, specs)
    first = 1 + ON_THE_ROAD
    jobs = [_job(random, k, first + k, urgent=k >= STOPS) for k in range(STOPS + urgent)]
    vans = []
    for k, spec in enumerate(specs):
        own: list[int] = []
        if k < ON_THE_ROAD:
            near_s = matrices[0].duration_s[1 + k, first : first + STOPS]
            own = _nearest(near_s, jobs, (spec.payload_g, spec.volume_ml))
            for job in own:
                jobs[job] = replace(jobs[job], windows=(Window(0, SHIFT_S),), vehicle=k)
        vans.append(_van(random, k, spec, profiles[k], own))
    at_charger = first + STOPS + urgent
    stations = [
        Station(f"charger-{k}", at_charger + k, power_w, plugs=plugs)
        for k, (_, power_w, plugs) in enumerate(chargers)
    ]
    return Problem(
        dimensions=("g of payload", "ml of room"),
        jobs=tuple(jobs),
        vehicles=tuple(vans),
        stations=(Station("at the depot", 0, 22_000, plugs=PLUGS_AT_DEPOT), *stations),
        matrices=matrices,
        depots=(Depot("depot", 0, RELOAD_S, loading_g_per_s=2_000, docks=DOCKS),),
    )


def _van(
    random: np.random.Generator, index: int, spec: VanSpec, profile: int, own: Sequence[int]
) -> Vehicle:
    """Return a van on the road with goods aboard, or one that begins at the depot soon."""
    full_mwh, loaded = usable_energy_max(spec), bool(own)
    return Vehicle(
        label=f"van-{index:02}",
        profile=profile,
        start_place=1 + index if loaded else 0,
        end_place=0,
        start_s=0 if loaded else int(random.integers(0, 1800)),
        shift_end_s=SHIFT_S,
        capacity=(spec.payload_g, spec.volume_ml),
        mass_g=spec.curb_mass_g,
        battery_mwh=int(full_mwh * random.uniform(0.3, 0.6 if loaded else 1.0)),
        battery_mwh_max=full_mwh,
        charge_power_w=spec.charge_power_w,
        auxiliary_w=spec.auxiliary_w,
        price_fixed=500,
        price_per_hour=1200,
        price_per_km=20,
        price_per_kwh=30,
        loaded=loaded,
        trips_max=2,
        depot=0,
        frozen=tuple(own[:1]),
        sequence=tuple(own) if index % 2 else (),
    )


def _doors(network: RoadNetwork, count: int, seed: int) -> tuple[LonLat, tuple[LonLat, ...]]:
    """Return the depot, the door with most others around it, and doors in its surroundings."""
    drawn = draw_places(network, 20 * count, seed)
    tried = drawn[:40]
    around = [
        sum(great_circle_m(place, other) <= RADIUS_M / 2 for other in drawn[:400])
        for place in tried
    ]
    depot = tried[around.index(max(around))]
    near = [place for place in drawn if 0 < great_circle_m(depot, place) <= RADIUS_M]
    return depot, tuple(dict.fromkeys(near))[:count]


def _chargers(network: RoadNetwork, depot: LonLat, seed: int) -> list[tuple[LonLat, int, int]]:
    """Return place, watts and plugs of the city's nearest chargers; drawn ones where it has few."""
    known = [(one.place, one.power_w, one.plug_count) for one in network.chargers]
    known = [one for one in known if great_circle_m(depot, one[0]) <= RADIUS_M]
    known.sort(key=lambda one: great_circle_m(depot, one[0]))
    drawn = draw_places(network, 40 * STATIONS_MAX, seed + 1)
    more = [place for place in drawn if great_circle_m(depot, place) <= RADIUS_M]
    known += [(place, 50_000, 2) for place in more[: max(0, STATIONS_MAX - len(known))]]
    return known[:STATIONS_MAX]


def _job(random: np.random.Generator, index: int, place: int, *, urgent: bool) -> Job:
    """Return a stop: a few parcels, in one of two windows, in either, or at any time."""
    opens_s = int(random.integers(0, 14)) * 900
    kind = random.random()
    later_s = opens_s + 7200
    if urgent:
        windows: tuple[Window, ...] = (Window(0, 5400),)
    elif kind < 0.4:
        windows = (Window(0, SHIFT_S),)
    elif kind < 0.9:
        windows = (Window(opens_s, later_s),)
    else:
        windows = (Window(opens_s, opens_s + 2700), Window(later_s, later_s + 3600))
    mass_g = int(random.integers(5_000, 80_000))
    volume_ml = int(random.integers(100_000, 1_000_000))
    return Job(
        label=f"stop-{index:03}",
        place=place,
        demand=(mass_g, volume_ml),
        windows=windows,
        service_s=int(random.integers(90, 240)),
        unserved_price=20_000 if urgent else 10_000,
    )


def _nearest(near_s: NDArray[np.int64], jobs: Sequence[Job], room: tuple[int, ...]) -> list[int]:
    """Return the nearest stops that no van has aboard yet and that fit into one together."""
    own: list[int] = []
    left = list(room)
    for job in near_s.argsort(kind="stable").tolist():
        demand = jobs[job].demand
        fits = all(a <= b for a, b in zip(demand, left, strict=True))
        if fits and jobs[job].vehicle is None and len(own) < ABOARD:
            own.append(job)
            left = [b - a for a, b in zip(demand, left, strict=True)]
    return own


def _travel(
    network: RoadNetwork, places: Sequence[LonLat], specs: Sequence[VanSpec]
) -> tuple[list[int], tuple[Matrices, ...]]:
    """Return the position of each van's matrices, and travel between all places by class."""
    classes = [road_class(spec) for spec in specs]
    kinds = list(dict.fromkeys(classes))
    providers = CityProviders(network)
    made = []
    for kind in kinds:
        found = providers.provider(specs[classes.index(kind)], ()).matrix(places, DEPARTURE)
        quantities = (found.duration_s, found.distance_m)
        energies = (found.energy_a_mwh, found.energy_b_uwh_per_kg)
        made.append(Matrices(*map(np.ascontiguousarray, (*quantities, *energies))))
    return [kinds.index(kind) for kind in classes], tuple(made)

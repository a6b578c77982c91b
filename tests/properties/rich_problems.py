"""Small problems with every feature of the model, each on or off: what properties are tested on.

Values are few, and lie on both sides of every rule, so that rules are really reached. Problems
never contradict themselves, but much in them may be impossible.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from enum import Enum

import numpy as np
from hypothesis import strategies as st

from routing.problem import (
    UNREACHABLE_MIN,
    ChargeCurve,
    Depot,
    Job,
    Matrices,
    Problem,
    Standing,
    Station,
    Vehicle,
    Window,
)

DAY = Window(0, 36_000)


class Feature(Enum):
    """One thing that a problem may ask for."""

    WINDOWS = "several windows"
    MIXED = "mixed fleet"
    ENDS = "own start and end"
    HEAVY = "energy by load"
    AUXILIARY = "auxiliary power"
    CHARGING = "stations"
    FULL = "full recharge"
    OPENING = "opening hours of stations"
    CURVE = "charge curve"
    SWAPS = "swaps"
    PLUGS = "plugs"
    SKILLS = "skills"
    ALLOWED = "allowed vehicles"
    PINNED = "jobs aboard"
    ABOARD = "goods aboard of no job"
    LOADED = "loading is over"
    FROZEN = "frozen stops"
    SEQUENCE = "fixed sequences"
    STANDING = "a price on changes"
    LATENESS = "lateness at a price"
    TRIPS = "several trips"
    DOCKS = "docks"
    BROKEN = "missing roads"


ALL = tuple(Feature)

SETTLED = (
    *(Feature.WINDOWS, Feature.MIXED, Feature.ENDS, Feature.HEAVY, Feature.AUXILIARY),
    *(Feature.CHARGING, Feature.FULL, Feature.OPENING, Feature.CURVE, Feature.PINNED),
    Feature.BROKEN,
)
"""Features that need nothing but a vehicle's own route of one trip."""

KNOWN = ALL
"""Features that plans of the kernel obey."""

WINDOWS = [
    (DAY,),
    (Window(0, 160),),
    (Window(100, 300),),
    (Window(700, 701),),
    (Window(0, 120), Window(400, 500)),
    (Window(60, 200), Window(201, 300), Window(1500, 2000)),
]
"""The whole day, and windows that may be too early, tight or late."""

TONNE = Vehicle(
    label="",
    profile=0,
    start_place=0,
    end_place=0,
    start_s=0,
    shift_end_s=36_000,
    capacity=(1_000_000, 8),
    mass_g=2_000_000,
    battery_mwh=10_000_000,
    battery_mwh_max=20_000_000,
    charge_power_w=36_000,
    auxiliary_w=0,
    price_fixed=1000,
    price_per_hour=1800,
    price_per_km=20,
    price_per_kwh=30,
)


@dataclass(frozen=True, slots=True)
class _Scene:
    """What is drawn first, because much else hangs on it."""

    draw: st.DrawFn
    features: frozenset[Feature]
    jobs: int
    vehicles: int
    stations: int
    depots: int

    def one[T](self, feature: Feature, values: Sequence[T], otherwise: T) -> T:
        """Return one of the values where the feature is on."""
        return self.draw(st.sampled_from(values)) if feature in self.features else otherwise

    @property
    def places(self) -> int:
        """Return how many places there are: two for vehicles, then one for each thing."""
        return 2 + self.jobs + self.stations + self.depots


@st.composite
def rich_problems(
    draw: st.DrawFn,
    *,
    among: Collection[Feature] = ALL,
    always: Collection[Feature] = (),
    jobs_min: int = 0,
    jobs_max: int = 10,
    vehicles_min: int = 0,
    vehicles_max: int = 3,
) -> Problem:
    """Return a problem with some of the features ``among`` these, and all that are ``always`` on.

    Parameters
    ----------
    draw
        Hypothesis.
    among, always
        Features that may be on, and those that are.
    jobs_min, jobs_max, vehicles_min, vehicles_max
        How many there are.

    Returns
    -------
    Problem
        Without faults.
    """
    maybe = sorted(set(among) - set(always), key=ALL.index)
    chosen = draw(st.lists(st.sampled_from(maybe), unique=True)) if maybe else []
    features = frozenset((*chosen, *always))
    scene = _Scene(
        draw,
        features,
        draw(st.integers(jobs_min, jobs_max)),
        draw(st.integers(vehicles_min, vehicles_max)),
        draw(st.integers(1, 2)) if Feature.CHARGING in features else 0,
        draw(st.integers(1, 2)) if Feature.TRIPS in features else 0,
    )
    owners = _owners(scene)
    vehicles = tuple(_vehicle(scene, index, owners) for index in range(scene.vehicles))
    jobs = tuple(_job(scene, index, owners, vehicles) for index in range(scene.jobs))
    curve = ChargeCurve() if Feature.CURVE in features else ChargeCurve((1.0,), (1.0,))
    return Problem(
        dimensions=("mass_g", "lockers"),
        jobs=jobs,
        vehicles=vehicles,
        stations=tuple(_station(scene, index) for index in range(scene.stations)),
        matrices=_matrices(scene),
        curve=curve,
        depots=tuple(_depot(scene, index) for index in range(scene.depots)),
        standing=_standing(scene),
    )


def orders_of(problem: Problem) -> st.SearchStrategy[list[int]]:
    """Return all orders of a problem's jobs."""
    return st.permutations(range(len(problem.jobs)))


def _owners(scene: _Scene) -> list[list[int]]:
    """Return the jobs that each vehicle has promised or loaded already, in order."""
    owners: list[list[int]] = [[] for _ in range(scene.vehicles)]
    bound = {Feature.PINNED, Feature.FROZEN, Feature.SEQUENCE, Feature.LOADED}
    if not scene.vehicles or not bound & scene.features:
        return owners
    for job in scene.draw(st.permutations(range(scene.jobs))):
        owner = scene.draw(st.sampled_from([None, *range(scene.vehicles)]))
        if owner is not None:
            owners[owner].append(job)
    return owners


def _vehicle(scene: _Scene, index: int, owners: list[list[int]]) -> Vehicle:
    own = owners[index]
    charging = Feature.CHARGING in scene.features
    batteries = (0, 300_000, 1_000_000, 2_500_000) if charging else (300_000, 10_000_000)
    frozen = own[: scene.one(Feature.FROZEN, [0, 1, 2], 0)]
    sequence = own[: scene.one(Feature.SEQUENCE, [2, 3, 12], 0)]
    usual = 4 if Feature.TRIPS in scene.features else 8
    several = scene.one(Feature.TRIPS, [1, 2, 2, 3], 1)
    return replace(
        TONNE,
        label=f"van-{index}",
        profile=scene.one(Feature.MIXED, [0, 1], 0),
        start_place=scene.one(Feature.ENDS, [0, 1], 0),
        end_place=scene.one(Feature.ENDS, [0, 1], 0),
        start_s=scene.one(Feature.MIXED, [0, 7, 400], 0),
        shift_end_s=scene.one(Feature.MIXED, [300, 1500, 36_000], 36_000),
        capacity=scene.one(Feature.MIXED, [(1_000_000, 2), (500_000, 8)], (1_000_000, usual)),
        battery_mwh=scene.draw(st.sampled_from(batteries)),
        battery_mwh_max=scene.one(Feature.CHARGING, [2_500_000, 20_000_000], 20_000_000),
        auxiliary_w=scene.one(Feature.AUXILIARY, [360, 7001], 0),
        price_fixed=scene.one(Feature.MIXED, [0, 1000], 500),
        aboard=scene.one(Feature.ABOARD, [(), (100_000, 1), (250_000, 2)], ()),
        loaded=scene.one(Feature.LOADED, [False, True, True], False),
        skills=scene.one(Feature.SKILLS, [("cold",), (), ("cold", "tall")], ()),
        trips_max=several,
        depot=scene.draw(st.integers(0, scene.depots - 1)) if scene.depots else None,
        frozen=tuple(frozen),
        sequence=tuple(sequence) if len(sequence) > 1 else (),
    )


def _job(scene: _Scene, index: int, owners: list[list[int]], vehicles: Sequence[Vehicle]) -> Job:
    owner = next((van for van, own in enumerate(owners) if index in own), None)
    pinned = owner if scene.one(Feature.PINNED, [True, True, False], False) else None
    allowed: tuple[int, ...] | None = None
    skills: tuple[str, ...] = ()
    if owner is not None:
        skills = vehicles[owner].skills[:1]
    elif scene.vehicles:
        skills = scene.one(Feature.SKILLS, [("cold",), (), ("tall",)], ())
        few = st.sets(st.integers(0, scene.vehicles - 1), min_size=1).map(sorted).map(tuple)
        if Feature.ALLOWED in scene.features:
            allowed = scene.draw(st.one_of(st.none(), few))
    return Job(
        label=f"job-{index}",
        place=2 + index,
        demand=(
            scene.draw(st.sampled_from([0, 1, 250_000])),
            scene.draw(st.sampled_from([0, 1, 3])),
        ),
        windows=scene.one(Feature.WINDOWS, WINDOWS, (DAY,)),
        service_s=scene.draw(st.sampled_from([0, 60, 61])),
        unserved_price=scene.draw(st.sampled_from([5000, 300, 90_000, 0])),
        vehicle=pinned,
        allowed=allowed,
        skills=skills,
        late_price_per_hour=scene.one(Feature.LATENESS, [None, 0, 700, 50_000], None),
    )


def _station(scene: _Scene, index: int) -> Station:
    opening = scene.one(Feature.OPENING, [(), (Window(0, 300), Window(600, 36_000))], ())
    swap_s = scene.one(Feature.SWAPS, [None, 0, 90], None)
    return Station(
        label=f"station-{index}",
        place=2 + scene.jobs + index,
        power_w=scene.draw(st.sampled_from([50_000, 11_000])),
        opening=opening,
        full_recharge=scene.one(Feature.FULL, [False, True], False),
        plugs=scene.one(Feature.PLUGS, [1, 1, 2, None], None),
        swap_s=swap_s,
        swap_count_max=None if swap_s is None else scene.draw(st.sampled_from([None, 0, 1, 2])),
    )


def _depot(scene: _Scene, index: int) -> Depot:
    return Depot(
        label=f"depot-{index}",
        place=2 + scene.jobs + scene.stations + index,
        reload_s=scene.draw(st.sampled_from([0, 120, 600])),
        loading_g_per_s=scene.draw(st.sampled_from([0, 1000])),
        docks=scene.one(Feature.DOCKS, [1, 1, None], None),
        opening=scene.draw(st.sampled_from([(), (Window(0, 200), Window(900, 36_000))])),
    )


def _standing(scene: _Scene) -> Standing | None:
    if Feature.STANDING not in scene.features:
        return None
    routes: list[list[int]] = [[] for _ in range(scene.vehicles)]
    for job in scene.draw(st.permutations(range(scene.jobs))):
        route = scene.draw(st.sampled_from([None, *range(scene.vehicles)]))
        if route is not None:
            routes[route].append(job)
    prices = st.sampled_from([400, 0, 7])
    return Standing(tuple(map(tuple, routes)), scene.draw(prices), scene.draw(prices))


def _matrices(scene: _Scene) -> tuple[Matrices, ...]:
    """Return travel on a grid of 100 m: 10 s a step, a little more uphill, 20 Wh and by mass."""
    numbers = scene.draw(
        st.lists(st.integers(0, 440), min_size=scene.places, max_size=scene.places)
    )
    at = np.array([divmod(number, 21) for number in numbers], np.int64).reshape(-1, 2)
    away = at[None] - at[:, None]
    steps = np.abs(away).sum(axis=2)
    uphill = np.maximum(away[:, :, 0], 0)
    place = st.integers(0, scene.places - 1)
    pairs = scene.one(Feature.BROKEN, [1, 3], 0)
    cut = [scene.draw(st.tuples(place, place)) for _ in range(pairs)]
    by_mass = 10_000 if Feature.HEAVY in scene.features else 0
    made = []
    for slowness in (10, 13) if Feature.MIXED in scene.features else (10,):
        duration_s, distance_m = steps * slowness + uphill, steps * 100
        for origin, destination in cut:
            if origin != destination:
                duration_s[origin, destination] = distance_m[origin, destination] = UNREACHABLE_MIN
        made.append(Matrices(duration_s, distance_m, steps * 2000 * slowness, steps * by_mass))
    return tuple(made)

"""What the solver is asked: jobs, vehicles, stations and travel, in whole numbers and indices.

A Problem knows no calendar, no map and no van: instants are seconds since an epoch of the
caller's choice, places are rows of the matrices, capacities are vectors whose entries mean what
the caller likes (the dispatcher uses grams, millilitres and lockers by size). Every vehicle drives
one route: from its start, past jobs, stations and its depot, where it loads again, to its end. What
has been promised or begun already is said here too: goods aboard, stops that are frozen, sequences
that are fixed, and the plan in force with a price on changing it.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Window:
    """When service may begin: both ends belong to it, in seconds."""

    begin_s: int
    end_s: int


@dataclass(frozen=True, slots=True)
class Job:
    """One visit the solver must place.

    Attributes
    ----------
    label
        Name in messages; unique among jobs.
    place
        Row of the matrices.
    demand
        What the job takes of each capacity while aboard, one number per dimension.
    windows
        When service may begin, in order of time, not overlapping; at least one.
    service_s
        How long the vehicle stands there.
    unserved_price
        What it costs to leave the job out; higher is dropped later, so priority goes in here.
    vehicle
        Index of the only vehicle that may serve it, because its goods are aboard already, and only
        before that vehicle loads again; else None.
    allowed
        Indices of the vehicles that may serve it, ascending; None for any.
    skills
        What its vehicle must be able to do; see ``Vehicle.skills``.
    late_price_per_hour
        What each hour costs that service begins after the last window's end; None where it must
        not. Between two windows nobody is late: service waits for the next one.
    """

    label: str
    place: int
    demand: tuple[int, ...]
    windows: tuple[Window, ...]
    service_s: int
    unserved_price: int
    vehicle: int | None = None
    allowed: tuple[int, ...] | None = None
    skills: tuple[str, ...] = ()
    late_price_per_hour: int | None = None


@dataclass(frozen=True, slots=True)
class Vehicle:
    """One vehicle's shift: where and when it may begin, what it can carry, what it costs.

    Attributes
    ----------
    label
        Name in messages; unique among vehicles.
    profile
        Which of the problem's travel matrices it drives by.
    start_place, end_place
        Rows of the matrices.
    start_s, shift_end_s
        It cannot leave its start before the one, nor reach its end after the other.
    capacity
        What it can carry, one number per dimension. Goods of a trip's jobs count from its start
        on, until their job is served: whatever is delivered was loaded at the start of the trip.
    mass_g
        Empty vehicle; the goods' mass comes on top (dimension 0 of demand is mass in grams).
    battery_mwh, battery_mwh_max
        Usable energy above the reserve: at the start, and when full. Must never fall below 0.
    charge_power_w
        What the vehicle can take; a station may give less.
    auxiliary_w
        Drawn all the time from ``start_s``'s departure to the end: driving, waiting, serving. Not
        while charging.
    price_fixed, price_per_hour, price_per_km, price_per_kwh
        Cost of using it at all, and of its time, way and energy; hundredths of the currency.
    aboard
        Goods aboard at the start that belong to no job, one number per dimension, or () for none:
        they stay aboard until the vehicle loads again, or to its end.
    loaded
        Whether loading is over: only jobs whose goods are aboard (``Job.vehicle``) are served
        before it loads again.
    skills
        What it can do.
    trips_max, depot
        How many trips it may make, and index of the depot where it loads between them; None is
        enough for a single trip.
    frozen
        Jobs that it serves first, in this order and with no other job between.
    sequence
        Jobs that it serves in this order, others between them or not, as they were loaded.
    """

    label: str
    profile: int
    start_place: int
    end_place: int
    start_s: int
    shift_end_s: int
    capacity: tuple[int, ...]
    mass_g: int
    battery_mwh: int
    battery_mwh_max: int
    charge_power_w: int
    auxiliary_w: int
    price_fixed: int
    price_per_hour: int
    price_per_km: int
    price_per_kwh: int
    aboard: tuple[int, ...] = ()
    loaded: bool = False
    skills: tuple[str, ...] = ()
    trips_max: int = 1
    depot: int | None = None
    frozen: tuple[int, ...] = ()
    sequence: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Depot:
    """A place where vehicles load again between two trips.

    Attributes
    ----------
    label, place
        Name in messages; row of the matrices.
    reload_s, loading_g_per_s
        Loading lasts ``reload_s`` plus the goods' mass at this rate, rounded up; 0 means that mass
        takes no time.
    docks
        How many vehicles can load at once, or None for any number.
    opening
        When loading may begin; empty means always.
    """

    label: str
    place: int
    reload_s: int
    loading_g_per_s: int = 0
    docks: int | None = None
    opening: tuple[Window, ...] = ()


@dataclass(frozen=True, slots=True)
class Station:
    """A place to charge, or to change the battery, on the way.

    Attributes
    ----------
    label, place
        Name in messages; row of the matrices.
    power_w
        What it gives at most.
    opening
        When charging may begin; empty means always.
    full_recharge
        Whether every charge runs until the battery is full.
    plugs
        How many vehicles can charge or change at once, or None for any number.
    swap_s, swap_count_max
        Where batteries are changed: how long that takes, whatever is left in the old one, and how
        many full ones there are, or None for any number. None where vehicles charge.
    """

    label: str
    place: int
    power_w: int
    opening: tuple[Window, ...] = ()
    full_recharge: bool = False
    plugs: int | None = None
    swap_s: int | None = None
    swap_count_max: int | None = None


@dataclass(frozen=True, slots=True)
class ChargeCurve:
    """How charging slows towards full: piecewise constant shares of the power.

    Up to ``until_ratio[k]`` of the full usable battery the vehicle takes ``power_ratio[k]`` of the
    smaller of its own and the station's power. Full power to 0.85, 0.46 of it to 0.95, 0.15 to 1:
    Montoya et al. 2017, doi 10.1016/j.trb.2017.02.004.
    """

    until_ratio: tuple[float, ...] = (0.85, 0.95, 1.0)
    power_ratio: tuple[float, ...] = (1.0, 0.46, 0.15)


@dataclass(frozen=True, slots=True, eq=False)
class Matrices:
    """Travel of one profile: four int64 arrays of shape ``(n, n)``, row = from, column = to.

    Pairs with no road hold a value of at least ``UNREACHABLE_MIN``. Energy of a leg in mWh is
    ``energy_a_mwh + ceil(energy_b_uwh_per_kg * mass_g / 10**6)``.
    """

    duration_s: NDArray[np.int64]
    distance_m: NDArray[np.int64]
    energy_a_mwh: NDArray[np.int64]
    energy_b_uwh_per_kg: NDArray[np.int64]


UNREACHABLE_MIN = 10**12
"""Durations and distances from here on mean that no road leads there."""


@dataclass(frozen=True, slots=True)
class Standing:
    """The plan in force, and what it costs to change it.

    Attributes
    ----------
    routes
        Jobs of each vehicle in order, one entry per vehicle; a job in none of them is new.
    move_price
        Cost of serving one of these jobs with another vehicle.
    reorder_price
        Cost of each time that a vehicle goes from one of its jobs straight to one that stood
        before it in ``routes``; charging and loading on the way change nothing.
    """

    routes: tuple[tuple[int, ...], ...]
    move_price: int
    reorder_price: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """One whole question. ``routing.checker.check_problem`` says what is wrong with it.

    Attributes
    ----------
    dimensions
        Names of the capacity dimensions; the first is mass in grams.
    """

    dimensions: tuple[str, ...]
    jobs: tuple[Job, ...]
    vehicles: tuple[Vehicle, ...]
    stations: tuple[Station, ...]
    matrices: tuple[Matrices, ...]
    curve: ChargeCurve = ChargeCurve()
    depots: tuple[Depot, ...] = ()
    standing: Standing | None = None

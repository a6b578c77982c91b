"""Matrices, routes and areas in reach: what ``robovan map matrix``, ``route`` and ``reach`` do.

Decides the order of the work, what is measured and what people are told. Leaves the answers to the
provider, the files' form to ``matrix_files``, ``route_files`` and ``reach``.

Without a departure, roads are as fast as usual at all hours, every incident of the file counts, and
what is closed by the hour is closed as on a Wednesday at eleven.
"""

import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np
from rich.status import Status

from maps.addresses import AddressBook
from maps.builtin import load_city
from maps.classes import vehicle_class_of
from maps.compact import CompactTravel
from maps.hierarchy.graph import UNREACHABLE_MS
from maps.incident_files import read_incidents
from maps.incident_rules import check_incident
from maps.incidents import Incident
from maps.input_errors import NoWayError
from maps.matrix_files import Figures, unreachable_pairs, write_matrix
from maps.network import LICENCE, RoadNetwork
from maps.observed_speeds import read_speeds
from maps.outputs import check_output, write_text
from maps.points import Point, parse_place, read_points
from maps.provider import HierarchyProvider
from maps.reach import EnergyLimit, Limit, TimeLimit, area_of
from maps.route_files import Leg, routes_geojson, streets_of, totals
from maps.traffic import SpeedProfile
from maps.travel import VehicleClass
from maps.units import (
    Instant,
    Seconds,
    grams_up,
    instant_of,
    kilometres,
    later,
    milliwatt_hours_down,
    rfc3339,
    seconds_of_minutes,
    watts_up,
)
from maps.weighing import ENERGY_A_UNIT_UWH, ENERGY_B_UNIT_NWH_PER_KG

USUAL_DAY: Final = datetime(2026, 3, 4, 11)  # noqa: DTZ001 - the zone is the city's
"""A Wednesday between the peaks, for whoever gives no departure."""

LASTING_S: Final = Seconds(30 * 24 * 3600)

ISOLATED_SHOWN_MAX: Final = 10


@dataclass(frozen=True, slots=True)
class Question:
    """What all three commands are asked with; the options by their names."""

    city: str
    vehicle_class: str
    departure: Instant | None
    speeds: Path | None
    incidents: Path | None
    snap_limit_m: int
    output: Path


@dataclass(frozen=True, slots=True, eq=False)
class Ready:
    """What a question needs, loaded: roads, a provider for the class, and when driving begins."""

    question: Question
    network: RoadNetwork
    vehicle_class: VehicleClass
    provider: HierarchyProvider
    addresses: AddressBook
    departure: Instant

    def about(self) -> dict[str, Any]:
        """Return what every answer says of itself."""
        said = self.question.departure
        return {
            "city": self.question.city,
            "vehicle_class": self.vehicle_class.name,
            "depart": None if said is None else rfc3339(said),
            "attribution": LICENCE,
        }


@dataclass(frozen=True, slots=True)
class Budget:
    """What may be spent: minutes of driving, or kilowatt-hours of a van of so many kilograms.

    Energy is that for the wheels and ``auxiliary_kw`` over the time.
    """

    minutes: float | None
    kwh: float | None
    mass_kg: float | None
    auxiliary_kw: float | None

    def limit(self) -> Limit:
        """Return the limit in whole numbers."""
        if self.minutes is not None:
            return TimeLimit(seconds_of_minutes(self.minutes))
        return EnergyLimit(
            limit_mwh=milliwatt_hours_down(self.kwh or 0.0),
            mass_g=grams_up(self.mass_kg or 0.0),
            auxiliary_w=watts_up(self.auxiliary_kw or 0.0),
        )


def prepare(question: Question) -> Ready:
    """Load all that a question needs; refuse first what can be refused at once.

    Raises
    ------
    RobovanError
        If a file, the class or the output is wrong.
    """
    check_output(question.output)
    vehicle_class = vehicle_class_of(question.vehicle_class)
    profile = None if question.departure is None else SpeedProfile.usual()
    if question.speeds is not None:
        profile = read_speeds(question.speeds)
    incidents = () if question.incidents is None else read_incidents(question.incidents)
    network = load_city(question.city)
    departure = question.departure
    if departure is None:
        departure = instant_of(USUAL_DAY.replace(tzinfo=ZoneInfo(network.info.zone)))
        incidents = tuple(_lasting(incident, departure) for incident in incidents)
    _check_incidents(incidents, network)
    provider = HierarchyProvider(
        network,
        vehicle_class,
        incidents=incidents,
        snap_limit_m=question.snap_limit_m,
        profile=profile,
    )
    book = AddressBook(network.addresses())
    return Ready(question, network, vehicle_class, provider, book, departure)


def _lasting(incident: Incident, now: Instant) -> Incident:
    """Return the incident in force for as long as any route takes."""
    return replace(incident, starts_at=now, ends_at=later(now, LASTING_S))


def _check_incidents(incidents: Sequence[Incident], network: RoadNetwork) -> None:
    known = frozenset(network.way_ids.tolist()) if incidents else frozenset()
    for incident in incidents:
        check_incident(incident, network.info.box, known)


def ask_matrix(question: Question, points_path: Path, status: Status) -> dict[str, Any]:
    """Write the matrix between all points of a file, and return what to say of it.

    Raises
    ------
    RobovanError
        If anything given is wrong, or the file cannot be written.
    """
    ready = prepare(question)
    points = read_points(points_path, ready.addresses, ready.provider.snapper)
    places = [point.place for point in points]
    status.update("Weighing roads")
    ready.provider.travel(places[:1], places[:1], ready.departure)  # kernels and metric are ready
    status.update(f"Asking for {len(points)} × {len(points)} ways")
    before = time.process_time()
    travel = ready.provider.travel(places, places, ready.departure)
    seconds_cpu = time.process_time() - before
    missing, alone = unreachable_pairs(travel.duration_ms, UNREACHABLE_MS)
    status.update(f"Writing {question.output}")
    ids = [point.point_id for point in points]
    write_matrix(
        question.output, ids, _figures(travel), ready.about(), unreachable_from=UNREACHABLE_MS
    )
    return {
        **ready.about(),
        "output": str(question.output),
        "n": len(points),
        "seconds_cpu": round(seconds_cpu, 6),
        "unreachable_pairs": missing,
        "isolated": [ids[index] for index in np.flatnonzero(alone)[:ISOLATED_SHOWN_MAX].tolist()],
    }


def ask_route(question: Question, points_path: Path, status: Status) -> tuple[dict[str, Any], str]:
    """Write the way through all points of a file, and return what to say of it.

    Returns
    -------
    tuple[dict[str, Any], str]
        For programs, and for people.

    Raises
    ------
    RobovanError
        If anything given is wrong, no road leads from one point to the next, or the file cannot
        be written.
    """
    ready = prepare(question)
    points = read_points(points_path, ready.addresses, ready.provider.snapper)
    status.update("Weighing roads")
    legs: list[Leg] = []
    at = ready.departure
    for here, there in pairwise(points):
        status.update(f"From {here.point_id} to {there.point_id}")
        leg = _leg(ready, here, there, at)
        legs.append(leg)
        at = later(at, leg.path.duration_s)
    write_text(question.output, routes_geojson(legs, ready.about()))
    told = {**ready.about(), "output": str(question.output), "total": totals(legs)}
    return {**told, "legs": [_facts_of(leg) for leg in legs]}, _told(legs, question.output)


def _leg(ready: Ready, here: Point, there: Point, at: Instant) -> Leg:
    path = ready.provider.path(here.place, there.place, at)
    if path is None:
        raise NoWayError(here.point_id, there.point_id, ready.vehicle_class.name)
    departs_at = None if ready.question.departure is None else at
    return Leg(here.point_id, there.point_id, path, departs_at)


def _figures(travel: CompactTravel) -> tuple[Figures, ...]:
    """Return the arrays of the file: what one unit counted is in seconds, metres and so on."""
    distance, energy_a, energy_b = travel.quantities
    return (
        Figures("duration_s", travel.duration_ms, 1e-3),
        Figures("distance_m", distance, 1e-3),
        Figures("energy_a_wh", energy_a, ENERGY_A_UNIT_UWH * 1e-6),
        Figures("energy_b_wh_per_kg", energy_b, ENERGY_B_UNIT_NWH_PER_KG * 1e-9),
    )


def _facts_of(leg: Leg) -> dict[str, Any]:
    return {
        "from": leg.from_id,
        "to": leg.to_id,
        "duration_s": leg.path.duration_s,
        "distance_m": leg.path.distance_m,
        "streets": streets_of(leg.path),
    }


def _told(legs: Sequence[Leg], output: Path) -> str:
    rows = []
    for leg in legs:
        minutes, seconds = divmod(leg.path.duration_s, 60)
        km = kilometres(leg.path.distance_m)
        rows.append(f"{leg.from_id} to {leg.to_id}: {minutes}:{seconds:02} min, {km:.2f} km")
        rows += [
            f"{one['distance_m']:>8} m  {one['name'] or '(no name)'}"
            for one in streets_of(leg.path)
        ]
    whole = totals(legs)
    minutes, seconds = divmod(whole["duration_s"], 60)
    rows.append(f"in all: {minutes}:{seconds:02} min, {kilometres(whole['distance_m']):.2f} km")
    return "\n".join([*rows, f"Wrote {output}"])


def ask_reach(question: Question, origin: str, budget: Budget, status: Status) -> dict[str, Any]:
    """Write the area that can be reached from a place, and return what to say of it.

    Raises
    ------
    RobovanError
        If anything given is wrong, or the file cannot be written.
    """
    ready = prepare(question)
    place = parse_place(origin, ready.addresses)
    ready.provider.snapper.snap(origin, place)  # refuses it by the name that was given
    status.update("Weighing roads")
    reached = ready.provider.reach(place, ready.departure, budget.limit())
    roads_m = reached.length_m(ready.network)
    facts = {
        **ready.about(),
        "from": origin,
        "lon": place.lon,
        "lat": place.lat,
        **{name: value for name, value in asdict(budget).items() if value is not None},
        "roads_km": round(kilometres(roads_m), 3),
    }
    geometry = area_of(reached, ready.provider.snapper)
    feature = {"type": "Feature", "properties": facts, "geometry": geometry}
    write_text(question.output, json.dumps(feature, ensure_ascii=False) + "\n")
    return {**facts, "output": str(question.output)}

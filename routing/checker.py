"""The judge of every plan: derives everything again on its own and reports every violation.

Shares no code with `schedule.py`, `charging.py` or the solvers, on purpose, so that a mistake in
one shows in the other. It takes from a route only the order of visits and what the plan claims
about each; times, loads and energies are compared with what the matrices and the rules say. What
becomes of a plan with violations is the caller's affair.

The rules, stated a second time: goods are aboard from the start until served; service begins in a
window; a leg uses ``a + ceil(b * mass / 10**6)`` and auxiliary power for its duration, standing
uses auxiliary power except while charging, each rounded up; no battery falls below 0 or rises
above full or faster than its curve; the trip lies within the shift.
"""

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from routing.faults import check_problem
from routing.plan import Plan, Route, Violation, Visit, VisitKind
from routing.problem import UNREACHABLE_MIN, Matrices, Problem, Station, Vehicle, Window

__all__ = ["check", "check_problem"]

CHARGE_TOLERANCE_MWH = 1
"""How much more than the curve gives may be claimed: the curve's ratios are binary fractions."""


def check(problem: Problem, plan: Plan) -> tuple[Violation, ...]:
    """Return every rule that a plan breaks; empty for a plan that may be driven.

    Parameters
    ----------
    problem
        A problem without faults.
    plan
        Any plan, from any solver.

    Returns
    -------
    tuple of Violation
        Codes: ``vehicle``, ``shape``, ``twice``, ``missing``, ``unknown``, ``pinned``, ``place``,
        ``start``, ``timing``, ``unreachable``, ``window``, ``opening``, ``shift``, ``load``,
        ``capacity``, ``battery``, ``charge``, ``slack``, ``totals``, ``cost``.
    """
    found = [*_assignment(problem, plan)]
    known = [route for route in plan.routes if 0 <= route.vehicle < len(problem.vehicles)]
    for route in known:
        found += list(_shape(problem, route)) or _RouteCheck(problem, route).violations()
    if len(known) == len(plan.routes):
        found += _cost(problem, plan)
    return tuple(found)


def _assignment(problem: Problem, plan: Plan) -> Iterator[Violation]:
    """Check that every job is placed exactly once and every vehicle used at most once."""
    for vehicle, count in sorted(Counter(route.vehicle for route in plan.routes).items()):
        if not 0 <= vehicle < len(problem.vehicles):
            yield Violation("vehicle", vehicle, -1, f"there is no vehicle {vehicle}")
        elif count > 1:
            yield Violation("vehicle", vehicle, -1, f"it has {count} routes")
    times = Counter(unserved.job for unserved in plan.unserved)
    times.update(
        visit.index
        for route in plan.routes
        for visit in route.visits
        if visit.kind is VisitKind.JOB
    )
    for index, count in sorted(times.items()):
        if not 0 <= index < len(problem.jobs):
            yield Violation("unknown", -1, -1, f"there is no job {index}")
        elif count > 1:
            label = problem.jobs[index].label
            yield Violation("twice", -1, -1, f"job {label!r} is served or left out {count} times")
    for index, job in enumerate(problem.jobs):
        if index not in times:
            yield Violation("missing", -1, -1, f"job {job.label!r} is nowhere in the plan")


def _shape(problem: Problem, route: Route) -> Iterator[Violation]:
    """START first, END last, known jobs and stations between; places as the problem says."""
    vehicle = problem.vehicles[route.vehicle]
    kinds = [visit.kind for visit in route.visits]
    inner = kinds[1:-1]
    if (
        len(kinds) < 3
        or kinds[0] is not VisitKind.START
        or kinds[-1] is not VisitKind.END
        or VisitKind.START in inner
        or VisitKind.END in inner
    ):
        yield Violation("shape", route.vehicle, -1, "a route runs from START past visits to END")
        return
    for position, visit in enumerate(route.visits):
        place: int | None = None
        if visit.kind is VisitKind.START:
            place = vehicle.start_place
        elif visit.kind is VisitKind.END:
            place = vehicle.end_place
        elif visit.kind is VisitKind.JOB and 0 <= visit.index < len(problem.jobs):
            place = problem.jobs[visit.index].place
        elif visit.kind is VisitKind.CHARGE and 0 <= visit.index < len(problem.stations):
            place = problem.stations[visit.index].place
        if place is None:
            detail = f"there is no {visit.kind.value} {visit.index}"
            yield Violation("unknown", route.vehicle, position, detail)
        elif visit.place != place:
            detail = f"the plan says place {visit.place}, the problem {place}"
            yield Violation("place", route.vehicle, position, detail)


def _holds(windows: tuple[Window, ...], instant_s: int) -> bool:
    return any(window.begin_s <= instant_s <= window.end_s for window in windows)


class _RouteCheck:
    """All that can be wrong within one route of sound shape."""

    def __init__(self, problem: Problem, route: Route) -> None:
        self.problem = problem
        self.route = route
        self.vehicle: Vehicle = problem.vehicles[route.vehicle]
        self.matrices: Matrices = problem.matrices[self.vehicle.profile]
        self.found: list[Violation] = []

    def violations(self) -> list[Violation]:
        """Return all of them, sorted by visit."""
        self._ends()
        for position, visit in enumerate(self.route.visits):
            self._standing(position, visit)
            self._load(position, visit)
        self._legs()
        self._totals()
        self._slack()
        return sorted(self.found, key=lambda violation: violation.visit)

    def _report(self, code: str, visit: int, detail: str) -> None:
        self.found.append(Violation(code, self.route.vehicle, visit, detail))

    def _ends(self) -> None:
        """Check start and end against the shift and the battery's first charge."""
        first, last = self.route.visits[0], self.route.visits[-1]
        end = len(self.route.visits) - 1
        if first.departure_s < self.vehicle.start_s:
            early_s = self.vehicle.start_s - first.departure_s
            self._report("start", 0, f"it leaves {early_s} s before it may")
        if last.arrival_s > self.vehicle.shift_end_s:
            late_s = last.arrival_s - self.vehicle.shift_end_s
            self._report("shift", end, f"it ends {late_s} s after the shift")
        if first.battery_mwh_departure != self.vehicle.battery_mwh:
            held, said = self.vehicle.battery_mwh, first.battery_mwh_departure
            self._report("battery", 0, f"it starts with {held} mWh, the plan says {said}")

    def _standing(self, position: int, visit: Visit) -> None:
        """Check what happens at one place: order of instants, windows, service, battery."""
        if not visit.arrival_s <= visit.begin_s <= visit.departure_s:
            self._report("timing", position, "arrival, begin and departure are out of order")
            return
        if visit.kind is VisitKind.CHARGE:
            self._charging(position, visit, self.problem.stations[visit.index])
            used = self._auxiliary_mwh(visit.begin_s - visit.arrival_s)
            if min(visit.battery_mwh_arrival - used, visit.battery_mwh_departure) < 0:
                self._report("battery", position, "the usable energy falls below 0")
            return
        service_s = 0
        if visit.kind is VisitKind.JOB:
            job = self.problem.jobs[visit.index]
            service_s = job.service_s
            if job.vehicle is not None and job.vehicle != self.route.vehicle:
                self._report("pinned", position, f"{job.label!r} is aboard vehicle {job.vehicle}")
            if not _holds(job.windows, visit.begin_s):
                self._report("window", position, f"{visit.begin_s} s lies in none of its windows")
        if visit.departure_s != visit.begin_s + service_s:
            stood_s = visit.departure_s - visit.begin_s
            self._report("timing", position, f"service takes {service_s} s, the plan {stood_s} s")
        used = 0
        if visit.kind is not VisitKind.START:  # auxiliary power counts from the departure on
            used = self._auxiliary_mwh(visit.departure_s - visit.arrival_s)
        left = visit.battery_mwh_arrival - used
        if visit.battery_mwh_departure != left:
            said = visit.battery_mwh_departure
            self._report("battery", position, f"{left} mWh are left here, the plan says {said}")
        if min(left, visit.battery_mwh_departure) < 0:
            self._report("battery", position, "the usable energy falls below 0")

    def _charging(self, position: int, visit: Visit, station: Station) -> None:
        """Check one charge against opening hours, the full battery and the curve."""
        if station.opening and not _holds(station.opening, visit.begin_s):
            self._report("opening", position, f"the station is closed at {visit.begin_s} s")
        waited_s = visit.begin_s - visit.arrival_s
        before = visit.battery_mwh_arrival - self._auxiliary_mwh(waited_s)
        after = visit.battery_mwh_departure
        if after < before:
            self._report("charge", position, f"it holds less after the charge, {after} mWh")
        if station.full_recharge and after != self.vehicle.battery_mwh_max:
            full = self.vehicle.battery_mwh_max
            self._report("charge", position, f"it must charge up to {full} mWh, not {after}")
        power_w = min(self.vehicle.charge_power_w, station.power_w)
        reached = self._charged_mwh(before, power_w, visit.departure_s - visit.begin_s)
        if after > reached + CHARGE_TOLERANCE_MWH:
            self._report("charge", position, f"{reached:.0f} mWh can be reached, not {after}")

    def _charged_mwh(self, level_mwh: float, power_w: int, duration_s: float) -> float:
        """Return the energy after charging for a while, at most full: the curve forward in time."""
        curve = self.problem.curve
        for until, share in zip(curve.until_ratio, curve.power_ratio, strict=True):
            rate = power_w * share / 3.6  # watts are mWh in 3.6 s
            room = until * self.vehicle.battery_mwh_max - level_mwh
            if room <= 0 or rate <= 0:
                continue
            needed_s = room / rate
            if needed_s >= duration_s:
                return level_mwh + rate * duration_s
            level_mwh += room
            duration_s -= needed_s
        return level_mwh

    def _auxiliary_mwh(self, duration_s: int) -> int:
        return -(-self.vehicle.auxiliary_w * duration_s * 10 // 36)

    def _load(self, position: int, visit: Visit) -> None:
        """Check what is aboard on departure: the goods of all jobs still ahead."""
        ahead = [
            self.problem.jobs[later.index].demand
            for later in self.route.visits[position + 1 :]
            if later.kind is VisitKind.JOB
        ]
        load = tuple(
            sum(demand[dimension] for demand in ahead)
            for dimension in range(len(self.problem.dimensions))
        )
        if visit.load != load:
            self._report("load", position, f"{load} is aboard, the plan says {visit.load}")
        for name, aboard, room in zip(
            self.problem.dimensions, load, self.vehicle.capacity, strict=True
        ):
            if aboard > room:
                self._report("capacity", position, f"{aboard} of {name}, but room for {room}")

    def _legs(self) -> None:
        """Check driving between visits: road, duration, energy."""
        masses = self._masses_g()
        for position, (visit, following) in enumerate(pairwise(self.route.visits), start=1):
            pair = (visit.place, following.place)
            if self.matrices.duration_s[pair] >= UNREACHABLE_MIN:
                self._report("unreachable", position, f"no road leads from {pair[0]} to {pair[1]}")
                continue
            duration_s = int(self.matrices.duration_s[pair])
            if following.arrival_s != visit.departure_s + duration_s:
                said_s = following.arrival_s - visit.departure_s
                self._report("timing", position, f"driving takes {duration_s} s, not {said_s} s")
            energy = self._leg_mwh(pair, masses[position - 1])
            left = visit.battery_mwh_departure - energy
            if following.battery_mwh_arrival != left:
                said = following.battery_mwh_arrival
                self._report("battery", position, f"{left} mWh arrive, the plan says {said}")

    def _masses_g(self) -> list[int]:
        """Return the mass on the leg after each visit but the last."""
        masses = [self.vehicle.mass_g]
        for visit in reversed(self.route.visits[1:]):
            is_job = visit.kind is VisitKind.JOB
            goods_g = self.problem.jobs[visit.index].demand[0] if is_job else 0
            masses.append(masses[-1] + goods_g)
        return masses[:0:-1]

    def _leg_mwh(self, pair: tuple[int, int], mass_g: int) -> int:
        a = int(self.matrices.energy_a_mwh[pair])
        b = int(self.matrices.energy_b_uwh_per_kg[pair])
        driving_s = int(self.matrices.duration_s[pair])
        return a + (b * mass_g + 999_999) // 1_000_000 + self._auxiliary_mwh(driving_s)

    def _totals(self) -> None:
        """Check the route's sums against its own visits and the matrices."""
        visits = self.route.visits
        pairs = [(a.place, b.place) for a, b in pairwise(visits)]
        if any(self.matrices.duration_s[pair] >= UNREACHABLE_MIN for pair in pairs):
            return
        driven = sum(
            self._leg_mwh(pair, mass_g)
            for pair, mass_g in zip(pairs, self._masses_g(), strict=True)
        )
        stood = 0
        for visit in visits[1:]:
            until_s = visit.begin_s if visit.kind is VisitKind.CHARGE else visit.departure_s
            stood += self._auxiliary_mwh(until_s - visit.arrival_s)
        expected = {
            "distance_m": sum(int(self.matrices.distance_m[pair]) for pair in pairs),
            "duration_s": visits[-1].arrival_s - visits[0].departure_s,
            "energy_mwh": driven + stood,
        }
        for name, value in expected.items():
            said = getattr(self.route, name)
            if said != value:
                self._report("totals", -1, f"{name} is {value}, the plan says {said}")

    def _slack(self) -> None:
        """Check each slack by being that much later, and one second more."""
        if len(self.route.slack_s) != len(self.route.visits):
            self._report("slack", -1, "slack_s is not one per visit")
            return
        for position, slack_s in enumerate(self.route.slack_s):
            if slack_s < 0 or not self._in_time(position, slack_s):
                self._report("slack", position, f"a delay of {slack_s} s breaks a window")
            elif self._in_time(position, slack_s + 1):
                self._report("slack", position, f"a delay of {slack_s + 1} s breaks nothing")

    def _in_time(self, position: int, delay_s: int) -> bool:
        """Return whether the rest can be driven in time when one visit is reached later."""
        now_s = self.route.visits[position].arrival_s + delay_s
        for visit, following in zip(
            self.route.visits[position:], (*self.route.visits[position + 1 :], None), strict=True
        ):
            windows: tuple[Window, ...] = ()
            if visit.kind is VisitKind.JOB:
                windows = self.problem.jobs[visit.index].windows
            elif visit.kind is VisitKind.CHARGE:
                windows = self.problem.stations[visit.index].opening
            if windows:
                ahead = [max(now_s, w.begin_s) for w in windows if w.end_s >= now_s]
                if not ahead:
                    return False
                now_s = ahead[0]
            now_s += visit.departure_s - visit.begin_s
            if following is not None:
                now_s += following.arrival_s - visit.departure_s
        return now_s <= self.vehicle.shift_end_s


def _cost(problem: Problem, plan: Plan) -> Iterator[Violation]:
    """Check every term of the objective; each term of a route is rounded up."""
    fixed = time = distance = energy = 0
    for route in plan.routes:
        vehicle = problem.vehicles[route.vehicle]
        fixed += vehicle.price_fixed
        time += (vehicle.price_per_hour * route.duration_s + 3599) // 3600
        distance += (vehicle.price_per_km * route.distance_m + 999) // 1000
        energy += (vehicle.price_per_kwh * route.energy_mwh + 999_999) // 1_000_000
    left_out = [u.job for u in plan.unserved if 0 <= u.job < len(problem.jobs)]
    expected = {
        "fixed": fixed,
        "time": time,
        "distance": distance,
        "energy": energy,
        "unserved": sum(problem.jobs[job].unserved_price for job in left_out),
    }
    for name, value in expected.items():
        said = getattr(plan.cost, name)
        if said != value:
            yield Violation("cost", -1, -1, f"{name} is {value}, the plan says {said}")

"""What the checker holds against one route: instants, loads and energies, derived once more.

Takes the order of visits as given, and what the plan claims about each. Who may serve what, and
what routes share, is checked in the files beside.
"""

from itertools import pairwise

from routing.plan import Route, Violation, Visit, VisitKind
from routing.problem import UNREACHABLE_MIN, Job, Matrices, Problem, Station, Vehicle, Window

CHARGE_TOLERANCE_MWH = 1
"""How much more than the curve gives may be claimed: the curve's ratios are binary fractions."""


def route_violations(problem: Problem, route: Route) -> list[Violation]:
    """Return all that is wrong within one route of sound shape, sorted by visit."""
    return _RouteCheck(problem, route).violations()


def _job_holds(job: Job, instant_s: int) -> bool:
    """Return whether service may begin at an instant: in a window, or late at a price."""
    late = job.late_price_per_hour is not None and instant_s > job.windows[-1].end_s
    return late or _holds(job.windows, instant_s)


def _sum(goods: tuple[int, ...], more: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(one + other for one, other in zip(goods, more, strict=True))


def _holds(windows: tuple[Window, ...], instant_s: int) -> bool:
    return any(window.begin_s <= instant_s <= window.end_s for window in windows)


class _RouteCheck:
    """All that can be wrong within one route of sound shape."""

    def __init__(self, problem: Problem, route: Route) -> None:
        self.problem = problem
        self.route = route
        self.vehicle: Vehicle = problem.vehicles[route.vehicle]
        self.matrices: Matrices = problem.matrices[self.vehicle.profile]
        self.loads = self._expected_loads()
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
        for position, visit in ((0, first), (end, last)):
            if visit.arrival_s != visit.departure_s:
                stood_s = visit.departure_s - visit.arrival_s
                self._report("timing", position, f"nobody stands at an end, the plan {stood_s} s")
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
        if visit.kind is VisitKind.JOB:
            job = self.problem.jobs[visit.index]
            if not _job_holds(job, visit.begin_s):
                self._report("window", position, f"{visit.begin_s} s lies in none of its windows")
        service_s = self._service_s(position, visit)
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

    def _service_s(self, position: int, visit: Visit) -> int:
        """Return how long a job or a reload must last; check the depot's opening hours."""
        if visit.kind is VisitKind.JOB:
            return self.problem.jobs[visit.index].service_s
        if visit.kind is not VisitKind.RELOAD:
            return 0
        depot = self.problem.depots[visit.index]
        if depot.opening and not _holds(depot.opening, visit.begin_s):
            self._report("opening", position, f"the depot is closed at {visit.begin_s} s")
        rate = depot.loading_g_per_s
        goods_g = self.loads[position][0]
        return depot.reload_s + ((goods_g + rate - 1) // rate if rate else 0)

    def _charging(self, position: int, visit: Visit, station: Station) -> None:
        """Check one charge against opening hours, the full battery and the curve."""
        if station.opening and not _holds(station.opening, visit.begin_s):
            self._report("opening", position, f"the station is closed at {visit.begin_s} s")
        if station.swap_s is not None:
            self._swapping(position, visit, station.swap_s)
            return
        waited_s = visit.begin_s - visit.arrival_s
        before = visit.battery_mwh_arrival - self._auxiliary_mwh(waited_s)
        after = visit.battery_mwh_departure
        if after < before:
            self._report("charge", position, f"it holds less after the charge, {after} mWh")
        full = self.vehicle.battery_mwh_max
        if after > full:
            self._report("charge", position, f"a full battery holds {full} mWh, not {after}")
        elif station.full_recharge and after != full:
            self._report("charge", position, f"it must charge up to {full} mWh, not {after}")
        power_w = min(self.vehicle.charge_power_w, station.power_w)
        reached = self._charged_mwh(before, power_w, visit.departure_s - visit.begin_s)
        if after > reached + CHARGE_TOLERANCE_MWH:
            self._report("charge", position, f"{reached:.0f} mWh can be reached, not {after}")

    def _swapping(self, position: int, visit: Visit, swap_s: int) -> None:
        """Check one change of batteries."""
        stood_s = visit.departure_s - visit.begin_s
        if stood_s != swap_s:
            self._report("swap", position, f"a swap takes {swap_s} s, the plan {stood_s} s")
        full, said = self.vehicle.battery_mwh_max, visit.battery_mwh_departure
        if said != full:
            self._report(
                "swap", position, f"the new battery holds {full} mWh, the plan says {said}"
            )

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

    def _expected_loads(self) -> list[tuple[int, ...]]:
        """Return what is aboard on each departure: the goods of the jobs ahead in the same trip."""
        nothing = (0,) * len(self.problem.dimensions)
        ahead, loads = nothing, [nothing] * len(self.route.visits)
        for position, visit in reversed(list(enumerate(self.route.visits))):
            loads[position] = ahead
            if visit.kind is VisitKind.RELOAD:
                ahead = nothing
            elif visit.kind is VisitKind.JOB:
                ahead = _sum(ahead, self.problem.jobs[visit.index].demand)
        for position, visit in enumerate(self.route.visits):
            if visit.kind is VisitKind.RELOAD or not self.vehicle.aboard:
                break
            loads[position] = _sum(loads[position], self.vehicle.aboard)
        return loads

    def _load(self, position: int, visit: Visit) -> None:
        """Check what is aboard on departure."""
        load = self.loads[position]
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
        return [self.vehicle.mass_g + load[0] for load in self.loads[:-1]]

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
            windows = self._windows(visit)
            late = (
                visit.kind is VisitKind.JOB
                and self.problem.jobs[visit.index].late_price_per_hour is not None
            )
            if windows and not (late and now_s > windows[-1].end_s):
                ahead = [max(now_s, w.begin_s) for w in windows if w.end_s >= now_s]
                if not ahead:
                    return False
                now_s = ahead[0]
            now_s += visit.departure_s - visit.begin_s
            if following is not None:
                now_s += following.arrival_s - visit.departure_s
        return now_s <= self.vehicle.shift_end_s

    def _windows(self, visit: Visit) -> tuple[Window, ...]:
        """Return when a visit may begin; none for always."""
        if visit.kind is VisitKind.JOB:
            return self.problem.jobs[visit.index].windows
        if visit.kind is VisitKind.CHARGE:
            return self.problem.stations[visit.index].opening
        if visit.kind is VisitKind.RELOAD:
            return self.problem.depots[visit.index].opening
        return ()

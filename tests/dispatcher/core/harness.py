"""A whole day of one depot in virtual time: the dispatch core, the toy planner and toy vans.

``Day`` carries decisions out and hands facts back, and holds the core to its promises after every
event (``watch``).
"""

import heapq
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from dispatcher.core.decisions import (
    CancelTrip,
    Decision,
    Forecast,
    Load,
    Publish,
    Report,
    SendTrip,
    Solve,
    Withdraw,
)
from dispatcher.core.dispatch import Dispatch
from dispatcher.core.events import (
    Configured,
    Event,
    ForecastFinished,
    ParcelAnnounced,
    Restarted,
    SolveFailed,
    SolveFinished,
    Tick,
    TripWithdrawn,
)
from dispatcher.core.parcels import FINAL, Parcel, ParcelStatus
from dispatcher.core.settings import Depot, DepotSetup, PlanSettings, Station, VanSetup
from maps.places import LonLat
from maps.units import Instant, Seconds, later
from tests.dispatcher.core.toy_city import ToyPlanner, at
from tests.dispatcher.core.toy_van import ToyVan
from tests.dispatcher.core.watch import Watch
from vehicles.spec import VanSpec

T0 = Instant(1_772_434_800_000)  # 2026-03-02T07:00:00Z
HOUR_S = 3600
TICKS_MAX = 3
EVENTS_MAX = 50_000

SPEC = VanSpec(
    model="toy",
    manufacturer="toys",
    payload_g=100_000,
    volume_ml=1_000_000,
    lockers=(0, 0, 0, 0),
    curb_mass_g=1_000_000,
    battery_mwh=20_000_000,
    reserve_ratio=0.1,
    charge_power_w=11_000,
    auxiliary_w=500,
    speed_mps_max=10.0,
    rolling_coefficient=0.01,
    drag_area_m2=2.0,
    efficiency_ratio=0.9,
    stop_loss_ratio=0.3,
    source="made up",
)
DEPOT = Depot(
    "dep", at(0, 0), "Europe/Helsinki", docks=2, loading_s=300, plugs=1, plug_power_w=11_000
)


def minutes(count: float) -> Instant:
    """Return the instant so many minutes into the day."""
    return later(T0, Seconds(round(count * 60)))


def setup_of(
    vans: int = 2, *, settings: PlanSettings | None = None, battery_mwh: int = 16_000_000
) -> DepotSetup:
    """Return a depot with some equal vans whose shift lasts twelve hours."""
    return DepotSetup(
        depot=DEPOT,
        vans=tuple(
            VanSetup(f"van-{n}", SPEC, battery_mwh, T0, later(T0, Seconds(12 * HOUR_S)))
            for n in range(vans)
        ),
        stations=(Station("station-1", at(2_000, 0), 22_000, 2),),
        settings=settings or PlanSettings(wave_parcels=6, wave_age_s=600, retry_s=300),
    )


def parcel(
    name: str | int,
    place: LonLat | None = None,
    *,
    ready: float = 0,
    begin: float = 0,
    until: float = 240,
    mass_g: int = 2_000,
    consignee: str | None = None,
) -> Parcel:
    """Return a parcel; instants are minutes into the day."""
    return Parcel(
        parcel_id=f"p-{name}",
        depot_id="dep",
        consignee_id=consignee or f"c-{name}",
        place=place or at(500, 500),
        label=f"door {name}",
        mass_g=mass_g,
        volume_ml=1_000,
        locker="none",
        ready_at=minutes(ready),
        due_from=minutes(begin),
        due_until=minutes(until),
        service_s=60,
        priority=0,
    )


@dataclass(order=True)
class _Due:
    at: Instant
    number: int
    act: Callable[[], None]


class Day:
    """A depot, its vans and a planner, in virtual time.

    Attributes
    ----------
    log
        Every event handled, with its instant and the decisions: what a journal would hold.
    fail_solves
        How many of the next questions get no answer.
    latency_s
        How long the planner takes.
    warehouse_s
        How long the warehouse takes to say that it loads no more of a trip; None: for ever.
    """

    def __init__(self, setup: DepotSetup | None = None, *, connected: bool = True) -> None:
        self.setup = setup or setup_of()
        self.core, self.planner, self.watch = Dispatch(), ToyPlanner(), Watch()
        self.now = T0
        self.log: list[tuple[Instant, Event, tuple[Decision, ...]]] = []
        self.reports: list[Report] = []
        self.loads: list[Load] = []
        self.solves: list[Solve] = []
        self.fail_solves = 0
        self.latency_s = 20
        self.warehouse_s: int | None = 5
        self.withdraws: list[Withdraw] = []
        self.vans = {
            van.van_id: ToyVan(van.van_id, van.spec, self.setup.depot.place, van.battery_mwh)
            for van in self.setup.vans
        }
        self._queue: list[_Due] = []
        self._number = 0
        self.send(Configured(self.setup))
        if connected:
            for van in self.vans.values():
                van.connect(self.now)
            self._hear()

    # Events

    def plan_at(self, when: Instant, act: Callable[[], None]) -> None:
        """Do something at an instant."""
        self._number += 1
        heapq.heappush(self._queue, _Due(max(when, self.now), self._number, act))

    def announce(self, *parcels: Parcel) -> None:
        """Announce parcels now."""
        for one in parcels:
            self.send(ParcelAnnounced(one))

    def send(self, event: Event) -> tuple[Decision, ...]:
        """Hand the core an event and carry out what it decides."""
        assert len(self.log) < EVENTS_MAX, "the day never ends"
        decisions = self.core.handle(event, self.now)
        self.log.append((self.now, event, decisions))
        self.watch.look(self.core, decisions)
        if not isinstance(event, Configured):  # after that, what is overdue waits for the tick
            self.watch.look_at_clock(self.core, self.now)
        for decision in decisions:
            if isinstance(decision, Publish) and decision.number == 1:
                self._begin_parcel(decision.parcel_id)
            self._carry_out(decision)
        return decisions

    def _begin_parcel(self, parcel_id: str) -> None:
        """Let vans know nothing of an earlier parcel of this name, which is forgotten."""
        for van in self.vans.values():
            van.delivered.pop(parcel_id, None)

    def _carry_out(self, decision: Decision) -> None:
        match decision:
            case SendTrip(wish):
                self.vans[wish.van_id].wish(wish, self.now)
            case CancelTrip(van_id, trip_id):
                self.vans[van_id].cancel(trip_id, self.now)
            case Solve(request):
                self.solves.append(decision)
                answer: Event = SolveFailed(request.request_id, "a worker died")
                if self.fail_solves > 0:
                    self.fail_solves -= 1
                else:
                    answer = SolveFinished(self.planner.plan(request))
                self._answer(answer)
            case Forecast(forecast):
                self._answer(ForecastFinished(self.planner.forecast(forecast)))
            case Report():
                self.reports.append(decision)
            case Load():
                self.loads.append(decision)
            case Withdraw():
                self.withdraws.append(decision)
                if self.warehouse_s is not None:
                    at = later(self.now, Seconds(self.warehouse_s))
                    self.plan_at(at, partial(self._withdraw, decision))
            case _:
                pass

    def _withdraw(self, asked: Withdraw) -> None:
        """Load no more of a trip, and say what is in its van already."""
        loaded = self.vans[asked.van_id].withdraw(asked.trip_id)
        self.send(TripWithdrawn(asked.trip_id, loaded))

    def _answer(self, answer: Event) -> None:
        self.plan_at(later(self.now, Seconds(self.latency_s)), lambda: self._send_only(answer))

    def _send_only(self, event: Event) -> None:
        self.send(event)

    def _hear(self) -> None:
        """Hand on what the vans have told, until they have nothing more to say."""
        while any(van.told for van in self.vans.values()):
            for van in self.vans.values():
                facts, van.told = van.told, []
                for fact in facts:
                    self.send(fact)

    # Time

    def run(self, until: Instant) -> None:
        """Let time pass until an instant."""
        ticks = 0
        while True:
            self._hear()
            at, act = self._next()
            if at is None or at > until:
                break
            ticks = 0 if at > self.now else ticks
            if act is None:
                ticks += 1
                assert ticks <= TICKS_MAX, "the core wants to be woken for nothing"
            self.now = at
            if act is None:
                self.send(Tick())
            else:
                act()
        self.now = max(self.now, until)

    def _next(self) -> tuple[Instant | None, Callable[[], None] | None]:
        """Return what comes next: something planned, a van, or the core's wakeup."""
        found: list[tuple[Instant, int, Callable[[], None] | None]] = []
        if self._queue:
            found.append((self._queue[0].at, 0, self._pop))
        for van in self.vans.values():
            at = van.next_at(self.now)
            if at is not None:
                found.append((at, 1, partial(self._step, van)))
        wakeup = self.core.next_wakeup()
        if wakeup is not None:
            found.append((max(wakeup, self.now), 2, None))
        if not found:
            return None, None
        at, _, act = min(found, key=lambda one: one[:2])
        return at, act

    def _step(self, van: ToyVan) -> None:
        van.step(self.now)
        held = Counter(parcel_id for one in self.vans.values() for parcel_id in one.aboard)
        assert all(count == 1 for count in held.values()), "a parcel is in two vans"
        assert not any(one.delivered.keys() & held.keys() for one in self.vans.values())

    def _pop(self) -> None:
        heapq.heappop(self._queue).act()

    # What can happen

    def restart(self) -> None:
        """Kill the core and begin again from the log: it must decide the same once more."""
        again = Dispatch()
        for handled_at, event, decisions in self.log:
            assert again.handle(event, handled_at) == decisions
        assert again.snapshot(self.now) == self.core.snapshot(self.now)
        assert again.next_wakeup() == self.core.next_wakeup()
        self.core = again
        for van in self.vans.values():
            van.disconnect(self.now, tell=False)
        self.send(Restarted())
        for van in self.vans.values():
            van.connect(self.now)

    def drain(self, hours: int = 30) -> None:
        """Let everything become well again, and the day come to its end."""
        for van in self.vans.values():
            van.keeps_trips, van.refusals, van.slowness = False, 0, 1.0
            van.free(self.now)
            if not van.connected:
                van.connect(self.now)
        self.fail_solves = 0
        for _ in range(hours):
            self.run(later(self.now, Seconds(HOUR_S)))
            if not self._is_anything_open():
                break

    def _is_anything_open(self) -> bool:
        state = self.core.state
        open_parcels = any(entry.status not in FINAL for entry in state.book.entries())
        open_trips = any(not trip.charging_only for trip in state.live_trips())
        astray = any(van.astray for van in state.van_list())
        return open_parcels or open_trips or astray or bool(state.solves or state.forecasts)

    # What has become of it

    def status(self, name: str | int) -> ParcelStatus:
        """Return a parcel's status."""
        return self.core.state.book[f"p-{name}"].status

    def statuses(self) -> Counter[str]:
        """Return how many parcels have which status."""
        return Counter(entry.status.value for entry in self.core.state.book.entries())

    def names(self) -> list[str]:
        """Return the names of all reports, in order."""
        return [report.name for report in self.reports]

    def check_end(self) -> None:
        """Check that the day has come to its end, and the vans agree with the book."""
        state = self.core.state
        for entry in state.book.entries():
            assert entry.status in FINAL, f"{entry.parcel.parcel_id} is {entry.status} for ever"
        handed_over = {pid for van in self.vans.values() for pid in van.delivered}
        believed = {
            entry.parcel.parcel_id
            for entry in state.book.entries()
            if entry.status is ParcelStatus.DELIVERED
        }
        if self.core.state.book.forgotten_count:
            assert believed <= handed_over
        else:
            assert believed == handed_over
        for van in state.van_list():
            assert not van.astray
            assert van.upcoming is None
        assert not state.solves
        assert not state.forecasts
        assert all(trip.charging_only for trip in state.live_trips())


def day_with_trip(
    count: int = 4, *, until: float = 12, settings: PlanSettings | None = None, due: float = 240
) -> Day:
    """Return a day of one van that has left with a trip to some stops in a row."""
    day = Day(setup_of(1, settings=settings))
    day.announce(*(parcel(n, at(1_000 * (n + 1), 400 * n), until=due) for n in range(count)))
    day.run(minutes(until))
    return day

"""Whatever happens on a day, and in whatever order: promises hold, and everything ends.

``Watch`` looks at the core after every event; here is what can happen. What is told twice, late,
by strangers or makes no sense is thrown in among what the vans really do.
"""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from dispatcher.core.events import (
    AnnouncementRefused,
    CancelAsked,
    Configured,
    Event,
    ForecastFinished,
    HoldAsked,
    ParcelAnnounced,
    ReleaseAsked,
    RoadsChanged,
    SolveFailed,
    SolveFinished,
    Tick,
    TripLoaded,
)
from dispatcher.core.holding import in_force
from dispatcher.core.holds import HoldKind
from dispatcher.core.policies.registry import BATCHING, CHARGING
from dispatcher.core.requests import ForecastResult, PlanResult, TripForecast
from dispatcher.core.settings import PlanSettings
from maps.incidents import Incident
from tests.dispatcher.core.harness import T0, Day, minutes, parcel, setup_of
from tests.dispatcher.core.toy_city import at
from vehicles.facts import (
    ActionEnded,
    ChargeChanged,
    NodePassed,
    OrderEchoed,
    OrderRefused,
    TripCancelled,
    VanMobile,
)

PLACES = [at(400, 300), at(-600, 900), at(1500, -400), at(2500, 2500), at(0, 0), at(9000, 9000)]

places = st.sampled_from(PLACES)
van_ids = st.sampled_from(["van-0", "van-1"])
parcel_numbers = st.integers(0, 11)

announcements = st.builds(
    lambda n, place, ready, begin, width, mass, together: (
        "announce",
        parcel(
            n,
            place,
            ready=ready,
            begin=begin,
            until=begin + width,
            mass_g=mass,
            consignee="same" if together else None,
        ),
    ),
    parcel_numbers,
    places,
    st.sampled_from([0, 0, 30, 90]),
    st.sampled_from([0, 0, 45]),
    st.sampled_from([20, 60, 60, 200, 200]),
    st.sampled_from([1_000, 40_000, 99_000, 120_000]),
    st.booleans(),
)
troubles = st.one_of(
    st.tuples(
        st.sampled_from(
            [
                *["cancel", "absent", "unloadable", "found", "twice"],
                *["hold_parcel", "release_parcel"],
            ]
        ),
        parcel_numbers,
    ),
    st.tuples(
        st.sampled_from(
            [
                *["stick", "free", "lose", "see", "forget", "refuse", "keep", "slow", "empty"],
                *["hold", "release"],
            ]
        ),
        van_ids,
    ),
    st.tuples(st.sampled_from(["incident", "closed"]), places),
    st.tuples(
        st.sampled_from(
            [
                *["restart", "fail", "late_facts", "foreign", "nonsense", "bad_plan"],
                *["again", "tick", "otherwise", "hold_depot", "release_depot"],
            ]
        ),
        st.integers(0, 30),
    ),
)
timelines = st.lists(
    st.tuples(
        st.sampled_from([0, 0, 1, 2, 5, 11]), st.one_of(announcements, announcements, troubles)
    ),
    min_size=20,
    max_size=60,
)
setups = st.builds(
    lambda vans, charge, plugs, wave: replace(
        setup_of(vans, settings=wave, battery_mwh=charge),
        depot=replace(setup_of().depot, plugs=plugs),
    ),
    st.integers(1, 2),
    st.sampled_from([16_000_000, 16_000_000, 5_000_000]),
    st.integers(0, 2),
    st.sampled_from(
        [
            PlanSettings(wave_parcels=2, wave_age_s=600, retry_s=300),
            PlanSettings(wave_parcels=40, wave_age_s=300, retry_s=120, replan_cooldown_s=60),
            PlanSettings(batching="size", wave_parcels=5, wave_due_slack_s=900, retry_s=120),
            PlanSettings(batching="timer", wave_interval_s=600, charging="opportunity"),
            PlanSettings(batching="due-slack", wave_due_slack_s=1800, charging="overnight-full"),
            PlanSettings(batching="must-go", wave_due_slack_s=1200, wave_interval_s=600),
            PlanSettings(batching="must-go", wave_due_slack_s=2400, replanning=False),
        ]
    ),
)


class Fate:
    """Makes happen to a day what a timeline says."""

    def __init__(self, day: Day) -> None:
        self.day = day
        self.incident_count = 0

    def strike(self, kind: str, what: object) -> None:
        day = self.day
        if kind == "announce":
            day.send(ParcelAnnounced(what))  # type: ignore[arg-type]
        elif isinstance(what, str):
            if what in day.vans:
                self._van(kind, what)
        elif isinstance(what, int):
            self._number(kind, what)
        else:
            self._roads(kind, what)

    def _van(self, kind: str, van_id: str) -> None:
        van, now = self.day.vans[van_id], self.day.now
        if kind in ("hold", "release"):
            self._hold(kind, van_id)
        elif kind == "stick":
            van.stick(now)
        elif kind == "free":
            van.free(now)
        elif kind == "lose":
            van.disconnect(now)
        elif kind == "see" and not van.connected:
            van.connect(now)
        elif kind == "forget":
            van.lose_memory(now)
        elif kind == "refuse":
            van.refusals += 2
        elif kind == "keep":
            van.keeps_trips = True
        elif kind == "slow":
            van.slowness = 3.0
        elif kind == "empty":
            van.battery_mwh = min(van.battery_mwh, 3_000_000)
            self.day.send(ChargeChanged(van_id, now, van.battery_mwh, False))

    def _hold(self, kind: str, subject_id: str) -> None:
        verb, _, what = kind.partition("_")
        event = HoldAsked if verb == "hold" else ReleaseAsked
        self.day.send(event(HoldKind(what or "van"), subject_id, "ann", "to see"))

    def release_all(self) -> None:
        for one in in_force(self.day.core.state):
            self.day.send(ReleaseAsked(one.kind, one.subject_id, "ann", "all is well"))

    def _roads(self, kind: str, place: object) -> None:
        self.incident_count += 1
        now = self.day.now
        ratio = 0.0 if kind == "closed" else 0.2
        self.day.send(
            RoadsChanged(
                Incident(
                    f"inc-{self.incident_count % 3}",
                    (place,),  # type: ignore[arg-type]
                    1500,
                    ratio,
                    now if self.incident_count % 2 else minutes((now - T0) / 60_000 + 5),
                    minutes((now - T0) / 60_000 + 40),
                )
            )
        )

    def _number(self, kind: str, number: int) -> None:
        day, parcel_id = self.day, f"p-{number}"
        if kind.startswith(("hold_", "release_")):
            self._hold(kind, parcel_id if kind.endswith("parcel") else "dep")
        elif kind == "cancel":
            day.send(CancelAsked(parcel_id, "changed my mind"))
        elif kind == "twice":
            day.send(AnnouncementRefused(parcel_id, ("mass_kg is negative",)))
        elif kind in ("absent", "unloadable", "found"):
            self._trouble(kind, parcel_id)
        elif kind == "restart":
            day.restart()
        elif kind == "fail":
            day.fail_solves += 1
        elif kind == "tick":
            day.send(Tick())
        elif kind == "again":
            day.send(Configured(day.setup))
        elif kind == "otherwise":
            names = list(BATCHING)
            changed = replace(
                day.setup.settings,
                batching=names[number % len(names)],
                charging=list(CHARGING)[number % len(CHARGING)],
                replanning=number % 2 == 0,
            )
            day.setup = replace(day.setup, settings=changed)
            day.send(Configured(day.setup))
        elif kind == "bad_plan":
            self._bad_plan(number)
        else:
            for event in strange_facts(day, kind, number):
                day.send(event)

    def _trouble(self, kind: str, parcel_id: str) -> None:
        for van in self.day.vans.values():
            if kind == "found":
                van.unloadable.clear()
            else:
                getattr(van, kind).add(parcel_id)

    def _bad_plan(self, number: int) -> None:
        """Answer the newest question wrongly, or one that nobody asked."""
        asked = list(self.day.core.state.solves)
        request_id = asked[-1] if asked and number % 2 else f"dep/plan-{number}"
        violations = () if number % 3 else ("window: van-0, visit 2: late",)
        self.day.send(SolveFinished(PlanResult(request_id, (), (), violations, ())))
        self.day.send(SolveFailed(f"dep/replan-{number}", "late"))
        forecasts = list(self.day.core.state.forecasts)
        asked_id = forecasts[-1] if forecasts else "dep/forecast-1"
        trips = (TripForecast("van-0", (1,), (1, 2, 3)), TripForecast("van-9", (), ()))
        self.day.send(ForecastFinished(ForecastResult(asked_id, trips)))


def strange_facts(day: Day, kind: str, number: int) -> list[Event]:
    """Return facts that are late, of strangers, or make no sense."""
    now, state = day.now, day.core.state
    if kind == "late_facts":
        told = [event for _, event, _ in day.log if hasattr(event, "trip_id")]
        wanted = (NodePassed, ActionEnded, OrderEchoed)
        return [event for event in told[-number:] if isinstance(event, wanted)]
    live = state.live_trips()
    trip_id = live[number % len(live)].trip_id if live else "van-0/none"
    if kind == "foreign":
        over = [trip_id for trip_id in state.trips if trip_id not in state.live]
        past = over[-1] if over else "van-0/none"
        other = "van-1" if trip_id.startswith("van-0") else "van-0"
        return [
            NodePassed(other, now, trip_id, number, 1_000_000) if live else Tick(),
            NodePassed("stranger", now, trip_id, 1, 1),
            VanMobile("stranger", now),
            TripCancelled(past.partition("/")[0], now, past),
            OrderRefused(past.partition("/")[0], now, past, 0, "orderError", "late"),
            TripLoaded(past, ("p-0", "p-99")),
            TripLoaded("no-such-trip", ()),
        ]
    van_id = trip_id.partition("/")[0]
    return [
        NodePassed(van_id, now, trip_id, 10_000 + number, 5),
        NodePassed(van_id, now, trip_id, -2, 5_000_000),
        ActionEnded(van_id, now, trip_id, f"{trip_id}/dance/{number}", bool(number % 2), "why"),
        OrderRefused(van_id, now, trip_id, 7, "orderUpdateError", "no"),
        OrderEchoed(van_id, now, "nothing", 3),
    ]


@settings(max_examples=80)
@given(setups, timelines)
def test_whatever_happens_promises_hold_and_everything_ends(setup, timeline):
    live(Day(setup), timeline)


@settings(max_examples=30)
@given(st.integers(1, 2), st.sampled_from([1, 120, 1200]), timelines)
def test_also_where_what_has_ended_is_soon_forgotten(vans, keep_ended_s, timeline):
    known = PlanSettings(wave_parcels=40, wave_age_s=300, retry_s=120, keep_ended_s=keep_ended_s)
    live(Day(setup_of(vans, settings=known)), timeline)


def live(day, timeline):
    fate = Fate(day)
    for gap_min, (kind, what) in timeline:
        day.run(minutes((day.now - T0) / 60_000 + gap_min))
        fate.strike(kind, what)
    fate.release_all()
    day.drain()
    day.check_end()
    assert sum(day.statuses().values()) == len(day.core.state.book)

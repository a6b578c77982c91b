"""The dispatch core of one depot: ``handle`` an event, get decisions; read ``next_wakeup``.

It holds the table from events to rules and the list of phases that follow every event, and
nothing else. The same object runs live, in a simulated city, and again from a journal.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from dispatcher.core import (
    adopting,
    confirming,
    driving,
    forgetting,
    holding,
    homing,
    intake,
    loading,
    planning,
    presence,
    recalling,
    repairing,
    showing,
    tracking,
)
from dispatcher.core.decisions import Decision, Forecast, Reject, Report, SendTrip, Solve
from dispatcher.core.events import (
    AnnouncementRefused,
    CancelAsked,
    Configured,
    Event,
    ForecastFinished,
    HoldAsked,
    ParcelAnnounced,
    ReleaseAsked,
    Restarted,
    RoadsChanged,
    SolveFailed,
    SolveFinished,
    Tick,
    TripLoaded,
    TripWithdrawn,
)
from dispatcher.core.invariants import check
from dispatcher.core.model import IN_FORCE
from dispatcher.core.parcels import ParcelStatus
from dispatcher.core.settings import DepotSetup
from dispatcher.core.snapshot import Overview, Snapshot
from dispatcher.core.state import AT_ONCE, DepotState
from maps.units import Instant, Seconds
from vehicles.facts import (
    ActionEnded,
    ChargeChanged,
    ChargingTold,
    LimitsTold,
    NodePassed,
    OrderEchoed,
    OrderRefused,
    TripCancelled,
    VanLost,
    VanMobile,
    VanSeen,
    VanStuck,
    is_fact,
)

Rule = Callable[[DepotState, Any, Instant], tuple[Decision, ...]]
"""Takes the depot's state, an event of its kind and the present instant."""


@dataclass
class Dispatch:
    """One depot's dispatch. The first event must be ``Configured``.

    All of it are plain values, so that it can be put into a snapshot as it stands.
    """

    _state: DepotState | None = None
    _events_handled: int = 0
    _now: Instant = AT_ONCE

    @property
    def state(self) -> DepotState:
        """Return the depot's state.

        Raises
        ------
        InvariantBroken
            If no ``Configured`` was handled yet.
        """
        check(self._state is not None, "the first event of a depot must be Configured")
        assert self._state is not None
        return self._state

    def handle(self, event: Event, now: Instant) -> tuple[Decision, ...]:
        """Handle one event and return what is to be done, in order.

        Parameters
        ----------
        event
            What happened.
        now
            The present instant; never earlier than at the call before.

        Returns
        -------
        tuple[Decision, ...]
            Decisions for the shell to carry out.

        Raises
        ------
        InvariantBroken
            If the program contradicts itself.
        """
        self._now = now = max(now, self._now)
        self._events_handled += 1
        if isinstance(event, Configured):
            self._configure(event.setup, now)
            return ()
        decisions = (*self._apply(event, now), *self._phases(now))
        forgetting.forget(self.state, now)
        return decisions

    def next_wakeup(self) -> Instant | None:
        """Return the instant at which a ``Tick`` is due, or None if nothing is planned."""
        state = self._state
        if state is None:
            return None
        instants = [
            *planning.wakeups(state),
            state.arrivals.first(),
            state.wakes.first(),
            state.away.first(),
            state.unconfirmed.first(),
            *state.road_instants[:1],
            *state.shift_instants[:1],
        ]
        return min([instant for instant in instants if instant is not None], default=None)

    def snapshot(self, now: Instant) -> Snapshot:
        """Return everything known, as of ``now``."""
        return showing.show(self.state, now, events_handled=self._events_handled)

    def overview(self, now: Instant) -> Overview:
        """Return how the depot is doing as of ``now``: the counts of a snapshot, made quickly."""
        return showing.overview(self.state, now, events_handled=self._events_handled)

    def _configure(self, setup: DepotSetup, now: Instant) -> None:
        """Set the depot up, or change its settings and fleet; vans keep their trips.

        What was planned for a van's next trip, in a shift that it no longer has, is planned anew.
        """
        if self._state is None:
            self._state = DepotState(setup)
        self._state.set_up(setup)
        for van in self._state.van_list():
            if van.upcoming is not None and not planning.is_in_shift(van, van.upcoming.route):
                planning.give_to_others(self._state, van.van_id, "has another shift")
                self._state.retry_at = now

    def _apply(self, event: Event, now: Instant) -> tuple[Decision, ...]:
        """Apply the rule for one event; vans of other depots are none of our business."""
        state = self.state
        if is_fact(event) and event.van_id not in state.vans:
            return (Report("unknown_van", event.van_id, type(event).__name__),)
        return RULES[type(event)](state, event, now)

    def _phases(self, now: Instant) -> tuple[Decision, ...]:
        """Do what every event may have made possible, from top to bottom."""
        state = self.state
        return (
            *planning.close_wave(state, now),
            *planning.give_up(state, now),
            *homing.ask(state, now),
            *planning.start_upcoming(state, now),
            *planning.ask(state, now),
            *planning.charge_idle(state, now),
        )


def _announced(state: DepotState, event: ParcelAnnounced, now: Instant) -> tuple[Decision, ...]:
    """Take a parcel on or reject it."""
    return intake.announce(state.book, event, now, setup=state.setup)


def _refused(state: DepotState, event: AnnouncementRefused, now: Instant) -> tuple[Decision, ...]:
    """Keep an announcement that is no parcel."""
    return intake.refuse(state.book, event, now)


def _cancel(state: DepotState, event: CancelAsked, now: Instant) -> tuple[Decision, ...]:
    """Cancel a parcel; what was planned or ordered with it is planned without it."""
    parcel_id = event.parcel_id
    before, late = state.book.get(parcel_id), recalling.too_late(state, parcel_id)
    if late is not None:
        return (Reject(parcel_id, (late,)),)
    answered = intake.cancel(state.book, event, now)
    if before is None:
        return answered
    entry = state.book[parcel_id]
    if entry.status is ParcelStatus.RETURNING:
        answered = (*answered, *recalling.leave_out(state, parcel_id))
    if entry.status is before.status:
        return answered
    cause = f"parcel {parcel_id} is cancelled"
    if before.van_id is not None and planning.is_upcoming(before, state):
        planning.give_to_others(state, before.van_id, f"has less to bring: {cause}")
    if entry.status is ParcelStatus.RETURNING and entry.trip_id is not None:
        return (*answered, *repairing.ask_replan(state, (entry.trip_id,), cause, now))
    return answered


def _solved(state: DepotState, event: SolveFinished, now: Instant) -> tuple[Decision, ...]:
    """Adopt a plan, if it still holds."""
    return adopting.adopt(state, event.result, now)


def _not_solved(state: DepotState, event: SolveFailed, now: Instant) -> tuple[Decision, ...]:
    """Go on without an answer."""
    report = Report("plan_failed", event.request_id, event.cause)
    if state.forecasts.pop(event.request_id, None) is not None:
        return (report,)
    pending = state.take_answered(event.request_id)
    return () if pending is None else (report, *adopting.failed(state, pending, now))


def _forecast(state: DepotState, event: ForecastFinished, now: Instant) -> tuple[Decision, ...]:
    """See what the roads do to the trips under way."""
    return repairing.on_forecast(state, event.result, now)


def _tick(state: DepotState, _: Tick, now: Instant) -> tuple[Decision, ...]:
    """Do what was due at an instant: try again, put off overdue arrivals, mind the roads."""
    if state.retry_at is not None and now >= state.retry_at:
        state.retry_at = None
        state.ask_pool("parcels left out before")
    state.shift_instants = tuple(at for at in state.shift_instants if at > now)
    for van_id in state.wakes.take_due(now):
        _end_rest(state, van_id, now)
    decisions = [*repairing.road_hour(state, now), *loading.look_for_missed(state, now)]
    decisions += confirming.look_for_ignored(state, now)
    for trip_id in state.arrivals.take_due(now):
        overdue_s = Seconds(state.setup.settings.overdue_s)
        trip = tracking.put_off(state.trips[trip_id], now, by_s=overdue_s)
        state.keep_trip(trip)
        if trip.status in IN_FORCE:  # an update may have been refused; what is known costs nothing
            decisions.append(SendTrip(trip.wish))
        decisions += repairing.mend(state, trip_id, now)
        if planning.is_let_down(state, trip.van_id, now):
            state.ask_pool(f"{trip.van_id} will be late for its next trip")
    return tuple(decisions)


def _end_rest(state: DepotState, van_id: str, now: Instant) -> None:
    """Let a van be given trips or turns at the charger again."""
    van = state.vans[van_id]
    rests = van.rests_until is not None and van.rests_until > now
    unplugged = van.unplugged_until is not None and van.unplugged_until > now
    state.change_van(
        van_id,
        rests_until=van.rests_until if rests else None,
        unplugged_until=van.unplugged_until if unplugged else None,
    )
    state.wake_van(van_id, now)
    state.ask_pool(f"{van_id} is rested")


def _restarted(state: DepotState, _: Restarted, now: Instant) -> tuple[Decision, ...]:
    """Know no van until it speaks, and ask again what was not answered.

    What was planned for vans' next trips is planned anew: a van may never speak again. First come
    the questions about vans on the road: these stand in the street until they are answered, and the
    one about all that waits at the depot may take longer than we live.
    """
    for van in state.van_list():
        planning.give_to_others(state, van.van_id, "is unknown after the restart")
        state.change_van(van.van_id, known=False)
        loading.miss(state, van.van_id, now)
    pending_solves = sorted(state.solves.values(), key=lambda pending: pending.is_pool)
    solves = [Solve(pending.request) for pending in pending_solves]
    forecasts = [Forecast(pending.request) for pending in state.forecasts.values()]
    return (*solves, *forecasts)


def _nothing(state: DepotState, event: LimitsTold, now: Instant) -> tuple[Decision, ...]:
    """Change nothing: what a van can take in one message matters to its session only."""
    del state, event, now
    return ()


RULES: dict[type, Rule] = {
    ParcelAnnounced: _announced,
    AnnouncementRefused: _refused,
    CancelAsked: _cancel,
    HoldAsked: holding.hold,
    ReleaseAsked: holding.release,
    TripLoaded: loading.on_loaded,
    TripWithdrawn: loading.on_withdrawn,
    RoadsChanged: repairing.on_roads_changed,
    SolveFinished: _solved,
    SolveFailed: _not_solved,
    ForecastFinished: _forecast,
    Tick: _tick,
    Restarted: _restarted,
    VanSeen: presence.on_seen,
    VanLost: presence.on_lost,
    OrderEchoed: confirming.on_echoed,
    OrderRefused: driving.on_refused,
    TripCancelled: driving.on_cancelled,
    NodePassed: driving.on_node_passed,
    ActionEnded: driving.on_action_ended,
    ChargeChanged: presence.on_charge,
    VanStuck: presence.on_stuck,
    VanMobile: presence.on_mobile,
    LimitsTold: _nothing,
    ChargingTold: presence.on_charging_told,
}
"""Which rule answers which event; ``Configured`` alone is the dispatch's own."""

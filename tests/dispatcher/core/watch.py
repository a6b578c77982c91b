"""What must be so after every event, whatever happened: held against decisions and state."""

from collections import Counter
from dataclasses import replace

from dispatcher.core.decisions import CancelTrip, Decision, Publish, SendTrip
from dispatcher.core.dispatch import Dispatch
from dispatcher.core.model import TRIP_OVER, Trip
from dispatcher.core.outlook import is_late, is_short, outlook_of
from dispatcher.core.parcels import FINAL, ParcelStatus, reachable
from dispatcher.core.replanning import broken_promise
from maps.units import Instant
from vehicles.trip import TripNode


class Watch:
    """Holds every decision and the state behind it to what must always be so."""

    def __init__(self) -> None:
        self.numbers: Counter[str] = Counter()
        self.kinds: set[tuple[str, str]] = set()
        self.released: dict[str, list[TripNode]] = {}
        self.statuses: dict[str, ParcelStatus] = {}
        self.begun: set[str] = set()

    def look(self, core: Dispatch, decisions: tuple[Decision, ...]) -> None:
        """Check what was decided, and the state after it."""
        state = core.state
        for decision in decisions:
            if isinstance(decision, Publish):
                self._published(decision)
            elif isinstance(decision, SendTrip):
                trip = state.trips[decision.wish.trip_id]
                over = trip.status in TRIP_OVER
                ended_now = any(
                    isinstance(d, CancelTrip) and d.trip_id == trip.trip_id for d in decisions
                )
                assert not over or ended_now, f"{trip.trip_id} is over, yet told"
                assert decision.wish.van_id == trip.van_id
                self._begun(core, trip)
        self._trips(core)
        self._parcels(core)

    def _begun(self, core: Dispatch, trip: Trip) -> None:
        """Check of a trip that is told for the first time that nothing in it is held."""
        if trip.trip_id in self.begun:
            return
        self.begun.add(trip.trip_id)
        state = core.state
        assert state.vans[trip.van_id].hold is None, f"{trip.van_id} is held, yet sent"
        assert not state.book.holds.keys() & set(trip.parcel_ids), "a held parcel is ordered"
        assert state.hold is None or not trip.parcel_ids, "the depot is held, yet a trip begins"

    def look_at_clock(self, core: Dispatch, now: Instant) -> None:
        """Check that no parcel is kept from a plan beyond its last call, whatever the policy."""
        state, book = core.state, core.state.book
        settings = state.setup.settings
        for entry in book.waiting():
            parcel = entry.parcel
            last_call = parcel.due_until - settings.wave_due_slack_s * 1000
            if entry.wave_id is None and last_call <= now:
                assert parcel.ready_at > now + settings.plan_latency_s * 1000, "kept too long"
            is_minded = entry.van_id is not None or state.pool_pending()
            assert parcel.due_until >= now or is_minded, "kept past its time"

    def _published(self, publish: Publish) -> None:
        if publish.number == 1:  # a new parcel, should one of this name be forgotten
            self.numbers[publish.parcel_id] = 0
            self.kinds = {told for told in self.kinds if told[0] != publish.parcel_id}
        self.numbers[publish.parcel_id] += 1
        assert publish.number == self.numbers[publish.parcel_id]
        told = (publish.parcel_id, publish.kind)
        assert told not in self.kinds, f"{told} is told twice"
        self.kinds.add(told)

    def _trips(self, core: Dispatch) -> None:
        state = core.state
        vans = Counter(trip.van_id for trip in state.live_trips())
        assert all(count == 1 for count in vans.values())
        for van in state.van_list():
            assert (van.trip_id is not None) == (van.van_id in vans)
            if van.trip_id is not None:
                assert state.trips[van.trip_id].van_id == van.van_id
                assert van.trip_id in state.live
        for trip in state.live_trips():
            assert len(trip.etas) == len(trip.nodes)
            _look_ahead(core, trip)
            assert 1 <= trip.released_count <= len(trip.nodes)
            ids = [node.node.node_id for node in trip.nodes]
            assert len(set(ids)) == len(ids), "two nodes have one id"
            actions = [a.action_id for node in trip.nodes for a in node.node.actions]
            assert len(set(actions)) == len(actions), "two actions have one id"
            before = self.released.get(trip.trip_id, [])
            now = [_untimed(node.node) for node in trip.nodes[: trip.released_count]]
            assert now[: len(before)] == before, "released nodes changed or were taken back"
            self.released[trip.trip_id] = now
            if trip.request_id is not None:
                assert trip.request_id in state.solves, "waits for an answer nobody gives"
        assert set(state.arrivals.sorted_keys()) <= set(state.live)
        pools = [request_id for request_id, p in state.solves.items() if p.is_pool]
        assert pools == ([] if state.pool_request_id is None else [state.pool_request_id])
        ways_home = Counter(p.home_van_id for p in state.solves.values() if p.home_van_id)
        assert all(count == 1 for count in ways_home.values()), "a way home is asked for twice"
        _forgetting(core)
        assert state.charging_count == sum(t.charging_only for t in state.live_trips())

    def _parcels(self, core: Dispatch) -> None:
        state, book = core.state, core.state.book
        stranded = Counter(pid for van in state.van_list() for pid in van.stranded)
        upcoming = Counter(
            pid
            for van in state.van_list()
            if van.upcoming is not None
            for stop in van.upcoming.stops
            for pid in stop.parcel_ids
        )
        assert all(count == 1 for count in [*stranded.values(), *upcoming.values()])
        waiting = {entry.parcel.parcel_id for entry in book.waiting()}
        for parcel_id in self.statuses.keys() - {e.parcel.parcel_id for e in book.entries()}:
            assert self.statuses.pop(parcel_id) in FINAL, f"{parcel_id} is forgotten in its day"
        for entry in book.entries():
            parcel_id = entry.parcel.parcel_id
            before = self.statuses.get(parcel_id)
            if before is not None and before is not entry.status:
                assert reachable(before, entry.status)
            self.statuses[parcel_id] = entry.status
            assert (entry.status is ParcelStatus.WAITING) == (parcel_id in waiting)
            in_trip = entry.trip_id in state.live
            if entry.status in (ParcelStatus.ORDERED, ParcelStatus.ABOARD):
                assert in_trip, f"{parcel_id} is in no live trip"
                assert parcel_id in state.trips[entry.trip_id or ""].parcel_ids
            if entry.status is ParcelStatus.RETURNING:
                assert in_trip != bool(stranded[parcel_id]), f"{parcel_id} comes back with nobody"
            else:
                assert not stranded[parcel_id]
            if entry.status is ParcelStatus.HELD:
                assert parcel_id in book.holds
                assert entry.van_id is None
                assert (parcel_id in book.due) != (parcel_id in state.late_upcoming)
            if entry.status in FINAL:
                assert parcel_id not in book.holds
                assert entry.status is ParcelStatus.DELIVERED or entry.reason
        # Each parcel waits for one thing only: a wave, or what closes it.
        for entry in book.waiting():
            parcel_id = entry.parcel.parcel_id
            loose = (parcel_id in book.unready) + (parcel_id in book.gathered_age)
            assert loose == (entry.wave_id is None)
        in_waves = {entry.parcel.parcel_id for entry in book.in_waves()}
        assert in_waves == {e.parcel.parcel_id for e in book.waiting() if e.wave_id is not None}
        assert book.gathered_age.sorted_keys() == book.gathered_due.sorted_keys()
        for entry in book.waiting():
            parcel_id = entry.parcel.parcel_id
            assert (parcel_id in book.due) != (parcel_id in state.late_upcoming)


def _forgetting(core: Dispatch) -> None:
    """Check that what has ended is to be forgotten one day, and nothing that is still named."""
    state, book = core.state, core.state.book
    ended = {e.parcel.parcel_id for e in book.entries() if e.status in FINAL}
    assert book.ended.sorted_keys() == sorted(ended | book.refused.keys())
    over = {trip_id for trip_id, trip in state.trips.items() if trip.status in TRIP_OVER}
    assert state.ended.sorted_keys() == sorted(over)
    assert over.isdisjoint(state.live)
    assert set(state.roads_over.sorted_keys()) <= state.incidents.keys()
    assert state.named == Counter(pid for trip in state.live_trips() for pid in trip.parcel_ids)
    assert all(parcel_id in book for parcel_id in state.named)
    for entry in book.entries():
        assert entry.status in FINAL or entry.trip_id is None or entry.trip_id in state.trips


def _look_ahead(core: Dispatch, trip: Trip) -> None:
    """Check that a trip's outlook, kept or made anew, says what a walk along its way does."""
    state = core.state
    settings, van = state.setup.settings, state.vans[trip.van_id]
    outlook = trip.outlook
    late, floor = settings.lateness_s_min, van.setup.spec.reserve_mwh
    fresh = outlook_of(trip.nodes, lateness_s_min=late, floor_mwh=floor)
    assert outlook is None or outlook == fresh, "its way has changed since"
    is_broken = broken_promise(trip, settings) is not None
    assert is_late(trip, fresh) == is_broken
    for battery_mwh in (van.battery_mwh, van.battery_mwh // 2, van.battery_mwh // 4):
        is_below = battery_min(trip, battery_mwh) < floor
        assert is_short(trip, fresh, battery_mwh) == is_below


def battery_min(trip: Trip, battery_mwh: int) -> int:
    """Return the lowest charge predicted on arrival at any node still to come, by a walk."""
    start = max(trip.passed_index, 0)
    is_charged = trip.passed_index == start and trip.left_at is not None
    target = None if is_charged else trip.nodes[start].charge_mwh_target
    level, lowest = max(battery_mwh, target or 0), battery_mwh
    for node in trip.nodes[start + 1 :]:
        level -= node.use_mwh
        lowest = min(lowest, level)
        level = max(level, node.charge_mwh_target or 0)
    return lowest


def _untimed(node: TripNode) -> TripNode:
    return replace(node, arrive_at=Instant(0), leave_at=Instant(0))

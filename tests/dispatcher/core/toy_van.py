"""A van of the toy city, with the session in front of it: takes wishes, drives, tells facts."""

from collections.abc import Iterator

from maps.places import LonLat
from maps.units import Instant, Seconds, later
from vehicles.facts import (
    ActionEnded,
    ChargeChanged,
    NodePassed,
    OrderEchoed,
    OrderRefused,
    TripCancelled,
    VanFact,
    VanLost,
    VanMobile,
    VanSeen,
    VanStuck,
)
from vehicles.spec import VanSpec
from vehicles.trip import ActionKind, TripAction, TripNode, TripWish

CANCEL_REFUSED = "cancelRefused"


class ToyVan:
    """Obeys the newest wish of one trip at a time; ``told`` collects what it reports.

    Attributes
    ----------
    aboard, delivered
        What is physically in it, and what it has handed over.
    absent, unloadable
        Parcels that nobody takes, and parcels that the warehouse does not find.
    refusals
        How many of the next orders or updates it refuses.
    keeps_trips
        It refuses to give trips up.
    deaf
        It is heard, and hears nothing.
    slowness
        Driving takes so many times as long as planned.
    """

    def __init__(self, van_id: str, spec: VanSpec, place: LonLat, battery_mwh: int) -> None:
        self.van_id, self.spec, self.place = van_id, spec, place
        self.battery_mwh = self.battery_told_mwh = battery_mwh
        self.aboard: set[str] = set()
        self.delivered: dict[str, Instant] = {}
        self.absent: set[str] = set()
        self.unloadable: set[str] = set()
        self.refusals = 0
        self.keeps_trips = self.deaf = False
        self.slowness = 1.0
        self.connected = False
        self.stuck = False
        self.told: list[VanFact] = []
        self._unheard: list[VanFact] = []
        self._wish: TripWish | None = None
        self._next_wish: TripWish | None = None
        self._cancels: list[str] = []
        self._former: set[str] = set()  # trips ended or left: a late copy begins none anew
        self._loaded: dict[str, tuple[str, ...]] = {}  # by trip, whatever became of it
        self._withdrawn: set[str] = set()
        self._update_id = -1
        self._passed = -1
        self._ended: set[str] = set()
        self._busy_until: Instant | None = None
        self._doing: TripAction | None = None

    # What it is told

    def wish(self, wish: TripWish, now: Instant) -> None:
        """Hold the newest wish until it can be taken."""
        assert 1 <= wish.released_count <= len(wish.nodes)
        if wish.trip_id not in self._cancels:
            self._next_wish = wish
        self._take(now)

    def cancel(self, trip_id: str, now: Instant) -> None:
        """Give a trip up, once it can be heard."""
        if self._next_wish is not None and self._next_wish.trip_id == trip_id:
            self._next_wish = None
        self._cancels.append(trip_id)
        self._take(now)

    def hear_again(self, now: Instant) -> None:
        """Hear what is told it again and again."""
        self.deaf = False
        self._take(now)

    def _take(self, now: Instant) -> None:
        if not self.connected or self.deaf:
            return
        for trip_id in self._cancels:
            in_force = self._wish is not None and self._wish.trip_id == trip_id
            if in_force and self.keeps_trips:
                self._tell(OrderRefused(self.van_id, now, trip_id, 0, CANCEL_REFUSED, "no"))
                continue
            if in_force:
                self._leave_trip()
            self._tell(TripCancelled(self.van_id, now, trip_id))
        self._cancels = []
        new = self._next_wish
        if new is None or (self._wish is not None and self._wish.trip_id != new.trip_id):
            return
        self._next_wish = None
        is_first = self._wish is None
        if new == self._wish or new.trip_id in self._former:
            return
        self._update_id = 0 if is_first else self._update_id + 1
        if self.refusals > 0:
            self.refusals -= 1
            args = (self.van_id, now, new.trip_id, self._update_id, "orderError", "in a mood")
            self._tell(OrderRefused(*args))
            return
        if self._wish is not None:
            self._check_base(self._wish, new)
        if is_first:
            self._passed, self._ended = -1, set()
        self._wish = new
        self._tell(OrderEchoed(self.van_id, now, new.trip_id, self._update_id))

    def _check_base(self, before: TripWish, after: TripWish) -> None:
        count = before.released_count
        assert after.released_count >= count, "what was released is taken back"
        for old, new in zip(before.nodes[:count], after.nodes[:count], strict=True):
            same = (old.node_id, old.kind, old.place, old.actions, old.shape)
            assert same == (new.node_id, new.kind, new.place, new.actions, new.shape)

    def _leave_trip(self) -> None:
        if self._wish is not None:
            self._former.add(self._wish.trip_id)
        self._wish, self._busy_until, self._doing = None, None, None

    def withdraw(self, trip_id: str) -> tuple[str, ...]:
        """Be loaded no more for a trip; return what it was loaded with."""
        self._withdrawn.add(trip_id)
        return self._loaded.get(trip_id, ())

    def lose_memory(self, now: Instant) -> None:
        """Forget the trip, wherever it is."""
        if self._wish is not None:
            trip_id = self._wish.trip_id
            self._leave_trip()
            self._tell(TripCancelled(self.van_id, now, trip_id))

    # What happens to it

    def connect(self, now: Instant) -> None:
        """Be heard: first that it is there, then all that nobody heard."""
        self.connected = True
        trip_id = None if self._wish is None else self._wish.trip_id
        seen = (self.van_id, now, self.place, self.battery_mwh, trip_id, self.stuck)
        self.told.append(VanSeen(*seen))
        later_told = (NodePassed, ActionEnded, TripCancelled, OrderEchoed, OrderRefused)
        self.told += [fact for fact in self._unheard if isinstance(fact, later_told)]
        self._unheard = []
        self._take(now)

    def disconnect(self, now: Instant, *, tell: bool = True) -> None:
        """Be heard no more."""
        if self.connected:
            if tell:
                self.told.append(VanLost(self.van_id, now, "SILENCE"))
            self.connected = False

    def stick(self, now: Instant) -> None:
        """Stand still until ``free``."""
        if not self.stuck:
            self.stuck = True
            self._tell(VanStuck(self.van_id, now, self.place, "blocked"))

    def free(self, now: Instant) -> None:
        """Move again; what it was doing takes as long as if it had just begun."""
        if self.stuck:
            self.stuck = False
            self._tell(VanMobile(self.van_id, now))
            if self._busy_until is not None:
                self._busy_until = max(self._busy_until, later(now, Seconds(30)))

    # Time

    def next_at(self, now: Instant) -> Instant | None:
        """Return when it has to be stepped next."""
        if self.stuck:
            return None
        if self._busy_until is not None:
            return max(now, self._busy_until)
        return now if self._can_begin() else None

    def _can_begin(self) -> bool:
        if self._wish is None:
            return False
        if self._passed < 0 or self._open_action() is not None:
            return True
        return self._passed + 1 < self._wish.released_count

    def _here(self) -> TripNode:
        assert self._wish is not None
        return self._wish.nodes[self._passed]

    def _open_action(self) -> TripAction | None:
        actions = self._here().actions if self._passed >= 0 else ()
        return next((a for a in actions if a.action_id not in self._ended), None)

    def step(self, now: Instant) -> None:
        """End what is over at ``now`` and begin what comes next."""
        if self.stuck or self._wish is None:
            return
        if self._busy_until is not None:
            if now < self._busy_until:
                return
            self._busy_until = None
            for fact in self._end(now):
                self._tell(fact)
        elif self._passed < 0:
            self._arrive(now)
        if self._is_over():
            self._leave_trip()
            self._take(now)
        elif self._can_begin() and self._busy_until is None:
            self._begin(now)

    def _is_over(self) -> bool:
        assert self._wish is not None
        return self._passed + 1 == len(self._wish.nodes) and self._open_action() is None

    def _begin(self, now: Instant) -> None:
        assert self._wish is not None
        action = self._open_action()
        if action is not None:
            self._doing = action
            start = max(now, self._here().window_begin or now)
            self._busy_until = later(start, Seconds(action.duration_s))
            if action.kind is ActionKind.START_CHARGING:
                self._tell(ChargeChanged(self.van_id, now, self.battery_mwh, True))
            return
        node = self._wish.nodes[self._passed + 1]
        self._busy_until = later(now, Seconds(round(node.drive_s * self.slowness)))

    def _end(self, now: Instant) -> Iterator[VanFact]:
        action, self._doing = self._doing, None
        assert self._wish is not None
        if action is None:
            self._arrive(now)
            return
        self._ended.add(action.action_id)
        done, detail = True, ""
        parcel_id = action.parcel_id
        if action.kind is ActionKind.PICK and parcel_id is not None:
            trip_id = self._wish.trip_id
            done = parcel_id not in self.unloadable and trip_id not in self._withdrawn
            if done:
                self._loaded[trip_id] = (*self._loaded.get(trip_id, ()), parcel_id)
                assert parcel_id not in self.delivered, parcel_id
                self.aboard.add(parcel_id)
        elif action.kind is ActionKind.DROP and parcel_id is not None:
            done = parcel_id in self.aboard and parcel_id not in self.absent
            if done:
                self.aboard.discard(parcel_id)
                self.delivered[parcel_id] = now
            else:
                detail = "nobody there" if parcel_id in self.aboard else "not aboard"
        elif action.kind is ActionKind.START_CHARGING:
            self.battery_mwh = max(self.battery_mwh, action.battery_mwh_target or 0)
            self.battery_told_mwh = self.battery_mwh
            yield ChargeChanged(self.van_id, now, self.battery_mwh, False)
        yield ActionEnded(self.van_id, now, self._wish.trip_id, action.action_id, done, detail)

    def _arrive(self, now: Instant) -> None:
        assert self._wish is not None
        self._passed += 1
        node = self._here()
        self.place = node.place
        self.battery_mwh = max(0, self.battery_mwh - node.distance_m * 200)
        index, trip_id = self._passed, self._wish.trip_id
        self._tell(NodePassed(self.van_id, now, trip_id, index, self.battery_mwh))
        if abs(self.battery_told_mwh - self.battery_mwh) >= self.spec.battery_mwh // 50:
            self.battery_told_mwh = self.battery_mwh
            self._tell(ChargeChanged(self.van_id, now, self.battery_mwh, False))

    def _tell(self, fact: VanFact) -> None:
        (self.told if self.connected else self._unheard).append(fact)

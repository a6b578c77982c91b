"""What can be known of a running day by listening alone: parcels, vans, what happened last.

Decides when a day is over. Fed with what was heard, in any order and as often as it comes; knows
no broker and no clock.
"""

from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from maps.places import LonLat, great_circle_m
from maps.units import Instant
from vehicles.vda5050.state import ErrorLevel, State

HOME_M_MAX: Final = 300.0
"""A van this near to the depot is home (assumed: an address may lie so far from its road)."""

NEWS_COUNT_MAX: Final = 12

ENDS: Final = frozenset({"delivered", "returned", "unserved", "rejected"})
"""Parcel events after which nothing more happens to a parcel."""

STAGES: Final = (
    "announced",
    "accepted",
    "planned",
    "aboard",
    "delivered",
    "returned",
    "unserved",
    "cancelled",
    "rejected",
)
"""Where a parcel can stand, as shown to people; what has not been announced yet is not shown."""

_STAGE_OF: Final = {
    "bundled": "accepted",
    "loaded": "aboard",
    "out_for_delivery": "aboard",
    "failed": "aboard",
}


@dataclass(frozen=True, slots=True)
class WatchedVan:
    """A van as its states show it."""

    van_id: str
    place: LonLat | None = None
    charge_percent: float = 0.0
    is_charging: bool = False
    is_driving: bool = False
    is_busy: bool = False
    is_stuck: bool = False
    loads: tuple[str, ...] = ()
    order_id: str = ""


@dataclass(slots=True)
class _WatchedParcel:
    kinds: dict[str, None] = field(default_factory=dict)
    is_refused: bool = False
    is_coming_back: bool = False


class Watch:
    """Listens to one depot's day.

    Parameters
    ----------
    parcel_ids
        All that will be announced.
    van_ids
        All vans.
    depot
        Where vans are home.
    """

    def __init__(self, parcel_ids: Iterable[str], van_ids: Iterable[str], depot: LonLat) -> None:
        self._depot = depot
        self._parcels = {parcel_id: _WatchedParcel() for parcel_id in parcel_ids}
        self._vans = {van_id: WatchedVan(van_id) for van_id in sorted(van_ids)}
        self.news: deque[tuple[Instant, str]] = deque(maxlen=NEWS_COUNT_MAX)

    # What is heard

    def hear_event(self, parcel_id: str, kind: str, at: Instant, detail: str) -> None:
        """Take note of a parcel's event; one that is known already changes nothing."""
        parcel = self._parcels.get(parcel_id)
        if parcel is None or kind in parcel.kinds:
            return
        parcel.kinds[kind] = None
        if kind in ("failed", "returned", "unserved", "cancelled"):
            self.note(at, f"{parcel_id} {kind}{f': {detail}' if detail else ''}")

    def hear_rejected(self, parcel_id: str, at: Instant) -> None:
        """Take note that an announcement was turned away (or a cancellation came too late)."""
        parcel = self._parcels.get(parcel_id)
        if parcel is not None and not parcel.kinds and not parcel.is_refused:
            parcel.is_refused = True
            self.note(at, f"{parcel_id} rejected: no valid announcement")

    def hear_cancelled(self, parcel_id: str, *, aboard: bool) -> None:
        """Take note that a cancellation is confirmed; ``aboard``: the parcel comes back."""
        parcel = self._parcels.get(parcel_id)
        if parcel is not None:
            parcel.kinds["cancelled"] = None
            parcel.is_coming_back = aboard

    def hear_state(self, state: State, at: Instant) -> None:
        """Take note of a van's state."""
        before = self._vans.get(state.serial_number)
        if before is None:
            return
        fatal = [error for error in state.errors if error.error_level is ErrorLevel.FATAL]
        here = None if state.robovan is None else LonLat(state.robovan.lon, state.robovan.lat)
        now = WatchedVan(
            van_id=before.van_id,
            place=here,
            charge_percent=state.battery_state.battery_charge,
            is_charging=state.battery_state.charging,
            is_driving=state.driving,
            is_busy=state.is_busy,
            is_stuck=bool(fatal),
            loads=tuple(load.load_id or "" for load in state.loads or ()),
            order_id=state.order_id,
        )
        self._vans[before.van_id] = now
        if now.is_stuck != before.is_stuck:
            word = f"stands: {fatal[0].error_description}" if fatal else "can move again"
            self.note(at, f"{now.van_id} {word}, {len(now.loads)} parcels aboard")

    def note(self, at: Instant, text: str) -> None:
        """Put a line into the news."""
        self.news.append((at, text))

    # What is known

    @property
    def vans(self) -> tuple[WatchedVan, ...]:
        """Return all vans by id."""
        return tuple(self._vans.values())

    def stage(self, parcel_id: str) -> str | None:
        """Return where a parcel stands, one of ``STAGES``; None before anything was heard."""
        parcel = self._parcels[parcel_id]
        if parcel.is_refused:
            return "rejected"
        if "cancelled" in parcel.kinds and parcel.is_coming_back and "returned" not in parcel.kinds:
            return "aboard"
        for kind in ("delivered", "returned", "unserved", "rejected", "cancelled"):
            if kind in parcel.kinds:
                return kind
        last = next(reversed(parcel.kinds), None)
        return None if last is None else _STAGE_OF.get(last, last)

    def counts(self) -> dict[str, int]:
        """Return how many parcels stand where, in the order of ``STAGES``."""
        found = Counter(self.stage(parcel_id) for parcel_id in self._parcels)
        return {stage: found[stage] for stage in STAGES if found[stage]}

    def waiting(self) -> tuple[str, ...]:
        """Return the parcels that are accepted and not planned, in order of id."""
        return tuple(sorted(one for one in self._parcels if self.stage(one) == "accepted"))

    def is_open(self, parcel_id: str) -> bool:
        """Return whether something can still happen to a parcel."""
        parcel = self._parcels[parcel_id]
        if parcel.is_refused or ENDS.intersection(parcel.kinds):
            return False
        return "cancelled" not in parcel.kinds or parcel.is_coming_back

    def open_count(self) -> int:
        """Return to how many parcels something can still happen."""
        return sum(self.is_open(parcel_id) for parcel_id in self._parcels)

    def is_over(self) -> bool:
        """Return whether all parcels have come to an end and all vans are home and empty."""
        return self.open_count() == 0 and all(self._is_home(van) for van in self._vans.values())

    def van(self, van_id: str) -> WatchedVan:
        """Return one van."""
        return self._vans[van_id]

    def cancellable(self, parcel_id: str) -> bool:
        """Return whether nobody has wanted this parcel back, and it is on its way."""
        parcel = self._parcels.get(parcel_id)
        return parcel is not None and self.is_open(parcel_id) and "cancelled" not in parcel.kinds

    def _is_home(self, van: WatchedVan) -> bool:
        if van.place is None or van.is_driving or van.loads or van.is_stuck:
            return False
        return great_circle_m(van.place, self._depot) <= HOME_M_MAX

"""From a van's state message to the few facts in it that are new. Pure; nothing is remembered.

Each fact found is applied to a copy of the dialogue before the next is looked for, so that the
facts of one message follow from each other just as they will when they are applied for good.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from maps.geometry import LocalFrame
from maps.places import LonLat
from maps.units import Instant, Seconds, later
from vehicles.dialogue import CANCEL_REFUSED, Cancel, Dialogue, applied
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
from vehicles.refusing import NOT_STUCK, refuses, refuses_cancel
from vehicles.spec import VanSpec
from vehicles.vda5050.orders import node_index_of
from vehicles.vda5050.state import (
    ActionState,
    ActionStatus,
    Error,
    ErrorLevel,
    EStop,
    OperatingMode,
    State,
)

DRIVING_MODES: Final = frozenset({OperatingMode.AUTOMATIC, OperatingMode.SEMIAUTOMATIC})
"""In all others somebody else is in charge of the vehicle, and it takes no orders."""


@dataclass(frozen=True, slots=True)
class SessionSettings:
    """What counts as news.

    Attributes
    ----------
    charge_step_ratio
        A change of charge smaller than this share of the battery is no fact.
    clock_skew_s_max
        A van's clock that is off by more is not believed: our own time stands in for it.
    stuck_error_types
        Errors that mean the van cannot move, besides every error of level FATAL.
    """

    charge_step_ratio: float = 0.02
    clock_skew_s_max: int = 300
    stuck_error_types: tuple[str, ...] = ("stuck", "blocked", "breakdown")


class StateReader:
    """Reads one state against what is known.

    Parameters
    ----------
    van_id, spec, frame, settings
        Whose state it is, and what counts as news.
    state, now
        The message, and when it came.

    Attributes
    ----------
    foreseen
        Each fact found last, with the dialogue before and after it.
    """

    def __init__(
        self,
        van_id: str,
        spec: VanSpec,
        frame: LocalFrame,
        settings: SessionSettings,
        *,
        state: State,
        now: Instant,
    ) -> None:
        self._van_id, self._spec, self._settings = van_id, spec, settings
        self.foreseen: list[tuple[VanFact, Dialogue, Dialogue]] = []
        self._state = state
        self._at = believed(state.timestamp.instant, now, settings)
        self._place = _place_of(state, frame)
        self._named = state.order_id if state.is_busy else None
        self._battery_mwh = _battery_of(state, spec)

    def facts(self, dialogue: Dialogue) -> tuple[VanFact, ...]:
        """Return what is new, in the order in which it is to be applied.

        A van that we know nothing of and that does not say where it is stays unknown.
        """
        if not dialogue.known and self._place is None:
            return ()
        found: list[VanFact] = []
        self.foreseen = []
        for step in (
            self._presence,
            self._lost_trip,
            self._answer,
            self._progress,
            self._dropped_trip,
            self._charge,
            self._mobility,
            self._given_up,
        ):
            for fact in step(dialogue):
                found.append(fact)
                before, dialogue = dialogue, applied(dialogue, fact)
                self.foreseen.append((fact, before, dialogue))
        return tuple(found)

    def _presence(self, dialogue: Dialogue) -> Iterator[VanFact]:
        """Find that the van is here, or busy with something we know nothing of."""
        place, named = self._place or dialogue.place, self._named
        if place is None:
            return
        if not dialogue.known:
            yield self._seen(place)
        elif named is not None and named not in _expected(dialogue):
            cause = f"its state names order {named!r}, which it was not given"
            yield VanLost(self._van_id, self._at, cause)
            yield self._seen(place)
        elif dialogue.foreign is not None and named is None and not dialogue.cancels:
            yield self._seen(place)

    def _seen(self, place: LonLat) -> VanSeen:
        """Return what the state says of the van itself."""
        stuck = self._stuck_by() is not None
        return VanSeen(self._van_id, self._at, place, self._battery_mwh, self._named, stuck)

    def _lost_trip(self, dialogue: Dialogue) -> Iterator[VanFact]:
        """Find that the van knows its confirmed trip no more, as after losing its memory."""
        sent = dialogue.confirmed
        if sent is None or self._state.order_id == sent.trip_id or dialogue.is_finished:
            return
        yield from self._free_of(sent.trip_id, dialogue)

    def _dropped_trip(self, dialogue: Dialogue) -> Iterator[VanFact]:
        """Find that the van still names its trip but does nothing more for it.

        So it is when people on the spot take an order away, by hand or by another mode.
        """
        sent = dialogue.confirmed
        if sent is None or self._named is not None or dialogue.is_finished:
            return
        asked_back = any(cancel.trip_id == sent.trip_id for cancel in dialogue.cancels)
        if dialogue.waits_for_more:
            return
        if self._state.order_id == sent.trip_id and not asked_back:
            yield from self._free_of(sent.trip_id, dialogue)

    def _free_of(self, trip_id: str, dialogue: Dialogue) -> Iterator[VanFact]:
        """Say that a trip is given up, and before that where, if the van is elsewhere by now.

        What it has aboard is back only when it is home, so the place told last will not do.
        """
        if self._place is not None and self._place != dialogue.place:
            yield self._seen(self._place)
        yield TripCancelled(self._van_id, self._at, trip_id)

    def _answer(self, dialogue: Dialogue) -> Iterator[VanFact]:
        """Find that what is in flight was taken or refused, or that what was refused was taken."""
        sent = dialogue.in_flight
        if sent is None and not dialogue.refused:
            return
        named = (self._state.order_id, self._state.order_update_id)
        if any(one.is_named(*named) for one in (sent, *dialogue.refused) if one is not None):
            yield OrderEchoed(self._van_id, self._at, *named)
            return
        if sent is None:
            return
        for error in self._state.errors:
            if refuses(error, sent):
                detail = error.error_description or ""
                kind = error.error_type
                yield OrderRefused(
                    self._van_id, self._at, sent.trip_id, sent.update_id, kind, detail
                )
                return

    def _progress(self, dialogue: Dialogue) -> Iterator[VanFact]:
        """Find nodes passed and actions ended, in the order of the trip."""
        sent = dialogue.confirmed
        if sent is None or self._state.order_id != sent.trip_id:
            return
        nodes = sent.wish.nodes
        reached = node_index_of(self._state.last_node_sequence_id)
        # Until the first node is passed, a van may still name the last node of its former order.
        if not (0 <= reached < len(nodes) and nodes[reached].node_id == self._state.last_node_id):
            reached = -1
        finished, failed = ActionStatus.FINISHED, ActionStatus.FAILED
        ended = {
            action.action_id: action
            for action in self._state.action_states
            if ((status := action.action_status) is finished or status is failed)
            and action.action_id not in dialogue.ended
        }
        # Backwards from where the van is: what ended since its last state ended there, as a rule.
        passed_count, found = dialogue.passed_count, list[VanFact]()
        for index in range(max(reached + 1, passed_count) - 1, -1, -1):
            if index < passed_count and not ended:
                break
            for action in reversed(nodes[index].actions) if ended else ():
                if action.action_id in ended:
                    found.append(self._ended(sent.trip_id, ended.pop(action.action_id)))
            if index >= passed_count:
                passed = NodePassed(self._van_id, self._at, sent.trip_id, index, self._battery_mwh)
                found.append(passed)
        yield from reversed(found)

    def _ended(self, trip_id: str, action: ActionState) -> ActionEnded:
        done, detail = action.action_status is ActionStatus.FINISHED, action.result_description
        return ActionEnded(self._van_id, self._at, trip_id, action.action_id, done, detail or "")

    def _charge(self, dialogue: Dialogue) -> Iterator[VanFact]:
        """Find that the battery moved by a step, or began or ended charging."""
        step_mwh = self._settings.charge_step_ratio * self._spec.battery_mwh
        charging = self._state.battery_state.charging
        moved_mwh = abs(self._battery_mwh - dialogue.battery_mwh)
        if charging != dialogue.charging or moved_mwh >= step_mwh:
            yield ChargeChanged(self._van_id, self._at, self._battery_mwh, charging)

    def _mobility(self, dialogue: Dialogue) -> Iterator[VanFact]:
        """Find that the van got stuck or free."""
        cause, place = self._stuck_by(), self._place or dialogue.place
        if cause is None and dialogue.stuck:
            yield VanMobile(self._van_id, self._at)
        elif cause is not None and not dialogue.stuck and place is not None:
            yield VanStuck(self._van_id, self._at, place, cause)

    def _given_up(self, dialogue: Dialogue) -> Iterator[VanFact]:
        """Find that trips to be cancelled are, or that the van will not."""
        for cancel in dialogue.cancels:
            gone = self._is_gone(dialogue, cancel)
            if gone is None:
                continue
            if gone and dialogue.has_in_force(cancel.trip_id):
                yield from self._free_of(cancel.trip_id, dialogue)
            elif gone:
                yield TripCancelled(self._van_id, self._at, cancel.trip_id)
            else:
                yield OrderRefused(
                    self._van_id,
                    self._at,
                    cancel.trip_id,
                    self._state.order_update_id,
                    CANCEL_REFUSED,
                    self._why_not(cancel),
                )

    def _why_not(self, cancel: Cancel) -> str:
        """Return what the van says of a cancel that it refused."""
        state, error = self._state.action(cancel.action_id), self._not_cancelling(cancel)
        said = None if state is None else state.result_description
        return said or ("" if error is None else error.error_description or error.error_type)

    def _is_gone(self, dialogue: Dialogue, cancel: Cancel) -> bool | None:
        """Return whether a cancelled trip is given up; None while that is open."""
        names_it = self._state.order_id == cancel.trip_id
        if cancel.header_id is None:  # nothing was sent, so there is nothing to wait for
            in_force = dialogue.has_in_force(cancel.trip_id)
            return None if in_force or dialogue.has_in_flight(cancel.trip_id) else True
        if not names_it:
            return True
        state = self._state.action(cancel.action_id)
        refused = self._not_cancelling(cancel) is not None
        if not refused and (state is None or not state.action_status.is_final):
            return None
        if self._named is None:
            return True
        refused = refused or (state is not None and state.action_status is ActionStatus.FAILED)
        return False if refused else None

    def _not_cancelling(self, cancel: Cancel) -> Error | None:
        """Return the error with which the van answers a cancel; some send nothing else."""
        for error in self._state.errors:
            if refuses_cancel(error, cancel):
                return error
        return None

    def _stuck_by(self) -> str | None:
        """Return what keeps the van from going on by itself, if anything does."""
        for error in self._state.errors:
            named = error.error_type in self._settings.stuck_error_types
            fatal = error.error_level is ErrorLevel.FATAL and error.error_type not in NOT_STUCK
            if named or fatal:
                return error.error_description or error.error_type
        if self._state.operating_mode not in DRIVING_MODES:
            return f"operating mode {self._state.operating_mode.value}"
        if self._state.safety_state.e_stop is not EStop.NONE:
            return f"emergency stop {self._state.safety_state.e_stop.value}"
        return None


def believed(stamp: Instant, now: Instant, settings: SessionSettings) -> Instant:
    """Return the van's time stamp, or ours where its clock is off by more than is allowed."""
    skew = Seconds(settings.clock_skew_s_max)
    near = later(now, Seconds(-skew)) <= stamp <= later(now, skew)
    return stamp if near else now


def _expected(dialogue: Dialogue) -> tuple[str | None, ...]:
    """Return the trips that the van may be busy with."""
    sent = (dialogue.confirmed, dialogue.in_flight)
    return (dialogue.foreign, *(order.trip_id for order in sent if order is not None))


def _place_of(state: State, frame: LocalFrame) -> LonLat | None:
    if state.robovan is not None:
        return LonLat(state.robovan.lon, state.robovan.lat)
    position = state.agv_position
    if position is None or not position.position_initialized or position.map_id != frame.map_id:
        return None
    place = frame.to_place(position.x, position.y)
    return place if abs(place.lon) <= 180 and abs(place.lat) <= 90 else None


def _battery_of(state: State, spec: VanSpec) -> int:
    """Return all that the battery holds, rounded down; percent where the van says no more.

    Never more than a van of its kind can hold: a number of any size would be planned with.
    """
    if state.robovan is not None:
        return min(state.robovan.battery_mwh, spec.battery_mwh)
    share = min(max(state.battery_state.battery_charge, 0.0), 100.0)
    return int(spec.battery_mwh * share // 100)

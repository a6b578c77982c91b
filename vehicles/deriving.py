"""From a van's state message to the few facts in it that are new. Pure; nothing is remembered.

Each fact found is applied to a copy of the dialogue before the next is looked for, so that the
facts of one message follow from each other just as they will when they are applied for good.
"""

from collections.abc import Callable, Iterator

from maps.geometry import LocalFrame
from maps.places import LonLat
from maps.units import Instant
from vehicles.dialogue import Cancel, Dialogue, next_order
from vehicles.facts import (
    ActionEnded,
    ChargeChanged,
    ChargingTold,
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
from vehicles.noting import CANCEL_REFUSED, applied
from vehicles.plugging import STOP_REFUSED, Charging, Current, Unplug, endings
from vehicles.refusing import refuses, refuses_cancel
from vehicles.saying import (
    SessionSettings,
    battery_of,
    believed,
    place_of,
    stuck_by,
)
from vehicles.spec import VanSpec
from vehicles.vda5050.orders import STOP_CHARGING, node_index_of
from vehicles.vda5050.state import (
    ActionState,
    ActionStatus,
    Error,
    State,
)

type Step = Callable[[Dialogue], Iterator[VanFact]]


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
    how_charged
        How the van is charged, if that is news; None if it is not.
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
        self.how_charged: Charging | None = None
        self.foreseen: list[tuple[VanFact, Dialogue, Dialogue]] = []
        self._state = state
        self._at = believed(state.timestamp.instant, now, settings)
        self._place = place_of(state, frame)
        self._named: str | None = None
        self._battery_mwh = battery_of(state, spec)

    def facts(self, dialogue: Dialogue) -> tuple[VanFact, ...]:
        """Return what is new, in the order in which it is to be applied.

        A van that we know nothing of and that does not say where it is stays unknown.
        """
        if not dialogue.known and self._place is None:
            return ()
        found: list[VanFact] = []
        self.foreseen = []
        self._named = self._order_named(dialogue)
        self._is_echoed = False
        self._ended_before = dialogue.ended
        for step in self._steps(dialogue):
            for fact in step(dialogue):
                found.append(fact)
                before, dialogue = dialogue, applied(dialogue, fact)
                self.foreseen.append((fact, before, dialogue))
        return tuple(found)

    def _steps(self, dialogue: Dialogue) -> tuple[Step, ...]:
        """Return what is looked for, in order.

        Of a van that charges the charge comes first: its trip may end by this state, and what is to
        be done with it then depends on how full it is. By the standard it is the charge that says
        whether charging ended, or why an update was refused.
        """
        begin = (self._manner, self._presence, self._lost_trip, self._echo)
        end = (self._mobility, self._given_up)
        middle: tuple[Step, ...]
        if not (self.how_charged or dialogue.how_charged).to_target:
            middle = (self._progress, self._charge, self._refusal, self._plug, self._dropped_trip)
        elif dialogue.charging:
            middle = (self._refusal, self._charge, self._progress, self._dropped_trip)
        else:
            middle = (self._refusal, self._progress, self._dropped_trip, self._charge)
        return (*begin, *middle, *end)

    def _order_named(self, dialogue: Dialogue) -> str | None:
        """Return the order that the van is busy with; that it stops charging is none."""
        state = self._state
        if state.is_busy and dialogue.how_charged.to_target:
            return state.order_id
        unplug = dialogue.unplug
        asked_id = None if unplug is None else unplug.action_id
        is_busy = bool(state.node_states) or any(
            not action.action_status.is_final
            and action.action_id != asked_id
            and action.action_type != STOP_CHARGING
            for action in state.action_states
        )
        return state.order_id if is_busy else None

    def _manner(self, _: Dialogue) -> Iterator[VanFact]:
        """Find that the van is charged otherwise than was known."""
        if self.how_charged is not None:
            yield ChargingTold(self._van_id, self._at, self.how_charged)

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
        stuck = stuck_by(self._state, self._settings) is not None
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

    def _echo(self, dialogue: Dialogue) -> Iterator[VanFact]:
        """Find that what is in flight was taken, or that what was refused was."""
        sent, named = dialogue.in_flight, (self._state.order_id, self._state.order_update_id)
        if sent is None and not dialogue.refused:
            return
        if any(one.is_named(*named) for one in (sent, *dialogue.refused) if one is not None):
            self._is_echoed = True
            yield OrderEchoed(self._van_id, self._at, *named)

    def _refusal(self, dialogue: Dialogue) -> Iterator[VanFact]:
        """Find that what is in flight was refused."""
        sent = dialogue.in_flight
        if sent is None or self._is_echoed:
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
        plug = dialogue.plug
        is_full = plug and dialogue.battery_mwh < plug.target_mwh <= self._battery_mwh
        if charging != dialogue.charging or moved_mwh >= step_mwh or is_full:
            yield ChargeChanged(self._van_id, self._at, self._battery_mwh, charging)

    def _plug(self, dialogue: Dialogue) -> Iterator[VanFact]:
        """Find that charging by the standard is over, or that the van will not end it."""
        if dialogue.how_charged.to_target:
            return
        plug, sent, asked = dialogue.plug, dialogue.confirmed, dialogue.unplug
        failed = self._failed(asked)
        if plug is not None and sent is not None:
            found = endings(
                plug,
                Current(self._at, self._battery_mwh, self._state.battery_state.charging, failed),
                dialogue.how_charged,
                began=self._ended_before,
                ended=dialogue.ended,
                plugged_at=dialogue.plugged_at,
                near_mwh=int(self._settings.charge_step_ratio * self._spec.battery_mwh),
                asked_id=None if asked is None else asked.action_id,
            )
            for action, done, said in found:
                yield ActionEnded(
                    self._van_id, self._at, sent.trip_id, action.action_id, done, said
                )
        elif asked is not None and asked.action_id in failed:
            waits = dialogue.in_flight or next_order(dialogue)
            if waits is not None and dialogue.charging:
                why = failed[asked.action_id]
                named = (waits.trip_id, waits.update_id)
                yield OrderRefused(self._van_id, self._at, *named, STOP_REFUSED, why)

    def _failed(self, asked: Unplug | None) -> dict[str, str]:
        """Return what the van says of actions that failed; of an instant one an error will do."""
        found = {
            action.action_id: action.result_description or "it failed"
            for action in self._state.action_states
            if action.action_status is ActionStatus.FAILED
        }
        for error in self._state.errors:
            if asked is not None and refuses_cancel(error, asked):
                found[asked.action_id] = error.error_description or error.error_type
        return found

    def _mobility(self, dialogue: Dialogue) -> Iterator[VanFact]:
        """Find that the van got stuck or free."""
        cause, place = stuck_by(self._state, self._settings), self._place or dialogue.place
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


def _expected(dialogue: Dialogue) -> tuple[str | None, ...]:
    """Return the trips that the van may be busy with."""
    sent = (dialogue.confirmed, dialogue.in_flight)
    return (dialogue.foreign, *(order.trip_id for order in sent if order is not None))

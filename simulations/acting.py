"""What an action takes: how long, whether it fails, how much is charged, and where it is done.

Decides what a van meets when it carries out what its order says at a node. When it begins and what
comes after is ``van``'s.
"""

from typing import Final

from dispatcher.core.homing import HOME_M_MAX
from maps.places import LonLat, great_circle_m
from maps.units import Instant
from simulations.activities import Charging, Timed
from simulations.rng import Stream, Streams
from simulations.stands import DOCKS, Stand
from simulations.surroundings import Luck, Surroundings
from vehicles.agent import Agent
from vehicles.changing import record
from vehicles.spec import VanSpec
from vehicles.trip import ActionKind, NodeKind
from vehicles.vda5050.order import Action, Node
from vehicles.vda5050.orders import BATTERY_TARGET_KEY, DURATION_KEY, LOAD_ID_KEY

PICK: Final = ActionKind.PICK.value
DROP: Final = ActionKind.DROP.value
START_CHARGING: Final = ActionKind.START_CHARGING.value
END: Final = NodeKind.END.value
"""The words of the messages, at hand: they are asked for at every action."""

ABSENT: Final = "consignee absent"
MISSING: Final = "it was not at the dock"
CHARGER_M_MAX: Final = 300.0
"""A charger farther away than this is not the one that the order means (assumed: as far as an
address may lie from its road)."""


@record
class Present:
    """A van as it is when an action is looked at."""

    now: Instant
    place: LonLat
    battery_mwh: int


class Actions:
    """What the actions of one van come to.

    Parameters
    ----------
    agent, spec
        The side of the van that talks, and what it is.
    surroundings, luck
        What it meets, and how reality scatters.
    stream, streams
        The van's own, and those of the run.

    Attributes
    ----------
    stowaways
        What was put in wrongly, and is aboard without an order.
    """

    def __init__(
        self,
        agent: Agent,
        spec: VanSpec,
        surroundings: Surroundings,
        luck: Luck,
        stream: Stream,
        streams: Streams,
    ) -> None:
        self._agent, self._spec = agent, spec
        self._around, self._luck = surroundings, luck
        self._stream, self._streams = stream, streams
        self.stowaways: set[str] = set()

    def stand_of(self, action: Action, node: Node | None, place: LonLat) -> Stand | None:
        """Return where the van must have room before it begins; None if anywhere will do."""
        if action.action_type == START_CHARGING:
            charger = self._charger(place)
            return None if charger is None else charger[0]
        if action.action_type == PICK:
            return DOCKS
        kind = "" if node is None or node.robovan is None else node.robovan.kind
        is_home = kind == END
        return DOCKS if is_home and action.action_type == DROP else None

    def begun(self, action: Action, node: Node | None, present: Present) -> Timed | Charging:
        """Return what carrying out an action at a node comes to."""
        if action.action_type == START_CHARGING:
            return self._charging(action, present)
        duration_s = action.parameter(DURATION_KEY)
        expected_ms = float(duration_s) * 1000 if isinstance(duration_s, int | float) else 0.0
        ratio = self._luck.action_ratio(action, self._stream)
        fault = MISSING if self._is_missing(action) else ""
        if action.action_type == DROP:
            load_id = action.parameter(LOAD_ID_KEY)
            if load_id not in self._agent.loads:
                return Timed(0, action, f"{load_id} is not aboard")
            if node is not None and present.place not in self._around.lockers:
                fault = ABSENT if self._luck.is_absent(node, self._streams) else ""
        return Timed(int(expected_ms * ratio), action, fault)

    def _is_missing(self, action: Action) -> bool:
        """Return whether the warehouse does not bring what is to be loaded."""
        load_id = action.parameter(LOAD_ID_KEY)
        if action.action_type != PICK or not isinstance(load_id, str):
            return False
        return self._luck.is_missing(self._agent.order_id, load_id, self._streams)

    def outcome(self, action: Action, fault: str) -> str:
        """Put what really lies at the dock into the van; return why the action failed, or ""."""
        shelf, load_id = self._around.shelf, action.parameter(LOAD_ID_KEY)
        is_loading = action.action_type == PICK
        if shelf is None or fault or not is_loading or not isinstance(load_id, str):
            return fault
        if load_id in self._agent.loads and load_id not in self.stowaways:
            return ""  # by an order that the van has forgotten since
        taken = shelf.take(self._agent.order_id, load_id)
        if taken is None:
            return MISSING
        if taken == load_id:
            return ""
        self.stowaways.add(taken)
        self._agent.set_loads((*self._agent.loads, taken))
        return f"{taken} was put in instead"

    def hand_in(self, place: LonLat) -> None:
        """Let the depot take out all that is aboard of a van without an order that stands there."""
        at_home = great_circle_m(place, self._around.frame.origin) <= HOME_M_MAX
        if not at_home or self._agent.is_busy:
            return
        if self._around.shelf is not None:
            self._around.shelf.put_back(self._agent.loads)
        self.stowaways.clear()
        self._agent.set_loads(())

    def _charging(self, action: Action, present: Present) -> Timed | Charging:
        charger = self._charger(present.place)
        if charger is None:
            return Timed(0, action, "there is no charger here")
        target = action.parameter(BATTERY_TARGET_KEY)
        wanted = int(target) if isinstance(target, int | float) else self._spec.battery_mwh
        return Charging(
            action,
            begun_at=present.now,
            start_mwh=present.battery_mwh,
            target_mwh=min(wanted, self._spec.battery_mwh),
            power_w=min(charger[1], self._spec.charge_power_w),
        )

    def _charger(self, place: LonLat) -> tuple[LonLat, int] | None:
        """Return place and watts of the nearest charger here: the one that an order names."""
        here = [
            charger
            for charger in self._around.chargers
            if charger[1] > 0 and great_circle_m(charger[0], place) <= CHARGER_M_MAX
        ]
        return min(here, key=lambda charger: great_circle_m(charger[0], place), default=None)

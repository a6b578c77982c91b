"""Charging a van that knows the standard's actions and nothing of our targets. Pure.

Our own vans are told ``startCharging`` with a charge to reach, and end it by themselves. By the
standard (VDA 5050 2.1, section 6.8.1) ``startCharging`` is over as soon as the current flows;
whether it does, ``charging`` in the state says, and it ends when ``stopCharging`` comes or by
itself. While it does the vehicle takes no order.

Theory of operation
-------------------
A *plug* is a node of a trip with both actions. A van of the standard is told the first of them
only, and no more is released to it than up to there. The second one ends, for the core, when the
current ends: because the target was reached and the van was told to stop, or by itself. What is
journalled are the same facts as of our own vans, so the core decides about all alike.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from maps.units import Instant, Seconds, later
from vehicles.changing import record
from vehicles.trip import ActionKind, TripAction, TripNode

OVERRUN_FACTOR: Final = 2
OVERRUN_S_MORE: Final = 900
"""Charging that takes longer than so many times what was planned, and so much more, is given up:
its plug is weak or its battery never says that it is full. Assumed."""

STOP_REFUSED: Final = "stopChargingRefused"
"""Error type of ``OrderRefused`` when a van that must drive goes on charging. Ours."""


@record
class Charging:
    """How a van is charged.

    Attributes
    ----------
    to_target
        It knows our target, and ends charging by itself.
    can_start, can_stop
        It does not say that it cannot begin when it is told to at a node, or end at once.
    """

    to_target: bool = True
    can_start: bool = True
    can_stop: bool = True

    @property
    def is_told(self) -> bool:
        """Return whether it can be told to charge; else people do it, or the van by itself."""
        return self.can_start and (self.to_target or self.can_stop)


TO_TARGET: Final = Charging()
"""How our own vans are charged, and all others until they say a word."""


@record
class Unplug:
    """A ``stopCharging`` to be done at once, lest an order waits or the battery is full."""

    trip_id: str
    action_id: str
    header_id: int


@record
class Plug:
    """A stop for charging: how it begins, how it ends, and the charge wanted."""

    start: TripAction
    stop: TripAction
    target_mwh: int

    @property
    def action_ids(self) -> frozenset[str]:
        """Return the ids of both actions."""
        return frozenset((self.start.action_id, self.stop.action_id))


@record
class Current:
    """What a state says of charging.

    Attributes
    ----------
    at, battery_mwh, flows
        When it was sent, what the battery holds, and whether it is being charged.
    failed
        What the van says of actions that failed, by their ids.
    """

    at: Instant
    battery_mwh: int
    flows: bool
    failed: Mapping[str, str]


def plug_of(node: TripNode) -> Plug | None:
    """Return the plug that a node is, or None."""
    found = {action.kind: action for action in node.actions}
    start, stop = found.get(ActionKind.START_CHARGING), found.get(ActionKind.STOP_CHARGING)
    if start is None or stop is None or start.battery_mwh_target is None:
        return None
    return Plug(start, stop, start.battery_mwh_target)


def open_plug(node: TripNode, ended: frozenset[str]) -> Plug | None:
    """Return the plug that a node is, as long as charging there is not over."""
    plug = plug_of(node)
    return None if plug is None or plug.stop.action_id in ended else plug


def count_to_plug(
    nodes: tuple[TripNode, ...], first: int, count: int, ended: frozenset[str]
) -> int:
    """Return how many of the first ``count`` nodes can be released: none behind an open plug.

    Nodes before the one at ``first`` are behind the van.
    """
    for index in range(first, count):
        if open_plug(nodes[index], ended) is not None:
            return index + 1
    return count


def told_of(node: TripNode, charging: Charging) -> tuple[TripAction, ...]:
    """Return the actions of a node that a van is told with its order."""
    if charging.to_target:
        return node.actions
    left_out = {ActionKind.STOP_CHARGING}
    if not charging.is_told:
        left_out.add(ActionKind.START_CHARGING)
    return tuple(action for action in node.actions if action.kind not in left_out)


def endings(
    plug: Plug,
    current: Current,
    charging: Charging,
    *,
    began: frozenset[str],
    ended: frozenset[str],
    plugged_at: Instant | None,
    near_mwh: int,
    asked_id: str | None,
) -> Iterator[tuple[TripAction, bool, str]]:
    """Find which actions of the plug that a van stands at have ended, how, and what to say of it.

    Parameters
    ----------
    plug, current, charging
        The plug, what the newest state says, and how the van is charged.
    began, ended
        Ids of actions that had ended before this state, and with it. That the current does not
        flow counts from the state behind the one that says that charging began.
    plugged_at
        When charging began, by the van; None if it has not.
    near_mwh
        So little less than the target is as good.
    asked_id
        The action by which the van was told to stop; None if it was not.
    """
    if not charging.is_told:
        if plug.start.action_id not in ended:
            yield plug.start, False, "this van is not told to charge"
        yield plug.stop, True, ""
        return
    if plug.start.action_id not in ended:
        return
    is_near = current.battery_mwh >= plug.target_mwh - near_mwh
    if current.flows:
        if asked_id is not None and asked_id in current.failed:
            yield plug.stop, False, f"it goes on charging: {current.failed[asked_id]}"
        elif plugged_at is not None and current.at > _latest(plug, plugged_at):
            yield plug.stop, is_near, _said("charging takes too long", plug, current)
    elif plug.start.action_id in current.failed:
        yield plug.stop, True, ""
    elif plug.start.action_id in began:
        yield plug.stop, is_near, "" if is_near else _said("charging ended", plug, current)


def _latest(plug: Plug, plugged_at: Instant) -> Instant:
    return later(plugged_at, Seconds(OVERRUN_FACTOR * plug.start.duration_s + OVERRUN_S_MORE))


def _said(what: str, plug: Plug, current: Current) -> str:
    return f"{what}: {current.battery_mwh} of {plug.target_mwh} mWh"

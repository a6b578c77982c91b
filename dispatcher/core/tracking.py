"""What a van's facts mean for its trip: where it is, when it will be where, with what charge.

Predictions go forward from what was last seen, with the plan's driving times and stays; they
need no map. Lateness is judged by our own clock, never by the van's.
"""

from collections.abc import Sequence

from dispatcher.core.model import RouteNode, Trip
from maps.units import Instant, Seconds, later
from vehicles.changing import changed
from vehicles.facts import ActionEnded, NodePassed
from vehicles.trip import NodeKind


def on_node_passed(trip: Trip, fact: NodePassed, now: Instant) -> Trip:
    """Return the trip after its van reached a node; nodes already passed change nothing.

    A van that went on past what was released cannot be called back: what it reached counts as
    released.
    """
    index = fact.node_index
    if index <= trip.passed_index or index >= len(trip.nodes):
        return trip
    seen = changed(trip.nodes[index], passed_at=now, battery_mwh_arrived=fact.battery_mwh)
    nodes = (*trip.nodes[:index], seen, *trip.nodes[index + 1 :])
    left_at = None if trip.actions_open(index) else now
    return changed(
        trip,
        nodes=nodes,
        passed_index=index,
        released_count=max(trip.released_count, index + 1),
        not_before=None,
        left_at=left_at,
        next_at=_next_at(nodes, index, left_at, None, now),
    )


def on_action_ended(trip: Trip, fact: ActionEnded, now: Instant) -> Trip:
    """Return the trip after its van ended an action."""
    index, left_at, ended = trip.passed_index, trip.left_at, trip.ended | {fact.action_id}
    if index >= 0 and left_at is None:
        actions = trip.nodes[index].node.actions
        # They end in their order as a rule: the last one tells soonest that not all have.
        left_at = now if all(action.action_id in ended for action in reversed(actions)) else None
    at = _next_at(trip.nodes, index, left_at, trip.not_before, now)
    return changed(trip, ended=ended, left_at=left_at, next_at=at)


def overdue_at(trip: Trip, *, overdue_s: Seconds) -> Instant | None:
    """Return when the next node is overdue, or None if the van has reached the last one."""
    is_there = trip.passed_index + 1 >= len(trip.nodes)
    return None if is_there else later(trip.next_at, overdue_s)


def put_off(trip: Trip, now: Instant, *, by_s: Seconds) -> Trip:
    """Return the trip with its next arrival at least so long from now, until it is seen to move."""
    return predicted(changed(trip, not_before=later(now, by_s)), now)


def on_mobile(trip: Trip, now: Instant) -> Trip:
    """Return the trip of a van that can move again; what it needs now may be asked at once."""
    return predicted(changed(trip, not_before=None, replanned_at=None), now)


def predicted(trip: Trip, now: Instant) -> Trip:
    """Return the trip with its arrivals predicted from what is known at ``now``."""
    at = _next_at(trip.nodes, trip.passed_index, trip.left_at, trip.not_before, now)
    return changed(trip, next_at=at)


def _next_at(
    nodes: Sequence[RouteNode],
    passed_index: int,
    left_at: Instant | None,
    not_before: Instant | None,
    now: Instant,
) -> Instant:
    """Return the predicted arrival at the first node ahead; at the last one, when it was reached.

    All arrivals behind it follow from it (``Trip.etas``): none is walked to after every event.
    """
    earliest = now if not_before is None else max(now, not_before)
    if passed_index < 0:
        return max(nodes[0].node.arrive_at, earliest)
    here = nodes[passed_index]
    arrived = here.passed_at or now
    if passed_index + 1 == len(nodes):
        return arrived
    free_at = left_at or max(now, _leave(here, arrived))
    return max(Instant(free_at + nodes[passed_index + 1].node.drive_s * 1000), earliest)


def _leave(node: RouteNode, arrival: Instant) -> Instant:
    """Return when the van can leave a node it reaches at ``arrival``."""
    begin = max(arrival, node.node.window_begin or arrival)
    return later(begin, node.dwell_s)


def leaves_at(trip: Trip, index: int, now: Instant) -> Instant:
    """Return when the van is predicted to leave the node at ``index`` (not before ``now``)."""
    earliest = now if trip.not_before is None else max(now, trip.not_before)
    if index == trip.passed_index and trip.left_at is not None:
        return max(earliest, trip.left_at)
    return max(earliest, _leave(trip.nodes[index], trip.etas[index]))


def battery_at(trip: Trip, index: int, battery_mwh: int) -> int:
    """Return the charge predicted on leaving the node at ``index``.

    ``battery_mwh`` is the charge now; consumption is as planned.
    """
    start = max(trip.passed_index, 0)
    level = battery_mwh
    for position in range(start, index + 1):
        if position > start:
            level -= trip.nodes[position].use_mwh
        level = _charged(trip, position, level)
    return level - (stay_mwh(trip, index) if index > trip.passed_index else 0)


def stay_mwh(trip: Trip, index: int) -> int:
    """Return the planned consumption of waiting and service at a node."""
    if index + 1 >= len(trip.nodes):
        return 0
    after = trip.nodes[index + 1]
    return max(0, after.use_mwh - after.energy_mwh)


def _charged(trip: Trip, position: int, level_mwh: int) -> int:
    """Return the charge after charging at a node, unless that is over, for better or worse."""
    target = trip.nodes[position].charge_mwh_target
    is_over = position < trip.passed_index or (
        position == trip.passed_index and trip.left_at is not None
    )
    return level_mwh if target is None or is_over else max(level_mwh, target)


def stops_ahead(trip: Trip, after_index: int) -> list[int]:
    """Return the positions of the stops behind ``after_index``."""
    return [
        index
        for index in range(after_index + 1, len(trip.nodes))
        if trip.nodes[index].node.kind is NodeKind.STOP
    ]

"""What a van's facts mean for its trip: where it is, when it will be where, with what charge.

Predictions walk the trip forward from what was last seen, with the plan's driving times and
stays; they need no map. Lateness is judged by our own clock, never by the van's.
"""

from dataclasses import replace

from dispatcher.core.model import RouteNode, Trip
from maps.units import Instant, Seconds, later
from vehicles.facts import ActionEnded, NodePassed
from vehicles.trip import NodeKind


def on_node_passed(trip: Trip, fact: NodePassed, now: Instant) -> Trip:
    """Return the trip after its van reached a node; nodes already passed change nothing."""
    index = fact.node_index
    if index <= trip.passed_index or index >= len(trip.nodes):
        return trip
    seen = replace(trip.nodes[index], passed_at=now, battery_mwh_arrived=fact.battery_mwh)
    moved = replace(trip.with_node(index, seen), passed_index=index)
    moved = replace(moved, left_at=None if moved.actions_open(index) else now)
    return replace(moved, etas=etas(moved, now))


def on_action_ended(trip: Trip, fact: ActionEnded, now: Instant) -> Trip:
    """Return the trip after its van ended an action."""
    ended = replace(trip, ended=trip.ended | {fact.action_id})
    busy_here = trip.passed_index >= 0 and trip.left_at is None
    if busy_here and not ended.actions_open(trip.passed_index):
        ended = replace(ended, left_at=now)
    return replace(ended, etas=etas(ended, now))


def on_overdue(trip: Trip, now: Instant, *, overdue_s: Seconds) -> Trip:
    """Return the trip with its next arrival put off, when it was due ``overdue_s`` ago."""
    index = next_index(trip)
    if index is None or now < later(trip.etas[index], overdue_s):
        return trip
    return replace(trip, etas=etas(trip, now, not_before=later(now, overdue_s)))


def on_stuck(trip: Trip, now: Instant, *, stuck_s: Seconds) -> Trip:
    """Return the trip with its next arrival put off by the time the van may be stuck."""
    return replace(trip, etas=etas(trip, now, not_before=later(now, stuck_s)))


def next_index(trip: Trip) -> int | None:
    """Return the node the van drives to, or None while it is busy at one or at the end."""
    index = trip.passed_index + 1
    if index >= len(trip.nodes) or (trip.passed_index >= 0 and trip.left_at is None):
        return None
    return index


def etas(trip: Trip, now: Instant, *, not_before: Instant | None = None) -> tuple[Instant, ...]:
    """Return the predicted arrival at every node, from what is known at ``now``.

    Parameters
    ----------
    trip, now
        The trip and the present instant.
    not_before
        The next node is not reached earlier than this (the van is stuck or overdue).

    Returns
    -------
    tuple[Instant, ...]
        One per node; for nodes passed, when they were.
    """
    arrivals = [node.passed_at or now for node in trip.nodes[: trip.passed_index + 1]]
    earliest = now if not_before is None else max(now, not_before)
    free_at: Instant | None = None
    if trip.passed_index >= 0:
        here = trip.nodes[trip.passed_index]
        free_at = trip.left_at or max(now, _leave(here, arrivals[-1]))
    for node in trip.nodes[trip.passed_index + 1 :]:
        if free_at is None:
            arrival = max(earliest, node.node.arrive_at)
        else:
            arrival = max(earliest, later(free_at, Seconds(node.node.drive_s)))
        arrivals.append(arrival)
        free_at = _leave(node, arrival)
    return tuple(arrivals)


def _leave(node: RouteNode, arrival: Instant) -> Instant:
    """Return when the van can leave a node it reaches at ``arrival``."""
    begin = max(arrival, node.node.window_begin or arrival)
    return later(begin, node.dwell_s)


def leaves_at(trip: Trip, index: int, now: Instant) -> Instant:
    """Return when the van is predicted to leave the node at ``index`` (not before ``now``)."""
    if index == trip.passed_index and trip.left_at is not None:
        return max(now, trip.left_at)
    return max(now, _leave(trip.nodes[index], trip.etas[index]))


def battery_at(trip: Trip, index: int, battery_mwh: int) -> int:
    """Return the charge predicted on leaving the node at ``index``.

    ``battery_mwh`` is the charge now; consumption is as planned between arrivals, so waiting and
    serving are in it.
    """
    start = max(trip.passed_index, 0)
    level = battery_mwh
    for position in range(start, index + 1):
        node = trip.nodes[position]
        if position > start:
            level -= _planned_use(trip.nodes[position - 1], node)
        busy = position > trip.passed_index or trip.left_at is None
        if node.charge_mwh_target is not None and busy:
            level = max(level, node.charge_mwh_target)
    return level


def battery_min(trip: Trip, battery_mwh: int) -> int:
    """Return the lowest charge predicted on arrival at any node still to come."""
    lowest = level = battery_mwh
    for position in range(max(trip.passed_index, 0), len(trip.nodes)):
        if position > max(trip.passed_index, 0):
            level -= _planned_use(trip.nodes[position - 1], trip.nodes[position])
            lowest = min(lowest, level)
        target = trip.nodes[position].charge_mwh_target
        if target is not None and position >= trip.passed_index:
            level = max(level, target)
    return lowest


def _planned_use(before: RouteNode, node: RouteNode) -> int:
    """Return the planned consumption from one arrival to the next, charging not counted."""
    leaving = before.battery_mwh if before.charge_mwh_target is None else before.charge_mwh_target
    return max(0, leaving - node.battery_mwh)


def stops_ahead(trip: Trip, after_index: int) -> list[int]:
    """Return the positions of the stops behind ``after_index``."""
    return [
        index
        for index in range(after_index + 1, len(trip.nodes))
        if trip.nodes[index].node.kind is NodeKind.STOP
    ]

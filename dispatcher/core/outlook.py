"""How a trip must get on so that all is well ahead: worked out once for a way, asked at each event.

Backwards from the last node: how late each may be reached, and with how little charge it may be
left. A look at the next node then says as much as a walk over all that lie ahead.
"""

from collections.abc import Sequence
from typing import Final

from dispatcher.core.model import Outlook, RouteNode, Trip
from vehicles.trip import NodeKind

ALWAYS: Final = 2**62
NEVER: Final = -1
"""Instants that all arrivals are before, and that none is."""


def outlook_of(nodes: Sequence[RouteNode], *, lateness_s_min: int, floor_mwh: int) -> Outlook:
    """Work out how late nodes may be reached, and with how little charge they may be left.

    Parameters
    ----------
    nodes
        Of a trip, all of them.
    lateness_s_min, floor_mwh
        How much later than promised is late, and what the battery must not fall below.

    Returns
    -------
    Outlook
        For each node as if the van were on its way there, or about to leave it.
    """
    latest: list[int] = []
    needed: list[int] = []
    latest_at, needed_mwh = ALWAYS, 0
    for index in range(len(nodes) - 1, -1, -1):
        node, after = nodes[index], nodes[index + 1] if index + 1 < len(nodes) else None
        if after is not None:
            latest_at -= (node.dwell_s + after.node.drive_s) * 1000  # service begins by then
            needed_mwh = after.use_mwh + _on_arrival(after, needed_mwh, floor_mwh)
        needed.append(needed_mwh)
        begin = node.node.window_begin
        if begin is not None and begin > latest_at:
            latest_at = NEVER  # the wait for its window is too long already
        promised = promised_by(node)
        if promised is not None:
            latest_at = min(latest_at, promised + lateness_s_min * 1000 + 999)
        latest.append(latest_at)
    return Outlook(tuple(reversed(latest)), tuple(reversed(needed)), lateness_s_min, floor_mwh)


def promised_by(node: RouteNode) -> int | None:
    """Return when a node is to be reached at the latest, by its window or the plan; or None."""
    told = node.node
    if told.window_end is None or told.kind is not NodeKind.STOP:
        return None
    return max(told.window_end, node.begin_at)


def is_late(trip: Trip, outlook: Outlook) -> bool:
    """Return whether a promise ahead will be missed, by what is predicted now."""
    ahead = trip.passed_index + 1
    return ahead < len(trip.nodes) and trip.next_at > outlook.latest_at[ahead]


def is_short(trip: Trip, outlook: Outlook, battery_mwh: int) -> bool:
    """Return whether the charge will fall below the floor, by what is planned and used so far."""
    here = max(trip.passed_index, 0)
    target = trip.nodes[here].charge_mwh_target
    is_charged = trip.passed_index == here and trip.left_at is not None
    level = battery_mwh if target is None or is_charged else max(battery_mwh, target)
    return battery_mwh < outlook.floor_mwh or level < outlook.needed_mwh[here]


def _on_arrival(node: RouteNode, needed_mwh: int, floor_mwh: int) -> int:
    """Return what must be left on reaching a node that is left with ``needed_mwh``."""
    target = node.charge_mwh_target
    is_enough = target is not None and target >= needed_mwh
    return floor_mwh if is_enough else max(floor_mwh, needed_mwh)

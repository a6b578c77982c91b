"""Is it worth a new plan? Whom does it concern, and what did it change?

Pure rules: a trip and plain values in, a cause or a new trip out. A promise that an earlier plan
gave up already is not a new trouble; only slipping further is.
"""

from collections.abc import Sequence
from dataclasses import replace

from dispatcher.core.assembling import leg_ends
from dispatcher.core.model import IN_FORCE, Outlook, Trip
from dispatcher.core.outlook import is_late, is_short, promised_by
from dispatcher.core.requests import TripForecast
from dispatcher.core.settings import PlanSettings
from dispatcher.core.tracking import stops_ahead
from maps.travel import UNREACHABLE
from maps.units import Instant, Seconds, later
from vehicles.trip import NodeKind


def trouble(
    trip: Trip, *, battery_mwh: int, outlook: Outlook, settings: PlanSettings
) -> str | None:
    """Return why a trip that may change needs a new plan, by what is predicted now, or None.

    Parameters
    ----------
    trip
        The trip; ``may_change`` has said that it can be replanned.
    battery_mwh
        The van's charge now.
    outlook
        Of the trip, for its van's floor (its reserve and margin) and the settings' lateness.
    settings
        Thresholds.

    Returns
    -------
    str | None
        The cause, for people; None if all is well, or too little is left to change.
    """
    floor_mwh = outlook.floor_mwh
    if is_short(trip, outlook, battery_mwh) and not _gave_up_charge(trip, floor_mwh):
        return f"{trip.van_id} would come below its reserve"
    if not is_late(trip, outlook):
        return None
    if len(stops_ahead(trip, trip.released_count - 1)) < 2:  # nothing to reorder
        return None
    return broken_promise(trip, settings)


def may_change(trip: Trip, now: Instant, settings: PlanSettings) -> bool:
    """Return whether a trip can be replanned at all, and has not been too lately."""
    if trip.charging_only or trip.request_id is not None:
        return False
    if trip.status not in IN_FORCE:
        return False
    if trip.released_count >= len(trip.nodes):
        return False
    asked = trip.replanned_at
    return asked is None or now >= later(asked, Seconds(settings.replan_cooldown_s))


def broken_promise(trip: Trip, settings: PlanSettings) -> str | None:
    """Return the first promise that the trip will miss, in words, or None."""
    first = max(trip.passed_index, 0) + 1
    for node, eta in zip(trip.nodes[first:], trip.etas[first:], strict=True):
        promised = promised_by(node)
        late_s = 0 if promised is None else (eta - promised) // 1000
        if late_s > settings.lateness_s_min:
            return f"{trip.van_id} would be {late_s // 60} min late at {node.node.label}"
    return None


def _gave_up_charge(trip: Trip, floor_mwh: int) -> bool:
    """Return whether the plan in force already goes below the floor: asking again is no help."""
    return any(node.battery_mwh < floor_mwh for node in trip.nodes[trip.released_count :])


def with_forecast(trip: Trip, forecast: TripForecast, anchor: int) -> Trip:
    """Return the trip with its unreleased driving times scaled to what the roads are like now.

    ``anchor`` is the node that was released last when the forecast was asked for. A leg through a
    closed road keeps its time: the van will be sent another way.
    """
    ends = leg_ends(trip, anchor)
    if len(ends) != len(forecast.planned_s):
        return trip  # no answer to what was asked
    nodes = list(trip.nodes)
    begin = anchor + 1
    for end, leg_s in zip(ends, forecast.planned_s, strict=True):
        if leg_s < UNREACHABLE:
            for index, drive_s in enumerate(_scaled(trip, begin, end, leg_s), start=begin):
                if index >= trip.released_count:  # what the van was told for good stays
                    node = replace(nodes[index].node, drive_s=drive_s)
                    nodes[index] = replace(nodes[index], node=node)
        begin = end + 1
    return replace(trip, nodes=tuple(nodes), outlook=None)


def _scaled(trip: Trip, begin: int, end: int, leg_s: int) -> list[int]:
    """Return driving times of the nodes from ``begin`` to ``end`` that sum up to ``leg_s``."""
    before = [trip.nodes[index].node.drive_s for index in range(begin, end + 1)]
    total = sum(before)
    if total == 0:
        return [0] * (len(before) - 1) + [leg_s]
    done, scaled, passed = 0, [], 0
    for drive_s in before:
        passed += drive_s
        upto = leg_s * passed // total
        scaled.append(upto - done)
        done = upto
    return scaled


def detour_gain_s(forecast: TripForecast) -> int:
    """Return how much time the fastest roads save over the planned ones, at most a day."""
    gains = (
        planned - best
        for planned, best in zip(forecast.planned_s, forecast.best_s, strict=False)
        if best < UNREACHABLE
    )
    return min(sum(gains), 86_400)


def changes_in_words(before: Trip, after: Trip, left_out: Sequence[str]) -> str:
    """Return what a replan changed in a trip, for people."""
    old = _unreleased_stops(before, before.released_count)
    new = _unreleased_stops(after, before.released_count)
    words: list[str] = []
    gone = [label for label in old if label not in new]
    if gone:
        words.append(f"without {', '.join(gone)}")
    if [label for label in old if label in new] != new:
        words.append(f"in the order {', '.join(new)}")
    charges = _charges(after) - _charges(before)
    if charges > 0:
        words.append("with a charging stop")
    if not words:
        words.append("by other roads")
    if left_out:
        words.append(f"{len(left_out)} parcels go back")
    return "; ".join(words)


def _unreleased_stops(trip: Trip, from_index: int) -> list[str]:
    """Return the labels of the stops from a node on."""
    return [trip.nodes[index].node.label for index in stops_ahead(trip, from_index - 1)]


def _charges(trip: Trip) -> int:
    """Return how many charging stops a trip has."""
    return sum(node.node.kind is NodeKind.CHARGE for node in trip.nodes)

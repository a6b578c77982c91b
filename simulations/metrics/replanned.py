"""What a replan moved: the order that a van had, held against the one that it got instead."""

from dataclasses import dataclass
from typing import Final

from vehicles.trip import NodeKind, TripNode, TripWish

PROMISE_MS_MIN: Final = 60_000
"""An arrival moved by more than this counts as a promise moved: what a replan is worth at least
(``PlanSettings.lateness_s_min``)."""


@dataclass(frozen=True, slots=True)
class Moved:
    """Stops behind another stop than before, stops left out, and stops promised another time."""

    resequenced: int
    dropped: int
    promises: int


def moved_by(before: TripWish, after: TripWish) -> Moved:
    """Return what changed from one wish for a trip to a later one of the same trip."""
    old, new = _stops(before), _stops(after)
    kept = [stop_id for stop_id in old if stop_id in new]
    follows_old = _predecessors(kept)
    follows_new = _predecessors([stop_id for stop_id in new if stop_id in old])
    return Moved(
        resequenced=sum(follows_old[one] != follows_new[one] for one in kept),
        dropped=len(old) - len(kept),
        promises=sum(abs(new[one].arrive_at - old[one].arrive_at) > PROMISE_MS_MIN for one in kept),
    )


def _stops(wish: TripWish) -> dict[str, TripNode]:
    return {node.node_id: node for node in wish.nodes if node.kind is NodeKind.STOP}


def _predecessors(stop_ids: list[str]) -> dict[str, str | None]:
    return dict(zip(stop_ids, (None, *stop_ids), strict=False))  # the last precedes none

"""Which vans a dispatcher took for lost, by its journal, and whether they were."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dispatcher.journal.database import read_journal
from vehicles.facts import VanLost, VanSeen


def losses_of(journal: Path, cut: Mapping[str, tuple[int, int]], *, until: int) -> dict[str, Any]:
    """Return how vans were taken for lost while the lines of some were cut.

    Parameters
    ----------
    journal
        Of a dispatcher that has ended.
    cut
        When each line was cut, and when its van told a state again, in milliseconds since 1970.
    until
        When the vans began to end for good.

    Returns
    -------
    dict[str, Any]
        How many vans were taken for lost that were cut, how often falsely and why, and how many of
        those cut are known in the end.
    """
    lost: dict[str, bool] = {}  # whether a van is, by its newest entry
    false: Counter[str] = Counter()
    rightly: set[str] = set()
    with read_journal(journal) as pages:
        for depot_id in pages.depot_ids():
            for entry in pages.read(depot_id):
                event = entry.event
                if entry.now > until:
                    break
                if isinstance(event, VanSeen):
                    lost[event.van_id] = False
                elif isinstance(event, VanLost):
                    cut_at, again_at = cut.get(event.van_id, (until, until))
                    if cut_at <= entry.now < again_at and event.van_id not in rightly:
                        rightly.add(event.van_id)
                    else:
                        false[event.cause] += 1
                    lost[event.van_id] = True
    return {
        "taken_for_lost": len(rightly),
        "falsely": dict(false),
        "known_again": sum(not lost.get(van_id, True) for van_id in cut),
    }

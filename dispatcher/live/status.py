"""How a depot is doing, for screens and summaries: a small JSON object a second, retained.

``robovan/v1/depots/{depot}/status``; keys are only ever added. ``lag_s_now`` and ``lag_s_max`` are
in seconds of the world: how old a van's state or an announcement was when all that it asked for
had been decided, for the latest message and at worst since the start. ``workers_ready`` says
whether a question asked now would wait for no planning worker to start: who lets a world's clock
begin waits for it, so that the day's first plan is no later than the others.
"""

import json
from typing import Final

from dispatcher.core.snapshot import Overview, ReplanRecord, VanRecord
from dispatcher.live.counting import Timing
from maps.units import Instant, elapsed_s, rfc3339

REPLANS_TOLD_MAX: Final = 20
"""Only the latest replans are told; the journal has all."""


class Lag:
    """How far the dispatcher is behind the world."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.max_s = 0.0
        self.timing = Timing()

    def note(self, sent_at: Instant, handled_at: Instant) -> None:
        """Take note of a message: when it was sent and when all was decided about it.

        A clock that is ahead of ours shows no lag.
        """
        self.now_s = max(0.0, elapsed_s(sent_at, handled_at))
        self.max_s = max(self.max_s, self.now_s)
        self.timing.note(self.now_s)


def status_payload(
    overview: Overview, lag: Lag, *, started_count: int, workers_ready: bool
) -> bytes:
    """Return the status message of a depot as JSON."""
    told = {
        "depot_id": overview.depot_id,
        "at": rfc3339(overview.as_of),
        "announced": overview.announced,
        "refused": overview.refused,
        "parcels": {status.value: count for status, count in overview.parcels},
        "vans": [_van(van) for van in overview.vans],
        "trips": dict(overview.trips),
        "replan_count": len(overview.replans),
        "replans": [_replan(replan) for replan in overview.replans[-REPLANS_TOLD_MAX:]],
        "incidents": [incident.incident_id for incident in overview.incidents],
        "events_handled": overview.events_handled,
        "started_count": started_count,
        "workers_ready": workers_ready,
        "lag_s_now": round(lag.now_s, 3),
        "lag_s_max": round(lag.max_s, 3),
    }
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()


def _van(van: VanRecord) -> dict[str, object]:
    return {
        "van_id": van.van_id,
        "known": van.known,
        "stuck": van.stuck,
        "charging": van.charging,
        "lon": None if van.place is None else van.place.lon,
        "lat": None if van.place is None else van.place.lat,
        "battery_mwh": van.battery_mwh,
        "trip_id": van.trip_id,
    }


def _replan(replan: ReplanRecord) -> dict[str, object]:
    return {"at": rfc3339(replan.at), "cause": replan.cause, "vans": [v for v, _ in replan.changes]}

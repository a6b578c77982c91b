"""What stands at a node of a road: signals, signs, crossings, barriers.

Decides what counts and for traffic in which direction, from tags. Leaves to ``building`` which
segments meet it.

References
----------
.. [1] https://wiki.openstreetmap.org/wiki/Tag:highway%3Dstop
.. [2] https://wiki.openstreetmap.org/wiki/Tag:highway%3Dtraffic_signals
.. [3] https://wiki.openstreetmap.org/wiki/Tag:railway%3Dlevel_crossing
"""

from collections.abc import Mapping

from maps.reading.extract import (
    BARRIER,
    CROSSING,
    GIVE_WAY_BACKWARD,
    GIVE_WAY_FORWARD,
    GIVE_WAY_NEARBY,
    LEVEL_CROSSING,
    SIGNAL_BACKWARD,
    SIGNAL_FORWARD,
    STOP_BACKWARD,
    STOP_FORWARD,
    STOP_NEARBY,
)


def marks_of(tags: Mapping[str, str], *, blocked: bool) -> int:
    """Return the marks of a node on a road: bits of ``maps.reading.extract``, or 0."""
    marks = BARRIER if blocked else 0
    if tags.get("railway") in ("level_crossing", "tram_level_crossing"):
        marks |= LEVEL_CROSSING
    match tags.get("highway"):
        case "traffic_signals":
            side = tags.get("traffic_signals:direction") or tags.get("direction")
            marks |= _by_side(side, SIGNAL_FORWARD, SIGNAL_BACKWARD) or (
                SIGNAL_FORWARD | SIGNAL_BACKWARD
            )
        case "stop" if tags.get("stop") == "all":
            marks |= STOP_FORWARD | STOP_BACKWARD
        case "stop":
            side = tags.get("direction")
            marks |= _by_side(side, STOP_FORWARD, STOP_BACKWARD) or STOP_NEARBY
        case "give_way":
            side = tags.get("direction")
            marks |= _by_side(side, GIVE_WAY_FORWARD, GIVE_WAY_BACKWARD) or GIVE_WAY_NEARBY
        case "crossing":
            marks |= CROSSING
    return marks


def _by_side(side: str | None, forward: int, backward: int) -> int:
    return {"forward": forward, "backward": backward, "both": forward | backward}.get(side or "", 0)

"""What can be wrong with incidents, permits and observed speeds.

Decides the sentences. Leaves the rules to ``incidents``, ``weigher`` and ``observed_speeds``.
"""

from collections.abc import Sequence
from pathlib import Path

from maps.errors import RobovanError
from maps.input_errors import Fault, listed


class BadIncidentError(RobovanError):
    """A closure or slowdown cannot be meant as it was reported."""

    code = "MAP-401"

    def __init__(self, incident_id: str, faults: Sequence[str]) -> None:
        super().__init__(
            f"The incident {incident_id!r} cannot be used: {'; '.join(faults)}",
            remedy=(
                "Report it again with a line, way_ids or a polygon on this map, longitude first, "
                "a speed_ratio from 0 (closed) to 1, and an end after its start"
            ),
        )
        self.incident_id = incident_id
        self.faults = tuple(faults)


class BadPermitError(RobovanError):
    """A permit of a vehicle class has no area, or hours that cannot be read."""

    code = "MAP-402"

    def __init__(self, vehicle_class: str, reason: str) -> None:
        super().__init__(
            f"A permit of the vehicle class {vehicle_class!r} cannot be used: {reason}",
            remedy="Give a polygon of three corners or more, and hours such as Mo-Fr 07:00-19:00",
        )
        self.vehicle_class = vehicle_class
        self.reason = reason


class BadSpeedsError(RobovanError):
    """Rows of a file of observed speeds cannot be used."""

    code = "MAP-403"

    def __init__(self, path: Path, faults: Sequence[Fault]) -> None:
        super().__init__(
            f"{str(path)!r} has {len({fault.row for fault in faults})} bad rows:\n{listed(faults)}",
            remedy=(
                "Correct them: each row needs road_class or way_id, hours, and speed_kmh or "
                "speed_ratio; days are optional"
            ),
        )
        self.path = path
        self.faults = tuple(faults)

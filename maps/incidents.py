"""Closures and slowdowns: what happened where, from when until when.

Leaves to ``incident_rules`` whether it can be so, and to ``disruptions`` which roads it concerns.
"""

from dataclasses import dataclass

from maps.places import LonLat
from maps.units import Instant


@dataclass(frozen=True, slots=True)
class Incident:
    """Roads that are slower than usual, or closed, for a while.

    Attributes
    ----------
    incident_id
        Given by whoever reports it; a later report with the same id replaces the earlier one.
    line
        The places of a line (or a single point) along the road concerned; may be empty.
    buffer_m
        Roads within this distance of the line are concerned, in metres.
    speed_ratio
        What is left of the usual speed, 0 to 1; 0 means closed.
    starts_at, ends_at
        The incident counts from ``starts_at`` until just before ``ends_at``.
    way_ids
        Ways of OpenStreetMap that are concerned from end to end.
    polygon
        Corners of an area whose roads are concerned as far as they lie inside.
    """

    incident_id: str
    line: tuple[LonLat, ...]
    buffer_m: int
    speed_ratio: float
    starts_at: Instant
    ends_at: Instant
    way_ids: tuple[int, ...] = ()
    polygon: tuple[LonLat, ...] = ()

    def counts_at(self, now: Instant) -> bool:
        """Return whether the incident is in force at ``now``."""
        return self.starts_at <= now < self.ends_at

    @property
    def outline(self) -> tuple[LonLat, ...]:
        """Return what can be drawn of it: the line, else the closed polygon; perhaps nothing."""
        return self.line or (*self.polygon, *self.polygon[:1])

"""One drive along one edge: how far a simulated van gets in a time, and what it takes.

Decides the motion only: piece by piece at the road's own speed, slower in a jam, slower or faster
by the van's luck. When to drive, and that a battery may be empty, is ``van``'s.
"""

import math
from collections.abc import Sequence

from maps.geometry import LocalFrame
from maps.incidents import Incident
from maps.places import LonLat
from maps.units import Instant, kilograms
from simulations.roads import RoadPiece, Roads, along
from vehicles.changing import record

STEP_COUNT_MAX = 100_000
"""Pieces and incidents met on one edge; more is a fault of the program."""


@record
class Pace:
    """How one edge is driven.

    Attributes
    ----------
    time_ratio, energy_ratio
        The van's luck: 1 is what the roads say; more is slower, thirstier.
    speed_mps_max
        What van and order allow at most.
    """

    time_ratio: float
    energy_ratio: float
    speed_mps_max: float


@record
class Progress:
    """What a stretch of driving came to: ended when, how far, and with how much traction."""

    now: Instant
    driven_m: float
    energy_mwh: float


class Drive:
    """A drive along the pieces of one edge; moves only when told to."""

    def __init__(self, pieces: Sequence[RoadPiece], pace: Pace, roads: Roads) -> None:
        self._pieces = tuple(pieces)
        self._roads = roads
        self._pace = pace
        self._index = 0
        self._share = 0.0

    @property
    def is_over(self) -> bool:
        """Return whether the end of the edge is reached."""
        return self._index >= len(self._pieces)

    @property
    def place(self) -> LonLat | None:
        """Return where it has come to; None on an edge of no length."""
        if not self._pieces:
            return None
        if self.is_over:
            return self._pieces[-1].end
        return along(self._pieces[self._index], self._share)

    def theta(self, frame: LocalFrame) -> float:
        """Return which way it faces, in radians from east against the clock."""
        if not self._pieces:
            return 0.0
        piece = self._pieces[min(self._index, len(self._pieces) - 1)]
        x0, y0 = frame.to_metres(piece.start)
        x1, y1 = frame.to_metres(piece.end)
        return math.atan2(y1 - y0, x1 - x0)

    def ends_at(self, start: Instant, incidents: Sequence[Incident]) -> Instant:
        """Return when the edge's end is reached if it goes on from ``start``; nothing moves."""
        if not incidents:
            return self._free_end(start)
        index, share = self._index, self._share
        progress = self.advance(start, None, incidents, mass_g=0)
        self._index, self._share = index, share
        return progress.now

    def _free_end(self, start: Instant) -> Instant:
        """Return when the edge's end is reached on free roads, as ``advance`` would find it."""
        now, share, pace = float(start), self._share, self._pace
        ratio, speed_max = pace.time_ratio, pace.speed_mps_max
        for piece in self._pieces[self._index :]:
            speed = min(piece.speed_mps / ratio, speed_max)
            now += piece.length_m * (1 - share) / speed * 1000
            share = 0.0
        return _instant(now)

    def advance(
        self,
        start: Instant,
        until: Instant | None,
        incidents: Sequence[Incident],
        *,
        mass_g: int,
        energy_mwh_max: float = float("inf"),
    ) -> Progress:
        """Drive on, to the end of the edge or of the time or of the energy, whichever is first.

        Parameters
        ----------
        start, until
            Present instant, and the one to stop at (None: at the end of the edge).
        incidents
            Those known to exist; each counts while it lasts.
        mass_g
            Of van and load.
        energy_mwh_max
            What may be taken for traction.
        """
        now, driven_m, energy = float(start), 0.0, 0.0
        end, pieces = float("inf") if until is None else float(until), self._pieces
        mass_kg = kilograms(mass_g)
        for _ in range(STEP_COUNT_MAX):
            if self._index >= len(pieces) or now >= end:
                break
            piece = pieces[self._index]
            change_ms = end - now
            if incidents:
                speed = self._jammed_speed(piece, Instant(int(now)), incidents)
                change_ms = min(change_ms, _change_ms(now, incidents))
            else:
                speed = min(piece.speed_mps / self._pace.time_ratio, self._pace.speed_mps_max)
            left_ms = piece.length_m * (1 - self._share) / speed * 1000
            span_ms = min(left_ms, change_ms)
            share = (
                (1 - self._share) if span_ms >= left_ms else span_ms * speed / 1000 / piece.length_m
            )
            need = piece.energy_mwh(mass_kg) * share * self._pace.energy_ratio
            if energy + need > energy_mwh_max:
                share *= max(0.0, energy_mwh_max - energy) / need
                self._share += share
                return Progress(_instant(now), driven_m + share * piece.length_m, energy_mwh_max)
            energy += need
            driven_m += share * piece.length_m
            now += span_ms
            if span_ms >= left_ms:
                self._index, self._share = self._index + 1, 0.0
            else:
                self._share = min(1.0, self._share + share)
        return Progress(_instant(now), driven_m, energy)

    def _jammed_speed(self, piece: RoadPiece, now: Instant, incidents: Sequence[Incident]) -> float:
        in_force = [incident for incident in incidents if incident.counts_at(now)]
        own = piece.speed_mps / self._pace.time_ratio
        # An order planned for the jam may allow no more than the jam does: that slows but once.
        return min(own * self._roads.speed_ratio(piece, in_force), self._pace.speed_mps_max)


def _change_ms(now: float, incidents: Sequence[Incident]) -> float:
    """Return how long until an incident begins or ends."""
    times = [float(time) for one in incidents for time in (one.starts_at, one.ends_at)]
    return min((time - now for time in times if time > now), default=float("inf"))


def _instant(now: float) -> Instant:
    """Return a time in whole milliseconds, rounded up: nobody arrives early."""
    return Instant(-int(-now // 1))

"""What a simulated van can be doing, one at a time: driving, waiting or acting, charging.

Decides how long each takes; which comes next is ``van``'s.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from maps.incidents import Incident
from maps.units import Instant, later, power_over_time, seconds_from
from simulations.driving import Drive
from vehicles.charge_curve import MONTOYA
from vehicles.spec import VanSpec
from vehicles.vda5050.order import Action


@dataclass(slots=True)
class Driving:
    """Driving an edge."""

    edge_id: str
    drive: Drive
    _ends_at: Instant | None = None

    def ends_at(self, now: Instant, incidents: Sequence[Incident]) -> Instant:
        """Return when the edge's end is reached, as far as the roads are known at ``now``."""
        if self._ends_at is None or self._ends_at <= now:
            self._ends_at = self.drive.ends_at(now, incidents)
        return self._ends_at

    def forget(self) -> None:
        """Work the end out anew: something has changed."""
        self._ends_at = None


@dataclass(slots=True)
class Timed:
    """Waiting (no action), or an action that takes a time; it fails if ``fault`` says why."""

    left_ms: int
    action: Action | None
    fault: str = ""


@dataclass(slots=True)
class Charging:
    """Charging, from what the battery held to what it shall hold."""

    action: Action
    begun_at: Instant
    start_mwh: int
    target_mwh: int
    power_w: int

    def ends_at(self, spec: VanSpec) -> Instant:
        """Return when the target is reached."""
        duration_s = MONTOYA.duration(
            self.start_mwh, self.target_mwh, battery_mwh=spec.battery_mwh, power_w=self.power_w
        )
        return later(self.begun_at, duration_s)

    def battery_at(self, now: Instant, spec: VanSpec) -> int:
        """Return what the battery holds at ``now``."""
        held = MONTOYA.energy_after(
            self.start_mwh,
            seconds_from(self.begun_at, now),
            battery_mwh=spec.battery_mwh,
            power_w=self.power_w,
        )
        return min(held, max(self.target_mwh, self.start_mwh))


@dataclass(frozen=True, slots=True)
class InLine:
    """Standing in line for a dock or a plug, until those before have gone."""

    action: Action


Activity = Driving | Timed | InLine | Charging


def auxiliary_mwh(power_w: int, span_ms: int) -> float:
    """Return the auxiliary energy of a span, not rounded: many short ones must add up."""
    return power_over_time(power_w, 3600) * span_ms / 3_600_000

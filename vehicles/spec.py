"""What a kind of van can carry, hold and do: specifications and presets with their sources."""

import math
from dataclasses import dataclass

LOCKER_SIZES = ("s", "m", "l", "xl")
"""Sizes of parcel lockers, smallest first."""


@dataclass(frozen=True, slots=True)
class VanSpec:
    """One model of van.

    Attributes
    ----------
    model, manufacturer
        Names; the manufacturer is part of the van's MQTT topics.
    payload_g, volume_ml
        What it can carry.
    lockers
        How many of each size of ``LOCKER_SIZES``; all 0 for a van without lockers.
    curb_mass_g
        The van itself, empty.
    battery_mwh
        All that the battery holds when full.
    reserve_ratio
        Share of the battery never planned with (0 to 1).
    charge_power_w
        What it can take.
    auxiliary_w
        Computers, heating, lights: drawn while on the road, moving or not.
    speed_mps_max, rolling_coefficient, drag_area_m2, efficiency_ratio, stop_loss_ratio
        As in ``maps.travel.VehicleClass``.
    source
        Where the figures come from, or that they are estimates.
    """

    model: str
    manufacturer: str
    payload_g: int
    volume_ml: int
    lockers: tuple[int, int, int, int]
    curb_mass_g: int
    battery_mwh: int
    reserve_ratio: float
    charge_power_w: int
    auxiliary_w: int
    speed_mps_max: float
    rolling_coefficient: float
    drag_area_m2: float
    efficiency_ratio: float
    stop_loss_ratio: float
    source: str

    @property
    def reserve_mwh(self) -> int:
        """Return the energy that is never planned with, rounded up."""
        return math.ceil(self.battery_mwh * self.reserve_ratio)

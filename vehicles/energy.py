"""Energy of a van: how roads see it, what a leg takes, what the battery may give.

Traction over a leg is ``A + B * m`` with ``m`` the mass of van and load (Basso et al. 2019,
doi 10.1016/j.trd.2019.01.006). ``maps`` sums A and B along a path for the class of vehicle made
here; auxiliary power is never in them and is added here, once, by time.
"""

from maps.travel import VehicleClass
from maps.units import MilliwattHours, power_over_time
from vehicles.spec import VanSpec


def vehicle_class(spec: VanSpec) -> VehicleClass:
    """Describe a van to the road layer in plain numbers."""
    return VehicleClass(
        name=f"{spec.manufacturer} {spec.model}",
        speed_mps_max=spec.speed_mps_max,
        rolling_coefficient=spec.rolling_coefficient,
        drag_area_m2=spec.drag_area_m2,
        efficiency_ratio=spec.efficiency_ratio,
        stop_loss_ratio=spec.stop_loss_ratio,
    )


def leg_energy(energy_a_mwh: int, energy_b_uwh_per_kg: int, *, mass_g: int) -> MilliwattHours:
    """Return the traction energy of a leg, rounded up.

    Parameters
    ----------
    energy_a_mwh, energy_b_uwh_per_kg
        The leg's coefficients, as ``maps.travel.TravelMatrix`` holds them.
    mass_g
        Van and load together, in grams.

    References
    ----------
    .. [1] Basso et al. 2019, doi 10.1016/j.trd.2019.01.006.
    """
    return MilliwattHours(energy_a_mwh - (-energy_b_uwh_per_kg * mass_g // 1_000_000))


def auxiliary_energy(spec: VanSpec, duration_s: int) -> MilliwattHours:
    """Return what computers, heating and lights take while on the road, rounded up.

    It is drawn while driving, waiting and serving, not while charging: then the station feeds it.
    """
    return power_over_time(spec.auxiliary_w, duration_s)


def usable_energy(spec: VanSpec, battery_mwh: int) -> MilliwattHours:
    """Return what may be planned with: the energy above the reserve, never below 0."""
    return MilliwattHours(max(0, battery_mwh - spec.reserve_mwh))


def usable_energy_max(spec: VanSpec) -> MilliwattHours:
    """Return what may be planned with when the battery is full."""
    return usable_energy(spec, spec.battery_mwh)

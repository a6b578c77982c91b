"""How long charging takes between two energies, along the curve that slows towards full.

Decides rounding: segment bounds and powers down, the time of each segment up to whole seconds, so
that a van is never planned to be full earlier than it will be. Where and how far to charge is
`charging.py`'s affair.
"""

from maps.units import time_for_energy
from routing.problem import ChargeCurve


def breakpoints_mwh(curve: ChargeCurve, battery_mwh_max: int) -> tuple[int, ...]:
    """Return the energies at which charging slows down, in mWh, the full battery last."""
    inner = tuple(int(ratio * battery_mwh_max) for ratio in curve.until_ratio[:-1])
    return (*inner, battery_mwh_max)


def charge_s(
    curve: ChargeCurve, power_w: int, *, battery_mwh_max: int, from_mwh: int, to_mwh: int
) -> int:
    """Return how long charging takes from one usable energy to another, rounded up.

    Parameters
    ----------
    curve
        Shares of the power by how full the battery is.
    power_w
        The smaller of the vehicle's and the station's power; more than 0.
    battery_mwh_max
        Usable energy when full; ``to_mwh`` must not exceed it.
    from_mwh, to_mwh
        Usable energy before and after. No time passes if the first is the larger.

    Returns
    -------
    int
        Seconds. Each segment of the curve is rounded up by itself.
    """
    total_s = 0
    level = max(from_mwh, 0)
    bounds = breakpoints_mwh(curve, battery_mwh_max)
    for bound, ratio in zip(bounds, curve.power_ratio, strict=True):
        upper = min(bound, to_mwh)
        if upper > level:
            total_s += time_for_energy(upper - level, max(1, int(power_w * ratio)))
            level = upper
    return total_s

"""Which idle vans charge at the depot now, and for how long: emptiest first, as plugs allow.

How empty a van must be, and how full it gets, is the charging policy's.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from dispatcher.core.model import Van
from dispatcher.core.policies.registry import charging_named
from dispatcher.core.settings import Depot, PlanSettings
from maps.units import Instant
from vehicles.charge_curve import MONTOYA


@dataclass(frozen=True, slots=True)
class ChargeTurn:
    """A van's turn at a plug of the depot."""

    van_id: str
    charging_s: int
    battery_mwh_target: int


def charge_turns(
    vans: Iterable[Van], now: Instant, *, plugs_free: int, depot: Depot, settings: PlanSettings
) -> tuple[ChargeTurn, ...]:
    """Return the turns to begin now among idle vans; ties go by van id."""
    if plugs_free <= 0 or depot.plug_power_w <= 0:
        return ()
    policy = charging_named(settings.charging)
    emptiest = sorted(
        (
            van
            for van in vans
            if is_thirsty(van, settings)
            and van.is_idle()
            and van.battery_ratio < policy.below_ratio(van, now, settings)
        ),
        key=lambda van: (van.battery_ratio, van.van_id),
    )
    return tuple(
        _turn(van, policy.until_ratio(van, now, settings), depot, settings)
        for van in emptiest[:plugs_free]
    )


def is_thirsty(van: Van, settings: PlanSettings) -> bool:
    """Return whether a van may have to charge when it is idle.

    Its charge is below what the policy wants at the depot at one time or another, no trip waits
    for it, charging did not just fail, it is one that can be told to, and it is not about to leave
    the fleet.
    """
    if van.setup.is_retired or van.upcoming is not None or van.unplugged_until is not None:
        return False
    if not van.is_told_to_charge:
        return False
    return van.battery_ratio < charging_named(settings.charging).below_ratio_max(settings)


def _turn(van: Van, until_ratio: float, depot: Depot, settings: PlanSettings) -> ChargeTurn:
    """Return a van's turn: up to the wanted charge, or as far as one turn goes."""
    spec = van.setup.spec
    full_mwh = spec.battery_mwh
    power_w = min(spec.charge_power_w, depot.plug_power_w)
    wanted_mwh = int(full_mwh * until_ratio)
    needed_s = MONTOYA.duration(van.battery_mwh, wanted_mwh, battery_mwh=full_mwh, power_w=power_w)
    if needed_s <= settings.depot_charge_s_max:
        return ChargeTurn(van.van_id, needed_s, wanted_mwh)
    reached_mwh = MONTOYA.energy_after(
        van.battery_mwh, settings.depot_charge_s_max, battery_mwh=full_mwh, power_w=power_w
    )
    return ChargeTurn(van.van_id, settings.depot_charge_s_max, reached_mwh)

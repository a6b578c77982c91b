"""Which idle vans charge at the depot now, and for how long: emptiest first, as plugs allow."""

from collections.abc import Iterable
from dataclasses import dataclass

from dispatcher.core.model import Van
from dispatcher.core.settings import Depot, PlanSettings
from vehicles.charge_curve import MONTOYA


@dataclass(frozen=True, slots=True)
class ChargeTurn:
    """A van's turn at a plug of the depot."""

    van_id: str
    charging_s: int
    battery_mwh_target: int


def charge_turns(
    vans: Iterable[Van], *, plugs_free: int, depot: Depot, settings: PlanSettings
) -> tuple[ChargeTurn, ...]:
    """Return the turns to begin now among idle vans; ties go by van id."""
    if plugs_free <= 0 or depot.plug_power_w <= 0:
        return ()
    emptiest = sorted(
        (van for van in vans if van.is_idle() and is_thirsty(van, settings)),
        key=lambda van: (van.battery_mwh / van.setup.spec.battery_mwh, van.van_id),
    )
    return tuple(_turn(van, depot, settings) for van in emptiest[:plugs_free])


def is_thirsty(van: Van, settings: PlanSettings) -> bool:
    """Return whether a van should charge when it is idle.

    Its charge is below what the settings want at the depot, no trip waits for it, and charging
    did not just fail.
    """
    if van.upcoming is not None or van.unplugged_until is not None:
        return False
    below = min(settings.depot_charge_below_ratio, settings.depot_charge_until_ratio)
    return van.battery_mwh < van.setup.spec.battery_mwh * below


def _turn(van: Van, depot: Depot, settings: PlanSettings) -> ChargeTurn:
    """Return a van's turn: up to the wanted charge, or as far as one turn goes."""
    spec = van.setup.spec
    full_mwh = spec.battery_mwh
    power_w = min(spec.charge_power_w, depot.plug_power_w)
    wanted_mwh = int(full_mwh * settings.depot_charge_until_ratio)
    needed_s = MONTOYA.duration(van.battery_mwh, wanted_mwh, battery_mwh=full_mwh, power_w=power_w)
    if needed_s <= settings.depot_charge_s_max:
        return ChargeTurn(van.van_id, needed_s, wanted_mwh)
    reached_mwh = MONTOYA.energy_after(
        van.battery_mwh, settings.depot_charge_s_max, battery_mwh=full_mwh, power_w=power_w
    )
    return ChargeTurn(van.van_id, settings.depot_charge_s_max, reached_mwh)

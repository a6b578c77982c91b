"""Models of van with figures and where they come from; fleets name them by key.

Payload, volume, range, battery and top speed are the makers' published figures unless ``source``
calls them estimates. The physical coefficients are published for no van and are estimates
throughout: rolling resistance 0.010 (car tyres on asphalt; Gillespie, Fundamentals of Vehicle
Dynamics, 1992, chapter 4), drag area from the outline with a drag coefficient of 0.4 to 0.5,
battery-to-wheel efficiency 0.85 and 0.4 of the kinetic energy lost per stop (assumed, within the
span that Basso et al. 2019, doi 10.1016/j.trd.2019.01.006, use). They are chosen so that
consumption with auxiliary power comes out near the published range at town speeds.
"""

from typing import Final

from maps.units import grams_down, grams_up, millilitres_down, milliwatt_hours_down
from vehicles.errors import UnknownModelError
from vehicles.spec import VanSpec

RESERVE_RATIO: Final = 0.10
"""Assumed: a tenth of the battery is never planned with, as batteries age and winters come."""

PRESETS: Final[dict[str, VanSpec]] = {
    "robovan-m": VanSpec(
        model="Robovan M",
        manufacturer="Robovan",
        payload_g=grams_down(800),
        volume_ml=millilitres_down(5500),
        lockers=(0, 0, 0, 0),
        curb_mass_g=grams_up(1150),
        battery_mwh=milliwatt_hours_down(30),
        reserve_ratio=RESERVE_RATIO,
        charge_power_w=20_000,
        auxiliary_w=1000,
        speed_mps_max=40 / 3.6,
        rolling_coefficient=0.010,
        drag_area_m2=1.5,
        efficiency_ratio=0.85,
        stop_loss_ratio=0.4,
        source="180 km, 800 kg, 5.5 m3, 40 km/h: maker's figures; battery, mass, power: estimates",
    ),
    "robovan-l": VanSpec(
        model="Robovan L",
        manufacturer="Robovan",
        payload_g=grams_down(1000),
        volume_ml=millilitres_down(7000),
        lockers=(12, 10, 6, 2),
        curb_mass_g=grams_up(1400),
        battery_mwh=milliwatt_hours_down(40),
        reserve_ratio=RESERVE_RATIO,
        charge_power_w=30_000,
        auxiliary_w=1000,
        speed_mps_max=40 / 3.6,
        rolling_coefficient=0.010,
        drag_area_m2=1.7,
        efficiency_ratio=0.85,
        stop_loss_ratio=0.4,
        source="200 km, 1,000 kg: maker's figures; battery (0.2 kWh/km), volume, lockers, masses, "
        "speed, power: estimates",
    ),
    "neolix-x3": VanSpec(
        model="X3",
        manufacturer="Neolix",
        payload_g=grams_down(500),
        volume_ml=millilitres_down(2400),
        lockers=(10, 8, 4, 0),
        curb_mass_g=grams_up(800),
        battery_mwh=milliwatt_hours_down(16),
        reserve_ratio=RESERVE_RATIO,
        charge_power_w=10_000,
        auxiliary_w=800,
        speed_mps_max=40 / 3.6,
        rolling_coefficient=0.010,
        drag_area_m2=1.1,
        efficiency_ratio=0.85,
        stop_loss_ratio=0.4,
        source="100 km, 500 kg, 2.4 m3, 40 km/h: maker's figures; battery (0.16 kWh/km), lockers, "
        "masses, power: estimates",
    ),
    "farizon-v6e": VanSpec(
        model="V6E",
        manufacturer="Farizon",
        payload_g=grams_down(1200),
        volume_ml=millilitres_down(6000),
        lockers=(0, 0, 0, 0),
        curb_mass_g=grams_up(1600),
        battery_mwh=milliwatt_hours_down(41.9),
        reserve_ratio=RESERVE_RATIO,
        charge_power_w=40_000,
        auxiliary_w=1000,
        speed_mps_max=90 / 3.6,
        rolling_coefficient=0.010,
        drag_area_m2=1.4,
        efficiency_ratio=0.85,
        stop_loss_ratio=0.4,
        source="41.9 kWh, 285 km, 1,200 kg, 6 m3, 90 km/h: maker's figures; mass, power: estimates",
    ),
    "farizon-sv": VanSpec(
        model="SV",
        manufacturer="Farizon",
        payload_g=grams_down(1350),
        volume_ml=millilitres_down(7000),
        lockers=(0, 0, 0, 0),
        curb_mass_g=grams_up(2100),
        battery_mwh=milliwatt_hours_down(67),
        reserve_ratio=RESERVE_RATIO,
        charge_power_w=120_000,
        auxiliary_w=1000,
        speed_mps_max=100 / 3.6,
        rolling_coefficient=0.010,
        drag_area_m2=1.6,
        efficiency_ratio=0.85,
        stop_loss_ratio=0.4,
        source="67 kWh, 285 km, 7 m3, 100 km/h, 120 kW DC: maker's figures for the smallest "
        "variant; payload (1,080 to 1,489 kg) and mass: estimates",
    ),
    "nissan-env200": VanSpec(
        model="e-NV200",
        manufacturer="Nissan",
        payload_g=grams_down(701),
        volume_ml=millilitres_down(4200),
        lockers=(0, 0, 0, 0),
        curb_mass_g=grams_up(1517),
        battery_mwh=milliwatt_hours_down(40),
        reserve_ratio=RESERVE_RATIO,
        charge_power_w=46_000,
        auxiliary_w=1000,
        speed_mps_max=123 / 3.6,
        rolling_coefficient=0.010,
        drag_area_m2=1.2,
        efficiency_ratio=0.85,
        stop_loss_ratio=0.4,
        source="40 kWh, 200 km, 701 kg, 4.2 m3: maker's figures; mass, speed, power: estimates. "
        "A driven van, here with a driving kit of 1 kW",
    ),
}
"""Known models by key, as fleet files name them."""


def preset(name: str) -> VanSpec:
    """Return the specification of a known model.

    Raises
    ------
    UnknownModelError
        If no preset has that key; the error lists those there are.
    """
    try:
        return PRESETS[name]
    except KeyError:
        raise UnknownModelError(name, PRESETS) from None

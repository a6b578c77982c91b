"""What the temperature does to a van: cold tyres roll harder, and something must be kept warm.

Decides how much more a drive and an hour take at a temperature, and which specification to plan
with. Leaves the temperatures to whoever knows them.

Tyres' rolling resistance falls by 0.8 % a kelvin (ISO 28580:2018, correction to 25 °C for tyres of
cars and vans). Rolling is taken for 60 % of a town's traction, the rest, stops and air, for equal
at all temperatures: 0.5 % a kelvin about 20 °C (assumed; thicker air would add a tenth of that). A
van without people heats no cabin: what it draws below 10 °C is for battery, cameras and windows of
its sensors, and above 25 °C to cool computers and battery (assumed, 25 W a kelvin). That a cold
battery gives less and takes less power is left out.
"""

from dataclasses import replace
from typing import Final

from vehicles.spec import VanSpec

CELSIUS_USUAL: Final = 20.0
TRACTION_RATIO_PER_K: Final = 0.005
HEATED_BELOW_CELSIUS: Final = 10.0
COOLED_ABOVE_CELSIUS: Final = 25.0
AUXILIARY_W_PER_K: Final = 25.0


def traction_ratio(celsius: float) -> float:
    """Return how many times the usual energy a drive takes at a temperature, of -50 to 60 °C."""
    return 1.0 + TRACTION_RATIO_PER_K * (CELSIUS_USUAL - celsius)


def auxiliary_more_w(celsius: float) -> int:
    """Return what is drawn besides the usual auxiliary power at a temperature, in watts."""
    cold_k = max(0.0, HEATED_BELOW_CELSIUS - celsius)
    hot_k = max(0.0, celsius - COOLED_ABOVE_CELSIUS)
    return round(AUXILIARY_W_PER_K * (cold_k + hot_k))


def spec_at(spec: VanSpec, celsius: float) -> VanSpec:
    """Return the specification by which to plan for a temperature."""
    return replace(
        spec,
        efficiency_ratio=min(1.0, spec.efficiency_ratio / traction_ratio(celsius)),
        auxiliary_w=spec.auxiliary_w + auxiliary_more_w(celsius),
    )

"""How long charging takes: a piecewise linear curve over the whole battery, in whole numbers.

Full power to 85 % of the battery, 0.46 of it to 95 %, 0.15 of it to 100 %: the shape of Montoya
et al. 2017, doi 10.1016/j.trb.2017.02.004. Energies are all that the battery holds, reserve
included. The sums are exact fractions with one rounding at the end, against ourselves: times up,
energies down.
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from maps.units import MilliwattHours, Seconds

MWH_PER_WATT_SECOND: Final = Fraction(1000, 3600)
"""What one watt adds in one second, in milliwatt-hours."""


@dataclass(frozen=True, slots=True)
class ChargeCurve:
    """Shares of the power that the battery takes, by how full it is.

    Attributes
    ----------
    until_percent
        Ends of the pieces, rising, in percent of the whole battery; the last is 100.
    power_percent
        The share of the power in each piece, in percent, more than 0.
    """

    until_percent: tuple[int, ...] = (85, 95, 100)
    power_percent: tuple[int, ...] = (100, 46, 15)

    def duration(self, start_mwh: int, end_mwh: int, *, battery_mwh: int, power_w: int) -> Seconds:
        """Return how long charging takes from one energy to another, rounded up.

        Parameters
        ----------
        start_mwh, end_mwh
            Energies in the battery; both are cut to what it holds. 0 if the end is not above.
        battery_mwh
            All that the battery holds when full.
        power_w
            The smaller of what van and station can do; more than 0.
        """
        total = Fraction(0)
        for begin, end, rate in self._pieces(battery_mwh, power_w):
            low, high = max(begin, Fraction(start_mwh)), min(end, Fraction(end_mwh))
            if high > low:
                total += (high - low) / rate
        return Seconds(_ceil(total))

    def energy_after(
        self, start_mwh: int, duration_s: int, *, battery_mwh: int, power_w: int
    ) -> MilliwattHours:
        """Return what the battery holds after charging for a time, rounded down.

        Never more than the battery holds, and never less than at the start.
        """
        now = Fraction(start_mwh)
        left = Fraction(duration_s)
        for begin, end, rate in self._pieces(battery_mwh, power_w):
            if now >= end or left <= 0:
                continue
            low = max(begin, now)
            reached = min(end, low + rate * left)
            left -= (reached - low) / rate
            now = reached
        return MilliwattHours(now.numerator // now.denominator)

    def _pieces(
        self, battery_mwh: int, power_w: int
    ) -> tuple[tuple[Fraction, Fraction, Fraction], ...]:
        """Return begin, end (mWh) and rate (mWh per second) of each piece."""
        ends = [Fraction(battery_mwh * percent, 100) for percent in self.until_percent]
        begins = [Fraction(0), *ends[:-1]]
        rates = [
            power_w * MWH_PER_WATT_SECOND * Fraction(percent, 100) for percent in self.power_percent
        ]
        return tuple(zip(begins, ends, rates, strict=True))


def _ceil(value: Fraction) -> int:
    return -(-value.numerator // value.denominator)


MONTOYA: Final = ChargeCurve()
"""The curve used for every van: see the module."""

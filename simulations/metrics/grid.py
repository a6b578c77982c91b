"""The grid that the vans charge from: what a kilowatt-hour emits, and how much of it arrives."""

from dataclasses import dataclass

from maps.units import emitted_mg


@dataclass(frozen=True, slots=True)
class Grid:
    """A grid, as emissions count it.

    Attributes
    ----------
    gco2e_per_kwh
        Factor of the electricity. ISO 14083:2023 asks for generation, upstream and losses of the
        network. Grids differ tenfold: the European Environment Agency publishes those of
        Europe [1]_, of generation alone; upstream (fuels, plants) and losses come on top, about
        a fifth (assumed).
    charging_efficiency_ratio
        Share of what is bought that the battery gives back (assumed).

    References
    ----------
    .. [1] European Environment Agency, Greenhouse gas emission intensity of electricity
       generation in Europe: https://www.eea.europa.eu/en/analysis/indicators
    """

    gco2e_per_kwh: float
    charging_efficiency_ratio: float = 0.9

    def bought_mwh(self, used_mwh: int) -> int:
        """Return what had to be bought for what batteries gave, in mWh."""
        return round(used_mwh / self.charging_efficiency_ratio)

    def emitted_mg(self, used_mwh: int) -> int:
        """Return what using an energy emits, in milligrams of CO2 equivalents."""
        return emitted_mg(self.bought_mwh(used_mwh), self.gco2e_per_kwh)

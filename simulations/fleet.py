"""The vans of one depot as they stand there when the day begins, and where they stand in line."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from dispatcher.core.settings import DepotSetup
from maps.geometry import LocalFrame
from maps.places import LonLat
from maps.units import Instant
from simulations.rng import Streams
from simulations.roads import Roads
from simulations.shelf import Stock
from simulations.stands import DOCKS, Stand, Stands
from simulations.surroundings import Luck, Surroundings, VanStart
from simulations.van import SimulatedVan
from simulations.weather import Weather
from vehicles.spec import VanSpec

ALWAYS_MILD: Final = Weather()


@dataclass(frozen=True, slots=True)
class Fleet:
    """A depot's vans, and the docks and plugs that they share.

    Who lets vans live one by one asks ``stands`` whose turn has come: a van does not notice by
    itself that another one has left.
    """

    vans: tuple[SimulatedVan, ...]
    stands: Stands

    def advance(self, now: Instant) -> None:
        """Let time pass for all; whose turn comes because another one leaves goes on at once."""
        for van in self.vans:
            van.advance(now)
        while called := self.stands.take_called():
            for van in self.vans:
                if van.van_id in called:
                    van.advance(now)


def fleet_of(  # noqa: PLR0913 - a van meets many things
    setup: DepotSetup,
    roads: Callable[[VanSpec], Roads],
    mass_g_of: Mapping[str, int],
    *,
    streams: Streams,
    now: Instant,
    luck: Luck | None = None,
    lockers: frozenset[LonLat] = frozenset(),
    weather: Weather = ALWAYS_MILD,
    shelf: Stock | None = None,
) -> Fleet:
    """Return a depot's vans; they share its docks, its plugs and those of the public chargers.

    Parameters
    ----------
    setup
        The depot and its vans, as they really are.
    roads
        What lies under the wheels of a van.
    mass_g_of
        What each parcel weighs.
    streams, now
        Of the run; when its day begins.
    luck
        How reality scatters.
    lockers, weather
        Places where nobody need be there; how warm it is.
    shelf
        What lies at the depot; None: always what is asked for.
    """
    depot = setup.depot
    frame = LocalFrame(depot.place, depot.depot_id)
    powers_w, plugs = _chargers(setup)
    counts: dict[Stand, int] = {DOCKS: max(1, depot.docks), **plugs}
    stands, chargers = Stands(counts), tuple(powers_w.items())
    vans = tuple(
        SimulatedVan(
            VanStart(van.van_id, van.spec, depot.place, van.battery_mwh),
            Surroundings(
                frame, roads(van.spec), chargers, mass_g_of, lockers, weather, stands, shelf
            ),
            streams=streams,
            now=now,
            luck=luck,
        )
        for van in setup.vans
    )
    return Fleet(vans, stands)


def _chargers(setup: DepotSetup) -> tuple[dict[LonLat, int], dict[Stand, int]]:
    """Return watts and plugs of the chargers by their places; those at one place are one."""
    depot = setup.depot
    told = [(depot.place, depot.plug_power_w, depot.plugs)] if depot.plugs else []
    told += [(one.place, one.power_w, max(1, one.plugs)) for one in setup.stations]
    powers_w, plugs = dict[LonLat, int](), dict[Stand, int]()
    for place, power_w, count in told:
        powers_w[place] = max(power_w, powers_w.get(place, 0))
        plugs[place] = plugs.get(place, 0) + count
    return powers_w, plugs

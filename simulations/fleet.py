"""The vans of one depot as they stand there when the day begins."""

from collections.abc import Callable, Mapping
from typing import Final

from dispatcher.core.settings import DepotSetup
from maps.geometry import LocalFrame
from maps.places import LonLat
from maps.units import Instant
from simulations.rng import Streams
from simulations.roads import Roads
from simulations.stands import DOCKS, Stand, Stands
from simulations.surroundings import Luck, Surroundings, VanStart
from simulations.van import SimulatedVan
from simulations.weather import Weather
from vehicles.spec import VanSpec

ALWAYS_MILD: Final = Weather()


def fleet_of(
    setup: DepotSetup,
    roads: Callable[[VanSpec], Roads],
    mass_g_of: Mapping[str, int],
    *,
    streams: Streams,
    now: Instant,
    luck: Luck | None = None,
    lockers: frozenset[LonLat] = frozenset(),
    weather: Weather = ALWAYS_MILD,
) -> tuple[SimulatedVan, ...]:
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
    """
    depot = setup.depot
    frame = LocalFrame(depot.place, depot.depot_id)
    counts: dict[Stand, int] = {DOCKS: max(1, depot.docks), depot.place: max(1, depot.plugs)}
    counts |= {station.place: max(1, station.plugs) for station in setup.stations}
    powers = {depot.place: depot.plug_power_w if depot.plugs else 0}
    powers |= {station.place: station.power_w for station in setup.stations}
    stands, chargers = Stands(counts), tuple(powers.items())
    return tuple(
        SimulatedVan(
            VanStart(van.van_id, van.spec, depot.place, van.battery_mwh),
            Surroundings(frame, roads(van.spec), chargers, mass_g_of, lockers, weather, stands),
            streams=streams,
            now=now,
            luck=luck,
        )
        for van in setup.vans
    )

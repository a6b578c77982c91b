"""The real centre of Helsinki, and planning questions about it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dispatcher.core.requests import PlanRequest, StopOffer, VanOffer
from dispatcher.core.settings import Prices, Station
from dispatcher.providers import CityProviders
from maps.builtin import build_city, extract_of
from maps.network import RoadNetwork
from maps.places import LonLat
from maps.units import Instant, Seconds, later, parse_rfc3339
from vehicles.presets import preset

EIGHT = parse_rfc3339("2026-03-02T08:00:00+02:00")


@pytest.fixture(scope="session")
def helsinki() -> RoadNetwork:
    return build_city(extract_of("helsinki"))


@pytest.fixture(scope="session")
def providers(helsinki) -> CityProviders:
    return CityProviders(helsinki)


@pytest.fixture(scope="session")
def examples() -> Path:
    return Path(__file__).resolve().parents[2] / "examples"


@pytest.fixture(scope="session")
def eight() -> Instant:
    return EIGHT


@pytest.fixture(scope="session")
def doors(helsinki) -> tuple[LonLat, ...]:
    """Places with house numbers, spread over the whole map, none twice."""
    return tuple(dict.fromkeys(address.place for address in helsinki.addresses()))[::7]


@pytest.fixture(scope="session")
def offer(doors) -> Callable[..., VanOffer]:
    """Return what makes a van at the depot (the first door), ready at eight."""

    def make(van_id: str, model: str = "robovan-m", **other) -> VanOffer:
        spec = preset(model)
        facts: dict[str, Any] = {
            "start": doors[0],
            "start_at": EIGHT,
            "end": doors[0],
            "shift_end": later(EIGHT, Seconds(10 * 3600)),
            "battery_mwh": spec.battery_mwh * 9 // 10,
        }
        return VanOffer(van_id=van_id, spec=spec, **(facts | other))

    return make


@pytest.fixture(scope="session")
def stop(doors) -> Callable[..., StopOffer]:
    """Return what makes a stop at a door of that number, with all day to serve it."""

    def make(number: int, **other) -> StopOffer:
        facts: dict[str, Any] = {
            "stop_id": f"stp-{number:03}",
            "parcel_ids": (f"p-{number:03}",),
            "place": doors[number],
            "label": f"door {number}",
            "mass_g": 4000,
            "volume_ml": 20_000,
            "lockers": (0, 0, 0, 0),
            "window_begin": EIGHT,
            "window_end": later(EIGHT, Seconds(9 * 3600)),
            "service_s": 120,
            "unserved_price": 10_000,
            "van_id": None,
        }
        return StopOffer(**(facts | other))

    return make


@pytest.fixture(scope="session")
def question(helsinki) -> Callable[..., PlanRequest]:
    """Return what makes a planning request of vans and stops, asked at eight."""
    stations = tuple(
        Station(one.charger_id, one.place, one.power_w, one.plug_count) for one in helsinki.chargers
    )

    def make(vans, stops, **other) -> PlanRequest:
        facts: dict[str, Any] = {
            "request_id": "r-1",
            "cause": "a test",
            "asked_at": EIGHT,
            "vans": tuple(vans),
            "stops": tuple(stops),
            "stations": stations,
            "incidents": (),
            "prices": Prices(),
            "decision_point_s_max": 60,
            "effort": 1,
            "seed": 0,
        }
        return PlanRequest(**(facts | other))

    return make


@pytest.fixture(scope="session")
def example_plan(helsinki, providers, examples):
    """Return the plan of the example files, in which one parcel is too heavy for every van."""
    from dispatcher.inputs.depots import depot_setups
    from dispatcher.inputs.fleet import read_fleet
    from dispatcher.inputs.parcels import Context, read_parcels
    from dispatcher.planfiles import plan_depot
    from maps.addresses import AddressBook
    from maps.snapping import Snapper

    path = examples / "fleet.toml"
    (setup,) = depot_setups(read_fleet(path), helsinki, path=path, at=EIGHT)
    context = Context(("hel-01",), EIGHT, AddressBook(helsinki.addresses()), Snapper(helsinki))
    parcels = read_parcels(examples / "parcels.csv", context).whole()
    return plan_depot(setup, parcels, at=EIGHT, providers=providers, seed=0)

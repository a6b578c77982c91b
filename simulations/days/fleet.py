"""A fleet told in short, in the file of a day, as the fleet file that it stands for.

Decides the ids of vans, and which of them begin with how much charge. Everything else is the fleet
file's.
"""

from typing import Any, Final

from dispatcher.inputs.fleet import FleetModel
from simulations.days.tables import DepotTable, FleetTable
from vehicles.presets import PRESETS

LETTERS: Final = {model: model.rpartition("-")[2] for model in PRESETS}
"""What of a model's name stands in the ids of its vans."""


def fleet_in_place(table: FleetTable, zone: str) -> FleetModel:
    """Return what a fleet file would say.

    Parameters
    ----------
    table
        Depots in place, each with the counts of its vans by model.
    zone
        By whose clocks the depots live.
    """
    return FleetModel.model_validate(
        {
            "depots": [_depot(depot, zone) for depot in table.depots],
            "vans": [
                _vans(depot, model, count)
                for depot in table.depots
                for model, count in depot.vans.items()
            ],
            "stations": [one.model_dump(exclude_none=True) for one in table.stations],
            "prices": table.prices.model_dump(exclude_none=True),
        }
    )


def _depot(depot: DepotTable, zone: str) -> dict[str, Any]:
    named = {"id", "lon", "lat", "address", "docks", "loading_s", "plugs", "plug_power_kw"}
    return {**depot.model_dump(include=named), "zone": zone}


def _vans(depot: DepotTable, model: str, count: int) -> dict[str, Any]:
    least, most = depot.state_of_charge_ratio
    # Spread evenly: a fleet that was plugged in overnight has some of every charge.
    steps = max(1, count - 1)
    return {
        "id": f"{depot.id}-{LETTERS[model]}-{{n:02}}",
        "model": model,
        "count": count,
        "depot": depot.id,
        "state_of_charge_ratio": [
            round(most - (most - least) * number / steps, 4) for number in range(count)
        ],
        "shift": depot.shift.model_dump(by_alias=True),
    }

"""What one simulated day is made of: a small file that every process of the day reads.

Decides which vans, parcels and troubles belong to a day, given its file: all of that follows from
the seed and the files it names, so that processes need not send it to each other. What happens on
the day is decided by whoever lives through it.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from dispatcher.core.parcels import Parcel
from dispatcher.core.settings import DepotSetup
from dispatcher.inputs.depots import depot_setups
from dispatcher.inputs.fleet import read_fleet
from maps.builtin import load_city
from maps.network import RoadNetwork
from maps.observed_speeds import NO_SPEEDS
from maps.units import Instant
from simulations.demand import RELEASE_S, demo_parcels
from simulations.errors import ScenarioError
from simulations.mischief import Chosen, MischiefModel, choose
from simulations.rng import Streams

TROUBLES_MIN: Final = 12
"""With fewer parcels none is broken or repeated on purpose (assumed: a day too small for it)."""


class ClockModel(BaseModel):
    """The world's clock, shared by all processes of the day; the file says when it began."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    epoch_ms: int
    machine_epoch_file: str
    speed: Annotated[float, Field(gt=0)]


class BrokerModel(BaseModel):
    """Where the broker listens; the password is in ``ROBOVAN_MQTT_PASSWORD``.

    ``ca``, ``certificate`` and ``key`` are PEM files, as in the dispatcher's configuration.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: str
    port: Annotated[int, Field(ge=1, le=65535)]
    ca: str | None = None
    certificate: str | None = None
    key: str | None = None


class NetworkModel(BaseModel):
    """How messages and lines of simulated vans and warehouses fare on a real broker.

    Each way, ``lost_ratio`` of the messages are lost, ``doubled_ratio`` come twice, and
    ``late_ratio`` up to ``late_s_max`` seconds of the machine later, so that others overtake them.
    ``away_ratio`` of the vans have a dead line once, for ``away_s_min`` to ``away_s_max`` seconds
    of the world, within the first ``away_within_s`` of the day.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    lost_ratio: Annotated[float, Field(ge=0, lt=1)] = 0.0
    doubled_ratio: Annotated[float, Field(ge=0, le=1)] = 0.0
    late_ratio: Annotated[float, Field(ge=0, le=1)] = 0.0
    late_s_max: Annotated[float, Field(ge=0)] = 2.0
    away_ratio: Annotated[float, Field(ge=0, le=1)] = 0.0
    away_s_min: Annotated[int, Field(gt=0)] = 60
    away_s_max: Annotated[int, Field(gt=0)] = 600
    away_within_s: Annotated[int, Field(gt=0)] = 18_000

    @property
    def is_calm(self) -> bool:
        """Return whether nothing happens to messages."""
        return not (self.lost_ratio or self.doubled_ratio or self.late_ratio)


class Scenario(BaseModel):
    """One simulated day.

    ``start_ms`` is when the first parcels are ready; ``parcel_count`` counts the broken
    announcement too; ``fleet`` is the path of the fleet file; ``speeds`` are those of the roads by
    the hour, as ``maps.observed_speeds.speed_profile`` takes them; parcels become ready over
    ``release_s``. ``diary`` is a file for what vans hear and do, as ``wire.diary`` writes it, and
    ``shelf`` one for what lies at the depot, so that warehouse and vans know of it; ``kept`` is one
    for what the warehouse says to put into vans, and not to.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    city: str
    fleet: str
    seed: int
    parcel_count: Annotated[int, Field(ge=1)]
    start_ms: int
    absent_ratio: Annotated[float, Field(ge=0, le=1)]
    clock: ClockModel
    broker: BrokerModel
    speeds: str = NO_SPEEDS
    release_s: Annotated[int, Field(gt=0)] = RELEASE_S
    network: NetworkModel = NetworkModel()
    mischief: MischiefModel = MischiefModel()
    diary: str | None = None
    shelf: str | None = None
    kept: str | None = None


@dataclass(frozen=True, slots=True)
class Day:
    """All that follows from a scenario.

    Attributes
    ----------
    setup
        The depot, its vans with their charge in the morning, the chargers.
    parcels
        In order of release.
    broken_ids, repeated_ids
        Of these, announced in a way that cannot be right; announced twice.
    chosen
        To which of the others something is done on purpose.
    """

    network: RoadNetwork
    setup: DepotSetup
    parcels: tuple[Parcel, ...]
    broken_ids: frozenset[str]
    repeated_ids: frozenset[str]
    chosen: Chosen


def read_scenario(path: Path) -> Scenario:
    """Read the file of a day.

    Raises
    ------
    ScenarioError
        If it is none.
    """
    try:
        return Scenario.model_validate_json(path.read_bytes())
    except OSError as error:
        raise ScenarioError(path, error.strerror or str(error)) from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise ScenarioError(path, f"{where}: {first['msg']}") from error


def write_scenario(scenario: Scenario, path: Path) -> None:
    """Write the file of a day."""
    path.write_text(scenario.model_dump_json(indent=2) + "\n", encoding="utf-8")


def day_of(scenario: Scenario) -> Day:
    """Return all that follows from a scenario; the same in every process.

    Raises
    ------
    RobovanError
        If the city or the fleet cannot be read, or the city has too few addresses.
    """
    network = load_city(scenario.city)
    start = Instant(scenario.start_ms)
    fleet_path = Path(scenario.fleet)
    setup = depot_setups(read_fleet(fleet_path), network, path=fleet_path, at=start)[0]
    parcels = demo_parcels(
        network,
        setup.depot.depot_id,
        setup.depot.place,
        count=scenario.parcel_count,
        seed=scenario.seed,
        start=start,
        release_s=scenario.release_s,
    )
    broken, repeated = _troubled(parcels, scenario.seed)
    sound = tuple(one for one in parcels if one.parcel_id not in broken | repeated)
    chosen = choose(sound, scenario.mischief, scenario.seed)
    return Day(network, setup, parcels, broken, repeated, chosen)


def _troubled(parcels: tuple[Parcel, ...], seed: int) -> tuple[frozenset[str], frozenset[str]]:
    """Choose one parcel to be announced wrongly and one to be announced twice."""
    if len(parcels) < TROUBLES_MIN:
        return frozenset(), frozenset()
    stream = Streams(seed).stream("warehouse/troubles")
    broken, repeated = stream.sample([parcel.parcel_id for parcel in parcels[4:]], 2)
    return frozenset({broken}), frozenset({repeated})

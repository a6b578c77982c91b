"""The files of a siege: fleet, configuration of the dispatcher, scenario.

Decides how large the day is and how fast it goes, from how many parcels there are: so many vans,
docks and plugs that nearly all of it can be delivered in time.
"""

import json
import secrets
import socket
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from maps.places import LonLat
from maps.units import Instant, parse_rfc3339, rfc3339
from simulations.mischief import MischiefModel
from simulations.parts import DayFiles
from simulations.scenario import BrokerModel, ClockModel, NetworkModel, Scenario, write_scenario

CITY: Final = "helsinki"
DEPOT_ID: Final = "hel-01"
DEPOT: Final = LonLat(24.9362, 60.1716)
"""Beside Arkadiankatu, as in the demonstration."""
DAY_START: Final = parse_rfc3339("2026-03-02T06:00:00+02:00")
MODELS: Final = (("robovan-m", "m"), ("robovan-l", "l"))
PARCELS_PER_VAN: Final = 50
PARCELS_PER_DOCK: Final = 400
LOADING_S: Final = 240
ABSENT_RATIO: Final = 0.01
CHARGE_RATIO: Final = 0.9
"""All assumed: a van brings some fifteen parcels on each of three or four trips."""
SILENCE_S_MIN: Final = 4.0
SILENCE_WORLD_S: Final = 90.0
"""A van not heard of for so long is away: seconds of the world, but not fewer than four of the
machine, whose vans say something every second."""
TOKENS_VARIABLE: Final = "ROBOVAN_HTTP_TOKENS"

PLAN_TEXT: Final = """[plan]
effort = 1
plan_latency_s = 90
released_s_min = 120
trip_s_max = 7200
"""


@dataclass(frozen=True, slots=True)
class SiegeSize:
    """How large a besieged day is, and how it is attacked.

    Attributes
    ----------
    parcels, hours
        How many are announced, over how many hours of the world.
    vans
        None: as many as the parcels call for.
    speed
        Seconds of the world per second of the machine.
    kills, broker_kills
        How often the dispatcher and the broker are killed.
    network, mischief
        How messages and lines fare; what else is done on purpose.
    broker, journal
        ``nats`` or ``mosquitto``; where the journal is: a file's name, or a database's URL.
    """

    parcels: int = 5000
    hours: float = 6.0
    vans: int | None = None
    speed: float = 20.0
    seed: int = 1
    kills: int = 100
    broker_kills: int = 0
    network: NetworkModel = field(default_factory=NetworkModel)
    mischief: MischiefModel = field(default_factory=MischiefModel)
    broker: str = "nats"
    journal: str = "journal.db"

    @property
    def van_count(self) -> int:
        """Return how many vans there are."""
        return self.vans or max(2, -(-self.parcels // PARCELS_PER_VAN))

    @property
    def release_s(self) -> int:
        """Return over how many seconds of the world parcels are announced."""
        return int(self.hours * 3600)


def network_of(hours: float, *, calm: bool) -> NetworkModel:
    """Return how messages and lines fare on a day with so many busy hours.

    Of messages one in a hundred is lost, one doubled; one in ten comes late. Three vans in ten are
    away once.
    """
    if calm:
        return NetworkModel()
    return NetworkModel(
        lost_ratio=0.01,
        doubled_ratio=0.01,
        late_ratio=0.1,
        late_s_max=2.0,
        away_ratio=0.3,
        away_within_s=max(1, int(hours * 3600)),
    )


@dataclass(frozen=True, slots=True)
class SiegeFiles:
    """Where everything of one siege lies, and how its dispatcher is asked over HTTP."""

    of_processes: DayFiles
    scenario: Scenario
    day_begins: Path
    diary: Path
    kept: Path
    http_port: int
    token: str = field(repr=False)


def write_files(folder: Path, size: SiegeSize, broker: BrokerModel) -> SiegeFiles:
    """Write all files of a siege into an empty folder."""
    fleet, day_begins = folder / "fleet.toml", folder / "day-begins"
    diary, kept = folder / "diary.jsonl", folder / "kept.jsonl"
    scenario = Scenario(
        city=CITY,
        fleet=str(fleet),
        seed=size.seed,
        parcel_count=size.parcels,
        start_ms=DAY_START,
        absent_ratio=ABSENT_RATIO,
        clock=ClockModel(epoch_ms=DAY_START, machine_epoch_file=str(day_begins), speed=size.speed),
        broker=broker,
        release_s=size.release_s,
        network=size.network,
        mischief=size.mischief,
        diary=str(diary),
        shelf=str(folder / "shelf.jsonl"),
        kept=str(kept),
    )
    token, http_port = secrets.token_hex(16), _free_port()
    files = DayFiles(
        folder,
        config=folder / "serve.toml",
        scenario=folder / "scenario.json",
        ledger=folder / "ledger.json",
        van_report=folder / "vans.json",
        environment={TOKENS_VARIABLE: f"ledger operate {token}"},
    )
    fleet.write_text(fleet_text(size), encoding="utf-8")
    files.config.write_text(config_text(size, scenario, http_port), encoding="utf-8")
    write_scenario(scenario, files.scenario)
    kept.touch()  # on many days no trip is withdrawn
    return SiegeFiles(files, scenario, day_begins, diary, kept, http_port, token)


def fleet_text(size: SiegeSize) -> str:
    """Return the fleet file: one depot, vans of two models, all well charged."""
    tables = []
    for number, (model, letter) in enumerate(MODELS):
        count = (size.van_count + number) // len(MODELS)
        tables.append(
            f'[[vans]]\nid = "{letter}-{{n:03}}"\nmodel = "{model}"\ncount = {count}\n'
            f"state_of_charge_ratio = {[CHARGE_RATIO] * count}\n"
            'shift = { from = "00:00", until = "00:00" }\n'
        )
    docks = max(2, -(-size.parcels // PARCELS_PER_DOCK))
    return f"""# Written by `robovan siege`.
stations = "map"

[[depots]]
id = "{DEPOT_ID}"
lon = {DEPOT.lon}
lat = {DEPOT.lat}
zone = "Europe/Helsinki"
docks = {docks}
loading_s = {LOADING_S}
plugs = {docks}
plug_power_kw = 22

{"".join(tables)}"""


def config_text(size: SiegeSize, scenario: Scenario, http_port: int) -> str:
    """Return the configuration file of ``robovan serve``."""
    clock = scenario.clock
    return f"""# Written by `robovan siege`; passwords and tokens are in the environment.
[process]
city = "{scenario.city}"
fleet = "fleet.toml"
journal = {json.dumps(size.journal)}
workers = 1
silence_s = {max(SILENCE_S_MIN, SILENCE_WORLD_S / size.speed)!r}

[process.broker]
host = "{scenario.broker.host}"
port = {scenario.broker.port}
username = "dispatcher"
connect_s_max = 60

[process.http]
port = {http_port}

[process.clock]
epoch = {rfc3339(Instant(clock.epoch_ms))}
machine_epoch_file = {json.dumps(clock.machine_epoch_file)}
speed = {float(clock.speed)!r}

{PLAN_TEXT}"""


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

"""The files of a demonstration: fleet, configuration of the dispatcher, scenario.

Decides which vans there are, with how much charge, and where the depot is. They are written as any
user would write them, into a folder of their own.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from maps.places import LonLat
from maps.units import Instant, parse_rfc3339, rfc3339
from simulations.broker import EmbeddedBroker
from simulations.parts import DayFiles
from simulations.rng import Stream, Streams
from simulations.scenario import BrokerModel, ClockModel, Scenario, write_scenario
from vehicles.presets import preset

CITY: Final = "helsinki"
DEPOT_ID: Final = "hel-01"
DEPOT: Final = LonLat(24.9362, 60.1716)
"""Beside Arkadiankatu, a block from Mannerheimintie, the street with the city's traffic."""
ZONE: Final = "Europe/Helsinki"
DAY_START: Final = parse_rfc3339("2026-03-02T08:00:00+02:00")
MODELS: Final = (("robovan-m", "m", 5), ("robovan-l", "l", 4), ("neolix-x3", "x", 3))
"""Model, letter of the vans' ids, and share of twelve."""
LOADING_S: Final = 300
DOCKS: Final = 6
PLUGS: Final = 6
PLUG_POWER_KW: Final = 22
ABSENT_RATIO: Final = 0.01

SHORT_VANS: Final = 3
"""Every van of this number, counted through, begins with next to nothing above its reserve."""
SHORT_KWH: Final = (0.5, 1.4)
"""Above the reserve: what is left for a trip that takes two (assumed)."""
CHARGE_RATIO: Final = (0.45, 0.95)
WORKERS: Final = 1

PLAN_TEXT: Final = """[plan]
effort = 1  # a second of searching is four minutes of this day
plan_latency_s = 120
released_s_min = 180
trip_s_max = 7200
"""
"""The default settings suit the real clock; these suit one that runs two hundred times as fast."""


@dataclass(frozen=True, slots=True)
class DemoFiles:
    """Where everything of one demonstration lies."""

    folder: Path
    fleet: Path
    config: Path
    journal: Path
    scenario_path: Path
    ledger: Path
    van_report: Path
    day_begins: Path

    def of_processes(self) -> DayFiles:
        """Return what the day's processes read and write."""
        return DayFiles(self.folder, self.config, self.scenario_path, self.ledger, self.van_report)


@dataclass(frozen=True, slots=True)
class DemoSize:
    """How large a day: vans, parcels (the malformed one included), pace, seed."""

    van_count: int
    parcel_count: int
    speed: float
    seed: int


def write_files(folder: Path, size: DemoSize, broker: EmbeddedBroker) -> tuple[DemoFiles, Scenario]:
    """Write all files of a demonstration.

    Parameters
    ----------
    folder
        An empty one.
    size, broker
        What they are about.
    """
    files = DemoFiles(
        folder,
        fleet=folder / "fleet.toml",
        config=folder / "serve.toml",
        journal=folder / "journal.db",
        scenario_path=folder / "scenario.json",
        ledger=folder / "ledger.json",
        van_report=folder / "vans.json",
        day_begins=folder / "day-begins",
    )
    scenario = Scenario(
        city=CITY,
        fleet=str(files.fleet),
        seed=size.seed,
        parcel_count=size.parcel_count,
        start_ms=DAY_START,
        absent_ratio=ABSENT_RATIO,
        clock=ClockModel(
            epoch_ms=DAY_START, machine_epoch_file=str(files.day_begins), speed=size.speed
        ),
        broker=BrokerModel(host=broker.host, port=broker.port),
    )
    files.fleet.write_text(fleet_text(size), encoding="utf-8")
    files.config.write_text(config_text(scenario), encoding="utf-8")
    write_scenario(scenario, files.scenario_path)
    return files, scenario


def fleet_text(size: DemoSize) -> str:
    """Return the fleet file: vans of three models, with different charges."""
    stream = Streams(size.seed).stream("demo/fleet")
    counts = model_counts(size.van_count)
    number = 0
    tables: list[str] = []
    for (model, letter, _), count in zip(MODELS, counts, strict=True):
        if not count:
            continue
        ratios = []
        for _ in range(count):
            number += 1
            ratios.append(_charge(stream, model, is_short=number % SHORT_VANS == 0))
        tables.append(_vans_table(model, letter, ratios))
    return f"""# Written by `robovan demo`.
stations = "map"

[[depots]]
id = "{DEPOT_ID}"
lon = {DEPOT.lon}
lat = {DEPOT.lat}
zone = "{ZONE}"
docks = {DOCKS}
loading_s = {LOADING_S}
plugs = {PLUGS}
plug_power_kw = {PLUG_POWER_KW}

{"".join(tables)}"""


def model_counts(van_count: int) -> tuple[int, ...]:
    """Return how many vans of each model there are: shared out as ``MODELS`` says."""
    whole = sum(share for *_, share in MODELS)
    counts = [van_count * share // whole for *_, share in MODELS]
    for index in range(van_count - sum(counts)):
        counts[index % len(counts)] += 1
    return tuple(counts)


def config_text(scenario: Scenario) -> str:
    """Return the configuration file of ``robovan serve``."""
    clock = scenario.clock
    return f"""# Written by `robovan demo`; the broker's password is in ROBOVAN_MQTT_PASSWORD.
[process]
city = "{scenario.city}"
fleet = "fleet.toml"
journal = "journal.db"
workers = {WORKERS}

[process.broker]
host = "{scenario.broker.host}"
port = {scenario.broker.port}
username = "dispatcher"

[process.clock]
epoch = {rfc3339(Instant(clock.epoch_ms))}
machine_epoch_file = {json.dumps(clock.machine_epoch_file)}
speed = {float(clock.speed)!r}

{PLAN_TEXT}speeds = {json.dumps(scenario.speeds)}
"""


def _charge(stream: Stream, model: str, *, is_short: bool) -> float:
    """Return the share of the battery that a van begins with."""
    spec = preset(model)
    ratio = stream.uniform(*CHARGE_RATIO)
    above_kwh = stream.uniform(*SHORT_KWH)
    if is_short:
        ratio = (spec.reserve_mwh + above_kwh * 1e6) / spec.battery_mwh
    return round(ratio, 4)


def _vans_table(model: str, letter: str, ratios: list[float]) -> str:
    return f"""[[vans]]
id = "{letter}-{{n:02}}"
model = "{model}"
count = {len(ratios)}
state_of_charge_ratio = {ratios}
shift = {{ from = "06:00", until = "20:00" }}

"""

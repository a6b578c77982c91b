"""The configuration file of the live dispatcher: TOML into frozen settings, read once.

Two parts. ``[plan]`` steers decisions and is journalled with the depots, all but ``speeds``: these
go to the planning workers, whose answers are journalled. ``[process]`` says where things are and
how the process runs, and changes no decision. Keys carry units, unknown ones are
refused, and all faults come in one error. Paths are relative to the file. The broker's password,
the passphrase of a key and a client id that is secret come from the environment. The fleet and the
prices of the objective are in a file of their own, which ``dispatcher.inputs`` reads.

::

    [process]
    city = "helsinki"
    fleet = "fleet.toml"
    journal = "journal.db"

    [process.broker]
    host = "127.0.0.1"
    port = 1883
    username = "dispatcher"
    ca = "ca.pem"                          # left out: no TLS
    certificate = "dispatcher.pem"         # left out: we show none
    key = "dispatcher.key"

    [process.http]                         # left out: no HTTP
    port = 8080
    certificate = "http.pem"               # left out: no TLS
    key = "http.key"

    [process.clock]                        # left out: the world's time is the machine's
    epoch = 2026-03-02T07:00:00+02:00      # what the world's clock showed ...
    machine_epoch_s = 1772427600.0         # ... when the machine's showed this (Unix seconds)
    speed = 60.0

    [plan]
    batching = "mixed"
    wave_parcels = 40
    speeds = "usual"
"""

import dataclasses
import difflib
import hashlib
import hmac
import os
import tomllib
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Final, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    Field,
    ValidationError,
    create_model,
)

from dispatcher.api.section import HttpSection, file_faults, http_settings
from dispatcher.api.settings import HttpSettings
from dispatcher.clocksection import ClockSection
from dispatcher.core.settings import PlanSettings
from dispatcher.journal.engines import JournalPlace, place_of
from dispatcher.live.clock import ClockSettings
from dispatcher.live.keeping import BrokerSettings
from dispatcher.live.tls import section_faults, tls_of
from dispatcher.steering import Section, plan_section
from maps.errors import RobovanError
from maps.observed_speeds import NO_SPEEDS, USUAL_SPEEDS
from maps.units import Seconds, instant_of, seconds_of_minutes

PASSWORD_VARIABLE: Final = "ROBOVAN_MQTT_PASSWORD"
STATES_PASSWORD_VARIABLE: Final = "ROBOVAN_MQTT_STATES_PASSWORD"
PASSPHRASE_VARIABLE: Final = "ROBOVAN_MQTT_KEY_PASSPHRASE"
CLIENT_ID_VARIABLE: Final = "ROBOVAN_MQTT_CLIENT_ID"

CLIENT_ID: Final = "robovan-dispatcher"
CLIENT_ID_DIGITS: Final = 24
"""96 bits, as the ids of ``brokers.credentials`` have."""


class ConfigError(RobovanError):
    """A configuration file cannot be followed; ``faults`` has everything wrong with it."""

    code = "DSP-501"

    def __init__(self, path: Path, faults: tuple[str, ...]) -> None:
        listed = "".join(f"\n  {fault}" for fault in faults)
        super().__init__(
            f"{str(path)!r} cannot be followed:{listed}",
            remedy="Correct these keys; docs/configuration.md lists them all",
        )
        self.path = path
        self.faults = faults


Text = Annotated[str, Field(min_length=1)]


def _journal_place(text: str) -> str:
    """Refuse what is neither a path nor a database that a journal can be in."""
    place_of(text, Path())
    return text


class BrokerSection(Section):
    """``[process.broker]``: where the MQTT broker is, and as whom we speak.

    ``states_username`` is for the connection by which vans are heard: another one where the broker
    knows sessions by the user's name, else the same as ``username``.
    ``ca``, ``certificate`` and ``key`` are PEM files; with ``ca``, TLS is spoken.
    """

    host: Text = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)] = 1883
    username: str | None = None
    states_username: str | None = None
    connect_s_max: Annotated[float, Field(gt=0, le=3600)] = 10.0
    ca: Text | None = None
    certificate: Text | None = None
    key: Text | None = None


class ProcessSection(Section):
    """``[process]``: what changes no decision.

    ``silence_s`` counts on the machine's clock: how long a van may say nothing before it counts as
    lost. ``snapshot_entries`` is how many journal entries may have to be replayed before a snapshot
    is made; 0: none is. ``keep_entries_days`` is how long entries stay in the journal; 0: for ever.
    """

    city: Text
    fleet: Text
    journal: Annotated[Text, AfterValidator(_journal_place)] = "journal.db"
    snapshots: Text | None = None
    snapshot_entries: Annotated[int, Field(ge=0, le=100_000_000)] = 4_000
    keep_entries_days: Annotated[int, Field(ge=0, le=36_500)] = 0
    archive: Text | None = None
    archive_entries: bool = True
    workers: Annotated[int, Field(ge=1, le=256)] = 1
    client_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")] | None = None
    silence_s: Annotated[float, Field(gt=0, le=86_400)] = 45.0
    broker: BrokerSection = BrokerSection()
    clock: ClockSection | None = None
    http: HttpSection | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class ServeConfig:
    """All that ``robovan serve`` is told.

    Attributes
    ----------
    city
        Name of a built-in city, or the path of a city file.
    plan
        Without prices: the fleet file has them.
    snapshots, snapshot_entries
        The folder of the journal's snapshots, and how many entries may be in none; 0: none is made.
    archive
        The folder of entries that left the journal; None: they are removed.
    keep_entries_s
        How old entries are when they leave; 0: they never do.
    speeds
        As ``maps.observed_speeds.speed_profile`` takes it.
    http
        None: no HTTP is served.
    """

    path: Path
    city: str
    fleet: Path
    journal: JournalPlace
    snapshots: Path
    snapshot_entries: int
    archive: Path | None
    keep_entries_s: Seconds
    workers: int
    client_id: str
    silence_s: float
    broker: BrokerSettings
    states_broker: BrokerSettings
    clock: ClockSettings
    plan: PlanSettings
    speeds: str
    http: HttpSettings | None = None


def load_config(path: Path, environment: Mapping[str, str] | None = None) -> ServeConfig:
    """Read a configuration file.

    Parameters
    ----------
    path
        The TOML file.
    environment
        Where secrets are looked up; by default the process's environment.

    Raises
    ------
    ConfigError
        If it is missing, is no TOML, or holds unknown keys or values that are not allowed; all of
        them are named.
    """
    known = os.environ if environment is None else environment
    stored = _read(path)
    model = _file_model()
    try:
        checked = model.model_validate(stored)
    except ValidationError as error:
        faults = [_fault(one, model) for one in error.errors()]
        raise ConfigError(path, (*faults, *_tls_faults(path, stored, known))) from None
    if tls_wrong := _tls_faults(path, stored, known):
        raise ConfigError(path, tls_wrong)
    process: ProcessSection = checked.__dict__["process"]
    steering = checked.__dict__["plan"].model_dump()
    speeds: str = steering.pop("speeds")
    broker = _broker(path, process.broker, known)
    return ServeConfig(
        path=path,
        city=_city(path, process.city),
        fleet=path.parent / process.fleet,
        journal=place_of(process.journal, path.parent),
        snapshots=_beside(path, process, process.snapshots, "snapshots"),
        snapshot_entries=process.snapshot_entries,
        archive=_beside(path, process, process.archive, "archive")
        if process.archive_entries
        else None,
        keep_entries_s=seconds_of_minutes(process.keep_entries_days * 24 * 60),
        workers=process.workers,
        client_id=(
            known.get(CLIENT_ID_VARIABLE) or process.client_id or client_id_of(broker.password)
        ),
        silence_s=process.silence_s,
        broker=broker,
        states_broker=_states_broker(broker, process.broker, known),
        clock=_clock(path, process.clock),
        plan=PlanSettings(**steering),
        speeds=speeds if speeds in (NO_SPEEDS, USUAL_SPEEDS) else str(path.parent / speeds),
        http=None if process.http is None else http_settings(process.http, path.parent, known),
    )


def client_id_of(password: str | None) -> str:
    """Return what the session on the broker is called where nobody says it: the same each time.

    With a password nobody else can guess it: brokers that bind no session to a user end the
    connection of its owner for whoever names it.
    """
    if not password:
        return CLIENT_ID
    word = hmac.new(password.encode(), b"client id", hashlib.sha256).hexdigest()
    return f"{CLIENT_ID}-{word[:CLIENT_ID_DIGITS]}"


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        reason = error.strerror or str(error)
    except UnicodeDecodeError as error:
        reason = f"it is not UTF-8 ({error.reason} at byte {error.start})"
    except tomllib.TOMLDecodeError as error:
        reason = f"it is no TOML ({error})"
    raise ConfigError(path, (reason,))


@cache
def _file_model() -> type[BaseModel]:
    """Return the model of the whole file."""
    plan = create_model("PlanSection", __base__=plan_section(), speeds=(Text, NO_SPEEDS))
    return create_model(
        "File", __base__=Section, process=(ProcessSection, ...), plan=(plan, plan())
    )


def _city(path: Path, name: str) -> str:
    """Return a city's name, or its path beside the configuration file if there is one there."""
    beside = path.parent / name
    return str(beside) if beside.is_file() or "/" in name else name


def _beside(path: Path, section: ProcessSection, named: str | None, kind: str) -> Path:
    """Return a folder of the journal: beside it, if it is a file and none is named."""
    place = place_of(section.journal, path.parent)
    beside = place if isinstance(place, Path) else path.parent / "journal"
    default = beside.with_name(f"{beside.name}.{kind}")
    return default if named is None else path.parent / named


def _broker(path: Path, section: BrokerSection, known: Mapping[str, str]) -> BrokerSettings:
    return BrokerSettings(
        section.host,
        section.port,
        section.username,
        known.get(PASSWORD_VARIABLE),
        section.connect_s_max,
        tls_of(section.model_dump(), path.parent, known.get(PASSPHRASE_VARIABLE)),
    )


def _states_broker(
    broker: BrokerSettings, section: BrokerSection, known: Mapping[str, str]
) -> BrokerSettings:
    if section.states_username is None:
        return broker
    password = known.get(STATES_PASSWORD_VARIABLE)
    return dataclasses.replace(broker, username=section.states_username, password=password)


def _tls_faults(path: Path, stored: Mapping[str, Any], known: Mapping[str, str]) -> tuple[str, ...]:
    """Look at the files that TLS needs also where other keys are wrong: all faults at once."""
    process = stored.get("process")
    tables = process if isinstance(process, dict) else {}
    faults: list[str] = []
    for table, look in (("broker", _broker_faults), ("http", file_faults)):
        section = tables.get(table)
        if isinstance(section, dict):
            found = look(section, path.parent, known)
            faults += (f"process.{table}.{name} = {section.get(name)!r}: {s}" for name, s in found)
    return tuple(faults)


def _broker_faults(
    section: Mapping[str, Any], folder: Path, known: Mapping[str, str]
) -> tuple[tuple[str, str], ...]:
    return section_faults(section, folder, known.get(PASSPHRASE_VARIABLE))


def _clock(path: Path, section: ClockSection | None) -> ClockSettings:
    if section is None:
        return ClockSettings.real()
    named = section.machine_epoch_file
    return ClockSettings(
        instant_of(section.epoch),
        section.machine_epoch_s or 0.0,
        section.speed,
        None if named is None else path.parent / named,
    )


def _fault(error: Any, model: type[BaseModel]) -> str:
    """Say one fault: the key's path, its value, and what is allowed there."""
    location = tuple(str(part) for part in error["loc"])
    key = ".".join(location)
    if error["type"] == "missing":
        return f"{key}: is missing"
    if error["type"] == "extra_forbidden":
        return f"{key}: unknown key{_hint(location, model)}"
    rule = error["msg"].removeprefix("Value error, ")
    value = error["input"]
    if isinstance(value, datetime):
        value = value.isoformat()
    shown = "a table" if isinstance(value, dict) else repr(value)
    return f"{key} = {shown}: {rule[0].lower()}{rule[1:]}"


def _hint(location: tuple[str, ...], model: type[BaseModel]) -> str:
    """Say what an unknown key may have meant."""
    for word, variable in (("password", PASSWORD_VARIABLE), ("passphrase", PASSPHRASE_VARIABLE)):
        if word in location[-1]:
            return f"; the {word} comes from the environment variable {variable}"
    known = sorted(_keys_at(location[:-1], model))
    close = difflib.get_close_matches(location[-1], known, n=1)
    if close:
        return f"; did you mean {close[0]!r}?"
    return f"; known here: {', '.join(known)}"


def _keys_at(location: tuple[str, ...], model: type[BaseModel]) -> set[str]:
    for part in location:
        if part.isdigit():  # which one of a list
            continue
        inner = model.model_fields[part].annotation
        inner = next((one for one in get_args(inner) if one is not type(None)), inner)
        if not (isinstance(inner, type) and issubclass(inner, BaseModel)):
            return set()
        model = inner
    return set(model.model_fields)

"""What if, from an instant on, other settings had steered the day? A day lived twice, and compared.

Decides how a day is forked: the same seed is lived again, and at the instant every depot is
configured anew, as a dispatcher is whose configuration was changed; until then both days are the
same to the byte. Afterwards chance goes on being drawn from the same streams, yet one pair of days
is an example and no evidence: for that, ``robovan compare`` lives many.
"""

import dataclasses
import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from pydantic import ValidationError

from dispatcher.core.settings import PlanSettings
from dispatcher.inputs.faults import describe_faults
from dispatcher.steering import plan_section
from maps.builtin import load_city
from maps.errors import RobovanError
from maps.input_errors import listed
from maps.units import Instant, rfc3339
from simulations.days.file import DayFile, SettingsChange
from simulations.days.living import DayRun, OnProgress, Wanted, live_days
from simulations.days.writing import run_document, write_run
from simulations.metrics.day import Values
from simulations.metrics.table import METRICS
from simulations.metrics.writing import rounded

SCHEMA_VERSION: Final = 1
FORK_NAME: Final = "fork.json"
BRANCHES: Final = ("as-planned", "forked")
"""Folders of the two days."""


class BadChangeError(RobovanError):
    """Settings were to be changed to something that they cannot be."""

    code = "SIM-211"

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__(
            f"The settings cannot be changed like that:\n{listed(faults)}",
            remedy="Give each as key=value; docs/configuration.md lists the keys of [plan]",
        )
        self.faults = tuple(faults)


class ForkOutsideDayError(RobovanError):
    """A day was to be forked before it begins or after it ends."""

    code = "SIM-212"

    def __init__(self, at: Instant, start: Instant, end: Instant) -> None:
        super().__init__(
            f"The day cannot be forked at {rfc3339(at)}: it lasts from {rfc3339(start)} to "
            f"{rfc3339(end)}",
            remedy="Give an instant within the day",
        )
        self.at = at
        self.start = start
        self.end = end


@dataclass(frozen=True, slots=True)
class Fork:
    """A day lived as it was planned, and with other settings from an instant on."""

    at: Instant
    planned: DayRun
    forked: DayRun

    @property
    def changes(self) -> dict[str, tuple[Any, Any]]:
        """Return the settings that were changed: before and after, by key."""
        before, after = self.planned.day.plan, self.forked.day.changes[-1].plan
        names = (field.name for field in dataclasses.fields(PlanSettings))
        pairs = {name: (getattr(before, name), getattr(after, name)) for name in names}
        return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def changed_plan(plan: PlanSettings, words: Sequence[str]) -> PlanSettings:
    """Return settings with some of them changed.

    Parameters
    ----------
    plan
        The settings.
    words
        Changes such as ``wave_parcels=20`` or ``batching=must-go``: values as TOML has them, words
        also without quotes.

    Raises
    ------
    BadChangeError
        If a key is unknown, or a value not allowed; all faults at once.
    """
    faults = [f"{word!r} is no key=value" for word in words if "=" not in word]
    pairs = [word.partition("=") for word in words if "=" in word]
    section = plan_section()
    stored = {name: getattr(plan, name) for name in section.model_fields}
    stored |= {key.strip(): _value(text.strip()) for key, _, text in pairs}
    try:
        checked = section.model_validate(stored)
    except ValidationError as wrong:
        faults += describe_faults(wrong, section)
    else:
        if words and not faults:
            return replace(plan, **checked.model_dump())
    raise BadChangeError(faults or ["nothing is to be changed"])


def _value(text: str) -> object:
    """Read a value as TOML has it; what is none is a word."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def forked_day(day: DayFile, at: Instant, plan: PlanSettings) -> DayFile:
    """Return a day with other settings from an instant on.

    Raises
    ------
    ForkOutsideDayError
        If the instant is not within the day.
    """
    zone = load_city(day.city).info.zone
    start, end = day.start(zone), day.end(zone)
    if not start <= at < end:
        raise ForkOutsideDayError(at, start, end)
    return replace(day, changes=(*day.changes, SettingsChange(at, plan)))


def live_fork(
    day: DayFile,
    at: Instant,
    plan: PlanSettings,
    *,
    seed: int,
    out: Path,
    workers: int = 1,
    check: bool = False,
    on_progress: OnProgress | None = None,
) -> Fork:
    """Live a day as it is, and with other settings from an instant on; write all that came of it.

    Parameters
    ----------
    day
        The day.
    at, plan
        From when on other settings steer, and which.
    seed
        Its chance.
    out
        Folder: each day in one of its own (``BRANCHES``), and ``fork.json`` beside them.
    workers, check, on_progress
        As for ``living.live_days``.

    Raises
    ------
    RobovanError
        If the instant is not within the day, or the day cannot be lived.
    """
    fork_of_day = forked_day(day, at, plan)
    runs: list[DayRun] = []
    for name, one in zip(BRANCHES, (day, fork_of_day), strict=True):
        folder = out / name
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=folder, prefix="spool-") as spool:
            wanted = Wanted(Path(spool), filming=True, check=check)
            (run,) = live_days(one, [seed], wanted, workers=workers, on_progress=on_progress)
            write_run(run, folder)
        runs.append(run)
    fork = Fork(at, *runs)
    text = json.dumps(fork_document(fork), ensure_ascii=False, indent=1) + "\n"
    (out / FORK_NAME).write_text(text, encoding="utf-8")
    return fork


def fork_document(fork: Fork) -> dict[str, Any]:
    """Return both days' ends and what lies between them, as plain JSON values."""
    planned, forked = fork.planned.metrics.total(), fork.forked.metrics.total()
    return {
        "schema_version": SCHEMA_VERSION,
        "scenario": fork.planned.day.path.name,
        "seed": fork.planned.seed,
        "fork_at": rfc3339(fork.at),
        "changes": {
            name: {"before": before, "after": after}
            for name, (before, after) in fork.changes.items()
        },
        "units": {metric.name: metric.unit for metric in METRICS},
        "as_planned": rounded(planned),
        "forked": rounded(forked),
        "difference": rounded(difference(planned, forked)),
        "fates": {
            name: run_document(run)["fates"]
            for name, run in zip(BRANCHES, (fork.planned, fork.forked), strict=True)
        },
    }


def difference(planned: Mapping[str, float | None], forked: Mapping[str, float | None]) -> Values:
    """Return by how much each metric is higher after the fork; None where a day has none."""
    pairs = ((name, planned[name], forked[name]) for name in planned)
    return {
        name: None if before is None or after is None else after - before
        for name, before, after in pairs
    }

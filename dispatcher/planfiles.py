"""One plan from files, made by the very core that runs a live day.

Decides how the core is led to one plan: all parcels are announced, then all vans are seen at the
depot, then one wave closes with everything that is ready, and the plan that the core asks for is
answered here instead of in a worker. No time passes: what is ready later, or would fit only into
a van's second trip, is left out and says so. Leaves files to ``inputs`` and ``export``.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from dispatcher.core.decisions import Decision, Solve
from dispatcher.core.dispatch import Dispatch
from dispatcher.core.events import (
    AnnouncementRefused,
    Configured,
    ParcelAnnounced,
    SolveFinished,
    Tick,
)
from dispatcher.core.parcels import Parcel, ParcelStatus
from dispatcher.core.policies.batching.mixed import MIXED
from dispatcher.core.policies.charging.threshold import THRESHOLD
from dispatcher.core.requests import PlanResult
from dispatcher.core.settings import DepotSetup, PlanSettings
from dispatcher.core.snapshot import ParcelRecord, Snapshot
from dispatcher.planner import plan
from dispatcher.providers import Providers
from maps.errors import RobovanError
from maps.input_errors import Fault
from maps.units import Instant, rfc3339
from vehicles.facts import VanSeen

SOLVES_MAX = 5
"""Plans the core may ask for before this stops. One is the rule; each more drops a stale one."""

NEVER_S = 10 * 365 * 86_400
"""Longer than anyone waits: keeps waves open while parcels are announced."""


class PlanRefusedError(RobovanError):
    """The independent checker found a plan wrong: a fault of this program, not of the input."""

    code = "DSP-231"

    def __init__(self, depot_id: str, violations: Sequence[str]) -> None:
        self.depot_id = depot_id
        self.violations = tuple(violations)
        listed = "; ".join(self.violations[:5])
        super().__init__(
            f"The plan for depot {depot_id!r} breaks {len(self.violations)} rules: {listed}",
            remedy="Report this with the input files; another --seed may avoid it",
        )


@dataclass(frozen=True, slots=True)
class DepotPlan:
    """One depot's plan: the core's account of it, and the objective by term.

    ``left_out`` are the parcels in no trip, with their reasons.
    """

    snapshot: Snapshot
    cost: tuple[tuple[str, int], ...]
    left_out: tuple[ParcelRecord, ...]


def plan_depot(
    setup: DepotSetup,
    parcels: Iterable[Parcel],
    *,
    at: Instant,
    providers: Providers,
    seed: int,
    refused: Sequence[Fault] = (),
    tell: Callable[[str], None] = lambda _: None,
) -> DepotPlan:
    """Plan one depot's parcels for a departure at one instant.

    Parameters
    ----------
    setup
        Depot, vans, stations and settings; of the settings, when waves close is overridden.
    parcels
        Those of this depot; others are rejected by the core.
    at
        When the plan is made: loading begins then.
    providers, seed
        Travel, and the solver's seed.
    refused
        Bad rows, to be accounted for.
    tell
        Called with each step, for people who wait.

    Returns
    -------
    DepotPlan
        The same for the same arguments, byte for byte.

    Raises
    ------
    PlanRefusedError
        If the checker refuses the plan.
    """
    core = Dispatch()
    core.handle(Configured(replace(setup, settings=_gathering(setup.settings))), at)
    tell("announcing parcels")
    for fault in refused:
        core.handle(AnnouncementRefused(f"row-{fault.row}", (str(fault),)), at)
    for parcel in parcels:
        core.handle(ParcelAnnounced(parcel), at)
    for van in setup.vans:
        core.handle(VanSeen(van.van_id, at, setup.depot.place, van.battery_mwh, None, False), at)
    core.handle(Configured(replace(setup, settings=_closing(setup.settings))), at)
    decisions = core.handle(Tick(), at)
    cost: tuple[tuple[str, int], ...] = ()
    for _ in range(SOLVES_MAX):
        request = next((one.request for one in decisions if isinstance(one, Solve)), None)
        if request is None:
            break
        tell(f"routing {len(request.stops)} stops with {len(request.vans)} vans")
        result = plan(replace(request, seed=seed), providers)
        decisions = _adopted(core, result, setup, at)
        cost = result.cost
    return _account(core.snapshot(at), cost)


def _adopted(
    core: Dispatch, result: PlanResult, setup: DepotSetup, at: Instant
) -> tuple[Decision, ...]:
    if result.violations:
        raise PlanRefusedError(setup.depot.depot_id, result.violations)
    return core.handle(SolveFinished(result), at)


def _gathering(settings: PlanSettings) -> PlanSettings:
    """Return settings under which no wave closes and no van is sent anywhere."""
    return replace(
        settings,
        batching=MIXED.name,
        charging=THRESHOLD.name,
        wave_parcels=settings.parcels_max + 1,
        wave_age_s=NEVER_S,
        wave_due_slack_s=-NEVER_S,
        plan_latency_s=0,
        depot_charge_below_ratio=0.0,
    )


def _closing(settings: PlanSettings) -> PlanSettings:
    """Return settings under which all that is ready becomes one wave at once."""
    return replace(_gathering(settings), wave_parcels=1, wave_age_s=0)


def _account(snapshot: Snapshot, cost: tuple[tuple[str, int], ...]) -> DepotPlan:
    """Give every parcel in no trip a reason."""
    records = tuple(_with_reason(record, snapshot.as_of) for record in snapshot.parcels)
    left_out = tuple(
        record
        for record in records
        if record.trip_id is None and record.status is not ParcelStatus.CANCELLED
    )
    return DepotPlan(replace(snapshot, parcels=records), cost, left_out)


def _with_reason(record: ParcelRecord, at: Instant) -> ParcelRecord:
    if record.status is not ParcelStatus.WAITING or record.reason:
        return record
    if record.parcel.ready_at > at:
        detail = f"it is ready at {rfc3339(record.parcel.ready_at)}, after this departure"
        return replace(record, reason="not_ready", detail=detail)
    return replace(record, reason="no_vehicle", detail="no van is on duty with enough charge")

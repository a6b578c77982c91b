"""Plain functions that answer the core's questions; run them in a worker process.

``plan`` turns a request into a problem, has it solved and judged, and turns the answer into nodes
that vans can be told. ``forecast`` says how long planned trips take on changed roads. Both give
the same answer to the same request, byte for byte, unless somebody says stop.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

from dispatcher.core.requests import (
    ForecastRequest,
    ForecastResult,
    ForecastTrip,
    PlannedRoute,
    PlanRequest,
    PlanResult,
    StopOffer,
    TripForecast,
    UnservedStop,
)
from dispatcher.detailing import detail, way_home
from dispatcher.posing import Posed, Survey, pose, survey
from dispatcher.providers import Providers
from maps.errors import PlaceOffNetworkError
from maps.places import LonLat
from maps.travel import UNREACHABLE, TravelProvider
from maps.units import Instant, Seconds, later, rfc3339
from routing.checker import check as check_plan
from routing.plan import Cost, Plan, Reason, Violation
from routing.solver import solve


def plan(
    request: PlanRequest, providers: Providers, *, stop: Callable[[], bool] | None = None
) -> PlanResult:
    """Answer a planning request with checked routes, or with the reasons against them.

    Parameters
    ----------
    request
        Vans, stops, chargers and roads as the core knows them.
    providers
        Where travel comes from.
    stop
        Asked while searching: when it says True, what was found is the answer.

    Returns
    -------
    PlanResult
        Every stop of the request is in one route or unserved. A van that is not at its end and
        has no stop gets a route home. ``violations`` are the independent checker's.
    """
    prices = {stop.stop_id: stop.unserved_price for stop in request.stops}
    request, too_early = _within_shifts(request)
    found = survey(request, providers)
    stops, hopeless = _servable(request, found)
    hopeless += too_early
    posed = pose(request, found, stops)
    solved = _solve(request, posed, stop)
    violations = check_plan(posed.problem, solved)
    return PlanResult(
        request_id=request.request_id,
        routes=() if violations else _routes(request, found, posed, solved),
        unserved=tuple(sorted([*hopeless, *_unserved(posed, solved)], key=lambda one: one.stop_id)),
        violations=tuple(_sentence(posed, violation) for violation in violations),
        cost=_cost(solved.cost, prices, hopeless),
    )


def forecast(request: ForecastRequest, providers: Providers) -> ForecastResult:
    """Answer how long trips take on the roads they were planned on, and on the best ones now."""
    return ForecastResult(
        request.request_id, tuple(_forecast(request, trip, providers) for trip in request.trips)
    )


def _within_shifts(request: PlanRequest) -> tuple[PlanRequest, list[UnservedStop]]:
    """Part a request from stops whose windows begin too late for any of its vans.

    Such a stop waits for vans that are offered later. Until then many wait with it, and neither
    roads nor a search are needed to say why.
    """
    if not request.vans:
        return request, []
    latest = max(van.shift_end for van in request.vans)
    kept: list[StopOffer] = []
    too_early: list[UnservedStop] = []
    for stop in request.stops:
        if stop.van_id is not None or later(stop.window_begin, Seconds(stop.service_s)) <= latest:
            kept.append(stop)
            continue
        opens, ends = rfc3339(stop.window_begin), rfc3339(latest)
        served = rfc3339(later(stop.window_begin, Seconds(stop.service_s)))
        why = f"its window begins at {opens}, and the last van on offer must be back by {ends}"
        why += f"; it waits for one that may be out until some time after {served}"
        too_early.append(UnservedStop(stop.stop_id, Reason.SHIFT.value, why))
    return (replace(request, stops=tuple(kept)) if too_early else request), too_early


def _servable(request: PlanRequest, found: Survey) -> tuple[list[StopOffer], list[UnservedStop]]:
    """Part the stops that a problem can hold from those that no plan can serve."""
    servable: list[StopOffer] = []
    hopeless: list[UnservedStop] = []
    taking_part = {
        van.van_id for van in request.vans if van.start in found.rows and van.end in found.rows
    }
    for stop in request.stops:
        if stop.place in found.off:
            reason, why = Reason.UNREACHABLE, found.off[stop.place]
        elif stop.van_id is not None and stop.van_id not in taking_part:
            reason, why = Reason.NO_VEHICLE, f"{stop.van_id} has it aboard and cannot be planned"
        elif not taking_part:
            reason, why = Reason.NO_VEHICLE, "no van is on duty and on a road"
        elif stop.van_id is None and stop.window_end < request.asked_at:
            reason, why = Reason.WINDOW, f"its window ended at {rfc3339(stop.window_end)}"
        else:
            servable.append(stop)
            continue
        hopeless.append(UnservedStop(stop.stop_id, reason.value, why))
    return servable, hopeless


def _solve(request: PlanRequest, posed: Posed, stop: Callable[[], bool] | None) -> Plan:
    if not posed.problem.jobs:  # nor, perhaps, a van, and so no matrix
        return Plan((), (), Cost(0, 0, 0, 0, 0))
    return solve(posed.problem, effort=request.effort, seed=request.seed, stop=stop)


def _routes(
    request: PlanRequest, found: Survey, posed: Posed, solved: Plan
) -> tuple[PlannedRoute, ...]:
    planned = {route.van_id: route for route in detail(request, found, posed, solved)}
    for index, van in enumerate(request.vans):
        if van.van_id not in planned and (home := way_home(request, found, index)) is not None:
            planned[van.van_id] = home
    return tuple(planned[van.van_id] for van in request.vans if van.van_id in planned)


def _unserved(posed: Posed, solved: Plan) -> Iterable[UnservedStop]:
    for one in solved.unserved:
        detail = one.detail + (f"; cheapest remedy: {one.remedy}" if one.remedy else "")
        yield UnservedStop(posed.stops[one.job].stop_id, one.reason.value, detail)


def _sentence(posed: Posed, violation: Violation) -> str:
    van = posed.vans[violation.vehicle].van_id if violation.vehicle >= 0 else "the plan"
    where = f", visit {violation.visit}" if violation.visit >= 0 else ""
    return f"{violation.code}: {van}{where}: {violation.detail}"


def _cost(
    cost: Cost, prices: Mapping[str, int], hopeless: Sequence[UnservedStop]
) -> tuple[tuple[str, int], ...]:
    never = sum(prices[one.stop_id] for one in hopeless)
    return (
        ("fixed", cost.fixed),
        ("time", cost.time),
        ("distance", cost.distance),
        ("energy", cost.energy),
        ("lateness", cost.lateness),
        ("changes", cost.changes),
        ("unserved", cost.unserved + never),
    )


def _forecast(request: ForecastRequest, trip: ForecastTrip, providers: Providers) -> TripForecast:
    before = providers.provider(trip.spec, request.incidents_before)
    now = providers.provider(trip.spec, request.incidents)
    legs = [_leg_forecast(before, now, leg, request.asked_at) for leg in pairwise(trip.anchors)]
    return TripForecast(
        trip.van_id, tuple(planned for planned, _ in legs), tuple(best for _, best in legs)
    )


def _leg_forecast(
    before: TravelProvider, now: TravelProvider, leg: tuple[LonLat, LonLat], at: Instant
) -> tuple[int, int]:
    """Return a leg's duration on the planned roads and on the best ones, in seconds."""
    try:
        planned, best = before.path(*leg, at), now.path(*leg, at)
    except PlaceOffNetworkError:
        return UNREACHABLE, UNREACHABLE
    planned_s = UNREACHABLE if planned is None else now.duration_along(planned, at)
    return planned_s, UNREACHABLE if best is None else best.duration_s

"""What the checker holds against routes that use the same plug, dock or battery at once."""

from collections.abc import Iterator, Sequence

from routing.plan import Route, Violation, VisitKind
from routing.problem import Problem

_Stay = tuple[int, int, int, int]  # begin, departure, vehicle, visit


def sharing_violations(problem: Problem, routes: Sequence[Route]) -> Iterator[Violation]:
    """Yield every visit for which no plug, dock or full battery is left."""
    for index, station in enumerate(problem.stations):
        stays = _stays(routes, VisitKind.CHARGE, index)
        if station.plugs is not None:
            for _, _, vehicle, visit in _crowded(stays, station.plugs):
                detail = f"all {station.plugs} plugs of {station.label!r} are taken"
                yield Violation("plugs", vehicle, visit, detail)
        if station.swap_s is not None and station.swap_count_max is not None:
            for _, _, vehicle, visit in stays[station.swap_count_max :]:
                detail = f"{station.label!r} has only {station.swap_count_max} full batteries"
                yield Violation("swap_count", vehicle, visit, detail)
    for index, depot in enumerate(problem.depots):
        if depot.docks is not None:
            for _, _, vehicle, visit in _crowded(
                _stays(routes, VisitKind.RELOAD, index), depot.docks
            ):
                detail = f"all {depot.docks} docks of {depot.label!r} are taken"
                yield Violation("docks", vehicle, visit, detail)


def _stays(routes: Sequence[Route], kind: VisitKind, index: int) -> list[_Stay]:
    """Return all visits to one station or depot, in order of time."""
    return sorted(
        (visit.begin_s, visit.departure_s, route.vehicle, position)
        for route in routes
        for position, visit in enumerate(route.visits)
        if visit.kind is kind and visit.index == index
    )


def _crowded(stays: Sequence[_Stay], room: int) -> Iterator[_Stay]:
    """Yield the stays that begin while as many others as there is room for go on."""
    for at, stay in enumerate(stays):
        going_on = sum(departure_s > stay[0] for begin_s, departure_s, _, _ in stays[:at])
        if stay[1] > stay[0] and going_on >= room:
            yield stay

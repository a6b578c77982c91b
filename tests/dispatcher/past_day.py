"""A past day of the toy city, as entries of a journal."""

from dataclasses import replace
from itertools import pairwise

from dispatcher.core.events import Event, SolveFinished
from dispatcher.core.requests import PlannedRoute
from dispatcher.core.settings import PlanSettings
from dispatcher.journal.records import Entry
from maps.geometry import encode_polyline
from tests.dispatcher.core.harness import Day, minutes, parcel, setup_of
from tests.dispatcher.core.toy_city import at


def past_day() -> list[Entry]:
    """Return the journal of a day of two vans and eight parcels, with one restart."""
    day = Day(setup_of(2, settings=PlanSettings(wave_parcels=4, retry_s=300)))
    day.announce(*(parcel(n, at(900 * n - 3_000, 400)) for n in range(8)))
    day.run(minutes(20))
    day.restart()
    day.drain()
    return [
        Entry("dep", number, now, _drawn(event))
        for number, (now, event, _) in enumerate(day.log, start=1)
    ]


def _drawn(event: Event) -> Event:
    """Return an event whose plans can be drawn: the toy's shapes are words."""
    if not isinstance(event, SolveFinished):
        return event
    routes = tuple(map(_straight, event.result.routes))
    return SolveFinished(replace(event.result, routes=routes))


def _straight(route: PlannedRoute) -> PlannedRoute:
    drawn = [replace(route.nodes[0], shape="")]
    for before, node in pairwise(route.nodes):
        drawn.append(replace(node, shape=encode_polyline([before.place, node.place])))
    return replace(route, nodes=tuple(drawn))

"""Solved routes as nodes of the road: a van that loads once more does so at its depot."""

from dataclasses import replace
from itertools import pairwise

from dispatcher.detailing import detail
from dispatcher.posing import pose, survey
from maps.units import Seconds, later
from routing.objective import plan_cost
from routing.plan import Plan, Route, VisitKind
from routing.problem import Depot
from routing.schedule import Stop, drive
from vehicles.trip import NodeKind


def test_a_van_loads_once_more_at_its_depot(offer, stop, question, providers, doors):
    request = question([offer("v-0", start=doors[3], end=doors[5])], [stop(30), stop(60)])
    found = survey(request, providers)
    posed = pose(request, found, request.stops)
    home = Depot("home", found.rows[doors[3]], 600)
    van = replace(posed.problem.vehicles[0], trips_max=2, depot=0)
    posed = replace(posed, problem=replace(posed.problem, vehicles=(van,), depots=(home,)))
    order = [Stop(VisitKind.JOB, 0), Stop(VisitKind.RELOAD, 0), Stop(VisitKind.JOB, 1)]
    driven = drive(posed.problem, 0, order)
    assert isinstance(driven, Route)
    solved = Plan((driven,), (), plan_cost(posed.problem, (driven,), ()))

    (route,) = detail(request, found, posed, solved)
    kinds = [node.kind for node in route.nodes if node.kind is not NodeKind.WAYPOINT]
    assert kinds == [NodeKind.START, NodeKind.STOP, NodeKind.RELOAD, NodeKind.STOP, NodeKind.END]
    (loads,) = [node for node in route.nodes if node.kind is NodeKind.RELOAD]
    assert (loads.place, loads.stop_id, loads.station_id) == (doors[3], None, None)
    assert loads.leave_at == later(loads.begin_at, Seconds(600))
    for before, node in pairwise(route.nodes):
        assert node.arrive_at == later(before.leave_at, Seconds(node.drive_s))

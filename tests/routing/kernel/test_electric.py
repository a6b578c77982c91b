"""On small problems no order of jobs and charges is cheaper than what the search finds."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import permutations, product

from hypothesis import given, settings
from hypothesis import strategies as st

from routing.checker import check
from routing.kernel.search import search
from routing.objective import plan_cost
from routing.plan import Route, VisitKind
from routing.problem import Job, Problem, Station, Vehicle, Window
from routing.schedule import Stop, drive

WHOLE_DAY = Window(0, 36_000)
WINDOWS = [WHOLE_DAY, WHOLE_DAY, Window(0, 400), Window(300, 900), Window(1500, 1600)]


def charges_between(problem: Problem, vehicle: Vehicle) -> list[tuple[Stop, ...]]:
    """Return what may happen on one leg: no charge, one or two, each to the full."""
    full = [
        Stop(VisitKind.CHARGE, station, vehicle.battery_mwh_max)
        for station in range(len(problem.stations))
    ]
    return [(), *((one,) for one in full), *permutations(full, 2)]


def all_routes(problem: Problem) -> Iterator[Route]:
    """Yield every route of the first vehicle that serves all jobs."""
    options = charges_between(problem, problem.vehicles[0])
    jobs = [Stop(VisitKind.JOB, job) for job in range(len(problem.jobs))]
    for order in permutations(jobs):
        for charged in product(options, repeat=len(jobs) + 1):
            sequence = list(charged[0])
            for job, charges in zip(order, charged[1:], strict=True):
                sequence += [job, *charges]
            route = drive(problem, 0, sequence)
            if isinstance(route, Route):
                yield route


@st.composite
def tight_problems(
    draw: st.DrawFn, make: Callable[..., Problem], job: Callable[..., Job], van: Vehicle
) -> Problem:
    """Return one van, two or three jobs and two stations, with a battery for a part of the way."""
    count = draw(st.integers(2, 3))
    auxiliary_w = draw(st.sampled_from([0, 360]))
    spots = st.lists(st.integers(0, 440), min_size=count + 3, max_size=count + 3, unique=True)
    points: Sequence[tuple[int, int]] = [divmod(spot, 21) for spot in draw(spots)]
    jobs = [
        job(
            f"job-{k}",
            1 + k,
            windows=(draw(st.sampled_from(WINDOWS)),),
            demand=(0, 1),
            unserved_price=10**6,
        )
        for k in range(count)
    ]
    stations = tuple(
        Station(f"station-{k}", 1 + count + k, draw(st.sampled_from([11_000, 50_000])), (), True)
        for k in range(2)
    )
    battery = draw(st.sampled_from([800_000, 1_200_000, 2_000_000]))
    vehicle = replace(
        van,
        battery_mwh=battery,
        battery_mwh_max=battery,
        auxiliary_w=auxiliary_w,
        price_per_hour=draw(st.sampled_from([0, 1800])),
    )
    return make(points, jobs, vehicles=[vehicle], stations=stations)


@settings(max_examples=12)
@given(data=st.data())
def test_no_order_of_jobs_and_full_charges_is_cheaper(data, problem_on_grid, job, van):
    problem = data.draw(tight_problems(problem_on_grid, job, van))
    plan = search(problem, iterations=300).plan
    assert check(problem, plan) == ()
    costs = [plan_cost(problem, [route], []).total for route in all_routes(problem)]
    assert (plan.unserved == ()) == bool(costs)
    if costs:
        assert plan.cost.total == min(costs)


@settings(max_examples=25)
@given(data=st.data())
def test_charging_in_part_is_never_dearer_than_to_the_full(data, problem_on_grid, job, van):
    full = data.draw(tight_problems(problem_on_grid, job, van))
    # Who waits at a plug draws no auxiliary power: a charge that nobody needs may save some of it,
    # and where it need not be to the full, the search does not look for such.
    vehicles = tuple(replace(vehicle, auxiliary_w=0) for vehicle in full.vehicles)
    full = replace(full, vehicles=vehicles)
    stations = tuple(replace(station, full_recharge=False) for station in full.stations)
    part = replace(full, stations=stations)
    to_the_full, as_needed = search(full, iterations=300).plan, search(part, iterations=300).plan
    assert check(part, as_needed) == ()
    assert as_needed.cost.total <= to_the_full.cost.total

"""Nobody goes to two parts or to none; jobs left out go where somebody may serve them."""

from dataclasses import replace

from routing.neighbourhoods.sharing_out import jobs_shared, vehicles_shared


def line(problem_on_grid, jobs, vans):
    return problem_on_grid([(k, 0) for k in range(21)], jobs, vehicles=vans)


def test_idle_vehicles_take_turns(problem_on_grid, job, van):
    vans = [replace(van, label=f"van-{k}") for k in range(5)]
    problem = line(problem_on_grid, [job("a", 1)], vans)
    assert vehicles_shared(problem, [[1], [3]], 0) == [(0, 1, 4), (2, 3)]
    assert vehicles_shared(problem, [[1], [3]], 1) == [(1, 2), (0, 3, 4)]


def test_jobs_left_out_go_to_the_nearest_part_that_may_serve_them(problem_on_grid, job, van):
    vans = [replace(van, label="a", frozen=(5,)), replace(van, label="b", skills=("cold",))]
    jobs = [
        job("west", 1),
        job("east", 20),
        job("near the west", 3),
        job("near the west, but for b only", 2, allowed=(1,)),
        job("near the east, but aboard a", 19, vehicle=0),
        job("near the east, but frozen on a", 18),
        job("near the west, but cold", 4, skills=("cold",)),
    ]
    problem = line(problem_on_grid, jobs, vans)
    shared = jobs_shared(problem, [[0], [1]], [(0,), (1,)], [2, 3, 4, 5, 6])
    assert shared == [(0, 2, 4, 5), (1, 3, 6)]


def test_a_job_for_nobody_goes_somewhere(problem_on_grid, job, van):
    vans = [replace(van, label="a"), replace(van, label="b")]
    jobs = [job("west", 1), job("east", 20), job("for nobody", 19, allowed=())]
    problem = line(problem_on_grid, jobs, vans)
    assert jobs_shared(problem, [[0], [1]], [(0,), (1,)], [2]) == [(0,), (1, 2)]

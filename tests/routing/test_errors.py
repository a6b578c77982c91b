"""Errors carry their facts and say what to do."""

from routing.errors import InvalidProblemError, SolverFailedError


def test_an_invalid_problem_lists_every_fault():
    error = InvalidProblemError(("one thing", "another"))
    assert error.faults == ("one thing", "another")
    assert str(error).startswith("RTE-101: the routing problem has 2 faults: one thing; another. ")


def test_a_failed_solver_says_on_what():
    error = SolverFailedError("VROOM", "too high", 7, 2)
    assert "RTE-201: VROOM failed on 7 jobs and 2 vehicles: too high. " in str(error)
    assert (error.solver, error.cause, error.job_count, error.vehicle_count) == (
        "VROOM",
        "too high",
        7,
        2,
    )

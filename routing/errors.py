"""Errors of the routing layer. What the world makes impossible is no error: it is `Unserved`."""

from typing import ClassVar

from maps.errors import RobovanError


class InvalidProblemError(RobovanError):
    """A problem contradicts itself, so no solver may be asked."""

    code: ClassVar[str] = "RTE-101"

    def __init__(self, faults: tuple[str, ...]) -> None:
        listed = "; ".join(faults)
        super().__init__(
            f"the routing problem has {len(faults)} faults: {listed}",
            remedy="Correct each of them where the problem is built",
        )
        self.faults = faults


class InvalidStartError(RobovanError):
    """A plan to begin with names what the problem does not know."""

    code: ClassVar[str] = "RTE-102"

    def __init__(self, faults: tuple[str, ...]) -> None:
        listed = "; ".join(faults)
        super().__init__(
            f"the plan to begin with has {len(faults)} faults: {listed}",
            remedy="Take its jobs, vehicles and stations from the same problem, or begin without",
        )
        self.faults = faults


class SolverFailedError(RobovanError):
    """The solver beneath gave up on a problem that passed our own checks."""

    code: ClassVar[str] = "RTE-201"

    def __init__(self, solver: str, cause: str, job_count: int, vehicle_count: int) -> None:
        super().__init__(
            f"{solver} failed on {job_count} jobs and {vehicle_count} vehicles: {cause}",
            remedy="Plan fewer jobs at once, and keep the problem for a bug report",
        )
        self.solver = solver
        self.cause = cause
        self.job_count = job_count
        self.vehicle_count = vehicle_count


class SolverMissingError(RobovanError):
    """The solver that was asked for cannot be loaded on this machine."""

    code: ClassVar[str] = "RTE-202"

    def __init__(self, solver: str, cause: str) -> None:
        super().__init__(
            f"{solver} cannot be loaded ({cause})",
            remedy="Install pyvroom anew, or choose --solver kernel",
        )
        self.solver = solver
        self.cause = cause

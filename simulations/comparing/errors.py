"""Errors of comparisons."""

from collections.abc import Sequence

from maps.errors import RobovanError


class NothingToCompareError(RobovanError):
    """Fewer than two different scenarios were given."""

    code = "SIM-401"

    def __init__(self, count: int) -> None:
        super().__init__(
            f"{count} scenarios were given, but it takes two to compare",
            remedy="Name the scenario to compare with first, then at least another one, or give "
            "other settings of it with --plan",
        )
        self.count = count


class SameNameError(RobovanError):
    """Several scenarios would have the same name in tables and plots."""

    code = "SIM-402"

    def __init__(self, names: Sequence[str]) -> None:
        listed = ", ".join(repr(name) for name in names)
        super().__init__(
            f"{listed} stands for more than one scenario, for they are named by their files, and "
            "settings by their words",
            remedy="Rename all but one of these files, and give each --plan once",
        )
        self.names = tuple(names)


class BadSeedsError(RobovanError):
    """The seeds of a comparison are not whole numbers, or one of them comes twice."""

    code = "SIM-403"

    def __init__(self, text: str) -> None:
        super().__init__(
            f"{text!r} are no seeds",
            remedy="Give different whole numbers from 0 on with commas between them, as in 1,2,7",
        )
        self.text = text

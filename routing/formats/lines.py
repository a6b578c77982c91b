"""The lines of a benchmark file, and the faults found in them.

Decides what is a number; which numbers make sense together is decided by each format.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from routing.formats.errors import Fault
from routing.formats.instance import Floats


@dataclass(frozen=True, slots=True)
class Line:
    """One line that is not blank: its number in the file, from 1, and its words."""

    number: int
    text: str

    @property
    def words(self) -> list[str]:
        """Return what blanks separate."""
        return self.text.split()


def lines_of(text: str) -> list[Line]:
    """Return the lines that are not blank."""
    split = enumerate(text.splitlines(), start=1)
    return [Line(number, line.strip()) for number, line in split if line.strip()]


@dataclass(slots=True)
class Faults:
    """Collects what is wrong, so that all of it can be told at once."""

    found: list[Fault] = field(default_factory=list)

    def add(self, line: int, what: str) -> None:
        """Note a fault; line 0 stands for the whole file."""
        self.found.append(Fault(line, what))

    def number(self, line: int, name: str, text: str, *, least: float = -math.inf) -> float:
        """Return a finite number of at least ``least``; note a fault and return NaN if it is none.

        Parameters
        ----------
        line, name
            Where it stands and what it is, for the fault.
        text
            The number as written.
        least
            The smallest value that makes sense.

        Returns
        -------
        float
            The number, or NaN.
        """
        try:
            value = float(text)
        except ValueError:
            self.add(line, f"{name} {text!r} is not a number")
            return math.nan
        if not math.isfinite(value):
            self.add(line, f"{name} is {text}, but must be finite")
            return math.nan
        if value < least:
            self.add(line, f"{name} is {text}, but must be at least {least:g}")
            return math.nan
        return value

    def whole(self, line: int, name: str, text: str, *, least: int = 0) -> int | None:
        """Return a whole number of at least ``least``, or None with the fault noted."""
        value = self.number(line, name, text, least=least)
        if math.isnan(value):
            return None
        if value != int(value):
            self.add(line, f"{name} is {text}, but must be a whole number")
            return None
        return int(value)


@dataclass(frozen=True, slots=True)
class Row:
    """One node's line: label, place, demand, window and service time."""

    line: int
    label: str
    x: float
    y: float
    demand: float
    begin: float
    end: float
    service: float


NUMBERS = ("x", "y", "demand", "ready time", "due date", "service time")


def row_of(line: Line, label: str, texts: Sequence[str], faults: Faults) -> Row:
    """Return a node from the six numbers behind its label; demand and service not negative."""
    least = (-math.inf, -math.inf, 0.0, -math.inf, -math.inf, 0.0)
    values = [
        faults.number(line.number, f"{label}: {name}", text, least=low)
        for name, text, low in zip(NUMBERS, texts, least, strict=True)
    ]
    row = Row(line.number, label, *values)
    if row.begin > row.end:
        faults.add(row.line, f"{label}: the window ends at {row.end:g}, before it begins")
    return row


def check_demands(rows: Iterable[Row], capacity: float, faults: Faults) -> None:
    """Note every demand that no vehicle can carry."""
    for row in rows:
        if row.demand > capacity:
            faults.add(
                row.line,
                f"{row.label}: demand is {row.demand:g}, but the capacity is {capacity:g}",
            )


def column(rows: Sequence[Row], name: str) -> Floats:
    """Return one attribute of all rows as an array."""
    return np.array([getattr(row, name) for row in rows], np.float64)

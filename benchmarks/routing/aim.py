"""One figure that the kernel is meant to reach."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Aim:
    """One figure: what is meant, what is wanted, what came out."""

    what: str
    wanted: str
    found: str
    reached: bool

    @property
    def verdict(self) -> str:
        """Return a word for the table."""
        return "reached" if self.reached else "**missed**"

"""What is held by hand: a van, a parcel or the whole depot; by whom, since when and why."""

from dataclasses import dataclass
from enum import Enum

from maps.units import Instant


class HoldKind(Enum):
    """What a hold keeps from going on."""

    VAN = "van"  # it is given no new trip; what it was told it drives to its end
    PARCEL = "parcel"  # it is not planned as long as it is at the depot
    DEPOT = "depot"  # it plans no new trips; those under way go on


@dataclass(frozen=True, slots=True)
class Hold:
    """A hold in force; ``by`` and ``reason`` are for people."""

    kind: HoldKind
    subject_id: str
    by: str
    reason: str
    since: Instant

    @property
    def in_words(self) -> str:
        """Return who holds it and why."""
        return f"held by {self.by}: {self.reason}" if self.reason else f"held by {self.by}"

"""What a ledger can find wrong, and in which words."""

from dataclasses import dataclass
from enum import Enum


class Wrong(Enum):
    """Kinds of faults; each is one promise broken."""

    LOST = "lost"  # accepted, and at the end nobody can say where it is
    DOUBLED = "doubled"  # handed over, or taken from the depot for it, more than once
    TWO_VANS = "two_vans"  # in two vans, or ordered to two, at one time
    TAKEN_BACK = "taken_back"  # a released stop changed or taken back, unconfirmed
    ANSWER = "answer"  # an announcement that was not answered, or against what became of it
    CANCEL = "cancel"  # confirmed, and handed over; or refused, and taken out of the day
    HOLD = "hold"  # sent out though it was held by hand
    KEPT = "kept"  # loaded, though the warehouse had said that it keeps it: the siege's own fault
    PLACE = "place"  # handed over elsewhere than it was announced first
    WORD = "word"  # the world was told otherwise than it was, or not in order, or twice


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: its kind, and for people what happened to which."""

    wrong: Wrong
    what: str

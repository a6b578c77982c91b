"""How one van speaks VDA 5050: which version, and the words that the standard leaves open.

Decides names only. What a message of another version looks like is ``versions``'s; a dialect never
changes what is decided. It is journalled with its van all the same, to be known as long as that is.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Final


class Version(Enum):
    """A version of the standard; the values are those of a fleet file."""

    V2_0 = "2.0"
    V2_1 = "2.1"
    V3_0 = "3.0"

    @property
    def number(self) -> str:
        """Return the version as it stands in a message's header."""
        return f"{self.value}.0"

    @property
    def major(self) -> str:
        """Return the version's first number, which the header is held to."""
        return self.value.partition(".")[0]


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one van speaks.

    Attributes
    ----------
    version
        Of all messages to and from it; part of its topics.
    station_type, load_type
        What it calls a place where parcels are picked or dropped, and a parcel.
    repeats_actions
        Whether an update tells again the actions of the node that it begins at, as the standard
        wants. False for a van that takes them for more actions and would do them twice.
    """

    version: Version = Version.V2_1
    station_type: str = "floor"
    load_type: str = "parcel"
    repeats_actions: bool = True


USUAL: Final = Dialect()
"""How a van speaks of which the fleet file says nothing."""

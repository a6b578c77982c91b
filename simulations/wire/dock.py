"""What lies at a depot, written down where the warehouse's process and the vans' can both read it.

Decides how two processes know of one shelf: whatever changes it is a line behind all others in one
file, and whoever asks first does what the lines say that are new to it. So both do the same in the
same order, and the system alone decides which line comes first where a van takes a parcel at the
instant at which the warehouse says to keep it: a line is one write, at the end of the file. What is
put in wrongly is ``shelf``'s to decide.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Final

from simulations.rng import Streams
from simulations.scenario import Scenario
from simulations.shelf import Shelf, Stock
from simulations.surroundings import Luck

OTHERS_MAX: Final = 20
"""Of so many parcels that lie there one is taken for another, so that a line stays short."""


def shelf_of(scenario: Scenario, depot_id: str, who: str) -> Stock | None:
    """Return what lies at a depot, as one of the day's processes sees it.

    None if nobody wrote it down: then all is right, and nobody knows what was put in.
    """
    if scenario.shelf is None:
        return None
    ratio = scenario.mischief.wrong_ratio
    return SharedShelf(ratio, Streams(scenario.seed).of(depot_id), Path(scenario.shelf), who)


def luck_of(scenario: Scenario) -> Luck:
    """Return how a day's reality scatters: for vans, and what the warehouse does not find."""
    missing_ratio = scenario.mischief.missing_ratio
    return Luck(absent_ratio=scenario.absent_ratio, missing_ratio=missing_ratio)


class SharedShelf:
    """The goods of one depot, for two processes.

    Parameters
    ----------
    wrong_ratio, streams
        As of ``Shelf``.
    path
        The file, which need not be there yet.
    who
        Which of the two this is.
    """

    def __init__(self, wrong_ratio: float, streams: Streams, path: Path, who: str) -> None:
        self._shelf = Shelf(wrong_ratio, streams)
        self._streams, self._path, self._who = streams, path, who
        self._read_to, self._written = 0, 0
        self._does: dict[str, Callable[..., Any]] = {
            "get_together": self._shelf.get_together,
            "take": self._shelf.take,
            "put_back": self._shelf.put_back,
            "give_up": self._shelf.give_up,
            "withdraw": self._shelf.withdraw,
        }

    @property
    def errs(self) -> bool:
        """Return whether wrong parcels are brought to the dock at times."""
        return self._shelf.errs

    def has(self, parcel_id: str) -> bool:
        """Return whether a parcel that was announced lies at the depot."""
        self._catch_up()
        return self._shelf.has(parcel_id)

    def get_together(self, trip_id: str, parcel_ids: Iterable[str], others: Sequence[str]) -> None:
        """Bring a trip's parcels to the dock, or at times one of the others in place of one."""
        self._catch_up()
        there = [one for one in others if self._shelf.has(one)]
        some = self._streams.stream(f"others/{trip_id}").sample(there, min(OTHERS_MAX, len(there)))
        self._do("get_together", trip_id, list(parcel_ids), some)

    def take(self, trip_id: str, parcel_id: str) -> str | None:
        """Put what lies at the dock for a parcel into a van; return what it was, None: nothing."""
        taken: str | None = self._do("take", trip_id, parcel_id)
        return taken

    def put_back(self, parcel_ids: Iterable[str]) -> None:
        """Take parcels out of a van."""
        self._do("put_back", list(parcel_ids))

    def awaits(self, trip_id: str) -> bool:
        """Return whether something wrong still lies at the dock for a trip."""
        self._catch_up()
        return self._shelf.awaits(trip_id)

    def really(self, trip_id: str, parcel_ids: Iterable[str]) -> tuple[str, ...]:
        """Return what was put into a van for a trip, as far as something else was taken."""
        self._catch_up()
        return self._shelf.really(trip_id, parcel_ids)

    def give_up(self, trip_id: str) -> None:
        """Bring back what lies at the dock for a trip and was not taken."""
        self._do("give_up", trip_id)

    def withdraw(self, trip_id: str) -> tuple[str, ...]:
        """Bring nothing more to the dock for a trip, for good; return what was put into its van."""
        put_in: tuple[str, ...] = self._do("withdraw", trip_id)
        return put_in

    def is_withdrawn(self, trip_id: str) -> bool:
        """Return whether nothing more is brought to the dock for a trip."""
        self._catch_up()
        return self._shelf.is_withdrawn(trip_id)

    def _do(self, what: str, *arguments: object) -> Any:
        """Write down what is done, do all that was written, and return what this one came to."""
        self._written += 1
        line = json.dumps([self._who, self._written, what, *arguments]) + "\n"
        with self._path.open("ab", buffering=0) as file:
            file.write(line.encode())
        return self._catch_up()

    def _catch_up(self) -> Any:
        """Do all that was written since, and return what the last thing done here came to."""
        came_to = None
        if not self._path.exists():
            return came_to
        with self._path.open("rb") as file:
            file.seek(self._read_to)
            said = file.read()
        whole = said[: said.rfind(b"\n") + 1]
        self._read_to += len(whole)
        for line in whole.splitlines():
            who, number, what, *arguments = json.loads(line)
            result = self._does[what](*arguments)
            if (who, number) == (self._who, self._written):
                came_to = result
        return came_to

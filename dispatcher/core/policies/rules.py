"""What a policy decides: the protocols, and the plain values that policies are asked with.

A policy is one small file that holds one frozen object: it keeps nothing between two questions, so
that a depot's journal and settings say all. ``registry`` knows them by name.
"""

from typing import Protocol

from dispatcher.core.model import Van
from dispatcher.core.settings import PlanSettings
from maps.units import Instant, Seconds, later
from vehicles.changing import record


@record
class Gathering:
    """The parcels that can leave and are in no wave yet.

    Attributes
    ----------
    count
        How many.
    oldest_at
        Since when the first of them could leave.
    due_at
        When service of the most urgent one must begin at the latest.
    shift_end_last
        When the last van of the depot ends its shift.
    """

    count: int
    oldest_at: Instant
    due_at: Instant
    shift_end_last: Instant


@record
class Closing:
    """When a wave closes if no more parcels come, and why, for people."""

    at: Instant
    why: str


class Batching(Protocol):
    """When the gathered parcels are planned as a wave, and which of the planned trips leave."""

    @property
    def name(self) -> str:
        """Return the name by which settings choose it."""
        ...

    def closing(self, gathered: Gathering, settings: PlanSettings) -> Closing:
        """Return when these parcels become a wave; an instant that has passed means now.

        No policy may wait beyond the last call (``last_call``), or without end.
        """
        ...

    def sends(self, leave_by: Instant, now: Instant, settings: PlanSettings) -> bool:
        """Return whether a planned trip is ordered; else its parcels wait for the next wave.

        Parameters
        ----------
        leave_by
            The last call of its most urgent parcel.
        now, settings
            The present instant, and the depot's settings.

        Returns
        -------
        bool
            True whenever ``leave_by`` has come.
        """
        ...


class Charging(Protocol):
    """How empty an idle van must be to charge at its depot, and how full it gets there.

    Shares of all that the battery holds. A van begins below ``below_ratio`` and ends at
    ``until_ratio``, or before that when a turn has lasted as long as turns may.
    """

    @property
    def name(self) -> str:
        """Return the name by which settings choose it."""
        ...

    def below_ratio(self, van: Van, now: Instant, settings: PlanSettings) -> float:
        """Return the charge below which a van begins to charge now."""
        ...

    def below_ratio_max(self, settings: PlanSettings) -> float:
        """Return the most that ``below_ratio`` can be, for any van at any time."""
        ...

    def until_ratio(self, van: Van, now: Instant, settings: PlanSettings) -> float:
        """Return the charge up to which it charges."""
        ...

    def minds_shifts(self) -> bool:
        """Return whether a van may want to charge because its shift has begun or ended."""
        ...


def last_call(due_at: Instant, shift_end_last: Instant, settings: PlanSettings) -> Instant:
    """Return when a parcel must be planned at the latest: some slack before it is due.

    A parcel due after the last shift has to leave while there are vans.
    """
    return later(min(due_at, shift_end_last), Seconds(-settings.wave_due_slack_s))

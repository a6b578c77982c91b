"""When vans are on duty, day after day: from local times of the depot to instants.

Decides which shift is a van's present one, or its next. A local time that the clocks skip or show
twice is read against ourselves: a shift starts at the later of the two instants it may mean and
ends at the earlier. One that is left no time by that is none.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from dispatcher.inputs.fleet import FleetModel, ShiftModel, van_ids
from maps.units import Instant, datetime_of, instant_of

DAYS_AHEAD: Final = 3
"""How far a van's next shift is looked for: beyond tomorrow, so that one that the clocks skip is
followed by another, and shifts without a break are never planned up to midnight only."""


@dataclass(frozen=True, slots=True)
class Hours:
    """A van's shift on every day, in the local time of a zone."""

    shift: ShiftModel
    zone: str

    def at(self, instant: Instant) -> tuple[Instant, Instant] | None:
        """Return start and end of the shift that an instant falls into, or of the next one ahead.

        Shifts without a break between them are one, as far as is looked ahead. None if there is no
        shift within that.
        """
        found: tuple[Instant, Instant] | None = None
        today = local_day(instant, self.zone)
        for days in range(-1, DAYS_AHEAD):
            start, end = shift_instants(self.shift, today + timedelta(days=days), self.zone)
            if end <= max(start, instant):
                continue  # it is over, or the clocks leave it no time
            if found is not None and start > found[1]:
                break
            found = (start if found is None else found[0]), end
        return found


def hours_of(fleet: FleetModel) -> dict[str, Hours]:
    """Return when each van of a fleet is on duty, by its id."""
    zones = {depot.id: depot.zone for depot in fleet.depots}
    first = fleet.depots[0].id  # the only one, where vans name none
    return {
        van_id: Hours(vans.shift, zones[vans.depot or first])
        for vans in fleet.vans
        for van_id in van_ids(vans)
    }


def shift_instants(shift: ShiftModel, day: date, zone: str) -> tuple[Instant, Instant]:
    """Return when a shift of a local day starts and ends.

    A shift that would end at or before its start ends on the next day.
    """
    last_day = day if shift.until > shift.start else day + timedelta(days=1)
    return max(_meanings(day, shift.start, zone)), min(_meanings(last_day, shift.until, zone))


def local_day(at: Instant, zone: str) -> date:
    """Return the local date at an instant."""
    return datetime_of(at).astimezone(ZoneInfo(zone)).date()


def _meanings(day: date, at: time, zone: str) -> tuple[Instant, Instant]:
    """Return the two instants that a local time may mean; they differ when the clocks change."""
    local = datetime.combine(day, at, tzinfo=ZoneInfo(zone))
    return instant_of(local.replace(fold=0)), instant_of(local.replace(fold=1))

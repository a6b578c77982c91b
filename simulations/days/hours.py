"""A day's begin and end, and what clock times of its file mean."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from maps.units import Instant, datetime_of, instant_of


@dataclass(frozen=True, slots=True)
class Hours:
    """From when until when a day is lived, and by whose clocks its file is meant."""

    start: Instant
    end: Instant
    zone: str

    def local(self, at: time) -> Instant:
        """Return the first instant of the day at which local clocks show a time."""
        zone = ZoneInfo(self.zone)
        first = datetime_of(self.start).astimezone(zone)
        moment = datetime.combine(first.date(), at, tzinfo=zone)
        if moment < first:
            moment += timedelta(days=1)
        return instant_of(moment)

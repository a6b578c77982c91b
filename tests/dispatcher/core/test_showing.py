"""An overview says what a snapshot says, in counts."""

from collections import Counter
from dataclasses import fields

from dispatcher.core.events import AnnouncementRefused, CancelAsked
from tests.dispatcher.core.harness import day_with_trip, parcel


def test_an_overview_counts_what_a_snapshot_lists():
    day = day_with_trip(until=20)
    day.announce(parcel(20))
    day.send(CancelAsked("p-20", "sold out"))
    day.send(AnnouncementRefused("p-21", ("mass_kg: is missing",)))
    whole, brief = day.core.snapshot(day.now), day.core.overview(day.now)
    assert brief.depot_id == whole.setup.depot.depot_id
    assert (brief.announced, brief.refused) == (whole.announced, len(whole.refused)) == (6, 1)
    found = Counter(record.status for record in whole.parcels)
    assert dict(brief.parcels) == {status: found[status] for status, _ in brief.parcels}
    assert sum(count for _, count in brief.parcels) == len(whole.parcels)
    assert dict(brief.trips) == Counter(trip.status for trip in whole.trips)
    assert len(found) >= 2
    assert brief.vans
    for told, van in zip(whole.vans, brief.vans, strict=True):
        for field in fields(told):
            assert getattr(told, field.name) == getattr(van, field.name)
    for name in ("as_of", "replans", "incidents", "events_handled"):
        assert getattr(brief, name) == getattr(whole, name)

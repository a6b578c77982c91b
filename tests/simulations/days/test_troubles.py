"""What goes wrong on a day: as often as the file says, and the same on the roads for all."""

from dispatcher.core.parcels import Parcel
from maps.units import parse_rfc3339
from simulations.days.city import OpenCity
from simulations.days.file import read_day
from simulations.days.opening import open_depot
from simulations.days.troubles import Troubles, day_incidents, draw_troubles
from simulations.rng import Streams

MORE = """
[incidents]
per_hour = 2
closed_ratio = 0.5
[vans]
stuck_per_hour = 0.5
stuck_min = [5, 10]
rescue_ratio = 0.5
rescue_min = [60, 61]
silent_per_hour = 1
[network]
broker_away = [{ from = "09:00", until = "09:10" }, { from = "09:05", until = "09:20" }]
broker_away_per_hour = 0.2
[dispatcher]
killed_at = ["10:00"]
killed_per_hour = 0.3
[customers]
cancelled_ratio = 0.5
"""


def drawn(city: OpenCity, depot_id: str, parcels: tuple[Parcel, ...] = ()) -> Troubles:
    streams = Streams(3)
    incidents = day_incidents(city.day, city.network, streams, city.hours)
    return draw_troubles(
        city.day.day,
        city.setups[depot_id],
        parcels,
        incidents,
        streams=streams.of(depot_id),
        hours=city.hours,
    )


def test_troubles_come_as_often_as_told_and_within_the_day(write_day):
    city = OpenCity(read_day(write_day(more=MORE)))
    west, east = drawn(city, "west"), drawn(city, "east")
    assert west.incidents == east.incidents
    assert 15 <= len(west.incidents) <= 45  # 30 expected in 15 hours
    assert {incident.speed_ratio for incident in west.incidents} == {0.0, 0.3}
    assert 5 <= len(west.breakdowns) <= 25  # two vans of 13.5 hours each, every other hour
    for one in west.breakdowns:
        assert city.start <= one.at < city.end
        assert (one.duration_s >= 3600) == one.is_rescued
    assert {one.van_id for one in west.breakdowns} == {"west-m-01", "west-m-02"}
    assert set(west.line_away) == {"west-m-01", "west-m-02"}
    assert [one.at for one in west.breakdowns] != [one.at for one in east.breakdowns]
    for spans in (west.broker_away, west.kills, *west.line_away.values()):
        ends = [span.end for span in spans]
        assert all(span.begin < span.end for span in spans)
        assert all(end < span.begin for end, span in zip(ends, spans[1:], strict=False))


def test_what_the_file_tells_by_the_clock_happens_then(write_day):
    troubles = drawn(OpenCity(read_day(write_day(more=MORE))), "west")
    at = {span.begin: span.end for span in troubles.broker_away}
    assert at[parse_rfc3339("2026-03-03T09:00:00+02:00")] == parse_rfc3339(
        "2026-03-03T09:20:00+02:00"
    )
    assert parse_rfc3339("2026-03-03T10:00:00+02:00") in {kill.begin for kill in troubles.kills}


def test_cancellations_come_between_ready_and_due(write_day):
    city = OpenCity(read_day(write_day(parcels=60, more=MORE)))
    opened = open_depot(city, "west", 3)
    parcels = {parcel.parcel_id: parcel for parcel in opened.parcels}
    assert 10 < len(opened.troubles.cancellations) < 30
    for one in opened.troubles.cancellations:
        assert parcels[one.parcel_id].ready_at <= one.at <= parcels[one.parcel_id].due_until


def test_a_day_without_troubles_has_none(write_day):
    troubles = drawn(OpenCity(read_day(write_day())), "west")
    assert troubles == Troubles()

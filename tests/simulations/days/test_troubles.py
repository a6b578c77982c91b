"""What goes wrong on a day: as often as the file says, and the same on the roads for all."""

import json

from dispatcher.core.parcels import Parcel
from maps.units import Seconds, later, parse_rfc3339
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


CLOSURE = {
    "incident_id": "works", "line": [[24.9362, 60.1716], [24.9372, 60.1716]], "speed_ratio": 0,
    "starts_at": "2026-03-03T12:00:00+02:00", "ends_at": "2026-03-03T13:00:00+02:00",
}  # fmt: skip


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
    assert west.roads == east.roads
    assert 15 <= len(west.roads.sudden) <= 45  # 30 expected in 15 hours
    assert {incident.speed_ratio for incident in west.roads.sudden} == {0.0, 0.3}
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


def test_a_span_of_clock_times_that_holds_when_the_day_begins_holds_from_then_on(write_day):
    spans = '[{ from = "07:00", until = "08:00" }, { from = "05:00", until = "06:00" }]'
    city = OpenCity(read_day(write_day(more=f"[network]\nbroker_away = {spans}\n")))
    first, second = drawn(city, "west").broker_away
    assert (first.begin, first.end) == (city.start, parse_rfc3339("2026-03-03T08:00:00+02:00"))
    assert second.begin == parse_rfc3339("2026-03-04T05:00:00+02:00"), "the day begins at half past"


def test_incidents_of_a_file_are_known_when_the_day_begins_and_drawn_ones_when_they_do(
    write_day, tmp_path
):
    (tmp_path / "roads.json").write_text(json.dumps([CLOSURE]), encoding="utf-8")
    more = '[incidents]\nfile = "roads.json"\nper_hour = 2\n'
    opened = open_depot(OpenCity(read_day(write_day(more=more))), "west", 3)
    (told,), drawn_ones = opened.troubles.roads.announced, opened.troubles.roads.sudden
    opened.city.begin()
    opened.city.run(later(opened.city.start, Seconds(60)))
    known = opened.city.shells["west"].stepper.core.state.incidents
    begun = {one.incident_id for one in drawn_ones if one.starts_at < opened.city.agenda.now}
    assert set(known) == {"works"} | begun
    assert told.starts_at > opened.city.agenda.now


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

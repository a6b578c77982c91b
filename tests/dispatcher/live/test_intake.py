"""Announcements: good ones become parcels, all others are refused with every reason."""

import json
from dataclasses import replace
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatcher.announcing import PAYLOAD_BYTES_MAX, Announcement, read_announcement
from dispatcher.core.decisions import Reject
from dispatcher.core.events import (
    AnnouncementRefused,
    CancelAsked,
    ParcelAnnounced,
    RoadsChanged,
    TripLoaded,
)
from dispatcher.core.parcels import Parcel
from dispatcher.live.intake import read_cancel, read_incident, read_loaded
from dispatcher.live.telling import letter_of
from dispatcher.live.warehouse import RoadIncident
from maps.errors import PlaceOffNetworkError, SwappedPlaceError
from maps.incident_rules import check_incident
from maps.incidents import Incident
from maps.places import BoundingBox, LonLat
from maps.units import Instant, parse_rfc3339

NOW = parse_rfc3339("2026-03-02T08:00:00+02:00")
LEAST = {"parcel_id": "pkg-1", "lon": 24.94, "lat": 60.17, "mass_kg": 2}


def locate(label, place):
    """Stand in for a map of Helsinki's centre."""
    if place.lat > 60:
        return
    if place.lon > 60:
        raise SwappedPlaceError(label, place, 5_000_000, 250)
    raise PlaceOffNetworkError(label, place, 5_000_000, 250)


def read(content):
    payload = content if isinstance(content, bytes) else json.dumps(content).encode()
    return read_announcement(payload, depot_id="dep-1", now=NOW, locate=locate)


def incident_of(payload):
    box = BoundingBox(24.8, 60.0, 25.0, 60.3)
    return read_incident(payload, partial(check_incident, box=box, known_ways={5, 6}))


def refused(content):
    event, _ = read(content)
    assert isinstance(event, AnnouncementRefused)
    return event


def test_the_least_an_announcement_can_say():
    event, sent_at = read(LEAST)
    assert sent_at is None
    assert event == ParcelAnnounced(
        Parcel(
            parcel_id="pkg-1",
            depot_id="dep-1",
            consignee_id="pkg-1",
            place=LonLat(24.94, 60.17),
            label="",
            mass_g=2000,
            volume_ml=10_000,
            locker="none",
            ready_at=NOW,
            due_from=NOW,
            due_until=Instant(NOW + 8 * 3_600_000),
            service_s=120,
            priority=50,
        )
    )


parcels = st.builds(
    Parcel,
    parcel_id=st.from_regex(r"[A-Za-z0-9_-]{1,64}", fullmatch=True),
    depot_id=st.just("dep-1"),
    consignee_id=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20),
    place=st.builds(LonLat, lon=st.floats(-180, 180), lat=st.floats(60.1, 90)),
    label=st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    mass_g=st.integers(1, 100_000_000),
    volume_ml=st.integers(1, 100_000_000),
    locker=st.sampled_from(["none", "s", "m", "l", "xl"]),
    ready_at=st.integers(0, 10).map(lambda n: Instant(NOW + n)),
    due_from=st.integers(0, 10).map(lambda n: Instant(NOW + n)),
    due_until=st.integers(10, 20).map(lambda n: Instant(NOW + n)),
    service_s=st.integers(0, 3600),
    priority=st.integers(0, 100),
    handling=st.lists(st.sampled_from(["fragile", "cold"]), max_size=3).map(tuple),
    references=st.dictionaries(
        st.text("abc", min_size=1, max_size=3), st.text("xyz", max_size=3), max_size=3
    ).map(lambda pairs: tuple(sorted(pairs.items()))),
)


@given(parcels)
def test_every_parcel_can_be_announced_and_arrives_as_it_was(parcel):
    event, sent_at = read(Announcement.of(parcel, Instant(NOW + 5)).encode())
    assert event == ParcelAnnounced(parcel)
    assert sent_at == NOW + 5


def test_all_reasons_come_at_once():
    told = refused(
        {
            "parcel_id": "with space",
            "lon": 60.17,
            "lat": 24.94,
            "mass_kg": -3,
            "locker": "xxl",
            "ready_at": "2026-03-02T08:00:00",
            "priority": 101,
        }
    )
    assert told.announcement_id == "with space"
    assert [reason.split(" ")[0] for reason in told.reasons] == [
        "parcel_id",
        "mass_kg",
        "locker",
        "ready_at",
        "priority",
        "MAP-102:",
    ]
    assert "mass_kg = -3: input should be greater than 0" in told.reasons


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"lon": 10.0, "lat": 50.0}, "MAP-101"),
        ({"depot_id": "dep-2"}, "this topic belongs to depot 'dep-1'"),
        ({"due_from": "2026-03-02T10:00Z", "due_until": "2026-03-02T09:00Z"}, "before due_from"),
        ({"mass_kg": "2"}, "mass_kg = '2': input should be a valid number"),
        ({"mass_kg": True}, "mass_kg"),
        ({"mass_kg": 0}, "greater than 0"),
        ({"lon": 181}, "lon = 181"),
        ({"references": {"a": 1}}, "references.a = 1"),
        ({"parcel_id": ""}, "parcel_id"),
        ({"parcel_id": "x" * 65}, "parcel_id"),
        ({"parcel_id": "x\n"}, "parcel_id"),
    ],
)
def test_each_rule_has_its_reason(change, words):
    assert any(words in reason for reason in refused({**LEAST, **change}).reasons)


@pytest.mark.parametrize("missing", ["parcel_id", "lon", "lat", "mass_kg"])
def test_what_is_missing_is_named(missing):
    rest = {key: value for key, value in LEAST.items() if key != missing}
    assert refused(rest).reasons == (f"{missing}: is missing",)


def test_names_of_the_nameless_come_from_their_bytes():
    first, again, other = refused(b"\xff"), refused(b"\xff"), refused(b"[]")
    assert first.announcement_id == again.announcement_id != other.announcement_id
    assert first.announcement_id.startswith("refused-")
    assert len(first.announcement_id) == len("refused-") + 12
    assert refused({**LEAST, "parcel_id": "y" * 100}).announcement_id == "y" * 64
    assert refused({**LEAST, "parcel_id": 7}).announcement_id.startswith("refused-")


@pytest.mark.parametrize("name", ["\ud800", "pkg-1\udfff", "pkg\x00"])
def test_a_refusal_can_be_told_whatever_stands_for_an_id(name):
    told = refused({**LEAST, "parcel_id": name})
    answer = Reject(told.announcement_id, told.reasons)
    assert b"refused-" in letter_of(answer, depot_id="dep-1", sequence=1).payload


def test_huge_messages_are_not_even_read():
    told = refused(b" " * PAYLOAD_BYTES_MAX + json.dumps(LEAST).encode())
    assert "more than 65536" in told.reasons[0]


def test_unknown_keys_are_let_pass():
    assert isinstance(read({**LEAST, "robot": "r2"})[0], ParcelAnnounced)


JUNK = st.one_of(
    st.binary(max_size=60),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from([*LEAST, "due_until", "handling", "references"]), inner, max_size=5
            )
        ),
        max_leaves=10,
    ).map(lambda content: json.dumps(content).encode()),
)


@given(JUNK)
def test_junk_is_refused_with_a_reason_and_raises_nothing(payload):
    event, _ = read(payload)
    if isinstance(event, AnnouncementRefused):
        assert event.reasons
        assert 1 <= len(event.announcement_id) <= 64
    for reader in (read_cancel, read_loaded, incident_of):
        reader(payload)


def test_the_other_messages():
    cancel = {"parcel_id": "pkg-1", "reason": "sold out"}
    assert read_cancel(json.dumps(cancel).encode()) == CancelAsked("pkg-1", "sold out")
    loaded = {"trip_id": "dep-1/t-1", "parcel_ids": ["pkg-1"]}
    assert read_loaded(json.dumps(loaded).encode()) == TripLoaded("dep-1/t-1", ("pkg-1",))
    line = (LonLat(24.9, 60.1), LonLat(24.95, 60.2))
    incident = Incident("jam-1", line, 20, 0.25, NOW, Instant(NOW + 1000))
    assert incident_of(RoadIncident.of(incident).encode()) == RoadsChanged(incident)
    for speed_ratio in (1e-300, 0.0009, 0.0):
        crawling = RoadIncident.of(replace(incident, speed_ratio=speed_ratio))
        assert incident_of(crawling.encode()) == RoadsChanged(replace(incident, speed_ratio=0.0))
    assert read_cancel(b'{"parcel_id": "a/b"}') is None
    assert read_loaded(b"{}") is None
    assert incident_of(b"{}") is None


def test_incidents_come_as_a_line_as_ways_or_as_a_polygon():
    corners = (LonLat(24.9, 60.1), LonLat(24.95, 60.1), LonLat(24.95, 60.2))
    jam = Incident("jam-1", corners[:1], 20, 0.25, NOW, Instant(NOW + 1000))
    ways, area = replace(jam, line=(), way_ids=(5, 6)), replace(jam, line=(), polygon=corners)
    for incident in (jam, ways, area):
        assert incident_of(RoadIncident.of(incident).encode()) == RoadsChanged(incident)


def test_incidents_that_cannot_be_meant_are_refused():
    nowhere = {"line": [], "buffer_m": 5, "speed_ratio": 0, "starts_at": "2026-03-02T08:00:00Z"}
    message = {"incident_id": "jam-1", "ends_at": "2026-03-02T09:00:00Z"} | nowhere
    assert incident_of(json.dumps(message).encode()) is None
    here = message | {"line": [{"lon": 24.9, "lat": 60.1}]}
    assert incident_of(json.dumps(here).encode()) is not None
    for wrong in (
        {"line": [{"lon": 60.1, "lat": 24.9}]},  # swapped
        {"way_ids": [77]},  # none of the map's
        {"way_ids": [-5]},
        {"polygon": [{"lon": 24.9, "lat": 60.1}] * 3},
        {"ends_at": "2026-03-02T08:00:00Z"},
    ):
        assert incident_of(json.dumps(here | wrong).encode()) is None, wrong

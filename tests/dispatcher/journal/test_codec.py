"""Every event survives the journal, byte for byte, and nothing else is taken for one."""

import dataclasses
import json
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatcher.core.events import CancelAsked, Event, ParcelAnnounced, SolveFailed, Tick
from dispatcher.core.parcels import Parcel
from dispatcher.core.policies.registry import KINDS
from dispatcher.core.settings import PlanSettings
from dispatcher.journal.codec import decode, decode_event, encode, encode_event, kind_of
from dispatcher.journal.errors import UnreadableRecordError
from dispatcher.journal.records import Entry, entry_line, entry_of_line
from dispatcher.journal.versions import OLDEST_READABLE, SCHEMA_VERSION
from maps.places import LonLat
from maps.units import Instant
from vehicles.facts import VanMobile, VanSeen, VanStuck

st.register_type_strategy(float, st.floats(allow_nan=False, allow_infinity=False))
# Lone surrogates too: a warehouse may send them escaped, and UTF-8 cannot hold them.
st.register_type_strategy(str, st.text(st.characters(), max_size=8))
OTHERS = [field.name for field in dataclasses.fields(PlanSettings) if field.name not in KINDS]
st.register_type_strategy(
    PlanSettings,
    st.builds(
        PlanSettings,
        **dict.fromkeys(OTHERS, ...),
        **{kind: st.sampled_from(names) for kind, names in KINDS.items()},
    ),
)

PARCEL = Parcel(
    parcel_id="pkg-1",
    depot_id="dep-1",
    consignee_id="con-1",
    place=LonLat(24.94, 60.17),
    label="Kävelykatu 1",
    mass_g=1200,
    volume_ml=9000,
    locker="none",
    ready_at=Instant(1),
    due_from=Instant(2),
    due_until=Instant(3),
    service_s=90,
    priority=0,
    references=(("customs", "7"),),
)


@pytest.mark.parametrize("kind", get_args(Event), ids=lambda kind: kind.__name__)
def test_every_kind_of_event_round_trips(kind):
    @settings(max_examples=25)
    @given(st.from_type(kind))
    def holds(event):
        body = encode_event(event)
        again = decode_event(kind_of(event), body)
        assert again == event
        assert encode_event(again) == body
        body.encode("ascii")

    holds()


@given(st.sampled_from(get_args(Event)).flatmap(st.from_type), st.integers(1), st.integers())
@settings(max_examples=50)
def test_lines_of_the_journal_file_round_trip(event, sequence, now):
    entry = Entry("dep-1", sequence, Instant(now), event)
    line = entry_line(entry)
    assert "\n" not in line
    assert entry_of_line(line) == entry
    assert json.dumps(json.loads(line), sort_keys=True, separators=(",", ":")) == line


def test_bytes_are_canonical():
    assert encode_event(SolveFailed("r-1", "ä")) == '{"cause":"\\u00e4","request_id":"r-1"}'
    assert encode_event(Tick()) == "{}"


def test_members_of_a_union_are_told_apart_by_name():
    hint = VanStuck | VanMobile | None
    fact = VanMobile("van-1", Instant(5))
    assert encode(fact, hint) == '{"VanMobile":{"measured_at":5,"van_id":"van-1"}}'
    assert decode(json.loads(encode(fact, hint)), hint) == fact
    assert encode(None, hint) == "null"
    assert decode(None, hint) is None


@pytest.mark.parametrize(
    ("kind", "change", "words"),
    [
        ("ParcelTeleported", {}, "no event has this name"),
        ("ParcelAnnounced", {"colour": "red"}, "unknown fields ['colour']"),
        ("ParcelAnnounced", {"mass_g": "12"}, "parcel.mass_g: '12' is no int"),
        ("ParcelAnnounced", {"mass_g": True}, "True is no int"),
        ("ParcelAnnounced", {"place": {"lon": 1, "lat": 2.0}}, "place.lon: 1 is no float"),
        ("ParcelAnnounced", {"references": [["a"]]}, "references[0]: 1 values instead of 2"),
    ],
)
def test_what_is_no_event_is_refused_with_its_place(kind, change, words):
    body = json.loads(encode_event(ParcelAnnounced(PARCEL)))
    body["parcel"].update(change)
    with pytest.raises(UnreadableRecordError) as caught:
        decode_event(kind, json.dumps(body))
    assert words in str(caught.value)


def test_a_missing_field_is_refused_even_if_it_has_a_default():
    body = json.loads(encode_event(ParcelAnnounced(PARCEL)))
    del body["parcel"]["handling"]
    with pytest.raises(UnreadableRecordError, match=r"missing fields \['handling'\]"):
        decode_event("ParcelAnnounced", json.dumps(body))


def test_only_a_field_that_came_later_may_be_missing():
    cancelled = CancelAsked("pkg-1", "sold out", "shop")
    body = json.loads(encode_event(cancelled))
    assert body == {"by": "shop", "parcel_id": "pkg-1", "reason": "sold out"}
    del body["by"]
    assert decode_event("CancelAsked", json.dumps(body)) == CancelAsked("pkg-1", "sold out")
    del body["reason"]
    with pytest.raises(UnreadableRecordError, match=r"missing fields \['by', 'reason'\]"):
        decode_event("CancelAsked", json.dumps(body))


@given(st.sampled_from(get_args(Event)), st.text(max_size=40))
def test_junk_raises_nothing_but_our_error(kind, body):
    try:
        decode_event(kind.__name__, body)
    except UnreadableRecordError:
        return


def test_not_a_number_is_never_journalled():
    with pytest.raises(ValueError, match="nan"):
        encode(LonLat(float("nan"), 0.0), LonLat)


@pytest.mark.parametrize("line", ["", "[]", "{}", '{"body":{},"kind":"Tick"}', "nonsense"])
def test_a_line_that_is_no_entry_is_refused(line):
    with pytest.raises(UnreadableRecordError):
        entry_of_line(line)


@pytest.mark.parametrize("version", [OLDEST_READABLE, SCHEMA_VERSION])
def test_a_number_beyond_all_bounds_is_refused_in_every_version(version):
    seen = VanSeen("van-1", Instant(1), LonLat(24.0, 60.0), 1, None, False)
    line = entry_line(Entry("dep", 1, Instant(1), seen))
    assert entry_of_line(line, version).event == seen
    with pytest.raises(UnreadableRecordError):
        entry_of_line(line.replace("24.0", "1e999"), version)

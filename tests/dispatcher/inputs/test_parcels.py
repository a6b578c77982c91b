"""Parcels files: every rule on both sides, all faults at once, and nothing guessed."""

import csv
import json
from pathlib import Path

import pytest

from dispatcher.inputs.errors import BadParcelsError, InputMissingError, InputUnreadableError
from dispatcher.inputs.parcels import Context, first_ready, read_parcels
from dispatcher.inputs.rows import COLUMNS, write_rejects
from maps.addresses import AddressBook
from maps.places import LonLat
from maps.snapping import Snapper
from maps.units import Seconds, later, parse_rfc3339

GOOD = {
    "parcel_id": "p-1",
    "depot_id": "hel-01",
    "consignee_id": "c-1",
    "lon": "24.9413",
    "lat": "60.1700",
    "mass_kg": "2.5",
    "volume_l": "8",
    "locker": "m",
    "ready_at": "2026-03-02T08:00:00+02:00",
    "due_from": "2026-03-02T09:00:00+02:00",
    "due_until": "2026-03-02T10:00:00+02:00",
    "service_s": "90",
    "priority": "70",
    "handling": "fragile; cold",
    "references": "order=7; customs=FI1",
}


@pytest.fixture(scope="session")
def context(helsinki, eight) -> Context:
    return Context(("hel-01",), eight, AddressBook(helsinki.addresses()), Snapper(helsinki))


@pytest.fixture
def write(tmp_path):
    def to_file(*rows, header=None):
        path = tmp_path / "parcels.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, header or COLUMNS)
            writer.writeheader()
            writer.writerows(rows)
        return path

    return to_file


def test_a_full_row_is_read_as_it_stands(write, context):
    (parcel,) = read_parcels(write(GOOD), context).whole()
    assert (parcel.parcel_id, parcel.depot_id, parcel.consignee_id) == ("p-1", "hel-01", "c-1")
    assert parcel.place == LonLat(24.9413, 60.17)
    assert (parcel.mass_g, parcel.volume_ml, parcel.locker) == (2500, 8000, "m")
    assert parcel.due_until == parse_rfc3339("2026-03-02T10:00:00+02:00")
    assert (parcel.service_s, parcel.priority) == (90, 70)
    assert parcel.handling == ("fragile", "cold")
    assert parcel.references == (("customs", "FI1"), ("order", "7"))


def test_what_is_missing_has_the_documented_default(write, context, eight):
    (parcel,) = read_parcels(
        write({"parcel_id": "p", "address": "mannerheimintie  5, Helsinki", "mass_kg": "1"}),
        context,
    ).whole()
    assert (parcel.depot_id, parcel.consignee_id) == ("hel-01", "p")
    assert parcel.label == "mannerheimintie  5, Helsinki"
    assert (parcel.volume_ml, parcel.locker) == (10_000, "none")
    assert (parcel.service_s, parcel.priority) == (120, 50)
    assert parcel.ready_at == parcel.due_from == eight
    assert parcel.due_until == later(eight, Seconds(8 * 3600))
    assert parcel.handling == ()
    assert parcel.references == ()


@pytest.mark.parametrize(
    ("column", "value", "rule"),
    [
        ("parcel_id", "", "is required"),
        ("parcel_id", "a/b", "A-Z a-z 0-9"),
        ("parcel_id", "x" * 65, "1 to 64"),
        ("depot_id", "hel-02", "hel-01"),
        ("consignee_id", "x" * 129, "128"),
        ("lon", "east", "must be a number"),
        ("lon", "nan", "must be a number"),
        ("lon", "180.5", "-180 and 180"),
        ("lat", "", "is required"),
        ("mass_kg", "", "is required"),
        ("mass_kg", "0", "above 0"),
        ("mass_kg", "-1", "above 0"),
        ("mass_kg", "inf", "must be a number"),
        ("mass_kg", "1,5", "such as 2.5"),
        ("mass_kg", "100001", "at most 100,000"),
        ("volume_l", "0", "above 0"),
        ("locker", "M", "none, s, m, l, xl"),
        ("ready_at", "2026-03-02T08:00:00", "offset"),
        ("due_from", "yesterday", "date and time"),
        ("due_until", "2026-03-02T08:59:59+02:00", "before due_from"),
        ("service_s", "3601", "0 to 3600"),
        ("service_s", "1.5", "whole number"),
        ("priority", "101", "0 to 100"),
        ("priority", "²", "whole number"),
        ("handling", "[1]", "list of texts"),
        ("references", "order", "key=value"),
        ("references", '{"a": [1]}', "key=value"),
        ("references", "{", "no JSON"),
    ],
)
def test_each_rule_names_row_column_and_value(write, context, column, value, rule):
    read = read_parcels(write(GOOD, GOOD | {"parcel_id": "p-2", column: value}), context)
    assert [parcel.parcel_id for parcel in read.parcels] == ["p-1"]
    (fault,) = read.faults
    assert (fault.row, fault.column, fault.value) == (3, column, value[:80])
    assert rule in fault.rule
    with pytest.raises(BadParcelsError, match=r"(?s)DSP-201.*row 3, " + column):
        read.whole()


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("parcel_id", "x" * 64),
        ("consignee_id", "x" * 128),
        ("mass_kg", "0.001"),
        ("service_s", "0"),
        ("service_s", "3600"),
        ("priority", "0"),
        ("priority", "100"),
        ("due_until", "2026-03-02T09:00:00+02:00"),
        ("due_until", "2026-03-02T07:00:00Z"),
    ],
)
def test_the_last_value_that_a_rule_allows_passes(write, context, column, value):
    assert len(read_parcels(write(GOOD | {column: value}), context).whole()) == 1


def test_all_bad_rows_are_reported_at_once_and_good_ones_kept(write, context):
    bad = GOOD | {"parcel_id": "p 2", "mass_kg": "heavy", "locker": "xxl"}
    off = GOOD | {"parcel_id": "p-3", "lon": "24.99", "lat": "60.15"}
    swapped = GOOD | {"parcel_id": "p-4", "lon": GOOD["lat"], "lat": GOOD["lon"]}
    twice = GOOD
    read = read_parcels(write(GOOD, bad, off, swapped, twice), context)
    assert [parcel.parcel_id for parcel in read.parcels] == ["p-1"]
    assert [(fault.row, fault.column) for fault in read.faults] == [
        (3, "parcel_id"),
        (3, "mass_kg"),
        (3, "locker"),
        (4, "lon, lat"),
        (5, "lon, lat"),
        (6, "parcel_id"),
    ]
    assert "swapped" in read.faults[4].rule
    assert "swapped" not in read.faults[3].rule
    assert "row 2 already" in read.faults[5].rule
    with pytest.raises(BadParcelsError) as raised:
        read.whole()
    assert raised.value.bad_rows == (3, 4, 5, 6)
    assert "--skip-bad" in str(raised.value)


def test_an_address_is_found_or_explained(write, context):
    missing = GOOD | {"lon": "", "lat": "", "address": "Manerheimintie 5"}
    nowhere = GOOD | {"lon": "", "lat": "", "parcel_id": "p-2"}
    read = read_parcels(write(missing, nowhere), context)
    assert "did you mean" in read.faults[0].rule
    assert "'Mannerheimintie 5'" in read.faults[0].rule
    assert "lon and lat, or an address" in read.faults[1].rule


def test_an_address_may_be_spelled_as_people_do(write, context):
    spelled = GOOD | {"lon": "", "lat": "", "address": "5 MANNERHEIMINTIE, 00100 Helsinki"}
    (parcel,) = read_parcels(write(spelled), context).whole()
    assert parcel.place == context.addresses.place("Mannerheimintie 5")


def test_a_misspelled_column_is_refused_with_what_may_be_meant(write, context):
    path = write({"parcel_id": "p", "mas_kg": "1"}, header=["parcel_id", "mas_kg"])
    with pytest.raises(BadParcelsError, match=r"row 1, mas_kg.*did you mean 'mass_kg'"):
        read_parcels(path, context)


def test_a_row_with_too_many_values_is_bad(tmp_path, context):
    path = tmp_path / "parcels.csv"
    path.write_text("parcel_id,mass_kg,lon,lat\np-1,1,24.9413,60.17,9\n")
    (fault,) = read_parcels(path, context).faults
    assert (fault.row, fault.value) == (2, "9")


def test_json_obeys_the_same_rules(tmp_path, write, context):
    path = tmp_path / "parcels.json"
    entry = GOOD | {
        "lon": 24.9413,
        "lat": 60.17,
        "mass_kg": 2.5,
        "service_s": 90,
        "handling": ["fragile", "cold"],
        "references": {"order": "7", "customs": "FI1"},
    }
    path.write_text(json.dumps({"parcels": [entry]}))
    assert read_parcels(path, context).whole() == read_parcels(write(GOOD), context).whole()
    path.write_text(json.dumps([entry | {"mass_kg": True, "weight": 1}, 3]))
    read = read_parcels(path, context)
    assert [(fault.row, fault.column) for fault in read.faults] == [
        (1, "weight"),
        (1, "mass_kg"),
        (2, "(row)"),
    ]


def test_rejected_rows_can_be_corrected_and_read_again(tmp_path, write, context):
    read = read_parcels(write(GOOD, GOOD | {"parcel_id": "p-2", "mass_kg": "heavy"}), context)
    path = tmp_path / "rejected.csv"
    write_rejects(path, read.rejected, read.faults)
    text = path.read_text()
    assert "mass_kg: must be a number" in text
    assert "p-1" not in text
    path.write_text(text.replace("heavy", "3"))
    assert [parcel.parcel_id for parcel in read_parcels(path, context).whole()] == ["p-2"]
    assert [found.name for found in tmp_path.iterdir() if found.suffix == ".part"] == []


def test_files_that_are_something_else_are_named(tmp_path, context):
    with pytest.raises(InputMissingError, match="DSP-203"):
        read_parcels(tmp_path / "none.csv", context)
    path = tmp_path / "parcels.csv"
    for junk in (b"", b"\xff\xfe\x00", b'parcel_id\n"unclosed'):
        path.write_bytes(junk)
        with pytest.raises(InputUnreadableError, match="DSP-204"):
            read_parcels(path, context)
    other = tmp_path / "parcels.json"
    for junk in (b"{", b"3", b'{"a": 1}', b"[" * 100_000):
        other.write_bytes(junk)
        with pytest.raises(InputUnreadableError, match="DSP-204"):
            read_parcels(other, context)


def test_planning_begins_when_the_first_parcel_is_ready(write):
    later_one = GOOD | {"ready_at": "2026-03-02T09:00:00+02:00"}
    assert first_ready(write(later_one, GOOD)) == parse_rfc3339(GOOD["ready_at"])
    silent = GOOD | {"ready_at": "", "due_from": "2026-03-02T11:00:00+02:00"}
    assert first_ready(write(silent)) == parse_rfc3339("2026-03-02T11:00:00+02:00")
    assert first_ready(write({"parcel_id": "p", "ready_at": "2026-03-02T08:00:00"})) is None


def test_a_row_with_one_fault_is_still_looked_at_for_all_others(write, context):
    read = read_parcels(
        write(
            GOOD | {"depot_id": "hel-02", "lon": "60.17", "lat": "24.9413", "locker": "huge"},
            GOOD | {"mass_kg": "heavy", "due_until": "2026-03-02T08:30:00+02:00"},
        ),
        context,
    )
    found = [(fault.row, fault.column) for fault in read.faults]
    assert sorted(found) == [
        (2, "depot_id"),
        (2, "locker"),
        (2, "lon, lat"),
        (3, "due_until"),
        (3, "mass_kg"),
        (3, "parcel_id"),
    ]
    assert any("swapped" in fault.rule for fault in read.faults)


def test_the_page_on_files_names_every_column():
    page = (Path(__file__).parents[3] / "docs/files.md").read_text("utf-8")
    assert [column for column in COLUMNS if f"`{column}`" not in page] == []

"""What the benchmark of many vans reads off the dispatcher, and what it says to the broker."""

import pytest

from benchmarks.live import figures, packets
from benchmarks.live.losses import losses_of
from dispatcher.core.events import Event
from dispatcher.journal.database import open_journal
from dispatcher.journal.records import Entry
from maps.places import LonLat
from maps.units import Instant
from vehicles.facts import VanLost, VanSeen

PAGE = """
# HELP robovan_message_lag_seconds how old
# TYPE robovan_message_lag_seconds histogram
robovan_message_lag_seconds_bucket{depot="d00",le="0.1"} 90.0
robovan_message_lag_seconds_bucket{depot="d00",le="0.25"} 98.0
robovan_message_lag_seconds_bucket{depot="d00",le="+Inf"} 100.0
robovan_message_lag_seconds_bucket{depot="d01",le="0.1"} 100.0
robovan_message_lag_seconds_bucket{depot="d01",le="0.25"} 100.0
robovan_message_lag_seconds_bucket{depot="d01",le="+Inf"} 100.0
robovan_vans{depot="d00",presence="away"} 3.0
robovan_vans{depot="d01",presence="away"} 4.0
robovan_vans{depot="d01",presence="idle"} 5.0
robovan_ready 1.0
"""


def test_depots_are_added_up():
    page = figures.read(PAGE)
    assert figures.count(page, "robovan_vans", presence="away") == 7
    assert figures.count(page, "robovan_vans") == 12
    assert figures.count(page, "robovan_ready") == 1


def test_a_histogram_is_read_as_it_grew():
    first, last = figures.read(PAGE), figures.read(PAGE.replace(" 100.0", " 300.0"))
    since_start = figures.between(None, first, "robovan_message_lag_seconds")
    assert since_start == {
        "count": 200,
        "p50_s": 0.1,
        "p99_s": 0.25,
        "max_s": None,
        "within_250_ms": 0.99,
    }
    grown = figures.between(first, last, "robovan_message_lag_seconds")
    assert (grown["count"], grown["p50_s"], grown["p99_s"]) == (400, 0.1, None)


@pytest.mark.parametrize("length", [0, 100, 130, 20_000])
@pytest.mark.parametrize("packet_id", [0, 7])
def test_a_packet_is_read_as_it_was_written_however_it_comes_in(length, packet_id):
    payload = bytes(length)
    packet = packets.publish("a/b", payload, packet_id=packet_id)
    buffer, found = bytearray(), []
    for at in range(0, len(packet) + 50, 50):
        buffer += packet[at : at + 50]
        found += list(packets.packets(buffer))
    ((kind, flags, body),) = found
    assert kind == packets.PUBLISH
    assert packets.published(flags, body) == ("a/b", payload, packet_id)
    assert not buffer


def test_a_van_is_falsely_lost_that_was_not_cut_or_is_heard_again(tmp_path):
    def seen(van_id: str) -> Event:
        return VanSeen(van_id, Instant(0), LonLat(25, 60), 1, None, stuck=False)

    events = [
        (10, seen("a")), (10, seen("b")), (10, seen("c")),
        (20, VanLost("a", Instant(20), "WILL")),  # rightly
        (20, VanLost("b", Instant(20), "WILL")),  # never cut
        (30, seen("a")),
        (40, VanLost("a", Instant(40), "LATE")),  # it has told again
        (50, seen("a")),
        (99, VanLost("a", Instant(99), "END")),  # all have ended by then
    ]  # fmt: skip
    with open_journal(tmp_path / "journal.db") as journal:
        journal.append([Entry("d", n, Instant(at), one) for n, (at, one) in enumerate(events, 1)])
    assert losses_of(tmp_path / "journal.db", {"a": (15, 25), "c": (15, 25)}, until=90) == {
        "taken_for_lost": 1,
        "falsely": {"WILL": 1, "LATE": 1},
        "known_again": 2,
    }

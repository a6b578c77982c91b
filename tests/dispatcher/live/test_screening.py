"""Screening: large and foreign messages are refused, each cause counted, few lines logged."""

import logging
from collections import Counter
from dataclasses import dataclass

import pytest

from dispatcher.live.screening import (
    BYTES_MAX,
    PARTS_MAX,
    Refusals,
    fault_before_reading,
    fault_of_header,
)
from vehicles.vda5050.topics import TopicKind


@dataclass
class Header:
    """The header of a message."""

    manufacturer: str = "Robovan"
    serial_number: str = "m-1"
    version: str = "2.1.0"


@pytest.mark.parametrize("kind", BYTES_MAX)
def test_size_is_looked_at_before_anything_is_read(kind):
    limit = BYTES_MAX[kind]
    assert fault_before_reading(kind, b"x" * limit) is None
    assert fault_before_reading(kind, b"x" * (limit + 1)) == "too_large"


def test_nodes_and_edges_are_counted_before_anything_is_read():
    state = b'"sequenceId":1,' * PARTS_MAX
    assert fault_before_reading(TopicKind.STATE, state) is None
    assert fault_before_reading(TopicKind.STATE, state + b'"sequenceId"') == "too_many_nodes"


@pytest.mark.parametrize(
    ("header", "fault"),
    [
        (Header(), None),
        (Header(version="2.0.0"), None),
        (Header(version="2"), None),
        (Header(version="3.0.0"), "unknown_version"),
        (Header(version="21.0"), "unknown_version"),
        (Header(version=""), "unknown_version"),
        (Header(serial_number="m-2"), "wrong_serial"),
        (Header(serial_number="M-1"), "wrong_serial"),
        (Header(manufacturer="Other"), "wrong_serial"),
    ],
)
def test_a_message_speaks_for_the_van_of_its_topic_alone(header, fault):
    assert fault_of_header(header, "Robovan", "m-1") == fault


class Clock:
    """A clock set by hand."""

    now_s = 0.0

    def seconds(self):
        return self.now_s

    def milliseconds(self):
        return round(self.now_s * 1000)

    def unix_s(self):
        return self.now_s

    def boot_s(self):
        return self.now_s


def test_a_flood_is_counted_whole_and_logged_in_few_lines(caplog):
    clock, counted = Clock(), Counter[str]()
    refusals = Refusals(counted, clock)
    with caplog.at_level(logging.WARNING):
        for number in range(1000):
            clock.now_s = number / 400
            refusals.note("too_large", topic="t" * 70_000)
        refusals.note("invalid", topic="t")
    assert counted == {"too_large": 1000, "invalid": 1}
    large = [one for one in caplog.records if one.__dict__["cause"] == "too_large"]
    assert [one.__dict__["count"] for one in large] == [1, 400, 400]
    assert all(len(one.__dict__["topic"]) < 300 for one in large)
    assert len(caplog.records) == 4

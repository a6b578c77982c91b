"""Topics are built and read alike; anything else is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vehicles.errors import BadTopicError
from vehicles.vda5050.dialect import Version
from vehicles.vda5050.topics import (
    Topic,
    TopicKind,
    parse_topic,
    subscription,
    subscriptions,
    topic,
)

parts = st.text("AZaz09_.:-", min_size=1, max_size=12)


@given(parts, parts, st.sampled_from(TopicKind), st.sampled_from(Version))
def test_a_topic_survives_the_round_trip(manufacturer, serial, kind, version):
    text = topic(manufacturer, serial, kind, version)
    assert parse_topic(text) == Topic(manufacturer, serial, kind, version.major)


def test_topics_are_those_of_the_standard():
    assert topic("Neolix", "van-7", TopicKind.INSTANT_ACTIONS) == (
        "uagv/v2/Neolix/van-7/instantActions"
    )
    assert subscription(TopicKind.STATE) == "uagv/v2/+/+/state"
    assert topic("Neolix", "van-7", TopicKind.ORDER, Version.V3_0) == "uagv/v3/Neolix/van-7/order"
    assert topic("Neolix", "van-7", TopicKind.ORDER, Version.V2_0) == "uagv/v2/Neolix/van-7/order"
    assert subscriptions(TopicKind.STATE) == ("uagv/v2/+/+/state", "uagv/v3/+/+/state")


@given(st.text(max_size=30))
def test_junk_is_refused_with_our_error_only(text):
    try:
        found = parse_topic(text)
    except BadTopicError:
        return
    assert str(found) == text


@pytest.mark.parametrize("serial", ["a/b", "+", "#", "", "van 1", "vän"])
def test_what_would_break_a_topic_is_refused(serial):
    with pytest.raises(BadTopicError, match="VAN-201"):
        topic("Neolix", serial, TopicKind.STATE)


@pytest.mark.parametrize(
    "text",
    [
        "uagv/v1/a/b/state",
        "uagv/v4/a/b/state",
        "uagv/3/a/b/state",
        "uagv/v2/a/state",
        "uagv/v2/a/b/State",
        "agv/v2/a/b/state",
    ],
)
def test_other_topics_are_refused(text):
    with pytest.raises(BadTopicError):
        parse_topic(text)

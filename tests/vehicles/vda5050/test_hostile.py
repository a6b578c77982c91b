"""Whatever bytes a state is made of, reading it takes time and memory in proportion to them.

Each shape is twice as large as the dispatcher would read. A reader that looked through what it
has read for each further piece would need many minutes; there is no other limit of time.
"""

import tracemalloc
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.vehicles.vda5050.test_messages import sent_messages
from vehicles.errors import BadMessageError
from vehicles.vda5050.dialect import Version
from vehicles.vda5050.state import State
from vehicles.vda5050.versions import read, written

BYTES = 524_288
MEMORY_MAX = 64
"""Bytes in memory for each that came. Empty objects that become structures take the most, 44."""

GOOD = next(message for _, message in sent_messages() if isinstance(message, State))
VERSIONS = (Version.V2_0, Version.V2_1, Version.V3_0)


def many(piece: bytes) -> bytes:
    """Return a list of pieces."""
    return b",".join([piece] * (BYTES // (len(piece) + 1)))


def hostile() -> Iterator[tuple[str, bytes]]:
    """Return what may stand behind the keys of a good state, by its point."""
    yield "a long text", b'"acme":"%s"' % (b"a" * BYTES)
    yield "a long text that counts", b'"orderId":"%s"' % (b"a" * BYTES)
    yield "escapes", b'"orderId":"%s"' % (rb"\u0041" * (BYTES // 6))
    yield "pairs of surrogates", b'"orderId":"%s"' % (rb"\ud83d\ude00" * (BYTES // 12))
    yield "half surrogates", b'"orderId":"%s"' % (rb"\ud800" * (BYTES // 6))
    yield "no UTF-8", b'"orderId":"%s"' % (b"\xff" * BYTES)
    yield "a long key", b'"%s":1' % (b"k" * BYTES)
    yield "many keys", b",".join(b'"k%d":1' % number for number in range(BYTES // 12))
    yield "one key many times", many(b'"acme":1')
    yield "one known key many times", many(b'"orderId":"a"')
    yield "a time stamp many times", many(b'"timestamp":"2026-03-02T08:00:00Z"')
    yield "a long time stamp", b'"timestamp":"2026-03-02T08:00:00.%sZ"' % (b"1" * BYTES)
    yield "a huge number", b'"headerId":' + b"9" * BYTES
    yield "a huge number in floating point", b'"distanceSinceLastNode":' + b"9" * BYTES
    yield "a huge number that nobody reads", b'"acme":' + b"9" * BYTES
    yield "many digits", b'"distanceSinceLastNode":0.' + b"123456789" * (BYTES // 9) + b"e-5"
    yield "too large a number", b'"distanceSinceLastNode":1e400'
    yield "a huge exponent", b'"distanceSinceLastNode":1e' + b"9" * BYTES
    yield "tiny numbers", b'"acme":[%s]' % many(b"2.2250738585072011e-308")
    yield "empty lists", b'"acme":[%s]' % many(b"[]")
    yield "empty objects", b'"loads":[%s]' % many(b"{}")
    yield "nested lists", b'"acme":[%s]' % many(b"[" * 500 + b"]" * 500)
    yield "lists nested without end", b'"acme":' + b"[" * BYTES
    yield "objects nested without end", b'"acme":' + b'{"a":' * (BYTES // 5)
    yield "nodes", b'"nodeStates":[%s]' % many(b'{"nodeId":"","sequenceId":1,"released":true}')
    yield "errors", b'"errors":[%s]' % many(b'{"errorType":"a","errorLevel":"WARNING"}')
    yield "actions", b'"actionStates":[%s]' % many(b'{"actionId":"a","actionStatus":"FAILED"}')
    yield "spaces", b'"acme":%s1' % (b" " * BYTES)


def read_or_refused(payload: bytes, version: Version) -> bool:
    """Return whether a state could be read; what cannot is refused in one way."""
    try:
        return isinstance(read(State, payload, version), State)
    except BadMessageError:
        return False


@pytest.mark.parametrize("version", [Version.V2_1, Version.V3_0])
def test_what_is_read_takes_time_and_memory_in_proportion(version):
    good = written(GOOD, version)[:-1]
    for point, more in hostile():
        payload = b"%s,%s}" % (good, more)
        tracemalloc.start()
        try:
            read_or_refused(payload, version)
            _, most = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert most < MEMORY_MAX * max(len(payload), 10_000), point


@given(st.data())
@settings(max_examples=200)
def test_a_state_with_any_bytes_changed_is_read_or_refused(data):
    version = data.draw(st.sampled_from(VERSIONS))
    payload = bytearray(written(GOOD, version))
    for _ in range(data.draw(st.integers(1, 4))):
        first, last = sorted(data.draw(st.tuples(*[st.integers(0, len(payload))] * 2)))
        last = min(last, first + 40)
        piece = data.draw(st.binary(max_size=8) | st.just(bytes(payload[first:last]) * 3))
        payload[first:last] = piece
    read_or_refused(bytes(payload), version)


@pytest.mark.parametrize("version", VERSIONS)
def test_the_state_that_hostile_ones_are_made_of_is_good(version):
    assert read_or_refused(written(GOOD, version), version)
    assert read_or_refused(written(GOOD, version)[:-1] + b',"acme":[1]}', version)

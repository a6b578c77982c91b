"""As much of MQTT 3.1.1 as thousands of vans need: packets made and taken apart by hand.

A client library costs ten times the time of what is measured here. Section numbers are those of the
standard (OASIS, mqtt-v3.1.1-os).
"""

from collections.abc import Iterator
from typing import Final

CONNACK: Final = 2
PUBLISH: Final = 3
SUBACK: Final = 9
KEEP_ALIVE_S: Final = 120


def connect(client_id: str, will_topic: str, will: bytes) -> bytes:
    """Return CONNECT (3.1) with a retained last will at QoS 1 and a clean session."""
    flags = 0x02 | 0x04 | 0x08 | 0x20  # clean session, will, its QoS 1, its retain
    head = _text("MQTT") + bytes((4, flags)) + KEEP_ALIVE_S.to_bytes(2)
    return _packet(0x10, head + _text(client_id) + _text(will_topic) + _data(will))


def publish(topic: str, payload: bytes, *, packet_id: int = 0, retain: bool = False) -> bytes:
    """Return PUBLISH (3.3); with a packet id at QoS 1, else at QoS 0."""
    kind = 0x30 | (0x02 if packet_id else 0) | int(retain)
    number = packet_id.to_bytes(2) if packet_id else b""
    return _packet(kind, _text(topic) + number + payload)


def subscribe(packet_id: int, topics: tuple[str, ...]) -> bytes:
    """Return SUBSCRIBE (3.8) at QoS 1."""
    return _packet(0x82, packet_id.to_bytes(2) + b"".join(_text(t) + b"\x01" for t in topics))


def acknowledge(packet_id: int) -> bytes:
    """Return PUBACK (3.4)."""
    return _packet(0x40, packet_id.to_bytes(2))


def packets(buffer: bytearray) -> Iterator[tuple[int, int, bytes]]:
    """Take whole packets out of a buffer: their kind, flags, and what they hold."""
    while len(buffer) >= 2:
        length, shift, at = 0, 0, 1
        while True:
            if at >= len(buffer):
                return
            byte = buffer[at]
            length |= (byte & 0x7F) << shift
            at, shift = at + 1, shift + 7
            if not byte & 0x80:
                break
        if len(buffer) < at + length:
            return
        first, body = buffer[0], bytes(buffer[at : at + length])
        del buffer[: at + length]
        yield first >> 4, first & 0x0F, body


def published(flags: int, body: bytes) -> tuple[str, bytes, int]:
    """Return topic, payload and packet id (0 at QoS 0) of a PUBLISH."""
    at = 2 + int.from_bytes(body[:2])
    topic = body[2:at].decode()
    if not flags & 0x06:
        return topic, body[at:], 0
    return topic, body[at + 2 :], int.from_bytes(body[at : at + 2])


def _packet(first: int, body: bytes) -> bytes:
    head, left = bytearray((first,)), len(body)
    while True:
        left, digit = left >> 7, left & 0x7F
        head.append(digit | (0x80 if left else 0))
        if not left:
            return bytes(head) + body


def _text(text: str) -> bytes:
    return _data(text.encode())


def _data(data: bytes) -> bytes:
    return len(data).to_bytes(2) + data

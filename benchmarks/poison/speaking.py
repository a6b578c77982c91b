"""Somebody who says whatever he likes: MQTT 3.1.1 by hand, publishing at QoS 0 and nothing else."""

import asyncio
import contextlib
import time
from dataclasses import dataclass
from typing import Self

CONNECT, PUBLISH = 0x10, 0x30
PING, PING_ANSWER = b"\xc0\x00", b"\xd0\x00"
CLEAN_SESSION, WITH_NAME, WITH_PASSWORD = 0x02, 0x80, 0x40
WHOLE_BYTES_MAX = 100_000
HANG_UP_S_MAX = 30.0
"""How long a broker may take to hang up; it does so at once, or never."""


@dataclass(frozen=True, slots=True)
class Account:
    """Where the broker is, and as whom to connect; without a name, as nobody."""

    host: str
    port: int
    client_id: str
    username: str | None = None
    password: str = ""


class Speaker:
    """A connection that publishes without a library between, at a few microseconds a message."""

    def __init__(self, account: Account) -> None:
        self._account = account

    async def __aenter__(self) -> Self:
        await self._open()
        return self

    async def __aexit__(self, *details: object) -> None:
        self._writer.close()

    async def _open(self) -> None:
        account = self._account
        self._reader, self._writer = await asyncio.open_connection(account.host, account.port)
        flags, words = CLEAN_SESSION, _text(account.client_id)
        if account.username is not None:
            flags |= WITH_NAME | WITH_PASSWORD
            words += _text(account.username) + _text(account.password)
        hello = _text("MQTT") + bytes([4, flags, 0, 0]) + words
        self._writer.write(_head(CONNECT, len(hello)) + hello)
        answer = await self._reader.readexactly(4)
        if answer[3] != 0:
            raise ConnectionRefusedError(f"the broker answered {answer[3]}")

    async def say(self, topic: str, payload: bytes) -> None:
        """Publish, and wait until the socket has room again."""
        name = _text(topic)
        head = _head(PUBLISH, len(name) + len(payload)) + name
        if len(payload) > WHOLE_BYTES_MAX:
            self._writer.write(head)  # putting ten megabytes together takes time of others here
            self._writer.write(payload)
        else:
            self._writer.write(head + payload)
        await self._writer.drain()

    async def say_at_any_price(self, topic: str, payload: bytes) -> None:
        """Publish, and come back if the broker throws us out for it or has done so before."""
        try:
            await self.say(topic, payload)
        except ConnectionError:
            await self._come_back()

    async def say_too_much(self, topic: str, payload: bytes) -> None:
        """Publish what the broker hangs up for, wait until it has, and come back."""
        with contextlib.suppress(ConnectionError):
            await self.say(topic, payload)
            async with asyncio.timeout(HANG_UP_S_MAX):
                await self._reader.read()
        await self._come_back()

    async def ping(self) -> float:
        """Return how long the broker took to answer that it is there, in seconds."""
        asked_s = time.monotonic()
        self._writer.write(PING)
        answer = await self._reader.readexactly(len(PING_ANSWER))
        if answer != PING_ANSWER:
            raise ConnectionError(f"the broker answered {answer!r}")
        return time.monotonic() - asked_s

    async def _come_back(self) -> None:
        self._writer.close()
        await self._open()


def _text(text: str) -> bytes:
    encoded = text.encode()
    return len(encoded).to_bytes(2) + encoded


def _head(kind: int, left: int) -> bytes:
    """Return the first bytes of a packet with so many to follow (MQTT 3.1.1, 2.2.3)."""
    length = bytearray()
    while True:
        left, digit = divmod(left, 128)
        length.append(digit | (0x80 if left else 0))
        if not left:
            return bytes([kind]) + bytes(length)

"""Somebody who says whatever he likes: MQTT 3.1.1 by hand, publishing at QoS 0 and nothing else."""

import asyncio
from typing import Self

CONNECT, PUBLISH = 0x10, 0x30
CLEAN_SESSION = 0x02


class Speaker:
    """A connection that publishes without a library between, at a few microseconds a message."""

    def __init__(self, host: str, port: int, client_id: str) -> None:
        self._host, self._port, self._client_id = host, port, client_id

    async def __aenter__(self) -> Self:
        await self._open()
        return self

    async def __aexit__(self, *details: object) -> None:
        self._writer.close()

    async def _open(self) -> None:
        self._reader, self._writer = await asyncio.open_connection(self._host, self._port)
        hello = _text("MQTT") + bytes([4, CLEAN_SESSION, 0, 0]) + _text(self._client_id)
        self._writer.write(_packet(CONNECT, hello))
        answer = await self._reader.readexactly(4)
        if answer[3] != 0:
            raise ConnectionRefusedError(f"the broker answered {answer[3]}")

    async def say(self, topic: str, payload: bytes) -> None:
        """Publish, and wait until the socket has room again."""
        self._writer.write(_packet(PUBLISH, _text(topic) + payload))
        await self._writer.drain()

    async def say_at_any_price(self, topic: str, payload: bytes) -> None:
        """Publish, and come back if the broker throws us out for it or has done so before."""
        try:
            await self.say(topic, payload)
        except ConnectionError:
            self._writer.close()
            await self._open()


def _text(text: str) -> bytes:
    encoded = text.encode()
    return len(encoded).to_bytes(2) + encoded


def _packet(kind: int, body: bytes) -> bytes:
    length, left = bytearray(), len(body)
    while True:
        left, digit = divmod(left, 128) if left >= 128 else (0, left)
        length.append(digit | (0x80 if left else 0))
        if not left:
            return bytes([kind]) + bytes(length) + body

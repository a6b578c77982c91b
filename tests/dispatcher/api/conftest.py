"""What all tests of HTTP have in common."""

import asyncio
from typing import Any

import pytest
import uvicorn.server

HURRY = 20


class _Hurried:
    """``asyncio`` for a server that looks up more often whether it is to end."""

    def __getattr__(self, name: str) -> Any:
        return getattr(asyncio, name)

    @staticmethod
    async def sleep(delay_s: float) -> None:
        await asyncio.sleep(delay_s / HURRY)


@pytest.fixture(autouse=True, scope="session")
def _servers_end_soon():
    """Let no test wait for uvicorn's pauses: it ends two tenths of a second late."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(uvicorn.server, "asyncio", _Hurried())
        yield

"""What holds the event loop shows in the pulse."""

import asyncio

from dispatcher.live.clock import MachineClock
from dispatcher.live.pulse import BEAT_S, Pulse


class HandClock(MachineClock):
    def __init__(self):
        self.now_s = 0.0

    def seconds(self):
        return self.now_s


async def test_a_stall_is_counted_as_long_as_it_was(monkeypatch):
    clock = HandClock()
    stalls_s = iter((0.0, 0.3, 0.0))

    async def slept(for_s):
        clock.now_s += for_s + next(stalls_s, 0.0)
        await asyncio.Future() if clock.now_s > 10 * BEAT_S else None

    monkeypatch.setattr(asyncio, "sleep", slept)
    one = Pulse()
    beating = asyncio.get_running_loop().create_task(one.beat_forever(clock))
    await asyncio.wait((beating,), timeout=0.01)
    beating.cancel()
    assert round(one.delay_s_max, 9) == 0.3
    assert one.delays.within_s(1.0) == 0.5
    assert one.delays.within_s(0.5) == 0.001

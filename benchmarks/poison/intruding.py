"""Whoever sends the poison, as a process of its own: what it costs to send delays no good message.

Says "ready" on a line, begins, and says at the end how often each cause is to be counted.
"""

import asyncio
import itertools
import json
import sys
import time
from collections import Counter
from collections.abc import Sequence

from benchmarks.poison.messages import LARGE_EVERY, large, rounds
from benchmarks.poison.speaking import Speaker


def main() -> int:
    """Send what the one argument asks for."""
    asked = json.loads(sys.argv[1])
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdout.write(json.dumps(asyncio.run(intrude(**asked))) + "\n")
    return 0


async def intrude(
    *, host: str, port: int, messages: int, per_second: float, vans: Sequence[str]
) -> Counter[str]:
    """Send all the poison at its pace; return how often each cause is to be counted."""
    expected: Counter[str] = Counter()
    turns = [itertools.cycle(rounds(van_id)) for van_id in vans]
    begun_s = time.monotonic()
    async with (
        Speaker(host, port, "intruder") as intruder,
        Speaker(host, port, "intruder-2") as outcast,  # NATS hangs up on some names of topics
    ):
        for number in range(messages):
            turn = number % len(vans)
            is_large = number % LARGE_EVERY == LARGE_EVERY // 2
            poison = large(vans[turn]) if is_large else next(turns[turn])
            if poison.cause is None:
                await outcast.say_at_any_price(poison.topic, poison.payload)
            else:
                await intruder.say(poison.topic, poison.payload)
                expected[poison.cause] += 1
            ahead_s = number / per_second - (time.monotonic() - begun_s)
            if ahead_s > 0.01:
                await asyncio.sleep(ahead_s)
    return expected


if __name__ == "__main__":
    sys.exit(main())

"""Whoever sends the poison, as a process of its own: what it costs to send delays no good message.

Everybody concerned has a connection of his own. Says "ready" on a line once they are connected,
begins, and says at the end how often each cause is to be counted.
"""

import asyncio
import contextlib
import itertools
import json
import sys
import time
from collections import Counter
from collections.abc import Sequence

from benchmarks.poison.broker import Access
from benchmarks.poison.messages import (
    DEPOT_ID,
    LARGE_EVERY,
    OTHER_DEPOT_ID,
    OUTCAST,
    large,
    rounds,
)
from benchmarks.poison.speaking import Speaker

HUNG_UP = "hung_up"
"""What stands for a cause where the broker lets a message come no further."""


def main() -> int:
    """Send what the one argument asks for."""
    asked = json.loads(sys.argv[1])
    access = Access(**asked.pop("access"))
    sys.stdout.write(json.dumps(asyncio.run(intrude(access, **asked))) + "\n")
    return 0


async def intrude(
    access: Access, *, messages: int, per_second: float, vans: Sequence[str]
) -> Counter[str]:
    """Send all the poison at its pace; return how often each cause is to be counted."""
    expected: Counter[str] = Counter()
    # Where a warehouse alone may speak for itself, it is another than announces what is timed.
    depot_id = DEPOT_ID if access.secret is None else OTHER_DEPOT_ID
    said_by = [rounds(van_id, depot_id) for van_id in vans]
    turns = [itertools.cycle(one) for one in said_by]
    users = {one.by for some in said_by for one in some}
    async with contextlib.AsyncExitStack() as stack:
        speakers = {
            user: await stack.enter_async_context(Speaker(access.account(user)))
            for user in sorted(users)
        }
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        begun_s = time.monotonic()
        for number in range(messages):
            turn = number % len(vans)
            is_large = number % LARGE_EVERY == LARGE_EVERY // 2
            poison = large(vans[turn]) if is_large else next(turns[turn])
            speaker, said = speakers[poison.by], (poison.topic, poison.payload)
            if is_large and access.secret is not None:
                await speaker.say_too_much(*said)
                expected[HUNG_UP] += 1
            elif poison.by == OUTCAST:
                await speaker.say_at_any_price(*said)
            else:
                await speaker.say(*said)
            if poison.cause is not None and not (is_large and access.secret is not None):
                expected[poison.cause] += poison.counted
            ahead_s = number / per_second - (time.monotonic() - begun_s)
            if ahead_s > 0.01:
                await asyncio.sleep(ahead_s)
    return expected


if __name__ == "__main__":
    sys.exit(main())

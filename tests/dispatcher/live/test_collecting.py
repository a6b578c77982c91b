"""A dispatcher looks for garbage seldom, and no more at what took long to look at."""

import asyncio
import gc
import weakref

import pytest

from dispatcher.collecting import rare_collections
from dispatcher.live.clock import MachineClock
from dispatcher.live.collecting import (
    LOOK_S_MAX,
    NEVER,
    collect,
    collect_forever,
    no_collections,
)


class Cycle:
    def __init__(self):
        self.itself = self


class SlowClock(MachineClock):
    """Every look takes as long as it says."""

    def __init__(self, took_s):
        self.took_s, self.now_s = took_s, 0.0

    def seconds(self):
        self.now_s += self.took_s
        return self.now_s


def read_and_fail():
    with no_collections():
        assert not gc.isenabled()
        raise ZeroDivisionError


def test_nothing_is_looked_at_while_a_journal_is_read():
    with pytest.raises(ZeroDivisionError):
        read_and_fail()
    assert gc.isenabled()


def test_what_is_new_and_refers_to_itself_is_found():
    with rare_collections(oldest_after=NEVER):
        lost = weakref.ref(Cycle())
        assert lost() is not None
        collect(SlowClock(0.0))
        assert lost() is None


@pytest.mark.parametrize(("took_s", "is_frozen"), [(LOOK_S_MAX / 2, False), (LOOK_S_MAX * 2, True)])
def test_what_took_long_is_not_looked_at_again(took_s, is_frozen):
    with rare_collections(oldest_after=NEVER):
        kept = [Cycle() for _ in range(1000)]
        frozen = gc.get_freeze_count()
        collect(SlowClock(took_s))
        assert (gc.get_freeze_count() >= frozen + len(kept)) == is_frozen


async def test_what_was_there_when_it_begins_is_not_looked_at(monkeypatch):
    async def sleep(_):
        raise InterruptedError

    monkeypatch.setattr(asyncio, "sleep", sleep)
    with rare_collections(oldest_after=NEVER):
        kept, frozen = [Cycle() for _ in range(1000)], gc.get_freeze_count()
        with pytest.raises(InterruptedError):
            await collect_forever(SlowClock(0.0))
        assert gc.get_freeze_count() >= frozen + len(kept)

"""Vans die and come back, and the warehouse's connection is cut, as the seed says."""

from types import SimpleNamespace
from typing import Any

from maps.units import Instant, Seconds, later
from simulations.mischief import MischiefModel
from simulations.wire.deaths import CUT_S, DEAD_S, Death, cuts_of, deaths_of

SCENARIO: Any = SimpleNamespace(
    seed=3,
    start_ms=1_000_000,
    mischief=MischiefModel(van_kills=40, warehouse_kills=10, within_s=100),
)


class Line:
    def __init__(self):
        self.did = []

    def cut(self):
        self.did.append("cut")

    def mend(self):
        self.did.append("mend")


def test_deaths_are_the_seed_s():
    deaths = deaths_of(SCENARIO, ("a", "b"))
    assert deaths == deaths_of(SCENARIO, ("a", "b"))
    assert {one.van_id for one in deaths} == {"a", "b"}
    assert 10 < sum(one.forgets for one in deaths) < 30
    line: Any = Line()
    spans: list[Any] = [*deaths, *cuts_of(SCENARIO, line)]
    for one in spans:
        assert 0 <= one.begin - SCENARIO.start_ms < 100_000
        shortest, longest = DEAD_S if isinstance(one, Death) else CUT_S
        assert shortest <= (one.end - one.begin) // 1000 <= longest


async def test_a_line_is_cut_as_long_as_its_van_is_dead():
    line: Any = Line()
    clock = SimpleNamespace(now=lambda: Instant(10**9), machine_seconds_until=lambda _: 0.0)
    clocks: Any = SimpleNamespace(world=clock)
    told: list[Any] = []
    begin = Instant(5_000)
    death = Death("a", begin, later(begin, Seconds(60)), forgets=True)
    await death.happen(line, lambda *how: told.append((*how, *line.did)), clocks)
    assert told == [(60, True, "cut")]
    assert line.did == ["cut", "mend"]

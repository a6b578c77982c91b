"""Vans stay away with an order that is not loaded, as the seed says."""

from types import SimpleNamespace
from typing import Any

from maps.units import Instant, Seconds
from simulations.mischief import MischiefModel
from simulations.wire.staying import AWAY_S, STANDS_S, Staying, is_unloaded, stayings_of

SCENARIO: Any = SimpleNamespace(
    seed=3, start_ms=1_000_000, mischief=MischiefModel(van_absences=40, within_s=100)
)


def van_with(*looks, loads=()):
    """Return a van that has something else to do next at each look."""
    left = list(looks)
    agent = SimpleNamespace(loads=loads, next_action=lambda: left.pop(0) if left else None)
    return SimpleNamespace(agent=agent)


PICK, DROP = SimpleNamespace(action_type="pick"), SimpleNamespace(action_type="drop")


def test_who_stays_away_is_the_seed_s():
    found = stayings_of(SCENARIO, ("a", "b"))
    assert found == stayings_of(SCENARIO, ("a", "b"))
    assert {one.van_id for one in found} == {"a", "b"}
    assert 10 < sum(one.is_frozen for one in found) < 30
    for one in found:
        assert 0 <= one.begin - SCENARIO.start_ms < 100_000
        assert AWAY_S[0] <= one.away_s <= AWAY_S[1]
        assert STANDS_S[0] <= one.stands_s <= STANDS_S[1]
    assert any(one.stands_s > 600 for one in found)


def test_a_van_has_something_to_load_as_long_as_nothing_is_aboard():
    assert is_unloaded(van_with(PICK))
    assert not is_unloaded(van_with(PICK, loads=("p",)))
    assert not is_unloaded(van_with(DROP))
    assert not is_unloaded(van_with())


async def test_its_line_is_dead_from_its_next_order_on_and_it_stands():
    did: list[Any] = []
    line: Any = SimpleNamespace(
        cut=lambda: did.append("cut"),
        freeze=lambda: did.append("freeze"),
        mend=lambda: did.append("mend"),
    )
    now = [Instant(6_000)]

    def machine_seconds_until(instant):
        now[0] = instant
        return 0.0

    world = SimpleNamespace(now=lambda: now[0], machine_seconds_until=machine_seconds_until)
    clocks: Any = SimpleNamespace(world=world)
    staying = Staying("a", Instant(5_000), Seconds(900), Seconds(70), is_frozen=True)
    van: Any = van_with(None, DROP, PICK)
    await staying.happen(van, line, did.append, clocks)
    assert did == [70, "freeze", "mend"]
    assert now[0] == 6_000 + 900_000

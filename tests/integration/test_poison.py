"""A share of the poison that the benchmark sends, and what must hold however busy the machine."""

import pytest

from benchmarks.poison.broker import Access
from benchmarks.poison.messages import rounds
from benchmarks.poison.run import FLEET, Plan, run
from tests.brokers import KINDS, free_port, plain_config, running
from tests.integration.fleet_broker import SECRET, fleet_broker

pytestmark = pytest.mark.integration
SLOWER_MS_MAX = 2_000.0
"""On top of twice the time of a quiet dispatcher: the benchmark judges speed, not this."""


def test_every_kind_of_poison_is_in_a_round():
    causes = {poison.cause for poison in rounds("m-1")}
    assert causes == {None, "invalid", "wrong_serial", "unknown_version", "too_many_nodes"}


@pytest.mark.parametrize("kind", KINDS)
async def test_poison_stops_nothing_and_all_of_it_is_counted(kind, tmp_path):
    port = free_port()
    config = plain_config(kind, tmp_path, port)
    if kind == "nats":
        # Its own limit is 1 MiB; here the dispatcher is to stand alone.
        config.write_text(f"max_payload: 16MB\nmax_pending: 256MB\n{config.read_text()}")
    with running(kind, config, port):
        figures = await poisoned(Access("127.0.0.1", port), 600, tmp_path)
    assert figures["hung_up_by_broker"] == 0
    assert figures["expected"]["too_large"] == 1


@pytest.mark.parametrize("kind", KINDS)
async def test_poison_of_a_fleets_own_users_is_counted_or_ends_at_the_broker(kind, tmp_path):
    with fleet_broker(kind, tmp_path, fleet=FLEET.format(vans=20)) as broker:
        figures = await poisoned(Access(broker.host, broker.port, SECRET), 600, tmp_path)
    assert figures["hung_up_by_broker"] == 1
    assert "too_large" not in figures["counted"]


async def poisoned(access, messages, folder):
    """Return the figures of a short run, in which nothing stopped and all was counted."""
    plan = Plan(vans=20, poison=messages, poison_per_s=300, quiet_s=2)
    figures = await run(plan, access, free_port(), folder)
    log = (folder / "serve.log").read_text()
    assert figures["alive"], log[-2000:]
    assert figures["uncounted"] == 0, figures
    quiet, beside = figures["latency_ms_quiet"], figures["latency_ms_beside"]
    assert beside["count"] > 5, figures
    assert beside["p50"] < 2 * quiet["p50"] + SLOWER_MS_MAX, figures
    assert "Traceback" not in log
    return figures

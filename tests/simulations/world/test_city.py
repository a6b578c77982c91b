"""A whole small day: every parcel is accounted for, whatever the network and the killer do."""

from dataclasses import replace
from functools import partial

import pytest

from dispatcher.core.events import AnnouncementRefused
from dispatcher.core.model import TripStatus
from dispatcher.core.parcels import ParcelStatus
from dispatcher.journal.records import entry_line
from dispatcher.stepping import replay
from maps.errors import PlaceOffNetworkError
from maps.units import Instant
from simulations.accounting import differences
from simulations.logbook import Doing
from simulations.world.post import Network, Span
from vehicles.facts import OrderEchoed, VanLost, VanSeen


def test_a_quiet_day_accounts_for_every_parcel(small_day):
    stepper, ledger = small_day.lived(small_day.city())
    snapshot = stepper.core.snapshot(stepper.now)
    assert differences(ledger, snapshot) == ()
    delivered = [one for one in snapshot.parcels if one.status is ParcelStatus.DELIVERED]
    assert len(delivered) > 0.8 * len(snapshot.parcels)


def test_the_same_seed_gives_the_same_journal(small_day):
    journals = []
    for _ in range(2):
        city = small_day.city()
        small_day.lived(city)
        (shell,) = city.shells.values()
        journals.append([entry_line(entry) for entry in shell.entries])
    assert journals[0] == journals[1]


def test_the_journal_replays_to_the_same_state(small_day):
    city = small_day.city()
    stepper, _ = small_day.lived(city)
    (shell,) = city.shells.values()
    again = replay(shell.depot_id, shell.entries)
    now = stepper.now
    assert again.core.snapshot(now) == stepper.core.snapshot(now)


@pytest.mark.parametrize(
    "network",
    [
        Network(lost_ratio=0.05),
        Network(doubled_ratio=0.2),
        Network(late_ratio=0.3, late_ms_max=5000),
    ],
    ids=["lost", "doubled", "overtaken"],
)
def test_a_bad_network_loses_no_parcel(small_day, network):
    stepper, ledger = small_day.lived(small_day.city(network))
    assert differences(ledger, stepper.core.snapshot(stepper.now)) == ()


def test_a_broker_that_is_away_for_minutes_loses_no_parcel(small_day):
    away = Network(
        broker_away=(
            Span(small_day.at(1), small_day.at(1.1)),
            Span(small_day.at(2), small_day.at(2.05)),
        )
    )
    city = small_day.city(away)
    stepper, ledger = small_day.lived(city)
    assert differences(ledger, stepper.core.snapshot(stepper.now)) == ()
    (shell,) = city.shells.values()
    lost = {
        entry.event.van_id: entry.now for entry in shell.entries if isinstance(entry.event, VanLost)
    }
    assert set(lost.values()) <= {small_day.at(1) + 60_000, small_day.at(2) + 60_000}
    assert set(lost) == set(city.vans), "as live: nothing heard for a minute, whatever the cause"


def test_a_dispatcher_that_begins_anew_does_not_miss_whom_it_has_not_heard(small_day):
    away = Network(broker_away=(Span(small_day.at(1), small_day.at(1.2)),))
    city = small_day.city(away)
    (shell,) = city.shells.values()
    city.at(small_day.at(1.005), partial(city.kill, shell.depot_id))
    city.at(small_day.at(1.006), partial(city.revive, shell.depot_id))
    stepper, ledger = small_day.lived(city)
    assert not any(isinstance(entry.event, VanLost) for entry in shell.entries)
    assert differences(ledger, stepper.core.snapshot(stepper.now)) == ()


def test_a_dispatcher_killed_all_day_loses_no_parcel(small_day):
    city = small_day.city()
    (shell,) = city.shells.values()
    for number in range(1, 30):
        dies_at = small_day.at(number / 8)
        city.at(dies_at, partial(city.kill, shell.depot_id))
        city.at(Instant(dies_at + 4000), partial(city.revive, shell.depot_id))
    stepper, ledger = small_day.lived(city)
    assert stepper.started_count == 30
    assert differences(ledger, stepper.core.snapshot(stepper.now)) == ()


def test_after_a_restart_idle_vans_are_known_again_by_their_heartbeats(small_day):
    city = small_day.city()
    (shell,) = city.shells.values()
    city.at(small_day.at(0.01), partial(city.kill, shell.depot_id))
    city.at(small_day.at(0.02), partial(city.revive, shell.depot_id))
    city.run(small_day.at(0.02) + 32_000)
    assert all(van.known for van in shell.stepper.core.state.van_list())


def echoed_first(city):
    """Live until a van confirms an order for the first time; return its word."""
    (shell,) = city.shells.values()
    while not isinstance(shell.entries[-1].event, OrderEchoed):
        city.agenda.step()
    return shell.entries[-1].event


def test_a_state_sent_before_an_order_and_heard_after_a_restart_cancels_nothing(small_day):
    echo, city = echoed_first(small_day.city()), small_day.city()
    (shell,) = city.shells.values()
    late = city.vans[echo.van_id].agent.state(Instant(echo.measured_at - 2000))
    assert not late.is_busy, "as it stood before it was told"
    assert echoed_first(city) == echo
    city.kill(shell.depot_id)
    shell.come_back()
    shell.hear_state(echo.van_id, late)
    van = shell.stepper.core.state.vans[echo.van_id]
    assert (van.trip_id, van.known) == (echo.trip_id, False), "nothing was heard of it since"
    city.revive(shell.depot_id)
    stepper, _ = small_day.lived(city)
    assert stepper.core.state.trips[echo.trip_id].status is TripStatus.FINISHED


def test_a_van_whose_line_is_dead_is_missed_and_seen_again(small_day):
    (van_id, *_) = small_day.city().vans
    away = Network(line_away={van_id: (Span(small_day.at(1), small_day.at(1.2)),)})
    city = small_day.city(away)
    stepper, ledger = small_day.lived(city)
    (shell,) = city.shells.values()
    told = [entry for entry in shell.entries if getattr(entry.event, "van_id", "") == van_id]
    lost = [entry.now for entry in told if isinstance(entry.event, VanLost)]
    assert lost == [small_day.at(1) + 60_000]
    seen = [entry.now for entry in told if isinstance(entry.event, VanSeen)]
    assert any(small_day.at(1.2) <= at < small_day.at(1.21) for at in seen)
    assert differences(ledger, stepper.core.snapshot(stepper.now)) == ()


def test_announcements_are_judged_as_they_are_live(small_day):
    def off_the_map(label, place):
        if label == stray.label:
            raise PlaceOffNetworkError(label, place, 5_000, 250)

    stray = small_day.day.parcels[0]
    (broken_id,) = small_day.day.broken_ids
    city = small_day.city(locate=off_the_map)
    (shell,) = city.shells.values()
    city.run(small_day.at(5))
    refused = {
        entry.event.announcement_id: entry.event.reasons
        for entry in shell.entries
        if isinstance(entry.event, AnnouncementRefused)
    }
    assert [reason.partition(" ")[0] for reason in refused[broken_id]] == ["mass_kg", "due_until"]
    assert "from the nearest drivable road" in refused[stray.parcel_id][0]


def test_vans_queue_at_one_dock_and_no_parcel_is_lost(small_day):
    setup = small_day.setup
    narrow = replace(setup, depot=replace(setup.depot, docks=1, loading_s=900))
    day = replace(small_day, day=replace(small_day.day, setup=narrow))
    city = day.city()
    stepper, ledger = day.lived(city)
    spans = [
        spent.span_ms
        for van in city.vans.values()
        for (_, doing), spent in van.logbook.hours.items()
        if doing is Doing.DOCK_QUEUE
    ]
    assert sum(spans) > 10_000
    assert differences(ledger, stepper.core.snapshot(stepper.now)) == ()

"""The days that seeds draw: always the same, and each with other troubles."""

from dispatcher.core.policies.registry import BATCHING, CHARGING
from simulations.soaking import chaos
from simulations.soaking.living import Ground, day_of


def is_scarce(day):
    """Return whether a day's vans are few, and their batteries small; all or none are."""
    van_count = len(day.setup.vans)
    small = [van.spec.battery_mwh == chaos.SCARCE_BATTERY_MWH for van in day.setup.vans]
    assert set(small) in ({True}, {False})
    low, high = chaos.SCARCE_VAN_COUNT if small[0] else chaos.VAN_COUNT
    assert low <= van_count <= high
    return small[0]


def test_a_seed_is_a_day_and_another_seed_another():
    ground = Ground()
    assert day_of(5, ground) == day_of(5, ground)
    assert day_of(5, ground) != day_of(6, ground)


def test_all_troubles_happen_on_some_days_and_are_missing_on_others():
    ground = Ground()
    days = [day_of(seed, ground) for seed in range(30)]
    for trouble in (
        lambda day: day.network.lost_ratio,
        lambda day: day.network.doubled_ratio,
        lambda day: day.network.late_ratio,
        lambda day: day.network.broker_away,
        lambda day: day.network.line_away,
        lambda day: day.luck.absent_ratio,
        lambda day: day.luck.missing_ratio,
        lambda day: day.wrong_ratio,
        is_scarce,
        lambda day: day.troubles.kills,
        lambda day: day.troubles.breakdowns,
        lambda day: day.troubles.roads.sudden,
        lambda day: day.troubles.cancellations,
        lambda day: day.troubles.holds,
    ):
        assert {bool(trouble(day)) for day in days} == {True, False}
    assert all(len(day.troubles.breakdowns) <= 1 for day in days if is_scarce(day))
    settings = [day.setup.settings for day in days]
    assert {one.batching for one in settings} == set(BATCHING)
    assert {one.charging for one in settings} == set(CHARGING)
    assert {one.replanning for one in settings} == {True, False}
    low, high = chaos.PARCEL_COUNT
    assert all(low <= len(day.parcels) <= high for day in days)

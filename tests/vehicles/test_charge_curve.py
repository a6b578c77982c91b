"""Charging time and its inverse on the curve of Montoya et al. 2017."""

from hypothesis import given
from hypothesis import strategies as st

from vehicles.charge_curve import MONTOYA

BATTERY_MWH = 30_000_000
POWER_W = 20_000

energies = st.one_of(
    st.integers(0, BATTERY_MWH),
    st.sampled_from([0, 25_500_000 - 1, 25_500_000, 25_500_001, 28_500_000, BATTERY_MWH]),
)
powers = st.sampled_from([1, 7, 3600, 11_000, 20_000, 120_000])


def duration(start: int, end: int, power_w: int = POWER_W) -> int:
    return MONTOYA.duration(start, end, battery_mwh=BATTERY_MWH, power_w=power_w)


def after(start: int, duration_s: int, power_w: int = POWER_W) -> int:
    return MONTOYA.energy_after(start, duration_s, battery_mwh=BATTERY_MWH, power_w=power_w)


def test_each_piece_by_hand():
    # 20 kW gives 1 kWh in 180 s; 85 % of 30 kWh is 25.5 kWh, 95 % is 28.5 kWh.
    assert duration(0, 25_500_000) == 25.5 * 180
    assert duration(25_500_000, 28_500_000) == -(-3 * 180 * 100 // 46)
    assert duration(28_500_000, BATTERY_MWH) == 1.5 * 180 * 100 / 15
    assert after(0, 1800) == 10_000_000
    assert after(28_500_000, 180) == 28_650_000


def test_nothing_to_charge_takes_no_time_and_full_is_full():
    assert duration(10, 10) == duration(20, 10) == 0
    assert duration(0, 2 * BATTERY_MWH) == duration(0, BATTERY_MWH)
    assert after(BATTERY_MWH, 99) == after(0, 10**9) == BATTERY_MWH
    assert after(5, 0) == 5


@given(energies, energies, powers)
def test_the_time_is_the_shortest_that_reaches_the_energy(start, end, power_w):
    start, end = min(start, end), max(start, end)
    needed_s = duration(start, end, power_w)
    assert after(start, needed_s, power_w) >= end
    if needed_s > 0:
        assert after(start, needed_s - 1, power_w) < end


@given(energies, energies, energies, powers)
def test_charging_in_two_goes_takes_as_long_as_in_one(a, b, c, power_w):
    low, middle, high = sorted((a, b, c))
    whole = duration(low, high, power_w)
    parts = duration(low, middle, power_w) + duration(middle, high, power_w)
    assert whole <= parts <= whole + 1  # each part is rounded up


@given(energies, st.integers(0, 40_000), powers)
def test_more_time_gives_no_less(start, duration_s, power_w):
    assert start <= after(start, duration_s, power_w) <= after(start, duration_s + 1, power_w)

"""Charging time along the curve: by hand, and never shorter than the powers allow."""

from hypothesis import given
from hypothesis import strategies as st

from routing.curve import breakpoints_mwh, charge_s
from routing.problem import ChargeCurve

CURVE = ChargeCurve()


def test_each_part_of_the_curve_by_hand():
    def full_by(from_mwh: int, to_mwh: int) -> int:
        return charge_s(CURVE, 36_000, battery_mwh_max=10**7, from_mwh=from_mwh, to_mwh=to_mwh)

    assert full_by(0, 8_500_000) == 850  # 8.5 kWh at 36 kW
    assert full_by(8_500_000, 9_500_000) == 218  # 1 kWh at 16.56 kW: 217.4 s
    assert full_by(9_500_000, 10_000_000) == 334  # 0.5 kWh at 5.4 kW: 333.3 s
    assert full_by(0, 10_000_000) == 850 + 218 + 334
    assert full_by(5_000, 5_000) == full_by(6_000, 5_000) == 0


def test_the_curve_bends_at_its_bounds_and_ends_full():
    assert breakpoints_mwh(CURVE, 10**7) == (8_500_000, 9_500_000, 10**7)


@given(
    st.integers(1, 350_000),
    st.integers(1, 10**8),
    st.tuples(st.integers(0, 1000), st.integers(0, 1000), st.integers(0, 1000)).map(sorted),
)
def test_more_energy_takes_longer_and_never_less_than_at_full_power(power_w, full, parts):
    low, middle, high = (full * part // 1000 for part in parts)

    def between(a: int, b: int) -> int:
        return charge_s(CURVE, power_w, battery_mwh_max=full, from_mwh=a, to_mwh=b)

    assert between(low, middle) <= between(low, high)
    assert between(low, high) * power_w >= (high - low) * 3.6 * (1 - 1e-12)
    assert between(low, high) <= between(low, middle) + between(middle, high)

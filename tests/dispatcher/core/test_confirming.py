import pytest

from dispatcher.core.decisions import CancelTrip, Withdraw
from dispatcher.core.settings import PlanSettings
from maps.units import Seconds, later
from tests.dispatcher.core.harness import Day, minutes, parcel, setup_of
from tests.dispatcher.core.toy_city import at

EAGER = PlanSettings(wave_parcels=2, retry_s=300)
PATIENCE = Seconds(EAGER.confirm_s_max)


class Deaf:
    """A day on which the van with the first order is heard and does not take it."""

    def __init__(self, vans: int = 2, *, keeps: bool = True) -> None:
        self.day = Day(setup_of(vans, settings=EAGER))
        self.van = self.day.vans["van-0"]
        self.van.deaf = True
        if not keeps:  # the warehouse has put all in already
            self.van._loaded = _Everything(("p-0", "p-1"))
        two = (parcel(n, at(900, 0), consignee="one") for n in range(2))
        self.day.announce(*two)
        self.day.run(minutes(1))
        (self.trip,) = self.day.core.state.live_trips()
        assert self.trip.van_id == "van-0"
        (self.ordered_at,) = [now for now, _, told in self.day.log if _has(told, "SendTrip")]

    def told(self, kind):
        return [now for now, _, told in self.day.log if _has(told, kind)]


class _Everything(dict[str, tuple[str, ...]]):
    def __init__(self, parcel_ids):
        self.parcel_ids = parcel_ids

    def get(self, key, default=None):
        return self.parcel_ids


def _has(decisions, kind):
    return any(type(one).__name__ == kind for one in decisions)


def test_others_do_what_a_van_does_not_take_and_it_is_given_nothing_until_it_does():
    deaf = Deaf()
    deaf.day.run(minutes(60))
    assert deaf.day.names().count("order_not_confirmed") == 1
    assert deaf.told("Withdraw") == [later(deaf.ordered_at, PATIENCE)]
    assert deaf.day.statuses() == {"delivered": 2}
    assert set(deaf.day.vans["van-1"].delivered) == {"p-0", "p-1"}
    assert deaf.day.core.state.vans["van-0"].trip_id == deaf.trip.trip_id, "nothing else is its"
    deaf.van.hear_again(deaf.day.now)
    deaf.day.announce(*(parcel(n, at(-900, 0), mass_g=60_000) for n in (3, 4)))
    deaf.day.drain()
    deaf.day.check_end()
    assert deaf.van.delivered, "it has given the old trip up, and has a new one"
    assert not set(deaf.van.delivered) & {"p-0", "p-1"}


def test_a_van_that_takes_its_order_in_time_is_not_reported():
    deaf = Deaf()
    deaf.day.run(later(deaf.ordered_at, Seconds(PATIENCE - 1)))
    deaf.van.hear_again(deaf.day.now)
    deaf.day.drain()
    deaf.day.check_end()
    assert set(deaf.van.delivered) == {"p-0", "p-1"}
    assert not deaf.told("Withdraw")
    assert "order_not_confirmed" not in deaf.day.names()
    assert not len(deaf.day.core.state.unconfirmed)


def test_as_long_as_nobody_else_is_there_it_is_only_reported_and_told_on():
    deaf = Deaf(vans=1)
    deaf.day.run(minutes(60))
    assert deaf.day.names().count("order_not_confirmed") == 1
    assert not deaf.told("Withdraw")
    deaf.van.hear_again(deaf.day.now)
    deaf.day.drain()
    deaf.day.check_end()
    assert set(deaf.van.delivered) == {"p-0", "p-1"}


def test_what_the_warehouse_has_put_in_stays_with_the_van():
    deaf = Deaf(keeps=False)
    deaf.day.run(minutes(60))
    assert deaf.day.statuses() == {"ordered": 2}
    deaf.van.hear_again(deaf.day.now)
    deaf.day.drain()
    deaf.day.check_end()
    assert set(deaf.van.delivered) == {"p-0", "p-1"}


@pytest.mark.parametrize("back", [6, 20])
def test_a_van_that_was_away_has_its_time_from_when_it_is_back(back):
    deaf = Deaf(vans=1)
    deaf.van.disconnect(deaf.day.now)
    deaf.day.run(minutes(back))
    assert "order_not_confirmed" not in deaf.day.names()
    deaf.van.connect(deaf.day.now)
    deaf.day.run(later(minutes(back), Seconds(PATIENCE - 1)))
    assert "order_not_confirmed" not in deaf.day.names()
    deaf.day.run(later(minutes(back), PATIENCE))
    assert "order_not_confirmed" in deaf.day.names()


def test_after_a_restart_it_is_known_that_it_was_reported():
    deaf = Deaf(vans=1)
    deaf.day.run(minutes(10))
    deaf.day.restart()
    deaf.day.run(minutes(40))
    assert deaf.day.names().count("order_not_confirmed") == 1
    assert not any(isinstance(one, CancelTrip | Withdraw) for _, _, d in deaf.day.log for one in d)

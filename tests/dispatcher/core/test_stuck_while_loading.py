"""A van that breaks down at the depot: what is not in it goes to others."""

import pytest

from dispatcher.core.decisions import CancelTrip
from dispatcher.core.events import CancelAsked
from dispatcher.core.model import TripStatus
from dispatcher.core.parcels import ParcelStatus
from dispatcher.core.settings import PlanSettings
from tests.dispatcher.core.harness import Day, minutes, parcel, setup_of
from tests.dispatcher.core.toy_city import at
from vehicles.facts import ActionEnded, VanStuck

WAVE_OF_3 = PlanSettings(wave_parcels=3, retry_s=300)


def ordered_day() -> tuple[Day, str, str]:
    """Return a day with a trip of three parcels that is not begun, its id and its van's."""
    day = Day(setup_of(1, settings=WAVE_OF_3))
    day.announce(*(parcel(n, at(1_000, 400 * n)) for n in range(3)))
    day.run(minutes(1))
    (trip,) = day.core.state.live_trips()
    assert trip.status is TripStatus.ORDERED
    assert all(day.status(n) is ParcelStatus.ORDERED for n in range(3))
    return day, trip.trip_id, trip.van_id


@pytest.mark.parametrize("loaded_first", [None, False, True])
def test_a_cancelled_parcel_does_not_keep_the_others_with_a_broken_van(loaded_first):
    day, trip_id, van_id = ordered_day()
    day.send(CancelAsked("p-1", "sold out"))
    if loaded_first is not None:
        action_id = f"{trip_id}/pick/p-1"
        day.send(ActionEnded(van_id, day.now, trip_id, action_id, loaded_first, ""))
    decisions = day.send(VanStuck(van_id, day.now, day.setup.depot.place, "breakdown"))
    assert (CancelTrip(van_id, trip_id) in decisions) == (loaded_first is not True)


def test_with_one_parcel_aboard_the_trip_stays_with_its_van():
    day, trip_id, van_id = ordered_day()
    day.send(ActionEnded(van_id, day.now, trip_id, f"{trip_id}/pick/p-2", True, ""))
    decisions = day.send(VanStuck(van_id, day.now, day.setup.depot.place, "breakdown"))
    assert CancelTrip(van_id, trip_id) not in decisions

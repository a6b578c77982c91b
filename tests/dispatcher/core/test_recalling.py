"""A parcel taken back is not handed over, and where that is too late it is not taken back."""

import pytest

from dispatcher.core.decisions import ConfirmCancel, Reject, SendTrip
from dispatcher.core.events import CancelAsked
from dispatcher.core.parcels import ParcelStatus
from tests.dispatcher.core.harness import day_with_trip, minutes
from vehicles.trip import ActionKind, NodeKind


def stop_index(trip, parcel_id):
    """Return the node where a trip says to hand a parcel over, or None."""
    for index, node in enumerate(trip.nodes):
        drops = {one.parcel_id for one in node.node.actions if one.kind is ActionKind.DROP}
        if node.node.kind is NodeKind.STOP and parcel_id in drops:
            return index
    return None


def answer(day, parcel_id):
    """Cancel a parcel, and return the answer and all wishes that vans are told with it."""
    decisions = day.send(CancelAsked(parcel_id, "no"))
    wishes = [one.wish for one in decisions if isinstance(one, SendTrip)]
    (told,) = [one for one in decisions if isinstance(one, ConfirmCancel | Reject)]
    return told, wishes


@pytest.mark.parametrize("until", [10.4, 16])
def test_what_is_to_be_handed_over_at_a_released_stop_is_not_taken_back(until):
    day = day_with_trip(until=until)
    (trip,) = day.core.state.live_trips()
    released = {n: stop_index(trip, f"p-{n}") for n in range(4)}
    for number, index in released.items():
        if index is None or day.status(number) is ParcelStatus.DELIVERED:
            continue
        told, _ = answer(day, f"p-{number}")
        assert isinstance(told, Reject) == (index < trip.released_count), number
        if isinstance(told, Reject):
            assert "told for good" in told.reasons[0]
    day.drain()
    day.check_end()


def test_however_long_the_new_plan_takes_the_van_is_not_told_to_hand_over_what_was_taken_back():
    day = day_with_trip(until=16)
    day.latency_s = 10_000
    told, wishes = answer(day, "p-3")
    assert told == ConfirmCancel("p-3", aboard=True)
    assert wishes
    for wish in wishes:
        drops = {one.parcel_id for node in wish.nodes for one in node.actions}
        assert "p-3" not in drops - {one.parcel_id for one in wish.nodes[0].actions}
    day.run(minutes(200))
    assert day.status(3) in (ParcelStatus.RETURNING, ParcelStatus.RETURNED)

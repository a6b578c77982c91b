"""The figures of a day add up and mean what they say."""

from dataclasses import replace

import pytest

from dispatcher.core.invariants import InvariantBroken
from dispatcher.core.parcels import ParcelStatus
from dispatcher.export.summary import energy_used_mwh, service_began, summary
from maps.units import Seconds, later
from vehicles.trip import NodeKind


def total(figures) -> int:
    ended = figures.cancelled + figures.rejected + figures.delivered
    return ended + figures.returned + figures.unserved + figures.still_open


def test_a_plan_is_all_open_but_for_what_no_van_can_carry(planned):
    figures = summary(planned)
    assert figures.announced == total(figures) == 40
    assert (figures.unserved, figures.still_open) == (1, 39)
    assert not figures.accounted
    assert figures.reasons == (("unserved: capacity", 1),)
    assert figures.km == figures.kwh == 0
    assert figures.kwh_per_parcel is None
    assert figures.km_planned > 5
    assert 0.1 < figures.kwh_planned / figures.km_planned < 1


def test_a_driven_day_is_accounted_for(planned, driven):
    figures = summary(driven)
    assert figures.announced == total(figures) == 41
    assert (figures.rejected, figures.returned, figures.delivered) == (1, 1, 38)
    assert figures.accounted
    assert figures.km == pytest.approx(summary(planned).km_planned)
    passed = sum(len(trip.nodes) - 1 for trip in driven.trips)
    assert figures.kwh == pytest.approx(passed * 0.01)
    assert figures.kwh_per_parcel == pytest.approx(figures.kwh / 38)
    assert 0 < figures.lateness.late_count == 38 - figures.on_time < 38
    assert figures.lateness.max_s >= figures.lateness.mean_s > 0
    assert dict(figures.reasons)["rejected: no valid parcel"] == 1
    assert [one.cause for one in figures.replans] == ["jam <1>"]


def test_arriving_at_the_windows_end_is_in_time_and_a_second_later_is_not(driven):
    record = next(one for one in driven.parcels if one.status is ParcelStatus.DELIVERED)
    trip = next(one for one in driven.trips if one.trip_id == record.trip_id)

    def lates(by_s: int) -> int:
        nodes = tuple(
            replace(node, arrived_at=later(record.parcel.due_until, Seconds(by_s)))
            if record.parcel.parcel_id in node.parcel_ids and node.kind is NodeKind.STOP
            else node
            for node in trip.nodes
        )
        alone = replace(
            driven, announced=1, parcels=(record,), refused=(), trips=(replace(trip, nodes=nodes),)
        )
        return summary(alone).lateness.late_count

    assert (lates(0), lates(1)) == (0, 1)


def test_a_van_that_is_early_waits_for_the_window(driven):
    record = next(one for one in driven.parcels if one.status is ParcelStatus.DELIVERED)
    early = replace(record, parcel=replace(record.parcel, due_from=record.served_at))
    assert service_began(early, driven.trips) == record.served_at
    assert service_began(record, ()) == record.served_at


def test_what_a_charger_gave_is_not_used_up(driven):
    trip = driven.trips[0]
    start, stop, end = trip.nodes[0], trip.nodes[5], trip.nodes[-1]
    nodes = (
        replace(start, battery_mwh_arrived=9000),
        replace(stop, kind=NodeKind.CHARGE, battery_mwh_arrived=4000, charge_mwh_target=8000),
        replace(end, battery_mwh_arrived=7000),
    )
    assert energy_used_mwh(replace(trip, nodes=nodes)) == 5000 + 1000
    unreached = replace(end, arrived_at=None, battery_mwh_arrived=None)
    assert energy_used_mwh(replace(trip, nodes=(*nodes[:2], unreached))) == 5000


def test_a_lost_parcel_stops_the_program(driven):
    with pytest.raises(InvariantBroken, match="41 parcels were announced, but 40 are known"):
        summary(replace(driven, parcels=driven.parcels[1:]))

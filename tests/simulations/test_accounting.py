"""The account: any parcel lost, doubled, unanswered or still open is a difference."""

from dataclasses import replace

import pytest

from dispatcher.core.parcels import Parcel, ParcelStatus
from dispatcher.core.settings import Depot, DepotSetup, PlanSettings
from dispatcher.core.snapshot import ParcelRecord, Snapshot
from maps.places import LonLat
from maps.units import Instant
from simulations.accounting import differences
from simulations.warehouse import LedgerEntry

NOW = Instant(0)
PLACE = LonLat(24.9, 60.1)
SETUP = DepotSetup(Depot("d", PLACE, "Europe/Helsinki", 1, 0, 0, 1), (), (), PlanSettings())


def record(parcel_id, status):
    parcel = Parcel(
        parcel_id=parcel_id,
        depot_id="d",
        consignee_id="c",
        place=PLACE,
        label="",
        mass_g=1,
        volume_ml=1,
        locker="none",
        ready_at=NOW,
        due_from=NOW,
        due_until=NOW,
        service_s=0,
        priority=0,
    )
    return ParcelRecord(parcel, status, NOW, None, None, None, None, None, "", "")


def snapshot(records, refused=()):
    return Snapshot(
        as_of=NOW,
        setup=SETUP,
        announced=len(records) + len(refused),
        parcels=tuple(record(*one) for one in records),
        refused=tuple((one, ("bad",)) for one in refused),
        trips=(),
        vans=(),
        replans=(),
        incidents=(),
        holds=(),
        events_handled=0,
    )


def entry(parcel_id, *answers):
    return LedgerEntry(parcel_id, announced_count=1, answers=answers)


ENDS = [
    ("a", ParcelStatus.DELIVERED),
    ("b", ParcelStatus.RETURNED),
    ("c", ParcelStatus.UNSERVED),
    ("d", ParcelStatus.CANCELLED),
    ("e", ParcelStatus.REJECTED),
]
LEDGER = [
    entry("a", "accepted"),
    entry("b", "accepted", "cancelled"),
    entry("c", "accepted"),
    entry("d", "accepted", "cancelled"),
    entry("e", "rejected"),
    entry("f", "rejected"),
]


def test_a_day_that_adds_up_has_no_differences():
    assert differences(LEDGER, snapshot(ENDS, ["f"])) == ()


@pytest.mark.parametrize(
    ("changed", "word"),
    [
        (snapshot(ENDS[1:], ["f"]), "a is not in the account"),
        (snapshot(ENDS), "f is not in the account"),
        (snapshot([*ENDS, ("x", ParcelStatus.DELIVERED)], ["f"]), "x was never announced"),
        (snapshot(ENDS, ["f", "a"]), "a is in the account 2 times"),
        (snapshot([("a", ParcelStatus.ABOARD), *ENDS[1:]], ["f"]), "a is still aboard"),
        (snapshot([("a", ParcelStatus.REJECTED), *ENDS[1:]], ["f"]), "was told accepted"),
        (snapshot([("a", ParcelStatus.CANCELLED), *ENDS[1:]], ["f"]), "was not told"),
        (snapshot([*ENDS[:3], ("d", ParcelStatus.UNSERVED), ENDS[4]], ["f"]), "was confirmed"),
        (replace(snapshot(ENDS, ["f"]), announced=7), "says 7 announced"),
    ],
)
def test_every_disagreement_is_found(changed, word):
    found = differences(LEDGER, changed)
    assert any(word in one for one in found), found


def test_an_answer_that_never_came_is_a_difference():
    ledger = [replace(LEDGER[0], answers=()), *LEDGER[1:]]
    assert differences(ledger, snapshot(ENDS, ["f"])) == (
        "a is delivered, but its warehouse got no answer",
    )

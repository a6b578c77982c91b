"""Loading over HTTP: lists as the warehouse is told them, reports by the same rules as on MQTT."""

import json

import pytest

from dispatcher.core.events import TripLoaded
from dispatcher.core.parcels import ParcelStatus
from dispatcher.journal.database import read_journal
from tests.dispatcher.api.office import Office
from tests.dispatcher.core.harness import Day, minutes, parcel, setup_of
from tests.dispatcher.core.toy_city import at
from vehicles.changing import changed
from vehicles.facts import ActionEnded

LOADING, LOADED = "/v1/depots/dep/loading", "/v1/depots/dep/loaded"
WITHDRAWN = f"{LOADING}/withdrawn"


def day_at_the_dock() -> Day:
    """Return a day with a van that was told to load three parcels, and has not begun."""
    day = Day(setup_of(1))
    day.announce(*(parcel(n, at(1_000 * (n + 1), 0)) for n in range(3)))
    day.run(minutes(11))
    return day


class Past(Office):
    """An office whose depot has lived through a day's events already."""

    def __init__(self, folder, day):
        super().__init__(folder, (day.setup,))
        self.day = day

    def live_on(self, desk):
        """Put the day's core in the place of the depot's, which knows of no trip."""
        desk.depots["dep"].stepper.core = self.day.core


def journalled(office):
    with read_journal(office.folder / "journal.db") as journal:
        return [e.event for e in journal.read("dep") if isinstance(e.event, TripLoaded)]


async def test_what_is_to_be_loaded_is_listed_last_stop_first_with_dock_and_slot(tmp_path):
    day = day_at_the_dock()
    (trip,) = day.core.state.live_trips()
    office = Past(tmp_path, day)
    async with office.open() as desk, office.asking("view") as client:
        office.live_on(desk)
        (told,) = (await client.get(LOADING)).json()["loading"]
        assert (told["trip_id"], told["van_id"], told["dock"]) == (trip.trip_id, trip.van_id, 1)
        served = [parcel_id for node in trip.nodes for parcel_id in node.parcel_ids]
        assert told["parcel_ids"] == served[::-1]
        assert len(served) == 3
        assert told["loaded_ids"] == []
        assert told["from_at"] < told["until_at"]
        first = trip.nodes[0].node.actions[0]
        day.send(ActionEnded(trip.van_id, day.now, trip.trip_id, first.action_id, True, ""))
        (told,) = (await client.get(LOADING)).json()["loading"]
        assert told["loaded_ids"] == [first.parcel_id]
        day.run(minutes(30))
        assert (await client.get(LOADING)).json()["loading"] == [], "its van has left"


async def test_a_report_is_journalled_when_answered_and_says_what_differs(tmp_path):
    day = day_at_the_dock()
    (trip,) = day.core.state.live_trips()
    day.announce(parcel(7))
    office = Past(tmp_path, day)
    async with office.open() as desk, office.asking("operate") as client:
        office.live_on(desk)
        report = {"trip_id": trip.trip_id, "parcel_ids": ["p-2", "p-0", "p-7"]}
        for _ in range(2):
            told = await client.post(LOADED, json=report)
            assert told.status_code == 200
            assert told.json() == {"trip_id": trip.trip_id, "missing": ["p-1"], "extra": ["p-7"]}
        told_by = TripLoaded(trip.trip_id, ("p-2", "p-0", "p-7"), "operate-one")
        assert journalled(office) == [told_by] * 2
        book = desk.depots["dep"].stepper.core.state.book
        assert book["p-7"].reason == "loaded_wrongly"
        assert (book["p-1"].status, book["p-1"].trip_id) == (ParcelStatus.WAITING, None)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (json.dumps({"trip_id": "van-0/none", "parcel_ids": []}), 404, "DSP-602"),
        (json.dumps({"trip_id": "van-0/none"}), 422, "DSP-612"),
        ('{"trip_id": 7, "parcel_ids": ["with space"]}', 422, "DSP-612"),
        ("no JSON", 422, "DSP-612"),
    ],
)
async def test_what_is_no_report_is_a_problem_and_leaves_nothing(tmp_path, body, status, code):
    office = Office(tmp_path, (setup_of(1),))
    async with office.open(), office.asking("operate") as client:
        told = await client.post(LOADED, content=body)
        assert (told.status_code, told.json()["code"]) == (status, code)
    assert journalled(office) == []


async def test_a_trip_to_be_loaded_no_more_is_listed_until_the_warehouse_has_answered(
    tmp_path,
):
    day = day_at_the_dock()
    (trip,) = day.core.state.live_trips()
    day.core.state.keep_trip(changed(trip, withdraw_asked=True))
    office = Past(tmp_path, day)
    report = {"trip_id": trip.trip_id, "parcel_ids": [trip.parcel_ids[0]]}
    async with office.open() as desk, office.asking("operate") as client:
        office.live_on(desk)
        (told,) = (await client.get(LOADING)).json()["loading"]
        assert told["withdraw"]
        taken = await client.post(WITHDRAWN, json=report)
        assert (taken.status_code, taken.json()["kept_ids"]) == (200, list(trip.parcel_ids[1:]))
        (told,) = (await client.get(LOADING)).json()["loading"]
        assert (told["withdraw"], told["parcel_ids"]) == (False, [trip.parcel_ids[0]])
        assert (await client.post(WITHDRAWN, json=report)).json() == taken.json()
        unknown = await client.post(WITHDRAWN, json={"trip_id": "x", "parcel_ids": []})
        assert unknown.status_code == 404
        bad = await client.post(WITHDRAWN, json={"trip_id": trip.trip_id})
        assert bad.status_code == 422

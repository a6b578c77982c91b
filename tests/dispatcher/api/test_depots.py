"""The plan in force and the vans: what is desired and what is reported, page by page."""

import json

from tests.dispatcher.api.office import Office, setup_of, until
from tests.dispatcher.live.test_loop import state

VANS = "/v1/depots/dep-1/vans"


async def test_vans_come_page_by_page_each_once(tmp_path):
    office = Office(tmp_path, (setup_of("dep-1", van_count=7),))
    async with office.open(), office.asking("view") as client:
        found: list[str] = []
        after: str | None = ""
        for _ in range(4):
            told = (await client.get(VANS, params={"limit": 2, "after": after})).json()
            found += [van["van_id"] for van in told["vans"]]
            after = told.get("next_after")
        assert after is None
        assert found == [f"dep-1-m-{number:02}" for number in range(1, 8)]
        wrong = await client.get(VANS, params={"limit": 501})
        assert (wrong.status_code, wrong.json()["code"]) == (400, "DSP-604")


async def test_a_van_shows_what_it_says_and_since_when_it_was_heard(tmp_path):
    office = Office(tmp_path)
    async with office.open(), office.asking("view") as client:
        away = (await client.get(f"{VANS}/dep-1-m-01")).json()
        assert (away["presence"], away.get("heard_s_ago")) == ("away", None)
        said = json.loads(state(1, None)) | {"serialNumber": "dep-1-m-01"}
        office.broker.publish("uagv/v2/Robovan/dep-1-m-01/state", json.dumps(said).encode(), qos=0)
        async with office.asking("view") as asking:
            van = {}

            async def idle():
                van.update((await asking.get(f"{VANS}/dep-1-m-01")).json())
                return van["presence"] == "idle"

            while not await idle():
                pass
        assert van["place"] == {"lon": 24.95, "lat": 60.18}
        assert van["battery_kwh"] == 27.0
        assert 0 <= van["heard_s_ago"] < 10
        assert (await client.get(f"{VANS}/nobody")).status_code == 404


async def test_depots_and_an_empty_plan(tmp_path):
    office = Office(tmp_path, (setup_of("dep-2"), setup_of("dep-1")))
    async with office.open() as desk, office.asking("view") as client:
        await until(lambda: desk.depots["dep-1"].status.overview is not None)
        told = (await client.get("/v1/depots")).json()["depots"]
        assert [(one["depot_id"], one["vans"]) for one in told] == [("dep-1", 2), ("dep-2", 2)]
        plan = (await client.get("/v1/depots/dep-1/plan")).json()
        assert (plan["trips"], plan["upcoming"], plan["waiting_count"]) == ([], [], 0)
        assert (await client.get("/v1/depots/dep-9/plan")).status_code == 404


async def test_nothing_of_a_depot_is_shown_before_its_journal_is_replayed(tmp_path):
    office = Office(tmp_path)
    async with office.open(replayed=False), office.asking("operate") as client:
        for path in ("/v1/depots", VANS, "/v1/depots/dep-1/plan", "/v1/incidents"):
            answer = await client.get(path)
            assert (answer.status_code, answer.json()["code"]) == (503, "DSP-607"), path
        told = await client.post("/v1/depots/dep-1/parcels", json={})
        assert told.status_code == 503

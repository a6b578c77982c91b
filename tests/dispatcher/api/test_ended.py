"""A depot that has ended for a fault, over HTTP: it says so, and the others serve on."""

from dispatcher.core import dispatch
from dispatcher.core.events import ParcelAnnounced
from dispatcher.core.invariants import check
from tests.dispatcher.api.office import Office, setup_of, until
from tests.dispatcher.api.test_health import values_of

ENDED = "not served any more: dep-2 (InvariantBroken)"


def parcel(parcel_id):
    return {"parcel_id": parcel_id, "lon": 24.94, "lat": 60.17, "mass_kg": 1}


async def test_an_ended_depot_answers_503_with_the_cause_and_the_others_serve(
    tmp_path, monkeypatch
):
    rule = dispatch.RULES[ParcelAnnounced]

    def broken(state, event, now):
        check(event.parcel.depot_id != "dep-2", "a fault of ours")
        return rule(state, event, now)

    monkeypatch.setitem(dispatch.RULES, ParcelAnnounced, broken)
    office = Office(tmp_path, (setup_of("dep-1"), setup_of("dep-2")))
    office.planner.is_ready = True
    for run in (1, 2):  # the entry is journalled, so the second start ends it at once
        async with office.open() as desk, office.asking() as client:
            if run == 1:
                poisoned = await client.post("/v1/depots/dep-2/parcels", json=parcel("pkg-1"))
                assert (poisoned.status_code, poisoned.json()["code"]) == (503, "DSP-614")
            await until(lambda d=desk: d.depots["dep-2"].has_ended)
            for path in ("plan", "vans", "parcels/pkg-1", "events", "holds"):
                refused = await client.get(f"/v1/depots/dep-2/{path}")
                assert (refused.status_code, refused.json()["causes"]) == (503, [ENDED])
            refused = await client.post("/v1/depots/dep-2/parcels", json=parcel("pkg-2"))
            assert (refused.status_code, refused.json()["causes"]) == (503, [ENDED])
            taken = await client.post("/v1/depots/dep-1/parcels", json=parcel(f"pkg-{run}"))
            assert taken.status_code == 202
            shown = await client.get("/v1/depots")
            assert [one["depot_id"] for one in shown.json()["depots"]] == ["dep-1", "dep-2"]
            incident = {
                "incident_id": "jam-1",
                "line": [{"lon": 24.94, "lat": 60.17}],
                "speed_ratio": 0.2,
                "starts_at": "2026-03-02T08:00:00+02:00",
                "ends_at": "2026-03-02T09:00:00+02:00",
            }
            told = await client.post("/v1/incidents", json=incident)
            assert (told.status_code, told.json()["depots"]) == (202, ["dep-1"])
            ready = await client.get("/readyz")
            assert (ready.status_code, ready.json()) == (
                200,
                {"ready": True, "causes": [], "ended": ["dep-2 (InvariantBroken)"]},
            )
            values = await values_of(client)
            assert values[("robovan_ready",)] == 1
            ended = [values[("robovan_depot_ended", ("depot", f"dep-{n}"))] for n in (1, 2)]
            assert ended == [0, 1]


async def test_when_no_depot_is_served_any_more_it_is_not_ready(tmp_path, monkeypatch):
    def broken(*_):
        check(False, "a fault of ours")

    monkeypatch.setitem(dispatch.RULES, ParcelAnnounced, broken)
    office = Office(tmp_path)
    office.planner.is_ready = True
    async with office.open() as desk, office.asking() as client:
        assert (await client.get("/readyz")).status_code == 200
        await client.post("/v1/depots/dep-1/parcels", json=parcel("pkg-1"))
        await until(lambda: desk.depots["dep-1"].has_ended)
        waiting = await client.get("/readyz")
        cause = "not served any more: dep-1 (InvariantBroken)"
        assert (waiting.status_code, waiting.json()["causes"]) == (503, [cause])
        assert (await client.get("/healthz")).status_code == 200, "starting again would not help"

"""``robovan replay`` from the outside, on both forms of a journal."""

import json
from dataclasses import replace

import pytest

from dispatcher.cli import main
from dispatcher.journal.database import open_journal
from dispatcher.journal.lines import write_lines
from dispatcher.journal.records import entry_line
from maps.units import Instant, rfc3339
from tests.dispatcher.core.harness import T0, minutes
from tests.dispatcher.past_day import past_day

ENTRIES = past_day()


@pytest.fixture(params=["lines", "database"])
def journal(request, tmp_path):
    path = tmp_path / "journal"
    if request.param == "lines":
        write_lines(path, map(entry_line, ENTRIES))
    else:
        with open_journal(path) as opened:
            opened.append(ENTRIES)
    return path


@pytest.fixture
def run(capsys):
    def replay(path, *more: str):
        code = main(["replay", str(path), *map(str, more)])
        return code, capsys.readouterr()

    return replay


def test_the_end_of_the_day(run, journal):
    code, told = run(journal, "--json")
    assert code == 0
    document = json.loads(told.out)
    (depot,) = document["depots"]
    assert (document["until"], depot["depot_id"]) == (None, "dep")
    assert depot["parcels"] == {"delivered": 8}
    assert depot["summary"]["delivered"] == 8
    assert [van["state"] for van in depot["vans"]] == ["idle", "idle"]
    assert depot["starts"] == 2


def test_an_instant_in_the_middle(run, journal):
    until = rfc3339(minutes(12))
    code, told = run(journal, "--until", until, "--json")
    assert code == 0
    (depot,) = json.loads(told.out)["depots"]
    assert (depot["as_of"], depot["starts"]) == (until, 1)
    assert sum(depot["parcels"].values()) == 8
    out = [van for van in depot["vans"] if van["state"] == "under way"]
    assert out
    assert all(van["stops_left"] >= 0 and van["home_planned_at"] > until for van in out)


def test_people_are_told_the_same(run, journal):
    code, told = run(journal, "--until", rfc3339(minutes(12)))
    assert code == 0
    assert "Depot dep at 2026-03-02 09:12:00" in told.out
    assert "under way" in told.out


def test_a_bundle_without_a_city_has_everything_but_maps(run, journal, tmp_path):
    code, told = run(journal, "--until", rfc3339(minutes(12)), "-o", tmp_path / "out", "--json")
    assert code == 0
    (depot,) = json.loads(told.out)["depots"]
    files = {path.name for path in (tmp_path / "out").iterdir()}
    assert files == {
        "SHA256SUMS",
        "manifest.csv",
        "plan.json",
        "routes.geojson",
        "stops.geojson",
    }
    assert depot["out"] == str(tmp_path / "out")
    plan = json.loads((tmp_path / "out" / "plan.json").read_text("utf-8"))
    assert (plan["as_of"], plan["revision"]) == (depot["as_of"], depot["revision"])


def test_with_a_city_there_are_maps(run, journal, tmp_path, helsinki):
    from maps.storing import save_network

    save_network(helsinki, tmp_path / "h.city")
    out = tmp_path / "out"
    code, told = run(journal, "--city", tmp_path / "h.city", "-o", out)
    assert code == 0
    assert (out / "map.html").is_file()
    assert f"Written to {out}" in told.out.replace("\n", "")


def test_two_depots_get_a_folder_each_and_one_may_begin_later(run, tmp_path):
    second = [replace(entry, depot_id="later", now=Instant(entry.now + 1)) for entry in ENTRIES[:1]]
    write_lines(tmp_path / "j", map(entry_line, [*ENTRIES, *second]))
    code, told = run(tmp_path / "j", "--until", rfc3339(T0), "-o", tmp_path / "out", "--json")
    assert code == 0
    assert [depot["depot_id"] for depot in json.loads(told.out)["depots"]] == ["dep"]
    code, told = run(tmp_path / "j", "-o", tmp_path / "out", "--json")
    assert {path.name for path in (tmp_path / "out").iterdir()} == {"dep", "later"}


@pytest.mark.parametrize(
    ("more", "code", "words"),
    [
        (["--until", "2026-03-02T06:59:59Z"], 1, "DSP-411: Nothing stood at 2026-03-02T06:59:59"),
        (["--until", "2026-03-02T09:00:00"], 2, "lacks the offset"),
        (["--until", "noon"], 2, "is no date and time"),
    ],
)
def test_instants_that_cannot_be(run, journal, more, code, words):
    found, told = run(journal, *more)
    assert found == code
    assert words in " ".join(told.err.split())


def test_journals_that_cannot_be(run, tmp_path):
    path = tmp_path / "j.jsonl"
    assert run(path)[1].err.startswith("error DSP-404")
    write_lines(path, map(entry_line, []))
    assert "it holds no entry" in run(path)[1].err
    write_lines(path, map(entry_line, ENTRIES))
    lines = path.read_text().splitlines()
    lines[4] = lines[4].replace("ParcelAnnounced", "ParcelTeleported").replace("VanSeen", "VanGone")
    path.write_text("\n".join(lines) + "\n")
    code, told = run(path, "--json")
    assert code == 1
    assert json.loads(told.out)["error"]["code"] == "DSP-402"
    assert "line 5: " in told.err
    path.write_text("notes\n" * 10)
    assert "first line is not that of a journal" in run(path)[1].err

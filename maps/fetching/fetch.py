"""A place by its name: its outline, and the smallest extract that covers it.

Decides where a name is looked up and which extract is taken; the only file that imports osmnx.
Outlines come from Nominatim through osmnx, extracts from Geofabrik and BBBike by the catalogues
that pyrosm carries. Both are kept in the cache folder: the second time nothing is fetched. Two
variables of the environment name other servers: ``ROBOVAN_NOMINATIM_URL``, and
``ROBOVAN_EXTRACTS_URL`` for a catalogue (see ``catalogue``).
"""

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from maps.areas import Area
from maps.builtin import cache_dir, catalogue_files
from maps.errors import MapUnwritableError
from maps.fetching.catalogue import Offer, covering, read_catalogue
from maps.fetching.download import SILENCE_S_MAX, USER_AGENT, Progress, download, reason_of
from maps.fetching.fetch_errors import FetchFailedError, PlaceNotCoveredError, UnknownPlaceError

NOMINATIM_VARIABLE: Final = "ROBOVAN_NOMINATIM_URL"
NOMINATIM_URL: Final = "https://nominatim.openstreetmap.org/"
EXTRACTS_VARIABLE: Final = "ROBOVAN_EXTRACTS_URL"

OFFERS_MAX: Final = 3
"""Extracts asked for, smallest first, when a server says that it has one no longer."""

_GONE: Final = frozenset({403, 404, 410})

_CATALOGUE_BYTES_MAX: Final = 50_000_000

_PBF_HEAD: Final = b"OSMHeader"
"""The type of a PBF file's first block, after four bytes of its header's length and a key:
https://wiki.openstreetmap.org/wiki/PBF_Format."""


@dataclass(frozen=True, slots=True)
class FetchedPlace:
    """A place fetched by name: where its extract lies, and the area to cut out of it."""

    extract: Path
    area: Area


def fetch_place(
    name: str,
    *,
    progress: Callable[[str], Progress],
    refresh: bool = False,
    pause: Callable[[float], None] | None = None,
) -> FetchedPlace:
    """Return the extract that covers a place and the place's outline, fetching what is missing.

    Parameters
    ----------
    name
        As people write it: ``Utrecht, Netherlands``.
    progress
        Given the name of a file before it is fetched; returns what is told about its bytes.
    refresh
        Whether to fetch anew what is kept already.
    pause
        Waits so many seconds between attempts; by default really.

    Raises
    ------
    UnknownPlaceError, PlaceNotCoveredError
        If there is no such place, it has no outline, or no extract covers it.
    FetchFailedError, ExtractTooLargeError, CacheFullError
        If fetching does not work out.
    MapUnwritableError
        If the cache folder cannot be written.
    """
    options: dict[str, Any] = {} if pause is None else {"pause": pause}
    area = place_area(name, refresh=refresh)
    features, where = _catalogue(options, progress, refresh=refresh)
    offers = covering(area, features)
    if not offers:
        raise PlaceNotCoveredError(name, where)

    def _kept(offer: Offer) -> Path:
        path = extracts_dir() / _file_name(offer.url)
        if refresh or not path.is_file():
            _fetch_extract(offer, path, progress(path.name), options)
        return path

    *others, last = offers[:OFFERS_MAX]
    for offer in others:
        try:
            return FetchedPlace(_kept(offer), area)
        except FetchFailedError as wrong:
            if wrong.status not in _GONE:
                raise
    return FetchedPlace(_kept(last), area)


def extracts_dir() -> Path:
    """Return the folder where fetched extracts are kept."""
    return cache_dir() / "extracts"


def place_area(name: str, *, refresh: bool = False) -> Area:
    """Return the outline of a place, as OpenStreetMap has it.

    Raises
    ------
    UnknownPlaceError
        If there is no such place, or only as a point or line.
    FetchFailedError
        If the server cannot be reached, or refuses.
    MapUnwritableError
        If the cache folder cannot be written.
    """
    import osmnx  # noqa: PLC0415 - it brings pandas and more, which take a second

    server = os.environ.get(NOMINATIM_VARIABLE) or NOMINATIM_URL
    folder = cache_dir() / "places"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as wrong:
        raise MapUnwritableError(folder, wrong.strerror or str(wrong)) from wrong
    settings: Any = osmnx.settings
    settings.nominatim_url = server
    settings.cache_folder = folder
    settings.use_cache = not refresh
    settings.http_user_agent = settings.http_referer = USER_AGENT
    settings.requests_timeout = SILENCE_S_MAX
    # Left alone, osmnx waits and asks again for ever when the server is busy.
    settings.requests_kwargs = {"hooks": {"response": _refuse_refusals}}
    try:
        found = osmnx.geocoder.geocode_to_gdf(name)
    except TypeError as wrong:
        raise UnknownPlaceError(name, "it is known as a point, not as an area") from wrong
    except ValueError as wrong:
        raise UnknownPlaceError(name, "no place of that name is known") from wrong
    except OSError as wrong:
        raise FetchFailedError(server, reason_of(wrong)) from wrong
    outline = found.geometry.iloc[0]
    label = str(found["display_name"].iloc[0])
    return Area(label, outline.buffer(0))  # which mends rings that cross


def _refuse_refusals(answer: Any, *_: Any, **__: Any) -> None:
    if answer.status_code >= 400:
        answer.close()
        said = f"HTTP {answer.status_code} {answer.reason}"
        raise FetchFailedError(answer.url, said, status=answer.status_code)


def _catalogue(
    options: dict[str, Any], progress: Callable[[str], Progress], *, refresh: bool
) -> tuple[list[Any], str]:
    """Return the extracts on offer, and what to call the list."""
    url = os.environ.get(EXTRACTS_VARIABLE)
    if not url:
        features = [one for path in catalogue_files() for one in read_catalogue(path)]
        return features, "the catalogues of Geofabrik and BBBike"
    kept = extracts_dir() / f"catalogue-{_file_name(url)}"
    if refresh:
        kept.unlink(missing_ok=True)
    if not kept.is_file():
        limits = {"bytes_max": _CATALOGUE_BYTES_MAX, "check": _no_catalogue, **options}
        download(url, kept, progress=progress(kept.name), **limits)
    return read_catalogue(kept), url


def _no_catalogue(path: Path) -> str:
    try:
        read_catalogue(path)
    except (OSError, ValueError) as wrong:
        return str(wrong)
    return ""


def _fetch_extract(offer: Offer, kept: Path, told: Progress, options: dict[str, Any]) -> None:
    """Fetch an extract beside the one kept, which goes only when the new one is whole."""
    fresh = kept.with_name(f"new-{kept.name}") if kept.is_file() else kept
    download(offer.url, fresh, progress=told, check=_no_extract, **options)
    fresh.replace(kept)


def _no_extract(path: Path) -> str:
    """Say what is wrong with a file that should be an extract: servers also send web pages."""
    with path.open("rb") as file:
        return "" if _PBF_HEAD in file.read(64) else "what came is no OpenStreetMap extract"


def _file_name(url: str) -> str:
    parts = urlsplit(url)
    return re.sub(r"[^A-Za-z0-9._-]+", "-", f"{parts.hostname or ''}{parts.path}").strip("-.")

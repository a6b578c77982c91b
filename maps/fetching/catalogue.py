"""Which extracts can be downloaded, and the smallest ones that cover an area.

Decides what covers an area and what is small. Reads catalogues in the form of Geofabrik's
``index-v1.json``: GeoJSON features with the outline of each extract, and its address as ``pbf`` or
``urls.pbf``. Leaves to ``builtin`` where such catalogues lie and to ``fetch`` what to do with them.
"""

import gzip
import json
import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import shapely
import shapely.geometry
from numpy.typing import NDArray

from maps.areas import Area

COVERED_RATIO_MIN: Final = 0.99
"""Share of a place that must lie within an extract's outline: outlines are simplified, and towns
at the sea own water that extracts leave out (assumed)."""


@dataclass(frozen=True, slots=True)
class Offer:
    """An extract on offer, from ``url``; ``size`` is its area in square degrees of the equator."""

    name: str
    url: str
    size: float


def read_catalogue(path: Path) -> list[Any]:
    """Return the features of a catalogue, packed by gzip or not.

    Raises
    ------
    OSError, ValueError
        If it cannot be read, or is no catalogue.
    """
    data = path.read_bytes()
    stored = json.loads(gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data)
    features = stored.get("features") if isinstance(stored, dict) else None
    if not isinstance(features, list):
        raise ValueError("it is no catalogue of extracts")
    return features


def covering(area: Area, features: Iterable[Any]) -> list[Offer]:
    """Return the offers that cover an area, the smallest first, of equals by address."""
    offers = [offer for feature in features if (offer := _covering_one(area, feature)) is not None]
    return sorted(offers, key=lambda offer: (offer.size, offer.url))


def _covering_one(area: Area, feature: Any) -> Offer | None:
    try:
        about = feature["properties"]
        url = about.get("pbf") or about.get("urls", {}).get("pbf")
        outline = shapely.geometry.shape(feature["geometry"])
        name = str(about.get("name") or about["id"])
    except (KeyError, TypeError, AttributeError, ValueError, shapely.GEOSException):
        return None  # other catalogues hold entries of other kinds
    if not url or not _boxes_meet(area.shape.bounds, outline.bounds):
        return None
    outline = shapely.make_valid(outline)
    shared = _size(shapely.intersection(area.shape, outline))
    if shared < COVERED_RATIO_MIN * _size(area.shape):
        return None
    return Offer(name, str(url), _size(outline))


def _boxes_meet(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return (
        one[0] <= other[2] and other[0] <= one[2] and one[1] <= other[3] and other[1] <= one[3]
    )  # NaN bounds, of an outline without places, meet nothing


def _size(shape: Any) -> float:
    """Return an area in square degrees of the equator: the sinusoidal projection keeps areas."""

    def projected(places: NDArray[np.float64]) -> NDArray[np.float64]:
        shrunk = places[:, 0] * np.cos(places[:, 1] * (math.pi / 180))
        return np.column_stack((shrunk, places[:, 1]))

    return float(shapely.transform(shape, projected).area)

"""Draws a sheet as a PNG picture, so that one can see whether it looks like a city."""

import struct
import zlib
from pathlib import Path
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray

from benchmarks.generated_city.ground import Floats
from benchmarks.generated_city.sheet import Sheet

Picture = NDArray[np.uint8]
Colour = tuple[int, int, int]

_PAPER: Final[Colour] = (244, 241, 234)
_AREAS: Final[dict[str, Colour]] = {"water": (158, 200, 224), "park": (196, 224, 178)}
_STYLES: Final[dict[str, tuple[Colour, float]]] = {
    "building": ((214, 204, 190), 0.5),
    "path": ((150, 180, 130), 0.5),
    "footway": ((190, 150, 140), 0.5),
    "cycleway": ((120, 140, 200), 0.5),
    "service": ((200, 196, 190), 0.5),
    "oneway": ((190, 110, 60), 0.8),
    "living_street": ((120, 130, 140), 0.8),
    "residential": ((120, 120, 120), 0.8),
    "tertiary": ((200, 170, 40), 1.4),
    "secondary": ((220, 140, 30), 2.0),
    "primary": ((205, 70, 50), 2.6),
    "trunk": ((170, 40, 60), 3.0),
    "motorway_link": ((90, 90, 190), 1.0),
    "motorway": ((60, 60, 170), 2.6),
}
"""Colour and width in pixels, drawn in this order."""


def write_picture(sheet: Sheet, path: Path, *, width_px: int = 1800, middle_m: float = 0.0) -> None:
    """Draw all, or the square of ``middle_m`` metres around the market, and write it as PNG."""
    xy = sheet.places()
    roads = np.concatenate([nodes for nodes, tags in sheet.ways if "highway" in tags])
    size = middle_m / 2 if middle_m else float(np.abs(xy[roads]).max()) * 1.01
    scale = 2 * width_px / (2 * size)  # twice as fine, halved in the end
    pixels = (xy * np.array([1, -1]) + size) * scale
    image = np.full((2 * width_px, 2 * width_px, 3), _PAPER, dtype=np.uint8)
    layers: dict[str, list[list[int]]] = {name: [] for name in _STYLES}
    for nodes, tags in sheet.ways:
        area = "water" if "natural" in tags else "park" if "leisure" in tags else ""
        if area:
            _fill(image, pixels[nodes], _AREAS[area])
        elif (layer := _layer(tags)) in layers:
            layers[layer].append(nodes)
    for name, (colour, width) in _STYLES.items():
        if layers[name]:
            _stroke(image, pixels, layers[name], colour, width)
    halves = image.reshape(width_px, 2, width_px, 2, 3).mean(axis=(1, 3)).astype(np.uint8)
    path.write_bytes(_png(halves))


def _layer(tags: dict[str, str]) -> str:
    if "building" in tags:
        return "building"
    highway = tags.get("highway", "")
    if highway in ("residential", "unclassified", "pedestrian"):
        return "oneway" if "oneway" in tags else "residential"
    return highway


def _fill(image: Picture, corners: Floats, colour: Colour) -> None:
    side = np.arange(image.shape[0]) + 0.5
    x, y = np.meshgrid(side, side)
    image[shapely.contains_xy(shapely.Polygon(corners).buffer(0), x, y)] = colour


def _stroke(
    image: Picture, pixels: Floats, lines: list[list[int]], colour: Colour, width: float
) -> None:
    """Paint lines: points half a pixel apart, each with a round brush."""
    tail = pixels[[node for line in lines for node in line[:-1]]]
    head = pixels[[node for line in lines for node in line[1:]]]
    count = np.maximum(1, np.ceil(np.hypot(*(head - tail).T) * 1.5)).astype(np.int64)
    piece = np.repeat(np.arange(len(count)), count)
    share = (np.arange(len(piece)) - np.repeat(np.cumsum(count) - count, count)) / count[piece]
    dots = tail[piece] + share[:, None] * (head - tail)[piece]
    reach = int(np.ceil(width))
    for dx in range(-reach, reach + 1):
        for dy in range(-reach, reach + 1):
            if dx * dx + dy * dy <= width * width:
                at = np.floor(dots).astype(np.int64) + np.array([dx, dy])
                inside = ((at >= 0) & (at < image.shape[0])).all(axis=1)
                image[at[inside, 1], at[inside, 0]] = colour


def _png(image: Picture) -> bytes:
    height, width, _ = image.shape
    rows = np.concatenate((np.zeros((height, 1), np.uint8), image.reshape(height, -1)), axis=1)
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(rows.tobytes(), 6)), (b"IEND", b""))
    chunks = (
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in parts
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)

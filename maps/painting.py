"""Coloured lines into a PNG picture, without any graphics library.

Decides how lines become pixels and how the file is written; one short text can be put at the lower
right, in letters of five by seven dots. Leaves to ``picture`` what is drawn.
"""

import struct
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]

_FINER: Final = 2
"""Painted so many times finer than shown, and then averaged: edges look smooth."""

_LETTERS: Final = {
    "©": (0x3E, 0x41, 0x5D, 0x55, 0x41, 0x3E), "O": (0x3E, 0x41, 0x41, 0x41, 0x3E),
    "S": (0x26, 0x49, 0x49, 0x49, 0x32), "M": (0x7F, 0x02, 0x0C, 0x02, 0x7F),
    "D": (0x7F, 0x41, 0x41, 0x22, 0x1C), "L": (0x7F, 0x40, 0x40, 0x40, 0x40),
    "a": (0x20, 0x54, 0x54, 0x54, 0x78), "b": (0x7F, 0x48, 0x44, 0x44, 0x38),
    "c": (0x38, 0x44, 0x44, 0x44, 0x20), "e": (0x38, 0x54, 0x54, 0x54, 0x18),
    "i": (0x44, 0x7D, 0x40), "n": (0x7C, 0x08, 0x04, 0x04, 0x78),
    "o": (0x38, 0x44, 0x44, 0x44, 0x38), "p": (0x7C, 0x14, 0x14, 0x14, 0x08),
    "r": (0x7C, 0x08, 0x04, 0x04, 0x08), "s": (0x48, 0x54, 0x54, 0x54, 0x20),
    "t": (0x04, 0x3F, 0x44, 0x40, 0x20), "u": (0x3C, 0x40, 0x40, 0x20, 0x7C),
    ",": (0x50, 0x30), " ": (0, 0, 0),
}  # fmt: skip
"""Columns of dots from the left, each from the top in its lowest bit; as many letters as the
attribution needs. Others are left blank."""

_LETTER_PX: Final = 2
"""Side of one dot of a letter."""


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """Lines of one colour (``#rrggbb``) and width: arrays (n, 2) of x and y in pixels."""

    lines: Sequence[NDArray[np.float64]]
    colour: str
    width_px: float


def paint(
    width: int, height: int, ground: str, layers: Iterable[Line], *, text: str, ink: str
) -> bytes:
    """Return a PNG picture of layers painted one over the other, with a text at the lower right."""
    image = np.empty((height * _FINER, width * _FINER, 3), dtype=np.uint8)
    image[:] = _rgb(ground)
    for layer in layers:
        if layer.lines:
            _stroke(image, layer)
    smooth = image.reshape(height, _FINER, width, _FINER, 3).mean(axis=(1, 3)).astype(np.uint8)
    _write(smooth, text, ink)
    return _png(smooth)


def _rgb(colour: str) -> tuple[int, ...]:
    return tuple(bytes.fromhex(colour.removeprefix("#")))


def _stroke(image: Image, layer: Line) -> None:
    """Paint lines with a round brush, at points at most half a finer pixel apart."""
    tail = np.concatenate([line[:-1] for line in layer.lines]) * _FINER
    head = np.concatenate([line[1:] for line in layer.lines]) * _FINER
    count = np.maximum(1, np.ceil(np.hypot(*(head - tail).T) * 2)).astype(np.int64) + 1
    piece = np.repeat(np.arange(len(count)), count)
    step = np.arange(len(piece)) - np.repeat(np.cumsum(count) - count, count)
    dots = tail[piece] + (step / (count[piece] - 1))[:, None] * (head - tail)[piece]
    spots = np.unique(np.floor(dots).astype(np.int64), axis=0)
    radius = layer.width_px * _FINER / 2
    reach = int(np.ceil(radius))
    height, width, _ = image.shape
    for dx in range(-reach, reach + 1):
        for dy in range(-reach, reach + 1):
            if dx * dx + dy * dy <= max(radius * radius, 0.25):
                at = spots + np.array([dx, dy])
                at = at[((at >= 0) & (at < (width, height))).all(axis=1)]
                image[at[:, 1], at[:, 0]] = _rgb(layer.colour)


def _write(image: Image, text: str, ink: str) -> None:
    """Put a text on the picture, as far as there is room."""
    columns = [column for letter in text for column in (*_LETTERS.get(letter, (0, 0, 0)), 0)]
    dots = (np.array(columns, dtype=np.uint8)[None, :] >> np.arange(8)[:, None] & 1).astype(bool)
    large = dots.repeat(_LETTER_PX, axis=0).repeat(_LETTER_PX, axis=1)
    height, width, _ = image.shape
    large = large[: height - 8, -(width - 8) :]
    image[height - 8 - large.shape[0] : height - 8, width - 8 - large.shape[1] : width - 8][
        large
    ] = _rgb(ink)


def _png(image: Image) -> bytes:
    """Return the file: https://www.w3.org/TR/png-3/, eight bits a colour, no filters."""
    height, width, _ = image.shape
    rows = np.concatenate((np.zeros((height, 1), np.uint8), image.reshape(height, -1)), axis=1)
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(rows.tobytes(), 6)), (b"IEND", b""))
    chunks = (
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in parts
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)

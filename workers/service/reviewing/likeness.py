"""How like each other two printed figures are, by their pictures alone: one is misread where the other was."""

from __future__ import annotations

import io
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

#: Dots an inch of the pictures that are compared.
DPI = 150
#: From here on two figures are printed alike. Of 36,940 pairs of figures of 16 scans, rough, faded and scratched ones
#: among them, that print different numbers, 2 are (a figure half rubbed out by a stroke), and at .75 three; of those
#: that print the same 80 % are.
ALIKE = 0.8
#: Pixels that a figure is high while it is compared, and that are compared at a time: about a digit.
_HIGH, _WINDOW = 32, 20
#: How much one may be wider or higher, and by how many pixels besides.
_SIZE, _ROUNDED = 0.15, 1
#: Ink of fewer pixels, or lower than this share of the highest, is dust.
_DUST, _LOW = 6, 0.3
#: Ink that takes this share of the picture is the cell's frame.
_FRAME = 0.85
#: Pixels that a figure is high at least.
_LEAST = 5
#: Scale of the grain that is not compared, in pixels.
_GRAIN = 1.5


@dataclass(frozen=True, slots=True)
class Figure:
    """What is printed in a cell, without the cell. width, height: in pixels; ink: dark is high, `_HIGH` rows."""

    width: int
    height: int
    ink: NDArray[np.float32]


def find_figure(picture: bytes) -> Figure | None:
    """The figure on a picture of a cell with a rim; None where there is none.

    What touches the rim is a ruling, and so is what frames the cell.
    """
    gray = 255 - np.asarray(Image.open(io.BytesIO(picture)).convert("L"))
    _, dark = cv2.threshold(gray, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    stats = cv2.connectedComponentsWithStats(dark)[2][1:]
    left, top, width, height, area = stats.T
    rows, columns = gray.shape
    is_inside = (left > 1) & (top > 1) & (left + width < columns - 1) & (top + height < rows - 1)
    is_small = (width < _FRAME * columns) & (height < _FRAME * rows)
    glyphs = stats[is_inside & is_small & (area >= _DUST)]
    if not len(glyphs):
        return None
    glyphs = glyphs[glyphs[:, 3] >= _LOW * glyphs[:, 3].max()]
    (x, y), (right, bottom) = glyphs[:, :2].min(0), (glyphs[:, :2] + glyphs[:, 2:4]).max(0)
    if bottom - y < _LEAST:
        return None
    ink = gray[y:bottom, x:right].astype(np.float32)
    wide = max(round(ink.shape[1] * _HIGH / ink.shape[0]), _WINDOW // 2)
    even = cv2.GaussianBlur(cv2.resize(ink, (wide, _HIGH)), (0, 0), _GRAIN)
    return Figure(int(right - x), int(bottom - y), even.astype(np.float32))


def measure_likeness(one: Figure, other: Figure) -> float:
    """How alike two figures are where they are least alike, up to 1; 0 where they are not of one size.

    A digit that differs is seen however many do not.
    """
    for mine, its in ((one.width, other.width), (one.height, other.height)):
        if abs(mine - its) > _SIZE * max(mine, its) + _ROUNDED:
            return 0.0
    wide = one.ink.shape[1]
    beside = cv2.resize(other.ink, (wide, _HIGH)).astype(np.float32)
    window = min(_WINDOW, wide)
    count = 1 + -(-2 * (wide - window) // window)
    starts = np.linspace(0, wide - window, count).round().astype(int)
    return min(_correlate(one.ink[:, x : x + window], beside[:, x : x + window]) for x in starts)


def _correlate(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    a, b = one - one.mean(), other - other.mean()
    return float((a * b).sum() / np.sqrt((a * a).sum() * (b * b).sum() + 1e-9))

"""What the labels of a page say of a cell: ink that nobody printed upon it, and writing outside of what was read.

They are told by other eyes than the reading is: the page network knows neither cells nor figures.
"""

from __future__ import annotations

import cv2
import numpy as np

from extractor.seams.engine import Gray
from extractor.values.geometry import Box
from extractor.values.labels import PageLabels

#: What a ruling blackens of a cell, and how far a reading's own ink may be told beyond its box, label pixels.
_RIM, _OWN = 2, 2
#: From which a pixel of a page is foreign, of 255.
_FOREIGN = 128


def measure_foreign(labels: PageLabels, ink: Box) -> float:
    """How sure it is that ink nobody printed lies on or beside a figure, 0 to 1: the worst few pixels of its box.

    ink: what was read, pixels of the straight page; of a blank the inside of its cell.
    """
    part = _cut(labels.foreign, ink, labels, _OWN)
    return _worst(part)


def measure_outside(labels: PageLabels, cell: Box, read: Box | None) -> float:
    """How sure it is that writing stands in a cell outside of what was read, 0 to 1.

    cell, read: pixels of the straight page; read None for a blank, in which there is no writing at all.
    """
    scale = labels.scale
    left, top, right, bottom = (round(v / scale) for v in (cell.left, cell.top, cell.right, cell.bottom))
    part = labels.writing[
        max(0, top + _RIM) : max(0, bottom - _RIM), max(0, left + _RIM) : max(0, right - _RIM)
    ]
    if not part.size:
        return 0.0
    part = part.copy()
    if read is not None:
        low_x, high_x = (
            int(read.left / scale) - _OWN - left - _RIM,
            int(read.right / scale) + _OWN + 1 - left - _RIM,
        )
        low_y, high_y = (
            int(read.top / scale) - _OWN - top - _RIM,
            int(read.bottom / scale) + _OWN + 1 - top - _RIM,
        )
        part[max(0, low_y) : max(0, high_y), max(0, low_x) : max(0, high_x)] = 0
    return _worst(part)


def measure_marked(labels: PageLabels) -> float:
    """Share of a page on which ink lies that nobody printed, 0 to 1."""
    return float((labels.foreign >= _FOREIGN).mean()) if labels.foreign.size else 0.0


def _cut(picture: Gray, box: Box, labels: PageLabels, pad: int) -> Gray:
    rows = slice(max(0, int(box.top / labels.scale) - pad), max(0, int(box.bottom / labels.scale) + 1 + pad))
    columns = slice(
        max(0, int(box.left / labels.scale) - pad), max(0, int(box.right / labels.scale) + 1 + pad)
    )
    return picture[rows, columns]


def _worst(part: Gray) -> float:
    """The highest mean of 3 × 3 pixels, 0 to 1: one pixel alone is noise."""
    if not part.size:
        return 0.0
    return float(np.max(cv2.blur(part, (3, 3)))) / 255.0

"""Rulings too broad to be ridges: the first and the last of a table with three lines, found as bars of ink.

A ridge is darker than the paper on both sides of it, close by; in the middle of a broad ruling there is no paper.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from extractor.rulings.tracking import MIN_LENGTH_INCH, REACH_INCH, STRIP_INCH, Ruling
from extractor.seams.engine import Gray
from extractor.values.geometry import overlap

#: Thinner bars, in reaches of a ridge, are ridges; broader ones, in inches, are no rulings.
_LEAST_REACHES, _BROADEST_INCH = 1.5, 0.1
#: Darker than this share of paper is ink.
_DARK = 0.5
#: A bar that was tracked along this share of its length is known.
_KNOWN = 0.95


def add_broad(straight: Gray, horizontals: Sequence[Ruling], dpi: float) -> list[Ruling]:
    """The horizontal rulings of a straight page with the broad ones that were not tracked, longest first."""
    dark = (straight < _DARK * 255).astype(np.uint8)
    length = round(MIN_LENGTH_INCH["horizontal"] * dpi)
    bars = cv2.morphologyEx(dark, cv2.MORPH_OPEN, np.ones((1, length), dtype=np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(bars, connectivity=8)
    added = []
    for label in range(1, count):
        left, top, width, height, area = (int(value) for value in stats[label])
        if not _LEAST_REACHES * REACH_INCH * dpi < area / width <= _BROADEST_INCH * dpi:
            continue
        bar = _follow(labels[top : top + height, left : left + width] == label, left, top, dpi)
        if _known_length(bar, area / width, horizontals) < _KNOWN * bar.length:
            added.append(bar)
    return sorted([*horizontals, *added], key=lambda ruling: -ruling.length)


def _follow(mask: NDArray[np.bool_], left: int, top: int, dpi: float) -> Ruling:
    """The middle of a bar, strip by strip; left, top: where its mask lies on the page."""
    strips = max(2, round(mask.shape[1] / (STRIP_INCH * dpi)))
    along = np.linspace(0, mask.shape[1] - 1, strips)
    across = [float(np.flatnonzero(mask[:, round(x)]).mean()) for x in along]
    return Ruling("horizontal", along + left, np.asarray(across) + top, 255.0)


def _known_length(bar: Ruling, thickness: float, horizontals: Sequence[Ruling]) -> float:
    """How much of a bar's length, in pixels, is that of rulings tracked within it."""
    start, end = float(bar.along[0]), float(bar.along[-1])
    seen = 0.0
    for ruling in horizontals:
        shared = overlap(start, end, float(ruling.along[0]), float(ruling.along[-1]))
        middle = max(start, float(ruling.along[0])) + shared / 2
        if shared > 0 and abs(float(ruling.at(middle)) - float(bar.at(middle))) < thickness / 2:
            seen += shared
    return seen

"""What the ink of a cell says besides its reading: how it lies in the cell, and whether it is as much as was read.

A digit that a cut or a stroke of dirt took away leaves the others clear: the recogniser is sure of what is left. The
ink tells, by touching the side of the cell, or by being wider or narrower than that many digits are in this report.
"""

from __future__ import annotations

import math
from collections import defaultdict
from statistics import median

import cv2
import numpy as np

from extractor.seams.engine import Gray
from extractor.trust.likeness import compare_digits
from extractor.values.decoded import Decoded
from extractor.values.geometry import Box, overlap
from extractor.values.option import Option
from extractor.values.slot import Slot

INK_FEATURES = (
    "trouble_blank", "trouble_header", "trouble_cut",
    "gap_side", "gap_level", "digit_width", "digit_height", "glyph_pixels",
    "sealed", "contrast", "grain", "ruled", "annotation",
    "likeness", "compared", "report_likeness", "room", "crossed",
)  # fmt: skip
#: What a ratio is cut at, and what stands for one that cannot be told.
_MOST, _UNKNOWN = 3.0, 1.0
#: Gaps wider than this many digit heights are all alike.
_WIDE = 2.0
#: What rulings blacken of a cell (inches).
_RIM_INCH = 0.03
#: Gray from which on a pixel of a flat page is paper.
_PAPER = 190
#: Taller cells are all alike, in heights of a digit.
_MOST_ROOM = 6.0
#: Pixels to both sides of a cell's side that must be dark for ink to run over it; fewer rows than this tell nothing.
_RIM, _LEAST_ROWS = 2, 3
#: Ink is as dark as its darkest part, in percent of its pixels, and dark is what is this share of that from paper.
_INK_SHARE, _DARK = 5, 0.35
#: Width of a character over that of a digit.
_WIDTHS = {".": 0.5, ",": 0.5, "-": 0.7, "/": 0.8, "+": 1.0, "1": 0.85}


class InkContext:
    """What is usual in a report's tables, to compare cells with."""

    def __init__(self, decoded: Decoded) -> None:
        self._images = {page.page_no: page.image for page in decoded.pages if page.image is not None}
        widths: dict[str, list[float]] = defaultdict(list)
        heights: dict[str, list[float]] = defaultdict(list)
        for slot in decoded.slots:
            best = decoded.best(slot.spec.id)
            ink = slot.cell.ink if slot.cell is not None else None
            if best is None or ink is None or not _is_plain(best.raw):
                continue
            heights[slot.spec.table].append(ink.height)
            widths[slot.spec.table].append(ink.width / _count_widths(best.raw))
        self._alike = compare_digits(decoded)
        # What one in twenty of the report's fields is below: how well its digits can be told apart at all.
        alike = sorted(self._alike.values())
        self._usual_likeness = alike[len(alike) // 20] if alike else 0.0
        self._digit = median([h for found in heights.values() for h in found]) if heights else 0.0
        self._heights = {table: median(found) for table, found in heights.items()}
        self._widths = {table: median(found) for table, found in widths.items()}

    def row(self, slot: Slot, best: Option) -> list[float]:
        """Features of one field, in the order of `INK_FEATURES`."""
        trouble = [
            float(slot.trouble.startswith("blank")),
            float("header" in slot.trouble),
            float(slot.trouble.startswith("cell")),
        ]
        alike = self._alike.get(slot.spec.id)
        likeness = [alike or 0.0, float(alike is not None), self._usual_likeness]
        place = [self._room(slot), self._crossed(slot)]
        return trouble + self._of_ink(slot, best) + self._of_page(slot) + likeness + place

    def _room(self, slot: Slot) -> float:
        """Height of the cell in heights of a digit: a strip between a ruling and its ghost has no room for any."""
        if slot.cell is None or not self._digit:
            return _MOST_ROOM
        return min(_MOST_ROOM, slot.cell.cell.box.height / self._digit)

    def _crossed(self, slot: Slot) -> float:
        image, cell = self._images.get(slot.page_no or 0), slot.cell
        if image is None or cell is None or cell.ink is None:
            return 0.0
        return measure_crossing(image.flat, cell.cell.box, cell.ink)

    def _of_ink(self, slot: Slot, best: Option) -> list[float]:
        cell, table = slot.cell, slot.spec.table
        height = self._heights.get(table, 0.0)
        if cell is None or cell.ink is None or not height:
            return [_WIDE, _WIDE, _UNKNOWN, _UNKNOWN, height]
        ink, box = cell.ink, cell.cell.box
        side = min(ink.left - box.left, box.right - ink.right) / height
        level = min(ink.top - box.top, box.bottom - ink.bottom) / height
        if not _is_plain(best.raw):
            return [_cut(side), _cut(level), _UNKNOWN, _UNKNOWN, height]
        width = ink.width / _count_widths(best.raw) / max(self._widths[table], 1.0)
        return [_cut(side), _cut(level), min(_MOST, width), min(_MOST, ink.height / height), height]

    def _of_page(self, slot: Slot) -> list[float]:
        """Coloured ink, darkness and grain of the cell; whether rulings bound its table; more lines than one."""
        image = self._images.get(slot.page_no or 0)
        if image is None or slot.cell is None:
            return [0.0, 255.0, 0.0, 1.0, 0.0]
        box = slot.cell.cell.box
        patch = _patch(image.flat, box, _RIM_INCH * image.dpi)
        paper = patch[patch >= _PAPER]
        return [
            image.coloured_share(box),
            _darkest(patch),
            float(paper.std()) if paper.size else 0.0,
            float(any(_holds(grid.box, box) for grid in image.grids)),
            float(len(slot.cell.lines) > 1),
        ]


def measure_crossing(gray: Gray, box: Box, ink: Box) -> float:
    """Share of the ink's height at which dark runs on over a side of the cell, less that above and below it; -1 to 1.

    A figure that the side of its cell cuts in two runs over it, and nothing beside the figure does; a ruling is dark
    all along.
    """
    top, bottom = max(0, math.ceil(box.top) + _RIM), max(0, math.floor(box.bottom) - _RIM)
    rows = gray[top:bottom]
    low, high = max(0, round(ink.top) - top), max(0, round(ink.bottom) - top)
    inside = rows[low:high, max(0, round(ink.left)) : round(ink.right) + 1]
    if inside.size == 0 or high - low < _LEAST_ROWS:
        return 0.0
    dark = 255.0 - _DARK * (255.0 - float(np.percentile(inside, _INK_SHARE)))
    crossings = [_cross(rows, side, low, high, dark) for side in (box.left, box.right)]
    return max(crossings)


def _cross(rows: Gray, side: float, low: int, high: int, dark: float) -> float:
    at = round(side)
    strip = rows[:, max(0, at - _RIM) : max(0, at + _RIM + 1)]
    if not strip.shape[1]:
        return 0.0
    runs = strip.max(axis=1) < dark
    beside = np.concatenate([runs[:low], runs[high:]])
    return float(runs[low:high].mean()) - (float(beside.mean()) if beside.size > _LEAST_ROWS else 0.0)


def _is_plain(raw: str) -> bool:
    return any(c.isdigit() for c in raw) and all(c.isdigit() or c in _WIDTHS for c in raw)


def _count_widths(raw: str) -> float:
    """Widths of a digit that a text takes, less the air before its first and behind its last."""
    return max(0.3, sum(_WIDTHS.get(c, 1.0) for c in raw) - 0.15)


def _cut(gap: float) -> float:
    return max(-1.0, min(_WIDE, gap))


def _patch(gray: Gray, box: Box, rim: float) -> Gray:
    """The inside of a cell, without what its rulings blacken."""
    across, down = min(rim, 0.2 * box.width), min(rim, 0.2 * box.height)
    top, left = max(0, round(box.top + down)), max(0, round(box.left + across))
    return gray[top : max(top, round(box.bottom - down)), left : max(left, round(box.right - across))]


def _darkest(patch: Gray) -> float:
    """Darkness of the darkest spot of a few pixels, 0 (paper) to 255: in an empty cell no more than grain."""
    if not patch.size:
        return 255.0
    return 255.0 - float(cv2.blur(patch, (3, 3)).min())


def _holds(outer: Box, inner: Box) -> bool:
    shared = overlap(outer.left, outer.right, inner.left, inner.right)
    return shared > 0.5 * inner.width and outer.top <= inner.center_y <= outer.bottom

"""What the ink of a cell says besides its reading: how it lies in the cell, and whether it is as much as was read.

A digit that a cut or a stroke of dirt took away leaves the others clear: the recogniser is sure of what is left. The
ink tells, by touching the side of the cell, or by being wider or narrower than that many digits are in this report.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import replace
from statistics import median

import cv2
import numpy as np

from extractor.seams.engine import Gray
from extractor.trust.evidence import InkEvidence
from extractor.trust.likeness import (
    compare_digits,
    cut_digits,
    measure_oddness,
    measure_shades,
    measure_steps,
)
from extractor.trust.page_labels import measure_foreign, measure_marked, measure_outside
from extractor.values.decoded import Decoded
from extractor.values.geometry import Box, overlap
from extractor.values.option import Option
from extractor.values.reason import Trouble
from extractor.values.slot import Slot

#: Troubles of how a cell was cut.
_CUT = frozenset({Trouble.DIVIDED, Trouble.RUN_TOGETHER, Trouble.ODD_PLACES})
#: What a ratio is cut at, and what stands for one that cannot be told.
#: ±20 %: 1 status.
_MOST, _UNKNOWN = 3.0, 1.0
#: Gaps wider than this many digit heights are all alike.
#: ±20 %: confidence by 0.014 at most.
_WIDE = 2.0
#: What rulings blacken of a cell (inches).
#: ±20 %: 2 statuses.
_RIM_INCH = 0.03
#: Gray from which on a pixel of a flat page is paper.
#: ±20 %: 13 statuses.
_PAPER = 190
#: Taller cells are all alike, in heights of a digit.
#: ±20 %: confidence by 0.00024 at most.
_MOST_ROOM = 6.0
#: Pixels to both sides of a cell's side that must be dark for ink to run over it; fewer rows than this tell nothing.
#: ±20 %: confidence by 0.018 at most.
_RIM, _LEAST_ROWS = 2, 3
#: Ink is as dark as its darkest part, in percent of its pixels, and dark is what is this share of that from paper.
#: ±20 %: confidence by 0.00011 at most.
_INK_SHARE, _DARK = 5, 0.35
#: Figures of a page are dark as so many percent of them are no darker: rows in bold type, and those that a light
#: lies on, are darker than half of it. Of 58,367 fields of 420 documents 100 are then darker by 20 gray levels in no
#: sum of two figures, 35 of them misread; of the median 294 are, 62 misread.
_DARKER_SHARE = 75
#: Width of a character over that of a digit.
#: ±20 %: 5 statuses.
_WIDTHS = {".": 0.5, ",": 0.5, "-": 0.7, "/": 0.8, "+": 1.0, "1": 0.85}


class InkContext:
    """What is usual in a report's tables, to compare cells with."""

    def __init__(self, decoded: Decoded) -> None:
        self._images = {page.page_no: page.image for page in decoded.pages}
        widths: dict[str, list[float]] = defaultdict(list)
        heights: dict[str, list[float]] = defaultdict(list)
        for slot in decoded.slots:
            best = decoded.best(slot.spec.id)
            ink = slot.cell.ink if slot.cell is not None else None
            if best is None or ink is None or not _is_plain(best.raw):
                continue
            heights[slot.spec.table].append(ink.height)
            widths[slot.spec.table].append(ink.width / _count_widths(best.raw))
        digits = cut_digits(decoded)
        self._alike, self._odd = compare_digits(digits), measure_oddness(digits)
        self._steps, self._shades = measure_steps(digits), measure_shades(decoded, digits)
        # What one in twenty of the report's fields is below: how well its digits can be told apart at all.
        alike = sorted(self._alike.values())
        self._usual_likeness = alike[len(alike) // 20] if alike else 0.0
        self._marked = {no: measure_marked(image.labels) for no, image in self._images.items()}
        self._tones = {slot.spec.id: self._tone(slot) for slot in decoded.slots}
        self._usual = self._find_tones(decoded)
        self._digit = median([h for found in heights.values() for h in found]) if heights else 0.0
        self._heights = {table: median(found) for table, found in heights.items()}
        self._widths = {table: median(found) for table, found in widths.items()}

    def evidence(self, slot: Slot, best: Option) -> InkEvidence:
        """What the ink of one field says."""
        alike = self._alike.get(slot.spec.id)
        is_wrapped = slot.cell is not None and len(slot.cell.lines) > 1
        found = InkEvidence(
            trouble_blank=float(slot.trouble is Trouble.ODD_BLANK),
            trouble_header=float(slot.trouble is Trouble.NO_HEADER),
            trouble_cut=float(slot.trouble in _CUT),
            likeness=alike or 0.0,
            compared=float(alike is not None),
            oddness=min(_MOST, self._odd.get(slot.spec.id, 0.0)),
            step=0.0 if is_wrapped else min(_MOST, self._steps.get(slot.spec.id, 0.0)),
            shade=0.0 if is_wrapped else self._shades.get(slot.spec.id, 0.0),
            report_likeness=self._usual_likeness,
            room=self._room(slot),
            crossed=self._crossed(slot),
        )
        return self._of_page(slot, self._of_ink(slot, best, self._of_labels(slot, best, found)))

    def _find_tones(self, decoded: Decoded) -> dict[int | None, tuple[float, float]]:
        """How dark what is read on each page usually is, and how dark its darker figures are, gray levels."""
        found: dict[int | None, list[float]] = defaultdict(list)
        figures: dict[int | None, list[float]] = defaultdict(list)
        for slot in decoded.slots:
            tone, best = self._tones[slot.spec.id], decoded.best(slot.spec.id)
            if tone is not None:
                found[slot.page_no].append(tone)
                if best is not None and _is_plain(best.raw):
                    figures[slot.page_no].append(tone)
        return {
            page_no: (
                median(tones),
                float(np.percentile(figures[page_no], _DARKER_SHARE)) if figures[page_no] else median(tones),
            )
            for page_no, tones in found.items()
        }

    def _tone(self, slot: Slot) -> float | None:
        """Darkness of what was read, gray levels: of its darkest pixels those that make a stroke."""
        image = self._images.get(slot.page_no or 0)
        if image is None or slot.cell is None or slot.cell.ink is None:
            return None
        patch = _cut_box(image.flat, slot.cell.ink)
        return 255.0 - float(np.percentile(patch, _INK_SHARE)) if patch.size else None

    def _of_labels(self, slot: Slot, best: Option, found: InkEvidence) -> InkEvidence:
        """Whether all ink of the cell is explained, and is of the report's own type."""
        image, cell = self._images.get(slot.page_no or 0), slot.cell
        if image is None or cell is None:
            return found
        found = replace(
            found,
            left_out=min(_MOST, cell.left_out),
            foreign=measure_foreign(image.labels, cell.ink or cell.cell.box.shrink(_RIM_INCH * image.dpi)),
            outside=measure_outside(image.labels, cell.cell.box, cell.ink),
            marked=self._marked[slot.page_no or 0],
        )
        tone = self._tones[slot.spec.id]
        if cell.ink is None or tone is None:
            return found
        figures = sum(1 for c in best.raw if c not in ".,+")
        extra = cell.glyphs - figures if cell.glyphs and _is_plain(best.raw) else 0
        usual, dark = self._usual[slot.page_no]
        return replace(
            found,
            extra=max(-_MOST, min(_MOST, float(extra))),
            run=min(_MOST, measure_run(_cut_box(image.flat, cell.ink)) / self._digit) if self._digit else 0.0,
            tone=tone - usual,
            darker=tone - dark,
        )

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

    def _of_ink(self, slot: Slot, best: Option, found: InkEvidence) -> InkEvidence:
        """How the ink lies between the sides of its cell, and how wide and high its digits are."""
        cell, table = slot.cell, slot.spec.table
        height = self._heights.get(table, 0.0)
        unknown = replace(found, digit_width=_UNKNOWN, digit_height=_UNKNOWN, glyph_pixels=height)
        if cell is None or cell.ink is None or not height:
            return replace(unknown, gap_side=_WIDE, gap_level=_WIDE)
        ink, box = cell.ink, cell.cell.box
        side = min(ink.left - box.left, box.right - ink.right) / height
        level = min(ink.top - box.top, box.bottom - ink.bottom) / height
        placed = replace(unknown, gap_side=_cut(side), gap_level=_cut(level))
        if not _is_plain(best.raw):
            return placed
        width = ink.width / _count_widths(best.raw) / max(self._widths[table], 1.0)
        return replace(placed, digit_width=min(_MOST, width), digit_height=min(_MOST, ink.height / height))

    def _of_page(self, slot: Slot, found: InkEvidence) -> InkEvidence:
        """Coloured ink, darkness and grain of the cell; whether rulings bound its table; more lines than one."""
        image = self._images.get(slot.page_no or 0)
        if image is None or slot.cell is None:
            return replace(found, contrast=255.0, ruled=1.0)
        box = slot.cell.cell.box
        patch = _patch(image.flat, box, _RIM_INCH * image.dpi)
        paper = patch[patch >= _PAPER]
        return replace(
            found,
            sealed=image.coloured_share(box),
            contrast=_darkest(patch),
            grain=float(paper.std()) if paper.size else 0.0,
            ruled=float(any(_holds(grid.box, box) for grid in image.grids)),
            annotation=float(len(slot.cell.lines) > 1),
        )


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


def measure_run(patch: Gray) -> float:
    """Pixels of the longest level run of dark in a figure: a stroke through it is longer than any of its own."""
    if not patch.size:
        return 0.0
    dark = patch < 255.0 - _DARK * (255.0 - float(np.percentile(patch, _INK_SHARE)))
    # A run ends where paper is: distances between the places of paper along each row, the rim being paper.
    padded = np.pad(dark, ((0, 0), (1, 1))).ravel()
    return float(np.diff(np.flatnonzero(~padded)).max() - 1)


def _cut_box(gray: Gray, box: Box) -> Gray:
    return gray[
        max(0, round(box.top)) : max(0, round(box.bottom)), max(0, round(box.left)) : max(0, round(box.right))
    ]


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

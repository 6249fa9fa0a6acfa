"""Cells of the labels of a table without a grid: the brackets beside several rows are cut off from what names each.

Cut with the label they stand beside, the lines of a bracket would be read into those of the label.
All boxes are pixels of the straight page, top-left origin; `height` is that of a character.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from extractor.values.geometry import Box
from extractor.values.grid import GridCell

#: Labels begin at one place give or take this, brackets end this far left of it at least, in heights of a character.
_SAME_START, _APART = 0.5, 0.2
#: Labels that begin there, and their share of all label words.
_FEWEST, _SHARE = 4, 0.3

#: A row by its number in the grid, its top and its bottom.
Band = tuple[int, float, float]


def lay_labels(
    given: Sequence[Box], bands: Sequence[Band], left: float, right: float, height: float
) -> tuple[tuple[float, ...], list[GridCell]]:
    """Left ends of the label columns, and their cells: a label a row, and a bracket beside those right of it.

    given: words of the table. left, right: where the labels' part of the table begins and ends.
    """
    words = [w for w in given if w.right <= right + height and w.left < right]
    start = _find_start(words, height)
    if start is None:
        return (left,), [GridCell(r, r + 1, 0, 1, Box(left, top, right, end)) for r, top, end in bands]
    cells: list[GridCell] = []
    brackets: list[list[Band]] = []
    for band in bands:
        r, top, end = band
        if not _begins_at_start(words, band, start):
            cells.append(GridCell(r, r + 1, 0, 2, Box(left, top, right, end)))
            continue
        cells.append(GridCell(r, r + 1, 1, 2, Box(start, top, right, end)))
        if brackets and brackets[-1][-1][0] == r - 1:
            brackets[-1].append(band)
        else:
            brackets.append([band])
    for run in brackets:
        box = Box(left, run[0][1], start, run[-1][2])
        cells.append(GridCell(run[0][0], run[-1][0] + 1, 0, 1, box))
    return ((left, start), cells) if brackets else _as_one(cells, left)


def _as_one(cells: Sequence[GridCell], left: float) -> tuple[tuple[float, ...], list[GridCell]]:
    return (left,), [GridCell(c.row, c.row_end, 0, 1, c.box) for c in cells]


def _find_start(words: Sequence[Box], height: float) -> float | None:
    """Just left of where most labels begin; None where they begin at several places, or nothing stands left of it."""
    if not words:
        return None
    lefts = np.array([w.left for w in words])
    near = np.abs(lefts[:, None] - lefts[None, :]) <= _SAME_START * height
    counts = near.sum(axis=1)
    best = int(counts.argmax())
    if counts[best] < max(_FEWEST, _SHARE * len(words)):
        return None
    start = float(lefts[near[best]].min()) - _APART * height
    return start if any(w.right <= start for w in words) else None


def _begins_at_start(words: Sequence[Box], band: Band, start: float) -> bool:
    """Whether a row shows a label that begins at the usual place, and nothing that reaches over it from the left."""
    _, top, bottom = band
    own = [w for w in words if top <= w.center_y < bottom]
    return any(w.left >= start for w in own) and not any(w.left < start < w.right for w in own)

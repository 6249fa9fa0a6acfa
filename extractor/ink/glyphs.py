"""Ink without rulings: connected components as glyphs, gathered into text lines.

All boxes are pixels of the straight page, top-left origin.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from extractor.rulings.seen import LIKELY
from extractor.scan.cleaning import faint_threshold, find_ink
from extractor.seams.engine import Gray
from extractor.values.geometry import Box
from extractor.values.grid import Grid
from extractor.values.labels import PageLabels

#: Likelihood (0 to 255) from which a pixel is of writing and stays.
_WRITTEN = 128
#: The rim that blur gives a ruling, and half of what is taken for one along the sides of a cell, inches.
_RIM_INCH, _EDGE_INCH = 0.004, 0.006
#: A ruling of a grid lies no further from where its cells end, inches.
_BESIDE_INCH = 0.035
#: Components smaller than this in both directions are dust.
_DUST_INCH = 0.012
#: Components as thin as this and as close to a ruling are pieces of it; figures stand further off.
_SCRAP_INCH = 0.018
#: One that runs along this share of a side of a cell, as no figure does, may stand so many times as far off.
_ALL_ALONG, _FURTHER = 0.85, 2.0
#: Components that tell the height of a table's type.
_ENOUGH_GLYPHS = 12
#: A punch hole is as wide as high, give or take this share, larger than a line of text, in inches, and at least as
#: full as a disc is; no character that large is.
_ROUND, _HOLE_INCH, _DISC = 0.2, 0.17, 0.72
#: Squares of this share of its side in the corners of its box are empty but for this share.
_CORNER, _EMPTY = 0.12, 0.1
#: Text is between these heights; larger components are pictures, seals or shadows.
_MIN_TEXT_INCH, _MAX_TEXT_INCH = 0.03, 0.55
#: Parts of one character are a square together, give or take this share of its side; they stand over each other along
#: so much of the narrower one, no further apart than this share of the whole, and neither is nearly all of it.
#: Each ±20 %: nothing, of 13 scans three of which have such a character.
_SQUARE, _HALF_OVER, _HALF_GAP, _HALF_HIGH = 1.4, 0.6, 0.25, 0.75
#: The character is no higher than this many times the line whose last one it is: two short lines are twice as high.
_OF_LINE = 1.3
#: Lines above one of which one may be its upper part.
_BEFORE = 4

Ints = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Ink:
    """A straight page without its rulings.

    gray: the page with rulings painted as paper. boxes: components, n × 4 (left, top, right, bottom), by top.
    glyph_height: median height of a character in pixels.
    """

    gray: Gray
    boxes: Ints
    dpi: float
    glyph_height: float


def separate_ink(flat: Gray, labels: PageLabels, grids: Sequence[Grid], ruled: Sequence[Box] = ()) -> Ink:
    """Take the rulings out of a straight page and find what is left.

    labels: what its ink is. ruled: areas outside the grids that may be tables, as they lie between horizontal
    rulings.
    """
    dpi = labels.dpi
    ink = find_ink(flat)
    rulings = _ruling_mask(flat, labels, grids)
    _add_faint(flat, ink, rulings, [*(grid.box for grid in grids), *ruled])
    ink[rulings > 0] = 0
    clean = flat.copy()
    clean[rulings > 0] = 255
    count, _, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    stats = stats[1:count]
    width, height = stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT]
    dust = max(2.0, _DUST_INCH * dpi)
    is_text = ((width >= dust) | (height >= dust)) & (height <= _MAX_TEXT_INCH * dpi)
    kept = stats[is_text & ~_find_holes(ink, stats, dpi)]
    boxes = np.stack([kept[:, 0], kept[:, 1], kept[:, 0] + kept[:, 2], kept[:, 1] + kept[:, 3]], axis=1)
    scraps = _find_scraps(boxes, grids, dpi)
    for left, top, right, bottom in boxes[scraps].tolist():
        clean[top:bottom, left:right] = 255
    boxes = boxes[~scraps]
    boxes = boxes[np.argsort(boxes[:, 1], kind="stable")].astype(np.int32)
    return Ink(clean, boxes, dpi, _usual_height(boxes, dpi) or 0.12 * dpi)


def _find_holes(ink: NDArray[np.uint8], stats: NDArray[Any], dpi: float) -> NDArray[np.bool_]:
    """Which components are punch holes, which pass for a glyph beside a row.

    A disc leaves the corners of its box empty, a bold character of a title does not.
    """
    width, height = stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT]
    is_round = np.abs(width - height) <= _ROUND * np.maximum(width, height)
    is_full = stats[:, cv2.CC_STAT_AREA] >= _DISC * width * height
    found = np.asarray(is_round & is_full & (np.minimum(width, height) >= _HOLE_INCH * dpi), dtype=np.bool_)
    for place in np.flatnonzero(found):
        left, top, wide, high = stats[place, :4].tolist()
        side = max(1, round(_CORNER * min(wide, high)))
        box = ink[top : top + high, left : left + wide]
        corners = (box[:side, :side], box[:side, -side:], box[-side:, :side], box[-side:, -side:])
        found[place] = all(float(corner.mean()) <= _EMPTY for corner in corners)
    return found


def _add_faint(flat: Gray, ink: NDArray[np.uint8], rulings: NDArray[np.uint8], tables: Sequence[Box]) -> None:
    """Marks the ink of tables whose type is paler than the page's, by what is dark in each."""
    beside = cv2.dilate(rulings, np.ones((5, 5), np.uint8)) > 0
    for box in tables:
        rows = slice(max(0, round(box.top)), max(0, round(box.bottom)))
        columns = slice(max(0, round(box.left)), max(0, round(box.right)))
        part = flat[rows, columns]
        threshold = faint_threshold(part, beside[rows, columns])
        ink[rows, columns] |= ((part < threshold) & ~beside[rows, columns]).astype(np.uint8)


def inside_table(ink: Ink, box: Box) -> Ink:
    """The ink with the glyph height of a table in it, whose type may be half as large as that of the prose around."""
    members = inside(ink.boxes, box)
    usual = _usual_height(members, ink.dpi) if len(members) >= _ENOUGH_GLYPHS else None
    return Ink(ink.gray, ink.boxes, ink.dpi, usual or ink.glyph_height)


def _usual_height(boxes: Ints, dpi: float) -> float | None:
    """Median height of what may be a character, pixels; None where nothing may be."""
    heights = boxes[:, 3] - boxes[:, 1]
    text = heights[(heights > 0.055 * dpi) & (heights < 0.3 * dpi)]
    return float(np.median(text)) if len(text) else None


def _find_scraps(boxes: Ints, grids: Sequence[Grid], dpi: float) -> NDArray[np.bool_]:
    """Which components are what is left of a ruling beside the line it is taken for: thin, and close to it.

    The rim of a broad one, which runs along a whole side of a cell, is further off.
    """
    near = _SCRAP_INCH * dpi
    out = np.zeros(len(boxes), dtype=bool)
    for axis, other in ((0, 1), (1, 0)):
        thin = np.flatnonzero(boxes[:, axis + 2] - boxes[:, axis] <= near)
        middle = (boxes[thin, axis] + boxes[thin, axis + 2]) / 2
        start, end = boxes[thin, other], boxes[thin, other + 2]
        for edge, low, high in _edges(grids, axis):
            along = np.minimum(end, high) - np.maximum(start, low)
            reach = np.where(along >= _ALL_ALONG * (high - low), _FURTHER, 1.0) * near
            out[thin[(np.abs(middle - edge) <= reach) & (along > 0)]] = True
    return out


def _edges(grids: Sequence[Grid], axis: int) -> set[tuple[float, float, float]]:
    """Sides of cells across an axis (0: x): where they stand on it, and from where to where they run on the other."""
    boxes = [cell.box for grid in grids for cell in grid.cells]
    if axis == 0:
        return {(x, box.top, box.bottom) for box in boxes for x in (box.left, box.right)}
    return {(y, box.left, box.right) for box in boxes for y in (box.top, box.bottom)}


def _ruling_mask(flat: Gray, labels: PageLabels, grids: Sequence[Grid]) -> NDArray[np.uint8]:
    """Where rulings are and no writing is, in the shape of the page; in a grid they are where its cells end."""
    size = flat.shape[1], flat.shape[0]
    told = cv2.resize(np.maximum(labels.across, labels.down), size, interpolation=cv2.INTER_LINEAR)
    wide = 2 * max(1, round(_RIM_INCH * labels.dpi)) + 1
    mask = cv2.dilate((told >= LIKELY).astype(np.uint8), np.ones((wide, wide), np.uint8))
    near, half = round(_BESIDE_INCH * labels.dpi), max(1, round(_EDGE_INCH * labels.dpi))
    for grid in grids:
        for cell in grid.cells:
            box = cell.box.shrink(near)
            mask[round(box.top) : round(box.bottom) + 1, round(box.left) : round(box.right) + 1] = 0
    writing = cv2.resize(labels.writing, size, interpolation=cv2.INTER_LINEAR)
    mask[(writing >= _WRITTEN) & (writing > told)] = 0
    for cell in (cell for grid in grids for cell in grid.cells):
        box = cell.box
        corners = (round(box.left), round(box.top)), (round(box.right), round(box.bottom))
        cv2.rectangle(mask, *corners, (1.0,), thickness=2 * half + 1)
    return np.asarray(mask, dtype=np.uint8)


def inside(boxes: Ints, box: Box) -> Ints:
    """Components whose centre lies in the box."""
    x = (boxes[:, 0] + boxes[:, 2]) / 2
    y = (boxes[:, 1] + boxes[:, 3]) / 2
    return boxes[(x >= box.left) & (x < box.right) & (y >= box.top) & (y < box.bottom)]


def bound(boxes: Ints) -> Box:
    """Smallest box around components; there must be one at least."""
    low, high = boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)
    return Box(float(low[0]), float(low[1]), float(high[0]), float(high[1]))


def split_lines(boxes: Ints, glyph_height: float) -> list[Box]:
    """Text lines of a narrow area (a cell) from top to bottom: rows of ink, tall ones parted evenly."""
    if not len(boxes):
        return []
    big = boxes[(boxes[:, 3] - boxes[:, 1]) >= 0.2 * glyph_height]
    if not len(big):
        return [bound(boxes)]
    order = np.argsort(big[:, 1], kind="stable")
    runs: list[list[int]] = []
    for left, top, right, bottom in big[order].tolist():
        if runs and top < runs[-1][3] - 0.12 * glyph_height:
            last = runs[-1]
            runs[-1] = [min(last[0], left), last[1], max(last[2], right), max(last[3], bottom)]
        else:
            runs.append([left, top, right, bottom])
    runs = _join_thin(runs, glyph_height)
    lines: list[Box] = []
    for left, top, right, bottom in runs:
        parts = (
            max(1, round((bottom - top) / (1.25 * glyph_height))) if bottom - top > 1.9 * glyph_height else 1
        )
        step = (bottom - top) / parts
        lines += [Box(left, top + i * step, right, top + (i + 1) * step) for i in range(parts)]
    return lines


def _join_thin(runs: list[list[int]], glyph_height: float) -> list[list[int]]:
    """Rows thinner than a character (一, dots, the top of 二) join the nearer neighbour when close to it."""
    merged: list[list[int]] = []
    for run in runs:
        if merged:
            last = merged[-1]
            thin = min(run[3] - run[1], last[3] - last[1]) < 0.6 * glyph_height
            if thin and run[3] - last[1] <= 1.35 * glyph_height:
                merged[-1] = [min(last[0], run[0]), last[1], max(last[2], run[2]), run[3]]
                continue
        merged.append(run)
    return merged


def find_lines(ink: Ink, excluded: Sequence[Box]) -> list[Box]:
    """Text lines of a page outside the excluded areas, in reading order (top to bottom)."""
    boxes = ink.boxes
    heights = boxes[:, 3] - boxes[:, 1]
    keep = (heights >= _MIN_TEXT_INCH * ink.dpi * 0.5) & (heights <= _MAX_TEXT_INCH * ink.dpi)
    x = (boxes[:, 0] + boxes[:, 2]) / 2
    y = (boxes[:, 1] + boxes[:, 3]) / 2
    for box in excluded:
        keep &= ~((x >= box.left) & (x < box.right) & (y >= box.top) & (y < box.bottom))
    boxes = boxes[keep]
    if not len(boxes):
        return []
    fragments = _fragments(boxes, ink)
    return _join_fragments(fragments, ink)


def _fragments(boxes: Ints, ink: Ink) -> list[Box]:
    """Neighbouring glyphs joined by closing the gaps between characters of one line."""
    height, width = ink.gray.shape
    canvas = np.zeros((height // 2 + 1, width // 2 + 1), dtype=np.uint8)
    gap = ink.glyph_height
    for left, top, right, bottom in boxes.tolist():
        tall = max(ink.glyph_height * 0.3, float(bottom - top))
        middle, half = (top + bottom) / 2, 0.36 * tall
        y0, y1 = int((middle - half) / 2), int((middle + half) / 2) + 1
        canvas[
            y0:y1, int((left - gap * 0.55) / 2) if left > gap else 0 : int((right + gap * 0.55) / 2) + 1
        ] = 1
    count, _, stats, _ = cv2.connectedComponentsWithStats(canvas, connectivity=4)
    labels = []
    for left, top, wide, high, _ in stats[1:count].tolist():
        area = Box(2 * left, 2 * top - 1, 2 * (left + wide), 2 * (top + high) + 1)
        members = inside(boxes, area)
        if len(members):
            labels.append(bound(members))
    return labels


def _join_fragments(fragments: list[Box], ink: Ink) -> list[Box]:
    lines: list[Box] = []
    for fragment in sorted(fragments, key=lambda b: (-(b.width), b.top)):
        home = next((i for i, line in enumerate(lines) if _same_line(line, fragment)), None)
        if home is None:
            lines.append(fragment)
        else:
            lines[home] = lines[home].union(fragment)
    tall = 0.35 * ink.glyph_height
    lines = [line for line in lines if line.height >= tall or line.width >= 2 * ink.glyph_height]
    return sorted(_join_halves(lines), key=lambda b: (b.center_y, b.left))


def _join_halves(lines: Sequence[Box]) -> list[Box]:
    """The lines, those that are the upper and the lower part of one character as one.

    A character alone on its line, as 告 at the end of a title, has nothing beside it that bridges the gap in it.
    """
    joined: list[Box] = []
    for line in sorted(lines, key=lambda b: b.top):
        near = joined[-_BEFORE:]
        upper = next(
            (
                other
                for other in reversed(near)
                if _are_halves(other, line) and _ends(other.union(line), near)
            ),
            None,
        )
        if upper is None:
            joined.append(line)
        else:
            joined[joined.index(upper)] = upper.union(line)
    return joined


def _ends(character: Box, lines: Sequence[Box]) -> bool:
    """Whether a character may be the last of the line above it."""
    above = [line for line in lines if line.bottom <= character.top]
    return bool(above) and character.height <= _OF_LINE * max(above, key=lambda line: line.bottom).height


def _are_halves(upper: Box, lower: Box) -> bool:
    whole = upper.union(lower)
    is_over = min(upper.right, lower.right) - max(upper.left, lower.left) > _HALF_OVER * min(
        upper.width, lower.width
    )
    is_square = whole.height <= _SQUARE * whole.width and whole.width <= _SQUARE * whole.height
    is_near = lower.top - upper.bottom < _HALF_GAP * whole.height
    return is_over and is_square and is_near and max(upper.height, lower.height) < _HALF_HIGH * whole.height


def _same_line(line: Box, fragment: Box) -> bool:
    shared = min(line.bottom, fragment.bottom) - max(line.top, fragment.top)
    return shared > 0.5 * min(line.height, fragment.height) and (
        max(line.height, fragment.height) < 2.2 * min(line.height, fragment.height)
        or shared > 0.9 * fragment.height
    )

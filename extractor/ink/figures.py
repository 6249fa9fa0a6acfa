"""Figures and dashes in the cells of a grid, told from words by the shape of their ink.

Boxes are pixels of the straight page.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from extractor.ink.glyphs import Ink, Ints, inside
from extractor.values.geometry import Box, overlap
from extractor.values.grid import Grid, GridCell

#: Gap between figures of one row that parts columns, and what stands on one line, in heights of a digit.
GAP, BESIDE = 0.9, 0.5
#: A dash is so wide, in the same, and so many times as wide as high.
_DASH_WIDTH, _DASH_ASPECT = (0.2, 1.8), 1.8
#: A digit is at most this wide for its height, and as tall as its line but for this share; two that touch are wider
#: than any character of a word.
_DIGIT_WIDTH, _DIGIT_HEIGHT, _TOUCHING = 0.85, 0.8, (1.2, 1.7)
#: A letter is no wider than this, in heights of a digit; a word of two is.
_LETTER_WIDTH = 1.7
#: Share of a line's digits that are as tall, and of the narrower of two pieces that stand above each other.
_MOST_WHOLE, _ABOVE = 0.5, 0.3
#: A point or a comma is at most so wide, in heights of a digit, digits beside it are no further apart, and its middle
#: lies so far above or below their feet, as a share of their height. In Courier they are 1.1 apart: of 24 drawn
#: settlements 5 had columns parted there.
_POINT, _AT_POINT, _FOOT = 0.4, 1.5, 0.4
#: Remains of a ruling: this thin (inches) and lower than this share of a digit.
_THIN_INCH, _LOW = 0.013, 0.8
#: A stroke this thin, and this near to a vertical of the grid, is a piece of it (inches).
_PIECE_INCH = 0.02


class CellGlyphs:
    """Ink of a page by cell, without the remains of rulings."""

    def __init__(self, ink: Ink, grid: Grid) -> None:
        self.digit = ink.glyph_height
        boxes = ink.boxes
        width, height = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
        dot = (width <= _THIN_INCH * ink.dpi) & (height < _LOW * self.digit)
        middle = (boxes[:, 0] + boxes[:, 2]) / 2
        off = np.abs(middle[:, None] - np.asarray(grid.columns)[None, :]).min(axis=1)
        piece = (width <= _PIECE_INCH * ink.dpi) & (off <= _PIECE_INCH * ink.dpi)
        self._boxes = boxes[(height >= 0.4 * self.digit) & ~dot & ~piece]
        low, high = (share * self.digit for share in _DASH_WIDTH)
        is_point = (height < 0.4 * self.digit) & (width <= _POINT * self.digit) & ~piece
        self._points = boxes[is_point]
        is_dash = (height < 0.4 * self.digit) & (width >= _DASH_ASPECT * height)
        self._dashes = boxes[is_dash & (width >= low) & (width <= high)]

    def of(self, cell: GridCell) -> Ints:
        return inside(self._boxes, cell.box)

    def words(self, cell: GridCell, gap: float) -> list[Box]:
        """What stands in a cell from left to right, with less between than so many heights of a digit as one."""
        return _join([Box(*(float(v) for v in box)) for box in self.of(cell).tolist()], gap * self.digit)

    def is_letter(self, cell: GridCell, word: Box) -> bool:
        """Whether a word of a cell is one letter, and no figure: of two digits one is as wide."""
        pieces = [box for box in self.words(cell, 0.0) if word.left <= box.center_x <= word.right]
        return word.width <= _LETTER_WIDTH * self.digit and not is_figures(pieces, touching=True)

    def figures(self, cell: GridCell, *, touching: bool = False) -> list[list[Box]]:
        """Figures of a cell by line from the top, left to right; empty when it holds anything else.

        touching: two digits of a figure may touch, which broken words look like as well.
        """
        lines: list[list[Box]] = []
        members = self.of(cell)
        for glyph in members[np.argsort(members[:, 1], kind="stable")].tolist():
            box = Box(*(float(v) for v in glyph))
            if lines and box.center_y < max(b.bottom for b in lines[-1]):
                lines[-1].append(box)
            else:
                lines.append([box])
        if not all(is_figures(line, touching=touching) for line in lines):
            return []
        points = [Box(*(float(v) for v in box)) for box in inside(self._points, cell.box).tolist()]
        return [_join_at_points(_join(line, GAP * self.digit), points, self.digit) for line in lines]

    def dashes(self, cell: GridCell) -> list[Box]:
        """Level strokes of a cell that may be dashes."""
        return [Box(*(float(v) for v in box)) for box in inside(self._dashes, cell.box).tolist()]

    def marks(self, cell: GridCell) -> list[Box]:
        """Figures and dashes of a cell from left to right; empty when it holds anything else, or more than a line."""
        lines = self.figures(cell) or [[]]
        if len(lines) > 1 or (not lines[0] and len(self.of(cell))):
            return []
        found = [*lines[0], *_join(self.dashes(cell), GAP * self.digit)]
        heights = [box.center_y for box in found]
        if found and max(heights) - min(heights) > BESIDE * self.digit:
            return []
        return sorted(found, key=lambda box: box.left)


def is_figures(line: Sequence[Box], *, touching: bool = False) -> bool:
    """Digits are narrow and nearly all as tall as the line, once the pieces of a broken one are together.

    touching: beside another one, two may touch.
    """
    tall = max(box.height for box in line)
    whole = _unite_pieces(line)
    high = sum(1 for box in whole if box.height >= _DIGIT_HEIGHT * tall)
    wide = [box for box in whole if box.width > _DIGIT_WIDTH * tall]
    are_pairs = all(_TOUCHING[0] * tall <= box.width <= _TOUCHING[1] * tall for box in wide)
    return high >= _MOST_WHOLE * len(whole) and (
        not wide or (touching and are_pairs and len(wide) < len(whole))
    )


def _unite_pieces(line: Sequence[Box]) -> list[Box]:
    """Glyphs of a line, those above each other as one."""
    whole: list[Box] = []
    for box in sorted(line, key=lambda b: b.left):
        if whole and overlap(whole[-1].left, whole[-1].right, box.left, box.right) > _ABOVE * min(
            whole[-1].width, box.width
        ):
            whole[-1] = whole[-1].union(box)
        else:
            whole.append(box)
    return whole


def _join(glyphs: Sequence[Box], gap: float) -> list[Box]:
    words: list[Box] = []
    for glyph in sorted(glyphs, key=lambda b: b.left):
        if words and glyph.left - words[-1].right < gap:
            words[-1] = words[-1].union(glyph)
        else:
            words.append(glyph)
    return words


def _join_at_points(words: Sequence[Box], points: Sequence[Box], digit: float) -> list[Box]:
    """Figures, those between which a point or a comma stands as one: in type of one width they stand far apart."""
    whole: list[Box] = []
    for word in words:
        if whole and word.left - whole[-1].right <= _AT_POINT * digit:
            before = whole[-1]
            foot = before.bottom - _FOOT * before.height
            if any(
                before.right <= p.center_x <= word.left
                and foot <= p.center_y <= before.bottom + _FOOT * before.height
                for p in points
            ):
                whole[-1] = before.union(word)
                continue
        whole.append(word)
    return whole


def holds_figure(members: Ints, lines: Sequence[Box]) -> bool:
    """Whether any line of a cell ends in a figure."""
    for line in lines:
        own = [Box(*(float(v) for v in box)) for box in inside(members, line).tolist()]
        words = _join(own, line.height)
        last = [box for box in own if words and box.left >= words[-1].left]
        if last and is_figures(last):
            return True
    return False

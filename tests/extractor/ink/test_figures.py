"""Figures of a cell: digits that stand near each other, or on both sides of a point."""

from __future__ import annotations

import numpy as np
import pytest

from extractor.ink.figures import CellGlyphs
from extractor.ink.glyphs import Ink
from extractor.values.geometry import Box
from extractor.values.grid import Grid, GridCell

_HIGH, _WIDE = 20, 11
_CELL = GridCell(0, 1, 0, 1, Box(0, 0, 300, 60))
_GRID = Grid((0.0, 60.0), (0.0, 300.0), (_CELL,))


def figures(boxes):
    ink = Ink(np.full((60, 300), 255, np.uint8), np.array(boxes, np.int32), 200.0, float(_HIGH))
    return [len(line) for line in CellGlyphs(ink, _GRID).figures(_CELL)]


def digits(*lefts):
    return [[left, 20, left + _WIDE, 20 + _HIGH] for left in lefts]


@pytest.mark.parametrize(
    ("mark", "count"),
    [
        # A point, a comma that reaches below the feet, nothing, and a speck at the height of the heads.
        ([70, 36, 74, 40], 1),
        ([70, 36, 74, 43], 1),
        (None, 2),
        ([70, 20, 74, 24], 2),
    ],
)
def test_digits_on_both_sides_of_a_point_are_one_figure(mark, count):
    # They stand 1.3 heights apart, as in type of one width.
    assert figures([*digits(30, 46, 85, 101), *([mark] if mark else [])]) == [count]


def test_a_point_does_not_join_what_stands_too_far_apart():
    assert figures([*digits(30, 46, 120), [80, 36, 84, 40]]) == [2]

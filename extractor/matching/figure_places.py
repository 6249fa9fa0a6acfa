"""Where the figures of a table's columns stand, by which its pieces on other pages know theirs.

Without rulings the cells of a piece are cut between the figures it shows: where a column is blank in all of its rows
there are fewer cells, or the blank ones are guessed. The figures themselves stand where those of the other pieces do.
All boxes are pixels of straight pages, top-left origin.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from extractor.values.geometry import Box
from extractor.values.page import ReadCell
from extractor.values.printed import PrintedRow

#: A figure stands in a column if it is no further from those of other pieces than this share of the least distance
#: between columns.
#: ±20 %: nothing.
_NEAR = 0.2

#: Left and right ends of the ink in every column of a block; None for a column in which nothing is printed.
Marks = tuple[tuple[float, float] | None, ...]


def mark_columns(rows: Sequence[Sequence[ReadCell]], order: Sequence[int | None], count: int) -> Marks:
    """Where ink stands in each of so many columns; order: for every cell of a row the column it is of."""
    found: dict[int, list[Box]] = defaultdict(list)
    for row in rows:
        for cell, column in zip(row, order, strict=True):
            if column is not None and cell.ink is not None:
                found[column].append(cell.ink)
    return tuple(
        (min(b.left for b in found[i]), max(b.right for b in found[i])) if i in found else None
        for i in range(count)
    )


def place_by_marks(rows: Sequence[PrintedRow], marks: Marks) -> list[tuple[float, float] | None] | None:
    """Left and right ends of the columns of a piece, by the figures of another that stand above them.

    None unless every figure of the rows stands in one of those columns, no two of a row in the same. A column is None
    where neither piece shows any figure.
    """
    known = [(column, ends) for column, ends in enumerate(marks) if ends is not None]
    if len(known) < 2:
        return None
    centres = [(low + high) / 2 for _, (low, high) in known]
    reach = _NEAR * min(b - a for a, b in pairwise(centres))
    homes: dict[int, list[Box]] = defaultdict(list)
    for row in rows:
        taken: set[int] = set()
        for value in row.values:
            if value.ink is None:
                continue
            x = value.ink.center_x
            off, column = min((max(low - x, x - high, 0.0), i) for i, (low, high) in known)
            if off > reach or column in taken:
                return None
            taken.add(column)
            homes[column].append(value.cell.box)
    if not homes:
        return None
    return [
        (float(np.median([b.left for b in homes[i]])), float(np.median([b.right for b in homes[i]])))
        if i in homes
        else ends
        for i, ends in enumerate(marks)
    ]

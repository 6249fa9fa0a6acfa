"""Columns of a plain table from a header that is centred in them, and from where the table's rulings end.

Without verticals figures may stand at the right end of their column, far from the word above them. That word's middle
and the column's right side tell its left side, which is the right side of the column before; from the last column to
the first, and if the first does not begin where the rulings do, the header is not centred and nothing is told.
All numbers are pixels of the straight page.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from extractor.values.geometry import Box

#: Fewest words of a header, and how wide they are at least, in heights of a character.
_FEWEST, _HEADER_WIDTH = 2, 1.4
#: The first column begins where the rulings do, give or take this, in heights of a character.
_SAME_END = 1.5
#: Words this near to the sides, in heights of a character, may begin or end where their columns do.
_MARGIN = 0.8
#: A heading stands in the middle between the sides, its words no further apart, and words reach no further over a
#: column's side, in heights of a character.
_CENTRED, _ONE_PHRASE, _OVER = 0.5, 1.3, 0.5
#: How far rulings go on beyond the middle of the last column, as shares of the columns' distance, where one more
#: follows; where that begins and ends.
_ONE_MORE, _NEXT = (1.25, 1.75), (0.75, 1.25)

#: More than this between columns of figures, in heights of a character, is a column in which nothing is printed.
_EMPTY = 5.0

#: Left and right ends of columns, from left to right.
Extents = list[tuple[float, float]]


def find_headed(
    region: Sequence[Sequence[Box]], sides: tuple[float, float] | None, height: float
) -> list[Extents | None]:
    """For each line of words the columns of the header above it, or None.

    sides: where the table's rulings begin and end.
    """
    found: list[Extents | None] = [None] * len(region)
    if sides is None:
        return found
    starts = [0, *(i + 1 for i, line in enumerate(region) if _is_heading(line, sides, height))]
    for start, end in pairwise([*starts, len(region) + 1]):
        block = region[start : end - 1]
        columns = _find_columns(block[0], sides, height) if block else None
        if columns is not None and all(_fits(line, columns, height) for line in block):
            found[start : end - 1] = [columns] * len(block)
    return found


def add_last(columns: Extents, right: float) -> Extents:
    """The columns of figures without a header and, where the rulings go on to `right` for one more, that one.

    No line shows a figure in it, as where nobody printed totals.
    """
    centres = [(low + high) / 2 for low, high in columns]
    pitch = float(np.median(np.diff(centres)))
    if not _ONE_MORE[0] * pitch <= right - centres[-1] <= _ONE_MORE[1] * pitch:
        return columns
    return [*columns, (centres[-1] + _NEXT[0] * pitch, centres[-1] + _NEXT[1] * pitch)]


def add_empty(columns: Extents, right: float, height: float) -> Extents:
    """Columns of figures with what lies between those that stand far apart, and right of the last."""
    starts = [high for _, high in columns]
    ends = [*(low for low, _ in columns[1:]), right][: len(starts)]
    added = [
        (start + height, end - height)
        for start, end in zip(starts, ends, strict=True)
        if end - start > _EMPTY * height
    ]
    return sorted([*columns, *added])


def _is_heading(line: Sequence[Box], sides: tuple[float, float], height: float) -> bool:
    is_one = all(b.left - a.right < _ONE_PHRASE * height for a, b in pairwise(line))
    middle = (line[0].left + line[-1].right) / 2
    return is_one and abs(middle - (sides[0] + sides[1]) / 2) < _CENTRED * height


def _find_columns(words: Sequence[Box], sides: tuple[float, float], height: float) -> Extents | None:
    """The columns in which the words of a line are centred; None where they fill no table of that width."""
    if len(words) < _FEWEST or any(word.width < _HEADER_WIDTH * height for word in words):
        return None
    edges = [sides[1]]
    for word in reversed(words):
        edges.insert(0, 2 * word.center_x - edges[0])
    columns = list(pairwise(edges))
    if abs(edges[0] - sides[0]) > _SAME_END * height:
        return None
    if min(words[0].left - sides[0], sides[1] - words[-1].right) < _MARGIN * height:
        return None
    is_wide = all(right - left >= word.width for (left, right), word in zip(columns, words, strict=True))
    return columns if is_wide else None


def _fits(line: Sequence[Box], columns: Extents, height: float) -> bool:
    """Whether no word stands in two columns."""
    reach = _OVER * height
    inner = [left for left, _ in columns[1:]]
    return not any(word.left + reach < x < word.right - reach for word in line for x in inner)

"""Rows of a table of numbers without a grid: between its rulings, or at the heights of its figures.

All boxes are pixels of the straight page, top-left origin; `height` is that of a character.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from extractor.bands import Level
from extractor.geometry import Box, overlap
from extractor.plain import WordLine

#: A word wider than this many character heights is no number.
NUMBER_WIDTH = 6.5
#: Labels end this far, in heights of a character, before the first column of numbers.
LABEL_GAP = 0.6
#: A ruling parts rows when it runs along this share of the columns of numbers.
_ACROSS = 0.8
#: Rulings part the rows of a table when so large a share of its lines of figures, of so many at least, stand alone
#: between two of them.
_PARTED, _LEAST_LINES = 0.8, 3
#: Digits are at most this high beside the characters of a header.
_DIGIT_HEIGHT = 0.87
#: Lines of figures this close, in heights of a character, are one.
_SAME_LINE = 0.7

Columns = Sequence[tuple[float, float]]


def find_row_edges(
    region: Sequence[WordLine], columns: Columns, height: float, levels: Sequence[Level] = ()
) -> list[float]:
    """Boundaries of the header band and of every row, top to bottom; empty where no line shows figures.

    Args:
        region: the table's lines from top to bottom.
        columns: left and right end of every column of numbers.
        height: of a character.
        levels: horizontal rulings of the page.
    """
    data = _find_data(region, columns, height)
    if not data:
        return []
    ruled = _find_ruled(region, data, columns, levels)
    if ruled:
        return ruled
    first = columns[0][0] - LABEL_GAP * height
    labels = sorted(
        (w for line in region for w in line.words if w.right <= first + height), key=lambda b: b.top
    )
    return _row_edges(data, _leaf_labels(labels, height), region[0].box.top - 0.4 * height, height)


def _find_data(region: Sequence[WordLine], columns: Columns, height: float) -> list[WordLine]:
    """Lines of figures: the first that shows many, and all below it that show any."""
    numbered = [
        line for line in region if _count_numbers(line, columns, height) >= max(2, 0.5 * len(columns))
    ]
    if not numbered:
        return []
    top = numbered[_first_data(numbered, columns, height)].box.center_y
    data: list[WordLine] = []
    for line in region:
        figures = [w for w in line.words if _is_number(w, columns, height)]
        if line.box.center_y < top or not figures:
            continue
        if data and _middle(figures) - _middle(data[-1].words) < _SAME_LINE * height:
            continue
        data.append(WordLine(tuple(figures), line.box))
    return data


def _is_number(word: Box, columns: Columns, height: float) -> bool:
    """A narrow word under a column's header or figures, right of the labels."""
    return (
        word.width <= NUMBER_WIDTH * height
        and word.left > columns[0][0] - LABEL_GAP * height
        and any(overlap(word.left, word.right, *ends) > 0 for ends in columns)
    )


def _middle(words: Sequence[Box]) -> float:
    return float(np.median([w.center_y for w in words]))


def _find_ruled(
    region: Sequence[WordLine], data: Sequence[WordLine], columns: Columns, levels: Sequence[Level]
) -> list[float]:
    """The header's top and the rulings that part the rows, empty where they do not part them all.

    A row in which nothing is printed is seen this way, and no other.
    """
    left, right = columns[0][0], columns[-1][1]
    top, bottom = region[0].box.top, region[-1].box.bottom
    crossing = [
        level.y
        for level in levels
        if sum(overlap(left, right, *extent) for extent in level.extents) >= _ACROSS * (right - left)
    ]
    usual = float(np.median([line.box.height for line in data]))
    edges = [y for y in crossing if top - usual <= y <= bottom + usual]
    if not edges:
        return []
    first, last = _middle(data[0].words), _middle(data[-1].words)
    above = [y for y in edges if y < first]
    if not above or edges[-1] < last:
        return []
    rows = [y for y in edges if y >= above[-1]]
    heights = [_middle(line.words) for line in data]
    held = [sum(1 for y in heights if a < y < b) for a, b in pairwise(rows)]
    alone = sum(1 for count in held if count == 1)
    if len(data) < _LEAST_LINES or alone < _PARTED * len(data):
        return []
    return [min(top - 0.4 * usual, rows[0] - 1.0), *rows]


def _leaf_labels(labels: Sequence[Box], height: float) -> list[Box]:
    """Labels without the brackets that stand left of them and span several rows."""
    if not labels:
        return []
    places = np.array([round(w.left / (0.5 * height)) for w in labels])
    values, counts = np.unique(places, return_counts=True)
    leaf_left = float(values[np.argmax(counts)]) * 0.5 * height

    def has_neighbour(word: Box) -> bool:
        return any(o.left > word.right and abs(o.center_y - word.center_y) < 1.6 * height for o in labels)

    return [w for w in labels if w.right > leaf_left or not has_neighbour(w)]


def _count_numbers(line: WordLine, columns: Columns, height: float) -> int:
    return sum(
        1
        for low, high in columns
        if any(
            w.width <= NUMBER_WIDTH * height and low - height <= w.center_x <= high + height
            for w in line.words
        )
    )


def _first_data(lines: Sequence[WordLine], columns: Columns, height: float) -> int:
    """Index of the first line of figures: they are lower than the characters of a header, and narrower."""
    members = [[w for w in line.words if w.left >= columns[0][0] - height] for line in lines]
    widths = [float(np.median([w.width for w in words])) if words else 0.0 for words in members]
    heights = [float(np.median([w.height for w in words])) if words else 0.0 for words in members]
    usual, tallest = float(np.median(widths[len(widths) // 2 :])), max(heights)
    for i, (wide, high) in enumerate(zip(widths, heights, strict=True)):
        if wide <= max(1.25 * usual, 1.35 * height) or high <= _DIGIT_HEIGHT * tallest:
            return i
    return 0


def _row_edges(data: Sequence[WordLine], labels: Sequence[Box], top: float, height: float) -> list[float]:
    """Boundaries of the header band and of every data row."""
    centers = [_middle(line.words) for line in data]
    edges = [top]
    previous = None
    for center, line in zip(centers, data, strict=True):
        if previous is None:
            edges.append(
                _gap_between(
                    labels, line.box.top - 3.0 * height, center, height, default=line.box.top - 0.35 * height
                )
            )
        else:
            edges.append(_gap_between(labels, previous, center, height, default=(previous + center) / 2))
        previous = center
    last = [w.bottom for w in labels if w.bottom < centers[-1] + 2.2 * height]
    edges.append(max([data[-1].box.bottom, *last]) + 0.35 * height)
    return [float(v) for v in np.maximum.accumulate(np.asarray(edges))]


def _gap_between(labels: Sequence[Box], low: float, high: float, height: float, *, default: float) -> float:
    """Middle of the widest gap between label lines whose centres lie from low to high."""
    between = [w for w in labels if low - 0.6 * height <= w.center_y <= high + 0.6 * height]
    between.sort(key=lambda b: b.center_y)
    best, where = 0.0, default
    reached = None
    for word in between:
        if reached is not None:
            gap = word.top - reached
            middle = (word.top + reached) / 2
            if gap > best + 0.1 * height and low < middle < high:
                best, where = gap, middle
        reached = word.bottom if reached is None else max(reached, word.bottom)
    return where

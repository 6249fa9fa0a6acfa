"""Rows of a table of numbers without a grid: between its rulings, or at the heights of its figures.

All boxes are pixels of the straight page, top-left origin; `height` is that of a character.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from extractor.ink.type_sizes import DIGIT_HEIGHT, digit_height
from extractor.layout.blank_rows import add_blank, group_labels
from extractor.layout.figure_columns import Extents
from extractor.layout.text_columns import NUMBER_WIDTH, Columns
from extractor.values.geometry import Box, overlap
from extractor.values.level import Level
from extractor.values.words import WordLine

#: Labels end this far, in heights of a character, before the first column of numbers.
LABEL_GAP = 0.6
#: Rulings part the rows of a table when so large a share of its lines of figures, of so many at least, stand alone
#: between two of them.
_PARTED, _LEAST_LINES = 0.6, 3
#: Few rulings under a header part rows when these are no higher than so many lines.
_SINGLE_ROW = 5.0
#: A word so low and so wide, in heights of a character, is a piece of a ruling.
_SCRAP_HEIGHT, _SCRAP_WIDTH = 0.12, 1.3
#: A mark lower than this, in heights of a character, that stands alone in its line may be a speck.
_MARK = 0.3
#: What is lower than this, in heights of a character, is a speck unless it is so many times as wide as high; of what
#: is none a row shows a few: a figure and the total.
_HALF, _DASH, _FEWEST = 0.5, 1.5, 2
#: Brackets end no further right of where labels begin than this, in heights of a character.
_BRACKET_END = 0.5
#: Lines of figures this close, in heights of a character, are one.
_SAME_LINE = 0.7


def find_row_edges(
    region: Sequence[WordLine], found: Columns, height: float, levels: Sequence[Level] = ()
) -> list[float]:
    """Boundaries of the header band and of every row, top to bottom; empty where no line shows figures.

    Args:
        region: the table's lines from top to bottom.
        found: the columns of numbers, and where their header ends.
        height: of a character.
        levels: horizontal rulings of the page.
    """
    columns, end = found.extents, found.end
    data = _find_data(region, columns, height, end)
    first = columns[0][0] - LABEL_GAP * height
    labels = sorted(
        (w for line in region for w in line.words if w.right <= first + height), key=lambda b: b.top
    )
    leaves = leaf_labels(labels, height)
    start = _find_start(data, leaves, end, height)
    lines = add_blank(data, [w for w in leaves if w.center_y > start], height)
    ruled = _find_ruled(region, data, columns, levels, end)
    if ruled:
        return _part_rows(ruled, lines, leaves, height)
    top = region[0].box.top - 0.4 * height
    if not lines and np.isfinite(end):
        return [top, max(line.box.bottom for line in region) + 0.4 * height]
    rulings = [level.y for level in levels if level.runs_along(columns[0][0], columns[-1][1])]
    # Without a header what stands above the first line of many figures may be figures as well.
    heads = [w for line in region for w in line.words if w.right > first + height and np.isfinite(end)]
    return _row_edges(lines, leaves, top, height, rulings, heads) if lines else []


def _part_rows(
    ruled: Sequence[float], lines: Sequence[WordLine], labels: Sequence[Box], height: float
) -> list[float]:
    """Rows between rulings, those parted whose ruling was not found; a header's rows are left as they are."""
    edges = list(ruled)
    heights = [_middle(line.words) for line in lines]
    for above, below in pairwise(heights):
        if above > ruled[1] and not any(above < y < below for y in ruled):
            edges.append(_gap_between(labels, above, below, height, default=(above + below) / 2))
    return sorted(edges)


def _find_data(region: Sequence[WordLine], columns: Extents, height: float, end: float) -> list[WordLine]:
    """Lines that show any figures below the header's end; without a header, from the first that shows many on."""
    top = end
    if not np.isfinite(end):
        numbered = [
            line for line in region if _count_numbers(line, columns, height) >= max(2, 0.5 * len(columns))
        ]
        if not numbered:
            return []
        top = numbered[_first_data(numbered, columns, height)].box.center_y
        top = _reach_up(region, columns, height, top)
    data: list[WordLine] = []
    for line in region:
        figures = [w for w in line.words if _is_number(w, columns, height)]
        if line.box.center_y < top or not figures:
            continue
        if len(figures) == 1 and figures[0].height < _MARK * height:
            continue
        if data and _middle(figures) - _middle(data[-1].words) < _SAME_LINE * height:
            # Of two lines this close one may be what is left of a ruling.
            if len(figures) > len(data[-1].words):
                data[-1] = WordLine(tuple(figures), line.box)
            continue
        data.append(WordLine(tuple(figures), line.box))
    return data


def _reach_up(region: Sequence[WordLine], columns: Extents, height: float, top: float) -> float:
    """Where the topmost line lies that shows two figures or more and no words, before one that does, pixels."""
    high = digit_height(region, columns, height)
    for line in sorted(region, key=lambda found: -found.box.center_y):
        words = [w for w in line.words if w.left > columns[0][0] - LABEL_GAP * height]
        shown = [w for w in words if w.height >= _HALF * height or w.width >= _DASH * w.height]
        if line.box.center_y >= top or len(shown) < _FEWEST:
            continue
        if np.median([w.height for w in shown]) > high:
            break
        if sum(_is_number(w, columns, height) for w in shown) >= _FEWEST:
            top = line.box.center_y
    return top


def _is_number(word: Box, columns: Extents, height: float) -> bool:
    """A narrow word under a column's header or figures, right of the labels."""
    return (
        word.width <= NUMBER_WIDTH * height
        and not (word.height < _SCRAP_HEIGHT * height and word.width > _SCRAP_WIDTH * height)
        and word.left > columns[0][0] - LABEL_GAP * height
        and any(overlap(word.left, word.right, *ends) > 0 for ends in columns)
    )


def _middle(words: Sequence[Box]) -> float:
    return float(np.median([w.center_y for w in words]))


def _find_ruled(
    region: Sequence[WordLine],
    data: Sequence[WordLine],
    columns: Extents,
    levels: Sequence[Level],
    end: float,
) -> list[float]:
    """The header's top and the rulings that part the rows, empty where they do not part them all.

    A row in which nothing is printed is seen this way, and no other. Under a header that ends at `end` the rows may
    be few; without one it takes some to tell.
    """
    left, right = columns[0][0], columns[-1][1]
    top, bottom = region[0].box.top, region[-1].box.bottom
    usual = float(np.median([line.box.height for line in data or region]))
    edges = [
        level.y
        for level in levels
        if level.runs_along(left, right) and top - usual <= level.y <= bottom + usual
    ]
    heights = [_middle(line.words) for line in data]
    above = [y for y in edges if not heights or y < heights[0]]
    if np.isfinite(end):
        above = [y for y in above if y > end - _SAME_LINE * usual][:1]
    if not above or (heights and edges[-1] < heights[-1]):
        return []
    rows = [y for y in edges if y >= above[-1]]
    held = [sum(1 for y in heights if a < y < b) for a, b in pairwise(rows)]
    alone = sum(1 for count in held if count == 1)
    is_single = len(rows) > 1 and max(held) < 2 and float(np.diff(rows).max()) < _SINGLE_ROW * usual
    is_told = len(data) >= _LEAST_LINES or (np.isfinite(end) and is_single)
    if not is_told or alone < _PARTED * len(data):
        return []
    return [min(top - 0.4 * usual, rows[0] - 1.0), *rows]


def leaf_labels(labels: Sequence[Box], height: float) -> list[Box]:
    """Labels without the brackets that stand left of them and span several rows."""
    is_leaf = [
        not any(o.left > w.right and abs(o.center_y - w.center_y) < 1.6 * height for o in labels)
        for w in labels
    ]
    # A bracket set character by character has more lines than any row; words beside which nothing stands are rows'.
    places = [round(w.left / (0.5 * height)) for w, alone in zip(labels, is_leaf, strict=True) if alone]
    if not places:
        return []
    values, counts = np.unique(places, return_counts=True)
    leaf_left = float(values[np.argmax(counts)]) * 0.5 * height
    return [
        w
        for w, alone in zip(labels, is_leaf, strict=True)
        if alone or w.right > leaf_left + _BRACKET_END * height
    ]


def _count_numbers(line: WordLine, columns: Extents, height: float) -> int:
    return sum(
        1
        for low, high in columns
        if any(
            w.width <= NUMBER_WIDTH * height and low - height <= w.center_x <= high + height
            for w in line.words
        )
    )


def _first_data(lines: Sequence[WordLine], columns: Extents, height: float) -> int:
    """Index of the first line of figures: they are lower than the characters of a header, and narrower."""
    members = [[w for w in line.words if w.left >= columns[0][0] - height] for line in lines]
    widths = [float(np.median([w.width for w in words])) if words else 0.0 for words in members]
    heights = [float(np.median([w.height for w in words])) if words else 0.0 for words in members]
    usual, tallest = float(np.median(widths[len(widths) // 2 :])), max(heights)
    for i, (wide, high) in enumerate(zip(widths, heights, strict=True)):
        if wide <= max(1.25 * usual, 1.35 * height) or high <= DIGIT_HEIGHT * tallest:
            return i
    return 0


def _row_edges(
    data: Sequence[WordLine],
    labels: Sequence[Box],
    top: float,
    height: float,
    rulings: Sequence[float],
    heads: Sequence[Box],
) -> list[float]:
    """Boundaries of the header band and of every data row; heads: words of the columns, headers and figures."""
    centers = [_middle(line.words) for line in data]
    line = data[0]
    above = line.box.top - 3.0 * height
    start = _first_edge(line, labels, height)
    words = [w.bottom for w in heads if w.center_y < line.box.top and w.bottom < centers[0]]
    ruled = [y for y in rulings if max([above, *words]) - 0.35 * height < y < centers[0]]
    # Words above the figures are no part of their row.
    edges = [top, ruled[-1] if ruled else max(start, min(max(words, default=start), line.box.top - 1.0))]
    for previous, center in pairwise(centers):
        between = [y for y in rulings if previous < y < center]
        gap = _gap_between(labels, previous, center, height, default=(previous + center) / 2)
        edges.append(between[0] if len(between) == 1 else gap)
    last = [w.bottom for w in labels if w.bottom < centers[-1] + 2.2 * height]
    edges.append(max([data[-1].box.bottom, *last]) + 0.35 * height)
    return [float(v) for v in np.maximum.accumulate(np.asarray(edges))]


def _first_edge(line: WordLine, labels: Sequence[Box], height: float) -> float:
    """Where the first row of figures begins: above all lines of its label where these can be told from others."""
    center = _middle(line.words)
    groups = group_labels(labels, height)
    own = next((i for i, box in enumerate(groups) if box.top < center < box.bottom), None)
    if own is not None:
        above = groups[own - 1].bottom if own else -np.inf
        return float(max((above + groups[own].top) / 2, groups[own].top - 0.35 * height))
    return _gap_between(
        labels, line.box.top - 3.0 * height, center, height, default=line.box.top - 0.35 * height
    )


def _find_start(data: Sequence[WordLine], labels: Sequence[Box], end: float, height: float) -> float:
    """Below which labels name rows: the end of the header; without one where the first row of figures begins."""
    if np.isfinite(end):
        return end
    return _first_edge(data[0], labels, height) if data else np.inf


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

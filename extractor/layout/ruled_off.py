"""A table in which rulings run across and none down, as of three lines → its grid.

Columns are what gutters leave: the blank that runs from the header's lowest words to the last row. A word of the
header that alone bridges one stands over several columns. Rows are what blank across leaves, or rulings where there
are many.
Where several figures of a column would be one row this is no such table, and None is given.
All boxes are pixels of the straight page, top-left origin; `height` is that of a character.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TypeAlias

import numpy as np

from extractor.ink.type_sizes import DIGIT_HEIGHT
from extractor.layout.headed_columns import add_empty, add_last
from extractor.layout.label_cells import lay_labels
from extractor.layout.ruled_areas import Area
from extractor.layout.ruled_heads import HEADER_WIDTH, LOW, Header, lay_head, list_edges
from extractor.layout.text_columns import LATTICE
from extractor.layout.text_rows import leaf_labels
from extractor.values.geometry import Box, merge_spans, overlap
from extractor.values.grid import Grid, GridCell
from extractor.values.level import Level

#: Least gutter between columns, in heights of a character: between two that the header names, and any.
_GUTTER, _FULL_GUTTER = 0.5, 1.0
#: Words that bridge a gutter: so many at most, with so many words at least on both sides of it, and so many for each.
_BRIDGES, _BESIDE, _RATHER = 3, 2, 3
#: What is narrower than this too, in heights of a character, is a speck: it makes no column.
_NARROW = 0.8
#: A word's rim that may reach into the next row on a page that is not quite straight, share of its height.
_RIM = 0.05
#: Lines of one label stand nearer than this share of what usually lies between rows.
_WRAPPED = 0.6
#: A header has so many lines at most; what has more, and so many times those below the last ruling but one, is the
#: body, and a sum stands below it.
_HEADER_LINES, _OTHER = 4, 2
#: Fewest columns of a table: with a header, without one, of one whose rows rulings part, and of a single row.
_COLUMNS, _UNHEADED, _OF_RULED, _OF_ONE_ROW = 2, 3, 4, 5
#: The least share of a table's columns that have a header, or of the labels that begin where the first does, give or
#: take this, in heights of a character.
_HEADED, _SAME_START = 0.8, 0.6
#: So many bands between rulings are a header's and the rows'; from so many on rulings part the rows, and such a share
#: of the bands holds one.
_FEW, _RULED, _ALONE = 3, 5, 0.6
#: A header's bands, of which there are so many at most, are so many times as high as such rows are, or begin further
#: right than where so many percent of them do.
_HEADER_BANDS, _TALL, _FIRST_STARTS = 3, 1.3, 8

#: Words of a header stand this far from each other at least that are two columns', in heights of a character; and so
#: large a share of a column's words has another behind it where the column is two: brackets part words as well.
_APART, _PAIRED = 1.5, 0.3
#: Words of one header that stand over columns beside each other are no further above each other than this, in heights
#: of a character.
_NEAR = 2.0
#: A header stands no further above a ruling under it, in heights of a character.
_ABOVE = 3.0

_Span: TypeAlias = tuple[float, float]


@dataclass(frozen=True, slots=True)
class _Parts:
    """A table's header, and the words of its body."""

    head: Header
    body: tuple[Box, ...]


def build_ruled_off(
    area: Area, words: Sequence[Box], fine: Sequence[Box], levels: Sequence[Level], height: float
) -> Grid | None:
    """The grid of a table between its first and its last ruling; None where it has no such columns and rows.

    Args:
        area: the table.
        words: of the page; those less than a character apart are one.
        fine: the same words parted at narrower gaps too, as the header's of narrow columns are.
        levels: rulings across, of full width or not.
        height: of a character.
    """
    inner = [
        y
        for y in levels
        if area.edges[0] < y.y < area.edges[-1] and y.right > area.left and y.left < area.right
    ]
    parts = _part(area, words, fine, inner, height)
    columns = _find_columns(parts, height)
    if not _is_three_line(area, parts, columns, height):
        return None
    if not parts.head.is_there:
        if _is_under_header(area, words, columns, height):
            return None
        # Where nothing names them, columns in which nothing is printed are what lies between others.
        count = _count_labels(parts, columns)
        figures = columns[count:]
        if len(figures) >= LATTICE:
            figures = add_last(figures, area.right)
        columns = [*columns[:count], *add_empty(figures, area.right, height)]
    rows = _find_rows(area, parts, columns, height)
    if not rows or (len(rows) == 2 and not _is_told_by_one(parts, columns)):
        return None
    sides = [area.left, *((a[1] + b[0]) / 2 for a, b in pairwise(columns)), area.right]
    sides[0], sides[-1] = min(area.left, columns[0][0]) - 1.0, max(area.right, columns[-1][1]) + 1.0
    if any(w.left < x < w.right for w in parts.body for x in sides):
        # A figure would be cut in two.
        return None
    heads = list_edges(parts.head, columns, height)
    edges, first = [*heads[:-1], *rows], len(heads) - 1
    bands = [(first + r, top, bottom) for r, (top, bottom) in enumerate(pairwise(rows))]
    labels = [w for w in parts.body if w.center_x < sides[1]]
    starts, cells = lay_labels(labels, bands, sides[0], sides[1], height)
    added = len(starts) - 1
    cells += [_shift(cell, added) for cell in lay_head(parts.head, heads, sides, height)]
    for r, top, bottom in bands:
        for c, (low, high) in enumerate(pairwise(sides[1:]), 1 + added):
            cells.append(GridCell(r, r + 1, c, c + 1, Box(low, top, high, bottom)))
    cells.sort(key=lambda cell: (cell.row, cell.column))
    return Grid(tuple(edges), (*starts, *sides[1:]), tuple(cells))


def _shift(cell: GridCell, added: int) -> GridCell:
    """A header's cell where the column of labels is parted into more."""
    first = cell.column + added if cell.column else 0
    return replace(cell, column=first, column_end=cell.column_end + added)


def _is_three_line(area: Area, parts: _Parts, columns: Sequence[_Span], height: float) -> bool:
    """Whether few rulings run across, and the columns are the header's.

    Without a header nothing reaches over several, and the labels begin at one place, as under no header they do.
    """
    if _FEW < len(area.edges) - 1 < _RULED or len(columns) < _COLUMNS or _are_two(parts, columns, height):
        return False
    if not parts.head.is_there:
        bridges = [w for w in parts.body if sum(overlap(w.left, w.right, *ends) > 0 for ends in columns) > 1]
        first = [w.left for w in parts.body if w.center_x < columns[0][1]]
        begins = sum(left < columns[0][0] + _SAME_START * height for left in first)
        return len(columns) >= _UNHEADED and not bridges and begins >= _HEADED * len(first)
    if _parts_rows(area):
        # Words of a header's second line stand between rulings of their own. What has fewer columns has lost some.
        return len(columns) >= _OF_RULED
    headed = sum(any(overlap(w.left, w.right, *ends) > 0 for w in parts.head.words) for ends in columns)
    return headed >= _HEADED * len(columns)


def _parts_rows(area: Area) -> bool:
    """Whether a table's rulings are so many that they part its rows."""
    return len(area.edges) - 1 >= _RULED


def _count_labels(parts: _Parts, columns: Sequence[_Span]) -> int:
    """How many columns there are up to the last of words, which are higher than figures; all where none is lower."""
    heights = [
        float(np.median([w.height for w in parts.body if low <= w.center_x <= high] or [0.0]))
        for low, high in columns
    ]
    return 1 + max(i for i, high in enumerate(heights) if high > DIGIT_HEIGHT * max(heights))


def _is_under_header(area: Area, words: Sequence[Box], columns: Sequence[_Span], height: float) -> bool:
    """Whether words stand right above the first ruling over most columns: it is the one under their header."""
    above = [w for w in words if 0 < area.edges[0] - w.center_y < _ABOVE * height]
    headed = sum(any(overlap(w.left, w.right, *ends) > 0 for w in above) for ends in columns)
    return headed > len(columns) / 2


def _is_told_by_one(parts: _Parts, columns: Sequence[_Span]) -> bool:
    """Whether a single row is that of a table: of many columns, lower than the words above them if there are any."""
    figures, words = (
        [w.height for w in found if w.center_x > columns[0][1]] for found in (parts.body, parts.head.words)
    )
    is_lower = not words or (bool(figures) and np.median(figures) <= DIGIT_HEIGHT * np.median(words))
    return len(columns) >= _OF_ONE_ROW and bool(is_lower)


def _are_two(parts: _Parts, columns: Sequence[_Span], height: float) -> bool:
    """Whether a column holds two, told by words side by side: of its header, or a full gutter from each other.

    Not the first, in which the words of a label may stand apart.
    """
    lowest = [w for w in parts.head.joined if not parts.head.is_over_ruling(w)]
    for low, high in columns[1:]:
        heads, body = ([w for w in found if low <= w.center_x <= high] for found in (lowest, parts.body))
        wide = [w for w in heads if w.width >= HEADER_WIDTH * height]
        if any(
            a.right <= b.left and abs(a.center_y - b.center_y) < _NEAR * height for a in wide for b in wide
        ):
            return True
        if any(_stand_apart(a, b, _APART * height) for a in heads for b in heads):
            return True
        pairs = sum(any(_stand_apart(a, b, _FULL_GUTTER * height) for b in body) for a in body)
        if pairs > _PAIRED * len(body):
            return True
    return False


def _stand_apart(word: Box, other: Box, gap: float) -> bool:
    """Whether a word stands so far right of another, on its line."""
    is_level = abs(other.center_y - word.center_y) < LOW * word.height
    return is_level and other.left - word.right >= gap


def _part(
    area: Area, words: Sequence[Box], fine: Sequence[Box], levels: Sequence[Level], height: float
) -> _Parts:
    """The words above and below the ruling under the header: the last but one, or that over most lines by far."""

    def within(found: Sequence[Box], top: float, bottom: float) -> list[Box]:
        return [
            w
            for w in found
            if top < w.center_y < bottom and area.left - height < w.center_x < area.right + height
        ]

    bands = [within(words, a, b) for a, b in pairwise(area.edges)]
    counts = [len(merge_spans([(w.top, w.bottom) for w in band], 0.0)) for band in bands]
    most = int(np.argmax(counts))
    place = most if counts[most] > max(_HEADER_LINES, _OTHER * counts[-1]) else len(counts) - 1
    if _parts_rows(area):
        place = _count_header(area, bands, height)
    end = area.edges[place]
    top, bottom = area.edges[0], area.edges[-1]
    head = Header(top, end, tuple(within(fine, top, end)), tuple(within(words, top, end)), tuple(levels))
    return _Parts(head, tuple(within(words, end, bottom)))


def _count_header(area: Area, bands: Sequence[Sequence[Box]], height: float) -> int:
    """How many of the first bands are no rows where rulings part these: higher ones, or such as begin elsewhere."""
    steps = np.diff(area.edges)
    starts = [min(w.left for w in band) for band in bands if band]
    begins = float(np.percentile(starts, _FIRST_STARTS)) if starts else area.left
    for place, (band, step) in enumerate(zip(bands[:_HEADER_BANDS], steps, strict=False)):
        is_indented = bool(band) and min(w.left for w in band) > begins + height
        if step <= _TALL * np.median(steps) and not is_indented:
            return place
    return min(_HEADER_BANDS, len(bands) - 1)


def _find_columns(parts: _Parts, height: float) -> list[_Span]:
    """Left and right ends of the columns, from left to right."""
    lowest = [w for w in parts.head.words if not parts.head.is_over_ruling(w)]
    shown = [w for w in parts.body if not _is_speck(w, height)]
    heads = lowest
    columns = merge_spans([(w.left, w.right) for w in (*heads, *shown)], _GUTTER * height)
    while bridges := _find_bridges(heads, shown, columns, height):
        heads = [w for w in heads if w not in bridges]
        columns = merge_spans([(w.left, w.right) for w in (*heads, *shown)], _GUTTER * height)
    return _join_slivers(columns, lowest, shown, height)


def _find_bridges(
    heads: Sequence[Box], body: Sequence[Box], columns: Sequence[_Span], height: float
) -> list[Box]:
    """The fewest words of a header without which a column falls into two, both of many more words; [] without any."""
    best: list[Box] = []
    for low, high in columns:
        own, fixed = ([w for w in found if low <= w.center_x <= high] for found in (heads, body))
        for x in {w.right for w in (*own, *fixed)}:
            end = x + _GUTTER * height
            over = [w for w in own if w.left < end and w.right > x]
            if not 0 < len(over) <= _BRIDGES or any(w.left < end and w.right > x for w in fixed):
                continue
            before = sum(w.right <= x for w in (*own, *fixed))
            behind = sum(w.left >= end for w in (*own, *fixed))
            if min(before, behind) >= max(_BESIDE, _RATHER * len(over)) and len(over) < (len(best) or np.inf):
                best = over
    return best


def _join_slivers(
    columns: Sequence[_Span], head: Sequence[Box], body: Sequence[Box], height: float
) -> list[_Span]:
    """The columns without those that are no more than pieces of others.

    A single character of a header that stands over nothing belongs to the nearer of those beside it. What has no word
    of the header, or stands beside what has none, is parted by a full gutter: what follows on 一、 is its label.
    """

    def is_headed(ends: _Span) -> bool:
        return any(overlap(w.left, w.right, *ends) > 0 for w in head)

    found = [columns[0]] if columns else []
    for ends in columns[1:]:
        gap = ends[0] - found[-1][1]
        if gap < _FULL_GUTTER * height and not (is_headed(found[-1]) and is_headed(ends)):
            found[-1] = (found[-1][0], ends[1])
        else:
            found.append(ends)
    i = 0
    while i < len(found) and len(found) > 1:
        low, high = found[i]
        if high - low >= HEADER_WIDTH * height or any(low <= w.center_x <= high for w in body):
            i += 1
            continue
        before = low - found[i - 1][1] if i else np.inf
        behind = found[i + 1][0] - high if i + 1 < len(found) else np.inf
        other = i - 1 if before <= behind else i
        found[other : other + 2] = [(found[other][0], found[other + 1][1])]
        i = max(other, 0)
    return found


def _is_speck(word: Box, height: float) -> bool:
    return word.height < LOW * height and word.width < _NARROW * height


def _find_rows(area: Area, parts: _Parts, columns: Sequence[_Span], height: float) -> list[float]:
    """Edges of the body's rows from top to bottom; empty where lines of one column would be one row."""
    shown = [w for w in parts.body if w.height >= LOW * height]
    labels = [w for w in shown if w.center_x < columns[0][1]]
    leaves = leaf_labels(labels, height)
    words = [w for w in shown if w not in labels or w in leaves]
    edges = [y for y in area.edges if y >= parts.head.end]
    bands = []
    for top, bottom in pairwise(edges):
        own = [w for w in words if top < w.center_y < bottom]
        bands.append(merge_spans([(w.top + _RIM * w.height, w.bottom - _RIM * w.height) for w in own], 0.0))
    if _parts_rows(area):
        if sum(len(lines) == 1 for lines in bands) < _ALONE * len(bands):
            return []
        # Where rulings part the rows, lines between two of them are one row's, but for a ruling that was lost.
        whole = [[(lines[0][0], lines[-1][1])] if lines else [] for lines in bands]
        bands = [
            lines if one and _holds_two(one[0], words, columns, height) else one
            for one, lines in zip(whole, bands, strict=True)
        ]
    lines = [line for band in bands for line in band]
    if not lines:
        return []
    rows = _join_wrapped(lines, words, edges)
    if any(_holds_two(row, words, columns, height) for row in rows):
        return []
    inner = [next((y for y in edges if a[1] < y < b[0]), (a[1] + b[0]) / 2) for a, b in pairwise(rows)]
    return [edges[0], *inner, edges[-1]]


def _join_wrapped(lines: Sequence[_Span], words: Sequence[Box], edges: Sequence[float]) -> list[_Span]:
    """Lines, those of one label that takes several as one: they stand nearer than rows do, and no ruling between."""
    gaps = [b[0] - a[1] for a, b in pairwise(lines)]
    usual = float(np.median(gaps)) if gaps else 0.0
    rows = [lines[0]]
    for gap, line in zip(gaps, lines[1:], strict=True):
        is_ruled = any(rows[-1][1] < y < line[0] for y in edges)
        own = [w for w in words if line[0] < w.center_y < line[1]]
        if gap < _WRAPPED * usual and not is_ruled and len(own) == 1:
            rows[-1] = (rows[-1][0], line[1])
        else:
            rows.append(line)
    return rows


def _holds_two(row: _Span, words: Sequence[Box], columns: Sequence[_Span], height: float) -> bool:
    """Whether a row would hold two lines of more than one column: they are rows that are not told apart."""
    own = [w for w in words if row[0] < w.center_y < row[1]]
    several = 0
    for low, high in columns:
        middles = sorted(w.center_y for w in own if low <= w.center_x <= high)
        several += any(b - a > LOW * height for a, b in pairwise(middles))
    return several > 1

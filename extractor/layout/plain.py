"""Plain tables without rulings: a label, perhaps a unit, a few numbers a row; columns by the gutters between."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

import numpy as np

from extractor.layout.headed_columns import find_headed
from extractor.values.geometry import Box, merge_spans, overlap
from extractor.values.grid import Grid, GridCell
from extractor.values.words import WordLine

#: Least gap between the columns of a table, over all of its lines, in heights of a character.
_GUTTER = 1.0
#: Lines closer than this, in heights of a character, may be one row.
_SAME_ROW = 0.4
#: Lines whose middles are closer than this, in heights of a character, are one.
_ONE_LEVEL = 0.15
#: Pieces of a figure are narrower than this, in heights of a character.
_PIECE = 0.7
#: Rulings part rows where they part so large a share of the lines.
_MOSTLY = 0.8
#: Lines that share this much of the lower one's height are pieces of one; lines of one label stand no further apart
#: than so many heights of a character.
_SAME_LINE, _LEADING = 0.3, 0.9
#: Lines further apart than this share of the distance of near rulings (lower quartile) are rows.
_ROW_PITCH = 0.75


#: Left and right ends of columns, in pixels, from left to right.
_Extents: TypeAlias = list[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class _Run:
    """Lines, by position, that share columns."""

    members: tuple[int, ...]
    columns: _Extents


def build_plain(
    region: Sequence[WordLine],
    height: float,
    rulings: Sequence[float] = (),
    sides: tuple[float, float] | None = None,
) -> Grid | None:
    """One row per line, one cell per column: tables whose labels mostly need one line.

    Words that stand apart in one column (其中： and what follows) are one cell, and a column in which a line shows
    nothing is an empty cell. A label or a note on two lines around its row's other words is one row with them.
    rulings: heights of those that run along the table; where they part nearly all lines they part its rows. sides:
    where they begin and end, None without any.
    """
    region = _join_between(region, rulings, height)
    left = min(line.box.left for line in region) - height
    right = max(line.box.right for line in region) + height
    headed = find_headed([line.words for line in region], sides, height)
    shared = [own or found for own, found in zip(headed, _shared_columns(region, height), strict=True)]
    most = max(len(columns) for columns in shared)
    groups = _join_lines(region, shared, height)
    rows = _row_boundaries([_around([region[i].box for i in group]) for group in groups], height, rulings)
    cells = []
    for r, group in enumerate(groups):
        columns = max((shared[i] for i in group), key=len)
        edges = [left, *((a[1] + b[0]) / 2 for a, b in pairwise(columns)), right]
        for c, (low, high) in enumerate(pairwise(edges)):
            end = most if c == len(columns) - 1 else c + 1
            cells.append(GridCell(r, r + 1, c, end, Box(low, rows[r], high, rows[r + 1])))
    return Grid(tuple(rows), tuple(np.linspace(left, right, most + 1).tolist()), tuple(cells))


def _join_between(region: Sequence[WordLine], rulings: Sequence[float], height: float) -> list[WordLine]:
    """The lines, those of one row as one where rulings part nearly all: pieces of a line, a label or note on two.

    Two as far apart as rulings are, or that both show a label and a value, are two rows whose ruling was lost.
    """
    order = sorted(region, key=lambda line: line.box.center_y)
    bands = [bisect(rulings, line.box.center_y) for line in order]
    pitch = float(np.percentile(np.diff(rulings), 25)) if len(rulings) > 1 else 0.0

    def are_one(above: WordLine, below: WordLine) -> bool:
        gap = below.box.top - above.box.bottom
        if gap < -_SAME_LINE * min(above.box.height, below.box.height):
            return True
        is_near = below.box.center_y - above.box.center_y < _ROW_PITCH * pitch and gap < _LEADING * height
        return is_near and not (above.is_tabular and below.is_tabular)

    joins = [a == b and are_one(x, y) for (a, x), (b, y) in pairwise(zip(bands, order, strict=True))]
    parted = sum(1 for a, b in pairwise(bands) if a != b)
    if not parted or parted < _MOSTLY * (len(order) - 1 - sum(joins)):
        return list(region)
    joined = order[:1]
    for line, is_same in zip(order[1:], joins, strict=True):
        if is_same and are_one(joined[-1], line):
            joined[-1] = _unite(joined[-1], line)
        else:
            joined.append(line)
    return joined


def join_level(lines: Sequence[WordLine], height: float) -> list[WordLine]:
    """The lines, those on one level as one that pieces of a broken figure part, which stand over each other."""
    joined: list[WordLine] = []
    for line in sorted(lines, key=lambda found: found.box.center_y):
        is_level = bool(joined) and line.box.center_y - joined[-1].box.center_y < _ONE_LEVEL * height
        if is_level and _are_pieces(joined[-1], line, height):
            joined[-1] = _unite(joined[-1], line)
        else:
            joined.append(line)
    return joined


def _are_pieces(line: WordLine, other: WordLine, height: float) -> bool:
    """Whether words of two lines that stand over each other are all as narrow as pieces of a figure."""
    over = [
        max(a.width, b.width)
        for a in line.words
        for b in other.words
        if overlap(a.left, a.right, b.left, b.right) > 0
    ]
    return bool(over) and max(over) < _PIECE * height


def _unite(above: WordLine, below: WordLine) -> WordLine:
    """Two lines as one: words that stand above each other become one word."""
    words: list[Box] = []
    for word in sorted((*above.words, *below.words), key=lambda b: b.left):
        if words and word.left < words[-1].right:
            words[-1] = words[-1].union(word)
        else:
            words.append(word)
    return WordLine(tuple(words), above.box.union(below.box))


def _join_lines(region: Sequence[WordLine], shared: Sequence[_Extents], height: float) -> list[list[int]]:
    """Lines of each row: those that stand close and share no column are one, as are three around a middle one."""
    filled = [_filled(line, columns) for line, columns in zip(region, shared, strict=True)]

    def joins(a: int, b: int) -> bool:
        close = region[b].box.top - region[a].box.bottom < _SAME_ROW * height
        return close and shared[a] == shared[b] and not filled[a] & filled[b]

    groups: list[list[int]] = []
    i = 0
    while i < len(region):
        around = (
            i + 2 < len(region) and filled[i] == filled[i + 2] and joins(i, i + 1) and joins(i + 1, i + 2)
        )
        pair = 2 if i + 1 < len(region) and joins(i, i + 1) else 1
        size = 3 if around and len(filled[i]) == 1 else pair
        groups.append(list(range(i, i + size)))
        i += size
    return groups


def _filled(line: WordLine, columns: _Extents) -> frozenset[int]:
    """Columns in which a line shows a word."""
    return frozenset(
        i
        for i, ends in enumerate(columns)
        for word in line.words
        if overlap(word.left, word.right, *ends) > 0
    )


def _shared_columns(region: Sequence[WordLine], height: float) -> list[_Extents]:
    """Extents of every line's columns, those of the run of lines it belongs to.

    A run ends where a line with several words would close a gutter of it, and at a heading, which has its line to
    itself.
    """
    found: list[_Extents] = [[] for _ in region]
    runs: list[_Run] = []
    is_open = False
    for index, line in enumerate(region):
        words = [(word.left, word.right) for word in line.words]
        if len(words) == 1 and runs and not _is_in_column(words[0], runs[-1].columns):
            found[index], is_open = words, False
            continue
        joined = merge_spans([*runs[-1].columns, *words], _GUTTER * height) if is_open else []
        if is_open and len(joined) >= len(runs[-1].columns) and _keeps_apart(words, joined):
            lone_value = len(words) == 1 and overlap(*words[0], *runs[-1].columns[0]) <= 0
            runs[-1] = _Run((*runs[-1].members, index), runs[-1].columns if lone_value else joined)
        else:
            runs.append(_Run((index,), merge_spans(words, _GUTTER * height)))
            is_open = True
    for run in _join_runs(runs, height):
        for index in run.members:
            found[index] = run.columns
    return found


def _is_in_column(word: tuple[float, float], columns: _Extents) -> bool:
    """A label without values, or a note around a value: its middle lies in the first or the last column alone."""
    touched = [i for i, ends in enumerate(columns) if overlap(*word, *ends) > 0]
    if touched == [0]:
        return True
    low, high = columns[-1]
    return touched == [len(columns) - 1] and low <= (word[0] + word[1]) / 2 <= high


def _join_runs(runs: Sequence[_Run], height: float) -> list[_Run]:
    """Runs that differ only in how finely the label of the earlier one is parted are one."""
    joined: list[_Run] = []
    for run in reversed(runs):
        if joined and _is_finer_label(run.columns, joined[-1].columns, height):
            below = joined.pop()
            columns = merge_spans([*run.columns, *below.columns], _GUTTER * height)
            run = _Run((*run.members, *below.members), columns)
        joined.append(run)
    return joined


def _keeps_apart(words: _Extents, columns: _Extents) -> bool:
    """Every column but the label's holds at most one of the words."""
    return all(sum(1 for word in words if overlap(*word, *ends) > 0) <= 1 for ends in columns[1:])


def _is_finer_label(above: _Extents, below: _Extents, height: float) -> bool:
    """The lines above part the label (一、 and what follows) where those below do not, and differ in nothing else."""
    joined = merge_spans([*above, *below], _GUTTER * height)
    parts = sum(1 for ends in above if overlap(*ends, *joined[0]) > 0)
    return len(joined) == len(below) and len(above) - len(joined) == parts - 1


def _row_boundaries(boxes: Sequence[Box], height: float, rulings: Sequence[float]) -> list[float]:
    middle = []
    for a, b in pairwise(boxes):
        between = [y for y in rulings if a.center_y < y < b.center_y]
        middle.append(between[0] if len(between) == 1 else (a.bottom + b.top) / 2)
    edges = [boxes[0].top - 0.4 * height, *middle, boxes[-1].bottom + 0.4 * height]
    return [float(v) for v in np.maximum.accumulate(np.asarray(edges))]


def _around(boxes: Sequence[Box]) -> Box:
    return Box(
        min(b.left for b in boxes),
        min(b.top for b in boxes),
        max(b.right for b in boxes),
        max(b.bottom for b in boxes),
    )

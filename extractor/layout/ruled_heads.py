"""The header of a table without verticals: its rows, and cells over several columns.

All boxes are pixels of the straight page, top-left origin; `height` is that of a character.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

from extractor.values.geometry import Box, merge_spans, overlap
from extractor.values.grid import GridCell
from extractor.values.level import Level

#: A column's header is no narrower than this where nothing stands under it, in heights of a character.
HEADER_WIDTH = 1.4
#: Lower than this, in heights of a character, is no word and no row.
LOW = 0.5
#: Less blank than this between the lines of a header parts none, in heights of a character.
_LINE_GAP = 0.42
#: A letter is so high at least, in heights of a character.
_LETTER = 0.9
#: A ruling covers a column or a word that it is seen over along this share of.
_COVERED = 0.5
#: Rulings this near to each other are one, pixels.
_SAME = 1.0

_Span: TypeAlias = tuple[float, float]
#: First row of a cell, and that behind its last.
_Run: TypeAlias = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Header:
    """What stands between a table's first ruling and that above its rows: one and the same where it has none.

    top, end: heights of these rulings. words: parted at narrow gaps too. joined: the same words, those less than a
    character apart as one. levels: rulings across that lie in the table.
    """

    top: float
    end: float
    words: tuple[Box, ...]
    joined: tuple[Box, ...]
    levels: tuple[Level, ...]

    @property
    def is_there(self) -> bool:
        return self.end > self.top

    def is_over_ruling(self, word: Box) -> bool:
        """Whether a ruling runs under a word, above the header's end: others stand below it."""
        return any(
            word.center_y < level.y < self.end - _SAME and level.runs_along(word.left, word.right, _COVERED)
            for level in self.levels
        )

    def levels_at(self, y: float) -> list[Level]:
        return [level for level in self.levels if abs(level.y - y) < _SAME]


def list_edges(header: Header, columns: Sequence[_Span], height: float) -> list[float]:
    """Edges of the header's rows from its top to its end.

    Its rulings, blank that runs across its last words, and what lies under words over several columns.
    """
    if not header.is_there:
        return [header.end]
    found = sorted(level.y for level in header.levels if level.y < header.end - LOW * height)
    last = max(found, default=header.top)
    lowest = [w for w in header.words if w.center_y > last]
    lines = merge_spans([(w.top, w.bottom) for w in lowest], _LINE_GAP * height)
    found += [(a[1] + b[0]) / 2 for a, b in pairwise(lines)]
    found += [y for w in lowest for y in _below_heading(w, header.words, columns)]
    edges = [header.top]
    for y in sorted(found):
        if y - edges[-1] >= LOW * height and y < header.end - LOW * height:
            edges.append(y)
    return [*edges, header.end]


def _below_heading(word: Box, words: Sequence[Box], columns: Sequence[_Span]) -> list[float]:
    """Where a word over several columns ends, and theirs begin; nothing for any other."""
    over = [ends for ends in columns if overlap(word.left, word.right, *ends) > 0]
    lower = [
        w.top
        for w in words
        if w.top > word.center_y and any(overlap(w.left, w.right, *ends) > 0 for ends in over)
    ]
    return [(word.bottom + min(lower)) / 2] if len(over) > 1 and lower else []


def lay_head(header: Header, edges: Sequence[float], sides: Sequence[float], height: float) -> list[GridCell]:
    """Cells of the header: those that nothing parts are one, as are columns under one word that stands over them.

    edges: of its rows, from `list_edges`. sides: of the table's columns.
    """
    runs = [_find_runs(header, edges, ends) for ends in pairwise(sides)] if header.is_there else []
    cells: list[GridCell] = []
    for start, own in enumerate(runs):
        for run in own:
            if any((cell.row, cell.row_end) == run and start < cell.column_end for cell in cells):
                continue
            words = _words_in(header, edges, run)
            under = header.levels_at(edges[run[1]])
            end = start + 1
            while (
                end < len(runs)
                and run in runs[end]
                and _goes_on(words, under, sides[start], sides[end : end + 2], height)
            ):
                end += 1
            cells.append(
                GridCell(*run, start, end, Box(sides[start], edges[run[0]], sides[end], edges[run[1]]))
            )
    return cells


def _find_runs(header: Header, edges: Sequence[float], ends: _Span) -> list[_Run]:
    """The rows of a header's cells in one column: a ruling parts them, or blank where there is none."""
    own = [w for w in header.words if overlap(w.left, w.right, *ends) > 0]
    inner = []
    for r, y in enumerate(edges[1:-1], 1):
        levels = header.levels_at(y)
        is_ruled = any(level.runs_along(*ends, _COVERED) for level in levels)
        if is_ruled or (not levels and not any(w.top < y < w.bottom for w in own)):
            inner.append(r)
    return list(pairwise([0, *inner, len(edges) - 1]))


def _words_in(header: Header, edges: Sequence[float], run: _Run) -> list[Box]:
    """Words of a cell's rows; right above the columns' figures neighbours stand close, and are no phrase."""
    words = header.words if run[1] == len(edges) - 1 else header.joined
    return [w for w in words if edges[run[0]] < w.center_y < edges[run[1]]]


def _goes_on(
    words: Sequence[Box], under: Sequence[Level], start: float, ends: Sequence[float], height: float
) -> bool:
    """Whether a header's cell goes on in the next column: a word stands over both, or alone over one ruling.

    words: of its rows. under: rulings below them. start: where the cell begins. ends: of the column in question. Two
    letters apart are a word that is set wide.
    """
    side, behind = ends
    if any(w.left < side < w.right and w.right > start for w in words):
        return True
    left = [w for w in words if start < w.center_x < side]
    right = [w for w in words if side < w.center_x < behind]
    if len(left) == len(right) == 1 and max(left[0].width, right[0].width) < HEADER_WIDTH * height:
        return min(left[0].height, right[0].height) > _LETTER * height
    return any(
        start - height < low < side - height
        and overlap(low, high, side, behind) > _COVERED * (behind - side)
        and sum(low < w.center_x < high for w in words) == 1
        for level in under
        for low, high in level.extents
    )

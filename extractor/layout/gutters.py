"""Rulings that the scan lost inside a ruled table, told from the gutters between its figures.

A thin ruling under a threshold leaves a few dots, or nothing; the grid then has cells in which figures of two
columns or two rows stand together. Figures stand in columns and rows all the same: where most cells of a lattice
column hold two figures with the same gutter between, a vertical belongs there, and where most figures of a lattice
row stand on two lines, a horizontal does. Only figures count: words stand in several lines and columns rightly.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Mapping, Sequence
from itertools import pairwise

import numpy as np

from extractor.ink.figures import BESIDE, GAP, CellGlyphs, holds_figure
from extractor.ink.glyphs import Ink, Ints, split_lines
from extractor.ink.wrapped import is_wrapped
from extractor.layout.row_pitch import find_lost_edges
from extractor.values.geometry import Box, overlap
from extractor.values.grid import Grid, GridCell

#: Gap between figures that parts columns where most rows leave it, in heights of a digit, and between words.
_TIGHT_GAP, _WORD_GAP = 0.7, 1.5
#: Gap between words of a header that stand over figures, in the same, and how often the least wide is as wide.
_HEAD_GAP, _HEAD_WIDTHS = 0.45, 1.6
#: A piece of the ruling between two words is this thin and higher than any stroke of a character, in the same.
_THIN, _LONG = 0.17, 1.5
#: Verticals this near to each other, in the same, are one.
_SAME_PLACE = 0.5
#: Fewest cells with several figures, and their share of the cells with ink, that prove a lost ruling.
_MIN_CELLS, _MIN_SHARE = 3, 0.6
#: A vertical of this share of the rows at least parts words from a figure in another.
_OTHER_ROWS = 0.3
#: So many figures never stand in one cell.
_MANY_FIGURES = 4
#: A figure is at most this many digit heights wide.
_FIGURE_WIDTH = 6.0

#: Whether a position (pixels) parts a cell in two.
_Parts = Callable[[GridCell, float], bool]


def part_cells(grid: Grid, ink: Ink) -> Grid:
    """The grid with the verticals and horizontals that its figures show and no ruling does; boxes in pixels."""
    glyphs = CellGlyphs(ink, grid)
    for span in reversed(list(enumerate(pairwise(grid.columns)))):
        grid = _insert_columns(grid, span[0], glyphs)
    for row in reversed(range(len(grid.rows) - 1)):
        grid = _insert_rows(grid, row, glyphs)
    return _part_under_heads(_part_columns(_part_rows(grid, glyphs), glyphs), glyphs)


def is_run_together(grid: Grid, ink: Ink) -> bool:
    """Whether a grid is one row in which figures of many columns stand in one cell: its verticals are lost.

    One row proves no column by itself; its figures are better told apart by their gaps alone.
    """
    if len(grid.rows) > 2:
        return False
    glyphs = CellGlyphs(ink, grid)
    return any(len(line) >= _MANY_FIGURES for cell in grid.cells for line in glyphs.figures(cell))


def _insert_columns(grid: Grid, column: int, glyphs: CellGlyphs) -> Grid:
    cells = [
        c for c in grid.cells if c.column == column and c.column_end == column + 1 and c.row_end == c.row + 1
    ]
    found = [lines[0] for lines in map(glyphs.figures, cells) if len(lines) == 1]
    several = [words for words in found if len(words) > 1]
    if len(several) < max(_MIN_CELLS, _MIN_SHARE * len(found)):
        return grid
    if max(word.width for words in several for word in words) > _FIGURE_WIDTH * glyphs.digit:
        return grid
    places = [(a + b) / 2 for a, b in _find_gutters(several, glyphs.digit)]

    def parts(cell: GridCell, x: float) -> bool:
        members = glyphs.of(cell)
        if not len(members):
            return cell.column_end == cell.column + 1 and cell.row_end == cell.row + 1
        alone = cell.column == column and cell.column_end == column + 1
        half = (0.2 if alone else _WORD_GAP / 2) * glyphs.digit
        left, right = members[:, 2] <= x - half, members[:, 0] >= x + half
        return bool((left | right).all()) and (
            (_is_one_row(cell) and alone) or bool(left.any() and right.any())
        )

    return _insert(grid, places, parts, across=True) if places else grid


def _is_one_row(cell: GridCell) -> bool:
    return cell.row_end == cell.row + 1


def _find_gutters(rows: Sequence[Sequence[Box]], digit: float) -> list[tuple[float, float]]:
    """Stretches without ink, left to right, that part the figures of most rows."""
    start = min(words[0].left for words in rows)
    count = np.zeros(int(max(words[-1].right for words in rows) - start) + 2)
    for words in rows:
        for word in words:
            count[int(word.left - start) : int(word.right - start) + 1] += 1
    free = np.flatnonzero(np.diff(np.concatenate([[0], count <= 0.05 * len(rows), [0]]).astype(np.int8)))
    gutters = []
    for low, high in zip(free[::2] + start, free[1::2] + start, strict=True):
        parted = sum(1 for words in rows if words[0].right <= high and words[-1].left >= low)
        if high - low >= _TIGHT_GAP * digit and parted >= _MIN_SHARE * len(rows):
            gutters.append((float(low), float(high)))
    return gutters


def _insert_rows(grid: Grid, row: int, glyphs: CellGlyphs) -> Grid:
    cells = [c for c in grid.cells if c.row == row and c.row_end == row + 1]
    found = [lines for lines in map(glyphs.figures, cells) if lines]
    if _are_wrapped(grid, cells, glyphs):
        return grid
    lost = _lost_in(grid, row, cells, glyphs)
    if lost:
        return _insert(grid, lost, lambda cell, _: cell in cells, across=False)
    count, times = Counter(len(lines) for lines in found).most_common(1)[0] if found else (1, 0)
    lines = [[_around(line) for line in cell] for cell in found if len(cell) == count]
    is_told = times >= max(_MIN_CELLS, _MIN_SHARE * len(found))
    if count < 2 or not (is_told or (times == len(found) and _has_labels(cells, lines[0], glyphs))):
        return grid
    words = [glyphs.of(cell) for cell in cells]
    places = []
    for above, below in pairwise(range(count)):
        low, high = max(cell[above].bottom for cell in lines), min(cell[below].top for cell in lines)
        if high - low < 0.15 * glyphs.digit:
            return grid
        places.append(_calmest(np.concatenate(words), low, high))

    def parts(cell: GridCell, y: float) -> bool:
        return cell.row == row and cell.row_end == row + 1

    return _insert(grid, places, parts, across=False)


def _are_wrapped(grid: Grid, cells: Sequence[GridCell], glyphs: CellGlyphs) -> bool:
    """Whether a row's figures on several lines are numbers that narrow cells wrap, every one of them."""
    several = [(cell, lines) for cell in cells if len(lines := glyphs.figures(cell)) > 1]
    return bool(several) and all(
        is_wrapped(
            [_around(line) for line in lines], cell.box.width, _widest_in(grid, cell, glyphs), glyphs.digit
        )
        for cell, lines in several
    )


def _widest_in(grid: Grid, cell: GridCell, glyphs: CellGlyphs) -> float:
    """Width of the widest line of figures in the cells above and below one."""
    column = [c for c in grid.cells if (c.column, c.column_end) == (cell.column, cell.column_end)]
    return max(_around(line).width for other in column for line in glyphs.figures(other))


def _lost_in(grid: Grid, row: int, cells: Sequence[GridCell], glyphs: CellGlyphs) -> list[float]:
    """Heights of lost horizontals of a row that holds a figure, moved to where they cut the least ink."""
    inked = [members for cell in cells if len(members := glyphs.of(cell))]
    lines = [split_lines(members, glyphs.digit) for members in inked]
    dashes = [dash for cell in cells for dash in glyphs.dashes(cell)]
    lines += [own for cell in cells if not len(glyphs.of(cell)) and (own := glyphs.dashes(cell))]
    if not inked:
        return []
    found = find_lost_edges(grid.rows, row, lines, dashes)
    if not found or not (dashes or any(map(holds_figure, inked, lines[: len(inked)]))):
        return []
    reach = BESIDE * glyphs.digit
    return [_calmest(np.concatenate(inked), y - reach, y + reach) for y in found]


def _has_labels(cells: Sequence[GridCell], lines: Sequence[Box], glyphs: CellGlyphs) -> bool:
    """Whether some cell of a row has one line of words beside each line of figures."""
    for cell in cells:
        if glyphs.figures(cell):
            continue
        words = split_lines(glyphs.of(cell), glyphs.digit)
        if len(words) == len(lines) and all(
            abs(a.center_y - b.center_y) < BESIDE * glyphs.digit for a, b in zip(words, lines, strict=True)
        ):
            return True
    return False


def _around(words: Sequence[Box]) -> Box:
    out = words[0]
    for word in words[1:]:
        out = out.union(word)
    return out


def _calmest(members: Ints, low: float, high: float) -> float:
    """The height between two that cuts the least ink, the middle one of those."""
    heights = np.arange(low, high + 1)
    cut = [int(((members[:, 1] < y) & (members[:, 3] > y)).sum()) for y in heights]
    return float(np.median(heights[np.asarray(cut) == min(cut)]))


def _part_rows(grid: Grid, glyphs: CellGlyphs) -> Grid:
    """Cells over several columns parted at the grid's own verticals where figures stand in more than one of them."""
    cells: list[GridCell] = []
    apart = _find_apart(grid, glyphs)
    usual = {position for position in range(len(grid.columns)) if _is_in_other_rows(position, grid, apart)}
    for cell in grid.cells:
        is_wide = cell.row_end == cell.row + 1 and cell.column_end > cell.column + 1
        inner = _between_figures(cell, grid, glyphs, across=True) if is_wide else []
        if is_wide and not inner:
            inner = _before_figure(cell, grid, glyphs, usual)
        if is_wide and not inner:
            inner = [position for position in apart.get(cell, ()) if position in usual]
        edges = [cell.column, *inner, cell.column_end]
        cells += [_slice(cell, grid.columns, a, b, across=True) for a, b in pairwise(edges)]
    return Grid(grid.rows, grid.columns, tuple(cells))


def _part_columns(grid: Grid, glyphs: CellGlyphs) -> Grid:
    """Cells over several rows parted at the grid's own horizontals where figures stand in more than one of them."""
    cells: list[GridCell] = []
    for cell in grid.cells:
        is_tall = cell.column_end == cell.column + 1 and cell.row_end > cell.row + 1
        inner = _between_figures(cell, grid, glyphs, across=False) if is_tall else []
        edges = [cell.row, *inner, cell.row_end]
        cells += [_slice(cell, grid.rows, a, b, across=False) for a, b in pairwise(edges)]
    return Grid(grid.rows, grid.columns, tuple(cells))


def _between_figures(cell: GridCell, grid: Grid, glyphs: CellGlyphs, *, across: bool) -> list[int]:
    """Inner verticals (across) or horizontals of a cell that part its last figures, none if it holds under two.

    Between any two of them stands a figure or nothing; one that figures stand across is none of this cell's.
    """
    members = glyphs.of(cell)
    axis = 0 if across else 1
    edges = grid.columns if across else grid.rows
    start, end = (cell.column, cell.column_end) if across else (cell.row, cell.row_end)
    gap = _TIGHT_GAP * glyphs.digit if across else 0.0
    figures, cuts, last = 0, [end], 1
    for position in reversed(range(start, end)):
        if not _stands_apart(members[:, axis], members[:, axis + 2], edges[position], gap):
            continue
        slot = _slice(cell, edges, position, cuts[-1], across=across)
        lines = glyphs.figures(slot, touching=True)
        is_figure = len(lines) == 1 and len(lines[0]) == 1
        if not is_figure and len(glyphs.of(slot)):
            break
        cuts.append(position)
        if is_figure:
            figures, last = figures + 1, len(cuts)
    return [cut for cut in cuts[1:last] if cut > start][::-1] if figures > 1 else []


def _before_figure(cell: GridCell, grid: Grid, glyphs: CellGlyphs, usual: Container[int]) -> list[int]:
    """The inner vertical of a cell that parts words from the one figure behind them, if other rows have it."""
    members = glyphs.of(cell)
    for position in range(cell.column + 1, cell.column_end):
        before, behind = (
            _slice(cell, grid.columns, *ends, across=True)
            for ends in ((cell.column, position), (position, cell.column_end))
        )
        is_apart = _stands_apart(members[:, 0], members[:, 2], grid.columns[position], GAP * glyphs.digit)
        has_words = len(glyphs.of(before)) and not glyphs.figures(before)
        if (
            is_apart
            and has_words
            and [len(line) for line in glyphs.figures(behind)] == [1]
            and position in usual
        ):
            return [position]
    return []


def _find_apart(grid: Grid, glyphs: CellGlyphs) -> dict[GridCell, list[int]]:
    """The inner verticals of cells beside which words or figures end and begin far from each other.

    One letter on both sides is a word of a header that is set wide.
    """
    found = {}
    for cell in grid.cells:
        inner = range(cell.column + 1, cell.column_end)
        if not inner or not _is_one_row(cell):
            continue
        words = glyphs.words(cell, _HEAD_GAP)
        found[cell] = [
            position
            for position in inner
            for edge in [grid.columns[position]]
            for before, after in pairwise(words)
            if before.right <= edge <= after.left
            and after.left - before.right >= _WORD_GAP * glyphs.digit
            and not all(glyphs.is_letter(cell, word) for word in (before, after))
        ]
    return found


def _is_in_other_rows(position: int, grid: Grid, apart: Mapping[GridCell, Sequence[int]]) -> bool:
    """Whether a vertical of the grid parts cells in enough of its rows, or stands clear between what they hold."""
    rows = {
        row
        for c in grid.cells
        if position in {c.column, c.column_end, *apart.get(c, ())}
        for row in range(c.row, c.row_end)
    }
    return len(rows) >= max(_MIN_CELLS, _OTHER_ROWS * (len(grid.rows) - 1))


def _part_under_heads(grid: Grid, glyphs: CellGlyphs) -> Grid:
    """Cells of figures that stand one under each word of the cell above, both parted between those words."""
    above = {(c.row_end, c.column, c.column_end): c for c in grid.cells}
    found: dict[GridCell, list[float]] = {}
    owners: dict[float, set[GridCell]] = {}
    for cell in sorted(grid.cells, key=lambda c: c.row):
        head = above.get((cell.row, cell.column, cell.column_end))
        marks = glyphs.marks(cell) if head is not None and _is_one_row(cell) else []
        if head is None or len(marks) < 2:
            continue
        places = _between_heads(glyphs.of(head), marks, glyphs.digit)
        if not places and head in found and _are_between(marks, found[head]):
            places = found[head]
        if places:
            found[cell] = places
        for place in places:
            # What is parted above is parted at the same place below.
            near = (other for other in owners if abs(other - place) < _SAME_PLACE * glyphs.digit)
            owners.setdefault(next(near, place), set()).update((head, cell))

    def parts(cell: GridCell, x: float) -> bool:
        return cell in owners[x]

    return _insert(grid, list(owners), parts, across=True) if owners else grid


def _are_between(marks: Sequence[Box], places: Sequence[float]) -> bool:
    """Whether one mark stands between any two places, and before the first and after the last."""
    edges = [-np.inf, *places, np.inf]
    return len(marks) == len(places) + 1 and all(
        low < mark.left and mark.right < high
        for mark, (low, high) in zip(marks, pairwise(edges), strict=True)
    )


def _between_heads(head: Ints, figures: Sequence[Box], digit: float) -> list[float]:
    """Middles between the words of a header, where each stands over one figure; empty where they do not."""
    words: list[list[float]] = []
    wide, high = head[:, 2] - head[:, 0], head[:, 3] - head[:, 1]
    head = head[(wide > max(2.0, _THIN * digit)) | (high < _LONG * digit)]
    for left, _, right, _ in head[np.argsort(head[:, 0], kind="stable")].tolist():
        if words and left - words[-1][1] < _HEAD_GAP * digit:
            words[-1][1] = max(words[-1][1], right)
        else:
            words.append([left, right])
    if len(words) != len(figures):
        return []
    widths = [right - left for left, right in words]
    middles = [(a[1] + b[0]) / 2 for a, b in pairwise(words)]
    edges = [-np.inf, *middles, np.inf]
    is_under = all(
        low < figure.left and figure.right < high and overlap(figure.left, figure.right, *word) > 0
        for figure, word, (low, high) in zip(figures, words, pairwise(edges), strict=True)
    )
    return middles if is_under and max(widths) < _HEAD_WIDTHS * min(widths) else []


def _stands_apart(starts: Ints, ends: Ints, edge: float, gap: float) -> bool:
    """Whether no ink crosses an edge, and what stands on both sides of it is no nearer to each other than `gap`."""
    if ((starts < edge) & (ends > edge)).any():
        return False
    before, after = ends[ends <= edge], starts[starts >= edge]
    return not len(before) or not len(after) or float(after.min() - before.max()) >= gap


def _insert(grid: Grid, places: Sequence[float], parts: _Parts, *, across: bool) -> Grid:
    """The grid with new verticals (across) or horizontals; cells they do not part span them."""
    old = grid.columns if across else grid.rows
    new = tuple(sorted((*old, *places)))
    moved = {i: new.index(edge) for i, edge in enumerate(old)}
    cells: list[GridCell] = []
    for cell in grid.cells:
        start, end = (cell.column, cell.column_end) if across else (cell.row, cell.row_end)
        inner = sorted(p for p in places if old[start] < p < old[end] and parts(cell, p))
        edges = [moved[start], *(new.index(p) for p in inner), moved[end]]
        cells += [_slice(cell, new, a, b, across=across) for a, b in pairwise(edges)]
    return Grid(grid.rows, new, tuple(cells)) if across else Grid(new, grid.columns, tuple(cells))


def _slice(cell: GridCell, edges: Sequence[float], start: int, end: int, *, across: bool) -> GridCell:
    box = cell.box
    if across:
        return GridCell(
            cell.row, cell.row_end, start, end, Box(edges[start], box.top, edges[end], box.bottom)
        )
    return GridCell(
        start, end, cell.column, cell.column_end, Box(box.left, edges[start], box.right, edges[end])
    )

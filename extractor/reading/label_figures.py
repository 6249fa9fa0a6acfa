"""Figures that stand in one column with the labels, where no ruling parts them, cut off by what a file's text says.

Without verticals the words of a header may close the gutters between the labels and the first figures. A scan's ink
tells no figure from a name; a file's text does.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from itertools import pairwise, takewhile

from extractor.reading.numbers import parse_content
from extractor.values.geometry import Box
from extractor.values.grid import Grid, GridCell

#: Rows that end in as many figures, and their share of those with a label, from which on these are columns.
_FEWEST, _MOST = 4, 0.6

#: Words with their boxes.
Words = Sequence[tuple[Box, str]]


def part_figures(grid: Grid, read: Callable[[Box], Words]) -> Grid:
    """The grid, with columns of their own for the figures behind the labels of its first one; else itself.

    read: the words in a box, from the left.
    """
    if len(grid.columns) < 2:
        return grid
    rows = {cell: read(cell.box) for cell in grid.cells if (cell.column, cell.column_end) == (0, 1)}
    counts = Counter(_count_figures(words) for words in rows.values() if words)
    usual, times = max(((k, n) for k, n in counts.items() if k), key=lambda pair: pair[1], default=(0, 0))
    if times < max(_FEWEST, _MOST * counts.total()):
        return grid
    edges = _find_edges([words for words in rows.values() if _count_figures(words) == usual], usual)
    if edges is None:
        return grid
    columns = (grid.columns[0], *edges, *grid.columns[1:])
    cells: list[GridCell] = []
    for cell in grid.cells:
        own = _fit_edges(rows[cell], edges) if cell in rows else None
        if own is not None:
            ends = (cell.box.left, *own, cell.box.right)
            cells += [
                GridCell(cell.row, cell.row_end, i, i + 1, Box(left, cell.box.top, right, cell.box.bottom))
                for i, (left, right) in enumerate(pairwise(ends))
            ]
        else:
            first = 0 if cell.column == 0 else cell.column + usual
            cells.append(GridCell(cell.row, cell.row_end, first, cell.column_end + usual, cell.box))
    return Grid(grid.rows, columns, tuple(cells))


def _count_figures(words: Words) -> int:
    """How many figures stand behind other words; 0 for none, and where nothing else stands there."""
    figures = len(list(takewhile(_is_figure, (text for _, text in reversed(words)))))
    return figures if figures < len(words) else 0


def _is_figure(text: str) -> bool:
    content = parse_content(text, decimals=True)
    return content is not None and content.value is not None


def _find_edges(rows: Sequence[Words], count: int) -> list[float] | None:
    """Where the columns of figures begin in most rows; None where what stands before reaches into them."""
    edges = []
    for place in range(-count, 0):
        left = min(words[place][0].left for words in rows)
        rights = [max(box.right for box, _ in words[:place]) for words in rows]
        clear = [right for right in rights if right < left]
        if len(clear) < _MOST * len(rows):
            return None
        edges.append((max(clear) + left) / 2)
    return edges


def _fit_edges(words: Words, edges: Sequence[float]) -> list[float] | None:
    """The edges in one row, further to the right where its label is longer; None where a word stands over one."""
    own = list(edges)
    if _count_figures(words) == len(edges):
        right = max(box.right for box, _ in words[: -len(edges)])
        left = words[-len(edges)][0].left
        own[0] = own[0] if right < own[0] <= left else (right + left) / 2
    return None if any(box.left < edge < box.right for box, _ in words for edge in own) else own
